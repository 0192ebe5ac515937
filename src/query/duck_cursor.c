/* duck_cursor.c - parse, prepare, bind, run and fetch one statement of a user.
 *
 * Rows are streamed: DuckDB computes the next chunk when it is asked for, so a slow client holds a
 * streaming buffer and not the whole answer. The streaming call is marked deprecated in duckdb.h,
 * but has no replacement up to 1.5.
 *
 * An error in mid-stream shows as the end of the rows with an error in the result: it is looked
 * for after the last chunk.
 *
 * Tested by: test_query_engine.c, test_duck_locked.c. */
#include "query/duck_cursor.h"

#include <duckdb.h>

#include <assert.h>
#include <stdlib.h>

#include "query/duck_error.h"
#include "query/duck_locked.h"
#include "query/duck_params.h"
#include "query/duck_result.h"

struct DuckCursor {
    DuckLocked *locked;
    LockedInstance *instance; /* one reference */
    duckdb_connection connection;
    Arena *arena; /* columns and reading trees */
    Str sql;      /* the user's, for places in errors */
    duckdb_prepared_statement statement;
    duckdb_result result;
    bool has_result;
    bool was_spoiled;
    ResultColumn *columns;
    ResultChunk chunk;
};

DuckCursor *duck_cursor_open(DuckLocked *locked, Err *err) {
    LockedInstance *instance = duck_locked_acquire(locked, err);
    if (instance == NULL)
        return NULL;
    DuckCursor *cursor = calloc(1, sizeof *cursor);
    assert(cursor != NULL);
    cursor->locked = locked;
    cursor->instance = instance;
    cursor->arena = arena_create();
    if (duckdb_connect(locked_instance_database(instance), &cursor->connection) == DuckDBSuccess)
        return cursor;
    err_fail(err, FAIL_INTERNAL, "cannot connect to the query engine");
    duck_cursor_close(cursor);
    return NULL;
}

void duck_cursor_close(DuckCursor *cursor) {
    if (cursor == NULL)
        return;
    if (cursor->chunk.chunk != NULL)
        duckdb_destroy_data_chunk(&cursor->chunk.chunk);
    if (cursor->has_result)
        duckdb_destroy_result(&cursor->result);
    if (cursor->statement != NULL)
        duckdb_destroy_prepare(&cursor->statement);
    if (cursor->connection != NULL)
        duckdb_disconnect(&cursor->connection);
    duck_locked_release(cursor->locked, cursor->instance);
    arena_destroy(cursor->arena);
    free(cursor);
}

void duck_cursor_interrupt(void *cursor) {
    duckdb_interrupt(((DuckCursor *)cursor)->connection);
}

/* An instance that has failed internally refuses all that follows: leave it at once, not only when
 * this cursor is closed, so that queries that start meanwhile get a sound one. */
static bool failed(DuckCursor *cursor, duckdb_error_type type, const char *text, Str sql,
                   Err *err) {
    duck_error_set(err, type, text, sql);
    if (duck_error_text_spoils(type, text))
        duck_locked_retire(cursor->locked, cursor->instance);
    /* The culprit gets an internal error, all others a fatal one. */
    cursor->was_spoiled =
        type == DUCKDB_ERROR_FATAL || (text != NULL && str_starts(str_c(text), STR("FATAL Error")));
    return false;
}

static bool failed_result(DuckCursor *cursor, duckdb_result *result, Str sql, Err *err) {
    return failed(cursor, duckdb_result_error_type(result), duckdb_result_error(result), sql, err);
}

bool duck_cursor_define(DuckCursor *cursor, Str sql, Err *err) {
    duckdb_result result;
    char *text = str_to_c(cursor->arena, sql);
    bool ok = duckdb_query(cursor->connection, text, &result) == DuckDBSuccess;
    if (!ok)
        failed_result(cursor, &result, STR_EMPTY, err);
    duckdb_destroy_result(&result);
    return ok;
}

/* ---- the parse tree ---- */

/* The one VARCHAR of a result of one row. */
static bool read_text(duckdb_result *result, Arena *arena, Str *out, Err *err) {
    duckdb_data_chunk chunk = duckdb_fetch_chunk(*result);
    if (chunk == NULL || duckdb_data_chunk_get_size(chunk) != 1) {
        duckdb_destroy_data_chunk(&chunk);
        return err_fail(err, FAIL_INTERNAL, "the query engine gave no parse tree");
    }
    duckdb_string_t *text = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    *out = str_dup(arena, str_make(duckdb_string_t_data(text), duckdb_string_t_length(*text)));
    duckdb_destroy_data_chunk(&chunk);
    return true;
}

