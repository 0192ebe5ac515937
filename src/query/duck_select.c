/* duck_select.c - the rows of one SELECT, pulled batch by batch.
 *
 * DuckDB holds about a megabyte of the result, whatever its size. An error in mid-stream looks like
 * the end of the rows, so the result is asked for one after the last chunk. The watch that passes a
 * cancel on runs as long as the stream is open.
 *
 * Tested by: test_duck_session.c. */
#include "query/duck_batch.h"
#include "query/duck_run.h"

typedef struct DuckSelect {
    RowStream base;
    Arena *arena;
    DuckSession *session;
    Progress *progress;
    duckdb_result result;
    BatchReader reader;
    duckdb_data_chunk chunk; /* that the last batch borrows from */
    DuckWatch watch;
} DuckSelect;

static bool select_next(RowStream *base, RowBatch *out, Err *err) {
    DuckSelect *select = (DuckSelect *)base;
    duckdb_destroy_data_chunk(&select->chunk);
    if (!progress_check(select->progress, err))
        return false;
    do {
        duckdb_destroy_data_chunk(&select->chunk);
        select->chunk = duckdb_fetch_chunk(select->result);
    } while (select->chunk != NULL && duckdb_data_chunk_get_size(select->chunk) == 0);
    if (select->chunk != NULL) {
        if (!batch_reader_read(&select->reader, select->chunk, err))
            return false;
        *out = select->reader.batch;
        return true;
    }
    const char *text = duckdb_result_error(&select->result);
    if (text != NULL)
        return session_fail(select->session, duckdb_result_error_type(&select->result), text, err);
    *out = base->schema;
    return true;
}

static void select_close(RowStream *base) {
    DuckSelect *select = (DuckSelect *)base;
    duck_watch_stop(&select->watch);
    duckdb_destroy_data_chunk(&select->chunk);
    batch_reader_deinit(&select->reader);
    duckdb_destroy_result(&select->result);
    arena_destroy(select->arena);
}

bool duck_select(DuckSession *session, Str sql, Progress *progress, RowStream **out, Err *err) {
    Arena *arena = arena_create();
    DuckSelect *select = ARENA_NEW(arena, DuckSelect);
    *select = (DuckSelect){.base = {.next = select_next, .close = select_close},
                           .arena = arena,
                           .session = session,
                           .progress = progress};
    if (!duck_run(session, sql, DUCK_RUN_STREAMING, progress, &select->result, err)) {
        arena_destroy(arena);
        return false;
    }
    if (batch_reader_init(&select->reader, &select->result, arena, err) &&
        duck_watch_start(&select->watch, progress, session->connection, WATCH_CANCEL, err)) {
        select->base.schema =
            (RowBatch){0, select->reader.batch.column_count, select->reader.batch.columns};
        *out = &select->base;
        return true;
    }
    batch_reader_deinit(&select->reader);
    duckdb_destroy_result(&select->result);
    arena_destroy(arena);
    return false;
}
