/* parquet_load.c - columns that have types already: cast to what is stored, and told when cast.
 *
 * The file is rewritten, never taken over as it is: only so does it get our field ids, types that
 * an Iceberg table may hold, and statistics. Its footer says how many rows must come out.
 *
 * A cast that can change a value (nanoseconds are cut to microseconds) is counted value by value;
 * one that cannot is told with the count of rows.
 *
 * Refuses: text that is not UTF-8 (DuckDB looks at it), columns of types that cannot be stored.
 *
 * Tested by: test_ingest_parquet.c. */
#include "ingest/load.h"

#include <inttypes.h>

enum { EXPANSION = 4 }; /* how much larger rows are in memory than in the file, roughly */

static bool take_count(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    if (batch->row_count > 0 && !row_is_null(&batch->columns[0], 0))
        *(uint64_t *)context = (uint64_t)((const int64_t *)batch->columns[0].values)[0];
    return true;
}

static bool ask_count(const LoadContext *context, Str sql, uint64_t *out, Err *err) {
    *out = 0;
    return duck_query(context->session, sql, context->progress, take_count, out, err);
}

static bool plan_column(const LoadContext *context, Load *load, const DuckColumn *given,
                        LoadColumn *out, Err *err) {
    Arena *arena = context->arena;
    Str name = duck_identifier(given->name, arena);
    *out = (LoadColumn){.name = given->name};
    if (!schema_storage_type(given->name, given->type, arena, &out->type, err))
        return false;
    out->value = name;
    if (str_eq(out->type, given->type))
        return true;
    out->value = str_format(arena, "CAST(%.*s AS %.*s)", STR_ARG(name), STR_ARG(out->type));
    uint64_t changed = load->rows;
    if (str_eq_c(given->type, "TIMESTAMP_NS") &&
        !ask_count(context,
                   str_format(arena, "SELECT count(*) FROM %.*s WHERE epoch_ns(%.*s) %% 1000 <> 0",
                              STR_ARG(load->from), STR_ARG(name)),
                   &changed, err))
        return false;
    *vec_push(&load->coercions, arena) = (Coercion){
        given->name, str_format(arena, "%.*s to %.*s", STR_ARG(given->type), STR_ARG(out->type)),
        changed};
    return true;
}

static bool take_keyless(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    Load *load = context;
    for (size_t row = 0; row < batch->row_count; row++)
        reject_add(&load->rejects, (uint64_t)((const int64_t *)batch->columns[0].values)[row],
                   STR_EMPTY, STR("no value for the key"));
    return true;
}

/* Rows without a key are rejected; they are known by their number in the file. */
static bool reject_keyless(const LoadContext *context, Load *load, Err *err) {
    Arena *arena = context->arena;
    StrBuf where = strbuf_make(arena);
    for (size_t k = 0; k < context->keys->count; k++) {
        Str key = context->keys->items[k];
        size_t i = 0;
        while (i < load->column_count && !str_eq(load->columns[i].name, key))
            i++;
        if (i == load->column_count) {
            err_fail(err, FAIL_UNPROCESSABLE, "the file has no column '%.*s'", STR_ARG(key));
            return err_field(err, "key");
        }
        Str value = load->columns[i].value;
        strbuf_append_format(&where, "%s%.*s IS NOT NULL", k == 0 ? "" : " AND ", STR_ARG(value));
    }
    if (context->keys->count == 0)
        return true;
    load->where = strbuf_str(&where);
    Str sql = str_format(arena,
                         "SELECT n FROM (SELECT *, row_number() OVER () AS n FROM %.*s) "
                         "WHERE NOT (%.*s) ORDER BY n",
                         STR_ARG(load->from), STR_ARG(load->where));
    if (!duck_query(context->session, sql, context->progress, take_keyless, load, err))
        return false;
    load->rows -= load->rejects.count;
    return true;
}

bool parquet_load_plan(const LoadContext *context, Str path, uint64_t size_bytes,
                       const RejectList *none, Load *out, Err *err) {
    Arena *arena = context->arena;
    Str file = duck_literal(path, arena);
    *out = (Load){.from = str_format(arena, "read_parquet(%.*s)", STR_ARG(file)),
                  .where = STR_EMPTY,
                  .rejects = reject_list_copy(none)};
    DuckColumn *given;
    Str describe = str_format(arena, "SELECT * FROM %.*s", STR_ARG(out->from));
    Str count = str_format(arena, "SELECT num_rows::BIGINT FROM parquet_file_metadata(%.*s)",
                           STR_ARG(file));
    if (context->request->type_count > 0) {
        err_fail(err, FAIL_UNPROCESSABLE, "types cannot be given for a Parquet file");
        return err_field(err, "types");
    }
    if (!duck_describe(context->session, describe, arena, &given, &out->column_count, err) ||
        !ask_count(context, count, &out->rows, err))
        return err_wrap(err, "read the Parquet file");
    out->row_bytes = out->rows > 0 ? size_bytes * EXPANSION / out->rows : 0;
    out->columns = ARENA_ARRAY(arena, LoadColumn, out->column_count);
    for (size_t i = 0; i < out->column_count; i++)
        if (!plan_column(context, out, &given[i], &out->columns[i], err))
            return false;
    return reject_keyless(context, out, err);
}
