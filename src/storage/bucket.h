/* bucket.h - one named store, counted, so that it outlives its removal while somebody uses it.
 *
 * Ownership: each reference ends with bucket_release; the last closes the store, unless it was
 * borrowed (BucketSpec.store).   Threads: `store` is protected by the registry's lock, the probe
 * fields by probe_lock, the rest never changes. */
#ifndef STORAGE_BUCKET_H
#define STORAGE_BUCKET_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/bucket_registry.h"

typedef struct Bucket {
    Arena *arena; /* holds the texts of info, and this */
    BucketInfo info;
    ObjectStore *store; /* NULL: could not be opened yet */
    bool borrowed;
    _Atomic size_t references;
    pthread_mutex_t probe_lock;
    uint64_t probed_at_ns;
    bool healthy;
} Bucket;

typedef enum BucketRootRule { BUCKET_ROOT_FIND, BUCKET_ROOT_MAKE } BucketRootRule;

Bucket *bucket_new(const BucketSpec *spec, Str root, int64_t created_at_us, ObjectStore *store);
void bucket_release(void *bucket);
void bucket_keep(Bucket *bucket, Arena *arena); /* one more reference, until the arena ends */

MUST_CHECK bool bucket_name_check(Str name, Err *err);
/* The resolved root; empty for a store without one. */
MUST_CHECK bool bucket_root_of(const BucketSpec *spec, Arena *arena, Str *out_root, Err *err);
ObjectStore *bucket_open_store(const BucketSpec *spec, Str root, BucketRootRule rule, Err *err);

#endif
