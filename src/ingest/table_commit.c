/* table_commit.c - all files of a load become part of the dataset, by one commit.
 *
 * An append or a replacement that met another writer is redone by the catalog where the schema
 * still fits. Where it does not, the plan is made again: the same schema and the same cursor, and
 * the files serve as they are; anything else, and the round begins anew. An upsert merges again.
 *
 * Repeated keys are taken out of the load once, before the first merge: the file without them takes
 * the place of the files that were read, in the checkpoint, too, so that it can be told afterwards
 * whether the load was committed.
 *
 * Tested by: test_table_load.c, test_table_faults.c. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/redact.h"
#include "ingest/publish.h"
#include "ingest/table_load.h"
#include "ingest/upsert.h"

enum { TRIES_MAX = 16 };

/* ---- what is told ---- */

static void add_coercion(CoercionVec *out, Arena *arena, Str column, Str rule, uint64_t count) {
    if (count > 0)
        *vec_push(out, arena) = (Coercion){str_dup(arena, column), str_dup(arena, rule), count};
}

/* Values of a column in the files that a stopped load had stored. The source has not counted them;
 * a rule of its column covers all its values. */
static uint64_t resumed_values(const TableRound *round, Str name) {
    const SchemaColumn *column = schema_find(&round->planned, name);
    uint64_t rows = round->resumed_rows, values = 0;
    for (size_t f = 0; f < round->stored.file_count && column != NULL && rows > 0; f++) {
        const DataFile *file = &round->stored.files[f];
        for (size_t s = 0; s < file->stats_count; s++)
            if (file->stats[s].field_id == column->field_id)
                values += file->rows - file->stats[s].null_count;
        rows -= file->rows < rows ? file->rows : rows;
    }
    return values;
}

void table_coercions(const TableRound *round, CoercionVec *out) {
    const TableLoad *load = round->load;
    Arena *arena = load->context.arena;
    for (size_t i = 0; i < load->source->coercion_count; i++) {
        const SourceCoercion *coercion = &load->source->coercions[i];
        add_coercion(out, arena, coercion->column, coercion->rule,
                     coercion->count + resumed_values(round, coercion->column));
    }
    add_coercion(out, arena, load->request->key, STR("repeated key, the last row stays"),
                 round->repeated_keys);
}

static LineageEntry make_lineage(const TableRound *round) {
    const TableLoad *load = round->load;
    const IngestTableRequest *request = load->request;
    Arena *arena = load->context.arena;
    CoercionVec coercions = {0};
    table_coercions(round, &coercions);
    bool is_query = request->query.length > 0;
    return (LineageEntry){.source_system = str_c(load->source->ops->system),
                          .source = load->source->shown,
                          .relation = load->source->relation,
                          .query = is_query ? redact(REDACT_SQL, request->query, arena) : STR_EMPTY,
                          .query_sha256 = is_query ? sha256_hex(request->query, arena) : STR_EMPTY,
                          .types =
                              request->types == SOURCE_REFERENCE ? STR("reference") : STR("exact"),
                          .mode = ingest_mode_name(request->mode),
                          .key = request->key,
                          .rows = round->stored.rows + round->repeated_keys,
                          .rejected = round->rows.rejects.count,
                          .resumed_rows = round->resumed_rows,
                          .coercions = coercions.items,
                          .coercion_count = coercions.count,
                          .duration_ms = (uint64_t)(clock_seconds_since(load->start_ns) * 1000)};
}

/* ---- merging ---- */

/* The file of the last rows takes the place of those that were read. */
static bool store_last_rows(TableRound *round, const UpsertPlan *plan, Err *err) {
    const LoadContext *context = &round->load->context;
    LoadCheckpoint before = round->stored, *stored = &round->stored;
    DataFile *file = ARENA_NEW(context->arena, DataFile);
    CommitRequest home = {.dataset = stored->dataset,
                          .schema = round->planned,
                          .pii = round->pii.items,
                          .pii_count = round->pii.count};
    if (!publish_file(context, round->store, &home, &plan->last, file, err))
        return false;
    stored->files = file;
    stored->file_count = 1;
    stored->rows = file->rows;
    stored->position_count = 0; /* complete: nothing is behind it */
    round->repeated_keys = plan->repeated_keys;
    if (stored->etag.length > 0 &&
        !load_checkpoint_save(round->store, stored, context->arena, err)) {
        bool taken_over = err_is(err, FAIL_CONFLICT);
        publish_take_back(round->store, file, 1);
        *stored = before;
        if (!taken_over)
            return false;
        stored->file_count = 0; /* they are his who goes on from the checkpoint */
        stored->etag = STR_EMPTY;
        return err_fail(err, FAIL_EXISTS, "another process has taken this load over");
    }
    publish_take_back(round->store, before.files, before.file_count);
    return true;
}

