/* Descend, beam and select on graphs small enough to follow with a pencil. */
#include "unit.h"

#include "base/arena.h"
#include "hand_graph.h"
#include "vector_data.h"

typedef struct Line {
    Arena *arena;
    VectorSet set;
    HnswIndex *index;
    HnswScratch *scratch;
} Line;

enum { NODES = 12 };

/* Nodes 0 .. 11 at those places on a line, each linked to its neighbours on the ground; nodes 0, 4
 * and 8 also on layer 1, and 0 on layer 2, where walks begin. */
static Line line_make(void) {
    static const uint8_t levels[NODES] = {[0] = 2, [4] = 1, [8] = 1};
    Line line = {.arena = arena_create()};
    float *places = ARENA_ARRAY(line.arena, float, NODES);
    for (int i = 0; i < NODES; i++)
        places[i] = (float)i;
    line.set = data_set(places, NODES, 1, METRIC_L2, NULL, 0, line.arena);
    line.index = hand_graph(&line.set, 2, levels, 0);
    for (uint32_t i = 0; i + 1 < NODES; i++)
        hand_link_both(line.index, 0, i, i + 1);
    hand_link_both(line.index, 1, 0, 4);
    hand_link_both(line.index, 1, 4, 8);
    Err err = {0};
    assert_ok(vector_index_check(&line.index->base, &err), &err);
    line.scratch = hnsw_scratch_create(NODES, &err);
    assert_non_null(line.scratch);
    return line;
}

static void line_free(Line *line) {
    hnsw_scratch_destroy(line->scratch);
    hnsw_destroy(&line->index->base);
    arena_destroy(line->arena);
}

static HnswWalk walk_to(const Line *line, const float *query) {
    return (HnswWalk){&line->index->graph, &line->index->rows,
                      distance_make(METRIC_L2, 1, kernels_get()), query, line->scratch};
}

static void descending_stops_where_nothing_is_nearer(void **state) {
    (void)state;
    static const struct {
        float query;
        uint32_t above_ground, above_first;
    } cases[] = {{-3.0f, 0, 0}, {1.0f, 0, 0}, {2.5f, 4, 0}, {5.0f, 4, 0}, {7.0f, 8, 0}, {99, 8, 0}};
    Line line = line_make();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HnswWalk walk = walk_to(&line, &cases[i].query);
        assert_int_equal(hit_key_row(hnsw_descend(&walk, 0)), cases[i].above_ground);
        assert_int_equal(hit_key_row(hnsw_descend(&walk, 1)), cases[i].above_first);
    }
    line_free(&line);
}

static void a_beam_of_one_is_greedy(void **state) {
    (void)state;
    Line line = line_make();
    float query = 10.2f;
    HnswWalk walk = walk_to(&line, &query);
    hnsw_beam(&walk, 0, hit_key(query * query, 0), 1);
    assert_int_equal(line.scratch->beam_count, 1);
    assert_int_equal(hit_key_row(line.scratch->beam[0]), 10);
    line_free(&line);
}

static void a_beam_leaves_the_nearest_in_order(void **state) {
    (void)state;
    static const uint32_t expected[] = {5, 6, 4, 7, 3};
    Line line = line_make();
    float query = 5.4f;
    HnswWalk walk = walk_to(&line, &query);
    hnsw_beam(&walk, 0, hit_key(query * query, 0), 5);
    assert_int_equal(line.scratch->beam_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(hit_key_row(line.scratch->beam[i]), expected[i]);
        float away = query - (float)expected[i];
        assert_true(line.scratch->beam[i] == hit_key(away * away, expected[i])); /* no mark left */
    }
    line_free(&line);
}

static void a_beam_wider_than_the_graph_finds_all(void **state) {
    (void)state;
    Line line = line_make();
    float query = 3.0f;
    HnswWalk walk = walk_to(&line, &query);
    hnsw_beam(&walk, 0, hit_key(9.0f, 0), 50);
    assert_int_equal(line.scratch->beam_count, NODES);
    line_free(&line);
}

/* The walk crosses a node that is further off than where it stands only within the beam. */
static void a_narrow_beam_can_be_trapped(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const float places[] = {3.0f, 9.0f, 0.5f}; /* 0 -> 1 -> 2, query at 0 */
    static const uint8_t levels[] = {0, 0, 0};
    VectorSet set = data_set(places, 3, 1, METRIC_L2, NULL, 0, arena);
    HnswIndex *index = hand_graph(&set, 2, levels, 0);
    hand_link(index, 0, 0, 1);
    hand_link(index, 0, 1, 2);
    Err err = {0};
    HnswScratch *scratch = hnsw_scratch_create(3, &err);
    float query = 0;
    HnswWalk walk = {&index->graph, &index->rows, distance_make(METRIC_L2, 1, kernels_get()),
                     &query, scratch};
    hnsw_beam(&walk, 0, hit_key(9.0f, 0), 1);
    assert_int_equal(hit_key_row(scratch->beam[0]), 0);
    hnsw_beam(&walk, 0, hit_key(9.0f, 0), 2);
    assert_int_equal(hit_key_row(scratch->beam[0]), 2);
    hnsw_scratch_destroy(scratch);
    hnsw_destroy(&index->base);
    arena_destroy(arena);
}

static void selected_links_point_in_different_directions(void **state) {
    (void)state;
    Arena *arena = arena_create();
    /* Seen from the origin: two to the right, the second behind the first; one up; one to the left,
     * twice. */
    static const float places[] = {1, 0, 2, 0.1f, 0, 1.5f, -3, 0, -3, 0};
    VectorSet set = data_set(places, 5, 2, METRIC_L2, NULL, 0, arena);
    VectorRows rows = vector_rows_make(&set);
    Distance distance = distance_make(METRIC_L2, 2, kernels_get());
    HitKey candidates[5];
    for (uint32_t i = 0; i < 5; i++) {
        float x = places[2 * i], y = places[2 * i + 1];
        candidates[i] = hit_key(x * x + y * y, i);
    }
    HitKey sorted[] = {candidates[0], candidates[2], candidates[1], candidates[3], candidates[4]};
    uint32_t ids[5];
    assert_int_equal(hnsw_select(&rows, &distance, sorted, 5, 5, ids), 3);
    assert_int_equal(ids[0], 0);
    assert_int_equal(ids[1], 2);
    assert_int_equal(ids[2], 3); /* and not 4, which stands on the same place */
    assert_int_equal(hnsw_select(&rows, &distance, sorted, 5, 2, ids), 2);
    assert_int_equal(hnsw_select(&rows, &distance, sorted, 0, 2, ids), 0);
    vector_rows_free(&rows);
    arena_destroy(arena);
}

int suite_test_hnsw_walk(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descending_stops_where_nothing_is_nearer),
        cmocka_unit_test(a_beam_of_one_is_greedy),
        cmocka_unit_test(a_beam_leaves_the_nearest_in_order),
        cmocka_unit_test(a_beam_wider_than_the_graph_finds_all),
        cmocka_unit_test(a_narrow_beam_can_be_trapped),
        cmocka_unit_test(selected_links_point_in_different_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
