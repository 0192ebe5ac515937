/* catalog_commit.c - the only writer of datasets: publish a snapshot by swapping one head.
 *
 *   read the head -> check that the plan still fits it -> write snapshots/<id>.json
 *   -> swap the head (put_if_absent for a new dataset, put_if_match otherwise) -> tell subscribers
 *
 * When another writer swapped first, the snapshot object is removed and all of it is done again on
 * top of the new head, at most ATTEMPTS_MAX times. When the answer of the swap is lost (an error
 * although it may have happened) the head is read again: if it names our snapshot, we won.
 *
 * Tested by: tests/unit/catalog/test_catalog_commit.c (modes, races, fail-the-nth, crashes). */
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/dataset_heads.h"
#include "catalog/snapshot_json.h"

enum { ATTEMPTS_MAX = 64 };

typedef struct Attempt {
    Catalog *catalog;
    const CommitRequest *request;
    Arena *arena;
    bool exists; /* head and parent are set */
    DatasetHead head;
    Snapshot parent;
    Snapshot next;
} Attempt;

static void tell_subscribers(Catalog *catalog, Str dataset, uint64_t snapshot_id) {
    pthread_mutex_lock(&catalog->lock);
    size_t count = catalog->subscriber_count;
    pthread_mutex_unlock(&catalog->lock);
    /* Subscribers are only ever added, so those counted can be read without the lock. */
    for (size_t i = 0; i < count; i++)
        catalog->subscribers[i].fn(catalog->subscribers[i].context, dataset, snapshot_id);
}

/* --- does the plan still fit ------------------------------------------------------------- */

static bool fail_stale(const CommitRequest *request, Err *err) {
    err_fail(err, FAIL_CONFLICT, "dataset '%.*s' was changed meanwhile", STR_ARG(request->dataset));
    return err_hint(err, "try again");
}

/* An append planned on an older head: every column must still mean the same, and columns that
 * others added since stay, as nulls for our rows. */
static bool rebase_append(Attempt *attempt, Err *err) {
    const Schema *ours = &attempt->request->schema;
    const Schema *theirs = &attempt->parent.schema;
    Schema merged;
    if (!schema_plan(theirs, ours, SCHEMA_EXTEND, attempt->arena, &merged, err))
        return fail_stale(attempt->request, err);
    for (size_t i = 0; i < ours->count; i++) {
        const SchemaColumn *column = schema_find(&merged, ours->columns[i].name);
        if (column == NULL || column->field_id != ours->columns[i].field_id ||
            !str_eq(column->type, ours->columns[i].type))
            return fail_stale(attempt->request, err);
    }
    attempt->next.schema = merged;
    return true;
}

/* A replacement planned on an older head only conflicts when field ids were given out since. */
static bool rebase_replace(Attempt *attempt, Err *err) {
    const Schema *ours = &attempt->request->schema;
    const Schema *theirs = &attempt->parent.schema;
    for (size_t i = 0; i < ours->count; i++)
        for (size_t j = 0; j < theirs->count; j++)
            if (ours->columns[i].field_id == theirs->columns[j].field_id &&
                !str_eq(ours->columns[i].name, theirs->columns[j].name))
                return fail_stale(attempt->request, err);
    if (attempt->next.schema.last_field_id < theirs->last_field_id)
        attempt->next.schema.last_field_id = theirs->last_field_id;
    return true;
}

static bool fit_plan(Attempt *attempt, Err *err) {
    const CommitRequest *request = attempt->request;
    attempt->next.schema = request->schema;
    if (!attempt->exists)
        return request->base_snapshot_id == 0 && request->mode != COMMIT_REWRITE
                   ? true
                   : fail_stale(request, err);
    if (request->bucket.length > 0 && !str_eq(request->bucket, attempt->head.info.bucket)) {
        err_fail(err, FAIL_CONFLICT, "dataset '%.*s' lives in bucket '%.*s'",
                 STR_ARG(attempt->head.info.name), STR_ARG(attempt->head.info.bucket));
        return err_field(err, "bucket");
    }
    if (attempt->parent.id == request->base_snapshot_id)
        return true;
    switch (request->mode) {
    case COMMIT_APPEND:
        return rebase_append(attempt, err);
    case COMMIT_REPLACE:
        return rebase_replace(attempt, err);
    case COMMIT_REWRITE:
        break;
    }
    return fail_stale(request, err);
}

