/* csv_load.c - check a delimited file from end to end, then offer its rows.
 *
 * The check is the one place that decides which records are good; the stream makes the same
 * decisions again (same code) and must come to the same count. A file in which nothing was unusual
 * (no reject, no stray quote, one kind of line end, no huge record) is given to DuckDB's own reader
 * with everything spelt out, so that nothing is left for it to guess: it is faster on two cores.
 * Whatever it reads is counted against what was counted here.
 *
 * Tested by: test_csv_load.c, test_ingest_csv.c. */
#include "files/csv_load.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "files/csv_dialect.h"
#include "files/text_rows.h"
#include "files/utf8_scan.h"
#include "query/duck_session.h"

enum { DIRECT_RECORD_BYTES_MAX = 1 << 20 };

typedef struct CsvTable {
    TextTable base;
    const TextFile *file;
    CsvPlan plan;
    Str null_text;
    size_t skip; /* byte order mark */
    Arena *arena;
} CsvTable;

/* A reading of the file: what check and stream have in common. */
typedef struct CsvReading {
    const CsvTable *table;
    ByteWindow window;
    CsvScanner scanner;
    Arena *scratch; /* undoubled quotes of one record, reasons */
    bool header_seen;
} CsvReading;

static bool reading_open(CsvReading *reading, const CsvTable *table, Progress *progress, Err *err) {
    *reading = (CsvReading){.table = table};
    if (!window_open(&reading->window, table->file->path, table->file->name, RECORD_BYTES_MAX,
                     table->file->budget, progress, err))
        return false;
    if (!window_more(&reading->window, err)) {
        window_close(&reading->window);
        return false;
    }
    window_skip(&reading->window, table->skip);
    csv_scanner_init(&reading->scanner, &reading->window, &table->plan.format);
    reading->scratch = arena_create();
    return true;
}

static void reading_close(CsvReading *reading) {
    csv_scanner_deinit(&reading->scanner);
    window_close(&reading->window);
    arena_destroy(reading->scratch);
}

/* The next record that is data: not the header, not an empty line (but in a single column). */
static bool next_data(CsvReading *reading, CsvRecord *out, bool *out_end, Err *err) {
    for (;;) {
        if (!csv_scan_next(&reading->scanner, out, out_end, err))
            return false;
        if (*out_end)
            return true;
        bool blank_counts = reading->header_seen && reading->table->base.column_count == 1;
        if (csv_is_blank(out) && !blank_counts)
            continue;
        bool header = reading->table->plan.has_header && !reading->header_seen;
        reading->header_seen = true;
        if (!header)
            return true;
    }
}

/* Fields beyond the header's that are empty do not count: a delimiter at the end of the row. */
static size_t width(const CsvRecord *record, size_t expected) {
    size_t count = record->field_count;
    while (count > expected && record->fields[count - 1].length == 0 &&
           !record->fields[count - 1].quoted)
        count--;
    return count;
}

/* Why this record is no row; "" when it is one. */
static Str fault(const CsvRecord *record, size_t expected, size_t *out_at, Arena *scratch) {
    size_t at;
    *out_at = SIZE_MAX;
    if (record->broken != NULL)
        return str_c(record->broken);
    size_t found = width(record, expected);
    if (found != expected)
        return str_format(scratch, "%zu field%s, %zu expected", found, found == 1 ? "" : "s",
                          expected);
    if (utf8_scan(record->bytes, &at))
        return STR_EMPTY;
    size_t field = 0;
    while (field + 1 < record->field_count && record->fields[field + 1].from <= at)
        field++;
    *out_at = field;
    return utf8_fault(record->bytes, at, scratch);
}

static bool field_is_null(const CsvTable *table, const CsvRecord *record, size_t column, Str text) {
    return !record->fields[column].quoted && str_eq(text, table->null_text);
}

/* ---- the check ---- */

typedef struct CsvCheck {
    size_t longest_record;
    uint64_t lf_ends, crlf_ends;
    bool odd;
} CsvCheck;

