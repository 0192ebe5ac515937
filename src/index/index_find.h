/* index_find.h - which indexes there are, judging by the heads in the buckets.
 *
 * Names are unique over all buckets; the home is where the head is found, primary first. Absent and
 * unreadable are different things: FAIL_NOT_FOUND only after every bucket has said so.
 *
 * Ownership: results live in the caller's arena.   Threads: any; nothing is remembered. */
#ifndef INDEX_INDEX_FIND_H
#define INDEX_INDEX_FIND_H

#include "index/index_head.h"

/* A head as it is stored now, and in which bucket. */
typedef struct FoundHead {
    IndexHead head;
    Str etag, bucket;
    ObjectStore *store; /* usable until the arena ends */
} FoundHead;

MUST_CHECK bool index_head_find(BucketRegistry *buckets, Str name, Arena *arena, FoundHead *out,
                                Err *err);
/* Every head, in order of the names; a name in two buckets is listed once, from the first. */
MUST_CHECK bool index_head_list(BucketRegistry *buckets, Arena *arena, FoundHead **out_heads,
                                size_t *out_count, Err *err);
/* Names alone, of one bucket ("" = all), in order, whether the heads can be read or not. */
MUST_CHECK bool index_head_names(BucketRegistry *buckets, Str bucket, Arena *arena, Str **out_names,
                                 size_t *out_count, Err *err);

#endif
