/* index_service.c - the service's life, and its records: list, get, delete, who uses what, warm.
 *
 * Records are read from their heads each time: they are one small object each, and what another
 * process has changed is seen. Deleting removes the head first; from then on there is no index,
 * and what is left behind by a crash is named by nobody.
 *
 * Tested by: test_index_service.c. */
#include "index/index_service.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "index/index_state.h"
#include "index/refresh_checkpoint.h"

enum { NAME_MAX_BYTES = 63 };

/* --- life ----------------------------------------------------------------------------------- */

static bool make_directory(Str path, Arena *arena, Err *err) {
    char *text = str_to_c(arena, path);
    for (char *at = text + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(text, 0700) != 0 && errno != EEXIST)
            return err_fail_errno(err, errno, "make the row cache directory");
        *at = kept;
        if (kept == '\0')
            return true;
    }
}

/* What a killed process was writing. Nobody else uses the folder yet. */
static void sweep_temporary(Str directory, Arena *arena) {
    DIR *folder = opendir(str_to_c(arena, directory));
    if (folder == NULL)
        return;
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder))
        if (str_ends(str_c(item->d_name), STR(".tmp")))
            unlinkat(dirfd(folder), item->d_name, 0);
    closedir(folder);
}

IndexService *index_service_create(const IndexConfig *config, const IndexDeps *deps, Err *err) {
    Arena *arena = arena_create();
    if (config->row_cache_directory.length == 0 || config->row_cache_directory.data[0] != '/') {
        err_fail(err, FAIL_INVALID, "the row cache directory must be an absolute path");
        arena_destroy(arena);
        return NULL;
    }
    if (!hnsw_params_check(&config->hnsw, err) ||
        !make_directory(config->row_cache_directory, arena, err)) {
        arena_destroy(arena);
        return NULL;
    }
    sweep_temporary(config->row_cache_directory, arena);
    IndexService *service = ARENA_NEW(arena, IndexService);
    service->arena = arena;
    service->config = *config;
    service->config.row_cache_directory = str_dup(arena, config->row_cache_directory);
    service->deps = *deps;
    service->registry = index_registry_create(deps, service->config.row_cache_directory);
    service->query_cache = query_cache_create(config->query_cache_entries);
    return service;
}

void index_service_destroy(IndexService *service) {
    if (service == NULL)
        return;
    query_cache_destroy(service->query_cache);
    index_registry_destroy(service->registry);
    arena_destroy(service->arena);
}

/* --- records -------------------------------------------------------------------------------- */

static bool name_char(char c, bool first) {
    bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || (!first && (c == '_' || c == '-'));
}

bool index_name_check(Str name, Err *err) {
    bool good = name.length >= 1 && name.length <= NAME_MAX_BYTES;
    for (size_t i = 0; good && i < name.length; i++)
        good = name_char(name.data[i], i == 0);
    if (good)
        return true;
    if (str_is_empty(name))
        err_fail(err, FAIL_INVALID, "'index_name' is missing");
    else
        err_fail(err, FAIL_INVALID, "'%.*s' is not an index name",
                 STR_ARG(utf8_clip(name, NAME_MAX_BYTES)));
    err_hint(err, "1 to 63 letters, digits, '_' or '-', beginning with a letter or digit");
    return err_field(err, "index_name");
}

void index_record_set_model(IndexRecord *record, const Embedder *embedder) {
    record->model_name = embedder->info.name;
    record->model_version = embedder->info.version;
    record->model_fingerprint = embedder->info.fingerprint;
    record->dimensions = embedder->info.dimensions;
}

bool index_model_check(const IndexRecord *record, const Embedder *embedder, Err *err) {
    if (str_eq(record->model_fingerprint, embedder->info.fingerprint) &&
        record->dimensions == embedder->info.dimensions)
        return true;
    err_fail(err, FAIL_UNPROCESSABLE,
             "index '%.*s' was made with another version of model '%.*s' than is configured now",
             STR_ARG(record->index_name), STR_ARG(record->model_name));
    err_detail(err, "fingerprint %.*s, now %.*s", STR_ARG(record->model_fingerprint),
               STR_ARG(embedder->info.fingerprint));
    err_hint(err, "its vectors do not compare: make a new index with this model");
    return err_field(err, "model");
}

bool index_freshness(IndexService *service, const IndexRecord *record, bool *out_fresh, Err *err) {
    if (str_is_empty(record->source)) {
        *out_fresh = true;
        return true;
    }
    Arena *arena = arena_create();
    DatasetInfo info;
    bool found = catalog_find(service->deps.catalog, record->source, arena, &info, err);
    bool gone = !found && err_is(err, FAIL_NOT_FOUND);
    if (found || gone)
        *out_fresh = found && info.snapshot_id == record->snapshot_id;
    if (gone)
        err_clear(err);
    arena_destroy(arena);
    return found || gone;
}

bool index_list(IndexService *service, Arena *arena, IndexRecord **out_records, size_t *out_count,
                Err *err) {
    FoundHead *heads;
    size_t count;
    if (!index_head_list(service->deps.buckets, arena, &heads, &count, err))
        return false;
    IndexRecord *records = ARENA_ARRAY(arena, IndexRecord, count);
    for (size_t i = 0; i < count; i++) {
        records[i] = heads[i].head.record;
        if (!index_freshness(service, &records[i], &records[i].fresh, err))
            return false;
    }
    *out_records = records;
    *out_count = count;
    return true;
}

