/* duck_batch_read.c - a chunk of a DuckDB result seen as a RowBatch.
 *
 * Chunks that come from a fetch are flat at every level, so a column is a plain array: integers,
 * floats, dates and the validity bits (64 rows a word, least significant bit first, which on a
 * little-endian machine is Arrow's bitmap) are borrowed as they are. Three things are copied:
 * strings, because DuckDB keeps short ones inside the 16-byte entry; decimals of fewer than 16
 * bytes; and FLOAT lists that do not lie end to end (nulls between them, or a reordered result).
 *
 * A FLOAT list column must have one length in all rows of the result: that is what a vector column
 * is, and anything else would have to be a new column type.
 *
 * Refuses: types without a ColumnType, lists of several lengths, NULL inside a list, and more than
 * 2 GiB of text in one column of one chunk (offsets are 32 bits).
 *
 * Tested by: test_duck_session.c, test_duck_batch.c. */
#include "query/duck_batch.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "validity words are read as bytes");

static const uint32_t LIST_SIZE_UNKNOWN = UINT32_MAX;

static bool unsupported(const RowColumn *column, const char *what, Err *err) {
    err_fail(err, FAIL_UNSUPPORTED, "column '%.*s' is %s, which cannot be handed on",
             STR_ARG(column->name), what);
    return err_hint(err, "cast it in the statement");
}

static ColumnType plain_type(duckdb_type type) {
    static const struct {
        duckdb_type from;
        ColumnType to;
    } pairs[] = {
        {DUCKDB_TYPE_BOOLEAN, COLUMN_BOOL},
        {DUCKDB_TYPE_TINYINT, COLUMN_INT8},
        {DUCKDB_TYPE_SMALLINT, COLUMN_INT16},
        {DUCKDB_TYPE_INTEGER, COLUMN_INT32},
        {DUCKDB_TYPE_BIGINT, COLUMN_INT64},
        {DUCKDB_TYPE_UTINYINT, COLUMN_UINT8},
        {DUCKDB_TYPE_USMALLINT, COLUMN_UINT16},
        {DUCKDB_TYPE_UINTEGER, COLUMN_UINT32},
        {DUCKDB_TYPE_UBIGINT, COLUMN_UINT64},
        {DUCKDB_TYPE_FLOAT, COLUMN_FLOAT32},
        {DUCKDB_TYPE_DOUBLE, COLUMN_FLOAT64},
        {DUCKDB_TYPE_VARCHAR, COLUMN_UTF8},
        {DUCKDB_TYPE_BLOB, COLUMN_BINARY},
        {DUCKDB_TYPE_DATE, COLUMN_DATE32},
        {DUCKDB_TYPE_TIME, COLUMN_TIME_US},
        {DUCKDB_TYPE_TIMESTAMP, COLUMN_TIMESTAMP_US},
        {DUCKDB_TYPE_TIMESTAMP_TZ, COLUMN_TIMESTAMPTZ_US},
        {DUCKDB_TYPE_DECIMAL, COLUMN_DECIMAL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].from == type)
            return pairs[i].to;
    return 0;
}

/* LIST or ARRAY of FLOAT; anything else inside is refused. */
static bool inspect_list(BatchReader *reader, size_t at, duckdb_logical_type type,
                         duckdb_type type_id, Err *err) {
    RowColumn *column = &reader->batch.columns[at];
    bool is_array = type_id == DUCKDB_TYPE_ARRAY;
    duckdb_logical_type child =
        is_array ? duckdb_array_type_child_type(type) : duckdb_list_type_child_type(type);
    duckdb_type child_id = duckdb_get_type_id(child);
    duckdb_destroy_logical_type(&child);
    if (child_id != DUCKDB_TYPE_FLOAT)
        return unsupported(column, "a list of something other than FLOAT", err);
    column->type = COLUMN_FLOAT32_LIST;
    if (is_array)
        reader->array_sizes[at] = (uint32_t)duckdb_array_type_array_size(type);
    return true;
}