static void vote(CsvTable *table, const CsvRecord *record, Arena *scratch) {
    for (size_t i = 0; i < table->base.column_count; i++) {
        ValueFacts *facts = &table->base.columns[i].facts;
        Str text = csv_field_text(&table->plan.format, record, i, scratch);
        if (field_is_null(table, record, i, text))
            value_facts_add_null(facts);
        else
            value_facts_add(facts, text, record->line);
    }
}

static void check_record(CsvTable *table, const CsvRecord *record, CsvCheck *check,
                         RejectList *rejects, Arena *scratch) {
    size_t at;
    size_t expected = table->base.column_count;
    Str reason = fault(record, expected, &at, scratch);
    if (reason.length > 0) {
        reject_add(rejects, record->line, at < expected ? table->base.columns[at].name : STR_EMPTY,
                   reason);
        return;
    }
    table->base.rows++;
    table->base.text_bytes += record->bytes.length;
    check->odd = check->odd || record->odd || record->field_count != expected;
    *(record->crlf ? &check->crlf_ends : &check->lf_ends) += 1;
    if (record->bytes.length > check->longest_record)
        check->longest_record = record->bytes.length;
    vote(table, record, scratch);
}

static bool check_all(CsvTable *table, RejectList *rejects, CsvCheck *check, Err *err) {
    CsvReading reading;
    CsvRecord record;
    bool end = false;
    progress_start(table->file->progress, "checking", "bytes", table->file->size_bytes);
    if (!reading_open(&reading, table, table->file->progress, err))
        return false;
    bool ok;
    while ((ok = next_data(&reading, &record, &end, err)) && !end) {
        check_record(table, &record, check, rejects, reading.scratch);
        arena_reset(reading.scratch);
    }
    reading_close(&reading);
    return ok;
}

static bool check_outcome(const CsvTable *table, const RejectList *rejects, Err *err) {
    return reject_list_bearable(rejects, table->base.rows, "rows", err) ||
           err_hint(err, "check the delimiter, the quote character and the encoding (UTF-8)");
}

/* ---- DuckDB's own reader ---- */

static Str char_literal(char c, Arena *arena) {
    return duck_literal(str_make(&c, 1), arena);
}

static Str direct_from(const CsvTable *table) {
    Arena *arena = table->arena;
    const CsvFormat *format = &table->plan.format;
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "read_csv(");
    strbuf_append(&sql, duck_literal(str_c(table->file->path), arena));
    strbuf_append_c(&sql, ", auto_detect=false, strict_mode=true, null_padding=false, "
                          "ignore_errors=false, allow_quoted_nulls=false, comment='', delim=");
    strbuf_append(&sql, char_literal(format->delimiter, arena));
    strbuf_append_c(&sql, ", quote=");
    strbuf_append(&sql, char_literal(format->quote, arena));
    strbuf_append_c(&sql, ", escape=");
    strbuf_append(&sql, char_literal(format->escape, arena));
    strbuf_append_c(&sql, ", nullstr=");
    strbuf_append(&sql, duck_literal(table->null_text, arena));
    /* No new_line: with it, 1.4.4 reads nothing from a file with CRLF, and does not say so. */
    strbuf_append_format(&sql, ", header=%s, max_line_size=%d, columns={",
                         table->plan.has_header ? "true" : "false", 2 * DIRECT_RECORD_BYTES_MAX);
    for (size_t i = 0; i < table->base.column_count; i++)
        strbuf_append_format(&sql, "%s'c%zu':'VARCHAR'", i == 0 ? "" : ", ", i);
    strbuf_append_c(&sql, "})");
    return strbuf_str(&sql);
}

static bool is_plain(const CsvTable *table, const CsvCheck *check, const RejectList *rejects) {
    const CsvFormat *format = &table->plan.format;
    bool one_line_end = check->lf_ends == 0 || check->crlf_ends == 0 ||
                        (check->crlf_ends > 0 && check->lf_ends <= 1);
    return rejects->count == 0 && !check->odd && one_line_end && !format->cr_lines &&
           !format->skip_spaces && format->escape == format->quote &&
           table->base.column_count > 1 && table->base.rows > 0 &&
           check->longest_record <= DIRECT_RECORD_BYTES_MAX;
}

