/* catalog_commit.c - the next snapshot of a dataset.
 *
 * A commit reads the head, puts together the next snapshot, writes it under an id that nobody has,
 * and swaps the head. When the swap loses to another process the snapshot is taken back and all of
 * it done again on the new head, at most CATALOG_SWAPS_MAX times. What is written is read back
 * through the parser first: a record that we could not read would be a dataset lost.
 *
 *     read head -> check base and schema -> merge files -> put snapshot -> swap head -> tell
 *          ^____________________________ another writer won _____________|
 *
 * Tested by: tests/unit/catalog/test_catalog_commit.c, test_catalog_faults.c. */
#include "catalog/catalog.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/vec.h"
#include "catalog/catalog_state.h"
#include "catalog/pii_tags.h"
#include "catalog/snapshot_json.h"
#include "catalog/source_cursors.h"

enum { ID_ROUNDS_MAX = 64 };

typedef enum StepResult { STEP_DONE, STEP_FAILED, STEP_AGAIN } StepResult;

static StepResult step_failed(const Err *err) {
    return err_is(err, FAIL_CONFLICT) ? STEP_AGAIN : STEP_FAILED;
}

/* --- what a commit stands on ------------------------------------------------------------- */

typedef struct Commit {
    Catalog *catalog;
    const CommitRequest *request;
    Arena *arena;       /* the caller's */
    DatasetPlace place; /* head as read; its etag is empty for a dataset that never was */
    bool is_new;        /* nothing live is there */
    Snapshot current;   /* the newest, or empty */
    DataFile *added;    /* as found in the bucket */
    Snapshot next;
} Commit;

/* Where a dataset that does not exist would live: its head there may be one that was dropped, or
 * one that another writer has made since we looked. */
static bool place_new(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    Str bucket = request->bucket.length == 0 ? STR("primary") : request->bucket;
    return bucket_find(commit->catalog->buckets, bucket, commit->arena, &commit->place.store,
                       err) &&
           dataset_head_read(commit->place.store, bucket, request->dataset, commit->arena,
                             &commit->place.head, err);
}

static bool locate_or_place(Commit *commit, Err *err) {
    if (catalog_locate(commit->catalog, commit->request->dataset, commit->arena, &commit->place,
                       err))
        return true;
    if (!err_is(err, FAIL_NOT_FOUND))
        return false;
    err_clear(err);
    return place_new(commit, err);
}

static bool find_place(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    if (!locate_or_place(commit, err))
        return false;
    const DatasetInfo *info = &commit->place.head.info;
    commit->is_new = !dataset_head_is_live(&commit->place.head);
    commit->current = (Snapshot){0};
    if (commit->is_new && (request->base_snapshot_id != 0 || request->mode == COMMIT_REWRITE))
        return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' has been dropped meanwhile",
                        STR_ARG(request->dataset));
    if (commit->is_new)
        return true;
    if (request->bucket.length > 0 && !str_eq(request->bucket, info->bucket))
        return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' lives in bucket '%.*s'",
                        STR_ARG(info->name), STR_ARG(info->bucket));
    if (request->mode == COMMIT_REWRITE && info->snapshot_id != request->base_snapshot_id)
        return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' has been changed meanwhile",
                        STR_ARG(info->name));
    return catalog_load(commit->catalog, &commit->place, info->snapshot_id, commit->arena,
                        &commit->current, err);
}

/* The file is in the bucket and is the one that the request means. */
static bool check_file(Commit *commit, const DataFile *asked, DataFile *out, Err *err) {
    ObjectInfo object;
    if (!str_starts(asked->key, STR("data/")))
        return err_fail(err, FAIL_INVALID, "'%.*s' is not the key of a data file",
                        STR_ARG(asked->key));
    if (!store_head(commit->place.store, asked->key, commit->arena, &object, err))
        return err_wrap(err, "commit to dataset '%.*s'", STR_ARG(commit->request->dataset));
    if (object.size_bytes != asked->size_bytes ||
        (asked->etag.length > 0 && !str_eq(asked->etag, object.etag)))
        return err_fail(err, FAIL_CORRUPT, "object '%.*s' is not the file that was written",
                        STR_ARG(asked->key));
    *out = *asked;
    out->etag = object.etag;
    return true;
}

static bool check_files(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    commit->added = ARENA_ARRAY(commit->arena, DataFile, request->added_count);
    for (size_t i = 0; i < request->added_count; i++)
        if (!check_file(commit, &request->added[i], &commit->added[i], err))
            return false;
    return true;
}

