/* test_row_source.c - what every DSN, table and query must be; positions in a key. */
#include "source/row_source.h"
#include "unit.h"

static void a_table_or_a_query_is_named(void **state) {
    (void)state;
    RowSource *source;
    Err err;
    SourceSpec spec = {.dsn = STR("postgresql://127.0.0.1:1/none")};
    assert_fails(row_source_open(&spec, &source, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "table");
    spec.table = STR("  ");
    assert_fails(row_source_open(&spec, &source, &err), &err, FAIL_INVALID);
    spec = (SourceSpec){.dsn = spec.dsn, .table = STR("t"), .query = STR("SELECT 1")};
    assert_fails(row_source_open(&spec, &source, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "query");
    spec = (SourceSpec){.dsn = STR("ftp://somewhere"), .table = STR("t")};
    assert_fails(row_source_open(&spec, &source, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "dsn");
}

/* ints, a decimal, a date, a text: as literals; NULL and bytes are no position. */
static void positions_are_literals(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err;
    int64_t number[] = {1, -7};
    Int128 decimal[] = {0, -1250};
    int32_t date[] = {0, 19782};
    int32_t offsets[] = {0, 1, 5};
    uint8_t first_only[] = {1};
    RowColumn columns[] = {
        {.name = STR("n"), .type = COLUMN_INT64, .values = number},
        {.name = STR("d"), .type = COLUMN_DECIMAL, .width = 10, .scale = 2, .values = decimal},
        {.name = STR("t"), .type = COLUMN_DATE32, .values = date},
        {.name = STR("s"), .type = COLUMN_UTF8, .offsets = offsets, .bytes = "xit's"},
        {.name = STR("b"), .type = COLUMN_BINARY, .offsets = offsets, .bytes = "xit's"},
        {.name = STR("m"), .type = COLUMN_INT64, .validity = first_only, .values = number}};
    RowBatch batch = {2, 6, columns};
    size_t keys[] = {3, 0, 1, 2}, bytes[] = {4}, missing[] = {5};
    RowSource source = {.key_columns = keys, .key_count = 4};
    Str texts[4];
    assert_ok(row_source_position(&source, &batch, arena, texts, &err), &err);
    assert_str_equal(texts[0], "it's");
    assert_str_equal(texts[1], "-7");
    assert_str_equal(texts[2], "-12.5");
    assert_str_equal(texts[3], "2024-02-29");
    source = (RowSource){.key_columns = bytes, .key_count = 1};
    assert_fails(row_source_position(&source, &batch, arena, texts, &err), &err, FAIL_INTERNAL);
    source = (RowSource){.key_columns = missing, .key_count = 1};
    assert_fails(row_source_position(&source, &batch, arena, texts, &err), &err, FAIL_INTERNAL);
    batch.row_count = 0;
    source = (RowSource){.key_columns = keys, .key_count = 4};
    assert_fails(row_source_position(&source, &batch, arena, texts, &err), &err, FAIL_INTERNAL);
    arena_destroy(arena);
}

int suite_test_row_source(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_table_or_a_query_is_named),
                                       cmocka_unit_test(positions_are_literals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
