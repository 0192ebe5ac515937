/* hnsw_check.c - what must hold in every graph, proved by reading all of it.
 *
 *   1. An empty graph has no entry; any other has one, and no node is above its level.
 *   2. Levels are at most HNSW_LEVEL_MAX, and upper_starts are their running sum.
 *   3. A list is packed: after the first free slot all are free. So its degree is bounded.
 *   4. Links lead to nodes that exist, are not the node itself, and have a list on that layer.
 *   5. No list holds a node twice.
 *   6. Ground links lead from the entry to every node.
 * The first four make walking safe: opening a file demands them before anything else looks at it.
 * Tests, fuzzers and the doctor demand all six.
 *
 * Tested by: test_hnsw_check.c, which breaks each. */
#include <stdlib.h>

#include "vector/hnsw_graph.h"

static bool check_levels(const HnswGraph *graph, Err *err) {
    if (graph->node_count == 0) {
        if (graph->entry != HNSW_NO_LINK || graph->level_max != 0 || graph->upper_count != 0)
            return err_fail(err, FAIL_CORRUPT, "empty graph has an entry or lists");
        return true;
    }
    if (graph->entry >= graph->node_count || graph->level_max > HNSW_LEVEL_MAX ||
        graph->levels[graph->entry] != graph->level_max)
        return err_fail(err, FAIL_CORRUPT, "graph's entry %u (level %u) is not one of its %u nodes",
                        graph->entry, graph->level_max, graph->node_count);
    uint64_t start = 0;
    for (uint32_t node = 0; node < graph->node_count; node++) {
        if (graph->levels[node] > graph->level_max)
            return err_fail(err, FAIL_CORRUPT, "graph node %u is on level %u of %u", node,
                            graph->levels[node], graph->level_max);
        if (graph->upper_starts[node] != start)
            return err_fail(err, FAIL_CORRUPT, "graph node %u has its upper lists at %u, not %llu",
                            node, graph->upper_starts[node], (unsigned long long)start);
        start += graph->levels[node];
    }
    if (start != graph->upper_count)
        return err_fail(err, FAIL_CORRUPT, "graph has %llu upper lists, its levels say %llu",
                        (unsigned long long)graph->upper_count, (unsigned long long)start);
    return true;
}

static bool check_list(const HnswGraph *graph, uint32_t node, uint32_t layer, Err *err) {
    const uint32_t *list = hnsw_list(graph, node, layer);
    uint32_t slots = hnsw_list_slots(&graph->params, layer);
    uint32_t count = hnsw_list_count(list, slots);
    for (uint32_t i = count; i < slots; i++)
        if (list[i] != HNSW_NO_LINK)
            return err_fail(err, FAIL_CORRUPT, "graph node %u, layer %u: a link after the end",
                            node, layer);
    for (uint32_t i = 0; i < count; i++)
        if (list[i] >= graph->node_count || list[i] == node || graph->levels[list[i]] < layer)
            return err_fail(err, FAIL_CORRUPT, "graph node %u, layer %u: link to %u is impossible",
                            node, layer, list[i]);
    return true;
}

bool hnsw_check_bounds(const HnswGraph *graph, Err *err) {
    if (!check_levels(graph, err))
        return false;
    for (uint32_t node = 0; node < graph->node_count; node++)
        for (uint32_t layer = 0; layer <= graph->levels[node]; layer++)
            if (!check_list(graph, node, layer, err))
                return false;
    return true;
}

static bool check_no_twins(const HnswGraph *graph, uint32_t node, uint32_t layer, Err *err) {
    const uint32_t *list = hnsw_list(graph, node, layer);
    uint32_t count = hnsw_list_count(list, hnsw_list_slots(&graph->params, layer));
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (list[i] == list[j])
                return err_fail(err, FAIL_CORRUPT, "graph node %u, layer %u: two links to %u", node,
                                layer, list[i]);
    return true;
}

uint32_t hnsw_mark_reachable(const HnswGraph *graph, uint32_t from, uint64_t *marked,
                             uint32_t *queue) {
    uint32_t head = 0, tail = 0, slots = hnsw_ground_slots(&graph->params);
    marked[from >> 6] |= UINT64_C(1) << (from & 63);
    queue[tail++] = from;
    while (head < tail) {
        const uint32_t *list = hnsw_list(graph, queue[head++], 0);
        for (uint32_t i = 0; i < slots && list[i] != HNSW_NO_LINK; i++) {
            uint64_t bit = UINT64_C(1) << (list[i] & 63);
            if ((marked[list[i] >> 6] & bit) != 0)
                continue;
            marked[list[i] >> 6] |= bit;
            queue[tail++] = list[i];
        }
    }
    return tail;
}

static bool check_reach(const HnswGraph *graph, Err *err) {
    uint64_t *marked = calloc((size_t)graph->node_count / 64 + 1, sizeof *marked);
    uint32_t *queue = calloc((size_t)graph->node_count + 1, sizeof *queue);
    bool all = marked != NULL && queue != NULL;
    if (!all)
        (void)err_fail(err, FAIL_NO_MEMORY, "no memory to check a graph of %u nodes",
                       graph->node_count);
    if (all && graph->node_count > 0) {
        uint32_t reached = hnsw_mark_reachable(graph, graph->entry, marked, queue);
        all = reached == graph->node_count;
        if (!all)
            (void)err_fail(err, FAIL_CORRUPT, "graph's entry reaches %u of %u nodes", reached,
                           graph->node_count);
    }
    free(marked);
    free(queue);
    return all;
}

bool hnsw_check_graph(const HnswGraph *graph, Err *err) {
    if (!hnsw_check_bounds(graph, err))
        return false;
    for (uint32_t node = 0; node < graph->node_count; node++)
        for (uint32_t layer = 0; layer <= graph->levels[node]; layer++)
            if (!check_no_twins(graph, node, layer, err))
                return false;
    return check_reach(graph, err);
}
