/* lake.c - open the parts that app/ would open, and nothing else. */
#include "lake.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void lake_stop(const Err *err) {
    fprintf(stderr, "bench_index: %s (%s)\n", err->message, err->detail);
    exit(1);
}

static Str below(Lake *lake, const char *part) {
    return str_format(lake->arena, "%.*s/%s", STR_ARG(lake->folder), part);
}

static void open_service(Lake *lake) {
    Err err = {0};
    IndexDeps deps = {.buckets = lake->buckets,
                      .catalog = lake->catalog,
                      .duck = lake->duck,
                      .cache = lake->cache,
                      .models = lake->models,
                      .pool = lake->pool};
    lake->service = index_service_create(&lake->config, &deps, &err);
    if (lake->service == NULL)
        lake_stop(&err);
}

Lake *lake_open(const char *folder, uint32_t dimension) {
    Err err = {0};
    Arena *arena = arena_create();
    Lake *lake = ARENA_NEW(arena, Lake);
    lake->arena = arena;
    lake->folder = str_dup(arena, str_c(folder));
    BucketSpec specs[] = {
        {.name = STR("primary"), .backend = STR("local"), .root = below(lake, "primary")},
        {.name = STR("rescue"), .backend = STR("local"), .root = below(lake, "rescue")}};
    BucketRegistryConfig buckets = {specs, 2};
    DuckConfig duck = {.memory_bytes = UINT64_C(2) << 30, .temp_directory = below(lake, "spill")};
    ModelSpec model = {.name = STR("fake"), .kind = STR("fake"), .dimensions = dimension};
    lake->buckets = bucket_registry_open(&buckets, &err);
    lake->catalog = lake->buckets == NULL ? NULL : catalog_open(lake->buckets, &err);
    lake->duck = duck_open(&duck, &err);
    lake->cache = object_cache_open(below(lake, "objects"), UINT64_C(8) << 30, &err);
    if (lake->catalog == NULL || lake->duck == NULL || lake->cache == NULL)
        lake_stop(&err);
    lake->pool = pool_create(0);
    lake->models = model_set_create(&model, 1, model.name, lake->pool);
    lake->config = (IndexConfig){.row_cache_directory = below(lake, "copies"),
                                 .chunk_size = 500,
                                 .overlap = 50,
                                 .embed_batch = 32,
                                 .checkpoint_texts = 2048,
                                 .graph_rows_min = 4000000000,
                                 .segments_max = 16,
                                 .query_cache_entries = 1024,
                                 .hnsw = hnsw_params_default()};
    open_service(lake);
    return lake;
}

void lake_restart(Lake *lake) {
    index_service_destroy(lake->service);
    open_service(lake);
}

void lake_close(Lake *lake) {
    index_service_destroy(lake->service);
    model_set_destroy(lake->models);
    pool_destroy(lake->pool);
    object_cache_close(lake->cache);
    duck_close(lake->duck);
    catalog_close(lake->catalog);
    bucket_registry_close(lake->buckets);
    arena_destroy(lake->arena);
}

static bool write_file(Lake *lake, Str select, Arena *arena, DataFile *out, Err *err) {
    ParquetColumn columns[] = {{STR("id"), 1}, {STR("text"), 2}};
    ParquetRequest request = {
        .path = below(lake, "load.parquet"), .columns = columns, .column_count = 2};
    ParquetWritten written;
    DuckSession *session = duck_session_open(lake->duck, err);
    if (session == NULL || !duck_write_parquet(session, select, &request, arena, &written, err))
        return false;
    duck_session_close(session);
    *out = (DataFile){.key = catalog_new_file_key(STR("docs"), arena),
                      .rows = written.rows,
                      .size_bytes = written.size_bytes};
    ObjectStore *store;
    PutSource source = {.path = str_to_c(arena, request.path)};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    return bucket_find(lake->buckets, STR("primary"), arena, &store, err) &&
           store_put_source(store, out->key, &source, &condition, arena, &out->etag, err);
}

void lake_load(Lake *lake, Str select) {
    Err err = {0};
    Arena *arena = arena_create();
    SchemaColumn columns[] = {{1, STR("id"), STR("VARCHAR"), true},
                              {2, STR("text"), STR("VARCHAR"), true}};
    DataFile file;
    Snapshot current = {0};
    Snapshot made;
    if (!catalog_snapshot(lake->catalog, STR("docs"), 0, arena, &current, &err))
        err_clear(&err); /* the first load */
    CommitRequest commit = {
        .dataset = STR("docs"),
        .mode = COMMIT_REPLACE,
        .schema = {columns, 2, 2},
        .base_snapshot_id = current.id,
        .added = &file,
        .added_count = 1,
        .lineage = {.source_system = STR("file"), .source = STR("bench"), .mode = STR("replace")}};
    if (!write_file(lake, select, arena, &file, &err) ||
        !catalog_commit(lake->catalog, &commit, arena, &made, &err))
        lake_stop(&err);
    arena_destroy(arena);
}
