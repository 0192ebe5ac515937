/* test_pooling.c - the three ways to pool, and unit length. */
#include "unit.h"

#include "embed/pooling.h"

static void pools(void **state) {
    (void)state;
    static const float rows[3][2] = {{1, -4}, {2, -5}, {6, -6}};
    float out[2];
    pool_rows(POOLING_MEAN, rows[0], 3, 2, out);
    assert_true(out[0] == 3 && out[1] == -5);
    pool_rows(POOLING_CLS, rows[0], 3, 2, out);
    assert_true(out[0] == 1 && out[1] == -4);
    pool_rows(POOLING_MAX, rows[0], 3, 2, out);
    assert_true(out[0] == 6 && out[1] == -4);
}

static void normalises(void **state) {
    (void)state;
    float vector[2] = {3, 4};
    vector_normalise(vector, 2);
    assert_true(vector[0] > 0.5999999F && vector[0] < 0.6000001F);
    assert_true(vector[1] > 0.7999999F && vector[1] < 0.8000001F);
    float zero[2] = {0, 0};
    vector_normalise(zero, 2); /* no NaN: the caller's check names it */
    assert_true(zero[0] == 0 && zero[1] == 0);
}

int suite_test_pooling(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pools), cmocka_unit_test(normalises)};
    return cmocka_run_group_tests_name("pooling", tests, NULL, NULL);
}
