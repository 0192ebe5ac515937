/* test_encoder_kernels.c - every table this machine runs, against plain loops in double. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/vec.h"
#include "embed/encoder_kernels.h"

enum { TABLES_MAX = 8 };
static const EncoderKernels *tables[TABLES_MAX];
static size_t table_count;

static int find_tables(void **state) {
    (void)state;
    table_count = encoder_kernels_available(tables, TABLES_MAX);
    return table_count > 0 ? 0 : -1;
}

static float *floats(Arena *arena, Rng *rng, size_t count, double spread) {
    float *values = (float *)(((uintptr_t)arena_alloc(arena, (count + 16) * sizeof *values) + 63) &
                              ~(uintptr_t)63);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(spread * rng_normal(rng));
    return values;
}

static double gelu(double x) {
    return 0.5 * x * (1 + erf(x / sqrt(2)));
}

static void pack(const EncoderKernels *kernels, Arena *arena, Linear *linear, const float *weights,
                 float *bias) {
    size_t bytes = linear->inputs * linear->outputs * kernels->weight_bytes;
    linear->weights = (void *)(((uintptr_t)arena_alloc(arena, bytes + 64) + 63) & ~(uintptr_t)63);
    linear->scales = ARENA_ARRAY(arena, float, linear->outputs);
    linear->bias = bias;
    for (size_t i = 0; i < linear->outputs; i++)
        kernels->pack_output(linear, i, weights + i * linear->inputs);
}

static void *scratch_for(const EncoderKernels *kernels, Arena *arena, size_t rows, size_t inputs) {
    size_t bytes = kernels->scratch_bytes(rows, inputs);
    return (void *)(((uintptr_t)arena_alloc(arena, bytes + 64) + 63) & ~(uintptr_t)63);
}

/* Relative to what the row and the weights could give at most; see also the parity tests. */
static void linear_is_right(void **state) {
    (void)state;
    static const size_t shapes[][3] = {{1, 32, 32},   {2, 64, 96},  {5, 384, 128}, {12, 96, 64},
                                       {13, 384, 32}, {25, 32, 64}, {97, 64, 32},  {7, 1536, 64}};
    uint64_t seed = 5;
    for (size_t t = 0; t < table_count; t++) {
        for (size_t s = 0; s < ARRAY_LEN(shapes) * 2; s++) {
            Rng rng = rng_seeded(seed + s);
            Arena *arena = arena_create();
            size_t rows = shapes[s / 2][0];
            Linear linear = {.inputs = shapes[s / 2][1], .outputs = shapes[s / 2][2]};
            LinearAfter after = s % 2 == 0 ? LINEAR_PLAIN : LINEAR_GELU;
            float *x = floats(arena, &rng, rows * linear.inputs, 1);
            float *weights = floats(arena, &rng, linear.outputs * linear.inputs, 0.05);
            pack(tables[t], arena, &linear, weights, floats(arena, &rng, linear.outputs, 0.1));
            float *y = floats(arena, &rng, rows * linear.outputs, 0);
            void *scratch = scratch_for(tables[t], arena, rows, linear.inputs);
            tables[t]->linear(&linear, x, rows, after, y, scratch);
            for (size_t r = 0; r < rows; r++) {
                for (size_t o = 0; o < linear.outputs; o++) {
                    double sum = (double)linear.bias[o];
                    double a = 0;
                    double b = 0;
                    for (size_t k = 0; k < linear.inputs; k++) {
                        double left = (double)x[r * linear.inputs + k];
                        double right = (double)weights[o * linear.inputs + k];
                        sum += left * right;
                        a += left * left;
                        b += right * right;
                    }
                    double expected = after == LINEAR_GELU ? gelu(sum) : sum;
                    double tolerance = 6e-5 * sqrt(a * b) + 1e-6;
                    if (!(fabs(expected - (double)y[r * linear.outputs + o]) <= tolerance))
                        fail_msg("%s: [%zu x %zu x %zu] row %zu output %zu: %.9g, not %.9g",
                                 tables[t]->name, rows, linear.inputs, linear.outputs, r, o,
                                 (double)y[r * linear.outputs + o], expected);
                }
            }
            arena_destroy(arena);
        }
    }
}

static void a_row_does_not_see_its_neighbours(void **state) {
    (void)state;
    enum { ROWS = 60, INPUTS = 128, OUTPUTS = 96 };
    for (size_t t = 0; t < table_count; t++) {
        Rng rng = rng_seeded(9);
        Arena *arena = arena_create();
        Linear linear = {.inputs = INPUTS, .outputs = OUTPUTS};
        float *x = floats(arena, &rng, (size_t)ROWS * INPUTS, 1);
        float *weights = floats(arena, &rng, (size_t)OUTPUTS * INPUTS, 0.1);
        pack(tables[t], arena, &linear, weights, floats(arena, &rng, OUTPUTS, 0.1));
        float *all = floats(arena, &rng, (size_t)ROWS * OUTPUTS, 0);
        float *some = floats(arena, &rng, (size_t)ROWS * OUTPUTS, 0);
        void *scratch = scratch_for(tables[t], arena, ROWS, INPUTS);
        tables[t]->linear(&linear, x, ROWS, LINEAR_GELU, all, scratch);
        for (size_t first = 0; first < ROWS; first += 7) {
            for (size_t rows = 1; first + rows <= ROWS; rows++) {
                tables[t]->linear(&linear, x + first * INPUTS, rows, LINEAR_GELU, some, scratch);
                if (memcmp(all + first * OUTPUTS, some, rows * OUTPUTS * sizeof *some) != 0)
                    fail_msg("%s: rows %zu..%zu differ when alone", tables[t]->name, first,
                             first + rows);
            }
        }
        arena_destroy(arena);
    }
}

