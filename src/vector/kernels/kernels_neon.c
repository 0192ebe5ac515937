/* kernels_neon.c - distances with 4 floats to a register, for aarch64, where NEON is always there.
 *
 * As in kernels_avx512.c, one row runs over four accumulators and several rows share each load of
 * the query. The tail is summed in plain C.
 *
 * Tested by: test_kernels.c, against plain sums. */
#include "vector/kernels/kernel_tables.h"

#include <arm_neon.h>

enum { LANES = 4, STRIDE = 4 * LANES, ROWS = 4 };

typedef struct Sums {
    float32x4_t part[4];
    float tail;
} Sums;

static inline float32x4_t add_dot(float32x4_t a, float32x4_t b, float32x4_t sum) {
    return vfmaq_f32(sum, a, b);
}

static inline float32x4_t add_l2(float32x4_t a, float32x4_t b, float32x4_t sum) {
    float32x4_t difference = vsubq_f32(a, b);
    return vfmaq_f32(sum, difference, difference);
}

static inline float term_dot(float a, float b) {
    return a * b;
}

static inline float term_l2(float a, float b) {
    return (a - b) * (a - b);
}

static inline Sums sums_zero(void) {
    float32x4_t zero = vdupq_n_f32(0.0f);
    return (Sums){{zero, zero, zero, zero}, 0.0f};
}

static inline float sums_total(const Sums *sums) {
    float32x4_t all =
        vaddq_f32(vaddq_f32(sums->part[0], sums->part[1]), vaddq_f32(sums->part[2], sums->part[3]));
    return vaddvq_f32(all) + sums->tail;
}

#define DEFINE_KERNELS(name, ADD, TERM)                                                            \
    static inline float name##_finish(const float *a, const float *b, size_t at, size_t dimension, \
                                      Sums *sums) {                                                \
        for (; at + LANES <= dimension; at += LANES)                                               \
            sums->part[0] = ADD(vld1q_f32(a + at), vld1q_f32(b + at), sums->part[0]);              \
        for (; at < dimension; at++)                                                               \
            sums->tail += TERM(a[at], b[at]);                                                      \
        return sums_total(sums);                                                                   \
    }                                                                                              \
                                                                                                   \
    static float name(const float *a, const float *b, size_t dimension) {                          \
        Sums sums = sums_zero();                                                                   \
        size_t at = 0;                                                                             \
        for (; at + STRIDE <= dimension; at += STRIDE)                                             \
            for (size_t i = 0; i < 4; i++)                                                         \
                sums.part[i] = ADD(vld1q_f32(a + at + i * LANES), vld1q_f32(b + at + i * LANES),   \
                                   sums.part[i]);                                                  \
        return name##_finish(a, b, at, dimension, &sums);                                          \
    }                                                                                              \
                                                                                                   \
    static void name##_rows(const float *query, const float *rows, size_t count, size_t dimension, \
                            float *out) {                                                          \
        size_t row = 0;                                                                            \
        for (; row + ROWS <= count; row += ROWS) {                                                 \
            const float *first = rows + row * dimension;                                           \
            Sums sums[ROWS];                                                                       \
            for (size_t r = 0; r < ROWS; r++)                                                      \
                sums[r] = sums_zero();                                                             \
            size_t at = 0;                                                                         \
            for (; at + STRIDE <= dimension; at += STRIDE)                                         \
                for (size_t i = 0; i < 4; i++) {                                                   \
                    float32x4_t q = vld1q_f32(query + at + i * LANES);                             \
                    for (size_t r = 0; r < ROWS; r++)                                              \
                        sums[r].part[i] =                                                          \
                            ADD(q, vld1q_f32(first + r * dimension + at + i * LANES),              \
                                sums[r].part[i]);                                                  \
                }                                                                                  \
            for (size_t r = 0; r < ROWS; r++)                                                      \
                out[row + r] =                                                                     \
                    name##_finish(query, first + r * dimension, at, dimension, &sums[r]);          \
        }                                                                                          \
        for (; row < count; row++)                                                                 \
            out[row] = name(query, rows + row * dimension, dimension);                             \
    }

DEFINE_KERNELS(dot_f32, add_dot, term_dot)
DEFINE_KERNELS(l2_f32, add_l2, term_l2)

const Kernels kernels_neon = {
    .name = "neon",
    .dot_f32 = dot_f32,
    .l2_f32 = l2_f32,
    .dot_f32_rows = dot_f32_rows,
    .l2_f32_rows = l2_f32_rows,
};
