/* pooling.h - many token vectors into one, and that one to unit length.
 *
 * Threads: pure functions. */
#ifndef EMBED_POOLING_H
#define EMBED_POOLING_H

#include <stddef.h>

#include "embed/model_config.h"

/* `rows` (>= 1) vectors of `width`, [CLS] and [SEP] included, as sentence-transformers does. */
void pool_rows(PoolingMode mode, const float *tokens, size_t rows, size_t width, float *out);
/* v / max(|v|, 1e-12). */
void vector_normalise(float *vector, size_t width);

#endif
