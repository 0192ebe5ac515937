/* test_metrics.c - sums over threads are exact, and the text is what Prometheus reads. */
#include "unit.h"

#include <pthread.h>

#include "base/metrics.h"

enum { THREADS = 8, ROUNDS = 5000 };

static void *add_many(void *unused) {
    (void)unused;
    for (size_t i = 0; i < ROUNDS; i++) {
        metric_add(METRIC_STORE_GETS, 1);
        metric_observe(METRIC_QUERY_SECONDS, 0.003);
        metric_set(METRIC_JOBS_QUEUED, -5);
    }
    return NULL;
}

static void sums_over_threads(void **state) {
    (void)state;
    uint64_t gets = metric_value(METRIC_STORE_GETS);
    uint64_t queries = metric_value(METRIC_QUERY_SECONDS);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_value(METRIC_STORE_GETS), gets + THREADS * ROUNDS);
    assert_int_equal(metric_value(METRIC_QUERY_SECONDS), queries + THREADS * ROUNDS);
    assert_int_equal((int64_t)metric_value(METRIC_JOBS_QUEUED), -5);
}

static void renders_prometheus_text(void **state) {
    (void)state;
    Arena *arena = arena_create();
    metric_add(METRIC_CATALOG_COMMITS, 3);
    metric_set(METRIC_BUDGET_BYTES, 1 << 20);
    metric_observe(METRIC_EMBED_SECONDS, 0.0005); /* a bound belongs to its bucket */
    metric_observe(METRIC_EMBED_SECONDS, 0.02);
    metric_observe(METRIC_EMBED_SECONDS, 500);
    metric_observe(METRIC_EMBED_SECONDS, -1);
    StrBuf out = strbuf_make(arena);
    metrics_render(&out);
    static const char *const expected[] = {
        "# HELP lakehouse_catalog_commits_total snapshots published\n"
        "# TYPE lakehouse_catalog_commits_total counter\nlakehouse_catalog_commits_total 3\n",
        "# TYPE lakehouse_memory_budget_used_bytes gauge\n"
        "lakehouse_memory_budget_used_bytes 1048576\n",
        "# TYPE lakehouse_embed_seconds histogram\n"
        "lakehouse_embed_seconds_bucket{le=\"0.0005\"} 2\n"
        "lakehouse_embed_seconds_bucket{le=\"0.001\"} 2\n",
        "lakehouse_embed_seconds_bucket{le=\"0.01\"} 2\n"
        "lakehouse_embed_seconds_bucket{le=\"0.025\"} 3\n",
        "lakehouse_embed_seconds_bucket{le=\"120\"} 3\n"
        "lakehouse_embed_seconds_bucket{le=\"+Inf\"} 4\n"
        "lakehouse_embed_seconds_sum 500.020500000\nlakehouse_embed_seconds_count 4\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (str_find(strbuf_str(&out), str_c(expected[i]), 0) == SIZE_MAX)
            fail_msg("missing:\n%s\nin:\n%.*s", expected[i], STR_ARG(strbuf_str(&out)));
    arena_destroy(arena);
}

int suite_test_metrics(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_threads),
        cmocka_unit_test(renders_prometheus_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
