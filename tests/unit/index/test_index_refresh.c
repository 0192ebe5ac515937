/* test_index_refresh.c - a refresh embeds exactly what changed, and says what it did. */
#include "unit.h"

#include <pthread.h>

#include "index_fixture.h"

static const FixtureDoc three[] = {
    {"a", "apples are red"}, {"b", "bananas are yellow"}, {"c", "cherries are dark"}};

static IndexRecord get(Fixture *fixture, const char *name) {
    Err err = {0};
    IndexRecord record;
    assert_ok(index_get(fixture->service, str_c(name), fixture->arena, &record, &err), &err);
    return record;
}

static void test_first_refresh_makes_the_index(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    uint64_t before = fixture_embedded();
    RefreshResult result = fixture_refresh(fixture, "fruit", "fruits_v2");
    assert_int_equal(fixture_embedded() - before, 3);
    assert_int_equal(result.pre_existing_docs, 0);
    assert_int_equal(result.dataset_docs, 3);
    assert_int_equal(result.new_docs_embedded, 3);
    assert_int_equal(result.new_chunks_embedded, 3);
    assert_int_equal(result.total_embeddings_after, 3);
    assert_true(result.stale_cleared);
    assert_str_equal(result.dataset_name, "fruit");
    IndexRecord record = get(fixture, "fruits_v2");
    assert_str_equal(record.source, "fruit"); /* what was refreshed, not what the name suggests */
    assert_str_equal(record.bucket, "primary");
    assert_str_equal(record.vector_backend, "parquet");
    assert_str_equal(record.model_name, "fake");
    assert_str_equal(record.live_kind, "exact");
    assert_int_equal(record.dimensions, 16);
    assert_int_equal(record.doc_count, 3);
    assert_int_equal(record.chunk_size, 500);
    assert_int_equal(record.snapshot_id, result.snapshot_id);
    assert_true(record.fresh);
    assert_string_equal(fixture_first_hit(fixture, "fruits_v2", "bananas are yellow"), "b");
    fixture_check(fixture, "fruits_v2");
    fixture_destroy(fixture);
}

static void test_second_refresh_embeds_nothing(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    RefreshResult first = fixture_refresh(fixture, "fruit", "fruit");
    uint64_t before = fixture_embedded();
    RefreshResult second = fixture_refresh(fixture, "fruit", "fruit");
    assert_int_equal(fixture_embedded() - before, 0);
    assert_int_equal(second.pre_existing_docs, 3);
    assert_int_equal(second.dataset_docs, 3);
    assert_int_equal(second.new_docs_embedded + second.changed_docs_embedded, 0);
    assert_int_equal(second.total_embeddings_after, 3);
    assert_true(second.stale_cleared);
    assert_int_equal(second.snapshot_id, first.snapshot_id);
    /* The same rows again, as a new snapshot: compared, and nothing to do. */
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 3);
    assert_false(get(fixture, "fruit").fresh);
    RefreshResult third = fixture_refresh(fixture, "fruit", "fruit");
    assert_int_equal(fixture_embedded() - before, 0);
    assert_true(third.stale_cleared);
    assert_true(get(fixture, "fruit").fresh);
    fixture_destroy(fixture);
}

static void test_changed_new_and_gone_documents(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    const FixtureDoc after[] = {
        {"a", "apples are green"}, {"c", "cherries are dark"}, {"d", "dates are sweet"}};
    fixture_load(fixture, "fruit", COMMIT_REPLACE, after, 3);
    uint64_t before = fixture_embedded();
    RefreshResult result = fixture_refresh(fixture, "fruit", "fruit");
    assert_int_equal(fixture_embedded() - before, 2);
    assert_int_equal(result.pre_existing_docs, 3);
    assert_int_equal(result.new_docs_embedded, 1);
    assert_int_equal(result.changed_docs_embedded, 1);
    assert_int_equal(result.deleted_docs, 1);
    assert_int_equal(result.total_embeddings_after, 3);
    assert_int_equal(fixture_chunks(fixture, "fruit", "b"), 0);
    assert_string_not_equal(fixture_first_hit(fixture, "fruit", "bananas are yellow"), "b");
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples are green"), "a");
    fixture_check(fixture, "fruit");
    fixture_destroy(fixture);
}

