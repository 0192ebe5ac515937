/* test_index_service.c - records: listed, unique over buckets, deleted, damaged, warmed; and one
 * writer at a time. */
#include "unit.h"

#include <unistd.h>

#include "index/index_publish.h"
#include "index_fixture.h"

static const FixtureDoc docs[] = {{"a", "apples"}, {"b", "bananas"}, {"c", "cherries"}};

static Str put_text(Fixture *fixture, const char *bucket, const char *key, Str text) {
    Err err = {0};
    ObjectStore *store;
    assert_ok(bucket_find(fixture->buckets, str_c(bucket), fixture->arena, &store, &err), &err);
    assert_ok(store_put(store, str_c(key), text, fixture->arena, NULL, &err), &err);
    return text;
}

static void test_names(void **state) {
    (void)state;
    Err err = {0};
    assert_ok(index_name_check(STR("Resumes_v2-x"), &err), &err);
    static const char *const bad[] = {"", "_a", "-a", "a/b", "a.b", "..", "a b", "\xc3\xa5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(index_name_check(str_c(bad[i]), &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, "index_name");
    }
    char text[64];
    memset(text, 'a', sizeof text);
    assert_ok(index_name_check(str_make(text, 63), &err), &err);
    assert_fails(index_name_check(str_make(text, 64), &err), &err, FAIL_INVALID);
}

static void test_listing_and_references(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "zebra");
    RefreshRequest request = fixture_request("fruit", "alpha");
    request.bucket = STR("other");
    RefreshResult result;
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    IndexRecord *records;
    size_t count;
    assert_ok(index_list(fixture->service, fixture->arena, &records, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_str_equal(records[0].index_name, "alpha");
    assert_str_equal(records[0].bucket, "other");
    assert_true(records[0].fresh && records[1].fresh);
    Str *names;
    assert_ok(index_references(fixture->service, STR("Fruit"), STR_EMPTY, fixture->arena, &names,
                               &count, &err),
              &err);
    assert_int_equal(count, 2);
    assert_ok(index_references(fixture->service, STR_EMPTY, STR("other"), fixture->arena, &names,
                               &count, &err),
              &err);
    assert_int_equal(count, 1);
    assert_str_equal(names[0], "alpha");
    assert_ok(index_references(fixture->service, STR("veg"), STR_EMPTY, fixture->arena, &names,
                               &count, &err),
              &err);
    assert_int_equal(count, 0);
    fixture_destroy(fixture);
}

static void test_a_name_in_two_buckets_is_listed_once(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "twice");
    Str bytes;
    assert_ok(store_get(fixture->faulty, STR("vectors/twice/head.json"), fixture->arena, &bytes,
                        NULL, &err),
              &err);
    put_text(fixture, "other", "vectors/twice/head.json", bytes);
    IndexRecord *records;
    size_t count;
    assert_ok(index_list(fixture->service, fixture->arena, &records, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_str_equal(records[0].bucket, "primary");
    fixture_destroy(fixture);
}

static void test_deleting(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "gone");
    fixture_refresh(fixture, "fruit", "gone_too"); /* shares a prefix */
    assert_ok(index_delete(fixture->service, STR("gone"), &err), &err);
    assert_int_equal(fixture_count_objects(fixture, "vectors/gone/"), 0);
    IndexRecord record;
    assert_fails(index_get(fixture->service, STR("gone"), fixture->arena, &record, &err), &err,
                 FAIL_NOT_FOUND);
    assert_fails(index_delete(fixture->service, STR("gone"), &err), &err, FAIL_NOT_FOUND);
    assert_string_equal(fixture_first_hit(fixture, "gone_too", "apples"), "a");
    uint64_t before = fixture_embedded();
    fixture_refresh(fixture, "fruit", "gone"); /* made anew */
    assert_int_equal(fixture_embedded() - before, 3);
    fixture_destroy(fixture);
}

/* What cannot be read is never taken for "no index": nothing is embedded, nothing overwritten. */
static void test_a_damaged_index_is_an_error(void **state) {
    (void)state;
    static const char *const damaged[] = {"vectors/hurt/head.json", "vectors/hurt/rows/"};
    for (size_t i = 0; i < 2; i++) {
        Fixture *fixture = fixture_create();
        Err err = {0};
        fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
        fixture_refresh(fixture, "fruit", "hurt");
        fixture_forget_copies(fixture);
        ListRequest list = {.prefix = str_c(damaged[i])};
        ObjectPage page;
        assert_ok(store_list(fixture->faulty, &list, fixture->arena, &page, &err), &err);
        put_text(fixture, "primary", str_to_c(fixture->arena, page.items[0].key), STR("{\"cut"));
        fixture_load(fixture, "fruit", COMMIT_REPLACE, docs, 2);
        uint64_t before = fixture_embedded();
        RefreshRequest request = fixture_request("fruit", "hurt");
        RefreshResult result;
        assert_fails(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err),
                     &err, FAIL_CORRUPT);
        assert_non_null(strstr(err.message, damaged[i]));
        IndexQuery query = {.index_name = STR("hurt"), .text = STR("x"), .top_k = 1};
        IndexAnswer answer;
        assert_fails(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err,
                     FAIL_CORRUPT);
        assert_int_equal(fixture_embedded(), before);
        IndexCheck check;
        assert_fails(index_check(fixture->service, STR("hurt"), fixture->arena, &check, &err), &err,
                     FAIL_CORRUPT);
        size_t failed = 0;
        err_clear(&err);
        assert_ok(index_warm(fixture->service, NULL, &failed, &err), &err);
        assert_int_equal(failed, 1);
        Str *names;
        size_t count; /* it is still there by name, and can be deleted */
        assert_ok(index_references(fixture->service, STR_EMPTY, STR_EMPTY, fixture->arena, &names,
                                   &count, &err),
                  &err);
        assert_int_equal(count, 1);
        assert_ok(index_delete(fixture->service, STR("hurt"), &err), &err);
        fixture_destroy(fixture);
    }
}

