/* bench_index.c - what an index costs beyond its model: refresh, small change, search, fetch,
 * reload.
 *
 * usage: bench_index [rows=20000] [dimension=384] [queries=1000] [graph=1]
 *
 * The model is a stand-in (a hash of the text), so that refresh times are ours alone. One JSON
 * object a line; times are wall clock, `cpu` is that of the process. Everything is on the disk that
 * TMPDIR names. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "lake.h"

typedef struct Options {
    uint64_t rows, dimension, queries, graph;
} Options;

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare_doubles(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void print_spread(const char *step, double *samples, size_t count) {
    qsort(samples, count, sizeof *samples, compare_doubles);
    printf("{\"step\":\"%s\",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", step,
           samples[count / 2] * 1e3, samples[count * 99 / 100] * 1e3, samples[count - 1] * 1e3);
    fflush(stdout);
}

/* --- refreshes ------------------------------------------------------------------------------ */

/* Bytes of the objects that hold the index. */
static uint64_t stored_bytes(Lake *lake) {
    Err err = {0};
    Arena *arena = arena_create();
    ObjectStore *store;
    ObjectPage page = {0};
    ListRequest request = {.prefix = STR("vectors/docs/"), .limit = 10000};
    if (!bucket_find(lake->buckets, STR("primary"), arena, &store, &err) ||
        !store_list(store, &request, arena, &page, &err))
        lake_stop(&err);
    uint64_t bytes = 0;
    for (size_t i = 0; i < page.count; i++)
        bytes += page.items[i].size_bytes;
    arena_destroy(arena);
    return bytes;
}

static void bench_refresh(Lake *lake, const char *step) {
    Err err = {0};
    Arena *arena = arena_create();
    RefreshRequest request = {.dataset = STR("docs"),
                              .index_name = STR("docs"),
                              .id_column = STR("id"),
                              .text_column = STR("text"),
                              .overlap = UINT32_MAX};
    RefreshResult result;
    uint64_t before = stored_bytes(lake);
    double cpu = cpu_seconds();
    uint64_t start = clock_monotonic_ns();
    if (!index_refresh(lake->service, &request, NULL, arena, &result, &err))
        lake_stop(&err);
    double seconds = clock_seconds_since(start);
    printf("{\"step\":\"%s\",\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"chunks_embedded\":%llu,"
           "\"new\":%llu,\"changed\":%llu,\"deleted\":%llu,\"total\":%llu,\"added_bytes\":%lld}\n",
           step, seconds, cpu_seconds() - cpu, (unsigned long long)result.new_chunks_embedded,
           (unsigned long long)result.new_docs_embedded,
           (unsigned long long)result.changed_docs_embedded,
           (unsigned long long)result.deleted_docs,
           (unsigned long long)result.total_embeddings_after,
           (long long)(stored_bytes(lake) - before));
    fflush(stdout);
    arena_destroy(arena);
}

static void load(Lake *lake, const Options *options, bool changed) {
    Str select = str_format(
        lake->arena,
        "SELECT 'doc-' || i AS id, 'text of document ' || i || repeat(', some words more', 12)%s "
        "AS text FROM range(%llu, %llu) r(i)",
        changed ? " || CASE WHEN i < 50 THEN ', edited' ELSE '' END" : "",
        (unsigned long long)(changed ? 20 : 0),
        (unsigned long long)(options->rows + (changed ? 50 : 0)));
    lake_load(lake, select);
}

/* --- searches ------------------------------------------------------------------------------- */