static void test_rows_that_cannot_be_indexed_are_counted(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    const FixtureDoc docs[] = {
        {"a", "first"},  {NULL, "no id"}, {"b", NULL},    {"c", ""},     {"d", " \t\n\xe2\x80\x83"},
        {"a", "second"}, {NULL, NULL},    {"a", "third"}, {"e", "kept"}, {"e", NULL}};
    fixture_load(fixture, "holes", COMMIT_APPEND, docs, 10);
    RefreshResult result = fixture_refresh(fixture, "holes", "holes");
    assert_int_equal(result.skipped_null_id, 2);
    assert_int_equal(result.skipped_null_text, 2);
    assert_int_equal(result.skipped_blank_text, 2);
    assert_int_equal(result.duplicate_ids, 2);
    assert_int_equal(result.dataset_docs, 2);
    assert_int_equal(result.new_docs_embedded, 2);
    assert_string_equal(fixture_first_hit(fixture, "holes", "third"), "a");
    assert_string_equal(fixture_first_hit(fixture, "holes", "kept"), "e");
    /* A document whose text becomes blank is gone. */
    const FixtureDoc after[] = {{"a", "third"}, {"e", "  "}};
    fixture_load(fixture, "holes", COMMIT_REPLACE, after, 2);
    RefreshResult second = fixture_refresh(fixture, "holes", "holes");
    assert_int_equal(second.deleted_docs, 1);
    assert_int_equal(second.skipped_blank_text, 1);
    assert_int_equal(fixture_chunks(fixture, "holes", "e"), 0);
    fixture_destroy(fixture);
}

static void test_the_last_row_wins_over_files_too(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    const FixtureDoc older[] = {{"a", "old text"}, {"b", "other"}};
    const FixtureDoc newer[] = {{"a", "new text"}};
    fixture_load(fixture, "log", COMMIT_APPEND, older, 2);
    fixture_refresh(fixture, "log", "log");
    fixture_load(fixture, "log", COMMIT_APPEND, newer, 1);
    RefreshResult result = fixture_refresh(fixture, "log", "log");
    assert_int_equal(result.changed_docs_embedded, 1);
    assert_int_equal(result.duplicate_ids, 1);
    assert_string_equal(fixture_first_hit(fixture, "log", "new text"), "a");
    fixture_destroy(fixture);
}

static void test_many_row_groups_and_batches(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture->config.checkpoint_texts = 1000;
    fixture->config.embed_batch = 32;
    fixture_restart(fixture);
    static const FixtureColumn columns[] = {{"id", "BIGINT"}, {"text", "VARCHAR"}};
    /* Ids repeat, so that the last row of each stands in the second half. */
    fixture_load_select(fixture, "big", COMMIT_APPEND,
                        "SELECT (i % 7000)::BIGINT AS id, 'row ' || i AS text FROM range(14000) "
                        "r(i)",
                        columns, 2);
    RefreshResult result = fixture_refresh(fixture, "big", "big");
    assert_int_equal(result.dataset_docs, 7000);
    assert_int_equal(result.duplicate_ids, 7000);
    assert_int_equal(result.total_embeddings_after, 7000);
    assert_string_equal(fixture_first_hit(fixture, "big", "row 7000"), "0");
    assert_string_equal(fixture_first_hit(fixture, "big", "row 13999"), "6999");
    assert_true(get(fixture, "big").segment_count <= 4);
    fixture_check(fixture, "big");
    fixture_destroy(fixture);
}

static void test_long_documents_have_chunks(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Arena *arena = fixture->arena;
    StrBuf text = strbuf_make(arena);
    for (int i = 0; i < 100; i++)
        strbuf_append_format(&text, "sentence number %d of a long text. ", i);
    const FixtureDoc docs[] = {{"long", str_to_c(arena, strbuf_str(&text))}, {"short", "hello"}};
    fixture_load(fixture, "texts", COMMIT_APPEND, docs, 2);
    RefreshRequest request = fixture_request("texts", "texts");
    request.chunk_size = 200;
    request.overlap = 20;
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &request, NULL, arena, &result, &err), &err);
    size_t chunks = fixture_chunks(fixture, "texts", "long");
    assert_true(chunks > 15);
    assert_int_equal(result.new_chunks_embedded, chunks + 1);
    assert_int_equal(result.new_docs_embedded, 2);
    assert_int_equal(get(fixture, "texts").doc_count, 2);
    assert_int_equal(get(fixture, "texts").chunk_count, chunks + 1);
    RefreshResult second = fixture_refresh(fixture, "texts", "texts");
    assert_int_equal(second.pre_existing_docs, 2); /* documents, not chunks */
    assert_int_equal(second.total_embeddings_after, chunks + 1);
    fixture_destroy(fixture);
}

