/* embedder.c - the one door to every backend: call it, count, and believe nothing.
 *
 * A remote model may return NaN, zeros or vectors of another length without any error; one such
 * row in an index spoils searches for ever after. So each vector is checked before the caller
 * sees it, and a batch with a bad one is refused whole.
 *
 * Tested by: tests/unit/embed/test_embedder.c (a lying backend), test_embedder_contract.c. */
#include "embed/embedder.h"

#include <assert.h>
#include <math.h>

#include "base/clock.h"
#include "base/metrics.h"

/* Float sums over some thousand dimensions stay well inside this. */
#define LENGTH_ERROR_MAX 1e-3

static bool check_vector(const Embedder *embedder, const float *vector, size_t index, Err *err) {
    double squares = 0;
    for (uint32_t i = 0; i < embedder->info.dimensions; i++)
        squares += (double)vector[i] * (double)vector[i]; /* NaN and infinity survive the sum */
    if (!isfinite(squares))
        return err_fail(err, FAIL_UPSTREAM,
                        "model '%.*s' answered with a number that is not finite, for text %zu",
                        STR_ARG(embedder->info.name), index);
    if (fabs(sqrt(squares) - 1.0) > LENGTH_ERROR_MAX)
        return err_fail(err, FAIL_UPSTREAM,
                        "model '%.*s' answered with a vector of length %.4f, for text %zu",
                        STR_ARG(embedder->info.name), sqrt(squares), index);
    return true;
}

bool embedder_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                    bool *out_truncated, Err *err) {
    assert(embedder->info.dimensions > 0);
    if (request->count == 0)
        return true;
    uint64_t start = clock_monotonic_ns();
    if (!embedder->ops->embed(embedder, request, out_vectors, out_truncated, err))
        return false;
    for (size_t i = 0; i < request->count; i++)
        if (!check_vector(embedder, out_vectors + i * embedder->info.dimensions, i, err))
            return false;
    metric_add(METRIC_EMBED_BATCHES, 1);
    metric_add(METRIC_EMBED_TEXTS, request->count);
    metric_observe(METRIC_EMBED_SECONDS, clock_seconds_since(start));
    return true;
}

void embedder_destroy(Embedder *embedder) {
    if (embedder != NULL)
        embedder->ops->destroy(embedder);
}
