/* ingest.c - files into one dataset: one, or several as one load.
 *
 *   check the request -> stage, expand, detect and check every record of each file (file_open.c)
 *   -> [ read the head -> plan types and schema -> write Parquet, compare counts -> merge by key
 *        -> ask whether to go on -> store the files -> commit ]
 *                                     again when another writer won, a bounded number of times
 *
 * The bracket is what depends on the dataset's present state; what was learnt about the files is
 * kept. Nothing is visible before the commit, and whatever fails before it leaves the dataset as it
 * was.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c, test_ingest_parquet.c, test_ingest_files.c,
 * test_upsert.c, test_ingest_faults.c. */
#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/dataset_now.h"
#include "ingest/load_group.h"
#include "ingest/pii_scan_file.h"
#include "ingest/publish.h"
#include "ingest/upsert.h"

enum { ATTEMPTS_MAX = 16, REJECTS_LISTED_DEFAULT = 100 };

/* One load: what is learnt about its files, once. */
typedef struct FileLoad {
    Ingest *ingest;
    const IngestFilesRequest *wanted;
    LoadContext context;
    FileStage stage;
    StrVec keys;
    InputOutcome *outcomes; /* one an input */
    LoadFile **files;       /* those that could be read, all of one kind */
    size_t file_count;
    uint64_t start_ns;
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
    pthread_mutex_init(&ingest->tables_lock, NULL);
    if (ingest->config.rejects_listed_max == 0)
        ingest->config.rejects_listed_max = REJECTS_LISTED_DEFAULT;
    return ingest;
}

void ingest_destroy(Ingest *ingest) {
    if (ingest == NULL)
        return;
    pthread_mutex_destroy(&ingest->tables_lock);
    arena_destroy(ingest->arena);
}

/* ---- the files ---- */

static bool check_request(FileLoad *load, Err *err) {
    const IngestFileRequest *request = load->context.request;
    if (!catalog_name_check(request->dataset, err))
        return false;
    if (request->mode == INGEST_REPLACE && load->wanted->input_count > 1)
        return err_fail(err, FAIL_INVALID, "a replacement takes one file at a time");
    if (request->mode == INGEST_UPSERT)
        return upsert_keys(request->key, load->context.arena, &load->keys, err);
    if (request->key.length == 0)
        return true;
    err_fail(err, FAIL_INVALID, "a key is given, but mode is not upsert");
    return err_field(err, "key");
}

/* A file's own fault is its outcome; anything else ends the load. */
static bool open_file(FileLoad *load, size_t number, Err *err) {
    const LoadContext *context = &load->context;
    const IngestInput *input = &load->wanted->inputs[number];
    IngestFileRequest request = *context->request;
    request.path = input->path;
    request.source_name = input->source_name;
    InputOutcome *outcome = &load->outcomes[number];
    LoadFile *file = ARENA_NEW(context->arena, LoadFile);
    file->outcome = outcome;
    if (file_open(load->ingest, &request, context->stage, context->progress, context->arena,
                  &file->opened, err)) {
        bool alike = load->file_count == 0 ||
                     (load->files[0]->opened.table == NULL) == (file->opened.table == NULL);
        outcome->state = alike ? INPUT_TAKEN : INPUT_LEFT;
        if (alike)
            load->files[load->file_count++] = file;
        return true;
    }
    if (!load_fault_is_of_file(err))
        return false;
    outcome->state = INPUT_FAILED;
    outcome->failure = *err;
    err_clear(err);
    return true;
}

static bool open_files(FileLoad *load, Err *err) {
    size_t count = load->wanted->input_count;
    load->files = ARENA_ARRAY(load->context.arena, LoadFile *, count);
    for (size_t i = 0; i < count; i++)
        if (!progress_check(load->context.progress, err) || !open_file(load, i, err))
            return false;
    return true;
}

/* ---- the dataset ---- */

/* One attempt at the bracket. */
typedef struct Attempt {
    FileLoad *load;
    bool merges; /* small files of the dataset, if need be */
    DatasetNow now;
    size_t fitting; /* files whose rows are in `rows` */
    Load rows;
    Schema planned;
    VEC(StagedFile) files;
    StrVec removed_keys;
    PiiTagVec pii;
    Str content_sha256;
    Snapshot committed;
} Attempt;

static bool plan_one(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    LoadFile *file = attempt->load->files[0];
    bool replaces = context->request->mode == INGEST_REPLACE;
    const Schema *current = dataset_now_schema(&attempt->now);
    file->outcome->state = INPUT_TAKEN;
    if (load_file_plan(context, file, replaces ? NULL : current, &file->rows, err) &&
        load_file_schema(context, file, &file->rows, current,
                         replaces ? SCHEMA_REPLACE : SCHEMA_EXTEND, &attempt->planned, err)) {
        attempt->rows = file->rows;
        attempt->fitting = 1;
        return true;
    }
    if (!load_fault_is_of_file(err))
        return false;
    file->outcome->state = INPUT_FAILED;
    file->outcome->failure = *err;
    err_clear(err);
    return true;
}

