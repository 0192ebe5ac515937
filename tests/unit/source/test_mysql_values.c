/* Rows of the binary protocol, byte by byte. */
#include "unit.h"

#include <stdlib.h>

#include "source/mysql_values.h"

int suite_test_mysql_values(void);

typedef struct Row {
    Arena *arena;
    RowBuilder *rows;
    MysqlRowTrouble trouble;
    Err err;
} Row;

/* Puts one row of one column, out of an exact copy so that a sanitizer sees reads beyond it. */
static MysqlRowEnd put(Row *row, const MysqlField *field, SourceTypes types, Str value) {
    MysqlColumn column = mysql_plan(field, types);
    RowColumn shape = {
        .name = STR("c"), .type = column.type, .width = column.width, .scale = column.scale};
    RowBatch schema = {0, 1, &shape};
    row_builder_destroy(row->rows);
    row->rows = row_builder_create(&schema, 4);
    size_t size = 3 + value.length - 1;
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    memset(bytes, 0, 2);
    memcpy(bytes + 2, value.data, value.length);
    MysqlRowEnd end =
        mysql_row_put(&column, 1, bytes, bytes + size, row->rows, &row->trouble, &row->err);
    free(bytes);
    return end;
}

static RowColumn only(Row *row) {
    return row_builder_batch(row->rows).columns[0];
}

static void setup(Row *row) {
    *row = (Row){.arena = arena_create()};
}

static void teardown(Row *row) {
    row_builder_destroy(row->rows);
    arena_destroy(row->arena);
}

#define I32(row)  (((const int32_t *)only(row).values)[0])
#define I64(row)  (((const int64_t *)only(row).values)[0])
#define I128(row) (((const Int128 *)only(row).values)[0])

static void integers(void **state) {
    (void)state;
    Row row;
    setup(&row);
    MysqlField field = {.wire = MYSQL_WIRE_TINY, .length = 4};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x80")), MYSQL_ROW_PUT);
    assert_int_equal(I32(&row), -128);
    field.is_unsigned = true;
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\xff")), MYSQL_ROW_PUT);
    assert_int_equal(I32(&row), 255);
    field = (MysqlField){.wire = MYSQL_WIRE_SHORT};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x00\x80")), MYSQL_ROW_PUT);
    assert_int_equal(I32(&row), -32768);
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, STR("\x00\x80")), MYSQL_ROW_PUT);
    assert_int_equal(I32(&row), -32768);
    field = (MysqlField){.wire = MYSQL_WIRE_LONG, .is_unsigned = true};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\xff\xff\xff\xff")), MYSQL_ROW_PUT);
    assert_true(I64(&row) == UINT32_MAX);
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, STR("\x00\x00\x00\x80")),
                     MYSQL_ROW_MISFIT);
    field = (MysqlField){.wire = MYSQL_WIRE_LONGLONG, .is_unsigned = true};
    Str largest = STR("\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_int_equal(put(&row, &field, SOURCE_EXACT, largest), MYSQL_ROW_PUT);
    assert_true(I128(&row) == (Int128)UINT64_MAX);
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, largest), MYSQL_ROW_MISFIT);
    field = (MysqlField){.wire = MYSQL_WIRE_YEAR, .is_unsigned = true};
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, STR("\0\0")), MYSQL_ROW_PUT);
    RowColumn printed = only(&row);
    assert_str_equal(row_text(&printed, 0), "0000");
    teardown(&row);
}

static void booleans_and_bits(void **state) {
    (void)state;
    Row row;
    setup(&row);
    MysqlField field = {.wire = MYSQL_WIRE_TINY, .length = 1};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x01")), MYSQL_ROW_PUT);
    assert_int_equal(((const uint8_t *)only(&row).values)[0], 1);
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x02")), MYSQL_ROW_MISFIT);
    assert_string_equal(row.trouble.reason, "neither 0 nor 1");
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\xff")), MYSQL_ROW_MISFIT);
    field = (MysqlField){.wire = MYSQL_WIRE_BIT, .length = 9};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x02\x01\xff")), MYSQL_ROW_PUT);
    assert_true(I64(&row) == 511);
    field.length = 64;
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff")),
                     MYSQL_ROW_PUT);
    assert_true(I128(&row) == (Int128)UINT64_MAX);
    assert_int_equal(
        put(&row, &field, SOURCE_EXACT, STR("\x09\x01\xff\xff\xff\xff\xff\xff\xff\xff")),
        MYSQL_ROW_BROKEN);
    teardown(&row);
}

