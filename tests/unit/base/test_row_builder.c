/* test_row_builder.c - values come back as put; a dropped row leaves no trace. */
#include "unit.h"

#include "base/row_builder.h"

static RowBuilder *make_rows(size_t capacity) {
    RowColumn shapes[] = {{.name = STR("id"), .type = COLUMN_INT64},
                          {.name = STR("name"), .type = COLUMN_UTF8},
                          {.name = STR("price"), .type = COLUMN_DECIMAL, .width = 10, .scale = 2}};
    RowBatch schema = {0, 3, shapes};
    return row_builder_create(&schema, capacity);
}

static void put_row(RowBuilder *rows, int64_t id, Str name) {
    Err err = {0};
    column_put_i64(&rows->columns[0], id);
    assert_true(column_put_text(&rows->columns[1], name, &err));
    column_put_null(&rows->columns[2]);
    row_builder_end_row(rows);
}

static void values_come_back(void **state) {
    (void)state;
    RowBuilder *rows = make_rows(16);
    put_row(rows, 7, STR("a"));
    put_row(rows, -1, STR(""));
    RowBatch batch = row_builder_batch(rows);
    assert_int_equal(batch.row_count, 2);
    assert_int_equal(((const int64_t *)batch.columns[0].values)[1], -1);
    assert_true(str_eq_c(row_text(&batch.columns[1], 0), "a"));
    assert_int_equal(row_text(&batch.columns[1], 1).length, 0);
    assert_null(batch.columns[0].validity);
    assert_true(row_is_null(&batch.columns[2], 0) && row_is_null(&batch.columns[2], 1));
    assert_true(str_eq_c(batch.columns[2].name, "price"));
    row_builder_destroy(rows);
}

static void dropped_row_leaves_no_trace(void **state) {
    (void)state;
    RowBuilder *rows = make_rows(16);
    Err err = {0};
    put_row(rows, 1, STR("kept"));
    column_put_null(&rows->columns[0]);
    assert_true(column_put_text(&rows->columns[1], STR("gone"), &err));
    row_builder_drop_row(rows);
    put_row(rows, 2, STR("next"));
    RowBatch batch = row_builder_batch(rows);
    assert_int_equal(batch.row_count, 2);
    assert_null(batch.columns[0].validity);
    assert_true(str_eq_c(row_text(&batch.columns[1], 1), "next"));
    row_builder_destroy(rows);
}

static void full_by_rows_and_by_bytes(void **state) {
    (void)state;
    RowBuilder *rows = make_rows(2);
    put_row(rows, 1, STR("x"));
    assert_false(row_builder_is_full(rows));
    put_row(rows, 2, STR("x"));
    assert_true(row_builder_is_full(rows));
    row_builder_clear(rows);
    assert_false(row_builder_is_full(rows));
    Err err = {0};
    char *room = column_put_room(&rows->columns[1], ROW_BUILDER_BYTES, &err);
    assert_non_null(room);
    memset(room, 'x', ROW_BUILDER_BYTES);
    column_put_i64(&rows->columns[0], 1);
    column_put_null(&rows->columns[2]);
    row_builder_end_row(rows);
    assert_true(row_builder_is_full(rows));
    assert_null(column_put_room(&rows->columns[1], (size_t)ROW_VALUE_BYTES_MAX + 1, &err));
    assert_int_equal(err.kind, FAIL_LIMIT);
    row_builder_destroy(rows);
}

int suite_test_row_builder(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(dropped_row_leaves_no_trace),
        cmocka_unit_test(full_by_rows_and_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
