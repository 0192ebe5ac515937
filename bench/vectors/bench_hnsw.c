/* bench_hnsw.c - how fast graphs are built and searched, and how much they find.
 *
 *     bench_hnsw [rows=20000] [dimension=384] [m=16] [ef_construction=200] [threads=0]
 *                [queries=1000] [kernels=auto]
 *
 * Prints one JSON object a line: the data (with its check value), exact search, the build, the
 * file, extending, then one line for each effort. Searches run one after another on one thread; qps
 * comes from that thread's CPU time, which other work on the machine disturbs least, and latencies
 * from the clock. Each figure is the best of PASSES. Recall counts rows among the true ten nearest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "text_like.h"
#include "vector/hnsw.h"
#include "vector/kernels.h"

enum { K = 10, PASSES = 3, EXTEND_ROWS = 100 };

typedef struct Options {
    uint64_t rows, dimension, m, ef_construction, threads, queries;
    const char *kernels;
} Options;

typedef struct Bench {
    Options options;
    ThreadPool *pool;
    Arena *arena;
    VectorBlock block;
    VectorSet set;
    float *queries;
    uint32_t *truth; /* queries x K */
} Bench;

static void stop(const Err *err) {
    fprintf(stderr, "bench_hnsw: %s\n", err->message);
    exit(1);
}

static double cpu_seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool parse_option(Options *options, const char *text) {
    struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {
        {"rows", &options->rows},
        {"dimension", &options->dimension},
        {"m", &options->m},
        {"ef_construction", &options->ef_construction},
        {"threads", &options->threads},
        {"queries", &options->queries},
    };
    Str name, value = str_cut(str_c(text), '=', &name);
    if (str_eq(name, STR("kernels"))) {
        options->kernels = value.data;
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (str_eq_c(name, numbers[i].name))
            return str_to_u64(value, numbers[i].value);
    return false;
}

static const float *query_at(const Bench *bench, size_t query) {
    return bench->queries + query * bench->set.dimension;
}

static void make_data(Bench *bench) {
    uint32_t dimension = (uint32_t)bench->options.dimension, rows = (uint32_t)bench->options.rows;
    TextLike *model = text_like_create(dimension, TEXT_LIKE_SEED);
    float *vectors = text_like_rows(model, 0, rows, bench->pool);
    bench->queries =
        text_like_rows(model, TEXT_LIKE_QUERIES, (uint32_t)bench->options.queries, bench->pool);
    text_like_destroy(model);
    bench->block = (VectorBlock){vectors, rows};
    bench->set = (VectorSet){&bench->block, 1, rows, dimension, METRIC_COSINE};
    printf("{\"step\":\"data\",\"rows\":%u,\"dimension\":%u,\"check\":\"%016llx\",\"kernels\":\"%"
           "s\"}\n",
           rows, dimension, (unsigned long long)text_like_check(vectors, rows, dimension),
           kernels_get()->name);
}

static VectorHit *search(const Bench *bench, const VectorIndex *index, const float *query,
                         uint32_t effort, Arena *arena, size_t *out_count) {
    VectorSearch request = {.query = query, .k = K, .effort = effort};
    VectorHit *hits;
    Err err = {0};
    (void)bench;
    if (!vector_index_search(index, &request, arena, &hits, out_count, &err))
        stop(&err);
    return hits;
}

typedef struct TruthJob {
    Bench *bench;
    const VectorIndex *flat;
} TruthJob;

static bool find_truth(void *context, size_t from, size_t to, size_t lane, Err *err) {
    (void)lane, (void)err;
    const TruthJob *job = context;
    Arena *arena = arena_create();
    for (size_t q = from; q < to; q++) {
        size_t count;
        VectorHit *hits = search(job->bench, job->flat, query_at(job->bench, q), 0, arena, &count);
        for (size_t i = 0; i < K; i++)
            job->bench->truth[q * K + i] = i < count ? hits[i].row : UINT32_MAX;
        arena_reset(arena);
    }
    arena_destroy(arena);
    return true;
}

static void bench_exact(Bench *bench) {
    VectorIndex *flat = flat_index_create(&bench->set);
    TruthJob job = {bench, flat};
    Err err = {0};
    bench->truth = calloc(bench->options.queries * K, sizeof *bench->truth);
    if (bench->truth == NULL)
        exit(1);
    if (!parallel_for(bench->pool, bench->options.queries, 4, find_truth, &job, &err))
        stop(&err);
    size_t count, sample = bench->options.queries < 50 ? bench->options.queries : 50;
    double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t q = 0; q < sample; q++)
        (void)search(bench, flat, query_at(bench, q), 0, bench->arena, &count);
    double seconds = (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start) / (double)sample;
    printf("{\"step\":\"exact\",\"ms\":%.3f,\"gb_per_s\":%.2f}\n", seconds * 1e3,
           (double)bench->set.row_count * bench->set.dimension * 4 / seconds / 1e9);
    vector_index_destroy(flat);
}

static HnswParams params_of(const Bench *bench) {
    HnswParams params = hnsw_params_default();
    params.m = (uint32_t)bench->options.m;
    params.ef_construction = (uint32_t)bench->options.ef_construction;
    return params;
}