/* --- the next snapshot ------------------------------------------------------------------- */

static bool next_schema(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    SchemaChange change = request->mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND;
    return schema_rebase(&commit->current.schema, &request->schema, change, commit->arena,
                         &commit->next.schema, err);
}

/* The current files that stay. */
static bool keep_files(Commit *commit, DataFile *files, size_t *out_count, Err *err) {
    const CommitRequest *request = commit->request;
    *out_count = 0;
    if (request->mode == COMMIT_REPLACE)
        return true;
    Map removed = map_make(commit->arena);
    for (size_t i = 0; i < request->removed_count; i++)
        map_put(&removed, request->removed_keys[i], commit);
    size_t distinct = removed.live_count;
    for (size_t i = 0; i < commit->current.file_count; i++) {
        if (map_get(&removed, commit->current.files[i].key) == NULL)
            files[(*out_count)++] = commit->current.files[i];
    }
    if (*out_count + distinct != commit->current.file_count)
        return err_fail(err, FAIL_CONFLICT, "a file to be removed is not part of dataset '%.*s'",
                        STR_ARG(request->dataset));
    return true;
}

static bool next_files(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    Snapshot *next = &commit->next;
    size_t room = commit->current.file_count + request->added_count;
    next->files = ARENA_ARRAY(commit->arena, DataFile, room);
    if (!keep_files(commit, next->files, &next->file_count, err))
        return false;
    for (size_t i = 0; i < request->added_count; i++)
        next->files[next->file_count++] = commit->added[i];
    Map seen = map_make(commit->arena);
    next->rows = next->size_bytes = 0;
    for (size_t i = 0; i < next->file_count; i++) {
        next->rows += next->files[i].rows;
        next->size_bytes += next->files[i].size_bytes;
        if (map_put(&seen, next->files[i].key, commit) != NULL)
            return err_fail(err, FAIL_INVALID, "file '%.*s' is part of the dataset already",
                            STR_ARG(next->files[i].key));
    }
    return true;
}

/* An increment stands on how far its source had come when it was planned: somebody else's increment
 * since then holds rows of this one. */
static bool check_cursor(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    Snapshot base = {0};
    if (request->cursor == NULL || request->base_snapshot_id == commit->current.id)
        return true;
    if (request->base_snapshot_id != 0 &&
        !catalog_load(commit->catalog, &commit->place, request->base_snapshot_id, commit->arena,
                      &base, err)) {
        if (!err_is(err, FAIL_CORRUPT))
            return false;
        return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' has been made anew meanwhile",
                        STR_ARG(request->dataset));
    }
    return source_cursor_same(&base, &commit->current, request->cursor->source_id) ||
           err_fail(err, FAIL_CONFLICT,
                    "another load of the same source into '%.*s' has been committed meanwhile",
                    STR_ARG(request->dataset));
}

/* What goes from snapshot to snapshot beside the rows. */
static bool next_findings(Commit *commit, Err *err) {
    const CommitRequest *request = commit->request;
    bool replaces = request->mode == COMMIT_REPLACE;
    Snapshot *next = &commit->next;
    PiiTags old = {commit->current.pii, replaces ? 0 : commit->current.pii_count};
    PiiTags found = {ARENA_ARRAY(commit->arena, PiiTag, request->pii_count), request->pii_count};
    for (size_t i = 0; i < found.count; i++)
        found.items[i] = request->pii[i];
    PiiTags merged = pii_tags_merge(old, found, &next->schema, commit->arena);
    next->pii = merged.items;
    next->pii_count = merged.count;
    return check_cursor(commit, err) &&
           source_cursors_next(replaces ? NULL : &commit->current, request->cursor, commit->arena,
                               &next->cursors, &next->cursor_count, err);
}

static bool build_next(Commit *commit, Err *err) {
    const DatasetInfo *info = &commit->place.head.info;
    commit->next = (Snapshot){.dataset = info->name,
                              .bucket = info->bucket,
                              .parent_id = commit->is_new ? 0 : info->snapshot_id,
                              .lineage = commit->request->lineage,
                              .created_at_us = clock_now_us()};
    commit->next.lineage.predecessor_id = commit->next.parent_id;
    commit->next.lineage.at_us = commit->next.created_at_us;
    return next_schema(commit, err) && next_files(commit, err) && next_findings(commit, err);
}

