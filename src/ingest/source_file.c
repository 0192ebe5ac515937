/* source_file.c - detect, expand and check a file, then hand out its rows as often as asked.
 *
 *   open: stage -> file_open (every record looked at) -> columns
 *   start: a stream over the staged file: our reader's (texts) or DuckDB's (Parquet)
 *   next: copy from the stream's batches, which are the stream's, into the caller's
 *
 * The file was linked into the stage, so what is read twice is the same even if somebody moves
 * another file to its name meanwhile.
 *
 * Tested by: test_source_file.c. */
#include "ingest/source_file.h"

#include "ingest/file_open.h"
#include "ingest/plain_select.h"

typedef struct FileSource {
    RowSource base;
    const Ingest *ingest;
    const Schema *schema;
    Progress *progress;
    IngestFileRequest request;
    FileStage stage;
    OpenFile file;
    DuckSession *session; /* Parquet */
    Str select;           /* Parquet */
    bool *trims;          /* texts of a column that is neither VARCHAR nor BLOB in the schema */
    RowStream *rows;      /* NULL: not started */
    RowBatch batch;       /* of the stream */
    size_t at;            /* next row of it */
} FileSource;

/* ---- columns ---- */

static Str schema_type(const FileSource *source, Str column) {
    const SchemaColumn *known = source->schema != NULL ? schema_find(source->schema, column) : NULL;
    return known != NULL ? known->type : STR_EMPTY;
}

static void make_columns(FileSource *source, size_t count) {
    source->base.columns = ARENA_ARRAY(source->base.arena, SourceColumn, count);
    source->base.shapes = ARENA_ARRAY(source->base.arena, RowColumn, count);
    source->base.column_count = count;
    source->trims = ARENA_ARRAY(source->base.arena, bool, count + 1);
}

static void describe_texts(FileSource *source) {
    const TextTable *table = source->file.table;
    make_columns(source, table->column_count);
    source->base.rows_estimated = table->rows;
    for (size_t i = 0; i < table->column_count; i++) {
        Str name = table->columns[i].name, type = schema_type(source, name);
        bool bytes = str_eq_c(type, "BLOB");
        source->base.columns[i] = (SourceColumn){.name = name,
                                                 .source_type = STR("text"),
                                                 .type = bytes ? type : STR("VARCHAR"),
                                                 .nullable = true};
        source->base.shapes[i] =
            (RowColumn){.name = name, .type = bytes ? COLUMN_BINARY : COLUMN_UTF8};
        source->trims[i] = type.length > 0 && !bytes && !str_eq_c(type, "VARCHAR");
    }
}

/* The schema's type where the file's can only be widened to it; else what would be stored. */
static bool choose_type(const FileSource *source, const DuckColumn *given, Str *out, Err *err) {
    static const char *const whole[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"};
    Str stored, wanted = schema_type(source, given->name);
    if (!schema_storage_type(given->name, given->type, source->base.arena, &stored, err))
        return false;
    bool widened = str_eq_c(stored, "FLOAT") && str_eq_c(wanted, "DOUBLE");
    size_t from = ARRAY_LEN(whole), to = ARRAY_LEN(whole);
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        from = str_eq_c(stored, whole[i]) ? i : from;
        to = str_eq_c(wanted, whole[i]) ? i : to;
    }
    widened = widened || (from < to && to < ARRAY_LEN(whole));
    *out = widened ? wanted : stored;
    return true;
}

