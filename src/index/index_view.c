/* index_view.c - lay segments end to end, mark the dead, and answer by position or document.
 *
 * A document's newest version lies in the newest segment that has it, so a lookup asks the
 * segments from the last to the first, one hash probe each, and takes the first version that is
 * alive. There are at most a few dozen segments, since compaction keeps merging them.
 *
 * Tested by: test_index_view.c, and by everything above it. */
#include "index/index_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "vector/vector_index.h"

/* --- life --------------------------------------------------------------------------------- */

IndexView *index_view_retain(IndexView *view) {
    atomic_fetch_add_explicit(&view->references, 1, memory_order_relaxed);
    return view;
}

static void shared_graph_release(SharedGraph *shared) {
    if (shared == NULL ||
        atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1)
        return;
    vector_index_destroy(shared->index);
    for (size_t i = 0; i < shared->segment_count; i++)
        row_cache_release(shared->segments[i].rows);
    free(shared->segments);
    free(shared);
}

void index_view_release(IndexView *view) {
    if (view == NULL || atomic_fetch_sub_explicit(&view->references, 1, memory_order_acq_rel) != 1)
        return;
    vector_index_destroy(view->exact.index);
    vector_index_destroy(view->tail.index);
    shared_graph_release(view->shared_graph);
    for (size_t i = 0; i < view->segment_count; i++)
        row_cache_release(view->segments[i].rows);
    arena_destroy(view->arena); /* `view` itself lives in it */
}

void index_view_release_defer(void *view) {
    index_view_release(view);
}

static SegmentHome copy_home(const SegmentHome *home, Arena *arena) {
    SegmentHome copy = *home;
    copy.index_name = str_dup(arena, home->index_name);
    copy.bucket = str_dup(arena, home->bucket);
    copy.cache_directory = str_dup(arena, home->cache_directory);
    return copy;
}

static IndexView *view_create(const ViewPlan *plan, Err *err) {
    Arena *arena = arena_create();
    IndexView *view = ARENA_NEW(arena, IndexView);
    atomic_init(&view->references, 1);
    view->arena = arena;
    view->home = copy_home(plan->home, arena);
    view->head = index_head_copy(plan->head, arena);
    view->etag = str_dup(arena, plan->etag);
    if (!bucket_find(plan->buckets, view->home.bucket, arena, &view->home.store, err)) {
        arena_destroy(arena);
        return NULL;
    }
    return view;
}

/* --- the dead ----------------------------------------------------------------------------- */

static uint64_t *bitmap_full(Arena *arena, uint32_t count) {
    uint64_t *bits = ARENA_ARRAY(arena, uint64_t, count / 64 + 1);
    memset(bits, 0xff, count / 64 * sizeof *bits);
    bits[count / 64] = (UINT64_C(1) << (count % 64)) - 1;
    return bits;
}

static void bitmap_clear(uint64_t *bits, uint32_t at) {
    bits[at / 64] &= ~(UINT64_C(1) << (at % 64));
}

static uint32_t bitmap_count(const uint64_t *bits, uint32_t from, uint32_t to) {
    uint32_t count = 0;
    for (uint32_t at = from; at < to;) {
        if (at % 64 == 0 && to - at >= 64) {
            count += (uint32_t)__builtin_popcountll(bits[at / 64]);
            at += 64;
        } else {
            count += (uint32_t)(bits[at / 64] >> (at % 64) & 1);
            at++;
        }
    }
    return count;
}

static bool mark_dead(IndexView *view, RowIds dead, Err *err) {
    view->live_count = view->row_count;
    if (dead.count == 0)
        return true;
    uint64_t *ids = ARENA_ARRAY(view->arena, uint64_t, dead.count);
    memcpy(ids, dead.ids, dead.count * sizeof *ids);
    view->dead = (RowIds){ids, dead.count};
    uint64_t *live = bitmap_full(view->arena, view->row_count);
    size_t marked = 0;
    for (size_t i = 0; i < view->segment_count; i++) {
        ViewSegment *segment = &view->segments[i];
        size_t first = 0;
        size_t count =
            row_ids_within(dead, segment->ref.first_row_id, segment->ref.last_row_id, &first);
        for (size_t k = first; k < first + count; k++) {
            uint32_t row = 0;
            if (!row_cache_find_row(segment->rows, dead.ids[k], &row))
                break;
            bitmap_clear(live, segment->first + row);
            segment->dead_rows++;
        }
        marked += segment->dead_rows;
    }
    if (marked != dead.count)
        return err_fail(err, FAIL_CORRUPT, "%zu of %zu deleted rows are not in any segment",
                        dead.count - marked, dead.count);
    view->live = live;
    view->live_count = view->row_count - (uint32_t)marked;
    return true;
}