static void test_integer_ids_keep_their_exact_text(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    static const FixtureColumn columns[] = {{"id", "BIGINT"}, {"text", "VARCHAR"}};
    fixture_load_select(fixture, "wide", COMMIT_APPEND,
                        "SELECT unnest([9223372036854775807, -5, 9007199254740993]) AS id, "
                        "unnest(['largest', 'negative', 'odd']) AS text",
                        columns, 2);
    fixture_refresh(fixture, "wide", "wide");
    assert_int_equal(fixture_chunks(fixture, "wide", "9223372036854775807"), 1);
    assert_int_equal(fixture_chunks(fixture, "wide", "-5"), 1);
    assert_int_equal(fixture_chunks(fixture, "wide", "9007199254740993"), 1);
    fixture_destroy(fixture);
}

/* Columns added, ids widened from INTEGER to BIGINT: read by field id under the newest schema. */
static void test_files_of_older_schemas(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    static const FixtureColumn narrow[] = {{"id", "INTEGER"}};
    static const FixtureColumn wide[] = {
        {"extra", "VARCHAR"}, {"text", "VARCHAR"}, {"id", "BIGINT"}};
    fixture_load_select(fixture, "grown", COMMIT_APPEND, "SELECT unnest([1, 2])::INTEGER AS id",
                        narrow, 1);
    fixture_load_select(fixture, "grown", COMMIT_APPEND,
                        "SELECT 'x' AS extra, 'hello' AS text, 5000000000 AS id", wide, 3);
    RefreshResult result = fixture_refresh(fixture, "grown", "grown");
    assert_int_equal(result.skipped_null_text, 2);
    assert_int_equal(result.new_docs_embedded, 1);
    assert_string_equal(fixture_first_hit(fixture, "grown", "hello"), "5000000000");
    fixture_destroy(fixture);
}

static void refuse(Fixture *fixture, const RefreshRequest *request, FailKind kind,
                   const char *said) {
    Err err = {0};
    RefreshResult result;
    assert_fails(index_refresh(fixture->service, request, NULL, fixture->arena, &result, &err),
                 &err, kind);
    if (strstr(err.message, said) == NULL && strcmp(err.field, said) != 0)
        fail_msg("'%s' (%s) does not say '%s'", err.message, err.field, said);
}

static void test_what_cannot_be_is_refused_by_name(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    static const FixtureColumn columns[] = {
        {"id", "BIGINT"}, {"text", "VARCHAR"}, {"number", "DOUBLE"}};
    fixture_load_select(fixture, "typed", COMMIT_APPEND,
                        "SELECT 1::BIGINT AS id, 'one' AS text, 1.5::DOUBLE AS number", columns, 3);
    RefreshRequest good = fixture_request("typed", "typed");
    RefreshRequest bad = good;
    bad.id_column = STR("nope");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "dataset 'typed' has no column 'nope'");
    bad.id_column = STR("number");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "column 'number' of dataset 'typed' is DOUBLE");
    bad = good;
    bad.text_column = STR("id");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "text_column");
    bad = good;
    bad.text_column = STR_EMPTY;
    refuse(fixture, &bad, FAIL_INVALID, "text_column");
    bad = good;
    bad.index_name = STR("not/a/name");
    refuse(fixture, &bad, FAIL_INVALID, "index_name");
    bad = good;
    bad.dataset = STR("no_such");
    refuse(fixture, &bad, FAIL_NOT_FOUND, "no_such");
    bad = good;
    bad.model = STR("no-model");
    refuse(fixture, &bad, FAIL_NOT_FOUND, "no-model");
    bad = good;
    bad.bucket = STR("no-bucket");
    refuse(fixture, &bad, FAIL_NOT_FOUND, "no-bucket");
    bad = good;
    bad.backend = STR("lance");
    refuse(fixture, &bad, FAIL_UNSUPPORTED, "lance");
    bad = good;
    bad.chunk_size = 10;
    bad.overlap = 10;
    refuse(fixture, &bad, FAIL_INVALID, "overlap");
    Err err = {0};
    IndexRecord record;
    assert_fails(index_get(fixture->service, STR("typed"), fixture->arena, &record, &err), &err,
                 FAIL_NOT_FOUND);
    fixture_destroy(fixture);
}

