/* test_catalog.c - finding, listing, describing and dropping datasets over several buckets. */
#include "catalog_case.h"

#include "base/vec.h"

typedef CatalogCase Case;

static Snapshot append(Case *c, const char *dataset, uint64_t rows) {
    Snapshot snapshot;
    assert_ok(catalog_case_append(c, dataset, "id BIGINT; name VARCHAR", rows, &snapshot, &c->err),
              &c->err);
    return snapshot;
}

static void append_in_team(Case *c, const char *dataset) {
    DataFile file = catalog_case_file(c, c->team, dataset, 1);
    CommitRequest request = {.dataset = str_c(dataset),
                             .bucket = STR("team"),
                             .schema = catalog_case_plan(c, NULL, SCHEMA_EXTEND, "id BIGINT"),
                             .added = &file,
                             .added_count = 1,
                             .lineage = {.rows = 1}};
    Snapshot snapshot;
    assert_ok(catalog_commit(c->catalog, &request, c->arena, &snapshot, &c->err), &c->err);
    assert_str_equal(snapshot.bucket, "team");
}

static void a_dataset_is_its_files(void **state) {
    Case *c = *state;
    Snapshot first = append(c, "people", 10);
    assert_int_equal(first.parent_id, 0);
    Snapshot second = append(c, "people", 5);
    assert_int_equal(second.parent_id, first.id);
    assert_true(second.id > first.id);
    catalog_case_expect_rows(c, "people", 15, 2);
    catalog_case_restart(c);
    catalog_case_expect_rows(c, "people", 15, 2);
    DatasetInfo info;
    assert_ok(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.name, "people");
    assert_str_equal(info.bucket, "primary");
    assert_true(info.updated_at_us >= info.created_at_us && info.created_at_us > 0);
    Snapshot newest;
    assert_ok(catalog_snapshot(c->catalog, STR("people"), 0, c->arena, &newest, &c->err), &c->err);
    assert_str_equal(newest.lineage.source, "x.csv");
    assert_int_equal(newest.lineage.snapshot_id, newest.id);
    assert_str_equal(newest.files[0].stats[0].max_text, "10 rows");
    assert_str_equal(newest.schema.columns[1].type, "VARCHAR");
}

static void old_snapshots_stay_readable(void **state) {
    Case *c = *state;
    uint64_t ids[5];
    for (int i = 0; i < 5; i++)
        ids[i] = append(c, "people", 1).id;
    catalog_case_restart(c);
    for (int i = 0; i < 5; i++) {
        Snapshot snapshot;
        assert_ok(catalog_snapshot(c->catalog, STR("people"), ids[i], c->arena, &snapshot, &c->err),
                  &c->err);
        assert_int_equal(snapshot.rows, i + 1);
    }
    Snapshot snapshot;
    assert_fails(
        catalog_snapshot(c->catalog, STR("people"), ids[2] - 1000, c->arena, &snapshot, &c->err),
        &c->err, FAIL_NOT_FOUND);
    assert_fails(
        catalog_snapshot(c->catalog, STR("people"), ids[4] + 1, c->arena, &snapshot, &c->err),
        &c->err, FAIL_NOT_FOUND);
    Snapshot *history;
    size_t count;
    assert_ok(catalog_history(c->catalog, STR("people"), 3, c->arena, &history, &count, &c->err),
              &c->err);
    assert_int_equal(count, 3);
    assert_int_equal(history[0].id, ids[4]);
    assert_int_equal(history[2].id, ids[2]);
}

static void an_unpublished_snapshot_is_not_found(void **state) {
    Case *c = *state;
    Snapshot first = append(c, "people", 1);
    append(c, "people", 1);
    Str bytes;
    Str key =
        str_format(c->arena, "catalog/people/snapshots/%llu.json", (unsigned long long)first.id);
    assert_ok(store_get(c->primary, key, c->arena, &bytes, NULL, &c->err), &c->err);
    uint64_t orphan = first.id - 1; /* as if a writer had crashed before its swap */
    Str orphan_key =
        str_format(c->arena, "catalog/people/snapshots/%llu.json", (unsigned long long)orphan);
    assert_ok(store_put(c->primary, orphan_key, bytes, c->arena, NULL, &c->err), &c->err);
    Snapshot snapshot;
    assert_fails(catalog_snapshot(c->catalog, STR("people"), orphan, c->arena, &snapshot, &c->err),
                 &c->err, FAIL_NOT_FOUND);
}

