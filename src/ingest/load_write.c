/* load_write.c - one SELECT, one Parquet file, and the check that nothing was lost on the way.
 *
 * Every file holds all columns that the dataset has at that moment, those that the load lacks as
 * NULLs. The count of rows, and of NULLs in every plain column, must be what the check of the
 * source found: two readers that agree on both have hardly read different things. When DuckDB's own
 * CSV reader disagrees or gives up, the rows are streamed from ours instead, and checked again.
 *
 * A row group is some 64 MiB of text, within 2048 and 122880 rows, and 8192 rows at most where rows
 * are long: readers that fetch single rows then decode little.
 *
 * Tested by: test_load_write.c, test_ingest_csv.c, test_ingest_parquet.c. */
#include "ingest/load.h"

#include <inttypes.h>
#include <unistd.h>

enum {
    GROUP_BYTES = 64 << 20,
    GROUP_ROWS_MIN = 2048,
    GROUP_ROWS_MAX = 122880,
    GROUP_ROWS_LONG = 8192,
    LONG_ROW_BYTES = 1024
};

static uint32_t row_group_rows(uint64_t row_bytes) {
    uint64_t rows = GROUP_BYTES / (row_bytes + 1);
    uint64_t most = row_bytes >= LONG_ROW_BYTES ? GROUP_ROWS_LONG : GROUP_ROWS_MAX;
    rows = rows > most ? most : rows < GROUP_ROWS_MIN ? GROUP_ROWS_MIN : rows;
    return (uint32_t)(rows / GROUP_ROWS_MIN * GROUP_ROWS_MIN); /* whole vectors */
}

/* Who moves the load's progress while it is written. */
typedef enum Reporter { REPORTED_BY_DUCKDB, REPORTED_ELSEWHERE } Reporter;

static bool write_staged(const LoadContext *context, Str select, const Schema *planned,
                         uint64_t row_bytes, Reporter reporter, StagedFile *out, Err *err) {
    ParquetColumn *columns = ARENA_ARRAY(context->arena, ParquetColumn, planned->count);
    for (size_t i = 0; i < planned->count; i++)
        columns[i] = (ParquetColumn){planned->columns[i].name, planned->columns[i].field_id};
    StagedFile file = {.path = stage_path(context->stage, "rows.parquet")};
    ParquetRequest request = {.path = file.path,
                              .columns = columns,
                              .column_count = planned->count,
                              .field_ids = schema_field_ids(planned, context->arena),
                              .row_group_rows = row_group_rows(row_bytes),
                              .progress = context->progress,
                              .reports = reporter == REPORTED_BY_DUCKDB};
    if (!duck_write_parquet(context->session, select, &request, context->arena, &file.written, err))
        return false;
    *out = file;
    return true;
}

bool load_write_select(const LoadContext *context, Str select, const Schema *planned,
                       uint64_t row_bytes, StagedFile *out, Err *err) {
    return write_staged(context, select, planned, row_bytes, REPORTED_ELSEWHERE, out, err);
}

static const LoadColumn *find_column(const Load *load, Str name) {
    for (size_t i = 0; i < load->column_count; i++)
        if (str_eq(load->columns[i].name, name))
            return &load->columns[i];
    return NULL;
}

Str load_select(const Load *load, const Schema *planned, Str from, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SELECT ");
    for (size_t i = 0; i < planned->count; i++) {
        const SchemaColumn *column = &planned->columns[i];
        const LoadColumn *given = find_column(load, column->name);
        Str value = given != NULL ? given->value : STR("NULL");
        Str name = duck_identifier(column->name, arena);
        bool as_is = given != NULL && str_eq(given->type, column->type);
        strbuf_append_format(&sql, as_is ? "%s%.*s" : "%sCAST(%.*s", i == 0 ? "" : ", ",
                             STR_ARG(value));
        if (!as_is)
            strbuf_append_format(&sql, " AS %.*s)", STR_ARG(column->type));
        strbuf_append_format(&sql, " AS %.*s", STR_ARG(name));
    }
    strbuf_append_format(&sql, " FROM %.*s", STR_ARG(from));
    if (load->where.length > 0)
        strbuf_append_format(&sql, " WHERE %.*s", STR_ARG(load->where));
    return strbuf_str(&sql);
}

Str load_column_list(const Schema *planned, const DuckColumn *present, size_t present_count,
                     Arena *arena) {
    StrBuf list = strbuf_make(arena);
    for (size_t i = 0; i < planned->count; i++) {
        const SchemaColumn *column = &planned->columns[i];
        Str name = duck_identifier(column->name, arena);
        bool found = false;
        for (size_t p = 0; p < present_count && !found; p++)
            found = str_eq(present[p].name, column->name);
        Str value = found ? name : STR("NULL");
        strbuf_append_format(&list, "%sCAST(%.*s AS %.*s) AS %.*s", i == 0 ? "" : ", ",
                             STR_ARG(value), STR_ARG(column->type), STR_ARG(name));
    }
    return strbuf_str(&list);
}

static bool verify_nulls(const Load *load, const ParquetWritten *written, Err *err) {
    for (size_t i = 0; i < written->stats_count; i++) {
        const ParquetStats *stats = &written->stats[i];
        const LoadColumn *column = find_column(load, stats->column);
        bool known = column == NULL || column->null_count_known;
        uint64_t expected = column == NULL ? load->rows : column->null_count;
        if (known && stats->null_count != expected)
            return err_fail(err, FAIL_INTERNAL,
                            "column '%.*s': %" PRIu64 " NULLs were read and %" PRIu64
                            " written; nothing was committed",
                            STR_ARG(stats->column), expected, stats->null_count);
    }
    return true;
}

bool load_verify(const Load *load, const ParquetWritten *written, Err *err) {
    if (written->rows != load->rows)
        return err_fail(err, FAIL_INTERNAL,
                        "%" PRIu64 " good rows were counted and %" PRIu64
                        " written; nothing was committed",
                        load->rows, written->rows);
    return verify_nulls(load, written, err);
}

static bool write_from(const LoadContext *context, const Load *load, const Schema *planned,
                       Str from, Reporter reporter, StagedFile *out, Err *err) {
    Str select = load_select(load, planned, from, context->arena);
    if (!write_staged(context, select, planned, load->row_bytes, reporter, out, err))
        return false;
    if (load_verify(load, &out->written, err))
        return true;
    unlink(out->path.data);
    return false;
}

static bool write_stream(const LoadContext *context, const Load *load, const Schema *planned,
                         StagedFile *out, Err *err) {
    RowStream *rows = NULL;
    if (!load->table->open_rows(load->table, context->progress, &rows, err))
        return false;
    Str from = duck_stream_attach(context->session, rows, context->arena);
    bool ok = write_from(context, load, planned, from, REPORTED_ELSEWHERE, out, err);
    duck_stream_detach(context->session);
    rows->close(rows);
    return ok;
}

bool load_write(const LoadContext *context, const Load *load, const Schema *planned,
                StagedFile *out, Err *err) {
    progress_start(context->progress, "writing", "rows", load->rows);
    if (load->from.length > 0) {
        if (write_from(context, load, planned, load->from, REPORTED_BY_DUCKDB, out, err))
            return true;
        bool disagrees = err_is(err, FAIL_UNPROCESSABLE) || err_is(err, FAIL_INTERNAL);
        if (load->table == NULL || !disagrees)
            return false;
        err_clear(err);
    }
    progress_start(context->progress, "writing", "bytes", 0);
    return write_stream(context, load, planned, out, err);
}
