/* test_snapshot_json.c - records of format 1: golden files that must load for ever, and damaged
 * ones that must not. */
#include "catalog_case.h"

#include "base/rng.h"
#include "base/vec.h"
#include "catalog/dataset_head.h"
#include "catalog/snapshot_json.h"
#include "source_file.h"

static Str read_golden(const char *name, Arena *arena) {
    return source_file_read(str_format(arena, "tests/data/formats/v1/%s", name).data, arena);
}

static void check_golden(const Snapshot *snapshot) {
    assert_str_equal(snapshot->dataset, "resumes");
    assert_str_equal(snapshot->bucket, "team");
    assert_int_equal(snapshot->id, 1769860800123);
    assert_int_equal(snapshot->parent_id, 1769860799000);
    assert_int_equal(snapshot->created_at_us, 1769860800123456);
    assert_int_equal(snapshot->rows, 1500);
    assert_int_equal(snapshot->size_bytes, 73728);
    assert_int_equal(snapshot->schema.count, 5);
    assert_int_equal(snapshot->schema.last_field_id, 9);
    assert_str_equal(snapshot->schema.columns[1].name, "N\xc3\xa4me \"x\"");
    assert_false(snapshot->schema.columns[0].nullable);
    assert_str_equal(snapshot->schema.columns[4].type, "STRUCT(city VARCHAR, zip INTEGER)");
    assert_str_equal(snapshot->lineage.mode, "append");
    assert_int_equal(snapshot->lineage.rejected, 2);
    assert_int_equal(snapshot->lineage.snapshot_id, 1769860800123);
    assert_int_equal(snapshot->lineage.coercions[0].count, 500);
    assert_int_equal(snapshot->file_count, 2);
    const DataFile *file = &snapshot->files[0];
    assert_str_equal(file->etag, "fedcba9876543210fedcba9876543210");
    assert_int_equal(file->stats_count, 3);
    assert_int_equal(file->stats[1].null_count, 3);
    assert_str_equal(file->stats[1].max_text, "Zo\xc3\xab");
    assert_true(file->stats[1].has_bounds && !file->stats[2].has_bounds);
    assert_int_equal(snapshot->files[1].stats_count, 0);
}

static void the_golden_snapshot_loads_and_prints_the_same(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    Snapshot snapshot;
    Str golden = read_golden("snapshot.json", arena);
    assert_ok(snapshot_parse(golden, STR("k"), STR("team"), arena, &snapshot, &err), &err);
    check_golden(&snapshot);
    assert_true(str_eq(snapshot_print(&snapshot, arena), golden));
    arena_destroy(arena);
}

/* The same with all that a load of a database has to tell. */
static void the_golden_database_snapshot_loads_and_prints_the_same(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    Snapshot snapshot;
    Str golden = read_golden("snapshot_database.json", arena);
    assert_ok(snapshot_parse(golden, STR("k"), STR("team"), arena, &snapshot, &err), &err);
    const LineageEntry *entry = &snapshot.lineage;
    assert_str_equal(entry->source_system, "postgresql");
    assert_str_equal(entry->relation, "sales.orders");
    assert_str_equal(entry->query, "SELECT * FROM sales.orders WHERE state <> '...'");
    assert_int_equal(entry->query_sha256.length, 64);
    assert_true(str_starts(entry->content_sha256, STR("e3b0c442")));
    assert_str_equal(entry->types, "exact");
    assert_str_equal(entry->key, "id");
    assert_int_equal(entry->resumed_rows, 300);
    assert_int_equal(entry->duration_ms, 1234);
    assert_int_equal(entry->predecessor_id, snapshot.parent_id);
    assert_int_equal(snapshot.pii_count, 2);
    assert_str_equal(snapshot.pii[0].kind, "PERSON");
    assert_true(snapshot.pii[0].score == 0.75);
    assert_str_equal(snapshot.pii[1].basis, "value");
    assert_int_equal(snapshot.cursor_count, 1);
    assert_str_equal(snapshot.cursors[0].value, "1500");
    assert_true(str_eq(snapshot_print(&snapshot, arena), golden));
    arena_destroy(arena);
}

static void the_golden_head_loads_and_prints_the_same(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    static const char *const names[] = {"head.json", "head_dropped.json", "head_tagged.json"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ObjectStore *store = store_memory_create();
        Str golden = read_golden(names[i], arena), again;
        Str key = STR("catalog/resumes/head.json");
        assert_ok(store_put(store, key, golden, arena, NULL, &err), &err);
        DatasetHead head;
        assert_ok(dataset_head_read(store, STR("primary"), STR("resumes"), arena, &head, &err),
                  &err);
        assert_str_equal(head.info.description, "CVs of \"2026\", \xc3\xa9t\xc3\xa9");
        assert_int_equal(head.info.snapshot_id, 1769860800123);
        assert_int_equal(head.info.created_at_us, 1767225600000000);
        assert_int_equal(head.info.updated_at_us, 1769860800123456);
        assert_int_equal(head.dropped, i == 1);
        assert_int_equal(head.info.pii_tag_count, i == 2 ? 2 : 0);
        if (i == 2) {
            assert_str_equal(head.info.pii_tags[0].kind, "PERSON");
            assert_str_equal(head.info.pii_tags[0].basis, "person");
            assert_int_equal(head.info.pii_tags[1].kind.length, 0);
        }
        assert_ok(dataset_head_swap(store, &head, arena, &err), &err);
        assert_ok(store_get(store, key, arena, &again, NULL, &err), &err);
        assert_true(str_eq(again, golden));
        store_close(store);
    }
    arena_destroy(arena);
}

