/* test_refresh_checkpoint.c - stopped refreshes are taken over as far as they fit. */
#include "unit.h"

#include "index/refresh_checkpoint.h"
#include "index_fixture.h"

enum { DOCS = 40 };

static void load_docs(Fixture *fixture, int count, const char *word) {
    FixtureDoc *docs = ARENA_ARRAY(fixture->arena, FixtureDoc, (size_t)count);
    for (int i = 0; i < count; i++)
        docs[i] = (FixtureDoc){str_to_c(fixture->arena, str_format(fixture->arena, "d%d", i)),
                               str_to_c(fixture->arena, str_format(fixture->arena, "%s %d",
                                                                   i % 2 == 0 ? "even" : word, i))};
    fixture_load(fixture, "docs", COMMIT_REPLACE, docs, (size_t)count);
}

/* Stops refreshes until so many segments are stored. For each that is checkpointed at most one is
 * not (its checkpoint failed), so of 7 at least 3 are. */
static void stop_refresh(Fixture *fixture, size_t objects) {
    for (uint64_t call = 1; fixture_count_objects(fixture, "vectors/docs/rows/") < objects;
         call++) {
        FaultPlan plan = {.fail_after = call};
        store_faulty_set_plan(fixture->faulty, &plan);
        RefreshRequest request = fixture_request("docs", "docs");
        RefreshResult result;
        Err err = {0};
        bool done = index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err);
        FaultPlan none = {0};
        store_faulty_set_plan(fixture->faulty, &none);
        assert_false(done);
    }
}

static void test_all_of_it_is_taken_over(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_docs(fixture, DOCS, "odd");
    stop_refresh(fixture, 7);
    fixture_restart(fixture);
    uint64_t before = fixture_embedded();
    RefreshResult result = fixture_refresh(fixture, "docs", "docs");
    assert_true(result.resumed >= 24); /* at least three batches of eight */
    assert_int_equal(result.resumed + result.new_chunks_embedded, DOCS);
    assert_int_equal(fixture_embedded() - before, result.new_chunks_embedded);
    assert_int_equal(result.new_docs_embedded, DOCS);
    assert_int_equal(result.total_embeddings_after, DOCS);
    assert_int_equal(fixture_count_objects(fixture, "vectors/docs/staging/"), 0);
    fixture_check(fixture, "docs");
    fixture_destroy(fixture);
}

/* The dataset went on meanwhile: what is still the same is kept, the rest is not. */
static void test_over_a_newer_snapshot_what_fits_is_taken_over(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_docs(fixture, DOCS, "odd");
    stop_refresh(fixture, 7);
    load_docs(fixture, DOCS, "changed");
    fixture_forget_copies(fixture); /* and the decoded copies are lost */
    uint64_t before = fixture_embedded();
    RefreshResult result = fixture_refresh(fixture, "docs", "docs");
    assert_true(result.resumed >= 12 && result.resumed <= 20); /* the even ones */
    assert_int_equal(fixture_embedded() - before, DOCS - result.resumed);
    assert_int_equal(result.total_embeddings_after, DOCS);
    assert_string_equal(fixture_first_hit(fixture, "docs", "changed 7"), "d7");
    assert_string_equal(fixture_first_hit(fixture, "docs", "even 6"), "d6");
    fixture_check(fixture, "docs");
    fixture_destroy(fixture);
}

static void test_other_terms_do_not_fit(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_docs(fixture, DOCS, "odd");
    stop_refresh(fixture, 7);
    RefreshRequest request = fixture_request("docs", "docs");
    request.chunk_size = 100;
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    assert_int_equal(result.resumed, 0);
    assert_int_equal(result.new_chunks_embedded, DOCS);
    assert_int_equal(fixture_count_objects(fixture, "vectors/docs/staging/"), 0); /* cleaned */
    fixture_destroy(fixture);
}

