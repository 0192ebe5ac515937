/* hnsw_graph.h - the graph as the hnsw_*.c files see it: ids in flat slabs, never pointers.
 *
 * Every node has one list on the ground layer and one on each layer up to its level. A list is a
 * fixed run of slots: ids from the front, then HNSW_NO_LINK to the end. So a list is found by
 * multiplication, a degree cannot exceed its bound, and the slabs can be mapped from a file.
 *
 *     ground list of node n:           ground + n * ground_slots
 *     list of node n on layer l >= 1:  upper + (upper_starts[n] + l - 1) * upper_slots
 *
 * Upper lists stand in order of their nodes: upper_starts[n] is the sum of the levels of the nodes
 * before n, so appending nodes appends lists.
 *
 * One ground slot is kept back from pruning (hnsw_ground_cap): hnsw_join.c uses it to hang nodes
 * that pruning has cut off to a neighbour that can be reached.
 *
 * Ownership: HnswIndex owns the slabs, or the mapping that they lie in.
 * Threads: immutable once published; the scratch pool guards itself. */
#ifndef VECTOR_HNSW_GRAPH_H
#define VECTOR_HNSW_GRAPH_H

#include "base/hash.h"
#include "vector/hnsw.h"
#include "vector/hnsw_scratch.h"
#include "vector/vector_set.h"

#define HNSW_NO_LINK UINT32_MAX

enum {
    HNSW_LEVEL_MAX = 15,
    HNSW_M_MIN = 2,
    HNSW_M_MAX = 128,
    HNSW_EF_MIN = 1,
    HNSW_EF_MAX = 8192,
    HNSW_LIST_MAX = 2 * HNSW_M_MAX,
};

typedef struct HnswGraph {
    HnswParams params;
    uint32_t node_count;
    uint32_t entry;     /* HNSW_NO_LINK in an empty graph */
    uint32_t level_max; /* that of the entry */
    uint64_t upper_count;
    const uint8_t *levels;
    const uint32_t *upper_starts;
    const uint32_t *ground;
    const uint32_t *upper;
} HnswGraph;

static inline uint32_t hnsw_ground_slots(const HnswParams *params) {
    return 2 * params->m;
}

static inline uint32_t hnsw_ground_cap(const HnswParams *params) {
    return 2 * params->m - 1;
}

static inline uint32_t hnsw_upper_slots(const HnswParams *params) {
    return params->m;
}

static inline uint32_t hnsw_list_slots(const HnswParams *params, uint32_t layer) {
    return layer == 0 ? hnsw_ground_slots(params) : hnsw_upper_slots(params);
}

/* Where the list begins, in slots of its slab. The node's level must reach the layer. */
static inline size_t hnsw_list_offset(const HnswGraph *graph, uint32_t node, uint32_t layer) {
    if (layer == 0)
        return (size_t)node * hnsw_ground_slots(&graph->params);
    return ((size_t)graph->upper_starts[node] + layer - 1) * hnsw_upper_slots(&graph->params);
}

static inline const uint32_t *hnsw_list(const HnswGraph *graph, uint32_t node, uint32_t layer) {
    return (layer == 0 ? graph->ground : graph->upper) + hnsw_list_offset(graph, node, layer);
}

static inline uint32_t hnsw_list_count(const uint32_t *list, uint32_t slots) {
    uint32_t count = 0;
    while (count < slots && list[count] != HNSW_NO_LINK)
        count++;
    return count;
}

/* The slabs of a graph that is being built; HnswGraph looks at the same memory. */
typedef struct HnswSlabs {
    uint8_t *levels;
    uint32_t *upper_starts, *ground, *upper;
} HnswSlabs;

typedef struct HnswIndex {
    VectorIndex base;
    VectorRows rows;
    HnswGraph graph;
    HnswScratchPool *scratch;
    HnswSlabs slabs; /* empty when mapped */
    void *mapping;   /* NULL when built */
    size_t mapping_bytes;
} HnswIndex;

extern const VectorIndexOps hnsw_ops;

/* The graph behind an index that must be of kind hnsw. */
const HnswIndex *hnsw_index_of(const VectorIndex *index);
/* An index without slabs over a checked set; hnsw_destroy frees it at any stage. */
HnswIndex *hnsw_index_create(const VectorSet *set, const HnswParams *params);
/* Slabs for node_count nodes whose levels are known: lists empty. */
MUST_CHECK bool hnsw_slabs_create(HnswIndex *index, uint32_t node_count, uint8_t *levels, Err *err);
void hnsw_destroy(VectorIndex *index);

/* What all parts of one walk share. */
typedef struct HnswWalk {
    const HnswGraph *graph;
    const VectorRows *rows;
    Distance distance;
    const float *query;
    HnswScratch *scratch;
} HnswWalk;

/* hnsw_walk.c. Both need a graph that is not empty. */
HitKey hnsw_descend(const HnswWalk *walk, uint32_t layer); /* nearest found above `layer` */
/* Leaves up to `ef` nearest keys, sorted, in scratch->beam; it has to have room for them. */
void hnsw_beam(const HnswWalk *walk, uint32_t layer, HitKey start, uint32_t ef);

/* hnsw_select.c: of candidates sorted by nearness to a node, up to `max` that are nearer to it than
 * to each other. Returns how many ids it wrote. */
uint32_t hnsw_select(const VectorRows *rows, const Distance *distance, const HitKey *candidates,
                     uint32_t candidate_count, uint32_t max, uint32_t *out_ids);

/* hnsw_check.c. Ranges only: what a walk needs in order to be safe, FAIL_CORRUPT otherwise. */
MUST_CHECK bool hnsw_check_bounds(const HnswGraph *graph, Err *err);
/* Beyond it: no link twice, and every node can be reached from the entry. */
MUST_CHECK bool hnsw_check_graph(const HnswGraph *graph, Err *err);
/* Sets a bit for each node that ground links lead to from `from`, which is marked too; nodes
 * already marked are not entered. `queue` has room for all nodes. Returns how many were added. */
uint32_t hnsw_mark_reachable(const HnswGraph *graph, uint32_t from, uint64_t *marked,
                             uint32_t *queue);

/* hnsw_search.c */
bool hnsw_search(const VectorIndex *index, const VectorSearch *request, Arena *arena,
                 VectorHit **out_hits, size_t *out_count, Err *err);

#endif
