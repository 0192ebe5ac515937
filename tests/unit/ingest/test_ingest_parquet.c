/* test_ingest_parquet.c - Parquet files, as other programs write them, into datasets. */
#include "ingest_case.h"

/* Writes the rows of a SELECT to a Parquet file and gives its bytes. */
static Str parquet_of(IngestCase *c, const char *select) {
    Str path = str_format(c->arena, "%s/made.parquet", c->folder);
    Str sql = str_format(c->arena, "COPY (%s) TO '%.*s' (FORMAT parquet)", select, STR_ARG(path));
    assert_ok(duck_exec(c->session, sql, NULL, NULL, &c->err), &c->err);
    FILE *file = fopen(path.data, "rb");
    assert_non_null(file);
    char *bytes = arena_alloc(c->arena, 1 << 20);
    size_t length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return str_make(bytes, length);
}

static void test_types_as_stored(void **state) {
    IngestCase *c = *state;
    Str bytes = parquet_of(
        c, "SELECT 1::TINYINT AS a, 18446744073709551615::UBIGINT AS u, "
           "'x' AS s, [1.5, 2]::FLOAT[] AS v, {'k': 1, 'w': 'z'} AS o, "
           "TIMESTAMP_NS '2024-01-01 00:00:00.000000001' AS ns, 1.25::DECIMAL(9,3) AS d");
    ingest_case_load(c, "stored", "x.parquet", bytes);
    ingest_case_expect(c, 1, 1, 0);
    assert_str_equal(ingest_case_types(c, "stored"),
                     "a INTEGER, u DECIMAL(20,0), s VARCHAR, v FLOAT[], o STRUCT(k INTEGER, w "
                     "VARCHAR), ns TIMESTAMP, d DECIMAL(9,3)");
    assert_str_equal(ingest_case_rows(c, "stored", "SELECT a, u, s, v, o.w, ns, d FROM d"),
                     "1|18446744073709551615|x|[1.5, 2.0]|z|2024-01-01 00:00:00|1.250\n");
    assert_str_equal(ingest_case_coercions(c), "a: TINYINT to INTEGER: 1\n"
                                               "u: UBIGINT to DECIMAL(20,0): 1\n"
                                               "ns: TIMESTAMP_NS to TIMESTAMP: 1\n");
}

static void test_field_ids_are_written(void **state) {
    IngestCase *c = *state;
    Str bytes = parquet_of(c, "SELECT 1 AS a, [1]::FLOAT[] AS v, 'x' AS \"odd \"\"name\"");
    ingest_case_load(c, "ids", "x.parquet", bytes);
    Snapshot snapshot;
    ObjectStore *store;
    Str path;
    assert_ok(catalog_snapshot(c->catalog, STR("ids"), 0, c->arena, &snapshot, &c->err), &c->err);
    assert_ok(bucket_find(c->buckets, STR_EMPTY, c->arena, &store, &c->err), &c->err);
    assert_ok(store_local_path(store, snapshot.files[0].key, c->arena, &path, &c->err), &c->err);
    Str sql = str_format(c->arena,
                         "SELECT name, field_id FROM parquet_schema('%.*s') WHERE field_id IS NOT "
                         "NULL ORDER BY field_id",
                         STR_ARG(path));
    assert_str_equal(ingest_case_rows(c, "ids", sql.data), "a|1\nv|2\nelement|3\nodd \"name|4\n");
    assert_int_equal(snapshot.files[0].rows, 1);
    assert_int_equal(snapshot.files[0].stats_count, 2); /* not of the list */
    assert_str_equal(snapshot.files[0].stats[0].max_text, "1");
}

static void test_no_rows(void **state) {
    IngestCase *c = *state;
    ingest_case_load(c, "none", "x.parquet", parquet_of(c, "SELECT 1 AS a WHERE false"));
    ingest_case_expect(c, 0, 0, 0);
    assert_str_equal(ingest_case_rows(c, "none", "SELECT count(*) FROM d"), "0\n");
}

static void test_schema_changes(void **state) {
    IngestCase *c = *state;
    ingest_case_load(c, "grown", "1.parquet", parquet_of(c, "SELECT 1::INTEGER AS a, 'x' AS b"));
    ingest_case_load(c, "grown", "2.parquet",
                     parquet_of(c, "SELECT true AS c, 5000000000::BIGINT AS a"));
    assert_str_equal(ingest_case_types(c, "grown"), "a BIGINT, b VARCHAR, c BOOLEAN");
    assert_str_equal(ingest_case_rows(c, "grown", "SELECT a, b, c FROM d ORDER BY a"),
                     "1|x|NULL\n5000000000|NULL|true\n");
    assert_false(ingest_case_try(c, "grown", "3.parquet", parquet_of(c, "SELECT 'y' AS a"), NULL));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(c->err.message, "'a'"));
}

static void test_damaged(void **state) {
    IngestCase *c = *state;
    Str bytes = parquet_of(c, "SELECT range AS a, 'text ' || range AS b FROM range(1000)");
    char *copy = str_to_c(c->arena, bytes);
    memset(copy + 4, 0xFF, 200); /* data, under a footer that is whole */
    assert_false(ingest_case_try(c, "bad", "x.parquet", str_make(copy, bytes.length), NULL));
    assert_true(c->err.message[0] != '\0');
    assert_null(strstr(c->err.message, c->folder));
    assert_false(ingest_case_try(c, "bad", "x.parquet", str_slice(bytes, 0, 300), NULL));
    assert_false(ingest_case_try(c, "bad", "x.parquet", STR("PAR1PAR1"), NULL));
    /* text that is not UTF-8 */
    bytes = parquet_of(c, "SELECT 'abcdefghijklmnop' AS s");
    copy = str_to_c(c->arena, bytes);
    for (size_t at = 0; at + 16 < bytes.length; at++)
        if (memcmp(copy + at, "abcdefghijklmnop", 16) == 0)
            copy[at + 3] = '\xFF';
    assert_false(ingest_case_try(c, "bad", "x.parquet", str_make(copy, bytes.length), NULL));
    /* and all is well afterwards */
    ingest_case_load(c, "bad", "x.parquet", parquet_of(c, "SELECT 1 AS a"));
}

int suite_test_ingest_parquet(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_as_stored), cmocka_unit_test(test_field_ids_are_written),
        cmocka_unit_test(test_no_rows),         cmocka_unit_test(test_schema_changes),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
