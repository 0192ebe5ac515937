/* publish.c - content first, then the head that names it.
 *
 * Tested by: test_ingest_faults.c (every store call failing in turn), test_ingest_csv.c. */
#include "ingest/publish.h"

/* The least and the greatest value of a column that holds personal data are somebody's: they stay
 * inside the data file. */
static bool is_personal(const CommitRequest *commit, Str column) {
    for (size_t i = 0; i < commit->pii_count; i++)
        if (str_eq(commit->pii[i].column, column))
            return true;
    return false;
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

/* Nobody has seen these objects; what cannot be removed is an orphan that doctor finds. */
static void take_back(ObjectStore *store, const DataFile *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Err ignored = {0};
        bool removed = store_remove(store, files[i].key, &ignored);
        (void)removed;
    }
}

bool publish(const LoadContext *context, const PublishRequest *request, Snapshot *out, Err *err) {
    CommitRequest commit = request->commit;
    DataFile *added = ARENA_ARRAY(context->arena, DataFile, request->file_count);
    ObjectStore *store;
    if (!bucket_find(context->buckets, commit.bucket, context->arena, &store, err))
        return false;
    progress_start(context->progress, "publishing", "files", request->file_count);
    for (size_t i = 0; i < request->file_count; i++) {
        if (!progress_check(context->progress, err)) {
            take_back(store, added, i);
            return false;
        }
        added[i] = data_file(context, &commit, &request->files[i],
                             catalog_new_file_key(commit.dataset, context->arena));
        PutSource source = {.path = request->files[i].path.data};
        PutCondition condition = {.rule = PUT_IF_ABSENT};
        if (!store_put_source(store, added[i].key, &source, &condition, context->arena,
                              &added[i].etag, err)) {
            take_back(store, added, i);
            return err_wrap(err, "store the rows");
        }
        progress_add(context->progress, 1);
    }
    commit.added = added;
    commit.added_count = request->file_count;
    if (catalog_commit(request->catalog, &commit, context->arena, out, err))
        return true;
    if (err_is(err, FAIL_CONFLICT))
        take_back(store, added, request->file_count);
    return false;
}
