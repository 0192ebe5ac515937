/* local_list.h - the keys under a folder in byte order, a page at a time.
 *
 * Memory is bounded by the page, not by the folder: of each folder only as many names are kept as
 * the page can still use.
 *
 * Threads: any. A tree that changes meanwhile gives every key that was there all the time. */
#ifndef STORAGE_LOCAL_LIST_H
#define STORAGE_LOCAL_LIST_H

#include "storage/object_store.h"

/* Called for each key in order (a folder's ends in '/'), up to one more than the limit: that one
 * only shows that there is more. False stops with the error. *out_taken: it exists. */
typedef bool (*ListTakeFn)(void *context, Str key, bool *out_taken, Err *err);

typedef struct LocalListing {
    int root_fd;
    const ListRequest *request;
    ListTakeFn take;
    void *context;
} LocalListing;

/* *out_more: there is a key beyond the limit. */
MUST_CHECK bool local_list_run(const LocalListing *listing, bool *out_more, Err *err);

#endif
