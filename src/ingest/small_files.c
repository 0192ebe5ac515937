/* small_files.c - a logarithmic method over the tail of a dataset's files.
 *
 * Only the tail is looked at: its merged file goes where it was, so the order of rows stays, and
 * large loads before it are never touched. We wait until SMALL_FILES_MIN small files stand at the
 * end, then take the longest run of them in which no file has more than half of all rows. Sizes are
 * counted in rows, which add up exactly; bytes only say what is small.
 *
 * Old snapshots keep the old files: time travel reads what it read before.
 *
 * Bounds of a column that one of the files does not tell stay untold: they were left out because
 * they belong to somebody.
 *
 * Tested by: test_small_files.c. */
#include "ingest/small_files.h"

#include <inttypes.h>

enum { MERGED_BYTES_MAX = 128 << 20, EXPANSION = 4 };

size_t small_files_choose(const DataFile *files, size_t count) {
    size_t small = 0;
    while (small < count && files[count - 1 - small].size_bytes < SMALL_FILE_BYTES)
        small++;
    if (small < SMALL_FILES_MIN)
        return 0;
    uint64_t rows = 0, rows_max = 0, bytes = 0;
    size_t chosen = 0;
    for (size_t length = 1; length <= small; length++) {
        const DataFile *file = &files[count - length];
        rows += file->rows;
        rows_max = file->rows > rows_max ? file->rows : rows_max;
        bytes += file->size_bytes;
        if (bytes > MERGED_BYTES_MAX)
            break;
        if (length > 1 && rows_max <= rows / 2)
            chosen = length;
    }
    return chosen;
}

typedef struct Merging {
    const LoadContext *context;
    const Snapshot *current;
    const Schema *planned;
    const DataFile *files;
    size_t count;
    uint64_t rows, bytes;
} Merging;

/* SELECT all columns of the schema FROM one data file. */
static bool append_select(const Merging *merging, ObjectStore *store, const DataFile *file,
                          StrBuf *sql, Err *err) {
    const LoadContext *context = merging->context;
    Arena *arena = context->arena;
    Str path;
    DuckColumn *present;
    size_t present_count;
    if (!object_cache_path(context->cache, merging->current->bucket, store, file->key, arena, &path,
                           err))
        return false;
    Str literal = duck_literal(path, arena);
    Str all = str_format(arena, "SELECT * FROM read_parquet(%.*s)", STR_ARG(literal));
    if (!duck_describe(context->session, all, arena, &present, &present_count, err))
        return false;
    Str columns = load_column_list(merging->planned, present, present_count, arena);
    strbuf_append_format(sql, "%sSELECT %.*s FROM read_parquet(%.*s)",
                         sql->length == 0 ? "" : " UNION ALL ", STR_ARG(columns), STR_ARG(literal));
    return true;
}

static const ColumnStats *find_stats(const DataFile *file, uint32_t field_id) {
    for (size_t i = 0; i < file->stats_count; i++)
        if (file->stats[i].field_id == field_id)
            return &file->stats[i];
    return NULL;
}

/* Of one column: all NULLs are there, and no bound is told that was not told before. */
static bool check_column(const Merging *merging, ParquetStats *written, Err *err) {
    const SchemaColumn *column = schema_find(merging->planned, written->column);
    uint64_t nulls = 0;
    for (size_t i = 0; column != NULL && i < merging->count; i++) {
        const DataFile *file = &merging->files[i];
        const ColumnStats *stats = find_stats(file, column->field_id);
        nulls += stats != NULL ? stats->null_count : file->rows;
        if (stats != NULL && !stats->has_bounds && stats->null_count < file->rows)
            written->has_bounds = false;
    }
    return column == NULL || nulls == written->null_count ||
           err_fail(err, FAIL_INTERNAL,
                    "column '%.*s' of the merged files has %" PRIu64 " NULLs, not %" PRIu64,
                    STR_ARG(written->column), written->null_count, nulls);
}

static bool check_merged(const Merging *merging, StagedFile *merged, Err *err) {
    if (merged->written.rows != merging->rows)
        return err_fail(err, FAIL_INTERNAL, "the merged files have %" PRIu64 " rows, not %" PRIu64,
                        merged->written.rows, merging->rows);
    for (size_t i = 0; i < merged->written.stats_count; i++)
        if (!check_column(merging, &merged->written.stats[i], err))
            return false;
    return true;
}

bool small_files_merge(const LoadContext *context, const Snapshot *current, const Schema *planned,
                       size_t count, StagedFile *out, Err *err) {
    Merging merging = {.context = context,
                       .current = current,
                       .planned = planned,
                       .files = current->files + current->file_count - count,
                       .count = count};
    ObjectStore *store;
    StrBuf sql = strbuf_make(context->arena);
    if (!bucket_find(context->buckets, current->bucket, context->arena, &store, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        merging.rows += merging.files[i].rows;
        merging.bytes += merging.files[i].size_bytes;
        if (!append_select(&merging, store, &merging.files[i], &sql, err))
            return err_wrap(err, "open a data file of '%.*s'", STR_ARG(current->dataset));
    }
    uint64_t row_bytes = merging.rows > 0 ? merging.bytes * EXPANSION / merging.rows : 0;
    StagedFile merged;
    if (!load_write_select(context, strbuf_str(&sql), planned, row_bytes, &merged, err) ||
        !check_merged(&merging, &merged, err))
        return err_wrap(err, "merge the small files of '%.*s'", STR_ARG(current->dataset));
    *out = merged;
    return true;
}
