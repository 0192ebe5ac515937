/* table_load.c - a table, or one SELECT, of a database into one dataset.
 *
 *   open -> round: plan -> take up what a stopped load left -> read into data files -> commit
 *             ^ a value that its type cannot hold: the next wider type       |
 *             ^ another writer changed the schema or the cursor _____________|
 *
 * Every round begins at the first row of the same snapshot of the source, so its number is bounded
 * by the types that columns can take. Whatever fails before the commit leaves the dataset as it
 * was; what is stored already is kept for the next try where a key says where to go on, and removed
 * where none does.
 *
 * Tested by: test_table_load.c, test_table_resume.c, test_table_cursor.c, test_table_faults.c,
 * test_table_random.c. */
#include "ingest/table_load.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/upsert.h"

enum { BATCH_ROWS_DEFAULT = 1000000, WIDENINGS_MAX = 8, CONFLICTS_MAX = 16, REMOVALS_MAX = 3 };

/* ---- one load of a kind at a time ---- */

struct TableInUse {
    TableInUse *next;
    Str dataset, load_id;
};

static bool occupy(TableLoad *load, TableInUse *use, Err *err) {
    Ingest *ingest = load->ingest;
    bool is_free = true;
    *use = (TableInUse){.dataset = load->request->dataset, .load_id = load->load_id};
    pthread_mutex_lock(&ingest->tables_lock);
    for (TableInUse *other = ingest->tables_in_use; other != NULL; other = other->next)
        is_free &=
            !str_eq(other->load_id, use->load_id) || !str_eq_nocase(other->dataset, use->dataset);
    if (is_free) {
        use->next = ingest->tables_in_use;
        ingest->tables_in_use = use;
    }
    pthread_mutex_unlock(&ingest->tables_lock);
    return is_free ||
           err_fail(err, FAIL_CONFLICT, "the same load into dataset '%.*s' is running already",
                    STR_ARG(load->request->dataset));
}

static void release(Ingest *ingest, TableInUse *use) {
    pthread_mutex_lock(&ingest->tables_lock);
    TableInUse **link = &ingest->tables_in_use;
    while (*link != use)
        link = &(*link)->next;
    *link = use->next;
    pthread_mutex_unlock(&ingest->tables_lock);
}

/* ---- rounds ---- */

static void add_note(TableLoad *load, Str note) {
    for (size_t i = 0; i < load->notes.count; i++)
        if (str_eq(load->notes.items[i], note))
            return;
    *vec_push(&load->notes, load->context.arena) = note;
}

/* A value did not fit: the next type for its column. */
static bool widen(TableLoad *load, Err *err) {
    RowSource *source = load->source;
    size_t at = source->misfit.column;
    Str before = str_dup(load->context.arena, source->columns[at].type);
    Err reason = *err;
    if (!row_source_widen(source, at, err)) {
        *err = reason;
        return false;
    }
    err_clear(err);
    add_note(load, str_format(load->context.arena, "column '%.*s' is %.*s, not %.*s: it holds %.*s",
                              STR_ARG(source->columns[at].name), STR_ARG(source->columns[at].type),
                              STR_ARG(before), STR_ARG(source->misfit.reason)));
    return true;
}

/* What is stored stays for the next try where that can go on, or may have been committed. */
static void give_up(TableRound *round) {
    bool goes_on = round->stored.etag.length > 0 && round->stored.position_count > 0;
    if (!goes_on && !round->outcome_unknown)
        table_discard(round);
}

/* A checkpoint that stays would make the next append believe that it was this one. */
static void end_round(TableRound *round) {
    bool gone = round->stored.etag.length == 0;
    for (int tries = 0; tries < REMOVALS_MAX && !gone; tries++) {
        Err ignored = {0};
        gone = store_remove(round->store, round->stored.key, &ignored) ||
               err_is(&ignored, FAIL_NOT_FOUND);
    }
}

static RoundEnd run_round(TableRound *round, Err *err) {
    TableLoad *load = round->load;
    if (!table_plan(round, err) || !table_take_up(round, err))
        return ROUND_FAILED;
    if (round->was_committed)
        return ROUND_DONE;
    if (!table_read(round, err)) {
        bool misfit = err_is(err, FAIL_UNPROCESSABLE) && load->source->misfit.found;
        if (misfit && widen(load, err)) {
            table_discard(round);
            return ROUND_AGAIN;
        }
        give_up(round);
        return ROUND_FAILED;
    }
    bool nothing = round->stored.rows + round->rows.rejects.count == 0;
    if (nothing && round->range.has_cursor_from) /* as far as before, whatever the greatest is */
        round->cursor_value = round->range.cursor_from;
    RoundEnd end = table_commit(round, err);
    if (end == ROUND_AGAIN)
        table_discard(round);
    else if (end == ROUND_FAILED)
        give_up(round);
    else
        end_round(round);
    return end;
}