static bool plan_rows(Attempt *attempt, Err *err) {
    const FileLoad *load = attempt->load;
    const Schema *current = dataset_now_schema(&attempt->now);
    if (load->file_count == 1)
        return plan_one(attempt, err);
    return load_group_plan(&load->context, load->files, load->file_count, current, &attempt->rows,
                           &attempt->planned, &attempt->fitting, err);
}

static bool write_rows(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    StagedFile loaded;
    if (!load_write(context, &attempt->rows, &attempt->planned, &loaded, err) ||
        !pii_scan_file(context, &attempt->planned, &loaded, attempt->rows.row_bytes, &attempt->pii,
                       err))
        return false;
    if (context->request->mode == INGEST_UPSERT) {
        UpsertPlan plan;
        UpsertRows rows = {&loaded.path, 1, loaded.written.rows, attempt->rows.row_bytes};
        if (!upsert_rewrite(context, attempt->now.exists ? &attempt->now.current : NULL,
                            &attempt->planned, &rows, &plan, err))
            return false;
        *vec_push(&attempt->files, context->arena) = plan.repeated_keys > 0 ? plan.last : loaded;
        for (size_t i = 0; i < plan.files.count; i++)
            *vec_push(&attempt->files, context->arena) = plan.files.items[i];
        attempt->removed_keys = plan.removed_keys;
        if (plan.repeated_keys > 0)
            *vec_push(&attempt->rows.coercions, context->arena) = (Coercion){
                context->request->key, STR("repeated key, the last row stays"), plan.repeated_keys};
        return true;
    }
    if (dataset_now_needs_file(&attempt->now, context->request->mode, loaded.written.rows))
        *vec_push(&attempt->files, context->arena) = loaded;
    return true;
}

static bool ask_before_commit(Attempt *attempt, Err *err) {
    const FileLoad *load = attempt->load;
    attempt->content_sha256 = STR_EMPTY;
    for (size_t i = 0; i < load->file_count; i++) {
        const Load *rows = &load->files[i]->rows;
        load->files[i]->outcome->rows_read = rows->rows + rows->rejects.count;
        load->files[i]->outcome->rows_rejected = rows->rejects.count;
    }
    return load->wanted->before_commit == NULL ||
           load->wanted->before_commit(load->wanted->context, load->outcomes, load->context.arena,
                                       &attempt->content_sha256, err);
}

static LineageEntry make_lineage(const Attempt *attempt) {
    const FileLoad *load = attempt->load;
    const IngestFileRequest *request = load->context.request;
    return (LineageEntry){.source_system = load->wanted->source_system,
                          .source = load->wanted->source,
                          .content_sha256 = attempt->content_sha256,
                          .mode = ingest_mode_name(request->mode),
                          .key = request->key,
                          .rows = attempt->rows.rows,
                          .rejected = attempt->rows.rejects.count,
                          .coercions = attempt->rows.coercions.items,
                          .coercion_count = attempt->rows.coercions.count,
                          .duration_ms = (uint64_t)(clock_seconds_since(load->start_ns) * 1000)};
}

static bool commit_rows(Attempt *attempt, Err *err) {
    const LoadContext *context = &attempt->load->context;
    const IngestFileRequest *request = context->request;
    PublishRequest publication = {.catalog = attempt->load->ingest->catalog,
                                  .commit = dataset_now_commit(&attempt->now, request->mode,
                                                               request->dataset, request->bucket,
                                                               &attempt->planned),
                                  .files = attempt->files.items,
                                  .file_count = attempt->files.count,
                                  .merge_into = attempt->merges ? &attempt->now.current : NULL};
    publication.commit.removed_keys = attempt->removed_keys.items;
    publication.commit.removed_count = attempt->removed_keys.count;
    publication.commit.lineage = make_lineage(attempt);
    publication.commit.pii = attempt->pii.items;
    publication.commit.pii_count = attempt->pii.count;
    return publish(context, &publication, &attempt->committed, err);
}

/* True without a snapshot when no file fits. */
static bool try_load(Attempt *attempt, Err *err) {
    if (!plan_rows(attempt, err))
        return false;
    return attempt->fitting == 0 || (write_rows(attempt, err) && ask_before_commit(attempt, err) &&
                                     commit_rows(attempt, err));
}

