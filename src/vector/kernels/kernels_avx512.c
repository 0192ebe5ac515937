/* kernels_avx512.c - distances with 16 floats to a register; the last, partial register is a
 * masked load, so no dimension is slow and nothing past a row is touched.
 *
 * One row runs over four accumulators: an FMA takes four cycles, two start in each. Over many rows,
 * four rows share each load of the query; every row keeps its own four accumulators, so its sum is
 * that of the one-row function.
 *
 * Tested by: test_kernels.c, against plain sums. */
#include "vector/kernels/kernel_tables.h"

#include <immintrin.h>

enum { LANES = 16, STRIDE = 4 * LANES, ROWS = 4 };

typedef struct Sums {
    __m512 part[4];
} Sums;

static inline __m512 add_dot(__m512 a, __m512 b, __m512 sum) {
    return _mm512_fmadd_ps(a, b, sum);
}

static inline __m512 add_l2(__m512 a, __m512 b, __m512 sum) {
    __m512 difference = _mm512_sub_ps(a, b);
    return _mm512_fmadd_ps(difference, difference, sum);
}

static inline float sums_total(const Sums *sums) {
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums->part[0], sums->part[1]),
                                              _mm512_add_ps(sums->part[2], sums->part[3])));
}

static inline __mmask16 tail_mask(size_t rest) {
    return (__mmask16)((1u << rest) - 1u);
}

/* Adds what full strides leave: whole registers, then the masked one. */
#define DEFINE_KERNELS(name, ADD)                                                                  \
    static inline __m512 name##_rest(const float *a, const float *b, size_t at, size_t dimension,  \
                                     __m512 sum) {                                                 \
        for (; at + LANES <= dimension; at += LANES)                                               \
            sum = ADD(_mm512_loadu_ps(a + at), _mm512_loadu_ps(b + at), sum);                      \
        if (at < dimension) {                                                                      \
            __mmask16 mask = tail_mask(dimension - at);                                            \
            sum = ADD(_mm512_maskz_loadu_ps(mask, a + at), _mm512_maskz_loadu_ps(mask, b + at),    \
                      sum);                                                                        \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
                                                                                                   \
    static float name(const float *a, const float *b, size_t dimension) {                          \
        __m512 zero = _mm512_setzero_ps();                                                         \
        Sums sums = {{zero, zero, zero, zero}};                                                    \
        size_t at = 0;                                                                             \
        for (; at + STRIDE <= dimension; at += STRIDE)                                             \
            for (size_t i = 0; i < 4; i++)                                                         \
                sums.part[i] = ADD(_mm512_loadu_ps(a + at + i * LANES),                            \
                                   _mm512_loadu_ps(b + at + i * LANES), sums.part[i]);             \
        sums.part[0] = name##_rest(a, b, at, dimension, sums.part[0]);                             \
        return sums_total(&sums);                                                                  \
    }                                                                                              \
                                                                                                   \
    static void name##_rows(const float *query, const float *rows, size_t count, size_t dimension, \
                            float *out) {                                                          \
        __m512 zero = _mm512_setzero_ps();                                                         \
        size_t row = 0;                                                                            \
        for (; row + ROWS <= count; row += ROWS) {                                                 \
            const float *first = rows + row * dimension;                                           \
            Sums sums[ROWS];                                                                       \
            for (size_t r = 0; r < ROWS; r++)                                                      \
                sums[r] = (Sums){{zero, zero, zero, zero}};                                        \
            size_t at = 0;                                                                         \
            for (; at + STRIDE <= dimension; at += STRIDE)                                         \
                for (size_t i = 0; i < 4; i++) {                                                   \
                    __m512 q = _mm512_loadu_ps(query + at + i * LANES);                            \
                    for (size_t r = 0; r < ROWS; r++)                                              \
                        sums[r].part[i] =                                                          \
                            ADD(q, _mm512_loadu_ps(first + r * dimension + at + i * LANES),        \
                                sums[r].part[i]);                                                  \
                }                                                                                  \
            for (size_t r = 0; r < ROWS; r++) {                                                    \
                sums[r].part[0] =                                                                  \
                    name##_rest(query, first + r * dimension, at, dimension, sums[r].part[0]);     \
                out[row + r] = sums_total(&sums[r]);                                               \
            }                                                                                      \
        }                                                                                          \
        for (; row < count; row++)                                                                 \
            out[row] = name(query, rows + row * dimension, dimension);                             \
    }

DEFINE_KERNELS(dot_f32, add_dot)
DEFINE_KERNELS(l2_f32, add_l2)

const Kernels kernels_avx512 = {
    .name = "avx512",
    .dot_f32 = dot_f32,
    .l2_f32 = l2_f32,
    .dot_f32_rows = dot_f32_rows,
    .l2_f32_rows = l2_f32_rows,
};
