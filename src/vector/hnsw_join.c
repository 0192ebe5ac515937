/* hnsw_join.c - after inserting: no node may be out of reach.
 *
 * Links have a direction and lists have bounds, so selection can drop the last link that led to a
 * node; rows with many equal vectors lose whole crowds that way. Such a node would never be found,
 * whatever the effort. So the nodes that ground links lead to from the entry are marked, and each
 * node left over is hung to a reached one, as near to it as possible, that has a slot free.
 *
 * Where to hang a node:
 *   the node hung just before, if that is at least as near as the node's own first link: crowds of
 *       equal rows are joined in one pass, without searching;
 *   else the nearest reached node with a free slot that a beam from the entry finds;
 *   else the nearest of all reached nodes with a free slot.
 * The slot that selection never fills (hnsw_ground_cap) makes sure that there is one: a node that
 * is hung takes one slot and brings its own.
 *
 * Tested by: test_hnsw_build.c (crowds of equal rows, and cut graphs). */
#include "vector/hnsw_insert.h"

#include <stdlib.h>

enum { BEAM_MIN = 128 }; /* narrow beams come back with nothing but full lists */

typedef struct Joiner {
    HnswIndex *index;
    HnswScratch *scratch;
    Distance distance;
    uint64_t *reached; /* bitmap */
    uint32_t *queue;   /* room for a marking */
    uint32_t beam_width;
    uint32_t hung_last;
} Joiner;

static bool is_reached(const Joiner *joiner, uint32_t node) {
    return row_allowed(joiner->reached, node);
}

static uint32_t *ground_list(const Joiner *joiner, uint32_t node) {
    return joiner->index->slabs.ground + hnsw_list_offset(&joiner->index->graph, node, 0);
}

static uint32_t free_slot(const Joiner *joiner, uint32_t node) {
    return hnsw_list_count(ground_list(joiner, node),
                           hnsw_ground_slots(&joiner->index->graph.params));
}

static bool can_hold(const Joiner *joiner, uint32_t node) {
    return is_reached(joiner, node) &&
           free_slot(joiner, node) < hnsw_ground_slots(&joiner->index->graph.params);
}

static HitKey key_between(const Joiner *joiner, uint32_t node, uint32_t other) {
    const VectorRows *rows = &joiner->index->rows;
    return hit_key(distance_between(&joiner->distance, vector_rows_at(rows, node),
                                    vector_rows_at(rows, other)),
                   other);
}

static bool last_is_near(const Joiner *joiner, uint32_t node) {
    uint32_t last = joiner->hung_last, first_link = ground_list(joiner, node)[0];
    if (last == HNSW_NO_LINK || first_link == HNSW_NO_LINK || !can_hold(joiner, last))
        return false;
    return hit_key_distance(key_between(joiner, node, last)) <=
           hit_key_distance(key_between(joiner, node, first_link));
}

static uint32_t holder_by_beam(const Joiner *joiner, uint32_t node) {
    const HnswGraph *graph = &joiner->index->graph;
    HnswWalk walk = {graph, &joiner->index->rows, joiner->distance,
                     vector_rows_at(&joiner->index->rows, node), joiner->scratch};
    hnsw_beam(&walk, 0, hnsw_descend(&walk, 0), joiner->beam_width);
    for (uint32_t i = 0; i < joiner->scratch->beam_count; i++) {
        uint32_t near = hit_key_row(joiner->scratch->beam[i]);
        if (can_hold(joiner, near))
            return near;
    }
    return HNSW_NO_LINK;
}

static uint32_t holder_by_scan(const Joiner *joiner, uint32_t node) {
    HitKey nearest = UINT64_MAX;
    for (uint32_t other = 0; other < joiner->index->graph.node_count; other++) {
        if (!can_hold(joiner, other))
            continue;
        HitKey key = key_between(joiner, node, other);
        if (key < nearest)
            nearest = key;
    }
    return nearest == UINT64_MAX ? HNSW_NO_LINK : hit_key_row(nearest);
}

static bool hang(Joiner *joiner, uint32_t node, Err *err) {
    uint32_t holder = joiner->hung_last;
    if (!last_is_near(joiner, node)) {
        holder = holder_by_beam(joiner, node);
        if (holder == HNSW_NO_LINK)
            holder = holder_by_scan(joiner, node);
    }
    if (holder == HNSW_NO_LINK)
        return err_fail(err, FAIL_INTERNAL, "graph has no slot left to reach node %u", node);
    ground_list(joiner, holder)[free_slot(joiner, holder)] = node;
    (void)hnsw_mark_reachable(&joiner->index->graph, node, joiner->reached, joiner->queue);
    joiner->hung_last = node;
    return true;
}

bool hnsw_join(HnswIndex *index, HnswScratch *scratch, Err *err) {
    const HnswGraph *graph = &index->graph;
    if (graph->node_count == 0)
        return true;
    Joiner joiner = {.index = index, .scratch = scratch, .hung_last = HNSW_NO_LINK};
    joiner.beam_width = graph->params.ef_construction;
    if (joiner.beam_width < BEAM_MIN)
        joiner.beam_width = BEAM_MIN;
    if (!hnsw_scratch_reserve(scratch, joiner.beam_width, err))
        return false;
    joiner.distance =
        distance_make(index->base.set.metric, index->base.set.dimension, kernels_get());
    joiner.reached = calloc((size_t)graph->node_count / 64 + 1, sizeof *joiner.reached);
    joiner.queue = calloc(graph->node_count, sizeof *joiner.queue);
    bool joined = joiner.reached != NULL && joiner.queue != NULL;
    if (!joined)
        (void)err_fail(err, FAIL_NO_MEMORY, "no memory to join a graph of %u nodes",
                       graph->node_count);
    if (joined)
        (void)hnsw_mark_reachable(graph, graph->entry, joiner.reached, joiner.queue);
    for (uint32_t node = 0; joined && node < graph->node_count; node++)
        if (!is_reached(&joiner, node))
            joined = hang(&joiner, node, err);
    free(joiner.reached);
    free(joiner.queue);
    return joined;
}
