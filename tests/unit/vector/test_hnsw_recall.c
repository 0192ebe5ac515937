/* Recall has floors: 20,000 rows of 64 dimensions in topics, per metric and per way to come by a
 * graph. The mean of recall@10 over 200 held-out queries at ef 64 must not fall below them. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "vector/hnsw.h"
#include "vector_data.h"

enum { ROWS = UNDER_SANITIZER ? 3000 : 20000, FIRST_ROWS = ROWS / 4 * 3 };
enum { DIMENSION = 64, QUERIES = 200, K = 10, EF = 64 };

typedef struct Recall {
    Arena *arena;
    ThreadPool *pool;
    const float *vectors, *queries;
    VectorSet set;
    VectorHit *truth[QUERIES];
} Recall;

static Recall recall_make(Metric metric) {
    Recall recall = {.arena = arena_create(), .pool = pool_create(2)};
    DataSpec spec = {.rows = ROWS,
                     .dimension = DIMENSION,
                     .topics = 300,
                     .latent = 24,
                     .spread = 1.2,
                     .metric = metric,
                     .seed = 31,
                     .rows_seed = 32};
    recall.vectors = data_make(&spec, recall.arena);
    recall.set = data_set_whole(recall.vectors, &spec, recall.arena);
    spec.rows = QUERIES;
    spec.rows_seed = 33;
    recall.queries = data_make(&spec, recall.arena);
    VectorIndex *flat = flat_index_create(&recall.set);
    for (uint32_t q = 0; q < QUERIES; q++) {
        VectorSearch request = {.query = recall.queries + (size_t)q * DIMENSION, .k = K};
        size_t count;
        Err err = {0};
        assert_ok(vector_index_search(flat, &request, recall.arena, &recall.truth[q], &count, &err),
                  &err);
        assert_int_equal(count, K);
    }
    vector_index_destroy(flat);
    return recall;
}

static void recall_free(Recall *recall) {
    pool_destroy(recall->pool);
    arena_destroy(recall->arena);
}

static void assert_floor(const Recall *recall, const VectorIndex *index, const char *mode,
                         double floor) {
    double sum = 0;
    for (uint32_t q = 0; q < QUERIES; q++) {
        VectorSearch request = {
            .query = recall->queries + (size_t)q * DIMENSION, .k = K, .effort = EF};
        VectorHit *hits;
        size_t count;
        Err err = {0};
        assert_ok(vector_index_search(index, &request, recall->arena, &hits, &count, &err), &err);
        assert_int_equal(count, K);
        sum += recall_at_k(&recall->set, &request, recall->truth[q], hits, count);
    }
    double mean = sum / QUERIES;
    print_message("%s, %s: recall@10 %.4f (floor %.2f)\n", metric_name(recall->set.metric), mode,
                  mean, floor);
    if (mean < floor)
        fail_msg("%s, %s: recall@10 %.4f is below %.2f", metric_name(recall->set.metric), mode,
                 mean, floor);
}

static VectorIndex *extended(const Recall *recall) {
    HnswParams params = hnsw_params_default();
    VectorSet first = data_set(recall->vectors, FIRST_ROWS, DIMENSION, recall->set.metric, NULL, 0,
                               recall->arena);
    Err err = {0};
    VectorIndex *base = hnsw_build(&first, &params, recall->pool, NULL, &err);
    assert_non_null(base);
    VectorIndex *index = hnsw_extend(base, &recall->set, recall->pool, NULL, &err);
    assert_non_null(index);
    vector_index_destroy(base);
    return index;
}

static VectorIndex *reloaded(const Recall *recall, const VectorIndex *index) {
    char path[] = "/tmp/test_hnsw_recall_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    Err err = {0};
    assert_ok(hnsw_save(index, path, &err), &err);
    VectorIndex *opened = hnsw_open(path, &recall->set, &err);
    if (opened == NULL)
        fail_msg("%s", err.message);
    assert_int_equal(unlink(path), 0);
    return opened;
}

static void check_metric(Metric metric, double floor) {
    Recall recall = recall_make(metric);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *parallel = hnsw_build(&recall.set, &params, recall.pool, NULL, &err);
    assert_non_null(parallel);
    assert_ok(vector_index_check(parallel, &err), &err);
    assert_floor(&recall, parallel, "parallel", floor);
    VectorIndex *opened = reloaded(&recall, parallel);
    assert_floor(&recall, opened, "reloaded", floor);
    vector_index_destroy(opened);
    vector_index_destroy(parallel);

    VectorIndex *longer = extended(&recall);
    assert_ok(vector_index_check(longer, &err), &err);
    assert_floor(&recall, longer, "extended", floor);
    vector_index_destroy(longer);
    recall_free(&recall);
}

/* Once is enough: test_hnsw_build.c shows that threads make the same graph. */
static void building_on_one_thread_has_its_floor(void **state) {
    (void)state;
    Recall recall = recall_make(METRIC_COSINE);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *serial = hnsw_build(&recall.set, &params, NULL, NULL, &err);
    assert_non_null(serial);
    assert_floor(&recall, serial, "serial", 0.98);
    vector_index_destroy(serial);
    recall_free(&recall);
}

static void cosine_has_its_floor(void **state) {
    (void)state;
    check_metric(METRIC_COSINE, 0.98);
}

static void l2_has_its_floor(void **state) {
    (void)state;
    check_metric(METRIC_L2, 0.98);
}

static void dot_has_its_floor(void **state) {
    (void)state;
    check_metric(METRIC_DOT, 0.98);
}

int suite_test_hnsw_recall(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(building_on_one_thread_has_its_floor),
        cmocka_unit_test(cosine_has_its_floor),
        cmocka_unit_test(l2_has_its_floor),
        cmocka_unit_test(dot_has_its_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
