/* index_view_load.c - from a head to a view: tombstones, segments, graph.
 *
 * Whatever the view before has open is shared, so that a reload after a small change opens only
 * what is new. Every object is compared with the checksum that the head has for it.
 *
 * Tested by: test_index_service.c (damage), test_index_search.c (damaged graphs). */
#include "base/hash.h"
#include "index/index_view.h"

static RowCache *shared_rows(const IndexView *previous, Str checksum) {
    for (size_t i = 0; previous != NULL && i < previous->segment_count; i++)
        if (str_eq(previous->segments[i].ref.checksum, checksum))
            return row_cache_retain(previous->segments[i].rows);
    return NULL;
}

static bool load_segments(const SegmentHome *home, const IndexHead *head, const IndexView *previous,
                          Segment *out, Err *err) {
    for (size_t i = 0; i < head->segment_count; i++) {
        out[i].ref = head->segments[i];
        out[i].rows = shared_rows(previous, out[i].ref.checksum);
        if (out[i].rows == NULL)
            out[i].rows = segment_open(home, &out[i].ref, err);
        if (out[i].rows != NULL)
            continue;
        for (size_t k = 0; k < i; k++)
            row_cache_release(out[k].rows);
        return false;
    }
    return true;
}

static bool load_dead(const SegmentHome *home, const TombstoneRef *ref, Arena *arena, RowIds *out,
                      Err *err) {
    *out = (RowIds){0};
    if (str_is_empty(ref->key))
        return true;
    Str bytes;
    bool ok = store_get(home->store, ref->key, arena, &bytes, NULL, err) &&
              (str_eq(hash128_hex(hash128(bytes), arena), ref->checksum) ||
               err_fail(err, FAIL_CORRUPT, "its bytes do not match their checksum")) &&
              tombstones_decode(bytes, arena, out, err) &&
              (out->count == ref->count ||
               err_fail(err, FAIL_CORRUPT, "it holds %zu ids, the head says %llu", out->count,
                        (unsigned long long)ref->count));
    return ok || err_wrap(err, "object '%.*s' of bucket '%.*s'", STR_ARG(ref->key),
                          STR_ARG(home->bucket));
}

/* A graph that cannot be opened does not make the rows unreadable: the error is kept, and told to
 * those who wanted the graph. */
static void load_graph(IndexView *view, const IndexView *previous) {
    const GraphRef *ref = &view->head.graph;
    if (str_is_empty(ref->key))
        return;
    if (previous != NULL && previous->shared_graph != NULL &&
        str_eq(previous->head.graph.key, ref->key)) {
        index_view_share_graph(view, previous);
        return;
    }
    Err *err = &view->graph_error;
    Str path;
    VectorIndex *graph = NULL;
    if (ref->rows > view->row_count || ref->rows == 0) {
        err_fail(err, FAIL_CORRUPT, "it covers %llu rows of %u", (unsigned long long)ref->rows,
                 view->row_count);
    } else if (object_cache_path(view->home.cache, view->home.bucket, view->home.store, ref->key,
                                 view->arena, &path, err)) {
        VectorSet set = index_view_rows_set(view, (uint32_t)ref->rows);
        graph = hnsw_open(str_to_c(view->arena, path), &set, err);
    }
    if (graph != NULL)
        index_view_set_graph(view, graph);
    else
        err_wrap(err, "graph '%.*s' of bucket '%.*s'", STR_ARG(ref->key),
                 STR_ARG(view->home.bucket));
}

IndexView *index_view_load(const ViewPlan *plan, const IndexView *previous, Err *err) {
    const IndexHead *head = plan->head;
    Arena *arena = arena_create();
    Segment *segments = ARENA_ARRAY(arena, Segment, head->segment_count);
    RowIds dead;
    IndexView *view = NULL;
    if (load_dead(plan->home, &head->tombstones, arena, &dead, err) &&
        load_segments(plan->home, head, previous, segments, err))
        view = index_view_make(plan, segments, head->segment_count, dead, err);
    if (view != NULL && !index_view_check_counts(view, err)) {
        index_view_release(view);
        view = NULL;
    }
    if (view != NULL)
        load_graph(view, previous);
    arena_destroy(arena);
    return view;
}
