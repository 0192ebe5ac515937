/* test_index_feed.c - indexes fed by upserts: texts, vectors, replaced and deleted documents. */
#include "unit.h"

#include <math.h>
#include <pthread.h>

#include "index_fixture.h"

static bool upsert(Fixture *fixture, UpsertRequest *request, FeedResult *out, Err *err) {
    return index_upsert(fixture->service, request, NULL, fixture->arena, out, err);
}

static void test_texts_make_an_index_with_the_default_model(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    UpsertRow rows[] = {
        {.doc_id = STR("a"), .has_text = true, .text = STR("alpha"), .source = STR("s1")},
        {.doc_id = STR("b"), .has_text = true, .text = STR("beta")},
        {.doc_id = STR("a"), .has_text = true, .text = STR("gamma"), .source = STR("s2")},
    };
    UpsertRequest request = {.index_name = STR("notes"), .rows = rows, .row_count = 3};
    FeedResult result;
    Err err = {0};
    assert_fails(upsert(fixture, &request, &result, &err), &err, FAIL_NOT_FOUND);
    request.create = true;
    uint64_t before = fixture_embedded();
    assert_ok(upsert(fixture, &request, &result, &err), &err);
    assert_int_equal(fixture_embedded() - before, 2); /* the first version of "a" never counted */
    assert_int_equal(result.inserted, 2);
    assert_int_equal(result.updated, 0);
    assert_int_equal(result.rows, 2);
    assert_string_equal(fixture_first_hit(fixture, "notes", "gamma"), "a");
    IndexRecord record;
    assert_ok(index_get(fixture->service, STR("notes"), fixture->arena, &record, &err), &err);
    assert_true(record.fresh);
    assert_str_equal(record.source, "");
    assert_str_equal(record.model_name, "fake");
    before = fixture_embedded();
    assert_ok(upsert(fixture, &request, &result, &err), &err); /* the same again */
    assert_int_equal(fixture_embedded() - before, 0);
    assert_int_equal(result.updated, 2);
    rows[1].text = STR("delta");
    assert_ok(upsert(fixture, &request, &result, &err), &err);
    assert_int_equal(result.rows, 2);
    assert_string_equal(fixture_first_hit(fixture, "notes", "delta"), "b");
    fixture_check(fixture, "notes");
    fixture_destroy(fixture);
}

static void test_vectors_need_no_model(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    const float east[] = {3, 0}, north[] = {0, 2}, nothing[] = {0, 0}, broken[] = {1, NAN};
    const float longer[] = {1, 2, 3};
    UpsertRow rows[] = {
        {.doc_id = STR("east"), .vector = east, .dimension = 2},
        {.doc_id = STR("north"),
         .vector = north,
         .dimension = 2,
         .has_text = true,
         .text = STR("n")},
    };
    UpsertRequest request = {
        .index_name = STR("points"), .rows = rows, .row_count = 2, .create = true};
    FeedResult result;
    Err err = {0};
    assert_ok(upsert(fixture, &request, &result, &err), &err);
    assert_int_equal(result.inserted, 2);
    const float wanted[] = {10, 1};
    IndexQuery query = {.index_name = STR("points"), .vector = wanted, .dimension = 2, .top_k = 5};
    IndexAnswer answer;
    assert_ok(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err);
    assert_int_equal(answer.hit_count, 2);
    assert_str_equal(answer.hits[0].doc_id, "east");
    assert_str_equal(answer.hits[1].chunk_text, "n");
    assert_true(fabsf(answer.hits[0].score - 10.0f / sqrtf(101.0f)) < 1e-5f);
    assert_true(fabsf(answer.hits[0].distance - (1 - answer.hits[0].score)) < 1e-6f);
    query = (IndexQuery){.index_name = STR("points"), .text = STR("east"), .top_k = 1};
    assert_fails(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err,
                 FAIL_UNPROCESSABLE);
    UpsertRow bad = {.doc_id = STR("x"), .vector = longer, .dimension = 3};
    UpsertRequest refused = {.index_name = STR("points"), .rows = &bad, .row_count = 1};
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_UNPROCESSABLE);
    bad = (UpsertRow){.doc_id = STR("x"), .vector = nothing, .dimension = 2};
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_INVALID);
    bad.vector = broken;
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_INVALID);
    bad = (UpsertRow){.doc_id = STR("x"), .has_text = true, .text = STR("a text")};
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_UNPROCESSABLE);
    bad = (UpsertRow){.doc_id = STR_EMPTY, .vector = east, .dimension = 2};
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_INVALID);
    bad = (UpsertRow){.doc_id = STR("x")};
    assert_fails(upsert(fixture, &refused, &result, &err), &err, FAIL_INVALID);
    assert_int_equal(fixture_chunks(fixture, "points", "x"), 0);
    fixture_destroy(fixture);
}

