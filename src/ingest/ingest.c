/* ingest.c - one file into one dataset.
 *
 *   check the request -> stage -> expand -> detect -> check every record (counts, types, rejects)
 *   -> [ read the head -> plan types and schema -> write Parquet, compare counts -> merge by key
 *        -> store the files -> commit ]   again when another writer won, a bounded number of times
 *
 * The bracket is what depends on the dataset's present state; what was learnt about the file is
 * kept. Nothing is visible before the commit, and whatever fails before it leaves the dataset as it
 * was.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c, test_ingest_parquet.c, test_upsert.c,
 * test_ingest_faults.c. */
#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/file_open.h"
#include "ingest/publish.h"
#include "ingest/upsert.h"

enum { ATTEMPTS_MAX = 16, REJECTS_LISTED_DEFAULT = 100 };

/* One load: what is learnt about the file, once. */
typedef struct FileLoad {
    Ingest *ingest;
    LoadContext context;
    FileStage stage;
    StrVec keys;
    OpenFile file;
} FileLoad;

Ingest *ingest_create(const IngestConfig *config, Duck *duck, Catalog *catalog,
                      BucketRegistry *buckets, ObjectCache *cache, Budget *budget, Err *err) {
    if (config->staging_directory.length == 0 || config->staging_directory.data[0] != '/') {
        err_fail(err, FAIL_INVALID, "the staging directory must be an absolute path");
        return NULL;
    }
    Arena *arena = arena_create();
    Ingest *ingest = ARENA_NEW(arena, Ingest);
    *ingest = (Ingest){.arena = arena,
                       .config = *config,
                       .duck = duck,
                       .catalog = catalog,
                       .buckets = buckets,
                       .cache = cache,
                       .budget = budget};
    ingest->config.staging_directory = str_dup(arena, config->staging_directory);
    if (ingest->config.expanded_bytes_max == 0)
        ingest->config.expanded_bytes_max = 64ull << 30;
    if (ingest->config.expanded_ratio_max == 0)
        ingest->config.expanded_ratio_max = 1000;
    if (ingest->config.rejects_listed_max == 0)
        ingest->config.rejects_listed_max = REJECTS_LISTED_DEFAULT;
    return ingest;
}

void ingest_destroy(Ingest *ingest) {
    if (ingest != NULL)
        arena_destroy(ingest->arena);
}

/* ---- the request ---- */

static bool check_request(FileLoad *load, Err *err) {
    const IngestFileRequest *request = load->context.request;
    if (!catalog_name_check(request->dataset, err))
        return false;
    if (request->mode == INGEST_UPSERT)
        return upsert_keys(request->key, load->context.arena, &load->keys, err);
    if (request->key.length == 0)
        return true;
    err_fail(err, FAIL_INVALID, "a key is given, but mode is not upsert");
    return err_field(err, "key");
}

/* ---- the dataset ---- */

/* One attempt at the bracket. */
typedef struct Attempt {
    FileLoad *load;
    bool exists;
    Snapshot current;
    Load rows;
    Schema planned;
    VEC(StagedFile) files;
    StrVec removed_keys;
    Snapshot committed;
} Attempt;

static bool read_current(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    attempt->exists = catalog_snapshot(attempt->load->ingest->catalog, context->request->dataset, 0,
                                       context->arena, &attempt->current, err);
    if (attempt->exists)
        return true;
    bool absent = err_is(err, FAIL_NOT_FOUND);
    if (absent)
        err_clear(err);
    return absent;
}

static bool plan_rows(Attempt *attempt, Err *err) {
    FileLoad *load = attempt->load;
    bool replaces = load->context.request->mode == INGEST_REPLACE;
    const Schema *current = attempt->exists && !replaces ? &attempt->current.schema : NULL;
    if (load->file.table != NULL)
        return text_load_plan(&load->context, load->file.table, &load->file.checked, current,
                              &attempt->rows, err);
    return parquet_load_plan(&load->context, str_c(load->file.file.path),
                             load->file.file.size_bytes, &load->file.checked, &attempt->rows, err);
}

