/* model_set.c - a fixed list of models, each opened by the first who asks for it.
 *
 * Each entry has its own lock, so opening a large model holds up only those who want that one. A
 * failure is not remembered: the next request tries again, so a repaired folder needs no restart.
 *
 * Tested by: tests/unit/embed/test_model_set.c. */
#include "embed/model_set.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct ModelEntry {
    ModelSpec spec;
    pthread_mutex_t mutex; /* protects the embedder until it is set; held while it is opened */
    Embedder *embedder;
} ModelEntry;

struct ModelSet {
    Arena *arena;
    ThreadPool *pool;
    Str default_name;
    ModelEntry *entries;
    size_t count;
};

ModelSet *model_set_create(const ModelSpec *specs, size_t count, Str default_name,
                           ThreadPool *pool) {
    Arena *arena = arena_create();
    ModelSet *set = ARENA_NEW(arena, ModelSet);
    *set = (ModelSet){.arena = arena,
                      .pool = pool,
                      .default_name = str_dup(arena, default_name),
                      .entries = ARENA_ARRAY(arena, ModelEntry, count),
                      .count = count};
    for (size_t i = 0; i < count; i++) {
        set->entries[i].spec = (ModelSpec){.name = str_dup(arena, specs[i].name),
                                           .kind = str_dup(arena, specs[i].kind),
                                           .folder = str_dup(arena, specs[i].folder),
                                           .kernels = str_dup(arena, specs[i].kernels),
                                           .dimensions = specs[i].dimensions};
        pthread_mutex_init(&set->entries[i].mutex, NULL);
    }
    if (set->default_name.length == 0 && count > 0)
        set->default_name = set->entries[0].spec.name;
    return set;
}

void model_set_destroy(ModelSet *set) {
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++) {
        embedder_destroy(set->entries[i].embedder);
        pthread_mutex_destroy(&set->entries[i].mutex);
    }
    arena_destroy(set->arena);
}

static Embedder *open_model(const ModelSet *set, const ModelSpec *spec, Err *err) {
    if (str_eq_c(spec->kind, "builtin"))
        return embedder_builtin_open(&(BuiltinConfig){.name = spec->name,
                                                      .folder = spec->folder,
                                                      .pool = set->pool,
                                                      .kernels = spec->kernels},
                                     err);
    if (!str_eq_c(spec->kind, "fake")) {
        err_fail(err, FAIL_UNSUPPORTED, "model '%.*s' is of the unknown kind '%.*s'",
                 STR_ARG(spec->name), STR_ARG(spec->kind));
        err_hint(err, "known kinds are builtin and fake");
        return NULL;
    }
    if (spec->dimensions == 0) {
        err_fail(err, FAIL_INVALID, "model '%.*s' is configured with 0 dimensions",
                 STR_ARG(spec->name));
        return NULL;
    }
    return embedder_fake_create(spec->name, spec->dimensions);
}

static bool fail_unknown(const ModelSet *set, Str name, Err *err) {
    Arena *scratch = arena_create();
    StrBuf names = strbuf_make(scratch);
    for (size_t i = 0; i < set->count; i++) {
        strbuf_append_c(&names, i == 0 ? "" : ", ");
        strbuf_append(&names, set->entries[i].spec.name);
    }
    err_fail(err, FAIL_NOT_FOUND, "no model '%.*s'", STR_ARG(utf8_clip(name, 100)));
    err_detail(err, "configured models: %.*s",
               STR_ARG(set->count == 0 ? STR("none") : strbuf_str(&names)));
    arena_destroy(scratch);
    return err_field(err, "model");
}

bool model_set_get(ModelSet *set, Str name, Embedder **out_embedder, Err *err) {
    Str wanted = name.length == 0 ? set->default_name : name;
    for (size_t i = 0; i < set->count; i++) {
        ModelEntry *entry = &set->entries[i];
        if (!str_eq(entry->spec.name, wanted))
            continue;
        pthread_mutex_lock(&entry->mutex);
        if (entry->embedder == NULL)
            entry->embedder = open_model(set, &entry->spec, err);
        Embedder *embedder = entry->embedder;
        pthread_mutex_unlock(&entry->mutex);
        if (embedder == NULL)
            return false;
        *out_embedder = embedder;
        return true;
    }
    return fail_unknown(set, wanted, err);
}

Str model_set_default_name(const ModelSet *set) {
    return set->default_name;
}

size_t model_set_names(const ModelSet *set, Arena *arena, Str **out_names) {
    Str *names = ARENA_ARRAY(arena, Str, set->count);
    for (size_t i = 0; i < set->count; i++)
        names[i] = str_dup(arena, set->entries[i].spec.name);
    *out_names = names;
    return set->count;
}