/* --- what is searched --------------------------------------------------------------------- */

static VectorSet rows_set(IndexView *view, uint32_t from, uint32_t to) {
    VectorBlock *blocks = ARENA_ARRAY(view->arena, VectorBlock, view->segment_count);
    size_t count = 0;
    for (size_t i = 0; i < view->segment_count; i++) {
        const ViewSegment *segment = &view->segments[i];
        uint32_t end = segment->first + row_cache_rows(segment->rows);
        uint32_t first = segment->first > from ? segment->first : from;
        uint32_t last = end < to ? end : to;
        if (first >= last)
            continue;
        blocks[count++] = (VectorBlock){
            row_cache_vectors(segment->rows) +
                (size_t)(first - segment->first) * view->home.dimension,
            last - first,
        };
    }
    return (VectorSet){blocks, count, to - from, view->home.dimension, view->head.record.metric};
}

VectorSet index_view_rows_set(IndexView *view, uint32_t rows) {
    return rows_set(view, 0, rows);
}

/* The living among [from, to), as a bitmap that starts at bit 0. */
static SearchPart part_over(IndexView *view, uint32_t from, uint32_t to) {
    SearchPart part = {.first = from, .allowed_count = to - from};
    if (view->live == NULL)
        return part;
    part.allowed_count = bitmap_count(view->live, from, to);
    if (part.allowed_count == to - from)
        return part;
    if (from == 0) {
        part.allowed = view->live;
        return part;
    }
    uint64_t *bits = bitmap_full(view->arena, to - from);
    for (uint32_t at = from; at < to; at++)
        if (!index_view_is_live(view, at))
            bitmap_clear(bits, at - from);
    part.allowed = bits;
    return part;
}

static SearchPart exact_part(IndexView *view, uint32_t from, uint32_t to) {
    SearchPart part = part_over(view, from, to);
    if (part.allowed_count == 0)
        return (SearchPart){0};
    VectorSet set = rows_set(view, from, to);
    part.index = flat_index_create(&set);
    return part;
}

static void attach_graph(IndexView *view, SharedGraph *shared) {
    uint32_t covered = shared->index->set.row_count;
    view->shared_graph = shared;
    view->graph = part_over(view, 0, covered);
    view->graph.index = shared->index;
    view->tail = exact_part(view, covered, view->row_count);
}

void index_view_set_graph(IndexView *view, VectorIndex *graph) {
    SharedGraph *shared = calloc(1, sizeof *shared);
    Segment *rows = calloc(view->segment_count + 1, sizeof *rows);
    if (shared == NULL || rows == NULL)
        abort();
    atomic_init(&shared->references, 1);
    shared->index = graph;
    shared->segments = rows;
    for (size_t i = 0; i < view->segment_count; i++)
        if (view->segments[i].first < graph->set.row_count)
            rows[shared->segment_count++].rows = row_cache_retain(view->segments[i].rows);
    attach_graph(view, shared);
}

void index_view_share_graph(IndexView *view, const IndexView *other) {
    atomic_fetch_add_explicit(&other->shared_graph->references, 1, memory_order_relaxed);
    attach_graph(view, other->shared_graph);
}

IndexView *index_view_make(const ViewPlan *plan, const Segment *segments, size_t segment_count,
                           RowIds dead, Err *err) {
    IndexView *view = view_create(plan, err);
    if (view == NULL) {
        for (size_t i = 0; i < segment_count; i++)
            row_cache_release(segments[i].rows);
        return NULL;
    }
    view->segments = ARENA_ARRAY(view->arena, ViewSegment, segment_count);
    view->segment_count = segment_count;
    view->head.segments = ARENA_ARRAY(view->arena, SegmentRef, segment_count);
    view->head.segment_count = segment_count;
    for (size_t i = 0; i < segment_count; i++) {
        SegmentRef ref = segments[i].ref;
        ref.key = str_dup(view->arena, ref.key);
        ref.checksum = str_dup(view->arena, ref.checksum);
        view->head.segments[i] = ref;
        view->segments[i] = (ViewSegment){ref, segments[i].rows, view->row_count, 0};
        view->row_count += (uint32_t)ref.rows;
    }
    if (!mark_dead(view, dead, err)) {
        index_view_release(view);
        return NULL;
    }
    view->exact = exact_part(view, 0, view->row_count);
    return view;
}