/* ---- the stream ---- */

typedef struct CsvStream {
    RowStream base;
    CsvReading reading;
    TextRows rows;
    Arena *arena;
} CsvStream;

static bool stream_next(RowStream *stream, RowBatch *out, Err *err) {
    CsvStream *self = (CsvStream *)stream;
    const CsvTable *table = self->reading.table;
    size_t expected = table->base.column_count, at;
    CsvRecord record;
    bool end = false;
    text_rows_clear(&self->rows);
    while (!text_rows_full(&self->rows)) {
        arena_reset(self->reading.scratch);
        if (!next_data(&self->reading, &record, &end, err))
            return false;
        if (end)
            break;
        if (fault(&record, expected, &at, self->reading.scratch).length > 0)
            continue;
        for (size_t i = 0; i < expected; i++) {
            Str text = csv_field_text(&table->plan.format, &record, i, self->reading.scratch);
            if (!field_is_null(table, &record, i, text))
                text_rows_put(&self->rows, i, text);
        }
        text_rows_end(&self->rows, record.line);
    }
    *out = text_rows_batch(&self->rows);
    return true;
}

static void stream_close(RowStream *stream) {
    CsvStream *self = (CsvStream *)stream;
    reading_close(&self->reading);
    arena_destroy(self->arena);
}

static bool open_rows(TextTable *base, Progress *progress, RowStream **out, Err *err) {
    CsvTable *table = (CsvTable *)base;
    Arena *arena = arena_create();
    CsvStream *stream = ARENA_NEW(arena, CsvStream);
    stream->arena = arena;
    if (!reading_open(&stream->reading, table, progress, err)) {
        arena_destroy(arena);
        return false;
    }
    text_rows_init(&stream->rows, base->column_count, arena);
    stream->base = (RowStream){
        .schema = text_rows_batch(&stream->rows), .next = stream_next, .close = stream_close};
    *out = &stream->base;
    return true;
}

/* ---- opening ---- */

/* The first bytes of the file, in a window of its own. */
static bool read_plan(CsvTable *table, const CsvDialect *wanted, Err *err) {
    ByteWindow window;
    if (!window_open(&window, table->file->path, table->file->name, CSV_SAMPLE_BYTES,
                     table->file->budget, NULL, err))
        return false;
    bool ok = true;
    while (ok && !window.at_end && !window_is_full(&window))
        ok = window_more(&window, err);
    Str sample = window_bytes(&window);
    ok = ok && utf8_sniff(sample, &table->skip, err);
    sample = str_slice(sample, table->skip, sample.length);
    ok = ok && csv_plan_make(sample, window.at_end, wanted, table->arena, &table->plan, err);
    window_close(&window);
    return ok;
}

bool csv_load(const TextFile *file, const CsvDialect *wanted, RejectList *rejects, Arena *arena,
              TextTable **out, Err *err) {
    CsvTable *table = ARENA_NEW(arena, CsvTable);
    table->file = file;
    table->arena = arena;
    table->null_text = str_dup(arena, wanted->null_text);
    if (!read_plan(table, wanted, err))
        return false;
    size_t count = table->plan.names.names.count;
    table->base = (TextTable){.columns = ARENA_ARRAY(arena, TextColumn, count),
                              .column_count = count,
                              .renamed = table->plan.names.renamed.items,
                              .renamed_count = table->plan.names.renamed.count,
                              .direct_from = STR_EMPTY,
                              .open_rows = open_rows};
    for (size_t i = 0; i < count; i++) {
        table->base.columns[i].name = table->plan.names.names.items[i];
        value_facts_init(&table->base.columns[i].facts);
    }
    CsvCheck check = {0};
    if (!check_all(table, rejects, &check, err) || !check_outcome(table, rejects, err))
        return false;
    if (is_plain(table, &check, rejects))
        table->base.direct_from = direct_from(table);
    *out = &table->base;
    return true;
}