static VectorIndex *bench_build(Bench *bench) {
    HnswParams params = params_of(bench);
    Err err = {0};
    uint64_t start = clock_monotonic_ns();
    double cpu_start = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    VectorIndex *index = hnsw_build(&bench->set, &params, bench->pool, NULL, &err);
    if (index == NULL)
        stop(&err);
    double wall = clock_seconds_since(start);
    double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
    if (!vector_index_check(index, &err))
        stop(&err);
    printf("{\"step\":\"build\",\"m\":%u,\"ef_construction\":%u,\"threads\":%zu,\"wall_s\":%.3f,"
           "\"cpu_s\":%.3f,\"bytes\":%llu}\n",
           params.m, params.ef_construction, pool_lanes(bench->pool) - 1, wall, cpu,
           (unsigned long long)vector_index_bytes(index));
    return index;
}

static void bench_file(Bench *bench, const VectorIndex *index) {
    char path[] = "/tmp/bench_hnsw_XXXXXX";
    int file = mkstemp(path);
    Err err = {0};
    if (file < 0 || close(file) != 0)
        exit(1);
    uint64_t start = clock_monotonic_ns();
    if (!hnsw_save(index, path, &err))
        stop(&err);
    double save = clock_seconds_since(start);
    start = clock_monotonic_ns();
    VectorIndex *opened = hnsw_open(path, &bench->set, &err);
    if (opened == NULL)
        stop(&err);
    printf("{\"step\":\"file\",\"save_ms\":%.2f,\"open_ms\":%.2f}\n", save * 1e3,
           clock_seconds_since(start) * 1e3);
    vector_index_destroy(opened);
    unlink(path);
}

/* The last EXTEND_ROWS rows as if they had come later. */
static void bench_extend(Bench *bench) {
    if (bench->set.row_count <= EXTEND_ROWS)
        return;
    VectorBlock block = {bench->block.vectors, bench->block.row_count - EXTEND_ROWS};
    VectorSet before = bench->set;
    before.blocks = &block;
    before.row_count = block.row_count;
    HnswParams params = params_of(bench);
    Err err = {0};
    VectorIndex *base = hnsw_build(&before, &params, bench->pool, NULL, &err);
    if (base == NULL)
        stop(&err);
    uint64_t start = clock_monotonic_ns();
    VectorIndex *extended = hnsw_extend(base, &bench->set, bench->pool, NULL, &err);
    if (extended == NULL)
        stop(&err);
    printf("{\"step\":\"extend\",\"rows\":%d,\"ms\":%.2f}\n", EXTEND_ROWS,
           clock_seconds_since(start) * 1e3);
    vector_index_destroy(extended);
    vector_index_destroy(base);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void bench_search(Bench *bench, const VectorIndex *index, uint32_t effort) {
    size_t queries = bench->options.queries, found = 0;
    double *latencies = calloc(queries, sizeof *latencies), best_cpu = 1e30, p50 = 0, p99 = 0;
    if (latencies == NULL)
        exit(1);
    for (int pass = 0; pass < PASSES; pass++) {
        double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        found = 0;
        for (size_t q = 0; q < queries; q++) {
            size_t count;
            uint64_t begin = clock_monotonic_ns();
            VectorHit *hits =
                search(bench, index, query_at(bench, q), effort, bench->arena, &count);
            latencies[q] = clock_seconds_since(begin);
            for (size_t i = 0; i < count; i++)
                for (size_t t = 0; t < K; t++)
                    found += hits[i].row == bench->truth[q * K + t];
            arena_reset(bench->arena);
        }
        double cpu = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        if (cpu < best_cpu) {
            best_cpu = cpu;
            qsort(latencies, queries, sizeof *latencies, compare_doubles);
            p50 = latencies[queries / 2];
            p99 = latencies[queries * 99 / 100];
        }
    }
    printf("{\"step\":\"search\",\"effort\":%u,\"recall\":%.4f,\"qps\":%.0f,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f}\n",
           effort, (double)found / (double)(queries * K), (double)queries / best_cpu, p50 * 1e6,
           p99 * 1e6);
    free(latencies);
}

int main(int argc, char **argv) {
    static const uint32_t efforts[] = {16, 32, 48, 64, 96, 128, 200, 400};
    Bench bench = {.options = {.rows = 20000,
                               .dimension = 384,
                               .m = 16,
                               .ef_construction = 200,
                               .queries = 1000,
                               .kernels = "auto"}};
    for (int i = 1; i < argc; i++) {
        if (!parse_option(&bench.options, argv[i])) {
            fprintf(stderr, "bench_hnsw: '%s' is no option; see the top of bench_hnsw.c\n",
                    argv[i]);
            return 2;
        }
    }
    Err err = {0};
    if (!kernels_force(str_c(bench.options.kernels), &err))
        stop(&err);
    bench.arena = arena_create();
    bench.pool = pool_create(bench.options.threads);
    make_data(&bench);
    bench_exact(&bench);
    VectorIndex *index = bench_build(&bench);
    bench_file(&bench, index);
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++)
        bench_search(&bench, index, efforts[i]);
    bench_extend(&bench);
    vector_index_destroy(index);
    free(bench.truth);
    free(bench.queries);
    free((float *)(uintptr_t)bench.block.vectors);
    pool_destroy(bench.pool);
    arena_destroy(bench.arena);
    return 0;
}
