/* Every table that this machine can run, against sums in double. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "vector/kernels.h"

enum { DIMENSION_MAX = 100, ROWS = 7, TABLES_MAX = 8 };

static float pool[(ROWS + 1) * (DIMENSION_MAX + 4) + 16];

static void fill_pool(uint64_t seed) {
    Rng rng = rng_seeded(seed);
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++)
        pool[i] = (float)rng_normal(&rng);
}

static double exact_dot(const float *a, const float *b, size_t dimension, double *out_scale) {
    double sum = 0, scale = 0;
    for (size_t i = 0; i < dimension; i++) {
        sum += (double)a[i] * b[i];
        scale += fabs((double)a[i] * b[i]);
    }
    *out_scale = scale;
    return sum;
}

static double exact_l2(const float *a, const float *b, size_t dimension) {
    double sum = 0;
    for (size_t i = 0; i < dimension; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum;
}

static void check_table(const Kernels *table, size_t dimension, size_t shift) {
    const float *query = pool + shift, *rows = pool + shift + dimension + (shift % 3);
    float dots[ROWS], squares[ROWS];
    table->dot_f32_rows(query, rows, ROWS, dimension, dots);
    table->l2_f32_rows(query, rows, ROWS, dimension, squares);
    for (size_t r = 0; r < ROWS; r++) {
        const float *row = rows + r * dimension;
        double scale, dot = exact_dot(query, row, dimension, &scale);
        double square = exact_l2(query, row, dimension);
        float got = table->dot_f32(query, row, dimension);
        if (fabs(got - dot) > 1e-5 * (scale + 1e-6))
            fail_msg("%s dot, %zu dimensions: %g != %g", table->name, dimension, (double)got, dot);
        float got_square = table->l2_f32(query, row, dimension);
        if (fabs(got_square - square) > 1e-5 * (square + 1e-6))
            fail_msg("%s l2, %zu dimensions: %g != %g", table->name, dimension, (double)got_square,
                     square);
        /* The promises of kernel_tables.h: to the last bit. */
        assert_memory_equal(&got, &dots[r], sizeof got);
        assert_memory_equal(&got_square, &squares[r], sizeof got_square);
        float turned = table->dot_f32(row, query, dimension);
        float turned_square = table->l2_f32(row, query, dimension);
        assert_memory_equal(&got, &turned, sizeof got);
        assert_memory_equal(&got_square, &turned_square, sizeof got_square);
    }
}

static void tables_agree_with_plain_sums(void **state) {
    (void)state;
    fill_pool(1);
    const Kernels *tables[TABLES_MAX];
    size_t count = kernels_available(tables, TABLES_MAX);
    assert_true(count >= 1);
    for (size_t t = 0; t < count; t++)
        for (size_t dimension = 1; dimension <= DIMENSION_MAX; dimension++)
            for (size_t shift = 0; shift < 4; shift++)
                check_table(tables[t], dimension, shift);
}

/* Rows that end where the memory ends: AddressSanitizer sees any byte read beyond. */
static void nothing_past_a_row_is_read(void **state) {
    (void)state;
    const Kernels *tables[TABLES_MAX];
    size_t count = kernels_available(tables, TABLES_MAX);
    for (size_t dimension = 1; dimension <= 70; dimension++) {
        float *query = calloc(dimension, sizeof *query);
        float *rows = calloc(dimension * 5, sizeof *rows);
        assert_non_null(query);
        assert_non_null(rows);
        float out[6] = {[5] = 42.0f};
        for (size_t t = 0; t < count; t++) {
            tables[t]->dot_f32_rows(query, rows, 5, dimension, out);
            tables[t]->l2_f32_rows(query, rows, 5, dimension, out);
            assert_true(out[0] == 0.0f && out[4] == 0.0f && out[5] == 42.0f);
        }
        free(query);
        free(rows);
    }
}

static void no_rows_write_nothing(void **state) {
    (void)state;
    const Kernels *tables[TABLES_MAX];
    size_t count = kernels_available(tables, TABLES_MAX);
    for (size_t t = 0; t < count; t++) {
        float out = 42.0f;
        tables[t]->dot_f32_rows(pool, pool, 0, 16, &out);
        tables[t]->l2_f32_rows(pool, pool, 0, 16, &out);
        assert_true(out == 42.0f);
    }
}

static void a_table_can_be_forced(void **state) {
    (void)state;
    Err err = {0};
    const Kernels *tables[TABLES_MAX];
    size_t count = kernels_available(tables, TABLES_MAX);
    for (size_t t = 0; t < count; t++) {
        assert_ok(kernels_force(str_c(tables[t]->name), &err), &err);
        assert_ptr_equal(kernels_get(), tables[t]);
    }
    assert_string_equal(tables[count - 1]->name, "scalar");
    assert_fails(kernels_force(STR("sse9"), &err), &err, FAIL_UNSUPPORTED);
    assert_ptr_equal(kernels_get(), tables[count - 1]);
    assert_ok(kernels_force(STR("auto"), &err), &err);
    assert_ptr_equal(kernels_get(), tables[0]);
}

static void the_list_fits_its_room(void **state) {
    (void)state;
    const Kernels *one[1];
    assert_int_equal(kernels_available(one, 1), 1);
    assert_int_equal(kernels_available(one, 0), 0);
}

int suite_test_kernels(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_agree_with_plain_sums),
        cmocka_unit_test(nothing_past_a_row_is_read),
        cmocka_unit_test(no_rows_write_nothing),
        cmocka_unit_test(a_table_can_be_forced),
        cmocka_unit_test(the_list_fits_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
