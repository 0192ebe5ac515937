/* duck_render_arrow.c - an answer as an Arrow IPC stream, one record batch a chunk.
 *
 * DuckDB turns types and chunks into arrays of the C data interface; arrow_ipc.c writes those. The
 * dictionaries of ENUM columns are the same for all chunks and go out with the first. What Arrow
 * has no type for comes as DuckDB converts it: UUID and BIGNUM as text, HUGEINT as decimal(38,0).
 *
 * Tested by: test_query_engine.c, tests/e2e/test_sql_formats.py. */
#include "query/query_render.h"

#include <duckdb.h>

#include "query/arrow_ipc.h"
#include "query/duck_error.h"
#include "query/duck_result.h"

typedef struct ArrowStream {
    const RenderJob *job;
    duckdb_arrow_options options;
    struct ArrowSchema schema;
    RenderText out;
} ArrowStream;

/* Takes the error; true when there was none. */
static bool check(duckdb_error_data error, Err *err) {
    bool ok = error == NULL || !duckdb_error_data_has_error(error);
    if (!ok)
        duck_error_set(err, duckdb_error_data_error_type(error), duckdb_error_data_message(error),
                       STR_EMPTY);
    duckdb_destroy_error_data(&error);
    return ok;
}

static bool make_schema(ArrowStream *stream, Err *err) {
    const RenderJob *job = stream->job;
    Arena *scratch = arena_create();
    duckdb_logical_type *types = ARENA_ARRAY(scratch, duckdb_logical_type, job->column_count);
    const char **names = ARENA_ARRAY(scratch, const char *, job->column_count);
    for (size_t i = 0; i < job->column_count; i++) {
        types[i] = duck_cursor_column_type(job->reader->cursor, i);
        names[i] = str_to_c(scratch, job->columns[i].name);
    }
    bool ok = check(
        duckdb_to_arrow_schema(stream->options, types, names, job->column_count, &stream->schema),
        err);
    for (size_t i = 0; i < job->column_count; i++)
        duckdb_destroy_logical_type(&types[i]);
    arena_destroy(scratch);
    return ok;
}

static bool write_chunk(ArrowStream *stream, const ResultChunk *chunk, bool first, Err *err) {
    struct ArrowArray array = {0};
    if (!check(duckdb_data_chunk_to_arrow(stream->options, chunk->chunk, &array), err))
        return false;
    StrBuf *text = &stream->out.text;
    bool ok = (!first || arrow_ipc_dictionaries(&stream->schema, &array, text, err)) &&
              arrow_ipc_batch(&stream->schema, &array, text, err) &&
              render_text_flush_full(&stream->out, err);
    if (array.release != NULL)
        array.release(&array);
    return ok;
}

static bool write_all(ArrowStream *stream, Err *err) {
    ResultChunk *chunk;
    bool first = true;
    if (!make_schema(stream, err) || !query_reader_next(stream->job->reader, &chunk, err) ||
        !arrow_ipc_schema(&stream->schema, &stream->out.text, err))
        return false;
    while (chunk != NULL) {
        if (!write_chunk(stream, chunk, first, err) ||
            !query_reader_next(stream->job->reader, &chunk, err))
            return false;
        first = false;
    }
    arrow_ipc_end(&stream->out.text);
    return render_text_flush(&stream->out, err);
}

bool render_arrow(const RenderJob *job, Err *err) {
    ArrowStream stream = {.job = job,
                          .options = duck_cursor_arrow_options(job->reader->cursor),
                          .out = render_text_open(job->sink)};
    bool ok = write_all(&stream, err);
    if (stream.schema.release != NULL)
        stream.schema.release(&stream.schema);
    duckdb_destroy_arrow_options(&stream.options);
    render_text_close(&stream.out);
    return ok;
}
