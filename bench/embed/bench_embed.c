/* bench_embed.c - how fast the built-in embedder is, as one JSON line.
 *
 *     bench_embed FOLDER KERNELS THREADS SECONDS TEXTS QUERIES VECTORS
 *
 * TEXTS and QUERIES are files with one text a line. Documents go in batches of 32, over and over,
 * for SECONDS; then queries one at a time for as long, on as many threads. The vectors of all
 * documents are written to VECTORS as raw floats, so that somebody else can judge them.
 * CPU seconds are told beside wall seconds: they say what a shared machine would hide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/vec.h"
#include "embed/embedder.h"

enum { BATCH = 32, TIMES_MAX = 200000 };

typedef VEC(Str) Lines;

static Lines read_lines(const char *path, Arena *arena) {
    Lines lines = {0};
    char line[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof line, file) != NULL)
        *vec_push(&lines, arena) = str_dup(arena, str_trim(str_c(line)));
    fclose(file);
    return lines;
}

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void embed(Embedder *embedder, EmbedRole role, const Str *texts, size_t count, float *out) {
    Err err = {0};
    if (!embedder_embed(embedder, &(EmbedRequest){.role = role, .texts = texts, .count = count},
                        out, NULL, &err)) {
        fprintf(stderr, "bench_embed: %s\n", err.message);
        exit(1);
    }
}

static void embed_all(Embedder *embedder, const Lines *texts, float *out) {
    for (size_t i = 0; i < texts->count; i += BATCH)
        embed(embedder, EMBED_DOCUMENT, texts->items + i,
              texts->count - i < BATCH ? texts->count - i : BATCH,
              out + i * embedder->info.dimensions);
}

static void time_documents(Embedder *embedder, const Lines *texts, float *out, double seconds) {
    embed_all(embedder, texts, out);
    size_t done = 0;
    double cpu = cpu_seconds();
    uint64_t start = clock_monotonic_ns();
    while (clock_seconds_since(start) < seconds) {
        embed_all(embedder, texts, out);
        done += texts->count;
    }
    printf("\"docs_per_second\":%.2f,\"docs_per_cpu_second\":%.2f,",
           (double)done / clock_seconds_since(start), (double)done / (cpu_seconds() - cpu));
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void time_queries(Embedder *embedder, const Lines *queries, float *out, double seconds) {
    double *times = malloc(TIMES_MAX * sizeof *times);
    size_t count = 0;
    uint64_t start = clock_monotonic_ns();
    while (times != NULL && count < TIMES_MAX && clock_seconds_since(start) < seconds) {
        uint64_t one = clock_monotonic_ns();
        embed(embedder, EMBED_QUERY, &queries->items[count % queries->count], 1, out);
        times[count++] = clock_seconds_since(one) * 1e3;
    }
    if (count == 0)
        exit(1);
    qsort(times, count, sizeof *times, by_value);
    printf("\"query_ms_p50\":%.3f,\"query_ms_p99\":%.3f", times[count / 2],
           times[count * 99 / 100]);
    free(times);
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr,
                "usage: bench_embed FOLDER KERNELS THREADS SECONDS TEXTS QUERIES VECTORS\n");
        return 2;
    }
    Err err = {0};
    Arena *arena = arena_create();
    long threads = strtol(argv[3], NULL, 10);
    double seconds = strtod(argv[4], NULL);
    Lines texts = read_lines(argv[5], arena);
    Lines queries = read_lines(argv[6], arena);
    /* the caller of a loop works too: one thread of the pool fewer than asked for */
    ThreadPool *pool = threads > 1 ? pool_create((size_t)threads - 1) : NULL;
    uint64_t start = clock_monotonic_ns();
    Embedder *embedder = embedder_builtin_open(&(BuiltinConfig){.name = STR("bench"),
                                                                .folder = str_c(argv[1]),
                                                                .pool = pool,
                                                                .kernels = str_c(argv[2])},
                                               &err);
    if (embedder == NULL || texts.count == 0 || queries.count == 0) {
        fprintf(stderr, "bench_embed: %s\n", err.message);
        return 1;
    }
    printf("{\"open_seconds\":%.3f,", clock_seconds_since(start));
    float *out = ARENA_ARRAY(arena, float, texts.count * embedder->info.dimensions);
    time_documents(embedder, &texts, out, seconds);
    FILE *vectors = fopen(argv[7], "wb");
    if (vectors == NULL ||
        fwrite(out, embedder->info.dimensions * sizeof *out, texts.count, vectors) != texts.count ||
        fclose(vectors) != 0)
        return 1;
    time_queries(embedder, &queries, out, seconds);
    printf("}\n");
    embedder_destroy(embedder);
    pool_destroy(pool);
    arena_destroy(arena);
    return 0;
}