static void floats(void **state) {
    (void)state;
    Row row;
    setup(&row);
    float single = 16777217.5f;
    double twice = -2.2250738585072014e-308;
    MysqlField field = {.wire = MYSQL_WIRE_FLOAT};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, str_make(&single, 4)), MYSQL_ROW_PUT);
    assert_memory_equal(only(&row).values, &single, 4);
    field.wire = MYSQL_WIRE_DOUBLE;
    assert_int_equal(put(&row, &field, SOURCE_EXACT, str_make(&twice, 8)), MYSQL_ROW_PUT);
    assert_memory_equal(only(&row).values, &twice, 8);
    teardown(&row);
}

static void decimals(void **state) {
    (void)state;
    Row row;
    setup(&row);
    MysqlField field = {.wire = MYSQL_WIRE_NEWDECIMAL, .length = 12, .decimals = 2};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x06-12.50")), MYSQL_ROW_PUT);
    assert_true(I128(&row) == -1250);
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x06-2.505")), MYSQL_ROW_MISFIT);
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, STR("\x06-12.50")), MYSQL_ROW_PUT);
    assert_true(((const double *)only(&row).values)[0] == -12.5);
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, STR("\x03nan")), MYSQL_ROW_MISFIT);
    field.length = 67;
    field.decimals = 30;
    assert_int_equal(put(&row, &field, SOURCE_EXACT,
                         STR("\x03"
                             "1.5")),
                     MYSQL_ROW_PUT);
    RowColumn text = only(&row);
    assert_str_equal(row_text(&text, 0), "1.5");
    teardown(&row);
}

static void moments(void **state) {
    (void)state;
    Row row;
    setup(&row);
    const struct {
        Str bytes;
        const char *reason;
    } misfits[] = {{STR("\x00"), "zero date"},
                   {STR("\x04\x00\x00\x00\x00"), "zero date"},
                   {STR("\x04\xe8\x07\x00\x00"), "partial date"},
                   {STR("\x04\xe8\x07\x02\x00"), "partial date"},
                   {STR("\x04\x00\x00\x01\x01"), "year 0000"},
                   {STR("\x04\xe8\x07\x02\x1f"), "no day of the calendar"}};
    MysqlField date = {.wire = MYSQL_WIRE_DATE},
               datetime = {.wire = MYSQL_WIRE_DATETIME, .decimals = 6};
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        assert_int_equal(put(&row, &date, SOURCE_EXACT, misfits[i].bytes), MYSQL_ROW_MISFIT);
        assert_string_equal(row.trouble.reason, misfits[i].reason);
        assert_int_equal(put(&row, &datetime, SOURCE_EXACT, misfits[i].bytes), MYSQL_ROW_MISFIT);
        assert_int_equal(put(&row, &date, SOURCE_REFERENCE, misfits[i].bytes), MYSQL_ROW_PUT);
    }
    assert_int_equal(put(&row, &date, SOURCE_EXACT, STR("\x04\xe8\x07\x03\x01")), MYSQL_ROW_PUT);
    assert_int_equal(I32(&row), 19783);
    Str last = STR("\x0b\x0f\x27\x0c\x1f\x17\x3b\x3b\x3f\x42\x0f\x00");
    assert_int_equal(put(&row, &datetime, SOURCE_EXACT, last), MYSQL_ROW_PUT);
    assert_true(I64(&row) == 253402300799999999);
    assert_int_equal(put(&row, &datetime, SOURCE_REFERENCE, last), MYSQL_ROW_PUT);
    RowColumn text = only(&row);
    assert_str_equal(row_text(&text, 0), "9999-12-31 23:59:59.999999");
    assert_int_equal(put(&row, &date, SOURCE_EXACT, STR("\x05\xe8\x07\x03\x01\x00")),
                     MYSQL_ROW_BROKEN);
    teardown(&row);
}

static void durations(void **state) {
    (void)state;
    Row row;
    setup(&row);
    MysqlField field = {.wire = MYSQL_WIRE_TIME, .decimals = 6};
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x00")), MYSQL_ROW_PUT);
    assert_true(I64(&row) == 0);
    Str lowest = STR("\x08\x01\x22\x00\x00\x00\x16\x3b\x3b"); /* 34 days, 22:59:59 */
    assert_int_equal(put(&row, &field, SOURCE_EXACT, lowest), MYSQL_ROW_MISFIT);
    assert_string_equal(row.trouble.reason, "negative time");
    assert_int_equal(put(&row, &field, SOURCE_REFERENCE, lowest), MYSQL_ROW_PUT);
    RowColumn text = only(&row);
    assert_str_equal(row_text(&text, 0), "-838:59:59.000000");
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x08\x00\x01\x00\x00\x00\x00\x00\x00")),
                     MYSQL_ROW_MISFIT);
    assert_string_equal(row.trouble.reason, "24 hours or more");
    assert_int_equal(put(&row, &field, SOURCE_EXACT,
                         STR("\x0c\x00\x00\x00\x00\x00\x17\x3b\x3b\x3f\x42\x0f\x00")),
                     MYSQL_ROW_PUT);
    assert_true(I64(&row) == 86399999999);
    assert_int_equal(put(&row, &field, SOURCE_EXACT, STR("\x08\x00\xff\xff\xff\xff\x00\x00\x00")),
                     MYSQL_ROW_BROKEN);
    teardown(&row);
}

