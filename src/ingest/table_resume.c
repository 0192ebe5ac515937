/* table_resume.c - what a load that was stopped has left, and whether it can be gone on with.
 *
 *   no checkpoint                                             begin
 *   its files are in a snapshot: only the answer was lost     an append is done; others begin
 *   too old, another schema, a file missing, no position      clear away, begin
 *   else                                                      go on behind its position
 *
 * Files are only ever removed when no snapshot since the load began names them.
 *
 * Tested by: test_table_resume.c. */
#include "base/clock.h"
#include "catalog/source_cursors.h"
#include "ingest/publish.h"
#include "ingest/table_load.h"

static void begin(TableRound *round, Str etag) {
    const TableLoad *load = round->load;
    const RowSource *source = load->source;
    Arena *arena = load->context.arena;
    Str dataset = round->now.exists ? round->now.current.dataset : load->request->dataset;
    round->stored =
        (LoadCheckpoint){.key = load_checkpoint_key(dataset, load->load_id, arena),
                         .etag = etag,
                         .dataset = dataset,
                         .base_snapshot_id = round->now.exists ? round->now.current.id : 0,
                         .columns = ARENA_ARRAY(arena, CheckpointColumn, source->column_count),
                         .column_count = source->column_count,
                         .key_columns = ARENA_ARRAY(arena, Str, source->key_count),
                         .has_cursor = round->cursor_value.length > 0,
                         .has_cursor_from = round->range.has_cursor_from,
                         .cursor_from = round->range.cursor_from,
                         .cursor_end = round->cursor_value,
                         .schema = round->planned};
    for (size_t i = 0; i < source->column_count; i++)
        round->stored.columns[i] = (CheckpointColumn){
            source->columns[i].name, source->columns[i].source_type, source->columns[i].type};
    for (size_t i = 0; i < source->key_count; i++)
        round->stored.key_columns[i] = source->columns[source->key_columns[i]].name;
}

/* ---- was it committed? ---- */

static bool holds_file(const Snapshot *snapshot, Str key) {
    for (size_t i = 0; i < snapshot->file_count; i++)
        if (str_eq(snapshot->files[i].key, key))
            return true;
    return false;
}

/* The first of the snapshots made since the load began that names its files. */
static bool find_commit(const TableRound *round, const LoadCheckpoint *left, bool *out_found,
                        Snapshot *out, Err *err) {
    uint64_t id = round->now.exists ? round->now.current.id : 0;
    *out_found = false;
    while (id > left->base_snapshot_id && left->file_count > 0) {
        Snapshot step;
        if (!catalog_snapshot(round->load->ingest->catalog, left->dataset, id,
                              round->load->context.arena, &step, err))
            return false;
        if (holds_file(&step, left->files[0].key)) {
            *out_found = true;
            *out = step;
        }
        id = step.parent_id;
    }
    return true;
}

/* ---- does it fit? ---- */

