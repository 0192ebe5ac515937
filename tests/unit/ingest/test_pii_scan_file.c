/* test_pii_scan_file.c - a staged Parquet file is looked at: all of a small one, blocks of a large
 * one, every type that comes. */
#include "ingest_case.h"

#include "ingest/pii_scan_file.h"

/* Writes the rows of a SELECT as a load would, then scans them: "column:kind:basis " in order. */
static Str scanned(IngestCase *c, const char *select, uint64_t row_bytes) {
    IngestFileRequest request = {.dataset = STR("t")};
    LoadContext context = {.request = &request, .session = c->session, .arena = c->arena};
    StagedFile file = {.path = str_format(c->arena, "%s/scan.parquet", c->folder)};
    DuckColumn *columns;
    Schema incoming = {0}, planned;
    assert_ok(
        duck_describe(c->session, str_c(select), c->arena, &columns, &incoming.count, &c->err),
        &c->err);
    incoming.columns = ARENA_ARRAY(c->arena, SchemaColumn, incoming.count);
    ParquetColumn *written = ARENA_ARRAY(c->arena, ParquetColumn, incoming.count);
    for (size_t i = 0; i < incoming.count; i++)
        incoming.columns[i] = (SchemaColumn){.name = columns[i].name, .type = columns[i].type};
    assert_ok(schema_plan(NULL, &incoming, SCHEMA_EXTEND, c->arena, &planned, &c->err), &c->err);
    for (size_t i = 0; i < planned.count; i++)
        written[i] = (ParquetColumn){planned.columns[i].name, planned.columns[i].field_id};
    ParquetRequest parquet = {.path = file.path,
                              .columns = written,
                              .column_count = planned.count,
                              .field_ids = schema_field_ids(&planned, c->arena)};
    assert_ok(
        duck_write_parquet(c->session, str_c(select), &parquet, c->arena, &file.written, &c->err),
        &c->err);
    PiiTagVec tags;
    assert_ok(pii_scan_file(&context, &planned, &file, row_bytes, &tags, &c->err), &c->err);
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < tags.count; i++)
        strbuf_append_format(&text, "%.*s:%.*s:%.*s ", STR_ARG(tags.items[i].column),
                             STR_ARG(tags.items[i].kind), STR_ARG(tags.items[i].basis));
    return strbuf_str(&text);
}

static void test_types(void **state) {
    IngestCase *c = *state;
    assert_str_equal(
        scanned(c,
                "SELECT i AS id, concat('u', i, '@example.com') AS mail_to, true AS email_ok, "
                "DATE '1980-01-01' + i::INTEGER AS dob, TIMESTAMP '1990-01-01' AS birthdate, "
                "1.5::DOUBLE AS salary, [concat('u', i, '@example.com')] AS many, "
                "{'mail': concat('u', i, '@example.com')} AS nested, 'x'::BLOB AS email_blob, "
                "4111111111111111::BIGINT AS paid, (536900399 + i)::DECIMAL(20,0) AS ssn, "
                "TIME '12:00:00' AS t FROM range(500) r(i)",
                100),
        "mail_to:EMAIL:value dob:DATE_OF_BIRTH:both birthdate:DATE_OF_BIRTH:both "
        "salary:SALARY:name many:EMAIL:value nested:EMAIL:value ssn:US_SSN:both ");
}

static void test_no_rows(void **state) {
    IngestCase *c = *state;
    assert_str_equal(scanned(c, "SELECT 'x' AS email, 1 AS id WHERE false", 10),
                     "email:EMAIL:name ");
    assert_str_equal(scanned(c, "SELECT 1.5 AS x, true AS email", 10), "");
}

/* Addresses stand in the middle fifth alone: blocks find them as often as they are. */
static void test_large_files_are_sampled_evenly(void **state) {
    IngestCase *c = *state;
    assert_str_equal(scanned(c,
                             "SELECT CASE WHEN i BETWEEN 200000 AND 349999 THEN "
                             "concat('u', i, '@example.com') ELSE concat('thing ', i) END AS who "
                             "FROM range(500000) r(i)",
                             40),
                     "who:EMAIL:value ");
}

static void test_long_rows(void **state) {
    IngestCase *c = *state;
    assert_str_equal(scanned(c,
                             "SELECT concat('write to u', i, '@example.com ', "
                             "repeat('and so on ', 2000)) AS body FROM range(3000) r(i)",
                             20000),
                     "body:EMAIL:value ");
}

/* Values of a personal column are in no statistics of the snapshot. */
static void test_bounds_stay_inside(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "bounds", "x.csv", "id,email\n1,a@example.com\n2,b@example.com\n");
    assert_int_equal(c->result.pii_count, 1);
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, STR("bounds"), 0, c->arena, &snapshot, &c->err),
              &c->err);
    assert_int_equal(snapshot.pii_count, 1);
    assert_int_equal(snapshot.files[0].stats_count, 2);
    assert_true(snapshot.files[0].stats[0].has_bounds);
    assert_false(snapshot.files[0].stats[1].has_bounds);
}

int suite_test_pii_scan_file(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_large_files_are_sampled_evenly),
        cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_bounds_stay_inside),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