static void test_damaged_leftovers_only_cost_their_own_work(void **state) {
    (void)state;
    const char *const parts[] = {"vectors/docs/staging/", "vectors/docs/rows/"};
    for (size_t i = 0; i < 2; i++) {
        Fixture *fixture = fixture_create();
        load_docs(fixture, DOCS, "odd");
        stop_refresh(fixture, 7);
        fixture_forget_copies(fixture);
        ListRequest list = {.prefix = str_c(parts[i])};
        ObjectPage page;
        Err err = {0};
        assert_ok(store_list(fixture->faulty, &list, fixture->arena, &page, &err), &err);
        assert_true(page.count > 0);
        for (size_t k = 0; k < page.count; k++)
            assert_ok(store_put(fixture->faulty, page.items[k].key, STR("{\"format\":1"),
                                fixture->arena, NULL, &err),
                      &err);
        RefreshResult result = fixture_refresh(fixture, "docs", "docs");
        assert_int_equal(result.resumed, 0);
        assert_int_equal(result.total_embeddings_after, DOCS);
        fixture_check(fixture, "docs");
        fixture_destroy(fixture);
    }
}

/* A cancelled refresh leaves the old index, stale, and its batches to the next one. */
static void test_cancelling(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_docs(fixture, 10, "odd");
    fixture_refresh(fixture, "docs", "docs");
    load_docs(fixture, DOCS, "odd");
    RefreshRequest request = fixture_request("docs", "docs");
    RefreshResult result;
    Err err = {0};
    Progress progress = {0};
    atomic_store(&progress.cancel, true);
    assert_fails(
        index_refresh(fixture->service, &request, &progress, fixture->arena, &result, &err), &err,
        FAIL_CANCELLED);
    IndexRecord record;
    assert_ok(index_get(fixture->service, STR("docs"), fixture->arena, &record, &err), &err);
    assert_int_equal(record.doc_count, 10);
    assert_false(record.fresh);
    result = fixture_refresh(fixture, "docs", "docs");
    assert_int_equal(result.total_embeddings_after, DOCS);
    fixture_destroy(fixture);
}

/* Whoever takes a checkpoint over owns it: the process before is told at its next batch. */
static void test_taking_over_stops_the_one_before(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Arena *arena = fixture->arena;
    SegmentHome home = {.index_name = STR("x"), .bucket = STR("primary"), .store = fixture->faulty};
    CheckpointTerms terms = {STR("f"), 4, 500, 50, 0};
    StagedSegment segment = {
        {STR("vectors/x/rows/a.parquet"), 3, 10, 0, 2, STR("00112233445566778899aabbccddeeff")}, 1};
    Checkpoint first;
    Checkpoint second;
    Err err = {0};
    assert_ok(checkpoint_open(&home, &terms, arena, &first, &err), &err);
    assert_int_equal(checkpoint_next_row_id(&first), 0);
    assert_ok(checkpoint_add(&first, &home, &segment, &err), &err);
    assert_int_equal(checkpoint_next_row_id(&first), 3);
    assert_ok(checkpoint_open(&home, &terms, arena, &second, &err), &err);
    assert_true(str_eq(first.key, second.key));
    assert_int_equal(second.segments[0].truncated_chunks, 1);
    segment.ref.first_row_id = 3;
    segment.ref.last_row_id = 5;
    assert_fails(checkpoint_add(&first, &home, &segment, &err), &err, FAIL_CONFLICT);
    err_clear(&err);
    assert_ok(checkpoint_add(&second, &home, &segment, &err), &err);
    terms.first_row_id = 1; /* another writer has published meanwhile */
    assert_ok(checkpoint_open(&home, &terms, arena, &first, &err), &err);
    assert_int_equal(first.segment_count, 0);
    fixture_destroy(fixture);
}

int suite_test_refresh_checkpoint(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_is_taken_over),
        cmocka_unit_test(test_over_a_newer_snapshot_what_fits_is_taken_over),
        cmocka_unit_test(test_other_terms_do_not_fit),
        cmocka_unit_test(test_damaged_leftovers_only_cost_their_own_work),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_taking_over_stops_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