/* When a column cannot be had in the dataset's type, say which value stands in the way. */
static void explain_refusal(const Attempt *attempt, Err *err) {
    const TextTable *table = attempt->load->file.table;
    for (size_t i = 0; table != NULL && attempt->exists && i < table->column_count; i++) {
        const TextColumn *column = &table->columns[i];
        const SchemaColumn *existing = schema_find(&attempt->current.schema, column->name);
        if (existing == NULL || column->facts.text_line == 0 ||
            str_eq(existing->type, attempt->rows.columns[i].type))
            continue;
        err_detail(err, "line %llu: '%s' is not %.*s", (unsigned long long)column->facts.text_line,
                   column->facts.text_sample, STR_ARG(existing->type));
        err_hint(err, "give types to have rows that do not fit left out and listed");
        return;
    }
}

static bool plan_schema(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    Schema incoming = {.columns =
                           ARENA_ARRAY(context->arena, SchemaColumn, attempt->rows.column_count),
                       .count = attempt->rows.column_count};
    for (size_t i = 0; i < incoming.count; i++)
        incoming.columns[i] = (SchemaColumn){.name = attempt->rows.columns[i].name,
                                             .type = attempt->rows.columns[i].type,
                                             .nullable = true};
    bool replaces = context->request->mode == INGEST_REPLACE;
    if (!schema_plan(attempt->exists ? &attempt->current.schema : NULL, &incoming,
                     replaces ? SCHEMA_REPLACE : SCHEMA_EXTEND, context->arena, &attempt->planned,
                     err)) {
        explain_refusal(attempt, err);
        return false;
    }
    return attempt->planned.count > 0 ||
           err_fail(err, FAIL_UNPROCESSABLE, "the file has no columns");
}

static bool write_rows(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    StagedFile loaded;
    if (!load_write(context, &attempt->rows, &attempt->planned, &loaded, err))
        return false;
    if (context->request->mode == INGEST_UPSERT) {
        UpsertPlan plan;
        if (!upsert_rewrite(context, attempt->exists ? &attempt->current : NULL, &attempt->planned,
                            &loaded, attempt->rows.row_bytes, &plan, err))
            return false;
        attempt->files.items = plan.files.items;
        attempt->files.count = plan.files.count;
        attempt->removed_keys = plan.removed_keys;
        if (plan.repeated_keys > 0)
            *vec_push(&attempt->rows.coercions, context->arena) = (Coercion){
                context->request->key, STR("repeated key, the last row stays"), plan.repeated_keys};
        return true;
    }
    /* A file without rows only serves a dataset that would otherwise have none. */
    bool needed = loaded.written.rows > 0 || !attempt->exists ||
                  context->request->mode == INGEST_REPLACE || attempt->current.file_count == 0;
    if (needed)
        *vec_push(&attempt->files, context->arena) = loaded;
    return true;
}

static const char *mode_name(IngestMode mode) {
    return mode == INGEST_APPEND ? "append" : mode == INGEST_REPLACE ? "replace" : "upsert";
}

static bool commit_rows(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    const IngestFileRequest *request = context->request;
    CommitMode mode = request->mode == INGEST_REPLACE                     ? COMMIT_REPLACE
                      : request->mode == INGEST_UPSERT && attempt->exists ? COMMIT_REWRITE
                                                                          : COMMIT_APPEND;
    PublishRequest publication = {
        .catalog = attempt->load->ingest->catalog,
        .files = attempt->files.items,
        .file_count = attempt->files.count,
        .commit = {.dataset = attempt->exists ? attempt->current.dataset : request->dataset,
                   .bucket = attempt->exists ? attempt->current.bucket : request->bucket,
                   .mode = mode,
                   .schema = attempt->planned,
                   .base_snapshot_id = attempt->exists ? attempt->current.id : 0,
                   .removed_keys = attempt->removed_keys.items,
                   .removed_count = attempt->removed_keys.count,
                   .lineage = {.source_system = STR("file"),
                               .source = request->source_name,
                               .mode = str_c(mode_name(request->mode)),
                               .rows = attempt->rows.rows,
                               .rejected = attempt->rows.rejects.count,
                               .coercions = attempt->rows.coercions.items,
                               .coercion_count = attempt->rows.coercions.count}}};
    return publish(context, &publication, &attempt->committed, err);
}

