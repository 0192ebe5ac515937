/* Every invariant of hnsw_check.c, broken one at a time. */
#include "unit.h"

#include "base/arena.h"
#include "base/vec.h"
#include "hand_graph.h"
#include "vector_data.h"

enum { NODES = 6 };

/* A ring of six on the ground; 0 and 3 also on layer 1. */
static HnswIndex *make_ring(Arena *arena) {
    static const uint8_t levels[NODES] = {[0] = 1, [3] = 1};
    float *places = ARENA_ARRAY(arena, float, NODES);
    VectorSet set = data_set(places, NODES, 1, METRIC_L2, NULL, 0, arena);
    HnswIndex *index = hand_graph(&set, 2, levels, 0);
    for (uint32_t i = 0; i < NODES; i++)
        hand_link(index, 0, i, (i + 1) % NODES);
    hand_link_both(index, 1, 0, 3);
    return index;
}

static void break_entry(HnswIndex *index) {
    index->graph.entry = NODES;
}

static void break_no_entry(HnswIndex *index) {
    index->graph.entry = HNSW_NO_LINK;
}

static void break_entry_level(HnswIndex *index) {
    index->graph.entry = 1;
}

static void break_level_max(HnswIndex *index) {
    index->slabs.levels[0] = HNSW_LEVEL_MAX + 1;
    index->graph.level_max = HNSW_LEVEL_MAX + 1;
}

static void break_level_above_entry(HnswIndex *index) {
    index->slabs.levels[3] = 2;
}

static void break_level_sum(HnswIndex *index) {
    index->slabs.levels[3] = 0;
}

static void break_upper_start(HnswIndex *index) {
    index->slabs.upper_starts[3] = 7;
}

static void break_upper_count(HnswIndex *index) {
    index->graph.upper_count = 3;
}

static void break_link_range(HnswIndex *index) {
    index->slabs.ground[0] = NODES;
}

static void break_link_to_itself(HnswIndex *index) {
    index->slabs.ground[0] = 0;
}

static void break_link_after_end(HnswIndex *index) {
    index->slabs.ground[3] = 2;
}

static void break_upper_link_to_ground_node(HnswIndex *index) {
    index->slabs.upper[0] = 1;
}

static void break_twin(HnswIndex *index) {
    hand_link(index, 0, 2, 3);
}

static void break_reach(HnswIndex *index) {
    index->slabs.ground[hnsw_list_offset(&index->graph, 3, 0)] = 0; /* 4 and 5 are cut off */
}

typedef struct Break {
    const char *name;
    void (*apply)(HnswIndex *index);
    bool bounds; /* hnsw_check_bounds has to see it too */
} Break;

static const Break breaks[] = {
    {"entry out of range", break_entry, true},
    {"no entry", break_no_entry, true},
    {"entry below its level", break_entry_level, true},
    {"level too high", break_level_max, true},
    {"node above the entry", break_level_above_entry, true},
    {"levels do not add up", break_level_sum, true},
    {"upper list elsewhere", break_upper_start, true},
    {"count of upper lists", break_upper_count, true},
    {"link out of range", break_link_range, true},
    {"link to itself", break_link_to_itself, true},
    {"link after the end", break_link_after_end, true},
    {"upper link to a ground node", break_upper_link_to_ground_node, true},
    {"two links to one node", break_twin, false},
    {"nodes out of reach", break_reach, false},
};

static void each_broken_invariant_is_seen(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
        HnswIndex *index = make_ring(arena);
        assert_ok(vector_index_check(&index->base, &err), &err);
        breaks[i].apply(index);
        err_clear(&err);
        if (hnsw_check_graph(&index->graph, &err))
            fail_msg("not seen: %s", breaks[i].name);
        assert_int_equal(err.kind, FAIL_CORRUPT);
        if (hnsw_check_bounds(&index->graph, &err) == breaks[i].bounds)
            fail_msg("bounds: %s", breaks[i].name);
        hnsw_destroy(&index->base);
    }
    arena_destroy(arena);
}

static void an_empty_graph_has_nothing(void **state) {
    (void)state;
    VectorSet set = {.dimension = 1, .metric = METRIC_L2};
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *index = hnsw_build(&set, &params, NULL, NULL, &err);
    assert_ok(vector_index_check(index, &err), &err);
    HnswGraph graph = hnsw_index_of(index)->graph;
    graph.entry = 0;
    assert_fails(hnsw_check_graph(&graph, &err), &err, FAIL_CORRUPT);
    graph = hnsw_index_of(index)->graph;
    graph.upper_count = 1;
    assert_fails(hnsw_check_graph(&graph, &err), &err, FAIL_CORRUPT);
    vector_index_destroy(index);
}

int suite_test_hnsw_check(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_invariant_is_seen),
        cmocka_unit_test(an_empty_graph_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