/* An object store that cannot be reached is no proof that an index does not exist. */
static void test_an_unreachable_store_is_an_error(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    fixture_restart(fixture);
    FaultPlan down = {.fail_after = 1};
    store_faulty_set_plan(fixture->faulty, &down);
    IndexRecord record;
    assert_fails(index_get(fixture->service, STR("fruit"), fixture->arena, &record, &err), &err,
                 FAIL_IO);
    FaultPlan none = {0};
    store_faulty_set_plan(fixture->faulty, &none);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples"), "a");
    fixture_destroy(fixture);
}

/* An unregistered bucket takes its indexes along; registered again, they are back. */
static void test_a_removed_bucket(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    BucketInfo info;
    BucketSpec spec = {.name = STR("extra"),
                       .backend = STR("local"),
                       .root = str_format(fixture->arena, "%s/extra", fixture->folder)};
    assert_ok(bucket_create(fixture->buckets, &spec, fixture->arena, &info, &err), &err);
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    RefreshRequest request = fixture_request("fruit", "there");
    request.bucket = STR("extra");
    RefreshResult result;
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    assert_ok(bucket_remove(fixture->buckets, STR("extra"), &err), &err);
    index_registry_expire(fixture->service->registry, STR("there"));
    IndexQuery query = {.index_name = STR("there"), .text = STR("x"), .top_k = 1};
    IndexAnswer answer;
    assert_fails(index_search(fixture->service, &query, fixture->arena, &answer, &err), &err,
                 FAIL_NOT_FOUND);
    err_clear(&err);
    assert_ok(bucket_create(fixture->buckets, &spec, fixture->arena, &info, &err), &err);
    assert_string_equal(fixture_first_hit(fixture, "there", "apples"), "a");
    fixture_destroy(fixture);
}

static void test_warming_maps_and_sweeps(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    Str stray = str_format(fixture->arena, "%.*s/0123456789abcdef0123456789abcdef.rows",
                           STR_ARG(fixture->config.row_cache_directory));
    Str unfinished =
        str_format(fixture->arena, "%.*s/x.seg.tmp", STR_ARG(fixture->config.row_cache_directory));
    fclose(fopen(stray.data, "w"));
    fclose(fopen(unfinished.data, "w"));
    fixture_restart(fixture);
    assert_int_not_equal(access(unfinished.data, F_OK), 0);
    size_t failed = 0;
    assert_ok(index_warm(fixture->service, NULL, &failed, &err), &err);
    assert_int_equal(failed, 0);
    assert_int_not_equal(access(stray.data, F_OK), 0);
    uint64_t calls = store_faulty_calls(fixture->faulty);
    assert_int_equal(fixture_chunks(fixture, "fruit", "a"), 1);
    assert_int_equal(store_faulty_calls(fixture->faulty), calls); /* nothing is read again */
    fixture_destroy(fixture);
}

