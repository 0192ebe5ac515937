/* embed_dump.c - shows what the built-in embedder makes of texts, for comparison with others.
 *
 *     embed_dump FOLDER KERNELS ids|vectors < texts
 *
 * Reads texts as a little-endian u32 length and that many bytes each (so they may hold anything);
 * writes one JSON line per text: its token ids, or its vector with nine digits, which say a float
 * exactly. Not a product command: it looks inside the module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "embed/embedder.h"
#include "embed/model_folder.h"

typedef VEC(Str) Texts;

static Texts read_texts(Arena *arena) {
    Texts texts = {0};
    unsigned char size[4];
    while (fread(size, 1, sizeof size, stdin) == sizeof size) {
        size_t length =
            size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
        char *bytes = arena_alloc(arena, length + 1);
        if (fread(bytes, 1, length, stdin) != length) {
            fprintf(stderr, "embed_dump: the last text is cut short\n");
            exit(1);
        }
        *vec_push(&texts, arena) = str_make(bytes, length);
    }
    return texts;
}

static bool dump_ids(Str folder, const Texts *texts, Arena *arena, Err *err) {
    ModelFolder model;
    if (!model_folder_open(folder, STR("dump"), arena, &model, err))
        return false;
    uint32_t *ids = ARENA_ARRAY(arena, uint32_t, model.config.tokens_max);
    for (size_t i = 0; i < texts->count; i++) {
        bool truncated;
        size_t count = tokenizer_encode(model.tokenizer, texts->items[i], model.config.tokens_max,
                                        ids, &truncated);
        printf("{\"truncated\":%s,\"ids\":[", truncated ? "true" : "false");
        for (size_t k = 0; k < count; k++)
            printf("%s%u", k == 0 ? "" : ",", ids[k]);
        printf("]}\n");
    }
    model_folder_close(&model);
    return true;
}

static bool dump_vectors(Str folder, Str kernels, const Texts *texts, Arena *arena, Err *err) {
    ThreadPool *pool = pool_create(0);
    Embedder *embedder = embedder_builtin_open(
        &(BuiltinConfig){.name = STR("dump"), .folder = folder, .pool = pool, .kernels = kernels},
        err);
    bool good = embedder != NULL;
    if (good) {
        size_t width = embedder->info.dimensions;
        float *vectors = ARENA_ARRAY(arena, float, texts->count *width);
        good =
            embedder_embed(embedder, &(EmbedRequest){.texts = texts->items, .count = texts->count},
                           vectors, NULL, err);
        for (size_t i = 0; good && i < texts->count; i++) {
            printf("{\"vector\":[");
            for (size_t k = 0; k < width; k++)
                printf("%s%.9g", k == 0 ? "" : ",", (double)vectors[i * width + k]);
            printf("]}\n");
        }
        embedder_destroy(embedder);
    }
    pool_destroy(pool);
    return good;
}

int main(int argc, char **argv) {
    if (argc != 4 || (strcmp(argv[3], "ids") != 0 && strcmp(argv[3], "vectors") != 0)) {
        fprintf(stderr, "usage: embed_dump FOLDER KERNELS ids|vectors < texts\n");
        return 2;
    }
    Err err = {0};
    Arena *arena = arena_create();
    Texts texts = read_texts(arena);
    bool good = strcmp(argv[3], "ids") == 0
                    ? dump_ids(str_c(argv[1]), &texts, arena, &err)
                    : dump_vectors(str_c(argv[1]), str_c(argv[2]), &texts, arena, &err);
    if (!good)
        fprintf(stderr, "embed_dump: %s (%s)\n", err.message, err.detail);
    arena_destroy(arena);
    return good ? 0 : 1;
}
