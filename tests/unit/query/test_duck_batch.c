/* test_duck_batch.c - every column type into DuckDB and out again, NULLs and slices included. */
#include "unit.h"

#include <stdlib.h>

#include "query/duck_batch.h"
#include "query/duck_session.h"
#include "temp_folder.h"

enum { ROWS = 5000, VALUE_BYTES = 16, DIMENSION = 3 };

static const ColumnType types[] = {
    COLUMN_BOOL,         COLUMN_INT8,           COLUMN_INT16,   COLUMN_INT32,   COLUMN_INT64,
    COLUMN_UINT8,        COLUMN_UINT16,         COLUMN_UINT32,  COLUMN_UINT64,  COLUMN_FLOAT32,
    COLUMN_FLOAT64,      COLUMN_UTF8,           COLUMN_BINARY,  COLUMN_DATE32,  COLUMN_TIME_US,
    COLUMN_TIMESTAMP_US, COLUMN_TIMESTAMPTZ_US, COLUMN_DECIMAL, COLUMN_DECIMAL, COLUMN_DECIMAL,
    COLUMN_DECIMAL,      COLUMN_FLOAT32_LIST,
};
static const uint8_t widths[] = {4, 9, 18, 38};
enum { COLUMNS = sizeof types / sizeof *types };

/* As the test lays values out: texts in eight bytes. */
static size_t size_of(ColumnType type) {
    size_t bytes = column_value_bytes(type);
    return type == COLUMN_FLOAT32_LIST ? DIMENSION * sizeof(float) : bytes > 0 ? bytes : 8;
}

/* A number that is different in neighbouring rows and small enough for every type. */
static int number_of(size_t row) {
    return (int)(row * 37 % 120);
}

static void fill_values(RowColumn *column, Arena *arena) {
    size_t size = size_of(column->type);
    char *values = arena_alloc_zero(arena, ROWS * size);
    for (size_t row = 0; row < ROWS; row++) {
        int n = number_of(row);
        float floats[DIMENSION] = {(float)n, (float)n + 0.5f, -1};
        double real = n + 0.25;
        int64_t wide[2] = {n, 0};
        const void *from = column->type == COLUMN_FLOAT64        ? (const void *)&real
                           : column->type == COLUMN_FLOAT32      ? (const void *)floats
                           : column->type == COLUMN_FLOAT32_LIST ? (const void *)floats
                                                                 : (const void *)wide;
        if (column->type == COLUMN_BOOL)
            wide[0] = n % 2;
        memcpy(values + row * size, from, size);
    }
    column->values = values;
}

static void fill_texts(RowColumn *column, Arena *arena) {
    int32_t *offsets = ARENA_ARRAY(arena, int32_t, ROWS + 1);
    StrBuf bytes = strbuf_make(arena);
    for (size_t row = 0; row < ROWS; row++) {
        strbuf_append_format(&bytes, row % 2 == 0 ? "%d" : "%d is a text of some length \xC3\xA9",
                             number_of(row));
        if (column->type == COLUMN_BINARY)
            strbuf_append_c(&bytes, "\xFF");
        offsets[row + 1] = (int32_t)bytes.length;
    }
    column->offsets = offsets;
    column->bytes = bytes.data;
}

static bool is_null(size_t column, size_t row) {
    return column % 2 == 1 && row % 3 == 0;
}

static RowBatch make_batch(Arena *arena) {
    RowColumn *columns = ARENA_ARRAY(arena, RowColumn, COLUMNS);
    size_t decimals = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = (RowColumn){.name = str_format(arena, "c%zu", i), .type = types[i]};
        if (types[i] == COLUMN_DECIMAL) {
            columns[i].width = widths[decimals++];
            columns[i].scale = 2;
        }
        columns[i].list_size = types[i] == COLUMN_FLOAT32_LIST ? DIMENSION : 0;
        if (types[i] == COLUMN_UTF8 || types[i] == COLUMN_BINARY)
            fill_texts(&columns[i], arena);
        else
            fill_values(&columns[i], arena);
        uint8_t *validity = ARENA_ARRAY(arena, uint8_t, ROWS / 8 + 1);
        for (size_t row = 0; row < ROWS; row++)
            if (!is_null(i, row))
                validity[row >> 3] |= (uint8_t)(1u << (row & 7));
        columns[i].validity = i % 2 == 1 ? validity : NULL;
    }
    return (RowBatch){.row_count = ROWS, .column_count = COLUMNS, .columns = columns};
}

typedef struct OneBatch {
    RowStream base;
    RowBatch batch;
    bool given;
} OneBatch;

static bool give_once(RowStream *stream, RowBatch *out, Err *err) {
    (void)err;
    OneBatch *self = (OneBatch *)stream;
    *out = self->batch;
    out->row_count = self->given ? 0 : self->batch.row_count;
    self->given = true;
    return true;
}

typedef struct Comparison {
    const RowBatch *expected;
    size_t seen;
} Comparison;

static bool compare(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    Comparison *comparison = context;
    assert_int_equal(batch->column_count, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        const RowColumn *got = &batch->columns[i], *given = &comparison->expected->columns[i];
        assert_int_equal(got->type, given->type);
        assert_int_equal(got->width, given->width);
        assert_int_equal(got->scale, given->scale);
        size_t size = size_of(given->type);
        for (size_t row = 0; row < batch->row_count; row++) {
            size_t from = comparison->seen + row;
            assert_int_equal(row_is_null(got, row), is_null(i, from));
            if (is_null(i, from))
                continue;
            if (given->type == COLUMN_UTF8 || given->type == COLUMN_BINARY)
                assert_true(str_eq(row_text(got, row), row_text(given, from)));
            else
                assert_memory_equal((const char *)got->values + row * size,
                                    (const char *)given->values + from * size, size);
        }
    }
    comparison->seen += batch->row_count;
    return true;
}

static void test_round_trip(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    DuckConfig config = {.memory_bytes = 256u << 20,
                         .threads = 2,
                         .temp_directory = str_format(arena, "%s/t", folder)};
    Duck *duck = duck_open(&config, &err);
    assert_non_null(duck);
    DuckSession *session = duck_session_open(duck, &err);
    assert_non_null(session);
    OneBatch source = {.base = {.next = give_once}, .batch = make_batch(arena)};
    source.base.schema = source.batch;
    source.base.schema.row_count = 0;
    Comparison comparison = {.expected = &source.batch};
    Str table = duck_stream_attach(session, &source.base, arena);
    Str sql = str_format(arena, "FROM %.*s", STR_ARG(table));
    assert_ok(duck_query(session, sql, NULL, compare, &comparison, &err), &err);
    assert_int_equal(comparison.seen, ROWS);
    duck_stream_detach(session);
    duck_session_close(session);
    duck_close(duck);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void test_impossible_decimals(void **state) {
    (void)state;
    RowColumn column = {.type = COLUMN_DECIMAL, .width = 39, .scale = 2};
    assert_null(batch_column_type(&column));
    column = (RowColumn){.type = COLUMN_DECIMAL, .width = 4, .scale = 5};
    assert_null(batch_column_type(&column));
    column = (RowColumn){.type = COLUMN_DECIMAL};
    assert_null(batch_column_type(&column));
}

int suite_test_duck_batch(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_impossible_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
