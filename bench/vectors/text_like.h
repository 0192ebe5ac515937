/* text_like.h - vectors that are spread as those of text models are, the same for the same seed.
 *
 * A thousand topics with Zipf sizes; each has a centre in a latent space whose spectrum decays, and
 * directions of its own around it; a common offset makes all cosines positive on average, as text
 * models do; a random map embeds the latent space, noise is added, rows are normalised. Queries are
 * further draws of the same mixture.
 *
 * Numbers come from integers and are summed in one order, so that the data are the same bytes on
 * every machine, whatever its vector registers: text_like_check tells. (Compile it without
 * -ffast-math and with -ffp-contract=off.)
 *
 * Ownership: the caller frees what text_like_rows returns.   Threads: generation uses the pool. */
#ifndef BENCH_VECTORS_TEXT_LIKE_H
#define BENCH_VECTORS_TEXT_LIKE_H

#include <stdint.h>

#include "base/thread_pool.h"

typedef struct TextLike TextLike;

TextLike *text_like_create(uint32_t dimension, uint64_t seed);
void text_like_destroy(TextLike *model);
/* Rows first .. first + count - 1 of the endless table; queries start at TEXT_LIKE_QUERIES. */
float *text_like_rows(const TextLike *model, uint64_t first, uint32_t count, ThreadPool *pool);
uint64_t text_like_check(const float *rows, uint32_t count, uint32_t dimension);

#define TEXT_LIKE_SEED    UINT64_C(20240607)
#define TEXT_LIKE_QUERIES (UINT64_C(1) << 40)

#endif