static void refuse_edit(Str golden, const char *from, const char *to, Arena *arena) {
    size_t at = str_find(golden, str_c(from), 0);
    assert_int_not_equal(at, SIZE_MAX);
    Str rest = str_slice(golden, at + strlen(from), golden.length);
    Str text = str_format(arena, "%.*s%s%.*s", (int)at, golden.data, to, STR_ARG(rest));
    Snapshot snapshot;
    Err err;
    assert_fails(snapshot_parse(text, STR("the/key"), STR("team"), arena, &snapshot, &err), &err,
                 FAIL_CORRUPT);
    assert_non_null(strstr(err.message, "the/key"));
}

static void damaged_snapshots_are_refused_by_name(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    Str golden = read_golden("snapshot.json", arena);
    static const struct {
        const char *from, *to;
    } edits[] = {
        {"\"format\":1", "\"format\":2"},
        {"\"format\":1", "\"format\":\"1\""},
        {"\"format\":1,", ""},
        {"\"rows\":1500", "\"rows\":1501"},
        {"\"size_bytes\":73728", "\"size_bytes\":1"},
        {"\"parent_id\":1769860799000", "\"parent_id\":1769860800123"},
        {"\"snapshot_id\":1769860800123", "\"snapshot_id\":0"},
        {"\"snapshot_id\":1769860800123", "\"snapshot_id\":-5"},
        {"data/resumes/0123456789abcdef", "data/../resumes/0123456789abcdef"},
        {"data/resumes/0123456789abcdef", "catalog/resumes/0123456789abcdef"},
        {"data/resumes/0123456789abcdef", "/data/resumes/0123456789abcdef"},
        {"2026-01-31T12:00:00.123456Z\",\"rows\"", "yesterday\",\"rows\""},
        {"\"rows\":1000", "\"rows\":1000.0"},
        {"\"nulls\":3", "\"nulls\":null"},
        {"\"field_id\":1,\"name\"", "\"field_id\":77,\"name\""},
        {"\"schema\":{", "\"schema\":[{"},
        {"\"coercions\":[{", "\"coercions\":[7,{"},
        {"\"files\":[", "\"files\":[null,"},
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++)
        refuse_edit(golden, edits[i].from, edits[i].to, arena);
    static const struct {
        const char *from, *to;
    } additions[] = {
        {"\"score\":0.75", "\"score\":1.5"},
        {"\"score\":0.75", "\"score\":\"high\""},
        {"\"column\":\"id\",\"kind\"", "\"column\":\"none\",\"kind\""},
        {"\"kind\":\"PERSON\"", "\"kind\":\"\""},
        {"\"pii\":[", "\"pii\":[7,"},
        {"\"cursors\":[", "\"cursors\":[7,"},
        {"\"value\":\"1500\"", "\"value\":1500"},
        {"\"resumed_rows\":300", "\"resumed_rows\":-300"},
        {"\"relation\":\"sales.orders\"", "\"relation\":{}"},
    };
    Str database = read_golden("snapshot_database.json", arena);
    for (size_t i = 0; i < ARRAY_LEN(additions); i++)
        refuse_edit(database, additions[i].from, additions[i].to, arena);
    for (size_t length = 0; length < golden.length; length++) {
        Snapshot snapshot;
        assert_fails(snapshot_parse(str_slice(golden, 0, length), STR("the/key"), STR("team"),
                                    arena, &snapshot, &err),
                     &err, FAIL_CORRUPT);
        arena_reset(arena);
        golden = read_golden("snapshot.json", arena);
    }
    arena_destroy(arena);
}

/* Any damage gives an answer: corrupt, or a record that prints and parses. */
static void random_damage_is_survived(void **state) {
    (void)state;
    Rng rng = rng_seeded(11);
    for (int round = 0; round < 3000; round++) {
        Arena *arena = arena_create();
        Err err;
        const char *name = round % 2 == 0 ? "snapshot.json" : "snapshot_database.json";
        Str text = str_dup(arena, read_golden(name, arena));
        char *bytes = (char *)(uintptr_t)text.data;
        for (uint64_t i = 1 + rng_below(&rng, 3); i > 0; i--)
            bytes[rng_below(&rng, text.length)] = (char)rng_below(&rng, 256);
        Snapshot snapshot, again;
        if (snapshot_parse(text, STR("k"), STR("b"), arena, &snapshot, &err))
            assert_ok(snapshot_parse(snapshot_print(&snapshot, arena), STR("k"), STR("b"), arena,
                                     &again, &err),
                      &err);
        else
            assert_int_equal(err.kind, FAIL_CORRUPT);
        arena_destroy(arena);
    }
}

static void unknown_fields_are_passed_over(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    Str golden = read_golden("snapshot.json", arena);
    Str rest = str_slice(golden, 1, golden.length);
    Str text = str_format(arena, "{\"later\":{\"x\":[1]},%.*s", STR_ARG(rest));
    Snapshot snapshot;
    assert_ok(snapshot_parse(text, STR("k"), STR("team"), arena, &snapshot, &err), &err);
    check_golden(&snapshot);
    arena_destroy(arena);
}

int suite_test_snapshot_json(void);
int suite_test_snapshot_json(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_snapshot_loads_and_prints_the_same),
        cmocka_unit_test(the_golden_database_snapshot_loads_and_prints_the_same),
        cmocka_unit_test(the_golden_head_loads_and_prints_the_same),
        cmocka_unit_test(damaged_snapshots_are_refused_by_name),
        cmocka_unit_test(random_damage_is_survived),
        cmocka_unit_test(unknown_fields_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
