/* duck_session.c - run our own statements on the trusted instance.
 *
 * Every statement takes the same way: prepare (so that a text with two statements is refused, and
 * never half run), execute under a watch that passes a cancel on, read the outcome, and on failure
 * turn it into an Err. A row stream that failed is asked first: its own error says more than
 * DuckDB's echo of it.
 *
 * Queries stream (duck_select.c).
 *
 * Tested by: test_duck_session.c. */
#include "query/duck_run.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "query/duck_error.h"

/* ---- sessions ---- */

DuckSession *duck_session_open(Duck *duck, Err *err) {
    DuckInstance *instance = duck_instance_acquire(duck, err);
    if (instance == NULL)
        return NULL;
    DuckSession *session = calloc(1, sizeof *session);
    assert(session != NULL);
    session->duck = duck;
    session->instance = instance;
    if (duckdb_connect(instance->database, &session->connection) == DuckDBSuccess)
        return session;
    err_fail(err, FAIL_INTERNAL, "cannot connect to the query engine");
    duck_instance_release(duck, instance);
    free(session);
    return NULL;
}

void duck_session_close(DuckSession *session) {
    if (session == NULL)
        return;
    assert(session->stream_token == 0); /* detached before */
    duckdb_disconnect(&session->connection);
    duck_instance_release(session->duck, session->instance);
    free(session);
}

Str duck_stream_attach(DuckSession *session, RowStream *stream, Arena *arena) {
    assert(session->stream_token == 0);
    session->stream_token = stream_table_add(session->instance->streams, stream);
    return str_format(arena, "lake_stream(%llu)", (unsigned long long)session->stream_token);
}

void duck_stream_detach(DuckSession *session) {
    if (session->stream_token != 0)
        stream_table_remove(session->instance->streams, session->stream_token);
    session->stream_token = 0;
}

/* ---- quoting ---- */

static Str quote(Str text, char mark, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_char(&out, mark);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == mark)
            strbuf_append_char(&out, mark);
        strbuf_append_char(&out, text.data[i]);
    }
    strbuf_append_char(&out, mark);
    return strbuf_str(&out);
}

const char *duck_version(void) {
    return duckdb_library_version();
}

Str duck_literal(Str text, Arena *arena) {
    return quote(text, '\'', arena);
}

Str duck_identifier(Str name, Arena *arena) {
    return quote(name, '"', arena);
}

/* ---- running ---- */

bool session_fail(DuckSession *session, duckdb_error_type type, const char *text, Err *err) {
    /* A statement that fails in prepare has a text only: then the kind tells. Every FAIL_INTERNAL
     * counts as spoilt; a fresh instance too many costs some milliseconds. */
    duck_error_set(err, type, text, STR_EMPTY);
    if (duck_error_spoils(type) || err_is(err, FAIL_INTERNAL))
        duck_instance_spoil(session->duck, session->instance);
    bool told = session->stream_token != 0 &&
                !stream_table_check(session->instance->streams, session->stream_token, err);
    (void)told; /* a stream's own error has replaced DuckDB's echo of it */
    return false;
}

static bool prepare(DuckSession *session, Str sql, Arena *arena, duckdb_prepared_statement *out,
                    Err *err) {
    if (memchr(sql.data, '\0', sql.length) != NULL)
        return err_fail(err, FAIL_UNPROCESSABLE, "a NUL character in a statement");
    if (duckdb_prepare(session->connection, str_to_c(arena, sql), out) == DuckDBSuccess)
        return true;
    session_fail(session, DUCKDB_ERROR_INVALID, duckdb_prepare_error(*out), err);
    duckdb_destroy_prepare(out);
    return false;
}

/* Until a statement is done, or *out_failed. As duckdb_execute_prepared, but for the waiting: while
 * a thread of the pool is at the one task that there is (a stream has one end), DuckDB's own loop
 * asks for another all the time and takes a whole core from whoever fills the stream. */
