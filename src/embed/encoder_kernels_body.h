/* encoder_kernels_body.h - the float kernels, written once and compiled per instruction set.
 *
 * Not a header to include twice: gemm_avx512.c, gemm_avx2.c and gemm_scalar.c each define
 *
 *     VEC_BYTES   bytes of a vector register
 *     TILE_ROWS   rows of the product that one tile keeps in registers
 *     TILE_VECS   vectors of each such row; a panel is a whole number of tiles wide
 *
 * and include this file under their own compiler flags; it leaves them static functions and the
 * table KERNELS. A file with linear layers of its own (gemm_vnni.c) defines
 * KERNELS_WITHOUT_LINEAR and takes the rest. Vectors are the compilers' own vector types (gcc and
 * clang), so this is plain C for every machine, and without AVX it still becomes SSE or NEON code.
 *
 * The product: each tile runs down the whole inner dimension with its results in registers, one
 * multiply-add per element in the order of k, whatever the number of rows in the tile. That is
 * why a row's bits do not depend on its neighbours. Rows are dealt evenly over the tiles (13 rows
 * are 7 + 6, not 12 + 1), as a tile of few rows cannot hide the latency of its additions.
 *
 * exp: Cody and Waite's reduction by ln 2 and the degree 6 polynomial of Cephes, within 2 ulp.
 * erf: odd rational minimax over [-4, 4] (coefficients as in Eigen), within 3e-7; beyond, +-1.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c (against plain double loops). */
#include <math.h>
#include <string.h>

#include "embed/encoder_kernels_sets.h"

enum { LANES = VEC_BYTES / 4, TILE_COLUMNS = TILE_VECS * LANES };
_Static_assert(KERNEL_PANEL % (TILE_VECS * (VEC_BYTES / 4)) == 0, "tiles fill a panel");

typedef float Vec __attribute__((vector_size(VEC_BYTES)));
typedef int32_t IntVec __attribute__((vector_size(VEC_BYTES)));
/* The same at any address, and over memory that was written as plain floats. */
typedef float VecAt __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE Vec vec_load(const float *from) {
    return *(const VecAt *)from;
}

INLINE void vec_store(float *to, Vec value) {
    *(VecAt *)to = value;
}

INLINE Vec vec_all(float value) {
    return (Vec){0} + value;
}

INLINE Vec vec_choose(IntVec mask, Vec yes, Vec no) {
    return (Vec)((mask & (IntVec)yes) | (~mask & (IntVec)no));
}

#ifndef VEC_MAX
#define VEC_MAX(a, b) vec_choose((a) > (b), (a), (b))
#define VEC_MIN(a, b) vec_choose((a) < (b), (a), (b))
#endif

/* Always the same tree, so the same bits. */
INLINE float vec_sum(Vec value) {
    float lanes[LANES];
    memcpy(lanes, &value, sizeof lanes);
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++)
            lanes[i] += lanes[i + width];
    return lanes[0];
}

INLINE float vec_max(Vec value) {
    float lanes[LANES];
    memcpy(lanes, &value, sizeof lanes);
    float most = lanes[0];
    for (size_t i = 1; i < LANES; i++)
        most = lanes[i] > most ? lanes[i] : most;
    return most;
}

/* e^x for x <= 0; what would be denormal is about 1e-38. */
INLINE Vec vec_exp(Vec x) {
    const float to_integer = 12582912.0F; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = VEC_MAX(x, vec_all(-87.0F));
    Vec shifted = x * 1.44269504088896341F + to_integer;
    Vec n = shifted - to_integer;
    Vec r = x - n * 0.693359375F - n * -2.12194440e-4F;
    Vec p = vec_all(1.9875691500e-4F);
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    return (Vec)((IntVec)p + ((IntVec)shifted << 23)); /* times 2^n: n is in the low bits */
}

