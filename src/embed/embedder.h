/* embedder.h - text in, unit-length vectors out: the trait behind every model we can ask.
 *
 * Promises of every backend: one vector of `dimensions` finite floats per text, L2-normalised, in
 * the order of the texts; a text's vector does not depend on its batch. What cannot be promised by
 * a remote server is checked here, in embedder_embed, and the batch refused (FAIL_UPSTREAM).
 * Backends: builtin (a BERT encoder in this process), fake (a hash of the text: tests and counts);
 * ollama and openai come later.
 *
 * Ownership: out_vectors is the caller's, count * dimensions floats.
 * Threads: embedder_embed may be called from any threads at once. */
#ifndef EMBED_EMBEDDER_H
#define EMBED_EMBEDDER_H

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"
#include "base/thread_pool.h"

typedef struct Embedder Embedder;

/* Some models want "query: " or "passage: " before the text; the embedder adds it by role. */
typedef enum EmbedRole { EMBED_DOCUMENT, EMBED_QUERY } EmbedRole;

typedef struct EmbedderInfo {
    Str name;    /* "all-minilm-l6-v2": what users write as `model` */
    Str version; /* of the model where known, else "latest" */
    /* Changes whenever vectors would: weights, tokenizer, pooling, prefixes, limit, dimensions.
     * Vectors of two fingerprints never share an index. */
    Str fingerprint;
    uint32_t dimensions;
    uint32_t tokens_max; /* longer texts are cut, and reported; 0 = not known */
    uint32_t batch_max;  /* texts a call should carry (32 by default) */
} EmbedderInfo;

typedef struct EmbedRequest {
    EmbedRole role;
    const Str *texts; /* valid UTF-8 */
    size_t count;
    Progress *progress; /* counts texts; may be NULL */
    /* NULL, or raised by the tokens that the model read, special ones included; 0 where a backend
     * does not know. */
    uint64_t *tokens;
} EmbedRequest;

typedef struct EmbedderOps {
    const char *name; /* "builtin" */
    /* out_truncated may be NULL; else one flag a text: the model did not see all of it. */
    bool (*embed)(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                  bool *out_truncated, Err *err);
    void (*destroy)(Embedder *embedder);
} EmbedderOps;

struct Embedder {
    const EmbedderOps *ops;
    EmbedderInfo info;
};

MUST_CHECK bool embedder_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                               bool *out_truncated, Err *err);
void embedder_destroy(Embedder *embedder); /* NULL is fine */

typedef struct BuiltinConfig {
    Str name;         /* as users write it */
    Str folder;       /* config.json, model.safetensors, vocab.txt or tokenizer.json, ... */
    ThreadPool *pool; /* documents are shared out over it; may be NULL */
    Str kernels;      /* "auto" (also when empty), or a name of encoder_kernels.h */
} BuiltinConfig;

/* Opens any standard BERT sentence-model folder; refuses others naming what it does not know. */
Embedder *embedder_builtin_open(const BuiltinConfig *config, Err *err);
/* Deterministic unit vectors from a hash of each text; for tests and counting runs. */
Embedder *embedder_fake_create(Str name, uint32_t dimensions);

#endif
