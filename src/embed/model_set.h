/* model_set.h - the embedders that this server was configured with, found by name.
 *
 * Models are opened on first use, so a server starts at once; the first failure to open is told
 * to whoever asked. The empty name means the default model.
 *
 * Ownership: the set owns its embedders until destroyed.   Threads: any. */
#ifndef EMBED_MODEL_SET_H
#define EMBED_MODEL_SET_H

#include "embed/embedder.h"

typedef struct ModelSet ModelSet;

typedef struct ModelSpec {
    Str name;
    Str kind;            /* "builtin" or "fake" */
    Str folder;          /* builtin */
    Str kernels;         /* builtin: as in BuiltinConfig */
    uint32_t dimensions; /* fake */
} ModelSpec;

ModelSet *model_set_create(const ModelSpec *specs, size_t count, Str default_name,
                           ThreadPool *pool);
void model_set_destroy(ModelSet *set);
/* FAIL_NOT_FOUND for a name not configured; names what is. */
MUST_CHECK bool model_set_get(ModelSet *set, Str name, Embedder **out_embedder, Err *err);
Str model_set_default_name(const ModelSet *set);
size_t model_set_names(const ModelSet *set, Arena *arena, Str **out_names);

#endif