bool table_schema_equal(const Schema *a, const Schema *b) {
    if (a->count != b->count || a->last_field_id != b->last_field_id)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->columns[i].field_id != b->columns[i].field_id ||
            !str_eq(a->columns[i].name, b->columns[i].name) ||
            !str_eq(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

static bool columns_fit(const TableRound *round, const LoadCheckpoint *left) {
    const RowSource *source = round->load->source;
    if (left->column_count != source->column_count || left->position_count != source->key_count)
        return false;
    for (size_t i = 0; i < left->column_count; i++)
        if (!str_eq(left->columns[i].name, source->columns[i].name) ||
            !str_eq(left->columns[i].source_type, source->columns[i].source_type))
            return false;
    for (size_t i = 0; i < left->position_count; i++)
        if (!str_eq(left->key_columns[i], source->columns[source->key_columns[i]].name))
            return false;
    return true;
}

/* Would the same schema be planned today, for columns of the types that the files have? */
static bool schema_fits(const TableRound *round, const LoadCheckpoint *left) {
    Arena *arena = round->load->context.arena;
    Str *types = ARENA_ARRAY(arena, Str, left->column_count);
    for (size_t i = 0; i < left->column_count; i++)
        types[i] = left->columns[i].type;
    Schema planned;
    Err ignored; /* what cannot be planned does not fit */
    return table_plan_schema(round->load, &round->now, types, &planned, &ignored) &&
           table_schema_equal(&planned, &left->schema);
}

static bool cursor_fits(const TableRound *round, const LoadCheckpoint *left) {
    return left->has_cursor_from == round->range.has_cursor_from &&
           (!left->has_cursor_from || str_eq(left->cursor_from, round->range.cursor_from));
}

static bool files_fit(const TableRound *round, const LoadCheckpoint *left, bool *out_fit,
                      Err *err) {
    *out_fit = true;
    for (size_t i = 0; i < left->file_count && *out_fit; i++) {
        const DataFile *file = &left->files[i];
        ObjectInfo object;
        if (!store_head(round->store, file->key, round->load->context.arena, &object, err)) {
            if (!err_is(err, FAIL_NOT_FOUND))
                return false;
            err_clear(err);
            *out_fit = false;
        } else {
            *out_fit = object.size_bytes == file->size_bytes && str_eq(object.etag, file->etag);
        }
    }
    return true;
}

/* Brings the source to the types that the files were written with. */
static bool widen_source(const TableRound *round, const LoadCheckpoint *left) {
    enum { STEPS_MAX = 8 };
    Err ignored; /* types that cannot be reached do not fit */
    RowSource *source = round->load->source;
    for (size_t i = 0; i < left->column_count; i++)
        for (int step = 0; !str_eq(source->columns[i].type, left->columns[i].type); step++)
            if (step == STEPS_MAX || !row_source_widen(source, i, &ignored))
                return false;
    return true;
}

static void go_on(TableRound *round, const LoadCheckpoint *left) {
    round->stored = *left;
    round->resumed_rows = left->rows;
    round->resumed_rejects = left->rejected;
    round->rows.rejects.count = left->rejected;
    round->range.after = left->position;
    if (left->has_cursor)
        round->cursor_value = left->cursor_end;
}

/* ---- the whole ---- */

/* What is left of its etag: a checkpoint that could not be removed is swapped, or found out by
 * whoever comes next, since its files are gone or committed. */
static Str remove_checkpoint(const TableRound *round, const LoadCheckpoint *checkpoint) {
    Err ignored = {0};
    if (checkpoint->etag.length == 0)
        return STR_EMPTY;
    bool gone =
        store_remove(round->store, checkpoint->key, &ignored) || err_is(&ignored, FAIL_NOT_FOUND);
    return gone ? STR_EMPTY : checkpoint->etag;
}

void table_discard(TableRound *round) {
    const LoadCheckpoint *stored = &round->stored;
    publish_take_back(round->store, stored->files, stored->file_count);
    begin(round, remove_checkpoint(round, stored));
}

static bool is_usable(const TableRound *round, const LoadCheckpoint *left, bool *out_usable,
                      Err *err) {
    *out_usable = false;
    if (round->load->request->restart || left->position_count == 0 || left->file_count == 0 ||
        !round->range.by_key || load_checkpoint_is_expired(left, clock_now_us()) ||
        !columns_fit(round, left) || !cursor_fits(round, left) || !schema_fits(round, left))
        return true;
    return files_fit(round, left, out_usable, err);
}

bool table_commits_once(const TableRound *round) {
    const IngestTableRequest *request = round->load->request;
    return request->mode == INGEST_APPEND && request->cursor.length == 0;
}

/* It was committed, but nobody could be told. */
static void end_committed(TableRound *round, const LoadCheckpoint *left,
                          const Snapshot *committed) {
    round->stored.etag = remove_checkpoint(round, left);
    round->was_committed = table_commits_once(round);
    round->committed = *committed;
}

bool table_take_up(TableRound *round, Err *err) {
    Arena *arena = round->load->context.arena;
    LoadCheckpoint left = {.etag = STR_EMPTY};
    bool found, committed, usable;
    Snapshot snapshot;
    begin(round, STR_EMPTY);
    if (!load_checkpoint_read(round->store, round->stored.key, arena, &found, &left, err)) {
        if (!err_is(err, FAIL_CORRUPT))
            return false;
        err_clear(err);
        round->stored.etag = left.etag; /* to be overwritten */
        return true;
    }
    if (!found)
        return true;
    if (!find_commit(round, &left, &committed, &snapshot, err))
        return false;
    if (committed) {
        end_committed(round, &left, &snapshot);
        return true;
    }
    if (!is_usable(round, &left, &usable, err))
        return false;
    usable = usable && widen_source(round, &left);
    if (!table_plan_types(round, err))
        return false;
    if (usable) {
        go_on(round, &left);
        return true;
    }
    round->stored = left;
    table_discard(round);
    return true;
}