static void work_until_done(duckdb_pending_result pending, bool *out_failed) {
    static const struct timespec a_little = {.tv_nsec = 300000};
    duckdb_pending_state state;
    do {
        state = duckdb_pending_execute_task(pending);
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE)
            nanosleep(&a_little, NULL);
    } while (!duckdb_pending_execution_is_finished(state));
    *out_failed = state == DUCKDB_PENDING_ERROR;
}

static bool execute_whole(DuckSession *session, duckdb_prepared_statement statement,
                          duckdb_result *out, Err *err) {
    duckdb_pending_result pending = NULL;
    bool failed = duckdb_pending_prepared(statement, &pending) != DuckDBSuccess;
    if (!failed)
        work_until_done(pending, &failed);
    if (failed) {
        session_fail(session, DUCKDB_ERROR_INVALID, duckdb_pending_error(pending), err);
    } else if (duckdb_execute_pending(pending, out) != DuckDBSuccess) {
        failed = true;
        session_fail(session, duckdb_result_error_type(out), duckdb_result_error(out), err);
        duckdb_destroy_result(out);
    }
    duckdb_destroy_pending(&pending);
    return !failed;
}

static bool execute_streaming(DuckSession *session, duckdb_prepared_statement statement,
                              duckdb_result *out, Err *err) {
    if (duckdb_execute_prepared_streaming(statement, out) == DuckDBSuccess)
        return true;
    session_fail(session, duckdb_result_error_type(out), duckdb_result_error(out), err);
    duckdb_destroy_result(out);
    return false;
}

bool duck_run(DuckSession *session, Str sql, DuckRunMode mode, Progress *progress,
              duckdb_result *out, Err *err) {
    if (!progress_check(progress, err))
        return false;
    Arena *arena = arena_create();
    duckdb_prepared_statement statement = NULL;
    DuckWatch watch;
    WatchKind kind = mode == DUCK_RUN_REPORTING ? WATCH_AND_REPORT : WATCH_CANCEL;
    bool ok = prepare(session, sql, arena, &statement, err);
    if (ok && (ok = duck_watch_start(&watch, progress, session->connection, kind, err))) {
        ok = mode == DUCK_RUN_STREAMING ? execute_streaming(session, statement, out, err)
                                        : execute_whole(session, statement, out, err);
        duck_watch_stop(&watch);
    }
    duckdb_destroy_prepare(&statement);
    arena_destroy(arena);
    return ok;
}

bool duck_exec(DuckSession *session, Str sql, Progress *progress, uint64_t *out_rows, Err *err) {
    duckdb_result result;
    if (!duck_run(session, sql, DUCK_RUN_WHOLE, progress, &result, err))
        return false;
    if (out_rows != NULL)
        *out_rows = duckdb_rows_changed(&result);
    duckdb_destroy_result(&result);
    return true;
}

bool duck_query(DuckSession *session, Str sql, Progress *progress, RowBatchFn fn, void *context,
                Err *err) {
    RowStream *rows;
    RowBatch batch;
    if (!duck_select(session, sql, progress, &rows, err))
        return false;
    bool ok;
    while ((ok = rows->next(rows, &batch, err)) && batch.row_count > 0)
        if (!(ok = fn(context, &batch, err)))
            break;
    rows->close(rows);
    return ok;
}

/* ---- describing ---- */

typedef struct Description {
    Arena *arena;
    VEC(DuckColumn) columns;
} Description;

static bool take_description(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    Description *found = context;
    for (size_t row = 0; row < batch->row_count; row++)
        *vec_push(&found->columns, found->arena) =
            (DuckColumn){str_dup(found->arena, row_text(&batch->columns[0], row)),
                         str_dup(found->arena, row_text(&batch->columns[1], row))};
    return true;
}

bool duck_describe(DuckSession *session, Str sql, Arena *arena, DuckColumn **out_columns,
                   size_t *out_count, Err *err) {
    Description found = {.arena = arena};
    Str describe = str_format(arena, "DESCRIBE %.*s", STR_ARG(sql));
    if (!duck_query(session, describe, NULL, take_description, &found, err))
        return false;
    *out_columns = found.columns.items;
    *out_count = found.columns.count;
    return true;
}
