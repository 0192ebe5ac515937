/* dataset_heads.h - where each dataset's head lies, found by name over all buckets.
 *
 * Inside the module only: catalog.c reads through it, catalog_commit.c writes.
 *
 * Ownership: results live in the caller's arena.   Threads: any. */
#ifndef CATALOG_DATASET_HEADS_H
#define CATALOG_DATASET_HEADS_H

#include <pthread.h>

#include "catalog/catalog.h"

enum { SUBSCRIBERS_MAX = 8 };

struct Catalog {
    BucketRegistry *buckets;
    pthread_mutex_t lock; /* protects the subscribers; never held over I/O */
    struct {
        DatasetChangedFn fn;
        void *context;
    } subscribers[SUBSCRIBERS_MAX];
    size_t subscriber_count;
};

typedef struct DatasetHead {
    DatasetInfo info; /* bucket = where it was found */
    Str etag;         /* to swap it by */
    ObjectStore *store;
} DatasetHead;

/* Without regard to case; info.name is the name as it was first written. FAIL_NOT_FOUND when no
 * bucket has it; a bucket that cannot be read is an error, since it might have it. */
MUST_CHECK bool head_find(Catalog *catalog, Str dataset, Arena *arena, DatasetHead *out, Err *err);
/* All heads of one bucket, in order of name. */
MUST_CHECK bool heads_in_bucket(Catalog *catalog, Str bucket, Arena *arena, DatasetHead **out_heads,
                                size_t *out_count, Err *err);

Str head_key(Str dataset, Arena *arena); /* catalog/<dataset>/head.json */
Str snapshot_key(Str dataset, uint64_t snapshot_id, Arena *arena);

#endif
