/* pooling.c - mean, first or largest, then unit length. Sums for the length run in double.
 *
 * Tested by: tests/unit/embed/test_pooling.c, tests/embed_parity/. */
#include "embed/pooling.h"

#include <math.h>
#include <string.h>

static void pool_mean(const float *tokens, size_t rows, size_t width, float *out) {
    memset(out, 0, width * sizeof *out);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            out[i] += tokens[r * width + i];
    for (size_t i = 0; i < width; i++)
        out[i] /= (float)rows;
}

static void pool_max(const float *tokens, size_t rows, size_t width, float *out) {
    memcpy(out, tokens, width * sizeof *out);
    for (size_t r = 1; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            if (tokens[r * width + i] > out[i])
                out[i] = tokens[r * width + i];
}

void pool_rows(PoolingMode mode, const float *tokens, size_t rows, size_t width, float *out) {
    switch (mode) {
    case POOLING_MEAN:
        pool_mean(tokens, rows, width, out);
        break;
    case POOLING_CLS:
        memcpy(out, tokens, width * sizeof *out);
        break;
    case POOLING_MAX:
        pool_max(tokens, rows, width, out);
        break;
    }
}

void vector_normalise(float *vector, size_t width) {
    double squares = 0;
    for (size_t i = 0; i < width; i++)
        squares += (double)vector[i] * (double)vector[i];
    double length = sqrt(squares);
    float inverse = (float)(1.0 / (length > 1e-12 ? length : 1e-12));
    for (size_t i = 0; i < width; i++)
        vector[i] *= inverse;
}
