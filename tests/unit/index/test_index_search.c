/* test_index_search.c - plans, filters of dead rows, bounds, freshness, documents, and searches in
 * a loop while refreshes go on. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/metrics.h"
#include "index_fixture.h"

enum { ROWS = 300 };

static void load_rows(Fixture *fixture, const char *dataset, int from, int to, const char *word) {
    static const FixtureColumn columns[] = {{"id", "INTEGER"}, {"text", "VARCHAR"}};
    Str sql = str_format(fixture->arena,
                         "SELECT i::INTEGER AS id, '%s ' || i AS text FROM range(%d, %d) r(i)",
                         word, from, to);
    fixture_load_select(fixture, dataset, COMMIT_REPLACE, str_to_c(fixture->arena, sql), columns,
                        2);
}

static IndexAnswer search(Fixture *fixture, const IndexQuery *query) {
    Err err = {0};
    IndexAnswer answer;
    assert_ok(index_search(fixture->service, query, fixture->arena, &answer, &err), &err);
    return answer;
}

static bool plan_is(const IndexAnswer *answer, const char *plan) {
    return str_eq_c(answer->plan, plan);
}

static void test_exact_and_graph_agree(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture->config.checkpoint_texts = 128;
    fixture_restart(fixture);
    load_rows(fixture, "rows", 0, ROWS, "row");
    fixture_refresh(fixture, "rows", "rows");
    IndexQuery query = {.index_name = STR("rows"), .text = STR("row 17"), .top_k = 10};
    IndexAnswer exact = search(fixture, &query);
    assert_true(plan_is(&exact, "exact"));
    assert_int_equal(exact.hit_count, 10);
    assert_str_equal(exact.hits[0].doc_id, "17");
    assert_true(exact.hits[0].score > 0.999f);
    assert_true(exact.fresh);
    assert_str_equal(exact.backend, "parquet");
    BuildRequest build = {.index_name = STR("rows"), .m = 8, .ef_construction = 100};
    BuildResult built;
    Err err = {0};
    assert_ok(index_build_hnsw(fixture->service, &build, NULL, fixture->arena, &built, &err), &err);
    assert_int_equal(built.rows, ROWS);
    assert_true(built.bytes > 0);
    assert_int_equal(built.params.m, 8);
    query.ef_search = ROWS;
    IndexAnswer walked = search(fixture, &query);
    assert_true(plan_is(&walked, "hnsw ef=300"));
    assert_int_equal(walked.hit_count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_true(str_eq(walked.hits[i].doc_id, exact.hits[i].doc_id));
    query.exact = true;
    exact = search(fixture, &query);
    assert_true(plan_is(&exact, "exact"));
    fixture_destroy(fixture);
}

static void test_a_tail_after_the_graph_is_searched_exactly(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, ROWS, "row");
    fixture_refresh(fixture, "rows", "rows");
    BuildRequest build = {.index_name = STR("rows")};
    BuildResult built;
    Err err = {0};
    assert_ok(index_build_hnsw(fixture->service, &build, NULL, fixture->arena, &built, &err), &err);
    load_rows(fixture, "rows", 5, ROWS + 20, "row"); /* 5 gone, 20 new */
    fixture_refresh(fixture, "rows", "rows");
    for (int restart = 0; restart < 2; restart++) {
        IndexQuery query = {.index_name = STR("rows"), .text = STR("row 310"), .top_k = 3};
        IndexAnswer answer = search(fixture, &query);
        assert_true(plan_is(&answer, "hnsw ef=64 + exact tail of 20 rows"));
        assert_str_equal(answer.hits[0].doc_id, "310");
        query.text = STR("row 100");
        answer = search(fixture, &query);
        assert_str_equal(answer.hits[0].doc_id, "100");
        query.text = STR("row 3"); /* gone */
        query.top_k = 1000;
        answer = search(fixture, &query);
        assert_int_equal(answer.hit_count, ROWS + 15);
        for (size_t i = 0; i < answer.hit_count; i++)
            assert_false(str_eq_c(answer.hits[i].doc_id, "3"));
        fixture_check(fixture, "rows");
        fixture_restart(fixture);
    }
    fixture_destroy(fixture);
}