bool duck_cursor_parse(DuckCursor *cursor, Str sql, Arena *arena, Str *out_tree, Err *err) {
    static const char parser[] = "SELECT json_serialize_sql($1::VARCHAR)";
    duckdb_prepared_statement statement = NULL;
    duckdb_result result = {0};
    bool ok = duckdb_prepare(cursor->connection, parser, &statement) == DuckDBSuccess;
    if (!ok)
        failed(cursor, DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement), STR_EMPTY, err);
    if (ok && duckdb_bind_varchar_length(statement, 1, sql.data, sql.length) != DuckDBSuccess)
        ok = err_fail(err, FAIL_INVALID, "the statement is not valid UTF-8");
    if (ok) {
        ok = duckdb_execute_prepared(statement, &result) == DuckDBSuccess;
        ok = ok ? read_text(&result, arena, out_tree, err)
                : failed_result(cursor, &result, STR_EMPTY, err);
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&statement);
    return ok;
}

/* ---- the statement ---- */

bool duck_cursor_prepare(DuckCursor *cursor, Str sql, Err *err) {
    cursor->sql = str_dup(cursor->arena, sql);
    if (duckdb_prepare(cursor->connection, cursor->sql.data, &cursor->statement) != DuckDBSuccess)
        return failed(cursor, DUCKDB_ERROR_INVALID, duckdb_prepare_error(cursor->statement),
                      cursor->sql, err);
    if (duckdb_prepared_statement_type(cursor->statement) != DUCKDB_STATEMENT_TYPE_SELECT)
        return err_fail(err, FAIL_INVALID, "only SELECT statements can be run");
    return true;
}

bool duck_cursor_bind(DuckCursor *cursor, const json_t *params, Err *err) {
    return duck_params_bind(cursor->statement, params, err);
}

static bool describe_column(DuckCursor *cursor, size_t i, Err *err) {
    duckdb_logical_type type = duckdb_column_logical_type(&cursor->result, i);
    ResultColumn *column = &cursor->columns[i];
    column->name = str_dup(cursor->arena, str_c(duckdb_column_name(&cursor->result, i)));
    bool ok = value_node_make(type, cursor->arena, &cursor->chunk.nodes[i], err);
    if (ok)
        column->type = duck_type_name(type, cursor->arena);
    else
        err_wrap(err, "column '%.*s'", STR_ARG(column->name));
    duckdb_destroy_logical_type(&type);
    return ok;
}

bool duck_cursor_execute(DuckCursor *cursor, Err *err) {
    cursor->has_result = true;
    if (duckdb_execute_prepared_streaming(cursor->statement, &cursor->result) != DuckDBSuccess)
        return failed_result(cursor, &cursor->result, cursor->sql, err);
    size_t count = (size_t)duckdb_column_count(&cursor->result);
    cursor->columns = ARENA_ARRAY(cursor->arena, ResultColumn, count);
    cursor->chunk.nodes = ARENA_ARRAY(cursor->arena, ValueNode, count);
    cursor->chunk.column_count = count;
    for (size_t i = 0; i < count; i++)
        if (!describe_column(cursor, i, err))
            return false;
    return true;
}

const ResultColumn *duck_cursor_columns(const DuckCursor *cursor, size_t *out_count) {
    *out_count = cursor->chunk.column_count;
    return cursor->columns;
}

bool duck_cursor_next(DuckCursor *cursor, ResultChunk **out_chunk, Err *err) {
    ResultChunk *chunk = &cursor->chunk;
    do {
        if (chunk->chunk != NULL)
            duckdb_destroy_data_chunk(&chunk->chunk);
        chunk->chunk = duckdb_fetch_chunk(cursor->result);
    } while (chunk->chunk != NULL && duckdb_data_chunk_get_size(chunk->chunk) == 0);
    if (chunk->chunk == NULL) {
        if (duckdb_result_error(&cursor->result) != NULL)
            return failed_result(cursor, &cursor->result, cursor->sql, err);
        *out_chunk = NULL;
        return true;
    }
    chunk->rows = (size_t)duckdb_data_chunk_get_size(chunk->chunk);
    for (size_t i = 0; i < chunk->column_count; i++)
        value_node_attach(&chunk->nodes[i], duckdb_data_chunk_get_vector(chunk->chunk, i));
    *out_chunk = chunk;
    return true;
}

bool duck_cursor_was_spoiled(const DuckCursor *cursor) {
    return cursor->was_spoiled;
}

/* ---- duck_result.h ---- */

duckdb_logical_type duck_cursor_column_type(DuckCursor *cursor, size_t column) {
    return duckdb_column_logical_type(&cursor->result, column);
}

const ValueNode *duck_cursor_node(const DuckCursor *cursor, size_t column) {
    return &cursor->chunk.nodes[column];
}

duckdb_arrow_options duck_cursor_arrow_options(DuckCursor *cursor) {
    return duckdb_result_get_arrow_options(&cursor->result);
}