/* --- the next snapshot -------------------------------------------------------------------- */

static bool is_removed(const CommitRequest *request, Str key) {
    for (size_t i = 0; i < request->removed_count; i++)
        if (str_eq(request->removed_keys[i], key))
            return true;
    return false;
}

static bool gather_files(Attempt *attempt, Err *err) {
    const CommitRequest *request = attempt->request;
    Snapshot *next = &attempt->next;
    size_t kept =
        attempt->exists && request->mode != COMMIT_REPLACE ? attempt->parent.file_count : 0;
    size_t removed = 0;
    next->files = ARENA_ARRAY(attempt->arena, DataFile, kept + request->added_count);
    for (size_t i = 0; i < kept; i++) {
        if (is_removed(request, attempt->parent.files[i].key))
            removed++;
        else
            next->files[next->file_count++] = attempt->parent.files[i];
    }
    if (removed != request->removed_count)
        return err_fail(err, FAIL_INTERNAL, "a rewrite of '%.*s' removes a file that is not there",
                        STR_ARG(request->dataset));
    for (size_t i = 0; i < request->added_count; i++)
        next->files[next->file_count++] = request->added[i];
    for (size_t i = 0; i < next->file_count; i++) {
        next->rows += next->files[i].rows;
        next->size_bytes += next->files[i].size_bytes;
    }
    return true;
}

static bool make_next(Attempt *attempt, Err *err) {
    Snapshot *next = &attempt->next;
    int64_t now_us = clock_now_us();
    uint64_t now_ms = (uint64_t)(now_us / 1000);
    next->dataset = attempt->exists ? attempt->head.info.name : attempt->request->dataset;
    next->bucket = attempt->head.info.bucket;
    next->parent_id = attempt->exists ? attempt->parent.id : 0;
    next->id = now_ms > next->parent_id ? now_ms : next->parent_id + 1;
    next->created_at_us = now_us;
    next->lineage = attempt->request->lineage;
    next->lineage.snapshot_id = next->id;
    next->lineage.at_us = now_us;
    return gather_files(attempt, err);
}

/* --- one attempt -------------------------------------------------------------------------- */

static bool read_base(Attempt *attempt, Err *err) {
    const CommitRequest *request = attempt->request;
    if (head_find(attempt->catalog, request->dataset, attempt->arena, &attempt->head, err)) {
        attempt->exists = true;
        return catalog_snapshot(attempt->catalog, attempt->head.info.name,
                                attempt->head.info.snapshot_id, attempt->arena, &attempt->parent,
                                err);
    }
    if (!err_is(err, FAIL_NOT_FOUND) || !catalog_name_check(request->dataset, err))
        return false;
    attempt->head.info.bucket = request->bucket.length > 0 ? request->bucket : STR("primary");
    return bucket_find(attempt->catalog->buckets, attempt->head.info.bucket, attempt->arena,
                       &attempt->head.store, err);
}

/* Another writer may take the same millisecond: his snapshot object is there, so the next id is
 * tried. */
static bool write_snapshot(Attempt *attempt, Err *err) {
    Snapshot *next = &attempt->next;
    for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
        Str key = snapshot_key(next->dataset, next->id, attempt->arena);
        Str bytes = snapshot_print(next, attempt->arena);
        if (store_put_if_absent(attempt->head.store, key, bytes, attempt->arena, NULL, err))
            return true;
        if (!err_is(err, FAIL_EXISTS))
            return err_wrap(err, "write snapshot of '%.*s'", STR_ARG(next->dataset));
        next->id++;
        next->lineage.snapshot_id = next->id;
    }
    return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' is written too often at once",
                    STR_ARG(next->dataset));
}

static bool swap_head(Attempt *attempt, Err *err) {
    const Snapshot *next = &attempt->next;
    DatasetInfo info = {.name = next->dataset,
                        .bucket = attempt->head.info.bucket,
                        .description = attempt->exists ? attempt->head.info.description : STR_EMPTY,
                        .snapshot_id = next->id,
                        .created_at_us = attempt->exists ? attempt->head.info.created_at_us
                                                         : next->created_at_us,
                        .updated_at_us = next->created_at_us};
    Str key = head_key(next->dataset, attempt->arena);
    Str bytes = head_print(&info, attempt->arena);
    if (attempt->exists)
        return store_put_if_match(attempt->head.store, key, bytes, attempt->head.etag,
                                  attempt->arena, NULL, err);
    return store_put_if_absent(attempt->head.store, key, bytes, attempt->arena, NULL, err);
}