static bool merge(TableRound *round, UpsertPlan *out, Err *err) {
    const LoadContext *context = &round->load->context;
    const LoadCheckpoint *stored = &round->stored;
    Str *paths = ARENA_ARRAY(context->arena, Str, stored->file_count);
    for (size_t i = 0; i < stored->file_count; i++)
        if (!object_cache_path(context->cache, table_bucket(round), round->store,
                               stored->files[i].key, context->arena, &paths[i], err))
            return false;
    UpsertRows rows = {paths, stored->file_count, stored->rows, round->rows.row_bytes};
    if (!upsert_rewrite(context, round->now.exists ? &round->now.current : NULL, &round->planned,
                        &rows, out, err))
        return false;
    return out->repeated_keys == 0 || store_last_rows(round, out, err);
}

/* ---- committing ---- */

static bool try_commit(TableRound *round, bool merges, Err *err) {
    const TableLoad *load = round->load;
    const IngestTableRequest *request = load->request;
    SourceCursor cursor = {load->source_id, request->cursor, round->cursor_value};
    UpsertPlan plan = {0};
    if (request->mode == INGEST_UPSERT && !merge(round, &plan, err))
        return false;
    PublishRequest publication = {.catalog = load->ingest->catalog,
                                  .commit = dataset_now_commit(&round->now, request->mode,
                                                               request->dataset, request->bucket,
                                                               &round->planned),
                                  .stored = round->stored.files,
                                  .stored_count = round->stored.file_count,
                                  .files = plan.files.items,
                                  .file_count = plan.files.count,
                                  .merge_into = merges ? &round->now.current : NULL};
    publication.commit.removed_keys = plan.removed_keys.items;
    publication.commit.removed_count = plan.removed_keys.count;
    publication.commit.lineage = make_lineage(round);
    publication.commit.pii = round->pii.items;
    publication.commit.pii_count = round->pii.count;
    publication.commit.cursor = round->cursor_value.length > 0 ? &cursor : NULL;
    bool ok = publish(&load->context, &publication, &round->committed, err);
    round->outcome_unknown = !ok && (err_is(err, FAIL_IO) || err_is(err, FAIL_UPSTREAM));
    return ok;
}

static bool same_start(const TableRound *round, const DatasetNow *now) {
    const SourceCursor *cursor = table_cursor(round->load, now);
    bool has_from = cursor != NULL && str_eq(cursor->column, round->load->request->cursor);
    if (has_from != round->range.has_cursor_from)
        return false;
    return !has_from || str_eq(cursor->value, round->range.cursor_from);
}

/* Another writer won: does what we have stored serve the dataset as it is now? */
static RoundEnd plan_again(TableRound *round, Err *err) {
    const TableLoad *load = round->load;
    const LoadCheckpoint *stored = &round->stored;
    DatasetNow now;
    Schema planned;
    Str *types = ARENA_ARRAY(load->context.arena, Str, stored->column_count);
    for (size_t i = 0; i < stored->column_count; i++)
        types[i] = stored->columns[i].type;
    if (!dataset_now_read(load->ingest->catalog, load->request->dataset, load->request->bucket,
                          load->context.arena, &now, err) ||
        !table_plan_schema(load, &now, types, &planned, err))
        return ROUND_FAILED;
    if (!table_schema_equal(&planned, &round->planned) || !same_start(round, &now))
        return ROUND_AGAIN;
    round->now = now;
    return ROUND_DONE;
}

RoundEnd table_commit(TableRound *round, Err *err) {
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        bool merges = tries == 0; /* a merge holds only where no other writer comes between */
        if (try_commit(round, merges, err))
            return ROUND_DONE;
        if (!err_is(err, FAIL_CONFLICT))
            return ROUND_FAILED;
        err_clear(err);
        RoundEnd end = plan_again(round, err);
        if (end != ROUND_DONE)
            return end;
    }
    err_fail(err, FAIL_CONFLICT, "gave up after %d attempts to commit", TRIES_MAX);
    return ROUND_FAILED;
}