static void bench_search(Lake *lake, const Options *options, const char *step) {
    Err err = {0};
    Rng rng = rng_seeded(3);
    double *samples = calloc(options->queries, sizeof *samples);
    float *vector = calloc(options->dimension, sizeof *vector);
    for (uint64_t q = 0; q < options->queries; q++) {
        Arena *arena = arena_create();
        for (uint64_t i = 0; i < options->dimension; i++)
            vector[i] = (float)rng_normal(&rng);
        IndexQuery query = {.index_name = STR("docs"),
                            .vector = vector,
                            .dimension = options->dimension,
                            .top_k = 10};
        IndexAnswer answer;
        uint64_t start = clock_monotonic_ns();
        if (!index_search(lake->service, &query, arena, &answer, &err))
            lake_stop(&err);
        samples[q] = clock_seconds_since(start);
        if (q == 0)
            printf("{\"plan\":\"%.*s\",\"fresh\":%s}\n", STR_ARG(answer.plan),
                   answer.fresh ? "true" : "false");
        arena_destroy(arena);
    }
    print_spread(step, samples, options->queries);
    free(samples);
    free(vector);
}

static void bench_doc(Lake *lake, const Options *options) {
    Err err = {0};
    Rng rng = rng_seeded(4);
    double *samples = calloc(options->queries, sizeof *samples);
    for (uint64_t q = 0; q < options->queries; q++) {
        Arena *arena = arena_create();
        Str id = str_format(arena, "doc-%llu",
                            (unsigned long long)(100 + rng_below(&rng, options->rows - 100)));
        IndexHit *chunks;
        size_t count;
        uint64_t start = clock_monotonic_ns();
        if (!index_doc(lake->service, STR("docs"), id, arena, &chunks, &count, &err))
            lake_stop(&err);
        samples[q] = clock_seconds_since(start);
        arena_destroy(arena);
    }
    print_spread("doc", samples, options->queries);
    free(samples);
}

static void bench_build(Lake *lake) {
    Err err = {0};
    Arena *arena = arena_create();
    BuildRequest request = {.index_name = STR("docs")};
    BuildResult result;
    if (!index_build_hnsw(lake->service, &request, NULL, arena, &result, &err))
        lake_stop(&err);
    printf("{\"step\":\"build graph\",\"seconds\":%.3f,\"bytes\":%llu}\n", result.build_time_secs,
           (unsigned long long)result.bytes);
    arena_destroy(arena);
}

/* --- starting ------------------------------------------------------------------------------- */

static void bench_reload(Lake *lake, const char *step) {
    Err err = {0};
    size_t failed = 0;
    lake_restart(lake);
    uint64_t start = clock_monotonic_ns();
    if (!index_warm(lake->service, NULL, &failed, &err) || failed > 0)
        lake_stop(&err);
    printf("{\"step\":\"%s\",\"ms\":%.2f}\n", step, clock_seconds_since(start) * 1e3);
    fflush(stdout);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk) {
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void forget_copies(Lake *lake) {
    char *path = str_to_c(lake->arena, lake->config.row_cache_directory);
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool parse_option(Options *options, const char *text) {
    const struct {
        const char *name;
        uint64_t *place;
    } known[] = {{"rows=", &options->rows},
                 {"dimension=", &options->dimension},
                 {"queries=", &options->queries},
                 {"graph=", &options->graph}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(text, known[i].name, strlen(known[i].name)) == 0)
            return str_to_u64(str_c(text + strlen(known[i].name)), known[i].place) &&
                   options->rows > 100 && options->dimension > 0 && options->queries > 0;
    return false;
}

int main(int argc, char **argv) {
    Options options = {20000, 384, 1000, 1};
    for (int i = 1; i < argc; i++) {
        if (!parse_option(&options, argv[i])) {
            fprintf(stderr, "bench_index: '%s' is no option\n", argv[i]);
            return 2;
        }
    }
    char folder[4096];
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/bench-index-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    Lake *lake = lake_open(folder, (uint32_t)options.dimension);
    load(lake, &options, false);
    bench_refresh(lake, "first refresh");
    bench_refresh(lake, "refresh of the same snapshot");
    load(lake, &options, true);
    bench_refresh(lake, "refresh after 30 edits, 20 deletions, 50 additions");
    bench_search(lake, &options, "exact search");
    bench_doc(lake, &options);
    if (options.graph != 0) {
        bench_build(lake);
        bench_search(lake, &options, "graph search");
    }
    bench_reload(lake, "restart, copies there");
    forget_copies(lake);
    bench_reload(lake, "restart, copies lost");
    lake_close(lake);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