static bool describe_parquet(FileSource *source, Err *err) {
    Arena *arena = source->base.arena;
    DuckColumn *given;
    size_t count;
    source->session = duck_session_open(source->ingest->duck, err);
    Str from = str_format(arena, "read_parquet(%.*s)",
                          STR_ARG(duck_literal(str_c(source->file.file.path), arena)));
    if (source->session == NULL ||
        !duck_describe(source->session, str_format(arena, "SELECT * FROM %.*s", STR_ARG(from)),
                       arena, &given, &count, err))
        return false;
    make_columns(source, count);
    StrBuf sql = strbuf_make(arena);
    for (size_t i = 0; i < count; i++) {
        Str type, name = duck_identifier(given[i].name, arena);
        if (!choose_type(source, &given[i], &type, err))
            return false;
        strbuf_append_format(&sql, "%s%.*s AS %.*s", i == 0 ? "SELECT " : ", ",
                             STR_ARG(plain_value_sql(name, type, arena)), STR_ARG(name));
        source->base.columns[i] = (SourceColumn){
            .name = given[i].name, .source_type = given[i].type, .type = type, .nullable = true};
    }
    strbuf_append_format(&sql, " FROM %.*s", STR_ARG(from));
    source->select = strbuf_str(&sql);
    /* What comes is known from a stream that is closed at once. */
    RowStream *rows;
    if (!duck_select(source->session, source->select, source->progress, &rows, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const RowColumn *shape = &rows->schema.columns[i];
        source->base.shapes[i] = (RowColumn){.name = given[i].name,
                                             .type = shape->type,
                                             .width = shape->width,
                                             .scale = shape->scale};
    }
    rows->close(rows);
    return true;
}

/* ---- reading ---- */

static void stop(FileSource *source) {
    if (source->rows != NULL)
        source->rows->close(source->rows);
    source->rows = NULL;
    source->batch = (RowBatch){0};
    source->at = 0;
}

static bool tell_rejects(FileSource *source, Err *err) {
    const RejectList *rejects = &source->file.checked;
    RowSource *base = &source->base;
    if (rejects->count == 0)
        return true;
    if (base->on_reject == NULL)
        return err_fail(err, FAIL_UNPROCESSABLE, "%llu records of the file cannot be read",
                        (unsigned long long)rejects->count);
    for (uint64_t i = 0; i < rejects->count; i++) {
        RejectedRow row = i < rejects->rows.count ? rejects->rows.items[i]
                                                  : (RejectedRow){0, STR_EMPTY, STR("not listed")};
        if (!base->on_reject(base->reject_context, row.line, row.column, row.reason))
            return err_fail(err, FAIL_CANCELLED, "stopped at a record that cannot be read");
    }
    return true;
}

static bool source_start(RowSource *base, const SourceRange *range, Err *err) {
    FileSource *source = (FileSource *)base;
    if (range->by_key || range->cursor.length > 0)
        return err_fail(err, FAIL_UNSUPPORTED, "a file has neither a key nor a cursor");
    stop(source);
    if (!tell_rejects(source, err))
        return false;
    if (source->file.table != NULL)
        return source->file.table->open_rows(source->file.table, NULL, &source->rows, err);
    return duck_select(source->session, source->select, source->progress, &source->rows, err);
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* As a load casts texts to BLOB: \x41 is one byte, everything else stands for itself. */
static bool put_bytes(Str text, ColumnBuilder *out, Err *err) {
    Arena *arena = arena_create();
    StrBuf bytes = strbuf_make(arena);
    for (size_t i = 0; i < text.length; i++) {
        bool escape = i + 3 < text.length && text.data[i] == '\\' && text.data[i + 1] == 'x' &&
                      hex_value(text.data[i + 2]) >= 0 && hex_value(text.data[i + 3]) >= 0;
        char c = text.data[i];
        if (escape) {
            c = (char)(hex_value(text.data[i + 2]) << 4 | hex_value(text.data[i + 3]));
            i += 3;
        }
        strbuf_append_char(&bytes, c);
    }
    bool ok = column_put_text(out, strbuf_str(&bytes), err);
    arena_destroy(arena);
    return ok;
}

static bool put_text(const FileSource *source, size_t column, ColumnBuilder *out, Err *err) {
    Str text = row_text(&source->batch.columns[column], source->at);
    if (source->file.table != NULL && out->shape.type == COLUMN_BINARY)
        return put_bytes(text, out, err);
    if (!source->trims[column])
        return column_put_text(out, text, err);
    text = str_trim(text);
    if (text.length > 0)
        return column_put_text(out, text, err);
    column_put_null(out);
    return true;
}

static bool put_value(const FileSource *source, size_t column, ColumnBuilder *out, Err *err) {
    const RowColumn *given = &source->batch.columns[column];
    if (row_is_null(given, source->at)) {
        column_put_null(out);
        return true;
    }
    if (out->value_bytes == 0)
        return put_text(source, column, out, err);
    memcpy((char *)out->values + out->count * out->value_bytes,
           (const char *)given->values + source->at * out->value_bytes, out->value_bytes);
    column_set_valid(out);
    out->count++;
    return true;
}

static bool put_row(FileSource *source, RowBuilder *rows, Err *err) {
    for (size_t i = 0; i < source->base.column_count; i++)
        if (!put_value(source, i, &rows->columns[i], err))
            return false;
    row_builder_end_row(rows);
    source->at++;
    return true;
}

static bool source_next(RowSource *base, RowBuilder *rows, Err *err) {
    FileSource *source = (FileSource *)base;
    while (source->rows != NULL && !row_builder_is_full(rows)) {
        if (source->at < source->batch.row_count) {
            if (!put_row(source, rows, err))
                return false;
            continue;
        }
        source->at = 0;
        if (!progress_check(source->progress, err) ||
            !source->rows->next(source->rows, &source->batch, err))
            return false;
        if (source->batch.row_count == 0)
            stop(source);
    }
    return true;
}

static bool source_widen(RowSource *base, size_t column, Err *err) {
    return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' of a file has no wider type",
                    STR_ARG(base->columns[column].name));
}

static bool source_cursor_end(RowSource *base, Str column, Arena *arena, Str *out_max,
                              bool *out_any, uint64_t *out_nulls, Err *err) {
    (void)base, (void)column, (void)arena, (void)out_max, (void)out_any, (void)out_nulls;
    return err_fail(err, FAIL_UNSUPPORTED, "a file has no cursor");
}

/* ---- life ---- */

static void source_close(RowSource *base) {
    FileSource *source = (FileSource *)base;
    stop(source);
    duck_session_close(source->session);
    stage_close(&source->stage);
    arena_destroy(base->arena);
}

static const RowSourceOps file_ops = {.system = "file",
                                      .start = source_start,
                                      .next = source_next,
                                      .widen = source_widen,
                                      .cursor_end = source_cursor_end,
                                      .close = source_close};

static CsvDialect copy_dialect(const CsvDialect *csv, Arena *arena) {
    return (CsvDialect){.delimiter = str_dup(arena, csv->delimiter),
                        .quote = str_dup(arena, csv->quote),
                        .escape = str_dup(arena, csv->escape),
                        .null_text = str_dup(arena, csv->null_text),
                        .header = csv->header};
}

bool source_file_open(const FileSourceSpec *spec, RowSource **out, Err *err) {
    Arena *arena = arena_create();
    FileSource *source = ARENA_NEW(arena, FileSource);
    Str name = str_dup(arena, spec->source_name);
    *source = (FileSource){.base = {.ops = &file_ops,
                                    .arena = arena,
                                    .shown = name,
                                    .relation = STR_EMPTY,
                                    .system_version = STR_EMPTY,
                                    .consistent = true},
                           .ingest = spec->ingest,
                           .schema = spec->schema,
                           .progress = spec->progress,
                           .request = {.path = str_dup(arena, spec->path),
                                       .source_name = name,
                                       .format = spec->format,
                                       .csv = copy_dialect(&spec->csv, arena)}};
    if (!stage_open(&source->stage, spec->ingest->config.staging_directory, arena, err)) {
        arena_destroy(arena);
        return false;
    }
    bool ok = file_open(source->ingest, &source->request, &source->stage, spec->progress, arena,
                        &source->file, err);
    if (ok && source->file.table != NULL)
        describe_texts(source);
    else if (ok)
        ok = describe_parquet(source, err);
    if (!ok) {
        source_close(&source->base);
        return err_wrap(err, "read '%.*s'", STR_ARG(spec->source_name));
    }
    *out = &source->base;
    return true;
}
