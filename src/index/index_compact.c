/* index_compact.c - decide what to merge, and copy rows from mapping to mapping.
 *
 * Copying reads the decoded copies, never Parquet, and writes one segment in a stream: memory is
 * bounded whatever the number of rows.
 *
 * Tested by: test_index_compact.c (plans by hand, and write amplification over many appends). */
#include "index/index_compact.h"

#include <assert.h>

enum { DEAD_PERCENT_MAX = 30, CHECK_EVERY_ROWS = 4096 };

CompactPlan compact_plan(const CompactSegment *segments, size_t count, uint32_t segments_max,
                         uint64_t graph_rows) {
    CompactPlan plan = {0};
    uint64_t rows = 0;
    uint64_t dead = 0;
    for (size_t i = 0; i < count; i++) {
        rows += segments[i].rows;
        dead += segments[i].dead_rows;
    }
    if (dead * 100 > rows * DEAD_PERCENT_MAX) {
        plan = (CompactPlan){.needed = true, .from = 0, .drop_dead = true, .renumbers = true};
        return plan;
    }
    uint32_t most = segments_max < 2 ? 2 : segments_max;
    if (count <= most)
        return plan;
    size_t from = most / 2; /* leave room, so that not every append merges */
    uint64_t run = 0;
    for (size_t i = from; i < count; i++)
        run += segments[i].rows;
    while (from > 0 && segments[from - 1].rows <= run)
        run += segments[--from].rows;
    uint64_t before = rows - run;
    return (CompactPlan){.needed = true, .from = from, .drop_dead = graph_rows <= before};
}

void row_set_facts(const RowSet *rows, CompactSegment *out) {
    for (size_t i = 0; i < rows->segment_count; i++) {
        const SegmentRef *ref = &rows->segments[i].ref;
        size_t first = 0;
        out[i].rows = ref->rows;
        out[i].dead_rows = row_ids_within(rows->dead, ref->first_row_id, ref->last_row_id, &first);
    }
}

void row_set_release(RowSet *rows) {
    for (size_t i = 0; i < rows->segment_count; i++)
        row_cache_release(rows->segments[i].rows);
    rows->segment_count = 0;
}

/* Adds the rows of one segment to the draft, without those in `dropped`. */
static bool copy_segment(const Segment *segment, RowIds dropped, SegmentDraft *draft,
                         Progress *progress, Err *err) {
    uint32_t count = row_cache_rows(segment->rows);
    size_t next = 0;
    size_t dead =
        row_ids_within(dropped, segment->ref.first_row_id, segment->ref.last_row_id, &next);
    size_t end = next + dead;
    assert(dead == 0 || dropped.ids != NULL);
    for (uint32_t i = 0; i < count; i++) {
        IndexRow row = row_cache_row(segment->rows, i);
        while (next < end && dropped.ids[next] < row.row_id)
            next++;
        if (next < end && dropped.ids[next] == row.row_id)
            continue;
        if (!row_cache_writer_add(draft->writer, &row, err))
            return false;
        if (i % CHECK_EVERY_ROWS == 0 && !progress_check(progress, err))
            return false;
    }
    return true;
}

static bool merge(const SegmentHome *home, const RowSet *rows, size_t from, RowIds dropped,
                  uint64_t row_count, Progress *progress, Arena *arena, Segment *out, Err *err) {
    SegmentDraft draft;
    if (!segment_draft_begin(home, row_count, arena, &draft, err))
        return false;
    for (size_t i = from; i < rows->segment_count; i++) {
        if (!copy_segment(&rows->segments[i], dropped, &draft, progress, err)) {
            segment_draft_abandon(&draft);
            return false;
        }
    }
    return segment_draft_store(&draft, progress, arena, out, err);
}

bool index_compact(const SegmentHome *home, const CompactPlan *plan, RowSet *rows,
                   Progress *progress, Arena *arena, Err *err) {
    if (!plan->needed)
        return true;
    uint64_t total = 0;
    for (size_t i = plan->from; i < rows->segment_count; i++)
        total += rows->segments[i].ref.rows;
    size_t first_dead = 0;
    const SegmentRef *last = &rows->segments[rows->segment_count - 1].ref;
    size_t dead = row_ids_within(rows->dead, rows->segments[plan->from].ref.first_row_id,
                                 last->last_row_id, &first_dead);
    RowIds dropped = {0};
    if (plan->drop_dead)
        dropped = (RowIds){rows->dead.ids + first_dead, dead};
    Segment merged = {0};
    uint64_t kept = total - dropped.count;
    if (kept > 0 && !merge(home, rows, plan->from, dropped, kept, progress, arena, &merged, err))
        return err_wrap(err, "merge %zu segments", rows->segment_count - plan->from);
    for (size_t i = plan->from; i < rows->segment_count; i++)
        row_cache_release(rows->segments[i].rows);
    rows->segment_count = plan->from;
    if (kept > 0)
        rows->segments[rows->segment_count++] = merged;
    if (dropped.count > 0) /* the dead of a run are the last ones: ids rise with segments */
        rows->dead.count = first_dead;
    return true;
}
