/* Rows over blocks, the checks of a set, and the order of keys. */
#include "unit.h"

#include <float.h>
#include <math.h>

#include "vector/vector_set.h"
#include "vector_data.h"

static void rows_are_found_in_any_block(void **state) {
    Arena *arena = *state;
    static const uint32_t shapes[][6] = {
        {0, 0, 0, 0, 0, 0},       {1, 0, 1, 0, 0, 5},          {4000, 0, 0, 3, 1, 0},
        {1023, 1, 1, 1, 1023, 0}, {1024, 1024, 1024, 1, 1, 1},
    };
    enum { ROWS = 5000, DIMENSION = 3 };
    float *vectors = ARENA_ARRAY(arena, float, ROWS *DIMENSION);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        VectorSet set = data_set(vectors, ROWS, DIMENSION, METRIC_L2, shapes[s], 6, arena);
        Err err = {0};
        assert_ok(vector_set_check(&set, &err), &err);
        VectorRows rows = vector_rows_make(&set);
        for (uint32_t row = 0; row < ROWS; row++)
            assert_ptr_equal(vector_rows_at(&rows, row), vectors + (size_t)row * DIMENSION);
        vector_rows_free(&rows);
    }
}

static void a_set_that_contradicts_itself_is_refused(void **state) {
    Arena *arena = *state;
    float *vectors = ARENA_ARRAY(arena, float, 40);
    VectorSet good = data_set(vectors, 10, 4, METRIC_L2, NULL, 0, arena);
    Err err = {0};
    assert_ok(vector_set_check(&good, &err), &err);
    VectorSet bad = good;
    bad.row_count = 11;
    assert_fails(vector_set_check(&bad, &err), &err, FAIL_INVALID);
    bad = good;
    bad.dimension = 0;
    assert_fails(vector_set_check(&bad, &err), &err, FAIL_INVALID);
    bad.dimension = VECTOR_DIMENSION_MAX + 1;
    assert_fails(vector_set_check(&bad, &err), &err, FAIL_INVALID);
    VectorBlock nothing = {NULL, 10};
    bad = (VectorSet){&nothing, 1, 10, 4, METRIC_L2};
    assert_fails(vector_set_check(&bad, &err), &err, FAIL_INVALID);
    VectorBlock huge[2] = {{vectors, UINT32_MAX}, {vectors, 11}}; /* would wrap to 10 */
    bad = (VectorSet){huge, 2, 10, 4, METRIC_L2};
    assert_fails(vector_set_check(&bad, &err), &err, FAIL_INVALID);
}

static void keys_order_as_distance_then_row(void **state) {
    (void)state;
    static const float rising[] = {-INFINITY, -FLT_MAX, -1.0f,   -FLT_MIN, 0.0f,
                                   FLT_MIN,   1.0f,     FLT_MAX, INFINITY};
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        HitKey key = hit_key(rising[i], 7);
        assert_true(hit_key_distance(key) == rising[i]);
        assert_int_equal(hit_key_row(key), 7);
        assert_int_equal(hit_key_row(key | HIT_KEY_MARK), 7);
        assert_true(key < hit_key(rising[i], 8));
        if (i > 0)
            assert_true(hit_key(rising[i - 1], VECTOR_ROWS_MAX - 1) < key);
    }
    assert_true(hit_key(-0.0f, 3) == hit_key(0.0f, 3));
    assert_true(hit_key(NAN, 3) == hit_key(INFINITY, 3));
    assert_true(hit_key(INFINITY, VECTOR_ROWS_MAX) < UINT64_MAX);
}

static void metrics_have_names(void **state) {
    (void)state;
    for (Metric metric = METRIC_COSINE; metric <= METRIC_DOT; metric++) {
        Metric parsed = METRIC_DOT;
        assert_true(metric_parse(str_c(metric_name(metric)), &parsed));
        assert_int_equal(parsed, metric);
    }
    Metric untouched = METRIC_L2;
    assert_false(metric_parse(STR("hamming"), &untouched));
    assert_false(metric_parse(STR("Cosine"), &untouched));
    assert_int_equal(untouched, METRIC_L2);
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_vector_set(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_found_in_any_block, setup, teardown),
        cmocka_unit_test_setup_teardown(a_set_that_contradicts_itself_is_refused, setup, teardown),
        cmocka_unit_test(keys_order_as_distance_then_row),
        cmocka_unit_test(metrics_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
