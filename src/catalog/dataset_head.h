/* dataset_head.h - catalog/<dataset>/head.json: the one object of a dataset that changes.
 *
 * A dropped dataset keeps its head, marked as dropped: so a drop is one compare-and-swap that
 * cannot cross a commit, and a dataset made anew under the name goes on counting snapshot ids.
 *
 * Ownership: the caller's arena.   Threads: any. */
#ifndef CATALOG_DATASET_HEAD_H
#define CATALOG_DATASET_HEAD_H

#include "catalog/catalog.h"

typedef struct DatasetHead {
    DatasetInfo info; /* bucket: where it was found */
    bool dropped;
    Str etag; /* of what was read; empty: there is no head */
} DatasetHead;

Str dataset_head_key(Str dataset, Arena *arena);
/* Is there a dataset, neither absent nor dropped? */
bool dataset_head_is_live(const DatasetHead *head);
/* An absent head is no failure: *out is then empty but for the names. FAIL_CORRUPT. */
MUST_CHECK bool dataset_head_read(ObjectStore *store, Str bucket, Str dataset, Arena *arena,
                                  DatasetHead *out, Err *err);
/* Replaces the head that was read (head->etag). FAIL_CONFLICT: another writer won. When the answer
 * is lost the head is read again: success if it now is what was written. */
MUST_CHECK bool dataset_head_swap(ObjectStore *store, const DatasetHead *head, Arena *arena,
                                  Err *err);

#endif