static void test_an_index_is_not_changed_in_silence(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    fixture_load(fixture, "other", COMMIT_APPEND, three, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    RefreshRequest good = fixture_request("fruit", "fruit");
    RefreshRequest bad = good;
    bad.chunk_size = 300;
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "chunk_size");
    bad = good;
    bad.overlap = 0;
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "overlap");
    bad = good;
    bad.model = STR("other-fake");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "model");
    bad = good;
    bad.dataset = STR("other");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "source");
    bad = good;
    bad.id_column = STR("text");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "id_column");
    bad = good;
    bad.bucket = STR("other");
    refuse(fixture, &bad, FAIL_UNPROCESSABLE, "bucket");
    good.chunk_size = 500; /* the same, said aloud */
    good.overlap = 50;
    good.model = STR("fake");
    good.bucket = STR("primary");
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &good, NULL, fixture->arena, &result, &err), &err);
    fixture_destroy(fixture);
}

/* The model of that name is another one now: its vectors must not be mixed in. */
static void test_another_version_of_the_model_is_refused(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    ModelSpec models[] = {{.name = STR("fake"), .kind = STR("fake"), .dimensions = 20}};
    ModelSet *old = fixture->models;
    fixture->models = model_set_create(models, 1, STR("fake"), NULL);
    fixture_restart(fixture);
    RefreshRequest request = fixture_request("fruit", "fruit");
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 2);
    refuse(fixture, &request, FAIL_UNPROCESSABLE, "model");
    Err err = {0};
    IndexAnswer answer;
    IndexQuery query = {.index_name = STR("fruit"), .text = STR("x"), .top_k = 1};
    assert_fails(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err,
                 FAIL_UNPROCESSABLE);
    model_set_destroy(old);
    fixture_destroy(fixture);
}

static void test_docs_max_leaves_the_rest_for_later(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    RefreshRequest request = fixture_request("fruit", "fruit");
    request.docs_max = 2;
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    assert_int_equal(result.new_docs_embedded, 2);
    assert_int_equal(result.pending_docs, 1);
    assert_int_equal(result.dataset_docs, 3);
    assert_false(result.stale_cleared);
    assert_false(get(fixture, "fruit").fresh);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples are red"), "a");
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    assert_int_equal(result.new_docs_embedded, 1);
    assert_int_equal(result.pending_docs, 0);
    assert_true(result.stale_cleared);
    assert_true(get(fixture, "fruit").fresh);
    fixture_destroy(fixture);
}

static void test_two_indexes_of_one_dataset_age_separately(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 2);
    fixture_refresh(fixture, "fruit", "one");
    fixture_refresh(fixture, "fruit", "two");
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 3);
    fixture_refresh(fixture, "fruit", "one");
    assert_true(get(fixture, "one").fresh);
    assert_false(get(fixture, "two").fresh);
    Err err = {0};
    assert_ok(catalog_drop(fixture->catalog, STR("fruit"), &err), &err);
    assert_false(get(fixture, "one").fresh);
    assert_string_equal(fixture_first_hit(fixture, "one", "cherries are dark"), "c");
    fixture_destroy(fixture);
}

static uint64_t stored_bytes(Fixture *fixture) {
    Err err = {0};
    ListRequest request = {.prefix = STR("vectors/")};
    ObjectPage page;
    assert_ok(store_list(fixture->faulty, &request, fixture->arena, &page, &err), &err);
    uint64_t bytes = 0;
    for (size_t i = 0; i < page.count; i++)
        bytes += page.items[i].size_bytes;
    return bytes;
}

static void load_numbers(Fixture *fixture, int count) {
    static const FixtureColumn columns[] = {{"id", "INTEGER"}, {"text", "VARCHAR"}};
    Str sql =
        str_format(fixture->arena,
                   "SELECT i::INTEGER AS id, 'number ' || i AS text FROM range(%d) r(i)", count);
    fixture_load_select(fixture, "numbers", COMMIT_REPLACE, str_to_c(fixture->arena, sql), columns,
                        2);
}