static bool check_home(const Attempt *attempt, Err *err) {
    Str wanted = attempt->load->context.request->bucket;
    if (!attempt->exists || wanted.length == 0 || str_eq(wanted, attempt->current.bucket))
        return true;
    err_fail(err, FAIL_CONFLICT, "dataset '%.*s' lives in bucket '%.*s'",
             STR_ARG(attempt->current.dataset), STR_ARG(attempt->current.bucket));
    return err_field(err, "bucket");
}

static bool try_load(Attempt *attempt, Err *err) {
    return plan_rows(attempt, err) && plan_schema(attempt, err) && write_rows(attempt, err) &&
           commit_rows(attempt, err);
}

static bool load_into_dataset(FileLoad *load, Attempt *out, Err *err) {
    for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
        *out = (Attempt){.load = load};
        if (!read_current(out, err) || !check_home(out, err))
            return false;
        if (try_load(out, err))
            return true;
        if (!err_is(err, FAIL_CONFLICT))
            return false;
    }
    return err_wrap(err, "gave up after %d attempts", ATTEMPTS_MAX);
}

/* ---- the whole ---- */

static bool run_load(FileLoad *load, Attempt *out, Err *err) {
    return check_request(load, err) &&
           file_open(load->ingest, load->context.request, &load->stage, load->context.progress,
                     load->context.arena, &load->file, err) &&
           load_into_dataset(load, out, err);
}

static void fill_result(const FileLoad *load, const Attempt *attempt, uint64_t start_ns,
                        IngestResult *out) {
    const Load *rows = &attempt->rows;
    *out = (IngestResult){.dataset = attempt->committed.dataset,
                          .format = load->file.format,
                          .snapshot_id = attempt->committed.id,
                          .rows_read = rows->rows + rows->rejects.count,
                          .rows_written = rows->rows,
                          .rows_rejected = rows->rejects.count,
                          .rejects = rows->rejects.rows.items,
                          .reject_count = rows->rejects.rows.count,
                          .coercions = rows->coercions.items,
                          .coercion_count = rows->coercions.count,
                          .source_system = STR("file"),
                          .source = load->context.request->source_name,
                          .duration_secs = clock_seconds_since(start_ns)};
    metric_add(METRIC_INGEST_ROWS, rows->rows);
    metric_add(METRIC_INGEST_REJECTS, rows->rejects.count);
}

bool ingest_file(Ingest *ingest, const IngestFileRequest *request, Progress *progress, Arena *arena,
                 IngestResult *out, Err *err) {
    uint64_t start_ns = clock_monotonic_ns();
    FileLoad load = {.ingest = ingest};
    load.context = (LoadContext){.request = request,
                                 .stage = &load.stage,
                                 .buckets = ingest->buckets,
                                 .cache = ingest->cache,
                                 .arena = arena,
                                 .progress = progress,
                                 .keys = &load.keys};
    Attempt attempt;
    load.context.session = duck_session_open(ingest->duck, err);
    if (load.context.session == NULL)
        return false;
    bool ok = stage_open(&load.stage, ingest->config.staging_directory, arena, err) &&
              run_load(&load, &attempt, err);
    stage_close(&load.stage);
    duck_session_close(load.context.session);
    if (ok)
        fill_result(&load, &attempt, start_ns, out);
    else if (err->kind != FAIL_CANCELLED)
        err_wrap(err, "load '%.*s'", STR_ARG(request->source_name));
    return ok;
}