static void gelu_is_exact_enough(void **state) {
    (void)state;
    enum { COUNT = 32 };
    for (size_t t = 0; t < table_count; t++) {
        Arena *arena = arena_create();
        Rng rng = rng_seeded(1);
        Linear linear = {.inputs = COUNT, .outputs = COUNT};
        float *weights = floats(arena, &rng, (size_t)COUNT * COUNT, 0); /* y = gelu(bias) */
        float *x = floats(arena, &rng, COUNT, 1);
        float *bias = floats(arena, &rng, COUNT, 0);
        float *y = floats(arena, &rng, COUNT, 0);
        void *scratch = scratch_for(tables[t], arena, 1, COUNT);
        pack(tables[t], arena, &linear, weights, bias);
        double worst = 0;
        for (float from = -12; from < 12; from += 0.03125F) {
            for (int i = 0; i < COUNT; i++)
                bias[i] = from + 0.03125F * (float)i / COUNT;
            tables[t]->linear(&linear, x, 1, LINEAR_GELU, y, scratch);
            for (int i = 0; i < COUNT; i++) {
                double error =
                    fabs((double)y[i] - gelu((double)bias[i])) / fmax(1, fabs((double)bias[i]));
                worst = error > worst ? error : worst;
            }
        }
        if (!(worst < 3e-7))
            fail_msg("%s: gelu is off by %.3g", tables[t]->name, worst);
        arena_destroy(arena);
    }
}

static void softmax_is_right(void **state) {
    (void)state;
    enum { STRIDE = 160 };
    for (size_t t = 0; t < table_count; t++) {
        for (size_t columns = 1; columns <= STRIDE; columns += columns < 40 ? 1 : 17) {
            Rng rng = rng_seeded(columns);
            Arena *arena = arena_create();
            float *scores = floats(arena, &rng, 3 * STRIDE, columns % 3 == 0 ? 40 : 2);
            float *before = floats(arena, &rng, 3 * STRIDE, 0);
            memcpy(before, scores, 3 * STRIDE * sizeof *scores);
            tables[t]->softmax(scores, STRIDE, 3, columns, 0.25F);
            for (size_t r = 0; r < 3; r++) {
                double top = -INFINITY;
                double sum = 0;
                for (size_t i = 0; i < columns; i++)
                    top = fmax(top, (double)before[r * STRIDE + i]);
                for (size_t i = 0; i < columns; i++)
                    sum += exp(0.25 * ((double)before[r * STRIDE + i] - top));
                for (size_t i = 0; i < columns; i++) {
                    double expected = exp(0.25 * ((double)before[r * STRIDE + i] - top)) / sum;
                    double got = (double)scores[r * STRIDE + i];
                    if (!(fabs(got - expected) <= 1e-6 * expected + 1e-12))
                        fail_msg("%s: %zu columns: %.9g, not %.9g", tables[t]->name, columns, got,
                                 expected);
                }
            }
            arena_destroy(arena);
        }
    }
}

static void add_norm_is_right(void **state) {
    (void)state;
    enum { ROWS = 3, WIDTH = 96 };
    for (size_t t = 0; t < table_count; t++) {
        Rng rng = rng_seeded(4);
        Arena *arena = arena_create();
        float *x = floats(arena, &rng, ROWS * WIDTH, 3);
        float *added = floats(arena, &rng, ROWS * WIDTH, 1);
        float *gain = floats(arena, &rng, WIDTH, 1);
        float *shift = floats(arena, &rng, WIDTH, 1);
        double expected[ROWS * WIDTH];
        for (size_t r = 0; r < ROWS; r++) {
            double mean = 0;
            double variance = 0;
            for (size_t i = 0; i < WIDTH; i++) {
                expected[r * WIDTH + i] = (double)x[r * WIDTH + i] + (double)added[r * WIDTH + i];
                mean += expected[r * WIDTH + i] / WIDTH;
            }
            for (size_t i = 0; i < WIDTH; i++)
                variance += pow(expected[r * WIDTH + i] - mean, 2) / WIDTH;
            for (size_t i = 0; i < WIDTH; i++)
                expected[r * WIDTH + i] =
                    (expected[r * WIDTH + i] - mean) / sqrt(variance + 1e-5) * (double)gain[i] +
                    (double)shift[i];
        }
        tables[t]->add_norm(x, added, ROWS, WIDTH, gain, shift, 1e-5F);
        for (size_t i = 0; i < ROWS * WIDTH; i++)
            if (!(fabs((double)x[i] - expected[i]) < 1e-5))
                fail_msg("%s: %.9g, not %.9g", tables[t]->name, (double)x[i], expected[i]);
        arena_destroy(arena);
    }
}

static void tables_by_name(void **state) {
    (void)state;
    Err err = {0};
    const EncoderKernels *found = NULL;
    assert_ok(encoder_kernels_find(STR("auto"), &found, &err), &err);
    assert_ptr_equal(found, encoder_kernels_best());
    assert_ok(encoder_kernels_find(STR("scalar"), &found, &err), &err);
    assert_string_equal(found->name, "scalar");
    assert_fails(encoder_kernels_find(STR("mmx"), &found, &err), &err, FAIL_UNSUPPORTED);
}

int suite_test_encoder_kernels(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_is_right),      cmocka_unit_test(a_row_does_not_see_its_neighbours),
        cmocka_unit_test(gelu_is_exact_enough), cmocka_unit_test(softmax_is_right),
        cmocka_unit_test(add_norm_is_right),    cmocka_unit_test(tables_by_name),
    };
    return cmocka_run_group_tests_name("encoder_kernels", tests, find_tables, NULL);
}