/* --- answers ------------------------------------------------------------------------------ */

bool index_view_is_live(const IndexView *view, uint32_t position) {
    return view->live == NULL || (view->live[position / 64] >> (position % 64) & 1) != 0;
}

static size_t segment_at(const IndexView *view, uint32_t position) {
    size_t from = 0;
    size_t to = view->segment_count;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (view->segments[middle].first <= position)
            from = middle;
        else
            to = middle;
    }
    return from;
}

IndexRow index_view_row(const IndexView *view, uint32_t position) {
    const ViewSegment *segment = &view->segments[segment_at(view, position)];
    return row_cache_row(segment->rows, position - segment->first);
}

RowDoc index_view_doc(const IndexView *view, DocPlace place) {
    return row_cache_doc(view->segments[place.segment].rows, place.doc);
}

bool index_view_doc_is_live(const IndexView *view, DocPlace place) {
    return index_view_is_live(view, view->segments[place.segment].first +
                                        index_view_doc(view, place).first_row);
}

bool index_view_find_doc(const IndexView *view, Str doc_id, DocPlace *out) {
    for (size_t i = view->segment_count; i-- > 0;) {
        uint32_t cursor = 0;
        DocPlace place = {.segment = (uint32_t)i};
        while (row_cache_find_doc(view->segments[i].rows, doc_id, &cursor, &place.doc)) {
            if (index_view_doc_is_live(view, place)) {
                *out = place;
                return true;
            }
        }
    }
    return false;
}

void index_view_doc_row_ids(const IndexView *view, DocPlace place, RowIdList *list, Arena *arena) {
    const RowCache *rows = view->segments[place.segment].rows;
    RowDoc doc = row_cache_doc(rows, place.doc);
    for (uint32_t i = 0; i < doc.row_count; i++)
        *vec_push(list, arena) = row_cache_row_id(rows, doc.first_row + i);
}

uint64_t index_view_live_docs(const IndexView *view) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < view->segment_count; i++) {
        uint32_t docs = row_cache_docs(view->segments[i].rows);
        if (view->segments[i].dead_rows == 0) {
            count += docs;
            continue;
        }
        for (uint32_t doc = 0; doc < docs; doc++)
            count += index_view_doc_is_live(view, (DocPlace){i, doc});
    }
    return count;
}

/* --- check -------------------------------------------------------------------------------- */

bool index_view_check_counts(const IndexView *view, Err *err) {
    const IndexRecord *record = &view->head.record;
    if (record->chunk_count != view->live_count)
        return err_fail(err, FAIL_CORRUPT, "the head counts %llu chunks, there are %u",
                        (unsigned long long)record->chunk_count, view->live_count);
    return true;
}

/* Each living document can be found, at the place where it lies, and dies as a whole. */
static bool check_doc(const IndexView *view, DocPlace place, Err *err) {
    RowDoc doc = index_view_doc(view, place);
    bool live = index_view_doc_is_live(view, place);
    uint32_t first = view->segments[place.segment].first + doc.first_row;
    for (uint32_t i = 0; i < doc.row_count; i++)
        if (index_view_is_live(view, first + i) != live)
            return err_fail(err, FAIL_CORRUPT, "document '%.*s' is half deleted", STR_ARG(doc.id));
    DocPlace found;
    if (live && (!index_view_find_doc(view, doc.id, &found) || found.segment != place.segment ||
                 found.doc != place.doc))
        return err_fail(err, FAIL_CORRUPT, "document '%.*s' is there twice", STR_ARG(doc.id));
    return true;
}

bool index_view_check(const IndexView *view, Err *err) {
    if (!index_view_check_counts(view, err))
        return false;
    uint64_t docs = index_view_live_docs(view);
    if (docs != view->head.record.doc_count)
        return err_fail(err, FAIL_CORRUPT, "the head counts %llu documents, there are %llu",
                        (unsigned long long)view->head.record.doc_count, (unsigned long long)docs);
    for (uint32_t i = 0; i < view->segment_count; i++)
        for (uint32_t doc = 0; doc < row_cache_docs(view->segments[i].rows); doc++)
            if (!check_doc(view, (DocPlace){i, doc}, err))
                return false;
    return view->graph.index == NULL || vector_index_check(view->graph.index, err);
}