/* Greater than every id of this dataset (its head knows them, even dropped) and of this process. */
static uint64_t next_id(Commit *commit) {
    uint64_t id = (uint64_t)(clock_now_us() / 1000);
    if (id <= commit->place.head.info.snapshot_id)
        id = commit->place.head.info.snapshot_id + 1;
    uint64_t last = atomic_load(&commit->catalog->last_id);
    do
        id = id > last ? id : last + 1;
    while (!atomic_compare_exchange_weak(&commit->catalog->last_id, &last, id));
    return id;
}

/* Writes the snapshot under a fresh id. A crashed writer's orphan may sit on an id: take the next.
 * *own is the arena of the snapshot as read back. */
static bool put_snapshot(Commit *commit, Arena **out_own, Snapshot *out_read, Err *err) {
    for (int round = 0; round < ID_ROUNDS_MAX; round++) {
        Snapshot *next = &commit->next;
        next->id = next->lineage.snapshot_id = next_id(commit);
        Str key = snapshot_key(next->dataset, next->id, commit->arena);
        Arena *own = arena_create();
        Arena *scratch = arena_create();
        Str bytes = snapshot_print(next, scratch);
        bool ok = snapshot_parse(bytes, key, next->bucket, own, out_read, err) &&
                  store_put_if_absent(commit->place.store, key, bytes, scratch, NULL, err);
        arena_destroy(scratch);
        if (ok) {
            *out_own = own;
            return true;
        }
        arena_destroy(own);
        if (!err_is(err, FAIL_EXISTS))
            return false;
    }
    return err_fail(err, FAIL_IO, "no free snapshot id for dataset '%.*s'",
                    STR_ARG(commit->next.dataset));
}

/* --- commit ------------------------------------------------------------------------------ */

static bool swap_to(Commit *commit, uint64_t id, Err *err) {
    DatasetHead head = commit->place.head;
    if (commit->is_new) {
        head.info.description = STR_EMPTY;
        head.info.pii_tag_count = 0;
        head.info.created_at_us = commit->next.created_at_us;
        head.dropped = false;
    }
    head.info.snapshot_id = id;
    head.info.updated_at_us = commit->next.created_at_us;
    if (!dataset_head_swap(commit->place.store, &head, commit->arena, err))
        return false;
    commit->place.head = head;
    return true;
}

/* As far as possible: an orphan does no harm. */
static void take_back(const Commit *commit, uint64_t id) {
    Err ignored;
    Str key = snapshot_key(commit->next.dataset, id, commit->arena);
    if (!store_remove(commit->place.store, key, &ignored))
        return;
}

static StepResult commit_once(Commit *commit, Snapshot *out_snapshot, Err *err) {
    if (!find_place(commit, err) || (commit->added == NULL && !check_files(commit, err)) ||
        !build_next(commit, err))
        return STEP_FAILED;
    Arena *own = NULL;
    Snapshot written;
    if (!put_snapshot(commit, &own, &written, err))
        return STEP_FAILED;
    if (!swap_to(commit, written.id, err)) {
        StepResult result = step_failed(err);
        if (result == STEP_AGAIN) /* certainly not published */
            take_back(commit, written.id);
        arena_destroy(own);
        return result;
    }
    catalog_remember(commit->catalog, &commit->place, own, &written, commit->arena);
    *out_snapshot = written;
    return STEP_DONE;
}

static bool check_request(const CommitRequest *request, Err *err) {
    if (!catalog_name_check(request->dataset, err))
        return false;
    if (request->schema.count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "dataset '%.*s' would have no columns",
                        STR_ARG(request->dataset));
    if (request->mode != COMMIT_REWRITE && request->removed_count > 0)
        return err_fail(err, FAIL_INVALID, "only a rewrite removes files");
    return true;
}

bool catalog_commit(Catalog *catalog, const CommitRequest *request, Arena *arena,
                    Snapshot *out_snapshot, Err *err) {
    if (!check_request(request, err))
        return false;
    Commit commit = {.catalog = catalog, .request = request, .arena = arena};
    StepResult result = STEP_AGAIN;
    pthread_mutex_t *stripe = catalog_stripe(catalog, request->dataset);
    pthread_mutex_lock(stripe);
    for (int swap = 0; swap < CATALOG_SWAPS_MAX && result == STEP_AGAIN; swap++) {
        metric_add(METRIC_CATALOG_RETRIES, swap > 0 ? 1 : 0);
        result = commit_once(&commit, out_snapshot, err);
    }
    pthread_mutex_unlock(stripe);
    if (result != STEP_DONE)
        return false;
    metric_add(METRIC_CATALOG_COMMITS, 1);
    catalog_publish(catalog, out_snapshot->dataset, out_snapshot->id);
    return true;
}
