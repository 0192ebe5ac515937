/* catalog.c - reading: which datasets there are, and what each was at any snapshot.
 *
 * Writing stands in catalog_commit.c, the records in snapshot_json.c, the resolver in
 * dataset_heads.c.
 *
 * Tested by: tests/unit/catalog/test_catalog.c. */
#include "catalog/catalog.h"

#include <stdlib.h>

#include "base/rng.h"
#include "base/vec.h"
#include "catalog/dataset_heads.h"
#include "catalog/snapshot_json.h"

enum { DATASET_NAME_MAX = 63 };

Catalog *catalog_open(BucketRegistry *buckets, Err *err) {
    Catalog *catalog = calloc(1, sizeof *catalog);
    if (catalog == NULL) {
        err_fail(err, FAIL_NO_MEMORY, "no memory for the catalog");
        return NULL;
    }
    catalog->buckets = buckets;
    pthread_mutex_init(&catalog->lock, NULL);
    return catalog;
}

void catalog_close(Catalog *catalog) {
    if (catalog == NULL)
        return;
    pthread_mutex_destroy(&catalog->lock);
    free(catalog);
}

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool catalog_name_check(Str dataset, Err *err) {
    bool good = dataset.length > 0 && dataset.length <= DATASET_NAME_MAX &&
                is_alphanumeric(dataset.data[0]);
    for (size_t i = 0; good && i < dataset.length; i++)
        good = is_alphanumeric(dataset.data[i]) || dataset.data[i] == '_' || dataset.data[i] == '-';
    if (good)
        return true;
    err_fail(err, FAIL_INVALID, "'%.*s' cannot be the name of a dataset",
             STR_ARG(utf8_clip(dataset, 100)));
    err_hint(err, "1 to %d letters, digits, '_' or '-', beginning with a letter or digit",
             DATASET_NAME_MAX);
    return err_field(err, "dataset");
}

bool catalog_list(Catalog *catalog, Arena *arena, DatasetInfo **out_infos, size_t *out_count,
                  Err *err) {
    Str *buckets;
    size_t bucket_count = bucket_names(catalog->buckets, arena, &buckets);
    VEC(DatasetInfo) infos = {0};
    for (size_t b = 0; b < bucket_count; b++) {
        DatasetHead *heads;
        size_t count;
        if (!heads_in_bucket(catalog, buckets[b], arena, &heads, &count, err)) {
            if (err_is(err, FAIL_NOT_FOUND)) /* the bucket was removed meanwhile */
                continue;
            return false;
        }
        for (size_t i = 0; i < count; i++)
            *vec_push(&infos, arena) = heads[i].info;
    }
    *out_infos = infos.items;
    *out_count = infos.count;
    return true;
}

bool catalog_find(Catalog *catalog, Str dataset, Arena *arena, DatasetInfo *out_info, Err *err) {
    DatasetHead head;
    if (!head_find(catalog, dataset, arena, &head, err))
        return false;
    *out_info = head.info;
    return true;
}

static bool read_snapshot(const DatasetHead *head, uint64_t snapshot_id, Arena *arena,
                          Snapshot *out, Err *err) {
    Str key = snapshot_key(head->info.name, snapshot_id, arena);
    Str bytes;
    if (!store_get(head->store, key, arena, &bytes, NULL, err)) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
        if (snapshot_id == head->info.snapshot_id)
            return err_fail(err, FAIL_CORRUPT, "%.*s in bucket '%.*s' is missing", STR_ARG(key),
                            STR_ARG(head->info.bucket));
        return err_fail(err, FAIL_NOT_FOUND, "dataset '%.*s' has no snapshot %llu",
                        STR_ARG(head->info.name), (unsigned long long)snapshot_id);
    }
    if (!snapshot_parse(bytes, arena, out, err))
        return err_wrap(err, "%.*s in bucket '%.*s'", STR_ARG(key), STR_ARG(head->info.bucket));
    if (out->id != snapshot_id || !str_eq(out->dataset, head->info.name))
        return err_fail(err, FAIL_CORRUPT, "%.*s holds snapshot %llu of '%.*s'", STR_ARG(key),
                        (unsigned long long)out->id, STR_ARG(out->dataset));
    out->bucket = head->info.bucket;
    return true;
}

bool catalog_snapshot(Catalog *catalog, Str dataset, uint64_t snapshot_id, Arena *arena,
                      Snapshot *out_snapshot, Err *err) {
    DatasetHead head;
    if (!head_find(catalog, dataset, arena, &head, err))
        return false;
    return read_snapshot(&head, snapshot_id == 0 ? head.info.snapshot_id : snapshot_id, arena,
                         out_snapshot, err);
}

bool catalog_history(Catalog *catalog, Str dataset, size_t limit, Arena *arena,
                     Snapshot **out_snapshots, size_t *out_count, Err *err) {
    DatasetHead head;
    if (!head_find(catalog, dataset, arena, &head, err))
        return false;
    VEC(Snapshot) snapshots = {0};
    for (uint64_t id = head.info.snapshot_id; id != 0 && snapshots.count < limit;) {
        Snapshot snapshot;
        if (!read_snapshot(&head, id, arena, &snapshot, err))
            return false;
        *vec_push(&snapshots, arena) = snapshot;
        id = snapshot.parent_id; /* smaller, as snapshot_parse has checked: this ends */
    }
    *out_snapshots = snapshots.items;
    *out_count = snapshots.count;
    return true;
}

Str catalog_new_file_key(Str dataset, Arena *arena) {
    Str id = random_id(arena);
    return str_format(arena, "data/%.*s/%.*s.parquet", STR_ARG(dataset), STR_ARG(id));
}

void catalog_subscribe(Catalog *catalog, DatasetChangedFn fn, void *context) {
    pthread_mutex_lock(&catalog->lock);
    if (catalog->subscriber_count < SUBSCRIBERS_MAX) {
        catalog->subscribers[catalog->subscriber_count].fn = fn;
        catalog->subscribers[catalog->subscriber_count].context = context;
        catalog->subscriber_count++;
    }
    pthread_mutex_unlock(&catalog->lock);
}
