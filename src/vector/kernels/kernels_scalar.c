/* kernels_scalar.c - distances in plain C: the reference for the other tables, and what runs where
 * none of them can.
 *
 * Eight partial sums break the chain of additions, so that a compiler may use whatever registers
 * every machine of the architecture has.
 *
 * Tested by: test_kernels.c, against sums in double. */
#include "vector/kernels/kernel_tables.h"

enum { LANES = 8 };

static inline float term_dot(float a, float b) {
    return a * b;
}

static inline float term_l2(float a, float b) {
    return (a - b) * (a - b);
}

static inline float lanes_total(const float *sums) {
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) +
           ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

#define DEFINE_KERNELS(name, TERM)                                                                 \
    static float name(const float *a, const float *b, size_t dimension) {                          \
        float sums[LANES] = {0};                                                                   \
        size_t at = 0;                                                                             \
        for (; at + LANES <= dimension; at += LANES)                                               \
            for (size_t i = 0; i < LANES; i++)                                                     \
                sums[i] += TERM(a[at + i], b[at + i]);                                             \
        for (size_t i = 0; at + i < dimension; i++)                                                \
            sums[i] += TERM(a[at + i], b[at + i]);                                                 \
        return lanes_total(sums);                                                                  \
    }                                                                                              \
                                                                                                   \
    static void name##_rows(const float *query, const float *rows, size_t count, size_t dimension, \
                            float *out) {                                                          \
        for (size_t row = 0; row < count; row++)                                                   \
            out[row] = name(query, rows + row * dimension, dimension);                             \
    }

DEFINE_KERNELS(dot_f32, term_dot)
DEFINE_KERNELS(l2_f32, term_l2)

const Kernels kernels_scalar = {
    .name = "scalar",
    .dot_f32 = dot_f32,
    .l2_f32 = l2_f32,
    .dot_f32_rows = dot_f32_rows,
    .l2_f32_rows = l2_f32_rows,
};
