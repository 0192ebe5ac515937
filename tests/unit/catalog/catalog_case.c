/* catalog_case.c - see catalog_case.h. */
#include "catalog_case.h"

#include <stdlib.h>

#include "base/vec.h"

static void open_catalog(CatalogCase *c) {
    BucketSpec specs[] = {{.name = STR("primary"), .store = c->primary},
                          {.name = STR("rescue"), .backend = STR("memory")},
                          {.name = STR("team"), .store = c->team, .role = BUCKET_USER}};
    c->buckets = bucket_registry_open(&(BucketRegistryConfig){specs, 3}, &c->err);
    if (c->buckets == NULL)
        fail_msg("buckets: %s", c->err.message);
    c->catalog = catalog_open(c->buckets, &c->err);
    assert_non_null(c->catalog);
}

int catalog_case_set_up(void **state) {
    CatalogCase *c = calloc(1, sizeof *c);
    c->arena = arena_create();
    c->primary = store_faulty_create(store_memory_create(), &(FaultPlan){0});
    c->team = store_memory_create();
    open_catalog(c);
    *state = c;
    return 0;
}

int catalog_case_tear_down(void **state) {
    CatalogCase *c = *state;
    arena_destroy(c->arena);
    catalog_close(c->catalog);
    bucket_registry_close(c->buckets);
    store_close(c->team);
    store_close(c->primary);
    free(c);
    return 0;
}

void catalog_case_restart(CatalogCase *c) {
    arena_reset(c->arena);
    catalog_close(c->catalog);
    bucket_registry_close(c->buckets);
    open_catalog(c);
}

Schema catalog_case_plan(CatalogCase *c, const Schema *current, SchemaChange change,
                         const char *columns) {
    VEC(SchemaColumn) list = {0};
    for (Str rest = str_c(columns); rest.length > 0;) {
        Str item, name;
        rest = str_trim(str_cut(rest, ';', &item));
        Str type = str_cut(str_trim(item), ' ', &name);
        *vec_push(&list, c->arena) = (SchemaColumn){0, name, type, false};
    }
    Schema incoming = {list.items, list.count, 0}, planned;
    assert_ok(schema_plan(current, &incoming, change, c->arena, &planned, &c->err), &c->err);
    return planned;
}

static bool store_file(CatalogCase *c, ObjectStore *store, const char *dataset, uint64_t rows,
                       DataFile *out, Err *err) {
    Str key = catalog_new_file_key(str_c(dataset), c->arena);
    Str content = str_format(c->arena, "%llu rows", (unsigned long long)rows);
    ColumnStats *stats = ARENA_NEW(c->arena, ColumnStats);
    *stats = (ColumnStats){.field_id = 1,
                           .size_bytes = content.length,
                           .has_bounds = true,
                           .min_text = STR("1"),
                           .max_text = content};
    *out = (DataFile){
        .key = key, .rows = rows, .size_bytes = content.length, .stats = stats, .stats_count = 1};
    return store_put_if_absent(store, key, content, c->arena, &out->etag, err);
}

DataFile catalog_case_file(CatalogCase *c, ObjectStore *store, const char *dataset, uint64_t rows) {
    DataFile file;
    assert_ok(store_file(c, store, dataset, rows, &file, &c->err), &c->err);
    return file;
}

bool catalog_case_append(CatalogCase *c, const char *dataset, const char *columns, uint64_t rows,
                         Snapshot *out, Err *err) {
    Snapshot newest = {0};
    bool exists = catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &newest, err);
    if (!exists && err->kind != FAIL_NOT_FOUND)
        return false;
    DataFile file;
    if (!store_file(c, c->primary, dataset, rows, &file, err))
        return false;
    CommitRequest request = {
        .dataset = str_c(dataset),
        .bucket = STR_EMPTY,
        .mode = COMMIT_APPEND,
        .schema = catalog_case_plan(c, exists ? &newest.schema : NULL, SCHEMA_EXTEND, columns),
        .base_snapshot_id = newest.id,
        .added = &file,
        .added_count = 1,
        .lineage = {.source_system = STR("file"),
                    .source = STR("x.csv"),
                    .mode = STR("append"),
                    .rows = rows}};
    return catalog_commit(c->catalog, &request, c->arena, out, err);
}

void catalog_case_expect_rows(CatalogCase *c, const char *dataset, uint64_t rows, size_t files) {
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    assert_int_equal(snapshot.rows, rows);
    assert_int_equal(snapshot.file_count, files);
    for (size_t i = 0; i < files; i++) {
        ObjectInfo info;
        assert_ok(store_head(c->primary, snapshot.files[i].key, c->arena, &info, &c->err), &c->err);
    }
}
