/* kernels_avx2.c - distances with 8 floats to a register, for x86-64 machines without AVX-512.
 *
 * As in kernels_avx512.c, one row runs over four accumulators and several rows share each load of
 * the query; two of them, because there are sixteen registers. The tail is summed in plain C.
 *
 * Tested by: test_kernels.c, against plain sums. */
#include "vector/kernels/kernel_tables.h"

#include <immintrin.h>

enum { LANES = 8, STRIDE = 4 * LANES, ROWS = 2 };

typedef struct Sums {
    __m256 part[4];
    float tail;
} Sums;

static inline __m256 add_dot(__m256 a, __m256 b, __m256 sum) {
    return _mm256_fmadd_ps(a, b, sum);
}

static inline __m256 add_l2(__m256 a, __m256 b, __m256 sum) {
    __m256 difference = _mm256_sub_ps(a, b);
    return _mm256_fmadd_ps(difference, difference, sum);
}

static inline float term_dot(float a, float b) {
    return a * b;
}

static inline float term_l2(float a, float b) {
    return (a - b) * (a - b);
}

static inline Sums sums_zero(void) {
    __m256 zero = _mm256_setzero_ps();
    return (Sums){{zero, zero, zero, zero}, 0.0f};
}

static inline float sums_total(const Sums *sums) {
    __m256 all = _mm256_add_ps(_mm256_add_ps(sums->part[0], sums->part[1]),
                               _mm256_add_ps(sums->part[2], sums->part[3]));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two))) + sums->tail;
}

#define DEFINE_KERNELS(name, ADD, TERM)                                                            \
    static inline float name##_finish(const float *a, const float *b, size_t at, size_t dimension, \
                                      Sums *sums) {                                                \
        for (; at + LANES <= dimension; at += LANES)                                               \
            sums->part[0] = ADD(_mm256_loadu_ps(a + at), _mm256_loadu_ps(b + at), sums->part[0]);  \
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
                sums.part[i] = ADD(_mm256_loadu_ps(a + at + i * LANES),                            \
                                   _mm256_loadu_ps(b + at + i * LANES), sums.part[i]);             \
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
                    __m256 q = _mm256_loadu_ps(query + at + i * LANES);                            \
                    for (size_t r = 0; r < ROWS; r++)                                              \
                        sums[r].part[i] =                                                          \
                            ADD(q, _mm256_loadu_ps(first + r * dimension + at + i * LANES),        \
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

const Kernels kernels_avx2 = {
    .name = "avx2",
    .dot_f32 = dot_f32,
    .l2_f32 = l2_f32,
    .dot_f32_rows = dot_f32_rows,
    .l2_f32_rows = l2_f32_rows,
};
