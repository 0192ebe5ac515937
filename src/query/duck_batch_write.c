/* duck_batch_write.c - rows of ours into a DuckDB chunk, checked on the way.
 *
 * DuckDB trusts what a table function gives it: text that is not UTF-8 raises an internal error
 * later, which spoils the whole instance for everybody, and a decimal that is wider than its type
 * is stored as it is. So both are looked at here, once per value, and refused by name.
 *
 * Vectors are written as LIST, not as ARRAY: Parquet has only lists, and FIELD_IDS refuses arrays.
 *
 * Tested by: test_duck_session.c, test_duck_batch.c. */
#include "query/duck_batch.h"

#include <string.h>

static duckdb_type plain_type(ColumnType type) {
    switch (type) {
    case COLUMN_BOOL:
        return DUCKDB_TYPE_BOOLEAN;
    case COLUMN_INT8:
        return DUCKDB_TYPE_TINYINT;
    case COLUMN_INT16:
        return DUCKDB_TYPE_SMALLINT;
    case COLUMN_INT32:
        return DUCKDB_TYPE_INTEGER;
    case COLUMN_INT64:
        return DUCKDB_TYPE_BIGINT;
    case COLUMN_UINT8:
        return DUCKDB_TYPE_UTINYINT;
    case COLUMN_UINT16:
        return DUCKDB_TYPE_USMALLINT;
    case COLUMN_UINT32:
        return DUCKDB_TYPE_UINTEGER;
    case COLUMN_UINT64:
        return DUCKDB_TYPE_UBIGINT;
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT32_LIST:
        return DUCKDB_TYPE_FLOAT;
    case COLUMN_FLOAT64:
        return DUCKDB_TYPE_DOUBLE;
    case COLUMN_UTF8:
        return DUCKDB_TYPE_VARCHAR;
    case COLUMN_BINARY:
        return DUCKDB_TYPE_BLOB;
    case COLUMN_DATE32:
        return DUCKDB_TYPE_DATE;
    case COLUMN_TIME_US:
        return DUCKDB_TYPE_TIME;
    case COLUMN_TIMESTAMP_US:
        return DUCKDB_TYPE_TIMESTAMP;
    case COLUMN_TIMESTAMPTZ_US:
        return DUCKDB_TYPE_TIMESTAMP_TZ;
    case COLUMN_DECIMAL:
        return DUCKDB_TYPE_DECIMAL;
    }
    return DUCKDB_TYPE_INVALID;
}

duckdb_logical_type batch_column_type(const RowColumn *column) {
    if (column->type == COLUMN_DECIMAL) {
        if (column->width < 1 || column->width > 38 || column->scale > column->width)
            return NULL;
        return duckdb_create_decimal_type(column->width, column->scale);
    }
    duckdb_logical_type type = duckdb_create_logical_type(plain_type(column->type));
    if (column->type != COLUMN_FLOAT32_LIST)
        return type;
    duckdb_logical_type list = duckdb_create_list_type(type);
    duckdb_destroy_logical_type(&type);
    return list;
}

static void write_validity(const RowColumn *column, size_t from, size_t count,
                           duckdb_vector vector) {
    if (column->validity == NULL)
        return;
    duckdb_vector_ensure_validity_writable(vector);
    uint64_t *validity = duckdb_vector_get_validity(vector);
    for (size_t i = 0; i < count; i++)
        if (row_is_null(column, from + i))
            duckdb_validity_set_row_invalid(validity, i);
}

static bool write_strings(const RowColumn *column, size_t from, size_t count, duckdb_vector vector,
                          Err *err) {
    for (size_t i = 0; i < count; i++) {
        if (row_is_null(column, from + i))
            continue;
        Str text = row_text(column, from + i);
        if (column->type == COLUMN_UTF8 && !utf8_valid(text))
            return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s': a text is not valid UTF-8",
                            STR_ARG(column->name));
        duckdb_vector_assign_string_element_len(vector, i, text.data, text.length);
    }
    return true;
}

static bool write_decimals(const RowColumn *column, size_t from, size_t count, duckdb_vector vector,
                           Err *err) {
    const Int128 *wide = (const Int128 *)column->values + from;
    void *data = duckdb_vector_get_data(vector);
    Int128 limit = 1;
    for (unsigned i = 0; i < column->width; i++)
        limit *= 10;
    for (size_t i = 0; i < count; i++) {
        if (row_is_null(column, from + i))
            continue;
        if (wide[i] >= limit || wide[i] <= -limit)
            return err_fail(err, FAIL_UNPROCESSABLE,
                            "column '%.*s': a value has more than %u digits", STR_ARG(column->name),
                            column->width);
        if (column->width <= 4)
            ((int16_t *)data)[i] = (int16_t)wide[i];
        else if (column->width <= 9)
            ((int32_t *)data)[i] = (int32_t)wide[i];
        else if (column->width <= 18)
            ((int64_t *)data)[i] = (int64_t)wide[i];
        else
            memcpy((char *)data + i * sizeof *wide, &wide[i], sizeof *wide);
    }
    return true;
}

static bool write_lists(const RowColumn *column, size_t from, size_t count, duckdb_vector vector,
                        Err *err) {
    size_t floats = count * column->list_size;
    if (duckdb_list_vector_reserve(vector, floats) != DuckDBSuccess ||
        duckdb_list_vector_set_size(vector, floats) != DuckDBSuccess)
        return err_fail(err, FAIL_NO_MEMORY, "no room for %zu floats of column '%.*s'", floats,
                        STR_ARG(column->name));
    if (floats > 0)
        memcpy(duckdb_vector_get_data(duckdb_list_vector_get_child(vector)),
               (const float *)column->values + from * column->list_size, floats * sizeof(float));
    duckdb_list_entry *entries = duckdb_vector_get_data(vector);
    for (size_t i = 0; i < count; i++)
        entries[i] = (duckdb_list_entry){i * column->list_size, column->list_size};
    return true;
}

static bool write_column(const RowColumn *column, size_t from, size_t count, duckdb_vector vector,
                         Err *err) {
    write_validity(column, from, count, vector);
    if (column->type == COLUMN_UTF8 || column->type == COLUMN_BINARY)
        return write_strings(column, from, count, vector, err);
    if (column->type == COLUMN_DECIMAL)
        return write_decimals(column, from, count, vector, err);
    if (column->type == COLUMN_FLOAT32_LIST)
        return write_lists(column, from, count, vector, err);
    size_t size = column_value_bytes(column->type);
    memcpy(duckdb_vector_get_data(vector), (const char *)column->values + from * size,
           count * size);
    return true;
}

bool batch_write(const RowBatch *batch, size_t from, size_t count, duckdb_data_chunk chunk,
                 Err *err) {
    for (size_t i = 0; count > 0 && i < batch->column_count; i++)
        if (!write_column(&batch->columns[i], from, count, duckdb_data_chunk_get_vector(chunk, i),
                          err))
            return false;
    duckdb_data_chunk_set_size(chunk, count);
    return true;
}