static bool was_swapped_after_all(const Attempt *attempt) {
    DatasetHead now;
    Err ignored;
    return head_find(attempt->catalog, attempt->next.dataset, attempt->arena, &now, &ignored) &&
           now.info.snapshot_id == attempt->next.id;
}

/* A lost race leaves an orphan snapshot; removing it is a courtesy, doctor finds what is left. */
static void remove_snapshot(const Attempt *attempt) {
    Err ignored;
    bool removed = store_remove(
        attempt->head.store, snapshot_key(attempt->next.dataset, attempt->next.id, attempt->arena),
        &ignored);
    (void)removed;
}

typedef enum CommitStep { STEP_DONE, STEP_AGAIN, STEP_FAILED } CommitStep;

static CommitStep try_commit(Attempt *attempt, Err *err) {
    if (!read_base(attempt, err) || !fit_plan(attempt, err) || !make_next(attempt, err) ||
        !write_snapshot(attempt, err))
        return STEP_FAILED;
    if (swap_head(attempt, err))
        return STEP_DONE;
    if (err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_EXISTS) || err_is(err, FAIL_NOT_FOUND)) {
        remove_snapshot(attempt);
        return STEP_AGAIN;
    }
    /* On an unclear failure the snapshot object stays: the head may name it. */
    return was_swapped_after_all(attempt) ? STEP_DONE : STEP_FAILED;
}

bool catalog_commit(Catalog *catalog, const CommitRequest *request, Arena *arena,
                    Snapshot *out_snapshot, Err *err) {
    if (!catalog_name_check(request->dataset, err))
        return false;
    for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
        Attempt attempt = {.catalog = catalog, .request = request, .arena = arena};
        CommitStep step = try_commit(&attempt, err);
        if (step == STEP_FAILED)
            return err_wrap(err, "commit to dataset '%.*s'", STR_ARG(request->dataset));
        if (step == STEP_DONE) {
            metric_add(METRIC_CATALOG_COMMITS, 1);
            *out_snapshot = attempt.next;
            tell_subscribers(catalog, attempt.next.dataset, attempt.next.id);
            return true;
        }
        metric_add(METRIC_CATALOG_RETRIES, 1);
    }
    return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' is written too often at once",
                    STR_ARG(request->dataset));
}

bool catalog_describe(Catalog *catalog, Str dataset, Str description, Err *err) {
    Arena *arena = arena_create();
    bool done = false;
    for (int tries = 0; !done && tries < ATTEMPTS_MAX; tries++) {
        DatasetHead head;
        if (!head_find(catalog, dataset, arena, &head, err))
            break;
        head.info.description = description;
        done = store_put_if_match(head.store, head_key(head.info.name, arena),
                                  head_print(&head.info, arena), head.etag, arena, NULL, err);
        if (!done && !err_is(err, FAIL_CONFLICT))
            break;
    }
    arena_destroy(arena);
    return done;
}

/* --- drop ----------------------------------------------------------------------------------- */

/* Once the head is gone the dataset is gone; what cannot be removed now is an orphan. */
static void remove_under(ObjectStore *store, Str prefix, Arena *arena) {
    ListRequest request = {.prefix = prefix, .limit = 1000};
    ObjectPage page;
    Err ignored;
    do {
        if (!store_list(store, &request, arena, &page, &ignored))
            return;
        for (size_t i = 0; i < page.count; i++)
            if (!store_remove(store, page.items[i].key, &ignored))
                continue;
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
}

bool catalog_drop(Catalog *catalog, Str dataset, Err *err) {
    Arena *arena = arena_create();
    DatasetHead head;
    bool dropped = head_find(catalog, dataset, arena, &head, err) &&
                   store_remove(head.store, head_key(head.info.name, arena), err);
    if (dropped) {
        Str name = head.info.name;
        tell_subscribers(catalog, name, 0);
        remove_under(head.store, str_format(arena, "data/%.*s/", STR_ARG(name)), arena);
        remove_under(head.store, str_format(arena, "catalog/%.*s/", STR_ARG(name)), arena);
    }
    arena_destroy(arena);
    return dropped;
}
