/* dataset_rows.c - one SELECT per data file, with the schema spelt out.
 *
 * File by file, because then the order of files is ours and a file nobody wants rows of is not
 * opened at all; with file_row_number, because a row's place must not depend on the order in which
 * DuckDB's threads deliver.
 *
 * Tested by: test_index_diff.c, test_index_refresh.c. */
#include "index/dataset_rows.h"

static bool check_type(const Snapshot *snapshot, const SchemaColumn *column,
                       const char *const *allowed, size_t count, const char *field, Err *err) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(column->type, allowed[i]))
            return true;
    err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' of dataset '%.*s' is %.*s",
             STR_ARG(column->name), STR_ARG(snapshot->dataset), STR_ARG(column->type));
    err_hint(err, count == 1 ? "the text column must be VARCHAR"
                             : "an id column may be VARCHAR, INTEGER or BIGINT");
    return err_field(err, field);
}

static bool find_column(const Snapshot *snapshot, Str name, const char *field,
                        const SchemaColumn **out, Err *err) {
    *out = schema_find(&snapshot->schema, name);
    if (*out != NULL)
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "dataset '%.*s' has no column '%.*s'",
             STR_ARG(snapshot->dataset), STR_ARG(utf8_clip(name, 64)));
    return err_field(err, field);
}

bool dataset_rows_plan(const Snapshot *snapshot, Str id_column, Str text_column, DatasetRows *out,
                       Err *err) {
    static const char *const id_types[] = {"VARCHAR", "INTEGER", "BIGINT"};
    static const char *const text_types[] = {"VARCHAR"};
    DatasetRows rows = {.snapshot = snapshot};
    if (!find_column(snapshot, id_column, "id_column", &rows.id, err) ||
        !find_column(snapshot, text_column, "text_column", &rows.text, err) ||
        !check_type(snapshot, rows.id, id_types, 3, "id_column", err) ||
        !check_type(snapshot, rows.text, text_types, 1, "text_column", err))
        return false;
    out->snapshot = rows.snapshot;
    out->id = rows.id;
    out->text = rows.text;
    return true;
}

static void append_field(StrBuf *sql, const SchemaColumn *column, const char *alias) {
    strbuf_append_format(sql, "%u: {name: '%s', type: '%.*s', default_value: NULL}",
                         column->field_id, alias, STR_ARG(column->type));
}

static Str scan_statement(const DatasetRows *rows, Str path, uint64_t from, uint64_t to,
                          Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    Str literal = duck_literal(path, arena);
    bool one = rows->id->field_id == rows->text->field_id;
    strbuf_append_format(&sql,
                         "SELECT file_row_number::BIGINT, id::VARCHAR, %s FROM read_parquet(%.*s, "
                         "file_row_number = true, schema = MAP {",
                         one ? "id" : "body", STR_ARG(literal));
    append_field(&sql, rows->id, "id");
    if (!one) {
        strbuf_append_c(&sql, ", ");
        append_field(&sql, rows->text, "body");
    }
    strbuf_append_format(&sql, "}) WHERE file_row_number BETWEEN %llu AND %llu",
                         (unsigned long long)from, (unsigned long long)to);
    return strbuf_str(&sql);
}

typedef struct ScanState {
    size_t file;
    DatasetRowFn fn;
    void *context;
    bool from_callback; /* the error is the callback's: leave it as it is */
} ScanState;

static bool scan_batch(void *context, const RowBatch *batch, Err *err) {
    ScanState *state = context;
    const int64_t *numbers = batch->columns[0].values;
    const RowColumn *ids = &batch->columns[1];
    const RowColumn *texts = &batch->columns[2];
    for (size_t i = 0; i < batch->row_count; i++) {
        DatasetRow row = {
            .ordinal = row_ordinal(state->file, (uint64_t)numbers[i]),
            .id_is_null = row_is_null(ids, i),
            .text_is_null = row_is_null(texts, i),
            .id = STR_EMPTY,
            .text = STR_EMPTY,
        };
        if (!row.id_is_null)
            row.id = row_text(ids, i);
        if (!row.text_is_null)
            row.text = row_text(texts, i);
        if (!state->fn(state->context, &row, err)) {
            state->from_callback = true;
            return false;
        }
    }
    return true;
}

/* The object is there by the catalog's word: whatever keeps us from its rows is its fault. */
static bool blame_object(const DatasetRows *rows, size_t file, Err *err) {
    bool unreadable = err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_UNPROCESSABLE) ||
                      err_is(err, FAIL_INVALID) || err_is(err, FAIL_UNSUPPORTED);
    if (unreadable)
        err->kind = FAIL_CORRUPT;
    return err_wrap(err, "dataset '%.*s', object '%.*s'", STR_ARG(rows->snapshot->dataset),
                    STR_ARG(rows->snapshot->files[file].key));
}

bool dataset_rows_scan(const DatasetRows *rows, size_t file, uint64_t from, uint64_t to,
                       Progress *progress, DatasetRowFn fn, void *context, Err *err) {
    Arena *arena = arena_create();
    ScanState state = {.file = file, .fn = fn, .context = context};
    Str path;
    bool ok = object_cache_path(rows->cache, rows->snapshot->bucket, rows->store,
                                rows->snapshot->files[file].key, arena, &path, err);
    DuckSession *session = ok ? duck_session_open(rows->duck, err) : NULL;
    ok = session != NULL && duck_query(session, scan_statement(rows, path, from, to, arena),
                                       progress, scan_batch, &state, err);
    duck_session_close(session);
    arena_destroy(arena);
    return ok || (state.from_callback ? false : blame_object(rows, file, err));
}