INLINE Vec vec_erf(Vec x) {
    x = VEC_MIN(VEC_MAX(x, vec_all(-4.0F)), vec_all(4.0F));
    Vec s = x * x;
    Vec p = vec_all(-2.72614225801306e-10F);
    p = p * s + 2.77068142495902e-08F;
    p = p * s + -2.10102402082508e-06F;
    p = p * s + -5.69250639462346e-05F;
    p = p * s + -7.34990630326855e-04F;
    p = p * s + -2.95459980854025e-03F;
    p = p * s + -1.60960333262415e-02F;
    Vec q = vec_all(-1.45660718464996e-05F);
    q = q * s + -2.13374055278905e-04F;
    q = q * s + -1.68282697438203e-03F;
    q = q * s + -7.37332916720468e-03F;
    q = q * s + -1.42647390514189e-02F;
    return x * p / q;
}

INLINE Vec vec_gelu(Vec x) {
    return 0.5F * x * (1.0F + vec_erf(x * 0.70710678118654752F));
}

/* --- products --------------------------------------------------------------------------------- */

/* `rows` is a constant wherever this is called, so the sums live in registers. */
INLINE void tile(const Product *product, size_t rows, size_t row, size_t column) {
    Vec sums[TILE_ROWS][TILE_VECS];
    UNROLL for (size_t v = 0; v < TILE_VECS; v++) {
        Vec start = {0};
        if (product->bias != NULL)
            start = vec_load(product->bias + column + v * LANES);
        UNROLL for (size_t r = 0; r < rows; r++) sums[r][v] = start;
    }
    size_t stride = product->a_stride;
    const float *a = product->a + row * stride;
    const float *b = product->panels + column / KERNEL_PANEL * KERNEL_PANEL * product->inner +
                     column % KERNEL_PANEL;
    for (size_t k = 0; k < product->inner; k++, b += KERNEL_PANEL) {
        Vec weights[TILE_VECS];
        UNROLL for (size_t v = 0; v < TILE_VECS; v++) weights[v] = vec_load(b + v * LANES);
        UNROLL for (size_t r = 0; r < rows; r++) {
            Vec input = vec_all(a[r * stride + k]);
            UNROLL for (size_t v = 0; v < TILE_VECS; v++) sums[r][v] += input * weights[v];
        }
    }
    bool gelu = product->after == LINEAR_GELU;
    UNROLL for (size_t r = 0; r < rows; r++) {
        float *c = product->c + (row + r) * product->c_stride + column;
        UNROLL for (size_t v = 0; v < TILE_VECS; v++)
            vec_store(c + v * LANES, gelu ? vec_gelu(sums[r][v]) : sums[r][v]);
    }
}

static void tile_of(const Product *product, size_t rows, size_t row, size_t column) {
    switch (rows) {
#define TILE_CASE(n)                                                                               \
    case n:                                                                                        \
        tile(product, n, row, column);                                                             \
        break;
        TILE_CASE(1)
        TILE_CASE(2)
        TILE_CASE(3)
        TILE_CASE(4)
#if TILE_ROWS > 4
        TILE_CASE(5)
        TILE_CASE(6)
#endif
#if TILE_ROWS > 6
        TILE_CASE(7)
        TILE_CASE(8)
        TILE_CASE(9)
        TILE_CASE(10)
        TILE_CASE(11)
        TILE_CASE(12)
#endif
    default:
        break;
    }
}

static void product_run(const Product *product) {
    size_t tiles = (product->rows + TILE_ROWS - 1) / TILE_ROWS;
    size_t columns = product->panel_count * KERNEL_PANEL;
    for (size_t column = 0; column < columns; column += TILE_COLUMNS) {
        for (size_t t = 0; t < tiles; t++) {
            size_t from = product->rows * t / tiles;
            size_t to = product->rows * (t + 1) / tiles;
            tile_of(product, to - from, from, column);
        }
    }
}

/* --- linear layers ---------------------------------------------------------------------------- */

#ifndef KERNELS_WITHOUT_LINEAR
static size_t scratch_bytes(size_t rows, size_t inputs) {
    (void)rows;
    (void)inputs;
    return 0;
}