/* A damaged decoded copy is made anew, not believed. */
static void test_damaged_copies_are_rebuilt(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    IndexView *view;
    assert_ok(index_registry_view(fixture->service->registry, STR("fruit"), &view, &err), &err);
    Str path =
        str_format(fixture->arena, "%.*s/%.*s.rows", STR_ARG(fixture->config.row_cache_directory),
                   STR_ARG(view->segments[0].ref.checksum));
    index_view_release(view);
    FILE *file = fopen(path.data, "r+b");
    assert_non_null(file);
    fseek(file, 300, SEEK_SET);
    fputc(0xff, file);
    fclose(file);
    fixture_restart(fixture);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "bananas"), "b");
    fixture_check(fixture, "fruit");
    fixture_destroy(fixture);
}

static void test_one_writer_at_a_time(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    IndexClaim claim;
    assert_ok(
        index_claim_begin(fixture->service->registry, STR("fruit"), WRITER_LONG, &claim, &err),
        &err);
    RefreshRequest request = fixture_request("fruit", "fruit");
    RefreshResult result;
    assert_fails(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err),
                 &err, FAIL_CONFLICT);
    assert_fails(index_delete(fixture->service, STR("fruit"), &err), &err, FAIL_CONFLICT);
    assert_string_equal(fixture_first_hit(fixture, "fruit", "apples"), "a"); /* readers go on */
    fixture_refresh(fixture, "fruit", "another");                            /* and other indexes */
    index_claim_end(&claim);
    fixture_refresh(fixture, "fruit", "fruit");
    fixture_destroy(fixture);
}

/* Two processes publish the same index: one wins, the other is told, nothing is mixed. */
static void test_another_process_wins_the_swap(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    fixture_load(fixture, "fruit", COMMIT_APPEND, docs, 3);
    fixture_refresh(fixture, "fruit", "fruit");
    IndexConfig config = fixture->config;
    config.row_cache_directory = str_format(fixture->arena, "%s/copies2", fixture->folder);
    IndexService *other = index_service_create(&config, &fixture->service->deps, &err);
    assert_non_null(other);
    IndexWriter writer; /* began before the other process published */
    assert_ok(index_writer_begin(other->registry, STR("fruit"), WRITER_LONG, STR_EMPTY,
                                 fixture->arena, &writer, &err),
              &err);
    fixture_load(fixture, "fruit", COMMIT_REPLACE, docs, 2);
    fixture_refresh(fixture, "fruit", "fruit");
    IndexChange change = {.head = index_head_copy(&writer.base->head, fixture->arena),
                          .build_graph = true,
                          .graph_params = hnsw_params_default()};
    assert_fails(index_publish(other, &writer, &change, fixture->arena, NULL, &err), &err,
                 FAIL_CONFLICT);
    index_writer_end(&writer);
    index_service_destroy(other);
    fixture_restart(fixture);
    fixture_check(fixture, "fruit");
    assert_int_equal(fixture_chunks(fixture, "fruit", "c"), 0);
    fixture_destroy(fixture);
}

int suite_test_index_service(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_listing_and_references),
        cmocka_unit_test(test_a_name_in_two_buckets_is_listed_once),
        cmocka_unit_test(test_deleting),
        cmocka_unit_test(test_a_damaged_index_is_an_error),
        cmocka_unit_test(test_an_unreachable_store_is_an_error),
        cmocka_unit_test(test_a_removed_bucket),
        cmocka_unit_test(test_warming_maps_and_sweeps),
        cmocka_unit_test(test_damaged_copies_are_rebuilt),
        cmocka_unit_test(test_one_writer_at_a_time),
        cmocka_unit_test(test_another_process_wins_the_swap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
