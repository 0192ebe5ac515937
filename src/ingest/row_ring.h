/* row_ring.h - rows of a source, read ahead by a thread of its own.
 *
 *     reading thread: row_source_next -> a free builder      ring      -> row_ring_next: writer
 *
 * So that a database sends and we decode while DuckDB writes. The ring is small and bounded; a
 * reader that is ahead waits. The reader's error (a misfit, a lost connection, a cancel) comes out
 * in its turn, behind the rows that were read before it.
 *
 * Ownership: a batch is borrowed until the next call.   Threads: one consumer. The source belongs
 * to the reading thread from start to stop. */
#ifndef INGEST_ROW_RING_H
#define INGEST_ROW_RING_H

#include "base/vec.h"
#include "ingest/ingest.h"

enum { ROW_RING_SLOTS = 8, ROW_RING_SLOTS_MIN = 3 };

/* Some rows, and what was refused among them. */
typedef struct RingBatch {
    RowBatch rows;              /* row_count 0: the end */
    const RejectedRow *rejects; /* the first ones; lines count from first_row on */
    size_t reject_count;
    uint64_t rejected;        /* all of them */
    uint64_t rejected_behind; /* of them, behind the last good row: read again by who goes on */
} RingBatch;

typedef struct RowRing RowRing;

typedef struct RingConfig {
    RowSource *source;
    SourceRange range;
    uint64_t first_row; /* rows that came before: where row numbers of rejects begin */
    size_t rejects_listed_max;
    Budget *budget;
    Progress *progress; /* cancel is seen while waiting for rows, too */
} RingConfig;

/* Starts the source and the thread. */
RowRing *row_ring_start(const RingConfig *config, Err *err);
MUST_CHECK bool row_ring_next(RowRing *ring, RingBatch *out, Err *err);
/* Ends the thread, at the latest when the source's next batch is there. NULL is fine. */
void row_ring_stop(RowRing *ring);

#endif