static void test_a_graph_is_made_grown_and_made_anew(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture->config.graph_rows_min = 250;
    fixture->config.checkpoint_texts = 1024;
    fixture_restart(fixture);
    load_rows(fixture, "rows", 0, 200, "row");
    fixture_refresh(fixture, "rows", "rows");
    IndexQuery query = {.index_name = STR("rows"), .text = STR("row 60"), .top_k = 1};
    IndexAnswer answer = search(fixture, &query);
    assert_true(plan_is(&answer, "exact"));
    load_rows(fixture, "rows", 0, 300, "row");
    fixture_refresh(fixture, "rows", "rows");
    answer = search(fixture, &query);
    assert_true(plan_is(&answer, "hnsw ef=64"));
    load_rows(fixture, "rows", 0, 3000, "row"); /* a tail longer than allowed */
    fixture_refresh(fixture, "rows", "rows");
    answer = search(fixture, &query);
    assert_true(plan_is(&answer, "hnsw ef=64"));
    assert_str_equal(answer.hits[0].doc_id, "60");
    load_rows(fixture, "rows", 1500, 3000, "row"); /* half of it dead: purged, numbered anew */
    fixture_refresh(fixture, "rows", "rows");
    query.text = STR("row 2222");
    answer = search(fixture, &query);
    assert_true(plan_is(&answer, "hnsw ef=64"));
    assert_str_equal(answer.hits[0].doc_id, "2222");
    fixture_check(fixture, "rows");
    fixture_destroy(fixture);
}

static void test_a_damaged_graph_is_said_not_hidden(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, ROWS, "row");
    fixture_refresh(fixture, "rows", "rows");
    BuildRequest build = {.index_name = STR("rows")};
    BuildResult built;
    Err err = {0};
    assert_ok(index_build_hnsw(fixture->service, &build, NULL, fixture->arena, &built, &err), &err);
    ListRequest list = {.prefix = STR("vectors/rows/builds/")};
    ObjectPage page;
    assert_ok(store_list(fixture->faulty, &list, fixture->arena, &page, &err), &err);
    assert_int_equal(page.count, 1);
    assert_ok(
        store_put(fixture->faulty, page.items[0].key, STR("garbage"), fixture->arena, NULL, &err),
        &err);
    fixture_restart(fixture);
    IndexQuery query = {.index_name = STR("rows"), .text = STR("row 5"), .top_k = 1};
    IndexAnswer answer;
    assert_fails(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err,
                 FAIL_CORRUPT);
    assert_non_null(strstr(err.message, "vectors/rows/builds/"));
    query.exact = true;
    answer = search(fixture, &query);
    assert_str_equal(answer.hits[0].doc_id, "5");
    err_clear(&err);
    assert_ok(index_build_hnsw(fixture->service, &build, NULL, fixture->arena, &built, &err), &err);
    query.exact = false;
    answer = search(fixture, &query);
    assert_true(plan_is(&answer, "hnsw ef=64"));
    fixture_destroy(fixture);
}

static void refuse(Fixture *fixture, const IndexQuery *query, FailKind kind, const char *said) {
    Err err = {0};
    IndexAnswer answer;
    assert_fails(index_search(fixture->service, query, fixture->arena, &answer, &err), &err, kind);
    if (strstr(err.message, said) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, said);
}

static void test_bad_searches_name_the_field(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, 10, "row");
    fixture_refresh(fixture, "rows", "rows");
    const float vector[16] = {1};
    const IndexQuery good = {.index_name = STR("rows"), .text = STR("x"), .top_k = 1};
    IndexQuery bad = good;
    bad.top_k = 0;
    refuse(fixture, &bad, FAIL_INVALID, "top_k");
    bad.top_k = 10001;
    refuse(fixture, &bad, FAIL_INVALID, "top_k");
    bad = good;
    bad.text = STR_EMPTY;
    refuse(fixture, &bad, FAIL_INVALID, "query");
    bad = good;
    bad.vector = vector;
    bad.dimension = 16;
    refuse(fixture, &bad, FAIL_INVALID, "vector");
    bad.text = STR_EMPTY;
    bad.dimension = 3;
    refuse(fixture, &bad, FAIL_INVALID, "16");
    bad = good;
    bad.text = STR("\xff");
    refuse(fixture, &bad, FAIL_INVALID, "query");
    bad = good;
    bad.index_name = STR("nobody");
    refuse(fixture, &bad, FAIL_NOT_FOUND, "nobody");
    bad = good;
    bad.top_k = 10000;
    IndexAnswer answer = search(fixture, &bad);
    assert_int_equal(answer.hit_count, 10);
    fixture_destroy(fixture);
}

static void test_a_query_asked_again_is_not_embedded(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, 10, "row");
    fixture_refresh(fixture, "rows", "rows");
    IndexQuery query = {.index_name = STR("rows"), .text = STR("row 4"), .top_k = 1};
    search(fixture, &query);
    uint64_t before = fixture_embedded();
    uint64_t hits = metric_value(METRIC_QUERY_CACHE_HITS);
    search(fixture, &query);
    assert_int_equal(fixture_embedded(), before);
    assert_int_equal(metric_value(METRIC_QUERY_CACHE_HITS), hits + 1);
    fixture_destroy(fixture);
}

