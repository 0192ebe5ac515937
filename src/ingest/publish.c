/* publish.c - content first, then the head that names it.
 *
 * Tested by: test_ingest_faults.c (every store call failing in turn), test_ingest_csv.c. */
#include "ingest/publish.h"

#include "base/metrics.h"
#include "ingest/small_files.h"

/* The least and the greatest value of a column that holds personal data are somebody's: they stay
 * inside the data file. */
static bool is_personal(const CommitRequest *commit, Str column) {
    for (size_t i = 0; i < commit->pii_count; i++)
        if (str_eq(commit->pii[i].column, column))
            return true;
    return false;
}

/* The same for a file that was described before it was known what is personal. */
static void hide_personal(const CommitRequest *commit, DataFile *file, Arena *arena) {
    ColumnStats *stats = ARENA_ARRAY(arena, ColumnStats, file->stats_count);
    for (size_t i = 0; i < file->stats_count; i++) {
        stats[i] = file->stats[i];
        for (size_t c = 0; c < commit->schema.count && stats[i].has_bounds; c++)
            if (commit->schema.columns[c].field_id == stats[i].field_id)
                stats[i].has_bounds = !is_personal(commit, commit->schema.columns[c].name);
    }
    file->stats = stats;
}

static DataFile data_file(const LoadContext *context, const CommitRequest *commit,
                          const StagedFile *staged, Str key) {
    const ParquetWritten *written = &staged->written;
    DataFile file = {.key = key,
                     .rows = written->rows,
                     .size_bytes = written->size_bytes,
                     .stats = ARENA_ARRAY(context->arena, ColumnStats, written->stats_count)};
    for (size_t i = 0; i < written->stats_count; i++) {
        const ParquetStats *from = &written->stats[i];
        const SchemaColumn *column = schema_find(&commit->schema, from->column);
        if (column == NULL)
            continue;
        file.stats[file.stats_count++] =
            (ColumnStats){.field_id = column->field_id,
                          .null_count = from->null_count,
                          .size_bytes = from->size_bytes,
                          .has_bounds = from->has_bounds && !is_personal(commit, from->column),
                          .min_text = from->min_text,
                          .max_text = from->max_text};
    }
    return file;
}

void publish_take_back(ObjectStore *store, const DataFile *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Err ignored = {0};
        bool removed = store_remove(store, files[i].key, &ignored);
        (void)removed;
    }
}

bool publish_file(const LoadContext *context, ObjectStore *store, const CommitRequest *commit,
                  const StagedFile *file, DataFile *out, Err *err) {
    Str key = catalog_new_file_key(commit->dataset, context->arena);
    DataFile stored = data_file(context, commit, file, key);
    PutSource source = {.path = file->path.data};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    if (!store_put_source(store, key, &source, &condition, context->arena, &stored.etag, err))
        return err_wrap(err, "store the rows");
    *out = stored;
    return true;
}

/* The merged file of the dataset's tail, and the keys it stands for. Merging is a service to later
 * readers: where it fails, the load goes on without. */
static bool merge_tail(const LoadContext *context, const PublishRequest *request,
                       CommitRequest *commit, StagedFile *out, bool *out_merged, Err *err) {
    const Snapshot *current = request->merge_into;
    *out_merged = false;
    if (current == NULL || commit->mode != COMMIT_APPEND)
        return true;
    size_t count = small_files_choose(current->files, current->file_count);
    if (count == 0)
        return true;
    if (!small_files_merge(context, current, &commit->schema, count, out, err)) {
        if (err_is(err, FAIL_CANCELLED))
            return false;
        metric_add(METRIC_MERGES_FAILED, 1);
        err_clear(err);
        return true;
    }
    Str *keys = ARENA_ARRAY(context->arena, Str, count);
    for (size_t i = 0; i < count; i++)
        keys[i] = current->files[current->file_count - count + i].key;
    commit->mode = COMMIT_REWRITE;
    commit->removed_keys = keys;
    commit->removed_count = count;
    metric_add(METRIC_FILES_MERGED, count);
    *out_merged = true;
    return true;
}

bool publish(const LoadContext *context, const PublishRequest *request, Snapshot *out, Err *err) {
    CommitRequest commit = request->commit;
    StagedFile tail;
    bool merged;
    ObjectStore *store;
    if (!bucket_find(context->buckets, commit.bucket, context->arena, &store, err) ||
        !merge_tail(context, request, &commit, &tail, &merged, err))
        return false;
    /* the order of rows: the merged tail, what was stored, what is moved in now */
    size_t own_count = request->file_count + merged;
    DataFile *own = ARENA_ARRAY(context->arena, DataFile, own_count);
    progress_start(context->progress, "publishing", "files", own_count);
    for (size_t i = 0; i < own_count; i++) {
        const StagedFile *file = merged && i == 0 ? &tail : &request->files[i - merged];
        if (!progress_check(context->progress, err) ||
            !publish_file(context, store, &commit, file, &own[i], err)) {
            publish_take_back(store, own, i);
            return false;
        }
        progress_add(context->progress, 1);
    }
    DataFile *added = ARENA_ARRAY(context->arena, DataFile, request->stored_count + own_count);
    size_t count = 0;
    if (merged)
        added[count++] = own[0];
    for (size_t i = 0; i < request->stored_count; i++) {
        added[count] = request->stored[i];
        hide_personal(&commit, &added[count++], context->arena);
    }
    for (size_t i = merged; i < own_count; i++)
        added[count++] = own[i];
    commit.added = added;
    commit.added_count = count;
    if (catalog_commit(request->catalog, &commit, context->arena, out, err))
        return true;
    if (err_is(err, FAIL_CONFLICT))
        publish_take_back(store, own, own_count);
    return false;
}