static bool inspect_column(BatchReader *reader, size_t at, duckdb_logical_type type, Err *err) {
    RowColumn *column = &reader->batch.columns[at];
    duckdb_type type_id = duckdb_get_type_id(type);
    if (type_id == DUCKDB_TYPE_LIST || type_id == DUCKDB_TYPE_ARRAY)
        return inspect_list(reader, at, type, type_id, err);
    column->type = plain_type(type_id);
    if (column->type == 0)
        return unsupported(column, "of a type without a column layout here", err);
    if (column->type == COLUMN_DECIMAL) {
        column->width = duckdb_decimal_width(type);
        column->scale = duckdb_decimal_scale(type);
        reader->decimal_storage[at] = duckdb_decimal_internal_type(type);
    }
    return true;
}

bool batch_reader_init(BatchReader *reader, duckdb_result *result, Arena *arena, Err *err) {
    size_t count = (size_t)duckdb_column_count(result);
    *reader = (BatchReader){
        .batch = {.column_count = count, .columns = ARENA_ARRAY(arena, RowColumn, count)},
        .decimal_storage = ARENA_ARRAY(arena, duckdb_type, count),
        .array_sizes = ARENA_ARRAY(arena, uint32_t, count),
        .list_sizes = ARENA_ARRAY(arena, uint32_t, count),
    };
    for (size_t i = 0; i < count; i++) {
        reader->batch.columns[i].name = str_dup(arena, str_c(duckdb_column_name(result, i)));
        reader->list_sizes[i] = LIST_SIZE_UNKNOWN;
        duckdb_logical_type type = duckdb_column_logical_type(result, i);
        bool ok = inspect_column(reader, i, type, err);
        duckdb_destroy_logical_type(&type);
        if (!ok)
            return false;
    }
    reader->scratch = arena_create();
    return true;
}

void batch_reader_deinit(BatchReader *reader) {
    arena_destroy(reader->scratch);
    reader->scratch = NULL;
}

static bool read_strings(BatchReader *reader, RowColumn *column, duckdb_vector vector, Err *err) {
    duckdb_string_t *texts = duckdb_vector_get_data(vector);
    size_t rows = reader->batch.row_count;
    uint64_t total = 0;
    for (size_t row = 0; row < rows; row++)
        total += row_is_null(column, row) ? 0 : duckdb_string_t_length(texts[row]);
    if (total > INT32_MAX)
        return err_fail(err, FAIL_LIMIT, "column '%.*s': %zu rows hold %llu bytes; 2 GiB at most",
                        STR_ARG(column->name), rows, (unsigned long long)total);
    int32_t *offsets = arena_alloc(reader->scratch, (rows + 1) * sizeof *offsets);
    char *bytes = arena_alloc(reader->scratch, total + 1);
    size_t used = 0;
    for (size_t row = 0; row < rows; row++) {
        offsets[row] = (int32_t)used;
        if (row_is_null(column, row))
            continue;
        size_t length = duckdb_string_t_length(texts[row]);
        memcpy(bytes + used, duckdb_string_t_data(&texts[row]), length);
        used += length;
    }
    offsets[rows] = (int32_t)used;
    column->offsets = offsets;
    column->bytes = bytes;
    return true;
}

static void read_decimals(BatchReader *reader, RowColumn *column, duckdb_type storage,
                          const void *data) {
    size_t rows = reader->batch.row_count;
    Int128 *wide = arena_alloc(reader->scratch, rows * sizeof *wide);
    if (storage == DUCKDB_TYPE_HUGEINT) /* DuckDB aligns to 8 bytes only */
        memcpy(wide, data, rows * sizeof *wide);
    for (size_t row = 0; storage != DUCKDB_TYPE_HUGEINT && row < rows; row++) {
        if (row_is_null(column, row))
            wide[row] = 0;
        else if (storage == DUCKDB_TYPE_SMALLINT)
            wide[row] = ((const int16_t *)data)[row];
        else if (storage == DUCKDB_TYPE_INTEGER)
            wide[row] = ((const int32_t *)data)[row];
        else
            wide[row] = ((const int64_t *)data)[row];
    }
    column->values = wide;
}

