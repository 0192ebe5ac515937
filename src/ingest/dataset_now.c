/* dataset_now.c - see dataset_now.h.
 *
 * Tested by: test_ingest_csv.c, test_table_load.c. */
#include "ingest/dataset_now.h"

bool dataset_now_read(Catalog *catalog, Str dataset, Str bucket, Arena *arena, DatasetNow *out,
                      Err *err) {
    DatasetNow now = {.exists = true};
    if (!catalog_snapshot(catalog, dataset, 0, arena, &now.current, err)) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
        err_clear(err);
        now = (DatasetNow){0};
    }
    if (now.exists && bucket.length > 0 && !str_eq(bucket, now.current.bucket)) {
        err_fail(err, FAIL_CONFLICT, "dataset '%.*s' lives in bucket '%.*s'",
                 STR_ARG(now.current.dataset), STR_ARG(now.current.bucket));
        return err_field(err, "bucket");
    }
    *out = now;
    return true;
}

const Schema *dataset_now_schema(const DatasetNow *now) {
    return now->exists ? &now->current.schema : NULL;
}

bool dataset_now_needs_file(const DatasetNow *now, IngestMode mode, uint64_t rows) {
    return rows > 0 || !now->exists || mode == INGEST_REPLACE || now->current.file_count == 0;
}

CommitRequest dataset_now_commit(const DatasetNow *now, IngestMode mode, Str dataset, Str bucket,
                                 const Schema *planned) {
    bool rewrites = mode == INGEST_UPSERT && now->exists;
    return (CommitRequest){.dataset = now->exists ? now->current.dataset : dataset,
                           .bucket = now->exists ? now->current.bucket : bucket,
                           .mode = mode == INGEST_REPLACE ? COMMIT_REPLACE
                                   : rewrites             ? COMMIT_REWRITE
                                                          : COMMIT_APPEND,
                           .schema = *planned,
                           .base_snapshot_id = now->exists ? now->current.id : 0};
}

static const char *const mode_names[] = {"append", "replace", "upsert"};

Str ingest_mode_name(IngestMode mode) {
    return str_c(mode_names[mode]);
}

bool ingest_mode_parse(Str name, IngestMode *out) {
    for (size_t i = 0; i < ARRAY_LEN(mode_names); i++)
        if (str_eq_c(name, mode_names[i])) {
            *out = (IngestMode)i;
            return true;
        }
    return false;
}
