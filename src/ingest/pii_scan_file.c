/* pii_scan_file.c - a staged Parquet file, read again for what is personal in
 * it.
 *
 * Files are scanned after they were written: whatever the source was, and
 * whoever read it, values have their final types there, and only columns that
 * can hold something are decoded. A file of more than WHOLE_ROWS rows is looked
 * at in stretches of consecutive rows, each from the beginning of a row group;
 * one for every STRETCH_EVERY rows, evenly spread. What a stretch costs is
 * decompressing its row group's columns, be it long or short. The stretches
 * follow from the file alone, so loading it twice finds the same twice; more
 * rows would tell little, since 2,000 values of a column are kept in the end.
 * Long rows make the stretches shorter.
 *
 * Tested by: test_pii_scan_file.c. */
#include "ingest/pii_scan_file.h"

enum {
    WHOLE_ROWS = 30000,
    STRETCH_ROWS = 8192,
    STRETCH_EVERY = 400000, /* rows of the file */
    STRETCHES_MIN = 3,
    STRETCHES_MAX = 32,
    SCAN_ROWS_MIN = 2000,
    SCAN_BYTES = 128 << 20,
    LONG_ROW_BYTES = 1024
};

PiiScanner *pii_scanner_of_schema(Str dataset, const Schema *schema, Arena *arena) {
    Str *names = ARENA_ARRAY(arena, Str, schema->count);
    Str *types = ARENA_ARRAY(arena, Str, schema->count);
    for (size_t i = 0; i < schema->count; i++) {
        names[i] = schema->columns[i].name;
        types[i] = schema->columns[i].type;
    }
    return pii_scanner_create(dataset, names, types, schema->count);
}

void pii_scanner_tags(PiiScanner *scanner, Arena *arena, PiiTagVec *out) {
    PiiFinding *findings;
    size_t count;
    pii_scanner_finish(scanner, arena, &findings, &count);
    for (size_t i = 0; i < count; i++)
        *vec_push(out, arena) = (PiiTag){.column = findings[i].column,
                                         .kind = findings[i].kind,
                                         .score = findings[i].score,
                                         .basis = str_c(pii_basis_name(findings[i].basis))};
}

/* ---- the statement ---- */

