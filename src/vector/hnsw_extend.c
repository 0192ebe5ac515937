/* hnsw_extend.c - a new graph that also covers rows appended to the set.
 *
 * The base stays as it is, since searches may be walking it: its lists are copied, then the new
 * rows are inserted into the copy and everything is joined. Levels and upper lists stand in order
 * of rows, so those of the base are a prefix.
 *
 * Refused: a set whose first rows are not those that the base was made over.
 *
 * Tested by: test_hnsw_build.c, test_hnsw_recall.c. */
#include <stdlib.h>

#include "vector/hnsw_insert.h"

static bool check_prefix(const HnswIndex *base, const VectorSet *set, Err *err) {
    const VectorSet *old = &base->base.set;
    if (set->dimension != old->dimension || set->metric != old->metric)
        return err_fail(err, FAIL_INVALID, "graph over %u dimensions (%s) cannot take in %u (%s)",
                        old->dimension, metric_name(old->metric), set->dimension,
                        metric_name(set->metric));
    if (set->row_count < old->row_count)
        return err_fail(err, FAIL_INVALID, "graph covers %u rows, the set has only %u",
                        old->row_count, set->row_count);
    VectorRows rows = vector_rows_make(set);
    Hash128 before = vector_rows_fingerprint(&base->rows, old->row_count);
    Hash128 now = vector_rows_fingerprint(&rows, old->row_count);
    vector_rows_free(&rows);
    if (before.low != now.low || before.high != now.high)
        return err_fail(err, FAIL_INVALID, "the first %u rows are not those of the graph",
                        old->row_count);
    return true;
}

static uint8_t *extend_levels(const HnswGraph *base, uint32_t count, Err *err) {
    uint8_t *levels = malloc((size_t)count + 1);
    if (levels == NULL) {
        (void)err_fail(err, FAIL_NO_MEMORY, "no memory for a graph of %u nodes", count);
        return NULL;
    }
    if (base->node_count > 0)
        memcpy(levels, base->levels, base->node_count);
    for (uint32_t row = base->node_count; row < count; row++)
        levels[row] = (uint8_t)hnsw_level_draw(&base->params, row);
    return levels;
}

static void copy_links(HnswIndex *index, const HnswGraph *base) {
    if (base->node_count == 0)
        return;
    size_t ground = (size_t)base->node_count * hnsw_ground_slots(&base->params);
    size_t upper = (size_t)base->upper_count * hnsw_upper_slots(&base->params);
    memcpy(index->slabs.ground, base->ground, ground * sizeof *base->ground);
    memcpy(index->slabs.upper, base->upper, upper * sizeof *base->upper);
    index->graph.entry = base->entry;
    index->graph.level_max = base->level_max;
}

VectorIndex *hnsw_extend(const VectorIndex *base_index, const VectorSet *set, ThreadPool *pool,
                         Progress *progress, Err *err) {
    const HnswIndex *base = hnsw_index_of(base_index);
    if (!vector_set_check(set, err) || !check_prefix(base, set, err))
        return NULL;
    uint8_t *levels = extend_levels(&base->graph, set->row_count, err);
    if (levels == NULL)
        return NULL;
    progress_start(progress, "extending graph", "rows", set->row_count - base->graph.node_count);
    HnswIndex *index = hnsw_index_create(set, &base->graph.params);
    HnswBuilder *builder = NULL;
    bool made = hnsw_slabs_create(index, set->row_count, levels, err);
    if (made) {
        copy_links(index, &base->graph);
        builder = hnsw_builder_create(index, pool, err);
        made = builder != NULL &&
               hnsw_insert_rows(builder, base->graph.node_count, progress, err) &&
               hnsw_join(index, hnsw_builder_scratch(builder), err);
    }
    hnsw_builder_destroy(builder);
    if (!made) {
        hnsw_destroy(&index->base);
        return NULL;
    }
    return &index->base;
}