static void texts_and_bytes(void **state) {
    (void)state;
    Row row;
    setup(&row);
    MysqlField text = {.wire = MYSQL_WIRE_VAR_STRING};
    MysqlField blob = {.wire = MYSQL_WIRE_BLOB, .is_binary = true};
    assert_int_equal(put(&row, &text, SOURCE_EXACT, STR("\x04\xf0\x9f\x98\x80")), MYSQL_ROW_PUT);
    assert_int_equal(put(&row, &text, SOURCE_EXACT, STR("\x02\xc3\x28")), MYSQL_ROW_REJECT);
    assert_int_equal(put(&row, &blob, SOURCE_EXACT, STR("\x02\xc3\x28")), MYSQL_ROW_PUT);
    assert_int_equal(put(&row, &blob, SOURCE_REFERENCE, STR("\x02\x00\xff")), MYSQL_ROW_PUT);
    RowColumn printed = only(&row);
    assert_str_equal(row_text(&printed, 0), "\\x00ff");
    assert_int_equal(put(&row, &text, SOURCE_EXACT,
                         STR("\xfc\x03\x00"
                             "abc")),
                     MYSQL_ROW_PUT);
    assert_int_equal(put(&row, &text, SOURCE_EXACT,
                         STR("\xfd\x03\x00\x00"
                             "abc")),
                     MYSQL_ROW_PUT);
    assert_int_equal(put(&row, &text, SOURCE_EXACT,
                         STR("\xfe\x03\0\0\0\0\0\0\0"
                             "abc")),
                     MYSQL_ROW_PUT);
    const Str broken[] = {STR(""),
                          STR("\x04"
                              "abc"),
                          STR("\xfc\x03"),
                          STR("\xfb"),
                          STR("\xff"),
                          STR("\xfd\xff\xff\xff"
                              "abc"),
                          STR("\xfc"),
                          STR("\xfe\xff\xff\xff\xff\xff\xff\xff\xff"
                              "abc")};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(put(&row, &text, SOURCE_EXACT, broken[i]), MYSQL_ROW_BROKEN);
    teardown(&row);
}

/* Ten columns: the bitmap has two bytes, and column i is bit i + 2. */
static void nulls(void **state) {
    (void)state;
    enum { COLUMNS = 10 };
    MysqlField field = {.wire = MYSQL_WIRE_TINY, .length = 4};
    MysqlColumn columns[COLUMNS];
    RowColumn shapes[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = mysql_plan(&field, SOURCE_EXACT);
        shapes[i] = (RowColumn){.name = STR("c"), .type = columns[i].type};
    }
    RowBatch schema = {0, COLUMNS, shapes};
    RowBuilder *rows = row_builder_create(&schema, 8);
    MysqlRowTrouble trouble;
    Err err = {0};
    const uint8_t row[] = {0, 0x04 | 0x80, 0x08, 1, 2, 3, 4, 5, 6, 7};
    assert_int_equal(mysql_row_put(columns, COLUMNS, row, row + sizeof row, rows, &trouble, &err),
                     MYSQL_ROW_PUT);
    RowBatch batch = row_builder_batch(rows);
    int value = 1;
    for (size_t i = 0; i < COLUMNS; i++) {
        bool is_null = i == 0 || i == 5 || i == 9;
        assert_int_equal(row_is_null(&batch.columns[i], 0), is_null);
        if (!is_null)
            assert_int_equal(((const int32_t *)batch.columns[i].values)[0], value++);
    }
    /* Cut anywhere it is no row, and the builder can take the row back. */
    for (size_t size = 0; size < sizeof row; size++) {
        uint8_t *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, row, size);
        assert_int_equal(mysql_row_put(columns, COLUMNS, cut, cut + size, rows, &trouble, &err),
                         MYSQL_ROW_BROKEN);
        row_builder_drop_row(rows);
        free(cut);
    }
    assert_int_equal(row_builder_batch(rows).row_count, 1);
    const uint8_t error[] = {255, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    assert_int_equal(
        mysql_row_put(columns, COLUMNS, error, error + sizeof error, rows, &trouble, &err),
        MYSQL_ROW_BROKEN);
    row_builder_destroy(rows);
}

int suite_test_mysql_values(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),        cmocka_unit_test(booleans_and_bits),
        cmocka_unit_test(floats),          cmocka_unit_test(decimals),
        cmocka_unit_test(moments),         cmocka_unit_test(durations),
        cmocka_unit_test(texts_and_bytes), cmocka_unit_test(nulls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
