/* duck_render_arrow.c - an answer as an Arrow IPC stream, one record batch a chunk.
 *
 * DuckDB turns types and chunks into arrays of the C data interface; arrow_ipc.c writes those. The
 * dictionaries of ENUM columns are the same for all chunks and go out with the first.
 *
 * What DuckDB would turn into something else without a word is refused: TIME WITH TIME ZONE loses
 * its zone, UHUGEINT, BIT and BIGNUM become bytes of DuckDB's own; a HUGEINT goes as decimal(38,0),
 * if it has no more digits.
 *
 * Tested by: test_query_formats.c, tests/e2e/test_sql_formats.py. */
#include "query/query_render.h"

#include <duckdb.h>

#include <string.h>

#include "query/arrow_ipc.h"
#include "query/duck_error.h"
#include "query/duck_result.h"
#include "query/value_text.h"

/* Recursion follows types or trees whose depth was bounded before they got here. */
/* NOLINTBEGIN(misc-no-recursion) */

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

static const char *lossy_name(duckdb_type type) {
    if (type == DUCKDB_TYPE_TIME_TZ)
        return "TIME WITH TIME ZONE";
    if (type == DUCKDB_TYPE_UHUGEINT)
        return "UHUGEINT";
    if (type == DUCKDB_TYPE_BIT)
        return "BIT";
    return type == DUCKDB_TYPE_BIGNUM ? "BIGNUM" : NULL;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the type */

static bool check_type(const ValueNode *node, Err *err) {
    const char *lossy = lossy_name(node->type);
    if (lossy != NULL) {
        err_fail(err, FAIL_UNPROCESSABLE, "%s has no exact form in Arrow", lossy);
        return err_hint(err, "cast it to VARCHAR");
    }
    for (size_t i = 0; i < node->child_count; i++)
        if (!check_type(&node->children[i], err))
            return false;
    return true;
}

static bool fits_38_digits(const struct ArrowArray *array) {
    const TextInt128 limit = (TextInt128)1000000000000000000 * 1000000000000000000 * 100;
    const uint8_t *validity = array->buffers[0];
    const TextInt128 *values = array->buffers[1];
    for (int64_t i = 0; i < array->length; i++) {
        bool valid = validity == NULL || (validity[i >> 3] >> (i & 7) & 1) != 0;
        if (valid && (values[i] >= limit || values[i] <= -limit))
            return false;
    }
    return true;
}

static bool check_values(const struct ArrowSchema *schema, const struct ArrowArray *array,
                         Err *err) {
    if (strncmp(schema->format, "d:38,0", 6) == 0 && !fits_38_digits(array)) {
        err_fail(err, FAIL_UNPROCESSABLE, "a number with 39 digits has no exact form in Arrow");
        return err_hint(err, "cast it to VARCHAR");
    }
    for (int64_t i = 0; i < array->n_children && i < schema->n_children; i++)
        if (!check_values(schema->children[i], array->children[i], err))
            return false;
    return true;
}

/* NOLINTEND(misc-no-recursion) */

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
    bool ok = check_values(&stream->schema, &array, err) &&
              (!first || arrow_ipc_dictionaries(&stream->schema, &array, text, err)) &&
              arrow_ipc_batch(&stream->schema, &array, text, err) &&
              render_text_flush_full(&stream->out, err);
    if (array.release != NULL)
        array.release(&array);
    return ok;
}

static bool write_all(ArrowStream *stream, Err *err) {
    ResultChunk *chunk;
    bool first = true;
    for (size_t i = 0; i < stream->job->column_count; i++)
        if (!check_type(duck_cursor_node(stream->job->reader->cursor, i), err))
            return err_wrap(err, "column '%.*s'", STR_ARG(stream->job->columns[i].name));
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

/* NOLINTEND(misc-no-recursion) */
