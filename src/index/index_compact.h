/* index_compact.h - keep the segments few and the dead rows fewer.
 *
 * Two reasons to rewrite, decided by compact_plan (pure, so that it can be tested alone):
 *
 *   purge   more than 30 % of the rows are dead: all living rows go into one new segment. Positions
 *           change, so a graph must be made anew.
 *   merge   more than segments_max segments: the newest ones become one. The merged run reaches
 *           back while the segment before it is not larger than the run, which is what keeps the
 *           bytes ever rewritten proportional to the rows appended, times the logarithm of their
 *           number. Dead rows in the run are dropped unless a graph numbers them.
 *
 * Rows keep their ids. Nothing is removed here: the head that no longer names a segment does that
 * (index_publish.h).
 *
 * Ownership: see below.   Threads: any. */
#ifndef INDEX_INDEX_COMPACT_H
#define INDEX_INDEX_COMPACT_H

#include "index/row_segment.h"
#include "index/tombstones.h"

typedef struct CompactSegment {
    uint64_t rows, dead_rows;
} CompactSegment;

typedef struct CompactPlan {
    bool needed;
    size_t from; /* segments from .. count-1 become one */
    bool drop_dead;
    bool renumbers; /* positions that a graph covers change */
} CompactPlan;

CompactPlan compact_plan(const CompactSegment *segments, size_t count, uint32_t segments_max,
                         uint64_t graph_rows);

/* The rows of an index while its next head is made. */
typedef struct RowSet {
    Segment *segments; /* one reference each */
    size_t segment_count;
    RowIds dead;
} RowSet;

/* Carries out the plan: releases what is merged, stores the new segment, forgets dropped ids. On
 * failure the set is unchanged. */
MUST_CHECK bool index_compact(const SegmentHome *home, const CompactPlan *plan, RowSet *rows,
                              Progress *progress, Arena *arena, Err *err);
void row_set_facts(const RowSet *rows, CompactSegment *out);
void row_set_release(RowSet *rows);

#endif