/* What another process publishes is seen; what it deletes is gone. */
static void test_another_process_is_noticed(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, 10, "row");
    fixture_refresh(fixture, "rows", "rows");
    IndexService *first = fixture->service;
    Err err = {0};
    IndexConfig config = fixture->config;
    config.row_cache_directory = str_format(fixture->arena, "%s/copies2", fixture->folder);
    IndexService *second = index_service_create(&config, &first->deps, &err);
    assert_non_null(second);
    IndexQuery query = {.index_name = STR("rows"), .text = STR("new 4"), .top_k = 1};
    IndexAnswer answer;
    assert_ok(index_search(second, &query, fixture->arena, &answer, &err), &err);
    load_rows(fixture, "rows", 0, 10, "new");
    fixture_refresh(fixture, "rows", "rows");
    index_registry_expire(second->registry, STR("rows"));
    assert_ok(index_search(second, &query, fixture->arena, &answer, &err), &err);
    assert_str_equal(answer.hits[0].chunk_text, "new 4");
    assert_ok(index_delete(first, STR("rows"), &err), &err);
    index_registry_expire(second->registry, STR("rows"));
    assert_fails(index_search(second, &query, fixture->arena, &answer, &err), &err, FAIL_NOT_FOUND);
    index_service_destroy(second);
    fixture_destroy(fixture);
}

typedef struct Searcher {
    Fixture *fixture;
    atomic_bool *stop;
    uint64_t searches, mixed, failed;
    Err err;
} Searcher;

static void *search_loop(void *context) {
    Searcher *searcher = context;
    while (!atomic_load(searcher->stop)) {
        Arena *arena = arena_create();
        IndexQuery query = {
            .index_name = STR("rows"), .text = STR("anything"), .top_k = ROWS, .exact = true};
        IndexAnswer answer;
        bool ok = index_search(searcher->fixture->service, &query, arena, &answer, &searcher->err);
        searcher->failed += !ok;
        for (size_t i = 0; ok && i < answer.hit_count; i++)
            searcher->mixed +=
                answer.hit_count != ROWS ||
                memcmp(answer.hits[i].chunk_text.data, answer.hits[0].chunk_text.data, 5) != 0;
        searcher->searches++;
        arena_destroy(arena);
    }
    return NULL;
}

/* Each state has its own word in every text: a search sees one word, and all rows. */
static void test_searches_see_the_old_index_or_the_new(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture->config.checkpoint_texts = 100;
    fixture_restart(fixture);
    load_rows(fixture, "rows", 0, ROWS, "turn0");
    fixture_refresh(fixture, "rows", "rows");
    atomic_bool stop = false;
    Searcher searchers[2];
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        searchers[i] = (Searcher){.fixture = fixture, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, search_loop, &searchers[i]), 0);
    }
    for (int turn = 1; turn < 8; turn++) {
        char word[16];
        snprintf(word, sizeof word, "turn%d", turn);
        load_rows(fixture, "rows", 0, ROWS, word);
        RefreshResult result = fixture_refresh(fixture, "rows", "rows");
        assert_int_equal(result.changed_docs_embedded, ROWS);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        if (searchers[i].failed > 0)
            fail_msg("%s", searchers[i].err.message);
        assert_int_equal(searchers[i].mixed, 0);
        assert_true(searchers[i].searches > 0);
    }
    fixture_destroy(fixture);
}

static void test_documents(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_rows(fixture, "rows", 0, 50, "row");
    fixture_refresh(fixture, "rows", "rows");
    IndexHit *chunks;
    size_t count;
    Err err = {0};
    assert_ok(
        index_doc(fixture->service, STR("rows"), STR("7"), fixture->arena, &chunks, &count, &err),
        &err);
    assert_int_equal(count, 1);
    assert_str_equal(chunks[0].chunk_text, "row 7");
    assert_str_equal(chunks[0].source, "rows");
    assert_fails(
        index_doc(fixture->service, STR("rows"), STR("70"), fixture->arena, &chunks, &count, &err),
        &err, FAIL_NOT_FOUND);
    assert_non_null(strstr(err.message, "70"));
    assert_fails(
        index_doc(fixture->service, STR("none"), STR("7"), fixture->arena, &chunks, &count, &err),
        &err, FAIL_NOT_FOUND);
    fixture_destroy(fixture);
}

int suite_test_index_search(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_and_graph_agree),
        cmocka_unit_test(test_a_tail_after_the_graph_is_searched_exactly),
        cmocka_unit_test(test_a_graph_is_made_grown_and_made_anew),
        cmocka_unit_test(test_a_damaged_graph_is_said_not_hidden),
        cmocka_unit_test(test_bad_searches_name_the_field),
        cmocka_unit_test(test_a_query_asked_again_is_not_embedded),
        cmocka_unit_test(test_another_process_is_noticed),
        cmocka_unit_test(test_searches_see_the_old_index_or_the_new),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
