/* hnsw.c - the graph index as an object: parameters, memory, and its row in the trait.
 *
 * The phases of its life are files of their own: hnsw_build.c and hnsw_extend.c make one (through
 * hnsw_insert.c and hnsw_join.c), hnsw_search.c reads it (through hnsw_walk.c), hnsw_store.c keeps
 * it in a file, hnsw_check.c proves its invariants.
 *
 * Tested by: test_hnsw_build.c. */
#include "vector/hnsw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vector/hnsw_graph.h"

enum { SLAB_ALIGN = 64, HUGE_PAGE = 2 << 20 };

HnswParams hnsw_params_default(void) {
    return (HnswParams){.m = 16, .ef_construction = 200, .ef_search = 64, .seed = 42};
}

static bool check_range(const char *field, uint32_t value, uint32_t least, uint32_t most,
                        Err *err) {
    if (value >= least && value <= most)
        return true;
    (void)err_fail(err, FAIL_INVALID, "%s is %u; %u to %u are possible", field, value, least, most);
    return err_field(err, field);
}

bool hnsw_params_check(const HnswParams *params, Err *err) {
    return check_range("m", params->m, HNSW_M_MIN, HNSW_M_MAX, err) &&
           check_range("ef_construction", params->ef_construction, HNSW_EF_MIN, HNSW_EF_MAX, err) &&
           check_range("ef_search", params->ef_search, HNSW_EF_MIN, HNSW_EF_MAX, err);
}

const HnswIndex *hnsw_index_of(const VectorIndex *index) {
    assert(index->ops == &hnsw_ops);
    return (const HnswIndex *)index;
}

const HnswParams *hnsw_params(const VectorIndex *index) {
    return &hnsw_index_of(index)->graph.params;
}

/* Large slabs ask for huge pages: a walk jumps about in them, and each jump is a page to find. */
static void *slab_alloc(size_t size) {
    size_t align = size >= HUGE_PAGE ? (size_t)HUGE_PAGE : (size_t)SLAB_ALIGN;
    size_t rounded = (size / align + 1) * align;
    void *slab = aligned_alloc(align, rounded);
    if (slab != NULL && align == HUGE_PAGE)
        (void)madvise(slab, rounded, MADV_HUGEPAGE); /* advice: it works without */
    return slab;
}

HnswIndex *hnsw_index_create(const VectorSet *set, const HnswParams *params) {
    HnswIndex *index = calloc(1, sizeof *index);
    if (index == NULL)
        abort();
    index->rows = vector_rows_make(set);
    index->base = (VectorIndex){&hnsw_ops, vector_rows_set(&index->rows, set)};
    index->graph.params = *params;
    index->graph.entry = HNSW_NO_LINK;
    index->scratch = hnsw_scratch_pool_create(set->row_count);
    return index;
}

bool hnsw_slabs_create(HnswIndex *index, uint32_t node_count, uint8_t *levels, Err *err) {
    HnswGraph *graph = &index->graph;
    HnswSlabs *slabs = &index->slabs;
    uint64_t upper_count = 0;
    for (uint32_t node = 0; node < node_count; node++)
        upper_count += levels[node];
    size_t ground = (size_t)node_count * hnsw_ground_slots(&graph->params) * sizeof(uint32_t);
    size_t upper = (size_t)upper_count * hnsw_upper_slots(&graph->params) * sizeof(uint32_t);
    slabs->levels = levels;
    slabs->upper_starts = slab_alloc((size_t)node_count * sizeof(uint32_t));
    slabs->ground = slab_alloc(ground);
    slabs->upper = slab_alloc(upper);
    if (slabs->upper_starts == NULL || slabs->ground == NULL || slabs->upper == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory for a graph of %u nodes", node_count);
    memset(slabs->ground, 0xff, ground); /* HNSW_NO_LINK everywhere */
    memset(slabs->upper, 0xff, upper);
    uint32_t start = 0;
    for (uint32_t node = 0; node < node_count; node++) {
        slabs->upper_starts[node] = start;
        start += levels[node];
    }
    graph->node_count = node_count;
    graph->upper_count = upper_count;
    graph->levels = slabs->levels;
    graph->upper_starts = slabs->upper_starts;
    graph->ground = slabs->ground;
    graph->upper = slabs->upper;
    return true;
}

void hnsw_destroy(VectorIndex *index) {
    if (index == NULL)
        return;
    HnswIndex *hnsw = (HnswIndex *)index;
    free(hnsw->slabs.levels);
    free(hnsw->slabs.upper_starts);
    free(hnsw->slabs.ground);
    free(hnsw->slabs.upper);
    if (hnsw->mapping != NULL)
        munmap(hnsw->mapping, hnsw->mapping_bytes);
    hnsw_scratch_pool_destroy(hnsw->scratch);
    vector_rows_free(&hnsw->rows);
    free(hnsw);
}

static uint64_t slab_bytes(uint64_t nodes, uint64_t upper_lists, const HnswParams *params) {
    return nodes * (1 + sizeof(uint32_t)) + nodes * hnsw_ground_slots(params) * sizeof(uint32_t) +
           upper_lists * hnsw_upper_slots(params) * sizeof(uint32_t);
}

static uint64_t hnsw_bytes(const VectorIndex *index) {
    const HnswIndex *hnsw = hnsw_index_of(index);
    return sizeof *hnsw + vector_rows_bytes(&hnsw->rows) +
           slab_bytes(hnsw->graph.node_count, hnsw->graph.upper_count, &hnsw->graph.params);
}

uint64_t hnsw_bytes_estimate(uint32_t rows, const HnswParams *params) {
    uint64_t upper_lists = rows / (params->m - 1) + 64; /* mean level is 1 / (m - 1) */
    return slab_bytes(rows, upper_lists, params);
}

static bool hnsw_check(const VectorIndex *index, Err *err) {
    const HnswIndex *hnsw = hnsw_index_of(index);
    return vector_set_check(&index->set, err) && hnsw_check_graph(&hnsw->graph, err);
}

const VectorIndexOps hnsw_ops = {
    .name = "hnsw",
    .search = hnsw_search,
    .check = hnsw_check,
    .bytes = hnsw_bytes,
    .destroy = hnsw_destroy,
};