static void pack_output(const Linear *linear, size_t output, const float *row) {
    float *panel = (float *)linear->weights + output / KERNEL_PANEL * KERNEL_PANEL * linear->inputs;
    for (size_t k = 0; k < linear->inputs; k++)
        panel[k * KERNEL_PANEL + output % KERNEL_PANEL] = row[k];
}

static void linear_run(const Linear *linear, const float *x, size_t rows, LinearAfter after,
                       float *y, void *scratch) {
    (void)scratch;
    product_run(&(Product){.a = x,
                           .a_stride = linear->inputs,
                           .rows = rows,
                           .panels = linear->weights,
                           .inner = linear->inputs,
                           .panel_count = linear->outputs / KERNEL_PANEL,
                           .bias = linear->bias,
                           .after = after,
                           .c = y,
                           .c_stride = linear->outputs});
}
#endif

/* --- rows ------------------------------------------------------------------------------------- */

static void softmax_row(float *row, size_t columns, float scale) {
    size_t whole = columns / LANES * LANES;
    Vec most = vec_all(-INFINITY);
    for (size_t i = 0; i < whole; i += LANES)
        most = VEC_MAX(most, vec_load(row + i));
    float top = vec_max(most);
    for (size_t i = whole; i < columns; i++)
        top = row[i] > top ? row[i] : top;

    Vec sums = {0};
    for (size_t i = 0; i < whole; i += LANES) {
        Vec e = vec_exp((vec_load(row + i) - top) * scale);
        vec_store(row + i, e);
        sums += e;
    }
    if (whole < columns) { /* the last few, in a vector whose other lanes come out as nothing */
        float rest[LANES];
        for (size_t i = 0; i < LANES; i++)
            rest[i] = whole + i < columns ? row[whole + i] : -INFINITY;
        Vec e = vec_exp((vec_load(rest) - top) * scale);
        vec_store(rest, e);
        for (size_t i = 0; i < LANES; i++) {
            rest[i] = whole + i < columns ? rest[i] : 0;
            if (whole + i < columns)
                row[whole + i] = rest[i];
        }
        sums += vec_load(rest);
    }
    float inverse = 1.0F / vec_sum(sums);
    for (size_t i = 0; i < whole; i += LANES)
        vec_store(row + i, vec_load(row + i) * inverse);
    for (size_t i = whole; i < columns; i++)
        row[i] *= inverse;
}

static void softmax_run(float *scores, size_t stride, size_t rows, size_t columns, float scale) {
    for (size_t r = 0; r < rows; r++)
        softmax_row(scores + r * stride, columns, scale);
}

static void add_norm_row(float *x, const float *added, size_t width, const float *gain,
                         const float *shift, float epsilon) {
    Vec sums = {0};
    for (size_t i = 0; i < width; i += LANES) {
        Vec value = vec_load(x + i) + vec_load(added + i);
        vec_store(x + i, value);
        sums += value;
    }
    float mean = vec_sum(sums) / (float)width;
    Vec squares = {0};
    for (size_t i = 0; i < width; i += LANES) {
        Vec centred = vec_load(x + i) - mean;
        squares += centred * centred;
    }
    float inverse = 1.0F / sqrtf(vec_sum(squares) / (float)width + epsilon);
    for (size_t i = 0; i < width; i += LANES)
        vec_store(x + i,
                  (vec_load(x + i) - mean) * inverse * vec_load(gain + i) + vec_load(shift + i));
}

static void add_norm_run(float *x, const float *added, size_t rows, size_t width, const float *gain,
                         const float *shift, float epsilon) {
    for (size_t r = 0; r < rows; r++)
        add_norm_row(x + r * width, added + r * width, width, gain, shift, epsilon);
}

#define KERNELS(set_name, bytes_of_a_weight)                                                       \
    {                                                                                              \
        .name = (set_name), .weight_bytes = (bytes_of_a_weight), .scratch_bytes = scratch_bytes,   \
        .pack_output = pack_output, .linear = linear_run, .product = product_run,                  \
        .softmax = softmax_run, .add_norm = add_norm_run                                           \
    }