/* No NULL among `count` elements from `from` on. */
static bool elements_valid(duckdb_vector child, uint64_t from, uint64_t count) {
    uint64_t *validity = duckdb_vector_get_validity(child);
    for (uint64_t i = from; validity != NULL && i < from + count; i++)
        if (!duckdb_validity_row_is_valid(validity, i))
            return false;
    return true;
}

static bool list_size_agrees(RowColumn *column, uint32_t *known, uint64_t length, Err *err) {
    if (*known == LIST_SIZE_UNKNOWN && length < LIST_SIZE_UNKNOWN)
        *known = (uint32_t)length;
    if (*known == length)
        return true;
    err_fail(err, FAIL_UNSUPPORTED, "column '%.*s': lists of %u and of %llu floats in one column",
             STR_ARG(column->name), *known, (unsigned long long)length);
    return err_hint(err, "vectors of one column have one length");
}

static bool read_lists(BatchReader *reader, size_t at, duckdb_vector vector, Err *err) {
    RowColumn *column = &reader->batch.columns[at];
    const duckdb_list_entry *entries = duckdb_vector_get_data(vector);
    duckdb_vector child = duckdb_list_vector_get_child(vector);
    const float *floats = duckdb_vector_get_data(child);
    size_t rows = reader->batch.row_count;
    bool in_place = true;
    for (size_t row = 0; row < rows; row++) {
        if (row_is_null(column, row)) {
            in_place = false;
            continue;
        }
        if (!list_size_agrees(column, &reader->list_sizes[at], entries[row].length, err))
            return false;
        if (!elements_valid(child, entries[row].offset, entries[row].length))
            return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s': NULL inside a list of floats",
                            STR_ARG(column->name));
        in_place = in_place && entries[row].offset == row * entries[row].length;
    }
    uint32_t size = reader->list_sizes[at];
    column->list_size = size == LIST_SIZE_UNKNOWN ? 0 : size;
    column->values = floats;
    if (in_place || column->list_size == 0)
        return true;
    float *packed = arena_alloc_array(reader->scratch, rows * size, sizeof *packed);
    for (size_t row = 0; row < rows; row++)
        if (!row_is_null(column, row))
            memcpy(packed + row * size, floats + entries[row].offset, size * sizeof *packed);
    column->values = packed;
    return true;
}

static bool read_arrays(BatchReader *reader, size_t at, duckdb_vector vector, Err *err) {
    RowColumn *column = &reader->batch.columns[at];
    duckdb_vector child = duckdb_array_vector_get_child(vector);
    uint32_t size = reader->array_sizes[at];
    for (size_t row = 0; row < reader->batch.row_count; row++)
        if (!row_is_null(column, row) && !elements_valid(child, (uint64_t)row * size, size))
            return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s': NULL inside a list of floats",
                            STR_ARG(column->name));
    column->list_size = size;
    column->values = duckdb_vector_get_data(child);
    return true;
}

bool batch_reader_read(BatchReader *reader, duckdb_data_chunk chunk, Err *err) {
    arena_reset(reader->scratch);
    reader->batch.row_count = (size_t)duckdb_data_chunk_get_size(chunk);
    for (size_t i = 0; i < reader->batch.column_count; i++) {
        RowColumn *column = &reader->batch.columns[i];
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        column->validity = (const uint8_t *)duckdb_vector_get_validity(vector);
        if (column->type == COLUMN_UTF8 || column->type == COLUMN_BINARY) {
            if (!read_strings(reader, column, vector, err))
                return false;
        } else if (column->type == COLUMN_DECIMAL) {
            read_decimals(reader, column, reader->decimal_storage[i],
                          duckdb_vector_get_data(vector));
        } else if (column->type == COLUMN_FLOAT32_LIST) {
            bool is_array = reader->array_sizes[i] != 0;
            if (!(is_array ? read_arrays : read_lists)(reader, i, vector, err))
                return false;
        } else {
            column->values = duckdb_vector_get_data(vector);
        }
    }
    return true;
}