/* What a batch can hold as it is; everything else is printed. */
static bool is_plain(Str type) {
    static const char *const plain[] = {
        "VARCHAR", "INTEGER", "UINTEGER",  "BIGINT",
        "UBIGINT", "DATE",    "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (str_eq_c(type, plain[i]))
            return true;
    return str_starts(type, STR("DECIMAL"));
}

static void append_column(StrBuf *sql, const SchemaColumn *column, bool is_wanted, bool is_long) {
    Str name = duck_identifier(column->name, sql->arena);
    if (!is_wanted)
        strbuf_append_c(sql, "NULL::INTEGER");
    else if (str_starts(column->type, STR("TIMESTAMP_")))
        strbuf_append_format(sql, "%.*s::TIMESTAMP", STR_ARG(name));
    else if (is_plain(column->type) && !(is_long && str_eq_c(column->type, "VARCHAR")))
        strbuf_append(sql, name);
    else
        strbuf_append_format(sql, "left(%.*s::VARCHAR, 4096)", STR_ARG(name));
}

static Str make_select(const PiiScanner *scanner, const Schema *planned, Str path, bool is_long,
                       Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SELECT ");
    for (size_t i = 0; i < planned->count; i++) {
        if (i > 0)
            strbuf_append_c(&sql, ", ");
        append_column(&sql, &planned->columns[i], pii_scanner_wants(scanner, i), is_long);
        strbuf_append_format(&sql, " AS c%zu", i);
    }
    strbuf_append_format(&sql, " FROM read_parquet(%.*s, file_row_number = true)",
                         STR_ARG(duck_literal(path, arena)));
    return strbuf_str(&sql);
}

/* ---- the scan ---- */

static bool add_batch(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    pii_scanner_add(context, batch);
    return true;
}

static uint64_t at_most(uint64_t value, uint64_t most) {
    return value > most ? most : value;
}

static uint64_t at_least(uint64_t value, uint64_t least) {
    return value < least ? least : value;
}

/* Rows of that length that one scan may read. */
static uint64_t rows_allowed(uint64_t row_bytes) {
    return at_least(SCAN_BYTES / (row_bytes + 1), SCAN_ROWS_MIN);
}

/* First row of each row group. */
typedef VEC(uint64_t) RowNumbers;

typedef struct GroupList {
    RowNumbers starts;
    Arena *arena;
} GroupList;

static bool add_groups(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    GroupList *list = context;
    for (size_t i = 0; i < batch->row_count; i++)
        *vec_push(&list->starts, list->arena) =
            (uint64_t)((const int64_t *)batch->columns[0].values)[i];
    return true;
}

static bool find_groups(const LoadContext *context, Str path, GroupList *out, Err *err) {
    Str sql = str_format(context->arena,
                         "SELECT (sum(n) OVER (ORDER BY id) - n)::BIGINT FROM (SELECT "
                         "row_group_id "
                         "AS id, any_value(row_group_num_rows) AS n FROM parquet_metadata(%.*s) "
                         "GROUP BY id) ORDER BY id",
                         STR_ARG(duck_literal(path, context->arena)));
    return duck_query(context->session, sql, context->progress, add_groups, out, err);
}

static bool read_stretches(const LoadContext *context, PiiScanner *scanner, Str select,
                           const StagedFile *file, uint64_t row_bytes, Err *err) {
    GroupList groups = {.arena = context->arena};
    if (!find_groups(context, file->path, &groups, err))
        return false;
    uint64_t wanted =
        at_most(at_least(file->written.rows / STRETCH_EVERY, STRETCHES_MIN), STRETCHES_MAX);
    uint64_t count = at_most(wanted, groups.starts.count);
    unsigned long long rows =
        at_most(wanted * STRETCH_ROWS, rows_allowed(row_bytes)) / at_least(count, 1);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t group = (2 * i + 1) * groups.starts.count / (2 * count);
        unsigned long long from = groups.starts.items[group];
        Str sql = str_format(context->arena,
                             "%.*s WHERE file_row_number >= %llu AND file_row_number < %llu",
                             STR_ARG(select), from, from + rows);
        if (!duck_query(context->session, sql, context->progress, add_batch, scanner, err))
            return false;
    }
    return true;
}

static bool read_rows(const LoadContext *context, PiiScanner *scanner, Str select,
                      const StagedFile *file, uint64_t row_bytes, Err *err) {
    if (file->written.rows > at_most(WHOLE_ROWS, rows_allowed(row_bytes)))
        return read_stretches(context, scanner, select, file, row_bytes, err);
    return duck_query(context->session, select, context->progress, add_batch, scanner, err);
}

static bool wants_any(const PiiScanner *scanner, size_t columns) {
    for (size_t i = 0; i < columns; i++)
        if (pii_scanner_wants(scanner, i))
            return true;
    return false;
}

bool pii_scan_file(const LoadContext *context, const Schema *planned, const StagedFile *file,
                   uint64_t row_bytes, PiiTagVec *out, Err *err) {
    Arena *arena = context->arena;
    PiiScanner *scanner = pii_scanner_of_schema(context->request->dataset, planned, arena);
    bool ok = true;
    if (file->written.rows > 0 && wants_any(scanner, planned->count)) {
        Str select = make_select(scanner, planned, file->path, row_bytes >= LONG_ROW_BYTES, arena);
        ok = read_rows(context, scanner, select, file, row_bytes, err);
    }
    PiiTagVec tags = {0};
    if (ok)
        pii_scanner_tags(scanner, arena, &tags);
    pii_scanner_destroy(scanner);
    if (!ok)
        return err_wrap(err, "look for personal data");
    *out = tags;
    return true;
}