static bool run_rounds(TableLoad *load, TableRound *round, Err *err) {
    size_t rounds_max = load->source->column_count * WIDENINGS_MAX + CONFLICTS_MAX;
    for (size_t i = 0; i < rounds_max; i++) {
        *round = (TableRound){.load = load};
        RoundEnd end = run_round(round, err);
        if (end != ROUND_AGAIN)
            return end == ROUND_DONE;
    }
    return err_fail(err, FAIL_CONFLICT, "gave up after %zu rounds: other writers always won",
                    rounds_max);
}

/* ---- the answer ---- */

static void add_notes(TableLoad *load, const TableRound *round) {
    Arena *arena = load->context.arena;
    if (!load->source->consistent)
        add_note(load, STR("the table has no snapshots: what was changed while it was read may be "
                           "half old and half new"));
    if (round->range.has_cursor_from && load->cursor_nulls > 0)
        add_note(load, str_format(arena,
                                  "%" PRIu64 " rows without a value in '%.*s' are not looked at by "
                                  "an increment",
                                  load->cursor_nulls, STR_ARG(load->request->cursor)));
    if (round->resumed_rows > 0)
        add_note(load, str_format(arena,
                                  "%" PRIu64 " rows were kept from a load that was stopped: they "
                                  "are of an earlier snapshot of the table",
                                  round->resumed_rows));
}

static void fill_committed(TableLoad *load, const TableRound *round, IngestResult *out) {
    const LineageEntry *entry = &round->committed.lineage;
    add_note(load, STR("this load was committed before its end could be told: nothing was read "
                       "again"));
    out->rows_written = entry->rows;
    out->rows_rejected = entry->rejected;
    out->coercions = entry->coercions;
    out->coercion_count = entry->coercion_count;
    out->pii = round->committed.pii;
    out->pii_count = round->committed.pii_count;
    out->resumed_rows = entry->rows;
}

static void fill_loaded(TableLoad *load, const TableRound *round, IngestResult *out) {
    CoercionVec coercions = {0};
    table_coercions(round, &coercions);
    add_notes(load, round);
    out->rows_written = round->stored.rows + round->repeated_keys;
    out->rows_rejected = round->rows.rejects.count;
    out->rejects = round->rows.rejects.rows.items;
    out->reject_count = round->rows.rejects.rows.count;
    out->coercions = coercions.items;
    out->coercion_count = coercions.count;
    out->pii = round->pii.items;
    out->pii_count = round->pii.count;
    out->cursor_value = str_dup(load->context.arena, round->cursor_value);
    out->resumed_rows = round->resumed_rows;
    uint64_t kept = round->resumed_rows;
    metric_add(METRIC_INGEST_ROWS, out->rows_written > kept ? out->rows_written - kept : 0);
    metric_add(METRIC_INGEST_REJECTS, out->rows_rejected);
}

static void fill_result(TableLoad *load, const TableRound *round, IngestResult *out) {
    IngestResult result = {.dataset = round->committed.dataset,
                           .snapshot_id = round->committed.id,
                           .source_system = str_c(load->source->ops->system),
                           .source = str_dup(load->context.arena, load->source->shown),
                           .cursor_value = STR_EMPTY};
    if (round->was_committed)
        fill_committed(load, round, &result);
    else
        fill_loaded(load, round, &result);
    result.rows_read = result.rows_written + result.rows_rejected;
    result.notes = load->notes;
    result.duration_secs = clock_seconds_since(load->start_ns);
    *out = result;
}

/* ---- the whole ---- */

static bool check_request(TableLoad *load, Err *err) {
    const IngestTableRequest *request = load->request;
    if (!catalog_name_check(request->dataset, err))
        return false;
    if (request->types == SOURCE_PRINTED) {
        err_fail(err, FAIL_INVALID, "types are 'exact' or 'reference'");
        return err_field(err, "types");
    }
    if (request->mode == INGEST_UPSERT)
        return upsert_keys(request->key, load->context.arena, &load->keys, err);
    if (request->key.length == 0)
        return true;
    err_fail(err, FAIL_INVALID, "a key is given, but mode is not upsert");
    return err_field(err, "key");
}

