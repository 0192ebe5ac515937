/* embedder_fake.c - a vector drawn by a generator that the text's hash seeds.
 *
 * Equal texts give equal vectors, others are almost orthogonal; nothing is said about meaning.
 * Both roles are the same, so a text finds itself.
 *
 * Tested by: tests/unit/embed/test_embedder_contract.c. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"
#include "embed/embedder.h"
#include "embed/pooling.h"

typedef struct FakeEmbedder {
    Embedder base;
    Arena *arena;
} FakeEmbedder;

static bool fake_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                       bool *out_truncated, Err *err) {
    uint32_t dimensions = embedder->info.dimensions;
    for (size_t t = 0; t < request->count; t++) {
        if (!progress_check(request->progress, err))
            return false;
        Rng rng = rng_seeded(hash64(request->texts[t]));
        float *vector = out_vectors + t * dimensions;
        for (uint32_t i = 0; i < dimensions; i++)
            vector[i] = (float)rng_normal(&rng);
        vector_normalise(vector, dimensions);
        if (out_truncated != NULL)
            out_truncated[t] = false;
        if (request->tokens != NULL) /* it has no tokens; code points stand in */
            *request->tokens += utf8_count(request->texts[t]);
        progress_add(request->progress, 1);
    }
    return true;
}

static void fake_destroy(Embedder *embedder) {
    arena_destroy(((FakeEmbedder *)embedder)->arena);
}

static const EmbedderOps fake_ops = {.name = "fake", .embed = fake_embed, .destroy = fake_destroy};

Embedder *embedder_fake_create(Str name, uint32_t dimensions) {
    assert(dimensions > 0);
    Arena *arena = arena_create();
    FakeEmbedder *fake = ARENA_NEW(arena, FakeEmbedder);
    fake->arena = arena;
    fake->base = (Embedder){.ops = &fake_ops,
                            .info = {.name = str_dup(arena, name),
                                     .version = STR("latest"),
                                     .fingerprint = str_format(arena, "fake-1-%u", dimensions),
                                     .dimensions = dimensions,
                                     .batch_max = 32}};
    return &fake->base;
}
