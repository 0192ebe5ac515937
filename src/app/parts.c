/* parts.c - the order in which a server is put together; each step uses only those above it.
 *
 *   data directory -> budget, pool -> buckets -> catalog -> cache -> trusted DuckDB -> models
 *   -> ingest, indexes -> locked DuckDB (with hooks into the indexes) -> jobs, watched folders
 *
 * Memory: the configured budget is shared out here and nowhere else. `query.memory` of it is the
 * ceiling of users' SQL, a quarter goes to the trusted instance (loads spill beyond it), the rest
 * is what index caches and requests take from the Budget.
 *
 * Tested by: every test in tests/e2e. */
#include "app/parts.h"

#include <stdlib.h>

#include "app/query_hooks.h"
#include "base/log.h"
#include "app/settings.h"
#include "app/watch_log.h"
#include "vector/kernels.h"

enum { OBJECT_CACHE_BYTES_MAX_GIB = 16, REJECTS_LISTED_MAX = 100 };

static bool open_buckets(Parts *parts, const AppConfig *config, Err *err) {
    size_t count = 2 + config->storage.buckets.count;
    BucketSpec *specs = ARENA_ARRAY(parts->arena, BucketSpec, count);
    specs[0] =
        (BucketSpec){.name = STR("primary"), .backend = STR("local"), .root = parts->dir.primary};
    specs[1] =
        (BucketSpec){.name = STR("rescue"), .backend = STR("local"), .root = parts->dir.rescue};
    size_t filled = 2;
    for (size_t i = 0; i < config->storage.buckets.count; i++) {
        const BucketSetting *setting = &config->storage.buckets.items[i];
        if (str_eq_c(setting->name, "primary")) /* configured: moves the built-in one */
            specs[0].root = setting->root;
        else if (str_eq_c(setting->name, "rescue"))
            specs[1].root = setting->root;
        else
            specs[filled++] = (BucketSpec){.name = setting->name,
                                           .backend = STR("local"),
                                           .root = setting->root,
                                           .role = BUCKET_USER};
    }
    BucketRegistryConfig registry = {specs, filled};
    parts->buckets = bucket_registry_open(&registry, err);
    return parts->buckets != NULL;
}

static bool open_models(Parts *parts, const AppConfig *config, Err *err) {
    size_t count = config->embed.models.count;
    bool none = count == 0;
    ModelSetting only = {
        .name = config->embed.default_model, .kind = STR("builtin"), .folder = STR_EMPTY};
    const ModelSetting *settings = none ? &only : config->embed.models.items;
    ModelSpec *specs = ARENA_ARRAY(parts->arena, ModelSpec, none ? 1 : count);
    for (size_t i = 0; i < (none ? 1 : count); i++) {
        specs[i] = (ModelSpec){.name = settings[i].name,
                               .kind = settings[i].kind,
                               .dimensions = settings[i].dimensions};
        /* A server without its model still serves tables and SQL; whoever asks for it is told. */
        Err missing;
        err_clear(&missing);
        if (str_eq_c(specs[i].kind, "builtin") &&
            !app_config_model_folder(config, &settings[i], parts->arena, &specs[i].folder,
                                     &missing)) {
            if (missing.kind != FAIL_NOT_FOUND)
                return *err = missing, false;
            specs[i].folder = settings[i].folder.length > 0 ? settings[i].folder : settings[i].name;
        }
    }
    parts->models =
        model_set_create(specs, none ? 1 : count, config->embed.default_model, parts->pool);
    return true;
}

static bool open_data(Parts *parts, const AppConfig *config, Err *err) {
    parts->catalog = catalog_open(parts->buckets, err);
    if (parts->catalog == NULL)
        return false;
    uint64_t cache_max = (uint64_t)OBJECT_CACHE_BYTES_MAX_GIB << 30;
    parts->cache = object_cache_open(parts->dir.object_cache, cache_max, err);
    if (parts->cache == NULL)
        return false;
    DuckConfig trusted = {.memory_bytes = config->memory.budget / 4,
                          .threads = config->query.threads,
                          .temp_directory =
                              str_format(parts->arena, "%.*s/trusted", STR_ARG(parts->dir.spill))};
    parts->duck = duck_open(&trusted, err);
    return parts->duck != NULL;
}

static void lineage_lost(void *context, uint64_t count, const Err *why) {
    (void)context;
    Arena *arena = arena_create();
    log_event(LOG_WARN, "app", "lineage events dropped", "count=%llu why=%.*s",
              (unsigned long long)count, STR_ARG(log_quote(str_c(why->message), arena)));
    arena_destroy(arena);
}

static bool open_lineage(Parts *parts, const AppConfig *config, Err *err) {
    Str key_name = config->lineage.openlineage_key_env;
    const char *key = key_name.length > 0 ? getenv(str_to_c(parts->arena, key_name)) : NULL;
    if (config->lineage.openlineage.length == 0)
        return true;
    if (key_name.length > 0 && key == NULL) {
        err_fail(err, FAIL_INVALID, "there is no environment variable '%.*s'", STR_ARG(key_name));
        return err_field(err, "lineage.openlineage_key_env");
    }
    LineageEventsConfig lineage = {.target = config->lineage.openlineage,
                                   .namespace_name = config->lineage.namespace,
                                   .api_key = str_c(key),
                                   .lost = lineage_lost};
    parts->lineage = lineage_events_create(&lineage, err);
    return parts->lineage != NULL || err_field(err, "lineage.openlineage");
}

