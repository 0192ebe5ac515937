/* duck_rows.c - DuckDB's callbacks around a RowsFunction.
 *
 * An error crosses DuckDB as text only, so its kind travels inside (duck_error_encode). Text is
 * checked to be UTF-8 here: DuckDB 1.4 does not, and a bad string in a vector spoils the whole
 * instance at the first upper().
 *
 * Tested by: test_duck_functions.c. */
#include "query/duck_rows.h"

#include <assert.h>
#include <stdlib.h>

#include "query/duck_error.h"

/* Shared by all scans of one registration. */
typedef struct Registration {
    const RowsFunction *function;
    const void *context;
} Registration;

typedef struct BindState {
    Arena *arena;
    void *arguments;
} BindState;

typedef struct ScanState {
    Arena *arena;
    RowsSet rows;
    size_t next_row;
    size_t *columns; /* column of the function for each column of the chunk */
    size_t column_count;
} ScanState;

static void bind_state_destroy(void *pointer) {
    BindState *state = pointer;
    arena_destroy(state->arena);
    free(state);
}

static void scan_state_destroy(void *pointer) {
    ScanState *state = pointer;
    arena_destroy(state->arena);
    free(state);
}

static void on_bind(duckdb_bind_info info) {
    const Registration *registration = duckdb_bind_get_extra_info(info);
    const RowsFunction *function = registration->function;
    for (size_t i = 0; i < function->column_count; i++) {
        duckdb_logical_type type = duckdb_create_logical_type(function->columns[i].type);
        duckdb_bind_add_result_column(info, function->columns[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
    BindState *state = calloc(1, sizeof *state);
    assert(state != NULL);
    state->arena = arena_create();
    duckdb_bind_set_bind_data(info, state, bind_state_destroy);
    Err err = {0};
    if (function->bind != NULL && !function->bind(info, state->arena, &state->arguments, &err))
        duckdb_bind_set_error(info, duck_error_encode(&err, state->arena));
}

static bool check_rows(const RowsFunction *function, const RowsSet *rows, Err *err) {
    for (size_t i = 0; i < rows->row_count * function->column_count; i++)
        if (!utf8_valid(rows->cells[i].text))
            return err_fail(err, FAIL_CORRUPT, "%s: a text is not valid UTF-8", function->name);
    return true;
}

static void on_init(duckdb_init_info info) {
    const Registration *registration = duckdb_init_get_extra_info(info);
    const BindState *bound = duckdb_init_get_bind_data(info);
    const RowsFunction *function = registration->function;
    ScanState *state = calloc(1, sizeof *state);
    assert(state != NULL);
    state->arena = arena_create();
    duckdb_init_set_init_data(info, state, scan_state_destroy);
    state->column_count = (size_t)duckdb_init_get_column_count(info);
    state->columns = ARENA_ARRAY(state->arena, size_t, state->column_count);
    for (size_t i = 0; i < state->column_count; i++)
        state->columns[i] = (size_t)duckdb_init_get_column_index(info, i);
    Err err = {0};
    if (!function->make(registration->context, bound->arguments, state->arena, &state->rows,
                        &err) ||
        !check_rows(function, &state->rows, &err))
        duckdb_init_set_error(info, duck_error_encode(&err, state->arena));
}

static void write_cell(duckdb_type type, const RowsCell *cell, duckdb_vector vector, size_t row) {
    if (cell->is_null) {
        duckdb_vector_ensure_validity_writable(vector);
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
        return;
    }
    void *data = duckdb_vector_get_data(vector);
    if (type == DUCKDB_TYPE_VARCHAR)
        duckdb_vector_assign_string_element_len(vector, row, cell->text.data, cell->text.length);
    else if (type == DUCKDB_TYPE_FLOAT)
        ((float *)data)[row] = cell->number;
    else if (type == DUCKDB_TYPE_INTEGER)
        ((int32_t *)data)[row] = (int32_t)cell->integer;
    else if (type == DUCKDB_TYPE_BOOLEAN)
        ((bool *)data)[row] = cell->integer != 0;
    else
        ((int64_t *)data)[row] = cell->integer;
}

static void on_scan(duckdb_function_info info, duckdb_data_chunk chunk) {
    const Registration *registration = duckdb_function_get_extra_info(info);
    const RowsFunction *function = registration->function;
    ScanState *state = duckdb_function_get_init_data(info);
    size_t left = state->rows.row_count - state->next_row;
    size_t count = left < duckdb_vector_size() ? left : (size_t)duckdb_vector_size();
    for (size_t i = 0; i < state->column_count; i++) {
        size_t column = state->columns[i];
        if (column >= function->column_count)
            continue; /* row ids and the like, asked for when no column is */
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        for (size_t row = 0; row < count; row++) {
            size_t cell = (state->next_row + row) * function->column_count + column;
            write_cell(function->columns[column].type, &state->rows.cells[cell], vector, row);
        }
    }
    duckdb_data_chunk_set_size(chunk, count);
    state->next_row += count;
}

bool duck_rows_register(duckdb_connection connection, const RowsFunction *function,
                        const void *context, Err *err) {
    Registration *registration = malloc(sizeof *registration);
    assert(registration != NULL);
    *registration = (Registration){function, context};
    duckdb_table_function made = duckdb_create_table_function();
    duckdb_table_function_set_name(made, function->name);
    if (function->declare != NULL)
        function->declare(made);
    duckdb_table_function_set_extra_info(made, registration, free);
    duckdb_table_function_set_bind(made, on_bind);
    duckdb_table_function_set_init(made, on_init);
    duckdb_table_function_set_function(made, on_scan);
    duckdb_table_function_supports_projection_pushdown(made, true);
    bool ok = duckdb_register_table_function(connection, made) == DuckDBSuccess;
    duckdb_destroy_table_function(&made);
    return ok ? true : err_fail(err, FAIL_INTERNAL, "cannot register %s", function->name);
}