static void names_are_found_without_regard_to_case(void **state) {
    Case *c = *state;
    append(c, "People", 1);
    DatasetInfo info;
    assert_ok(catalog_find(c->catalog, STR("pEOPLE"), c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.name, "People");
    append(c, "people", 2); /* the same dataset */
    catalog_case_expect_rows(c, "PEOPLE", 3, 2);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
}

static void names_are_unique_over_buckets(void **state) {
    Case *c = *state;
    append_in_team(c, "shared");
    append_in_team(c, "only_team");
    DatasetInfo info;
    assert_ok(catalog_find(c->catalog, STR("Shared"), c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.bucket, "team");
    DataFile file = catalog_case_file(c, c->primary, "shared", 1);
    CommitRequest request = {.dataset = STR("SHARED"),
                             .bucket = STR("primary"),
                             .schema = catalog_case_plan(c, NULL, SCHEMA_EXTEND, "id BIGINT"),
                             .added = &file,
                             .added_count = 1};
    Snapshot snapshot;
    assert_fails(catalog_commit(c->catalog, &request, c->arena, &snapshot, &c->err), &c->err,
                 FAIL_CONFLICT);
    assert_non_null(strstr(c->err.message, "team"));
    append(c, "a_primary", 1);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 3);
    assert_str_equal(infos[0].name, "a_primary");
    assert_str_equal(infos[1].name, "only_team");
    assert_str_equal(infos[2].bucket, "team");
}

/* C-12's kind: a copy of a bucket is registered beside it. */
static void a_planted_duplicate_is_hidden_not_doubled(void **state) {
    Case *c = *state;
    append(c, "Twin", 5);
    append_in_team(c, "other");
    Str keys[] = {STR("catalog/twin/head.json"), STR("catalog/other/head.json")};
    Str head;
    assert_ok(store_get(c->team, keys[1], c->arena, &head, NULL, &c->err), &c->err);
    size_t at = str_find(head, STR("other"), 0);
    head = str_format(c->arena, "%.*stwin%.*s", (int)at, head.data,
                      STR_ARG(str_slice(head, at + 5, head.length)));
    assert_ok(store_put(c->team, keys[0], head, c->arena, NULL, &c->err), &c->err);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 2);
    assert_str_equal(infos[0].name, "Twin");
    assert_str_equal(infos[0].bucket, "primary");
    assert_ok(catalog_hidden(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
    assert_str_equal(infos[0].name, "twin");
    assert_str_equal(infos[0].bucket, "team");
}

static void bad_names(void **state) {
    Case *c = *state;
    const char *bad[] = {"",    "-a",
                         "_a",  "a b",
                         "a/b", "..",
                         "a.b", "\xc3\xa9",
                         "a;b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        DatasetInfo info;
        assert_fails(catalog_name_check(str_c(bad[i]), &c->err), &c->err, FAIL_INVALID);
        assert_string_equal(c->err.field, "dataset");
        assert_fails(catalog_find(c->catalog, str_c(bad[i]), c->arena, &info, &c->err), &c->err,
                     FAIL_NOT_FOUND);
    }
    assert_ok(catalog_name_check(STR("A-0_z"), &c->err), &c->err);
}

static void a_description_sticks(void **state) {
    Case *c = *state;
    append(c, "people", 1);
    assert_ok(
        catalog_describe(c->catalog, STR("people"), STR("who \"they\" are\n\xc3\xa9"), &c->err),
        &c->err);
    append(c, "people", 1);
    catalog_case_restart(c);
    DatasetInfo info;
    assert_ok(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.description, "who \"they\" are\n\xc3\xa9");
    assert_fails(catalog_describe(c->catalog, STR("nobody"), STR("x"), &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_fails(catalog_describe(c->catalog, STR("people"), STR("\xff"), &c->err), &c->err,
                 FAIL_INVALID);
    assert_fails(catalog_describe(c->catalog, STR("people"), (Str){"a\0b", 3}, &c->err), &c->err,
                 FAIL_INVALID);
}

static size_t count_objects(Case *c, ObjectStore *store) {
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(store, &all, c->arena, &page, &c->err), &c->err);
    return page.count;
}

static void a_dropped_dataset_is_gone_and_its_name_free(void **state) {
    Case *c = *state;
    append(c, "people", 1);
    Snapshot last = append(c, "people", 2);
    append(c, "others", 7);
    Str foreign = STR("data/people/written-by-a-load-under-way.parquet");
    assert_ok(store_put(c->primary, foreign, STR("x"), c->arena, NULL, &c->err), &c->err);
    assert_ok(catalog_drop(c->catalog, STR("People"), &c->err), &c->err);
    DatasetInfo info;
    assert_fails(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_fails(catalog_drop(c->catalog, STR("people"), &c->err), &c->err, FAIL_NOT_FOUND);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
    /* others: head, snapshot, file; people: the dropped head and the foreign file */
    assert_int_equal(count_objects(c, c->primary), 5);
    catalog_case_restart(c);
    Snapshot again = append(c, "people", 4);
    assert_true(again.id > last.id);
    assert_int_equal(again.parent_id, 0);
    catalog_case_expect_rows(c, "people", 4, 1);
    Snapshot snapshot;
    assert_fails(catalog_snapshot(c->catalog, STR("people"), last.id, c->arena, &snapshot, &c->err),
                 &c->err, FAIL_NOT_FOUND);
}

typedef struct Heard {
    size_t count;
    uint64_t last_id;
    char name[64];
} Heard;

static void hear(void *context, Str dataset, uint64_t snapshot_id) {
    Heard *heard = context;
    heard->count++;
    heard->last_id = snapshot_id;
    snprintf(heard->name, sizeof heard->name, "%.*s", STR_ARG(dataset));
}

static void subscribers_hear_of_commits_and_drops(void **state) {
    Case *c = *state;
    Heard heard = {0};
    catalog_subscribe(c->catalog, hear, &heard);
    Snapshot snapshot = append(c, "people", 1);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.last_id, snapshot.id);
    assert_string_equal(heard.name, "people");
    assert_ok(catalog_describe(c->catalog, STR("people"), STR("x"), &c->err), &c->err);
    assert_int_equal(heard.count, 1);
    assert_ok(catalog_drop(c->catalog, STR("people"), &c->err), &c->err);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.last_id, 0);
}

static void damage_is_named_and_does_not_spread(void **state) {
    Case *c = *state;
    append(c, "bad", 1);
    append(c, "good", 2);
    static const char *const heads[] = {"", "{}", "{\"format\":9}", "[1]", "not json"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        assert_ok(store_put(c->primary, STR("catalog/bad/head.json"), str_c(heads[i]), c->arena,
                            NULL, &c->err),
                  &c->err);
        DatasetInfo info;
        assert_fails(catalog_find(c->catalog, STR("bad"), c->arena, &info, &c->err), &c->err,
                     FAIL_CORRUPT);
        assert_non_null(strstr(c->err.message, "catalog/bad/head.json"));
        Snapshot snapshot;
        assert_fails(catalog_case_append(c, "bad", "id BIGINT", 1, &snapshot, &c->err), &c->err,
                     FAIL_CORRUPT);
        DatasetInfo *infos;
        size_t count;
        assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
        assert_int_equal(count, 2);
        assert_true(infos[0].damage.length > 0 && infos[0].snapshot_id == 0);
        assert_true(infos[1].damage.length == 0 && infos[1].snapshot_id > 0);
        catalog_case_expect_rows(c, "good", 2, 1);
    }
}

static void a_missing_snapshot_is_named(void **state) {
    Case *c = *state;
    Snapshot snapshot = append(c, "people", 1);
    Str key =
        str_format(c->arena, "catalog/people/snapshots/%llu.json", (unsigned long long)snapshot.id);
    key = str_dup(c->arena, key);
    assert_ok(store_remove(c->primary, key, &c->err), &c->err);
    catalog_close(c->catalog); /* forget what is cached */
    c->catalog = catalog_open(c->buckets, &c->err);
    assert_fails(catalog_snapshot(c->catalog, STR("people"), 0, c->arena, &snapshot, &c->err),
                 &c->err, FAIL_CORRUPT);
    assert_non_null(strstr(c->err.message, "snapshots/"));
}

static void foreign_folders_are_passed_over(void **state) {
    Case *c = *state;
    append(c, "people", 1);
    const char *keys[] = {"catalog/no head/x", "catalog/orphan/snapshots/1.json", "catalog/file",
                          "catalog/.hidden/head.json"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_ok(store_put(c->primary, str_c(keys[i]), STR("x"), c->arena, NULL, &c->err),
                  &c->err);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
    DatasetInfo info;
    assert_fails(catalog_find(c->catalog, STR("orphan"), c->arena, &info, &c->err), &c->err,
                 FAIL_NOT_FOUND);
}

/* C-13, C-9: a head without the field `bucket` belongs to where it lies. */
static void an_old_head_without_bucket_is_primary(void **state) {
    Case *c = *state;
    Snapshot snapshot = append(c, "people", 1);
    Str head = str_format(c->arena,
                          "{\"format\":1,\"dataset\":\"people\",\"snapshot_id\":%llu,"
                          "\"created_at\":\"2026-01-01T00:00:00Z\","
                          "\"updated_at\":\"2026-01-01T00:00:00Z\",\"later\":[1,2]}",
                          (unsigned long long)snapshot.id);
    assert_ok(store_put(c->primary, STR("catalog/people/head.json"), head, c->arena, NULL, &c->err),
              &c->err);
    DatasetInfo info;
    assert_ok(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.bucket, "primary");
    append(c, "people", 1);
    catalog_case_expect_rows(c, "people", 2, 2);
}

static void a_bucket_that_cannot_be_read_is_no_empty_bucket(void **state) {
    Case *c = *state;
    append(c, "people", 1);
    append_in_team(c, "teams");
    store_faulty_set_plan(c->primary, &(FaultPlan){.fail_after = 1});
    DatasetInfo info;
    DatasetInfo *infos;
    size_t count;
    assert_fails(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err,
                 FAIL_IO);
    assert_fails(catalog_find(c->catalog, STR("unknown"), c->arena, &info, &c->err), &c->err,
                 FAIL_IO);
    assert_fails(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err, FAIL_IO);
    assert_non_null(strstr(c->err.message, "primary"));
    assert_ok(catalog_find(c->catalog, STR("teams"), c->arena, &info, &c->err), &c->err);
    store_faulty_set_plan(c->primary, &(FaultPlan){0});
    assert_ok(catalog_find(c->catalog, STR("people"), c->arena, &info, &c->err), &c->err);
}

int suite_test_catalog(void);
int suite_test_catalog(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, catalog_case_set_up, catalog_case_tear_down)
        CASE(a_dataset_is_its_files),
        CASE(old_snapshots_stay_readable),
        CASE(an_unpublished_snapshot_is_not_found),
        CASE(names_are_found_without_regard_to_case),
        CASE(names_are_unique_over_buckets),
        CASE(a_planted_duplicate_is_hidden_not_doubled),
        CASE(bad_names),
        CASE(a_description_sticks),
        CASE(a_dropped_dataset_is_gone_and_its_name_free),
        CASE(subscribers_hear_of_commits_and_drops),
        CASE(damage_is_named_and_does_not_spread),
        CASE(a_missing_snapshot_is_named),
        CASE(foreign_folders_are_passed_over),
        CASE(an_old_head_without_bucket_is_primary),
        CASE(a_bucket_that_cannot_be_read_is_no_empty_bucket),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
