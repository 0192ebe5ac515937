/* table_read.c - rows of a source become data files in the bucket, each noted in the checkpoint.
 *
 *   ring (decodes ahead) -> tap (counts, cuts, looks for personal data) -> DuckDB (Parquet)
 *     -> counts compared -> object -> checkpoint -> the next file ...
 *
 * One statement a file, so that a file is whole, counted and stored before the next begins, and
 * memory holds a row group and the ring, whatever the size of the table.
 *
 * Tested by: test_table_load.c, test_table_faults.c. */
#include <unistd.h>

#include "ingest/pii_scan_file.h"
#include "ingest/publish.h"
#include "ingest/row_tap.h"
#include "ingest/table_load.h"

/* ---- one file ---- */

static bool write_staged(TableRound *round, RowTap *tap, StagedFile *out, Err *err) {
    const LoadContext *context = &round->load->context;
    Load *rows = &round->rows;
    rows->row_bytes = row_tap_row_bytes(tap);
    row_tap_begin_file(tap);
    Str from = duck_stream_attach(context->session, &tap->stream, context->arena);
    Str select = load_select(rows, &round->planned, from, context->arena);
    bool ok = load_write_select(context, select, &round->planned, rows->row_bytes, out, err);
    duck_stream_detach(context->session);
    if (!ok)
        return false;
    rows->rows = tap->rows;
    for (size_t i = 0; i < rows->column_count; i++)
        rows->columns[i].null_count = tap->null_counts[i];
    if (load_verify(rows, &out->written, err))
        return true;
    unlink(out->path.data);
    return false;
}

static bool is_storable(const Str *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!utf8_valid(texts[i]) || str_find_char(texts[i], '\0', 0) != SIZE_MAX)
            return false;
    return true;
}

/* Where a load goes on that is stopped behind the files so far. */
static void note_position(TableRound *round, const RowTap *tap) {
    LoadCheckpoint *stored = &round->stored;
    Arena *arena = round->load->context.arena;
    size_t count = round->load->source->key_count;
    stored->rejected = round->rows.rejects.count - tap->rejected_behind;
    stored->position_count = 0;
    if (!round->range.by_key || tap->position == NULL || !is_storable(tap->position, count))
        return;
    stored->position = ARENA_ARRAY(arena, Str, count);
    for (size_t i = 0; i < count; i++)
        stored->position[i] = str_dup(arena, tap->position[i]);
    stored->position_count = count;
}

static void add_file(LoadCheckpoint *stored, const DataFile *file, Arena *arena) {
    DataFile *files = ARENA_ARRAY(arena, DataFile, stored->file_count + 1);
    for (size_t i = 0; i < stored->file_count; i++)
        files[i] = stored->files[i];
    files[stored->file_count++] = *file;
    stored->files = files;
    stored->rows += file->rows;
}

/* Somebody else goes on from the checkpoint: what it names is his. */
static bool give_way(TableRound *round, const DataFile *own) {
    publish_take_back(round->store, own, 1);
    round->stored.file_count = 0;
    round->stored.etag = STR_EMPTY;
    return false;
}

static bool write_file(TableRound *round, RowTap *tap, Err *err) {
    const LoadContext *context = &round->load->context;
    StagedFile staged;
    DataFile file;
    if (!write_staged(round, tap, &staged, err))
        return false;
    bool needed = staged.written.rows > 0 ||
                  (tap->ended && round->stored.file_count == 0 &&
                   dataset_now_needs_file(&round->now, round->load->request->mode, 0));
    if (!needed) { /* every row was rejected */
        unlink(staged.path.data);
        return true;
    }
    CommitRequest home = {.dataset = round->stored.dataset, .schema = round->planned};
    if (!publish_file(context, round->store, &home, &staged, &file, err))
        return false;
    add_file(&round->stored, &file, context->arena);
    note_position(round, tap);
    /* The commit comes next: nothing to go on with. An append that is not done twice needs its
     * files known even so. */
    if (tap->ended && round->stored.file_count == 1 && !table_commits_once(round))
        return true;
    if (load_checkpoint_save(round->store, &round->stored, context->arena, err))
        return true;
    return err_is(err, FAIL_CONFLICT) ? give_way(round, &file) : false;
}

/* ---- personal data ---- */

static bool scan_batch(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    pii_scanner_add(context, batch);
    return true;
}

/* Rows that a stopped load has read are looked at, too. */
static bool scan_resumed(TableRound *round, PiiScanner *scanner, Err *err) {
    const LoadContext *context = &round->load->context;
    for (size_t f = 0; f < round->stored.file_count; f++) {
        Str path;
        if (!object_cache_path(context->cache, table_bucket(round), round->store,
                               round->stored.files[f].key, context->arena, &path, err))
            return false;
        StrBuf sql = strbuf_make(context->arena);
        for (size_t i = 0; i < round->rows.column_count; i++)
            strbuf_append_format(&sql, "%s%.*s", i == 0 ? "SELECT " : ", ",
                                 STR_ARG(round->rows.columns[i].value));
        Str literal = duck_literal(path, context->arena);
        strbuf_append_format(&sql, " FROM read_parquet([%.*s])", STR_ARG(literal));
        if (!duck_query(context->session, strbuf_str(&sql), context->progress, scan_batch, scanner,
                        err))
            return false;
    }
    return true;
}

static PiiScanner *make_scanner(const TableRound *round) {
    const TableLoad *load = round->load;
    size_t count = load->source->column_count;
    Str *names = ARENA_ARRAY(load->context.arena, Str, count);
    Str *types = ARENA_ARRAY(load->context.arena, Str, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = load->source->columns[i].name;
        types[i] = load->source->columns[i].type;
    }
    return pii_scanner_create(load->request->dataset, names, types, count);
}

/* ---- the whole ---- */

static bool read_files(TableRound *round, RowTap *tap, Err *err) {
    bool more;
    if (!row_tap_more(tap, &more, err))
        return false;
    bool wants_empty = !more && round->stored.file_count == 0 &&
                       dataset_now_needs_file(&round->now, round->load->request->mode, 0);
    while (more || wants_empty) {
        wants_empty = false;
        if (!write_file(round, tap, err) || !row_tap_more(tap, &more, err))
            return false;
    }
    return true;
}

bool table_read(TableRound *round, Err *err) {
    const TableLoad *load = round->load;
    PiiScanner *scanner = make_scanner(round);
    TapConfig config = {.ring = {.source = load->source,
                                 .range = round->range,
                                 .first_row = round->resumed_rows + round->resumed_rejects,
                                 .rejects_listed_max = load->ingest->config.rejects_listed_max,
                                 .budget = load->ingest->budget,
                                 .progress = load->context.progress},
                        .file_rows = load->batch_rows,
                        .key_columns = round->key_columns,
                        .key_count = load->keys.count,
                        .progress = load->context.progress,
                        .rejects = &round->rows.rejects,
                        .scanner = scanner};
    RowTap tap;
    uint64_t expected = load->source->rows_estimated;
    load->source->misfit.found = false;
    progress_start(load->context.progress, "reading", "rows", expected);
    progress_add(load->context.progress, round->resumed_rows);
    bool ok = scan_resumed(round, scanner, err) && row_tap_open(&tap, &config, err);
    if (ok) {
        ok = read_files(round, &tap, err);
        row_tap_close(&tap);
    }
    if (ok)
        pii_scanner_tags(scanner, load->context.arena, &round->pii);
    pii_scanner_destroy(scanner);
    return ok;
}