static void test_l2_and_dot_keep_lengths(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    const float near[] = {1, 0}, far[] = {5, 0};
    UpsertRow rows[] = {{.doc_id = STR("near"), .vector = near, .dimension = 2},
                        {.doc_id = STR("far"), .vector = far, .dimension = 2}};
    const float wanted[] = {1.5f, 0};
    const struct {
        Metric metric;
        const char *name, *first;
        float score;
    } cases[] = {{METRIC_L2, "l2", "near", -0.25f}, {METRIC_DOT, "dot", "far", 7.5f}};
    for (size_t i = 0; i < 2; i++) {
        UpsertRequest request = {.index_name = str_c(cases[i].name),
                                 .rows = rows,
                                 .row_count = 2,
                                 .create = true,
                                 .dimensions = 2,
                                 .metric = cases[i].metric};
        FeedResult result;
        Err err = {0};
        assert_ok(upsert(fixture, &request, &result, &err), &err);
        IndexQuery query = {
            .index_name = str_c(cases[i].name), .vector = wanted, .dimension = 2, .top_k = 2};
        IndexAnswer answer;
        assert_ok(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err);
        assert_str_equal(answer.hits[0].doc_id, cases[i].first);
        assert_true(fabsf(answer.hits[0].score - cases[i].score) < 1e-6f);
    }
    fixture_destroy(fixture);
}

static void test_deleting(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    UpsertRow rows[20];
    for (size_t i = 0; i < 20; i++)
        rows[i] = (UpsertRow){.doc_id = str_format(fixture->arena, "d%zu", i),
                              .has_text = true,
                              .text = str_format(fixture->arena, "text %zu", i)};
    UpsertRequest request = {
        .index_name = STR("notes"), .rows = rows, .row_count = 20, .create = true};
    FeedResult result;
    Err err = {0};
    const Str gone[] = {STR("d3"), STR("nobody"), STR("d4"), STR("d3")};
    assert_fails(
        index_delete_docs(fixture->service, STR("notes"), gone, 4, fixture->arena, &result, &err),
        &err, FAIL_NOT_FOUND);
    assert_ok(upsert(fixture, &request, &result, &err), &err);
    assert_ok(
        index_delete_docs(fixture->service, STR("notes"), gone, 4, fixture->arena, &result, &err),
        &err);
    assert_int_equal(result.deleted, 2);
    assert_int_equal(result.rows, 18);
    assert_int_equal(fixture_chunks(fixture, "notes", "d3"), 0);
    assert_string_not_equal(fixture_first_hit(fixture, "notes", "text 3"), "d3");
    fixture_restart(fixture);
    assert_int_equal(fixture_chunks(fixture, "notes", "d3"), 0);
    assert_int_equal(fixture_chunks(fixture, "notes", "d5"), 1);
    IndexRecord record;
    assert_ok(index_get(fixture->service, STR("notes"), fixture->arena, &record, &err), &err);
    assert_int_equal(record.tombstone_count, 2);
    /* More than 30 % dead: the living are written anew, the dead forgotten. */
    Str many[10];
    for (size_t i = 0; i < 10; i++)
        many[i] = rows[5 + i].doc_id;
    assert_ok(
        index_delete_docs(fixture->service, STR("notes"), many, 10, fixture->arena, &result, &err),
        &err);
    assert_int_equal(result.rows, 8);
    assert_ok(index_get(fixture->service, STR("notes"), fixture->arena, &record, &err), &err);
    assert_int_equal(record.tombstone_count, 0);
    assert_int_equal(record.segment_count, 1);
    assert_string_equal(fixture_first_hit(fixture, "notes", "text 17"), "d17");
    fixture_check(fixture, "notes");
    fixture_destroy(fixture);
}

