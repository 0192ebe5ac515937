/* gemm_vnni.c - linear layers in 16-bit integers, on processors with AVX-512 VNNI.
 *
 * vpdpwssd multiplies 32 pairs of 16-bit integers where a float multiply-add does 16, so the part
 * of a forward pass that is nearly all of it runs at twice the speed of float. Unlike 8-bit
 * quantisation this costs no quality: a row keeps 15 bits and a scale of its own.
 *
 * Nothing can overflow, by Cauchy and Schwarz rather than by luck: |sum a_k b_k| <= |a| |b|. Each
 * row of inputs, and each output's row of weights, is scaled so that its rounded vector is no
 * longer than sqrt(2^31) = 46340; so every sum, and every part of one, fits an int32. Scaling by
 * the length instead of the largest value also bounds the error whatever the values look like:
 * rounding moves a row by at most a part in 46340 * sqrt(12 / inputs) of its length, 1.2e-4 for
 * 384 inputs, eight times closer than bfloat16. Over 500 texts of every kind the least cosine with
 * a forward pass in float64 is 1 - 9e-7 (tests/embed_parity, which holds every table to 1 - 1e-5).
 *
 * Attention, softmax, GELU and norms are the float ones of encoder_kernels_body.h.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c, tests/embed_parity/. */
#if defined(__x86_64__)
#include <immintrin.h>

#define VEC_BYTES     64
#define TILE_ROWS     12
#define TILE_VECS     2
#define VEC_MAX(a, b) _mm512_max_ps((a), (b))
#define VEC_MIN(a, b) _mm512_min_ps((a), (b))
#define KERNELS_WITHOUT_LINEAR
#include "embed/encoder_kernels_body.h"

/* Rounded rows lie in scratch: [rows][inputs] int16, then a float per row that undoes its scale. */
typedef struct Inputs {
    int16_t *rows;
    float *units;
} Inputs;

static size_t scratch_bytes(size_t rows, size_t inputs) {
    return rows * inputs * sizeof(int16_t) + rows * sizeof(float);
}

static Inputs inputs_in(void *scratch, size_t rows, size_t inputs) {
    int16_t *first = scratch;
    return (Inputs){first, (float *)(void *)(first + rows * inputs)};
}

/* What to multiply a row with, given its length and its largest magnitude. */
static float row_scale(float squares, float most, size_t count) {
    float length = sqrtf(squares);
    if (!(length > 0))
        return 0;
    /* rounding lengthens a row by half a unit per number at most; one more for our own sums */
    float length_max = 46340.0F - 0.5F * sqrtf((float)count) - 1.0F;
    float by_length = length_max / length;
    float by_most = 32767.0F / most;
    return by_length < by_most ? by_length : by_most;
}

static void round_row(const float *x, size_t count, int16_t *out, float *out_unit) {
    Vec squares = {0};
    Vec most = {0};
    for (size_t i = 0; i < count; i += LANES) {
        Vec value = vec_load(x + i);
        squares += value * value;
        most = VEC_MAX(most, _mm512_abs_ps(value));
    }
    float scale = row_scale(vec_sum(squares), vec_max(most), count);
    for (size_t i = 0; i < count; i += LANES) {
        __m512i rounded = _mm512_cvtps_epi32(vec_load(x + i) * scale);
        _mm256_storeu_si256((__m256i *)(void *)(out + i), _mm512_cvtsepi32_epi16(rounded));
    }
    *out_unit = scale > 0 ? 1.0F / scale : vec_sum(squares); /* zeros stay zeros, NaN stays NaN */
}

/* Weights of a panel lie in pairs of inputs: [inputs / 2][KERNEL_PANEL][2]. */
static void pack_output(const Linear *linear, size_t output, const float *row) {
    float squares = 0;
    float most = 0;
    for (size_t k = 0; k < linear->inputs; k++) {
        squares += row[k] * row[k];
        most = fabsf(row[k]) > most ? fabsf(row[k]) : most;
    }
    float scale = row_scale(squares, most, linear->inputs);
    linear->scales[output] = scale > 0 ? 1.0F / scale : squares;
    int16_t *panel =
        (int16_t *)linear->weights + output / KERNEL_PANEL * KERNEL_PANEL * linear->inputs;
    for (size_t k = 0; k < linear->inputs; k++)
        panel[(k / 2 * KERNEL_PANEL + output % KERNEL_PANEL) * 2 + k % 2] =
            (int16_t)lrintf(row[k] * scale);
}