/* A small change costs bytes for the change, not for the index. */
static void test_bytes_follow_the_change(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture->config.checkpoint_texts = 4096;
    fixture_restart(fixture);
    load_numbers(fixture, 4000);
    fixture_refresh(fixture, "numbers", "numbers");
    uint64_t whole = stored_bytes(fixture);
    load_numbers(fixture, 4020);
    fixture_refresh(fixture, "numbers", "numbers");
    uint64_t added = stored_bytes(fixture) - whole; /* nothing is removed by this one */
    assert_true(added > 0 && added < whole / 20);
    fixture_destroy(fixture);
}

typedef struct Background {
    Fixture *fixture;
    Progress progress;
    RefreshResult result;
    Err err;
    bool ok;
} Background;

static void *refresh_in_background(void *context) {
    Background *run = context;
    Arena *arena = arena_create();
    RefreshRequest request = fixture_request("numbers", "numbers");
    run->ok = index_refresh(run->fixture->service, &request, &run->progress, arena, &run->result,
                            &run->err);
    arena_destroy(arena);
    return NULL;
}

/* Rows that come during a refresh are not in it, and the index says so. */
static void test_rows_added_meanwhile_keep_it_stale(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    load_numbers(fixture, 2000);
    Background run = {.fixture = fixture};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, refresh_in_background, &run), 0);
    const char *phase = NULL;
    while (phase == NULL || strcmp(phase, "comparing") == 0) /* the snapshot is pinned by then */
        phase = atomic_load(&run.progress.phase);
    load_numbers(fixture, 2001);
    pthread_join(thread, NULL);
    assert_ok(run.ok, &run.err);
    assert_int_equal(run.result.dataset_docs, 2000);
    assert_false(get(fixture, "numbers").fresh);
    RefreshResult next = fixture_refresh(fixture, "numbers", "numbers");
    assert_int_equal(next.new_docs_embedded, 1);
    assert_true(get(fixture, "numbers").fresh);
    fixture_destroy(fixture);
}

static void test_an_index_lives_in_its_own_bucket(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    RefreshRequest request = fixture_request("fruit", "away");
    request.bucket = STR("other"); /* a store without local files */
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    assert_int_equal(fixture_count_objects(fixture, "vectors/"), 0);
    assert_str_equal(get(fixture, "away").bucket, "other");
    assert_string_equal(fixture_first_hit(fixture, "away", "apples are red"), "a");
    fixture_forget_copies(fixture);
    assert_string_equal(fixture_first_hit(fixture, "away", "apples are red"), "a");
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 2);
    fixture_refresh(fixture, "fruit", "away");
    assert_int_equal(get(fixture, "away").chunk_count, 2);
    fixture_destroy(fixture);
}

static void test_an_emptied_dataset_empties_the_index(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    fixture_load(fixture, "fruit", COMMIT_APPEND, three, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 0);
    RefreshResult result = fixture_refresh(fixture, "fruit", "fruit");
    assert_int_equal(result.deleted_docs, 3);
    assert_int_equal(result.total_embeddings_after, 0);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples"), "");
    fixture_check(fixture, "fruit");
    fixture_restart(fixture);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples"), "");
    fixture_load(fixture, "fruit", COMMIT_REPLACE, three, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples are red"), "a");
    fixture_destroy(fixture);
}

int suite_test_index_refresh(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_refresh_makes_the_index),
        cmocka_unit_test(test_second_refresh_embeds_nothing),
        cmocka_unit_test(test_changed_new_and_gone_documents),
        cmocka_unit_test(test_rows_that_cannot_be_indexed_are_counted),
        cmocka_unit_test(test_the_last_row_wins_over_files_too),
        cmocka_unit_test(test_many_row_groups_and_batches),
        cmocka_unit_test(test_long_documents_have_chunks),
        cmocka_unit_test(test_integer_ids_keep_their_exact_text),
        cmocka_unit_test(test_files_of_older_schemas),
        cmocka_unit_test(test_what_cannot_be_is_refused_by_name),
        cmocka_unit_test(test_an_index_is_not_changed_in_silence),
        cmocka_unit_test(test_another_version_of_the_model_is_refused),
        cmocka_unit_test(test_docs_max_leaves_the_rest_for_later),
        cmocka_unit_test(test_two_indexes_of_one_dataset_age_separately),
        cmocka_unit_test(test_bytes_follow_the_change),
        cmocka_unit_test(test_rows_added_meanwhile_keep_it_stale),
        cmocka_unit_test(test_an_index_lives_in_its_own_bucket),
        cmocka_unit_test(test_an_emptied_dataset_empties_the_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
