/* hnsw_search.c - find the k nearest rows in a published graph.
 *
 * Three plans, by what they cost in distances:
 *   beam      no filter: descend, then a beam of `effort` on the ground layer.
 *   filtered  as the beam, but a row that the filter rejects is a stepping stone and not an answer:
 *             the walk goes on until `effort` allowed rows are nearer than anything left. It gives
 *             up when it has compared as many rows as the exact scan would.
 *   exact     compare with every allowed row: when those are few, or the graph is small, or a walk
 *             gave up or could not reach enough rows.
 * So k allowed rows always bring k hits, and a harsh or unlucky filter costs at most twice the scan
 * of the rows it allows.
 *
 * The crossing point: to see `effort` allowed rows, a walk has to expand about effort / share
 * nodes, each of which brings some m new ones, where share = allowed / rows.
 *
 * Tested by: test_hnsw_search.c (plans, fallbacks), vector_contract.c, test_hnsw_recall.c. */
#include "vector/flat.h"
#include "vector/hnsw_graph.h"
#include "vector/top_k.h"

static bool scan_is_cheaper(const HnswGraph *graph, uint32_t allowed_count, uint32_t ef) {
    double allowed = allowed_count;
    return allowed * allowed <= (double)ef * graph->params.m * graph->node_count;
}

/* Nearest first; *out_complete is false when it gave up. */
static bool walk_filtered(const HnswWalk *walk, const VectorSearch *request, HitKey start,
                          TopK *answers, bool *out_complete, Err *err) {
    HnswScratch *scratch = walk->scratch;
    uint32_t slots = hnsw_ground_slots(&walk->graph->params), compared = 0;
    hnsw_scratch_begin(scratch);
    (void)hnsw_scratch_visit(scratch, hit_key_row(start));
    if (row_allowed(request->allowed, hit_key_row(start)))
        top_k_push(answers, start);
    if (!hnsw_frontier_push(scratch, start, err))
        return false;
    while (scratch->frontier_count > 0) {
        HitKey nearest = hnsw_frontier_pop(scratch);
        if (nearest >= top_k_bound(answers))
            break;
        if (compared > request->allowed_count) {
            *out_complete = false;
            return true;
        }
        const uint32_t *list = hnsw_list(walk->graph, hit_key_row(nearest), 0);
        uint32_t fresh[HNSW_LIST_MAX], count = 0;
        for (uint32_t i = 0; i < slots && list[i] != HNSW_NO_LINK; i++) {
            if (!hnsw_scratch_visit(scratch, list[i]))
                continue;
            vector_rows_prefetch(walk->rows, list[i]);
            fresh[count++] = list[i];
        }
        compared += count;
        for (uint32_t i = 0; i < count; i++) {
            const float *vector = vector_rows_at(walk->rows, fresh[i]);
            float distance = distance_between(&walk->distance, walk->query, vector);
            HitKey key = hit_key(distance, fresh[i]);
            if (key >= top_k_bound(answers))
                continue;
            if (row_allowed(request->allowed, fresh[i]))
                top_k_push(answers, key);
            if (!hnsw_frontier_push(scratch, key, err))
                return false;
        }
    }
    *out_complete = true;
    return true;
}

/* Leaves the answers in `top`, in any order. */
static bool walk_graph(const HnswWalk *walk, const VectorSearch *request, uint32_t ef, TopK *top,
                       bool *out_complete, Err *err) {
    HnswScratch *scratch = walk->scratch;
    if (!hnsw_scratch_reserve(scratch, ef, err))
        return false;
    HitKey start = hnsw_descend(walk, 0);
    if (request->allowed == NULL) {
        hnsw_beam(walk, 0, start, ef);
        uint32_t count = scratch->beam_count < request->k ? scratch->beam_count : request->k;
        memcpy(top->keys, scratch->beam, count * sizeof *top->keys);
        top->count = count;
        *out_complete = true;
        return true;
    }
    TopK answers = {scratch->beam, 0, ef}; /* the beam's memory, used as a heap */
    if (!walk_filtered(walk, request, start, &answers, out_complete, err))
        return false;
    for (uint32_t i = 0; i < answers.count; i++)
        top_k_push(top, answers.keys[i]);
    return true;
}

bool hnsw_search(const VectorIndex *index, const VectorSearch *request, Arena *arena,
                 VectorHit **out_hits, size_t *out_count, Err *err) {
    const HnswIndex *hnsw = hnsw_index_of(index);
    const HnswGraph *graph = &hnsw->graph;
    uint32_t ef = request->effort > 0 ? request->effort : graph->params.ef_search;
    if (ef < request->k)
        ef = request->k;
    if (ef > graph->node_count)
        ef = graph->node_count;

    HnswWalk walk = {.graph = graph, .rows = &hnsw->rows, .query = request->query};
    walk.distance = distance_make(index->set.metric, index->set.dimension, kernels_get());
    if (!scan_is_cheaper(graph, request->allowed_count, ef)) {
        walk.scratch = hnsw_scratch_take(hnsw->scratch, err);
        if (walk.scratch == NULL)
            return false;
        TopK top = {ARENA_ARRAY(arena, HitKey, request->k), 0, request->k};
        bool complete = false;
        bool walked = walk_graph(&walk, request, ef, &top, &complete, err);
        hnsw_scratch_put(hnsw->scratch, walk.scratch);
        if (!walked)
            return false;
        if (complete && top.count == request->k) {
            top_k_take(&top, arena, out_hits, out_count);
            return true;
        }
    }
    flat_scan(&hnsw->rows, &walk.distance, request, arena, out_hits, out_count);
    return true;
}
