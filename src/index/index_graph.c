/* index_graph.c - build, grow, store and open the graph of an index.
 *
 * A new graph is saved, stored as an object, and then opened from there: what searches use is what
 * the next start will find, and the memory of the build is given back.
 *
 * Dead rows stay in the graph as stepping stones; the bitmap keeps them out of the answers. A purge
 * (index_compact.h) is what gets rid of them.
 *
 * Tested by: test_index_build.c. */
#include "index/index_graph.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"

enum { TAIL_ROWS_MIN = 2048, TAIL_PART = 32 };

GraphStep graph_step(uint64_t living, uint64_t total, uint64_t usable_rows, bool had,
                     uint64_t rows_min) {
    if (usable_rows > 0) {
        uint64_t tail = total - usable_rows;
        uint64_t most = usable_rows / TAIL_PART;
        if (most < TAIL_ROWS_MIN)
            most = TAIL_ROWS_MIN;
        return tail > most ? GRAPH_GROW : GRAPH_KEEP;
    }
    bool wanted = had || living >= rows_min;
    return wanted && living > 0 ? GRAPH_BUILD : GRAPH_NONE;
}

static bool store_graph(IndexView *view, const VectorIndex *graph, Str path, Arena *arena,
                        Err *err) {
    GraphRef *ref = &view->head.graph;
    Str checksum;
    if (!hnsw_save(graph, path.data, err) ||
        !file_checksum(path.data, arena, &checksum, &ref->size_bytes, err))
        return false;
    Str id = random_id(arena);
    ref->key = str_format(view->arena, "vectors/%.*s/builds/%.*s.hnsw",
                          STR_ARG(view->home.index_name), STR_ARG(id));
    ref->rows = graph->set.row_count;
    ref->params = *hnsw_params(graph);
    PutSource source = {.path = path.data};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    return store_put_source(view->home.store, ref->key, &source, &condition, arena, NULL, err);
}

static VectorIndex *open_stored(IndexView *view, Err *err) {
    Str path;
    if (!object_cache_path(view->home.cache, view->home.bucket, view->home.store,
                           view->head.graph.key, view->arena, &path, err))
        return NULL;
    VectorSet set = index_view_rows_set(view, (uint32_t)view->head.graph.rows);
    return hnsw_open(str_to_c(view->arena, path), &set, err);
}

/* Takes `graph` over: stores it, and gives the view what was stored. */
static bool adopt(IndexView *view, VectorIndex *graph, uint32_t ef_search, Arena *arena, Err *err) {
    Str id = random_id(arena);
    Str path =
        str_format(arena, "%.*s/%.*s.hnsw.tmp", STR_ARG(view->home.cache_directory), STR_ARG(id));
    bool stored = store_graph(view, graph, path, arena, err);
    vector_index_destroy(graph);
    if (!stored) {
        unlink(path.data);
        return err_wrap(err, "store the graph");
    }
    view->head.graph.params.ef_search = ef_search;
    VectorIndex *opened = open_stored(view, err);
    if (opened == NULL)
        return err_wrap(err, "open the graph just stored");
    index_view_set_graph(view, opened);
    return true;
}

static VectorIndex *make(IndexService *service, IndexView *view, const GraphRequest *request,
                         GraphStep step, Err *err) {
    VectorSet set = index_view_rows_set(view, view->row_count);
    HnswParams params = step == GRAPH_GROW ? request->base->head.graph.params : request->params;
    uint64_t bytes = hnsw_bytes_estimate(view->row_count, &params);
    if (!budget_take(service->deps.budget, bytes, "graph build", err))
        return NULL;
    progress_start(request->progress, "building the graph", "rows", view->row_count);
    VectorIndex *graph =
        step == GRAPH_GROW ? hnsw_extend(request->base->graph.index, &set, service->deps.pool,
                                         request->progress, err)
                           : hnsw_build(&set, &params, service->deps.pool, request->progress, err);
    budget_give(service->deps.budget, bytes);
    return graph;
}

static GraphStep decide(const IndexView *view, const GraphRequest *request) {
    if (request->build)
        return GRAPH_BUILD;
    const IndexView *base = request->base;
    bool had = base != NULL && !str_is_empty(base->head.graph.key);
    bool usable = had && !request->renumbered && base->shared_graph != NULL;
    return graph_step(view->live_count, view->row_count, usable ? base->head.graph.rows : 0, had,
                      request->rows_min);
}

bool index_graph_provide(IndexService *service, IndexView *view, const GraphRequest *request,
                         Arena *arena, Err *err) {
    GraphStep step = decide(view, request);
    view->head.graph = (GraphRef){0};
    if (step == GRAPH_NONE)
        return true;
    if (step == GRAPH_KEEP) {
        view->head.graph = request->base->head.graph;
        view->head.graph.key = str_dup(view->arena, view->head.graph.key);
        index_view_share_graph(view, request->base);
        return true;
    }
    uint64_t start = clock_monotonic_ns();
    VectorIndex *graph = make(service, view, request, step, err);
    if (graph == NULL)
        return err_wrap(err, "build the graph");
    uint32_t ef_search =
        step == GRAPH_GROW ? request->base->head.graph.params.ef_search : request->params.ef_search;
    if (!adopt(view, graph, ef_search, arena, err))
        return false;
    if (request->out_seconds != NULL)
        *request->out_seconds = clock_seconds_since(start);
    return true;
}