static bool load_into_dataset(FileLoad *load, Attempt *out, Err *err) {
    for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
        /* a merge holds only where no other writer comes between: tried once */
        *out = (Attempt){.load = load, .merges = tries == 0};
        if (!dataset_now_read(load->ingest->catalog, load->context.request->dataset,
                              load->context.request->bucket, load->context.arena, &out->now, err))
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
    if (!check_request(load, err) || !open_files(load, err))
        return false;
    *out = (Attempt){.load = load};
    return load->file_count == 0 || load_into_dataset(load, out, err);
}

static void fill_result(const FileLoad *load, const Attempt *attempt, IngestResult *out) {
    const Load *rows = &attempt->rows;
    *out =
        (IngestResult){.dataset = attempt->committed.dataset,
                       .format = load->file_count > 0 ? load->files[0]->opened.format : FILE_AUTO,
                       .snapshot_id = attempt->committed.id,
                       .rows_read = rows->rows + rows->rejects.count,
                       .rows_written = rows->rows,
                       .rows_rejected = rows->rejects.count,
                       .rejects = rows->rejects.rows.items,
                       .reject_count = rows->rejects.rows.count,
                       .coercions = rows->coercions.items,
                       .coercion_count = rows->coercions.count,
                       .pii = attempt->pii.items,
                       .pii_count = attempt->pii.count,
                       .source_system = load->wanted->source_system,
                       .source = load->wanted->source,
                       .duration_secs = clock_seconds_since(load->start_ns)};
    metric_add(METRIC_INGEST_ROWS, rows->rows);
    metric_add(METRIC_INGEST_REJECTS, rows->rejects.count);
}

static LineageRun tell_start(const FileLoad *load) {
    const IngestFilesRequest *wanted = load->wanted;
    Str *names = ARENA_ARRAY(load->context.arena, Str, wanted->input_count);
    for (size_t i = 0; i < wanted->input_count; i++)
        names[i] = wanted->inputs[i].source_name;
    LineageLoad told = {.dataset = wanted->common.dataset,
                        .source_system = wanted->source_system,
                        .source = wanted->source,
                        .files = names,
                        .file_count = wanted->input_count};
    return lineage_events_start(load->ingest->config.lineage, &told);
}

/* A load none of whose files could be read went well as a call; as a run it failed. */
static void tell_finish(const FileLoad *load, LineageRun *run, const Attempt *attempt,
                        const Err *err) {
    LineageOutcome outcome = {.failure = attempt == NULL ? err : NULL};
    if (attempt != NULL && attempt->committed.id != 0) {
        outcome.snapshot = &attempt->committed;
        outcome.rows = attempt->rows.rows;
        for (size_t i = 0; i < attempt->files.count; i++)
            outcome.size_bytes += attempt->files.items[i].written.size_bytes;
    }
    for (size_t i = 0; i < load->wanted->input_count && outcome.snapshot == NULL; i++)
        if (attempt != NULL && load->outcomes[i].state == INPUT_FAILED)
            outcome.failure = &load->outcomes[i].failure;
    lineage_events_finish(run, &outcome);
}

bool ingest_files(Ingest *ingest, const IngestFilesRequest *request, Progress *progress,
                  Arena *arena, InputOutcome *out_outcomes, IngestResult *out, Err *err) {
    FileLoad load = {.ingest = ingest,
                     .wanted = request,
                     .outcomes = out_outcomes,
                     .start_ns = clock_monotonic_ns()};
    load.context = (LoadContext){.request = &request->common,
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
    LineageRun run = tell_start(&load);
    bool ok = stage_open(&load.stage, ingest->config.staging_directory, arena, err) &&
              run_load(&load, &attempt, err);
    stage_close(&load.stage);
    duck_session_close(load.context.session);
    if (ok)
        fill_result(&load, &attempt, out);
    else if (err->kind != FAIL_CANCELLED)
        err_wrap(err, "load '%.*s'", STR_ARG(request->source));
    tell_finish(&load, &run, ok ? &attempt : NULL, err);
    return ok;
}

bool ingest_file(Ingest *ingest, const IngestFileRequest *request, Progress *progress, Arena *arena,
                 IngestResult *out, Err *err) {
    IngestInput input = {request->path, request->source_name};
    InputOutcome outcome;
    IngestFilesRequest files = {.common = *request,
                                .inputs = &input,
                                .input_count = 1,
                                .source_system = STR("file"),
                                .source = request->source_name};
    IngestResult result;
    if (!ingest_files(ingest, &files, progress, arena, &outcome, &result, err))
        return false;
    if (outcome.state == INPUT_FAILED) {
        *err = outcome.failure;
        return err_wrap(err, "load '%.*s'", STR_ARG(request->source_name));
    }
    *out = result;
    return true;
}