static LineageOutcome loaded(const TableRound *round, const IngestResult *result) {
    LineageOutcome outcome = {.snapshot = &round->committed, .rows = result->rows_written};
    for (size_t i = 0; i < round->stored.file_count; i++)
        outcome.size_bytes += round->stored.files[i].size_bytes;
    return outcome;
}

static bool run_load(TableLoad *load, IngestResult *out, LineageOutcome *out_told, Err *err) {
    TableInUse use;
    TableRound *round = ARENA_NEW(load->context.arena, TableRound);
    table_identify(load);
    if (!occupy(load, &use, err))
        return false;
    bool ok = run_rounds(load, round, err);
    release(load->ingest, &use);
    if (ok) {
        fill_result(load, round, out);
        *out_told = loaded(round, out);
    }
    return ok;
}

static bool load_source(Ingest *ingest, const IngestTableRequest *request, RowSource *source,
                        Progress *progress, Arena *arena, IngestResult *out,
                        LineageOutcome *out_told, Err *err) {
    TableLoad load = {.ingest = ingest,
                      .request = request,
                      .source = source,
                      .batch_rows =
                          request->batch_rows != 0 ? request->batch_rows : BATCH_ROWS_DEFAULT,
                      .start_ns = clock_monotonic_ns()};
    load.context = (LoadContext){.stage = &load.stage,
                                 .buckets = ingest->buckets,
                                 .cache = ingest->cache,
                                 .arena = arena,
                                 .progress = progress,
                                 .keys = &load.keys};
    if (!check_request(&load, err))
        return false;
    load.context.session = duck_session_open(ingest->duck, err);
    if (load.context.session == NULL)
        return false;
    bool ok = stage_open(&load.stage, ingest->config.staging_directory, arena, err) &&
              run_load(&load, out, out_told, err);
    stage_close(&load.stage);
    duck_session_close(load.context.session);
    if (!ok && err->kind != FAIL_CANCELLED)
        err_wrap(err, "load '%.*s'",
                 STR_ARG(source->relation.length > 0 ? source->relation : STR("query")));
    return ok;
}

static LineageRun tell_start(Ingest *ingest, const IngestTableRequest *request, Str system,
                             Str shown, Str relation) {
    LineageLoad load = {.dataset = request->dataset,
                        .source_system = system,
                        .source = shown,
                        .relation = relation,
                        .query = request->query};
    return lineage_events_start(ingest->config.lineage, &load);
}

bool ingest_source(Ingest *ingest, const IngestTableRequest *request, RowSource *source,
                   Progress *progress, Arena *arena, IngestResult *out, Err *err) {
    LineageOutcome told = {0};
    LineageRun run =
        tell_start(ingest, request, str_c(source->ops->system), source->shown, source->relation);
    bool ok = load_source(ingest, request, source, progress, arena, out, &told, err);
    told.failure = ok ? NULL : err;
    lineage_events_finish(&run, &told);
    return ok;
}

static bool check_kind(const IngestTableRequest *request, Arena *arena, Dsn *out, Err *err) {
    Dsn dsn;
    if (!dsn_parse(request->dsn, arena, &dsn, err))
        return false;
    *out = dsn;
    if (request->kind == 0 || request->kind == dsn.kind)
        return true;
    err_fail(err, FAIL_INVALID, "this is the DSN of another kind of database");
    return err_field(err, "dsn");
}

bool ingest_table(Ingest *ingest, const IngestTableRequest *request, Progress *progress,
                  Arena *arena, IngestResult *out, Err *err) {
    SourceSpec spec = {.dsn = request->dsn,
                       .table = request->table,
                       .query = request->query,
                       .types = request->types,
                       .budget = ingest->budget,
                       .progress = progress};
    RowSource *source;
    Dsn dsn;
    if (!check_kind(request, arena, &dsn, err))
        return false;
    if (!row_source_open(&spec, &source, err)) {
        LineageRun run =
            tell_start(ingest, request, dsn.kind == DSN_MYSQL ? STR("mysql") : STR("postgresql"),
                       dsn_show(&dsn, arena), request->table);
        lineage_events_finish(&run, &(LineageOutcome){.failure = err});
        return false;
    }
    bool ok = ingest_source(ingest, request, source, progress, arena, out, err);
    row_source_close(source);
    return ok;
}