typedef struct IntProduct {
    const Linear *linear;
    Inputs inputs;
    LinearAfter after;
    float *y;
} IntProduct;

/* *sum += pairs of a times pairs of b. As an instruction, not an intrinsic: gcc 12 answers 24 sums
 * held in intrinsics with copies and spills that cost more than the arithmetic. */
INLINE void add_products(__m512i *sum, __m512i a, __m512i b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

INLINE void int_tile(const IntProduct *product, size_t rows, size_t row, size_t column) {
    const Linear *linear = product->linear;
    __m512i sums[TILE_ROWS][TILE_VECS];
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < TILE_VECS; v++) sums[r][v] = _mm512_setzero_si512();
    }
    size_t stride = linear->inputs;
    const int16_t *a = product->inputs.rows + row * stride;
    const int16_t *b = (const int16_t *)linear->weights + column * linear->inputs;
    for (size_t k = 0; k < linear->inputs; k += 2, b += 2 * KERNEL_PANEL) {
        __m512i weights[TILE_VECS];
        UNROLL for (size_t v = 0; v < TILE_VECS; v++) weights[v] =
            _mm512_load_si512(b + v * 2 * LANES);
        UNROLL for (size_t r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, a + r * stride + k, sizeof pair);
            __m512i input = _mm512_set1_epi32(pair);
            UNROLL for (size_t v = 0; v < TILE_VECS; v++)
                add_products(&sums[r][v], input, weights[v]);
        }
    }
    bool gelu = product->after == LINEAR_GELU;
    UNROLL for (size_t r = 0; r < rows; r++) {
        float unit = product->inputs.units[row + r];
        float *y = product->y + (row + r) * linear->outputs + column;
        UNROLL for (size_t v = 0; v < TILE_VECS; v++) {
            Vec value = _mm512_cvtepi32_ps(sums[r][v]) *
                            (unit * vec_load(linear->scales + column + v * LANES)) +
                        vec_load(linear->bias + column + v * LANES);
            vec_store(y + v * LANES, gelu ? vec_gelu(value) : value);
        }
    }
}

static void int_tile_of(const IntProduct *product, size_t rows, size_t row, size_t column) {
    switch (rows) {
#define INT_TILE_CASE(n)                                                                           \
    case n:                                                                                        \
        int_tile(product, n, row, column);                                                         \
        break;
        INT_TILE_CASE(1)
        INT_TILE_CASE(2)
        INT_TILE_CASE(3)
        INT_TILE_CASE(4)
        INT_TILE_CASE(5)
        INT_TILE_CASE(6)
        INT_TILE_CASE(7)
        INT_TILE_CASE(8)
        INT_TILE_CASE(9)
        INT_TILE_CASE(10)
        INT_TILE_CASE(11)
        INT_TILE_CASE(12)
    default:
        break;
    }
}

static void linear_run(const Linear *linear, const float *x, size_t rows, LinearAfter after,
                       float *y, void *scratch) {
    IntProduct product = {linear, inputs_in(scratch, rows, linear->inputs), after, y};
    for (size_t r = 0; r < rows; r++)
        round_row(x + r * linear->inputs, linear->inputs, product.inputs.rows + r * linear->inputs,
                  &product.inputs.units[r]);
    size_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t column = 0; column < linear->outputs; column += TILE_COLUMNS) {
        for (size_t t = 0; t < tiles; t++) {
            size_t from = rows * t / tiles;
            int_tile_of(&product, rows * (t + 1) / tiles - from, from, column);
        }
    }
}

const EncoderKernels encoder_kernels_avx512vnni = KERNELS("avx512vnni", sizeof(int16_t));
#else
typedef int gemm_vnni_is_empty; /* ISO C wants a declaration */
#endif