static void test_the_two_ways_of_feeding_do_not_mix(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    const FixtureDoc docs[] = {{"a", "text"}};
    UpsertRow row = {.doc_id = STR("a"), .has_text = true, .text = STR("text")};
    UpsertRequest request = {.index_name = STR("made"), .rows = &row, .row_count = 1};
    FeedResult result;
    Err err = {0};
    fixture_load(fixture, "docs", COMMIT_APPEND, docs, 1);
    fixture_refresh(fixture, "docs", "made");
    assert_fails(upsert(fixture, &request, &result, &err), &err, FAIL_UNPROCESSABLE);
    Str id = STR("a");
    assert_fails(
        index_delete_docs(fixture->service, STR("made"), &id, 1, fixture->arena, &result, &err),
        &err, FAIL_UNPROCESSABLE);
    request.index_name = STR("fed");
    request.create = true;
    assert_ok(upsert(fixture, &request, &result, &err), &err);
    RefreshRequest refresh = fixture_request("docs", "fed");
    RefreshResult refreshed;
    assert_fails(index_refresh(fixture->service, &refresh, NULL, fixture->arena, &refreshed, &err),
                 &err, FAIL_UNPROCESSABLE);
    fixture_destroy(fixture);
}

typedef struct Feeder {
    Fixture *fixture;
    unsigned number;
    Err err;
    bool ok;
} Feeder;

static void *feed_loop(void *context) {
    Feeder *feeder = context;
    Arena *arena = arena_create();
    feeder->ok = true;
    for (unsigned i = 0; feeder->ok && i < 10; i++) {
        UpsertRow row = {.doc_id = str_format(arena, "t%u-%u", feeder->number, i),
                         .has_text = true,
                         .text = str_format(arena, "text %u of %u", i, feeder->number)};
        UpsertRequest request = {
            .index_name = STR("shared"), .rows = &row, .row_count = 1, .create = true};
        FeedResult result;
        feeder->ok =
            index_upsert(feeder->fixture->service, &request, NULL, arena, &result, &feeder->err);
    }
    arena_destroy(arena);
    return NULL;
}

static void test_upserts_at_once_wait_for_each_other(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Feeder feeders[4];
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        feeders[i] = (Feeder){.fixture = fixture, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, feed_loop, &feeders[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_ok(feeders[i].ok, &feeders[i].err);
    }
    IndexRecord record;
    Err err = {0};
    assert_ok(index_get(fixture->service, STR("shared"), fixture->arena, &record, &err), &err);
    assert_int_equal(record.doc_count, 40);
    assert_true(record.segment_count <= 4);
    fixture_check(fixture, "shared");
    fixture_destroy(fixture);
}

int suite_test_index_feed(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_make_an_index_with_the_default_model),
        cmocka_unit_test(test_vectors_need_no_model),
        cmocka_unit_test(test_l2_and_dot_keep_lengths),
        cmocka_unit_test(test_deleting),
        cmocka_unit_test(test_the_two_ways_of_feeding_do_not_mix),
        cmocka_unit_test(test_upserts_at_once_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
