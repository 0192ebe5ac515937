/* pii_scan_file.c - a staged Parquet file, read again for what is personal in it.
 *
 * Files are scanned after they were written: whatever the source was, and whoever read it, values
 * have their final types there, and only columns that can hold something are decoded. A file of
 * more than SCAN_ROWS rows is looked at in BLOCKS stretches of consecutive rows, evenly spread and
 * always the same for the same count of rows, so that loading a file twice finds the same twice.
 * Long rows make the stretches shorter.
 *
 * Tested by: test_pii_scan_file.c. */
#include "ingest/pii_scan_file.h"

enum {
    SCAN_ROWS = 200000,
    SCAN_ROWS_MIN = 2000,
    SCAN_BYTES = 256 << 20,
    BLOCKS = 10,
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

static uint64_t rows_to_scan(uint64_t row_bytes) {
    uint64_t rows = SCAN_BYTES / (row_bytes + 1);
    return rows > SCAN_ROWS ? SCAN_ROWS : rows < SCAN_ROWS_MIN ? SCAN_ROWS_MIN : rows;
}

static bool read_rows(const LoadContext *context, PiiScanner *scanner, Str select, uint64_t rows,
                      uint64_t most, Err *err) {
    if (rows <= most)
        return duck_query(context->session, select, context->progress, add_batch, scanner, err);
    uint64_t block = most / BLOCKS, step = rows / BLOCKS;
    for (uint64_t i = 0; i < BLOCKS; i++) {
        unsigned long long from = i * step, to = from + block - 1;
        Str sql = str_format(context->arena,
                             "%.*s WHERE file_row_number BETWEEN %llu AND %llu LIMIT %llu",
                             STR_ARG(select), from, to, (unsigned long long)block);
        if (!duck_query(context->session, sql, context->progress, add_batch, scanner, err))
            return false;
    }
    return true;
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
        ok = read_rows(context, scanner, select, file->written.rows, rows_to_scan(row_bytes), err);
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
