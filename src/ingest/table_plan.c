/* table_plan.c - which rows of a table come, as which columns.
 *
 * Rows come by key only where that buys something: where there is more than one data file, so that
 * a stopped load can go on behind the last. An increment that appends is never gone on with: its
 * rows would be of two snapshots of the source, and those between the two would come again, or not
 * at all, next time. An upsert may read rows twice, so it may go on; its cursor is that of the
 * first snapshot.
 *
 * Tested by: test_table_load.c, test_table_cursor.c. */
#include <inttypes.h>

#include "base/hash.h"
#include "catalog/source_cursors.h"
#include "ingest/table_load.h"

/* ---- identity ---- */

/* "postgresql://bob@db:5432/shop" -> "postgresql://db:5432/shop": whoever reads it, it is the same.
 */
static Str without_user(Str shown, Arena *arena) {
    size_t at = str_find(shown, STR("://"), 0), host = 0;
    if (at == SIZE_MAX)
        return shown;
    for (size_t i = at + 3; i < shown.length; i++)
        if (shown.data[i] == '@')
            host = i + 1;
    if (host == 0)
        return shown;
    Str scheme = str_slice(shown, 0, at + 3), rest = str_slice(shown, host, shown.length);
    return str_format(arena, "%.*s%.*s", STR_ARG(scheme), STR_ARG(rest));
}

void table_identify(TableLoad *load) {
    Arena *arena = load->context.arena;
    const IngestTableRequest *request = load->request;
    const RowSource *source = load->source;
    Str query = request->query.length > 0 ? sha256_hex(request->query, arena) : STR_EMPTY;
    Str place = without_user(source->shown, arena);
    Str who = str_format(arena, "%s\n%.*s\n%.*s\n%.*s", source->ops->system, STR_ARG(place),
                         STR_ARG(source->relation), STR_ARG(query));
    load->source_id = hash128_hex(hash128(who), arena);
    Str what =
        str_format(arena, "%.*s\n%d\n%.*s\n%d\n%.*s", STR_ARG(load->source_id), (int)request->mode,
                   STR_ARG(request->key), (int)request->types, STR_ARG(request->cursor));
    load->load_id = hash128_hex(hash128(what), arena);
}

/* ---- which rows ---- */

const SourceCursor *table_cursor(const TableLoad *load, const DatasetNow *now) {
    bool increments = load->request->cursor.length > 0 && load->request->mode != INGEST_REPLACE;
    return increments && now->exists ? source_cursor_find(&now->current, load->source_id) : NULL;
}

static bool is_storable(Str text) {
    return utf8_valid(text) && str_find_char(text, '\0', 0) == SIZE_MAX;
}

static bool ask_cursor_end(TableLoad *load, Err *err) {
    if (load->cursor_known)
        return true;
    if (!row_source_cursor_end(load->source, load->request->cursor, load->context.arena,
                               &load->cursor_end, &load->has_cursor_end, &load->cursor_nulls, err))
        return false;
    if (load->has_cursor_end && !is_storable(load->cursor_end)) {
        err_fail(err, FAIL_UNPROCESSABLE,
                 "column '%.*s' cannot be a cursor: its values are no text",
                 STR_ARG(load->request->cursor));
        return err_field(err, "cursor");
    }
    load->cursor_known = true;
    return true;
}

static bool plan_cursor(TableRound *round, Err *err) {
    TableLoad *load = round->load;
    const IngestTableRequest *request = load->request;
    if (request->cursor.length == 0)
        return true;
    if (!ask_cursor_end(load, err))
        return false;
    const SourceCursor *last = table_cursor(load, &round->now);
    round->range.cursor = request->cursor;
    round->cursor_value = load->has_cursor_end ? load->cursor_end : STR_EMPTY;
    bool same = last != NULL && str_eq(last->column, request->cursor);
    if (last != NULL && !same && request->mode == INGEST_APPEND) {
        err_fail(err, FAIL_INVALID, "this table was loaded by cursor '%.*s' so far",
                 STR_ARG(last->column));
        err_hint(err, "go on with it, or load once with mode replace");
        return err_field(err, "cursor");
    }
    if (same) {
        round->range.has_cursor_from = true;
        round->range.cursor_from = last->value;
        round->range.cursor_inclusive = request->mode == INGEST_UPSERT;
    }
    return true;
}

