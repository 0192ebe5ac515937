/* refresh_checkpoint.h - what a refresh has embedded so far, so that a stopped one goes on there.
 *
 *     vectors/<index>/staging/<refresh>/checkpoint.json
 *
 * names the segments that the refresh has stored under rows/, where they stay: publishing moves
 * nothing. It is rewritten by compare-and-swap after every batch. A later refresh takes the
 * checkpoint over when its vectors fit - same model fingerprint, chunking, dimensions, and row ids
 * that follow the head's - whatever the snapshot was: documents are matched by id and content.
 * Taking over writes a new owner into it, so that a process that still works on it stops with
 * FAIL_CONFLICT at its next batch instead of racing.
 *
 * A checkpoint that does not fit or cannot be read only costs its own work: it is passed over, and
 * removed when the refresh publishes.
 *
 * Ownership: the caller's arena, which outlives the refresh.   Threads: one at a time. */
#ifndef INDEX_REFRESH_CHECKPOINT_H
#define INDEX_REFRESH_CHECKPOINT_H

#include "base/map.h"
#include "base/vec.h"
#include "index/row_segment.h"

typedef struct CheckpointTerms {
    Str model_fingerprint;
    uint32_t dimensions, chunk_size, overlap;
    uint64_t first_row_id; /* the head's next_row_id */
} CheckpointTerms;

typedef struct StagedSegment {
    SegmentRef ref;
    uint64_t truncated_chunks;
} StagedSegment;

typedef struct Checkpoint {
    CheckpointTerms terms;
    Str key, etag, owner; /* etag "" = not stored yet */
    StagedSegment *segments;
    size_t segment_count, segment_capacity;
    Arena *arena;
} Checkpoint;

/* The stopped refresh that fits, taken over; or a new, empty checkpoint. */
MUST_CHECK bool checkpoint_open(const SegmentHome *home, const CheckpointTerms *terms, Arena *arena,
                                Checkpoint *out, Err *err);
MUST_CHECK bool checkpoint_add(Checkpoint *checkpoint, const SegmentHome *home,
                               const StagedSegment *segment, Err *err);
/* Begins anew after what it names turned out to be unusable. */
void checkpoint_restart(Checkpoint *checkpoint, const SegmentHome *home);
uint64_t checkpoint_next_row_id(const Checkpoint *checkpoint);

/* Every object that checkpoints under this index name, themselves included; for doctor. */
MUST_CHECK bool checkpoint_keys(ObjectStore *store, Str index_name, Arena *arena, StrVec *out,
                                Err *err);
/* Puts the checksums of their segments into `out`: whose decoded copies are still of use. */
MUST_CHECK bool checkpoint_checksums(ObjectStore *store, Str index_name, Arena *arena, Map *out,
                                     Err *err);

#endif
