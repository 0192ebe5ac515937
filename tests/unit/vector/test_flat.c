/* The exact scan: the contract of all indexes, and row-by-row agreement with a full sort. */
#include "unit.h"

#include "base/vec.h"
#include "vector_contract.h"
#include "vector_data.h"

static VectorIndex *make_flat(const VectorSet *set, Err *err) {
    (void)err;
    return flat_index_create(set);
}

static void the_contract_holds(void **state) {
    (void)state;
    IndexKind kind = {"flat", make_flat, true, 1};
    contract_run(&kind);
}

/* Small whole coordinates make every distance exact, so that rows must be equal, ties included. */
static void ties_are_broken_by_row(void **state) {
    Arena *arena = *state;
    Rng rng = rng_seeded(property_seed("ties_are_broken_by_row"));
    for (int round = 0; round < 200; round++) {
        ArenaMark mark = arena_mark(arena);
        uint32_t rows = 1 + (uint32_t)rng_below(&rng, 300);
        uint32_t dimension = 1 + (uint32_t)rng_below(&rng, 20);
        float *vectors = ARENA_ARRAY(arena, float, (size_t)rows *dimension);
        for (size_t i = 0; i < (size_t)rows * dimension; i++)
            vectors[i] = (float)rng_below(&rng, 3) - 1.0f;
        uint32_t sizes[2] = {(uint32_t)rng_below(&rng, rows / 2 + 1),
                             (uint32_t)rng_below(&rng, rows / 2 + 1)};
        Metric metric = rng_below(&rng, 2) == 0 ? METRIC_L2 : METRIC_DOT;
        VectorSet set = data_set(vectors, rows, dimension, metric, sizes, 2, arena);
        VectorSearch request = {.query = vectors, .k = 1 + (uint32_t)rng_below(&rng, rows)};
        if (rng_below(&rng, 2) == 0)
            request.allowed = bitmap_random(rows, 0.5, &rng, arena, &request.allowed_count);
        VectorIndex *index = flat_index_create(&set);
        VectorHit *hits, *truth;
        size_t count, expected = naive_search(&set, &request, arena, &truth);
        Err err = {0};
        assert_ok(vector_index_search(index, &request, arena, &hits, &count, &err), &err);
        assert_int_equal(count, expected);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(hits[i].row, truth[i].row);
            assert_true(hits[i].distance == truth[i].distance);
        }
        vector_index_destroy(index);
        arena_rewind(arena, mark);
    }
}

static void the_blocks_array_may_go(void **state) {
    Arena *arena = *state;
    float vectors[4] = {1, 2, 3, 4};
    VectorBlock blocks[1] = {{vectors, 4}};
    VectorSet set = {blocks, 1, 4, 1, METRIC_L2};
    VectorIndex *index = flat_index_create(&set);
    blocks[0] = (VectorBlock){NULL, 0};
    float query = 2.9f;
    VectorSearch request = {.query = &query, .k = 1};
    VectorHit *hits;
    size_t count;
    Err err = {0};
    assert_ok(vector_index_search(index, &request, arena, &hits, &count, &err), &err);
    assert_int_equal(hits[0].row, 2);
    assert_true(vector_index_bytes(index) > 0);
    assert_string_equal(index->ops->name, "flat");
    vector_index_destroy(index);
    vector_index_destroy(NULL);
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_flat(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contract_holds),
        cmocka_unit_test_setup_teardown(ties_are_broken_by_row, setup, teardown),
        cmocka_unit_test_setup_teardown(the_blocks_array_may_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
