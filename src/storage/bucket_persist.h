/* bucket_persist.h - the buckets that were added at run time, remembered in `primary`.
 *
 * The head registry/buckets.json:
 *     {"format":1,"buckets":[{"name","backend","root","role","created_at"}, ...]}
 * Fields that this version does not know are kept. Changes go by compare-and-swap.
 *
 * Errors: FAIL_CORRUPT names the object.   Ownership: the caller's arena.   Threads: any. */
#ifndef STORAGE_BUCKET_PERSIST_H
#define STORAGE_BUCKET_PERSIST_H

#include "storage/bucket_registry.h"

typedef struct StoredBucket {
    BucketSpec spec;
    int64_t created_at_us;
} StoredBucket;

MUST_CHECK bool bucket_persist_load(ObjectStore *primary, Arena *arena, StoredBucket **out_buckets,
                                    size_t *out_count, Err *err);
/* FAIL_CONFLICT when the name is there. */
MUST_CHECK bool bucket_persist_add(ObjectStore *primary, const StoredBucket *bucket, Err *err);
/* Absent is fine. */
MUST_CHECK bool bucket_persist_remove(ObjectStore *primary, Str name, Err *err);

#endif
