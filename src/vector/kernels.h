/* kernels.h - distances between float vectors, one table of functions chosen once at start.
 *
 * One file per instruction set under kernels/, each built with its own flags and tested against
 * the scalar one. LAKEHOUSE_KERNELS is not read here: app passes the setting to kernels_force.
 *
 * Threads: any, after kernels_get was called once. */
#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

typedef struct Kernels {
    const char *name; /* "avx512", "avx2", "neon", "scalar" */
    float (*dot_f32)(const float *a, const float *b, size_t dimension);
    float (*l2_f32)(const float *a, const float *b, size_t dimension); /* squared */
    /* One query against `count` consecutive rows. */
    void (*dot_f32_rows)(const float *query, const float *rows, size_t count, size_t dimension,
                         float *out);
    void (*l2_f32_rows)(const float *query, const float *rows, size_t count, size_t dimension,
                        float *out);
} Kernels;

const Kernels *kernels_get(void);
/* "auto" or a name; FAIL_UNSUPPORTED when this machine cannot run it. Call before any search. */
MUST_CHECK bool kernels_force(Str name, Err *err);
/* All that this machine can run; for tests and benchmarks. */
size_t kernels_available(const Kernels **out, size_t capacity);

#endif