static void plan_order(TableRound *round) {
    const TableLoad *load = round->load;
    const RowSource *source = load->source;
    bool repeatable = load->request->cursor.length == 0 || load->request->mode == INGEST_UPSERT;
    bool many = source->rows_estimated == 0 || source->rows_estimated > load->batch_rows;
    round->range.by_key = source->key_count > 0 && repeatable && many;
}

/* ---- which columns ---- */

static bool find_keys(TableRound *round, Err *err) {
    const TableLoad *load = round->load;
    StrBuf where = strbuf_make(load->context.arena);
    round->key_columns = ARENA_ARRAY(load->context.arena, size_t, load->keys.count);
    for (size_t k = 0; k < load->keys.count; k++) {
        size_t i = 0;
        while (i < load->source->column_count &&
               !str_eq(load->source->columns[i].name, load->keys.items[k]))
            i++;
        if (i == load->source->column_count) {
            err_fail(err, FAIL_UNPROCESSABLE, "the table has no column '%.*s'",
                     STR_ARG(load->keys.items[k]));
            return err_field(err, "key");
        }
        round->key_columns[k] = i;
        Str name = duck_identifier(load->keys.items[k], load->context.arena);
        strbuf_append_format(&where, "%s%.*s IS NOT NULL", k == 0 ? "" : " AND ", STR_ARG(name));
    }
    round->rows.where = strbuf_str(&where);
    return true;
}

static void plan_columns(TableRound *round) {
    Arena *arena = round->load->context.arena;
    const RowSource *source = round->load->source;
    round->rows.column_count = source->column_count;
    round->rows.columns = ARENA_ARRAY(arena, LoadColumn, source->column_count);
    for (size_t i = 0; i < source->column_count; i++) {
        const SourceColumn *column = &source->columns[i];
        Str name = duck_identifier(column->name, arena);
        round->rows.columns[i] = (LoadColumn){
            .name = column->name,
            .type = column->type,
            .value = str_format(arena, "CAST(%.*s AS %.*s)", STR_ARG(name), STR_ARG(column->type)),
            .null_count_known = true};
    }
}

bool table_plan_schema(const TableLoad *load, const DatasetNow *now, const Str *types, Schema *out,
                       Err *err) {
    Arena *arena = load->context.arena;
    const RowSource *source = load->source;
    Schema incoming = {.columns = ARENA_ARRAY(arena, SchemaColumn, source->column_count),
                       .count = source->column_count};
    for (size_t i = 0; i < incoming.count; i++)
        incoming.columns[i] =
            (SchemaColumn){.name = source->columns[i].name, .type = types[i], .nullable = true};
    bool replaces = load->request->mode == INGEST_REPLACE;
    if (schema_plan(dataset_now_schema(now), &incoming, replaces ? SCHEMA_REPLACE : SCHEMA_EXTEND,
                    arena, out, err))
        return true;
    if (load->notes.count > 0) /* which value made a type wider than it was */
        err_detail(err, "%.*s", STR_ARG(load->notes.items[load->notes.count - 1]));
    return false;
}

Str table_bucket(const TableRound *round) {
    return round->now.exists ? round->now.current.bucket : round->load->request->bucket;
}

bool table_plan_types(TableRound *round, Err *err) {
    const TableLoad *load = round->load;
    Str *types = ARENA_ARRAY(load->context.arena, Str, load->source->column_count);
    for (size_t i = 0; i < load->source->column_count; i++)
        types[i] = load->source->columns[i].type;
    plan_columns(round);
    return table_plan_schema(load, &round->now, types, &round->planned, err);
}

bool table_plan(TableRound *round, Err *err) {
    TableLoad *load = round->load;
    const IngestTableRequest *request = load->request;
    Arena *arena = load->context.arena;
    if (!dataset_now_read(load->ingest->catalog, request->dataset, request->bucket, arena,
                          &round->now, err) ||
        !bucket_find(load->ingest->buckets, table_bucket(round), arena, &round->store, err) ||
        !plan_cursor(round, err) || !find_keys(round, err))
        return false;
    plan_order(round);
    reject_list_init(&round->rows.rejects, load->ingest->config.rejects_listed_max, arena);
    return table_plan_types(round, err);
}