bool index_get(IndexService *service, Str name, Arena *arena, IndexRecord *out_record, Err *err) {
    FoundHead found;
    if (!index_name_check(name, err) ||
        !index_head_find(service->deps.buckets, name, arena, &found, err) ||
        !index_freshness(service, &found.head.record, &found.head.record.fresh, err))
        return false;
    *out_record = found.head.record;
    return true;
}

bool index_references(IndexService *service, Str dataset, Str bucket, Arena *arena, Str **out_names,
                      size_t *out_count, Err *err) {
    if (str_is_empty(dataset)) /* names alone: a damaged head does not hide them */
        return index_head_names(service->deps.buckets, bucket, arena, out_names, out_count, err);
    FoundHead *heads;
    size_t count;
    if (!index_head_list(service->deps.buckets, arena, &heads, &count, err))
        return false;
    Str *names = ARENA_ARRAY(arena, Str, count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const IndexRecord *record = &heads[i].head.record;
        bool in_bucket = str_is_empty(bucket) || str_eq(record->bucket, bucket);
        if (in_bucket && str_eq_nocase(record->source, dataset))
            names[used++] = record->index_name;
    }
    *out_names = names;
    *out_count = used;
    return true;
}

/* --- deleting ------------------------------------------------------------------------------- */

/* The index is gone already; what cannot be removed now is an orphan. */
static void remove_objects(ObjectStore *store, Str name, Arena *arena) {
    ListRequest request = {.prefix = index_folder(name, arena), .without_etags = true};
    do {
        ObjectPage page;
        Err err = {0};
        if (!store_list(store, &request, arena, &page, &err)) {
            log_event(LOG_DEBUG, "index", "orphans_left", "index=%.*s", STR_ARG(name));
            return;
        }
        for (size_t i = 0; i < page.count; i++)
            if (!store_remove(store, page.items[i].key, &err))
                log_event(LOG_DEBUG, "index", "orphan_left", "key=%.*s",
                          STR_ARG(page.items[i].key));
        request.cursor = page.next_cursor;
    } while (!str_is_empty(request.cursor));
}

/* A damaged index can be deleted too: only its head is looked for, not read. */
static bool find_to_delete(IndexService *service, Str name, Arena *arena, ObjectStore **out_store,
                           Err *err) {
    Str *buckets;
    size_t count = bucket_names(service->deps.buckets, arena, &buckets);
    Str key = index_head_key(name, arena);
    for (size_t i = 0; i < count; i++) {
        ObjectInfo info;
        if (!bucket_find(service->deps.buckets, buckets[i], arena, out_store, err))
            return false;
        if (store_head(*out_store, key, arena, &info, err))
            return true;
        if (!err_is(err, FAIL_NOT_FOUND))
            return err_wrap(err, "look for index '%.*s' in bucket '%.*s'", STR_ARG(name),
                            STR_ARG(buckets[i]));
        err_clear(err);
    }
    return err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(name));
}

bool index_delete(IndexService *service, Str name, Err *err) {
    if (!index_name_check(name, err))
        return false;
    Arena *arena = arena_create();
    IndexClaim claim;
    bool ok = index_claim_begin(service->registry, name, WRITER_LONG, &claim, err);
    if (ok) {
        ObjectStore *store = NULL;
        ok = find_to_delete(service, name, arena, &store, err) &&
             store_remove(store, index_head_key(name, arena), err);
        if (ok)
            remove_objects(store, name, arena);
        index_registry_evict(service->registry, name);
        index_claim_end(&claim);
    }
    arena_destroy(arena);
    return ok;
}

/* --- warming -------------------------------------------------------------------------------- */

/* Removes decoded copies that no index names; they can be made again at any time. */
static void sweep_copies(const IndexService *service, const Map *named, Arena *arena) {
    DIR *folder = opendir(str_to_c(arena, service->config.row_cache_directory));
    if (folder == NULL)
        return;
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        Str file = str_c(item->d_name);
        if (str_ends(file, STR(".rows")) &&
            map_get(named, str_slice(file, 0, file.length - 5)) == NULL)
            unlinkat(dirfd(folder), item->d_name, 0);
    }
    closedir(folder);
}

/* Opens one index and notes which copies it and its stopped refreshes use. */
static bool warm_one(IndexService *service, Str name, Arena *arena, Map *named) {
    IndexView *view;
    Err err = {0};
    if (!index_registry_view(service->registry, name, &view, &err))
        return false;
    for (size_t i = 0; i < view->segment_count; i++)
        map_put(named, view->segments[i].ref.checksum, service);
    bool ok = view->graph_error.kind == FAIL_NONE &&
              checkpoint_checksums(view->home.store, name, arena, named, &err);
    index_view_release(view);
    return ok;
}

bool index_warm(IndexService *service, Progress *progress, size_t *out_failed, Err *err) {
    Arena *arena = arena_create();
    Str *names;
    size_t count = 0;
    size_t failed = 0;
    Map named = map_make(arena);
    bool ok = index_head_names(service->deps.buckets, STR_EMPTY, arena, &names, &count, err);
    progress_start(progress, "opening indexes", "indexes", count);
    for (size_t i = 0; ok && i < count; i++) {
        ok = progress_check(progress, err);
        failed += ok && !warm_one(service, names[i], arena, &named);
        progress_add(progress, 1);
    }
    if (ok && failed == 0)
        sweep_copies(service, &named, arena);
    arena_destroy(arena);
    if (ok)
        *out_failed = failed;
    return ok;
}
