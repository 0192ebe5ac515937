/* encoder_kernels.h - the few inner loops that a BERT forward pass spends its time in.
 *
 * One table of functions per instruction set, chosen once at start; each file is built with its
 * own flags and tested against the scalar one. The weights of a linear layer are packed for the
 * table that will use them, so a model keeps the table it was opened with.
 *
 * A promise that the embedder builds on: a row of every result depends only on its own row of the
 * input, bit for bit, never on how many rows were given or where among them it lay.
 *
 * Widths (inputs, outputs, columns of panels) are multiples of KERNEL_PANEL.
 *
 * Threads: any; the functions keep no state. */
#ifndef EMBED_ENCODER_KERNELS_H
#define EMBED_ENCODER_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { KERNEL_PANEL = 32 };

/* y = x W^T + b, W stored as [outputs][inputs] in the file. */
typedef struct Linear {
    size_t inputs, outputs;
    float *bias;
    void *weights; /* packed: weight_bytes each, 64-byte aligned */
    float *scales; /* one per output; only integer kernels use them */
} Linear;

typedef enum LinearAfter { LINEAR_PLAIN, LINEAR_GELU } LinearAfter;

/* c = a x panels: `panels` holds panel_count blocks of [inner][KERNEL_PANEL] floats. */
typedef struct Product {
    const float *a;
    size_t a_stride;
    size_t rows;
    const float *panels; /* 64-byte aligned */
    size_t inner;
    size_t panel_count;
    const float *bias; /* NULL = zeros */
    LinearAfter after;
    float *c; /* rows x panel_count * KERNEL_PANEL */
    size_t c_stride;
} Product;

typedef struct EncoderKernels {
    const char *name;
    size_t weight_bytes; /* of one packed weight */

    /* What `linear` needs for so many rows of so many inputs; 64-byte aligned. May be 0. */
    size_t (*scratch_bytes)(size_t rows, size_t inputs);

    /* Puts one row of W (one output) into its place. */
    void (*pack_output)(const Linear *linear, size_t output, const float *row);
    void (*linear)(const Linear *linear, const float *x, size_t rows, LinearAfter after, float *y,
                   void *scratch);
    void (*product)(const Product *product);
    /* Each row becomes softmax(scale * row) over its first `columns` numbers. */
    void (*softmax)(float *scores, size_t stride, size_t rows, size_t columns, float scale);
    /* x = normalise(x + added) * gain + shift, row by row; rows lie one behind the other. */
    void (*add_norm)(float *x, const float *added, size_t rows, size_t width, const float *gain,
                     const float *shift, float epsilon);
} EncoderKernels;

/* The best that this machine runs. */
const EncoderKernels *encoder_kernels_best(void);
/* "auto" or a name; FAIL_UNSUPPORTED naming what there is. */
MUST_CHECK bool encoder_kernels_find(Str name, const EncoderKernels **out, Err *err);
/* All that this machine runs, best first; for tests and benchmarks. */
size_t encoder_kernels_available(const EncoderKernels **out, size_t capacity);

#endif
