#include "unit.h"

#include "hand_graph.h"

#include <stdlib.h>

HnswIndex *hand_graph(const VectorSet *set, uint32_t m, const uint8_t *levels, uint32_t entry) {
    HnswParams params = hnsw_params_default();
    params.m = m;
    HnswIndex *index = hnsw_index_create(set, &params);
    uint8_t *own = malloc(set->row_count + 1);
    assert_non_null(own);
    memcpy(own, levels, set->row_count);
    Err err = {0};
    assert_ok(hnsw_slabs_create(index, set->row_count, own, &err), &err);
    index->graph.entry = entry;
    index->graph.level_max = levels[entry];
    return index;
}

void hand_link(HnswIndex *index, uint32_t layer, uint32_t from, uint32_t to) {
    uint32_t *slab = layer == 0 ? index->slabs.ground : index->slabs.upper;
    uint32_t *list = slab + hnsw_list_offset(&index->graph, from, layer);
    uint32_t slots = hnsw_list_slots(&index->graph.params, layer);
    uint32_t count = hnsw_list_count(list, slots);
    assert_true(count < slots);
    list[count] = to;
}

void hand_link_both(HnswIndex *index, uint32_t layer, uint32_t one, uint32_t other) {
    hand_link(index, layer, one, other);
    hand_link(index, layer, other, one);
}