static bool open_indexes(Parts *parts, const AppConfig *config, Err *err) {
    if (!open_lineage(parts, config, err))
        return false;
    IngestConfig ingest = {.staging_directory = parts->dir.staging,
                           .lineage = parts->lineage,
                           .rejects_listed_max = REJECTS_LISTED_MAX};
    parts->ingest = ingest_create(&ingest, parts->duck, parts->catalog, parts->buckets,
                                  parts->cache, parts->budget, err);
    if (parts->ingest == NULL)
        return false;
    HnswParams hnsw = hnsw_params_default();
    hnsw.m = config->index.hnsw_m;
    hnsw.ef_construction = config->index.hnsw_ef_construction;
    hnsw.ef_search = config->index.hnsw_ef_search;
    IndexConfig index = {.row_cache_directory = parts->dir.row_cache,
                         .chunk_size = config->index.chunk_size,
                         .overlap = config->index.overlap,
                         .embed_batch = config->index.embed_batch,
                         .checkpoint_texts = config->index.checkpoint_texts,
                         .graph_rows_min = config->index.graph_rows_min,
                         .segments_max = config->index.segments_max,
                         .query_cache_entries = config->index.query_cache_entries,
                         .hnsw = hnsw};
    IndexDeps deps = {.buckets = parts->buckets,
                      .catalog = parts->catalog,
                      .duck = parts->duck,
                      .cache = parts->cache,
                      .models = parts->models,
                      .pool = parts->pool,
                      .budget = parts->budget};
    parts->indexes = index_service_create(&index, &deps, err);
    return parts->indexes != NULL;
}

static void roots_changed(void *context) {
    query_engine_roots_changed(context);
}

static bool open_query(Parts *parts, const AppConfig *config, Err *err) {
    QueryConfig query = {.memory_bytes = config->query.memory,
                         .threads = config->query.threads,
                         .concurrency_max = config->query.concurrency_max,
                         .queue_wait_ms = config->query.queue_wait_ms,
                         .timeout_ms_default = config->query.timeout_ms,
                         .timeout_ms_max = config->query.timeout_ms_max,
                         .temp_directory =
                             str_format(parts->arena, "%.*s/locked", STR_ARG(parts->dir.spill))};
    QueryHooks hooks = query_hooks_make(parts->indexes);
    parts->query =
        query_engine_create(&query, parts->catalog, parts->buckets, parts->cache, &hooks, err);
    if (parts->query == NULL)
        return false;
    bucket_registry_on_change(parts->buckets, roots_changed, parts->query);
    return true;
}

static bool open_jobs(Parts *parts, const AppConfig *config, Err *err) {
    JobsConfig jobs = {.workers = config->jobs.workers,
                       .queue_max = config->jobs.queue_max,
                       .kept_max = config->jobs.kept};
    parts->jobs = job_runner_create(&jobs, err);
    return parts->jobs != NULL;
}

static bool open_watcher(Parts *parts, const AppConfig *config, Err *err) {
    WatchSpec *specs;
    size_t count;
    WatchDeps deps = {.ingest = parts->ingest,
                      .catalog = parts->catalog,
                      .buckets = parts->buckets,
                      .budget = parts->budget,
                      .data_root = parts->dir.root,
                      .on_event = watch_log_event};
    if (!settings_watches(config, parts->arena, &specs, &count, err))
        return false;
    parts->watcher = watcher_create(specs, count, &deps, err);
    return parts->watcher != NULL || err_wrap(err, "ingest.watch");
}

bool parts_open(Parts *parts, const AppConfig *config, Err *err) {
    *parts = (Parts){.arena = arena_create(), .dir = {.lock_fd = -1}};
    if (!kernels_force(config->kernels.force, err) ||
        !data_dir_open(config->storage.data_dir, config->storage.profile_root, parts->arena,
                       &parts->dir, err))
        return false;
    /* What SQL may use is not in the Budget: DuckDB keeps its own accounts. */
    uint64_t duck_bytes = config->query.memory + config->memory.budget / 4;
    uint64_t rest = config->memory.budget > duck_bytes ? config->memory.budget - duck_bytes
                                                       : config->memory.budget / 8;
    parts->budget = budget_create(rest);
    parts->pool = pool_create(config->embed.threads);
    return open_buckets(parts, config, err) && open_data(parts, config, err) &&
           open_models(parts, config, err) && open_indexes(parts, config, err) &&
           open_query(parts, config, err) && open_jobs(parts, config, err) &&
           open_watcher(parts, config, err);
}

void parts_close(Parts *parts) {
    watcher_destroy(parts->watcher);
    job_runner_destroy(parts->jobs);
    if (parts->buckets != NULL)
        bucket_registry_on_change(parts->buckets, NULL, NULL);
    if (parts->query != NULL)
        query_engine_destroy(parts->query);
    if (parts->indexes != NULL)
        index_service_destroy(parts->indexes);
    if (parts->ingest != NULL)
        ingest_destroy(parts->ingest);
    lineage_events_destroy(parts->lineage);
    if (parts->models != NULL)
        model_set_destroy(parts->models);
    if (parts->duck != NULL)
        duck_close(parts->duck);
    if (parts->cache != NULL)
        object_cache_close(parts->cache);
    if (parts->catalog != NULL)
        catalog_close(parts->catalog);
    if (parts->buckets != NULL)
        bucket_registry_close(parts->buckets);
    pool_destroy(parts->pool);
    if (parts->budget != NULL)
        budget_destroy(parts->budget);
    data_dir_close(&parts->dir);
    arena_destroy(parts->arena);
    *parts = (Parts){.dir = {.lock_fd = -1}};
}
