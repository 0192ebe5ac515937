/* verify_side.h - inside of verify: one of the two things that are compared, as rows that can be
 * read from the beginning as often as wanted.
 *
 * Ownership: closed by verify_side_close; batches until the next call.   Threads: one at a time. */
#ifndef VERIFY_VERIFY_SIDE_H
#define VERIFY_VERIFY_SIDE_H

#include "ingest/ingest_state.h"

typedef struct VerifySide VerifySide;
typedef struct VerifySideOps {
    bool (*start)(VerifySide *side, Err *err);
    bool (*next)(VerifySide *side, RowBatch *out, Err *err); /* row_count 0: the end */
    void (*close)(VerifySide *side);
} VerifySideOps;

struct VerifySide {
    const VerifySideOps *ops;
};

/* The source stays its owner's. */
VerifySide *verify_side_source(RowSource *source, Arena *arena);
/* The data files of the snapshot, each column in the snapshot's type. */
VerifySide *verify_side_dataset(const Ingest *ingest, const Snapshot *snapshot, Progress *progress,
                                Arena *arena, Err *err);
static inline void verify_side_close(VerifySide *side) {
    if (side != NULL)
        side->ops->close(side);
}

#endif
