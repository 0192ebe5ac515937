/* lake_case.c - see lake_case.h. */
#include "unit.h"

#include "lake_case.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/vec.h"

static bool no_search(void *context, Str index, Str text, const float *vector, size_t dimension,
                      uint32_t k, uint32_t effort, Arena *arena, QuerySearchHit **out_hits,
                      size_t *out_count, Err *err) {
    (void)context, (void)text, (void)vector, (void)dimension, (void)k, (void)effort, (void)arena;
    (void)out_hits, (void)out_count;
    return err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(index));
}

static bool no_indexes(void *context, Arena *arena, json_t **out_records, Err *err) {
    (void)context, (void)err;
    *out_records = json_keep(arena, json_array());
    return true;
}

void lake_case_reopen(LakeCase *c) {
    query_engine_destroy(c->engine);
    c->engine =
        query_engine_create(&c->config, c->catalog, c->buckets, c->cache, &c->hooks, &c->err);
    if (c->engine == NULL)
        fail_msg("engine: %s", c->err.message);
}

static Str path_in(LakeCase *c, const char *name) {
    return str_format(c->arena, "%s/%s", c->root, name);
}

int lake_case_set_up(void **state) {
    LakeCase *c = calloc(1, sizeof *c);
    c->arena = arena_create();
    c->bucket = STR("primary");
    snprintf(c->root, sizeof c->root, "/tmp/lakehouse-lake-XXXXXX");
    assert_non_null(mkdtemp(c->root));
    BucketSpec specs[] = {{.name = STR("primary"), .backend = STR("local")},
                          {.name = STR("rescue"), .backend = STR("local")}};
    specs[0].root = path_in(c, "primary");
    specs[1].root = path_in(c, "rescue");
    c->buckets = bucket_registry_open(&(BucketRegistryConfig){specs, 2}, &c->err);
    if (c->buckets == NULL)
        fail_msg("buckets: %s", c->err.message);
    c->catalog = catalog_open(c->buckets, &c->err);
    assert_non_null(c->catalog);
    c->cache = object_cache_open(path_in(c, "cache"), 1 << 30, &c->err);
    assert_non_null(c->cache);
    DuckConfig duck = {
        .memory_bytes = 256 << 20, .threads = 2, .temp_directory = path_in(c, "trusted-spill")};
    c->duck = duck_open(&duck, &c->err);
    assert_non_null(c->duck);
    c->config = (QueryConfig){.memory_bytes = 256 << 20,
                              .threads = 2,
                              .concurrency_max = 8,
                              .queue_wait_ms = 20000,
                              .timeout_ms_default = 60000,
                              .timeout_ms_max = 120000,
                              .temp_directory = path_in(c, "spill")};
    c->hooks = (QueryHooks){.vector_search = no_search, .list_indexes = no_indexes};
    lake_case_reopen(c);
    *state = c;
    return 0;
}

int lake_case_tear_down(void **state) {
    LakeCase *c = *state;
    query_engine_destroy(c->engine);
    duck_close(c->duck);
    object_cache_close(c->cache);
    catalog_close(c->catalog);
    Str command = str_format(c->arena, "rm -rf %s", c->root);
    bucket_registry_close(c->buckets);
    assert_int_equal(system(command.data), 0);
    arena_destroy(c->arena);
    free(c);
    return 0;
}

/* ---- loading ---- */

static Schema describe(LakeCase *c, DuckSession *session, const char *select) {
    DuckColumn *columns;
    size_t count;
    assert_ok(duck_describe(session, str_c(select), c->arena, &columns, &count, &c->err), &c->err);
    Schema schema = {.columns = ARENA_ARRAY(c->arena, SchemaColumn, count), .count = count};
    for (size_t i = 0; i < count; i++)
        schema.columns[i] =
            (SchemaColumn){.name = columns[i].name, .type = columns[i].type, .nullable = true};
    return schema;
}

static DataFile write_file(LakeCase *c, DuckSession *session, const char *dataset,
                           const char *select, const Schema *incoming, const Schema *planned) {
    ParquetColumn *columns = ARENA_ARRAY(c->arena, ParquetColumn, incoming->count);
    for (size_t i = 0; i < incoming->count; i++) {
        const SchemaColumn *column = schema_find(planned, incoming->columns[i].name);
        columns[i] = (ParquetColumn){column->name, column->field_id};
    }
    ParquetRequest request = {
        .path = path_in(c, "staged.parquet"), .columns = columns, .column_count = incoming->count};
    ParquetWritten written;
    assert_ok(duck_write_parquet(session, str_c(select), &request, c->arena, &written, &c->err),
              &c->err);
    ObjectStore *store;
    assert_ok(bucket_find(c->buckets, c->bucket, c->arena, &store, &c->err), &c->err);
    DataFile file = {.key = catalog_new_file_key(str_c(dataset), c->arena),
                     .rows = written.rows,
                     .size_bytes = written.size_bytes};
    PutSource source = {.path = request.path.data};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    assert_ok(store_put_source(store, file.key, &source, &condition, c->arena, &file.etag, &c->err),
              &c->err);
    return file;
}

static uint64_t commit(LakeCase *c, const char *dataset, CommitMode mode, const char *select) {
    DuckSession *session = duck_session_open(c->duck, &c->err);
    assert_non_null(session);
    Snapshot now = {0};
    Err absent = {0};
    bool exists = catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &now, &absent);
    Schema incoming = select != NULL ? describe(c, session, select) : now.schema;
    Schema planned = now.schema;
    if (select != NULL)
        assert_ok(schema_plan(exists ? &now.schema : NULL, &incoming,
                              mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND, c->arena,
                              &planned, &c->err),
                  &c->err);
    DataFile file = {0};
    if (select != NULL)
        file = write_file(c, session, dataset, select, &incoming, &planned);
    CommitRequest request = {.dataset = str_c(dataset),
                             .bucket = c->bucket,
                             .mode = mode,
                             .schema = planned,
                             .base_snapshot_id = now.id,
                             .added = &file,
                             .added_count = select != NULL ? 1 : 0,
                             .lineage = {.source_system = STR("file"),
                                         .source = STR("test"),
                                         .mode = STR("append"),
                                         .rows = file.rows}};
    Snapshot made;
    assert_ok(catalog_commit(c->catalog, &request, c->arena, &made, &c->err), &c->err);
    duck_session_close(session);
    return made.id;
}

uint64_t lake_case_load(LakeCase *c, const char *dataset, CommitMode mode, const char *select) {
    return commit(c, dataset, mode, select);
}

uint64_t lake_case_empty(LakeCase *c, const char *dataset) {
    return commit(c, dataset, COMMIT_REPLACE, NULL);
}

/* ---- asking ---- */

static bool gather(void *context, Str bytes, Err *err) {
    (void)err;
    strbuf_append(context, bytes);
    return true;
}

bool lake_case_run(LakeCase *c, const QueryRequest *request, Str *out, QueryStats *stats,
                   Err *err) {
    Arena *arena = arena_create(); /* several threads share a case */
    StrBuf text = strbuf_make(arena);
    ByteSink sink = {.context = &text, .write = gather};
    QueryStats ignored;
    bool ok = query_run(c->engine, request, &sink, stats != NULL ? stats : &ignored, err);
    if (out != NULL)
        *out = str_dup(c->arena, strbuf_str(&text));
    arena_destroy(arena);
    return ok;
}

json_t *lake_case_query(LakeCase *c, const char *sql) {
    Str answer;
    QueryRequest request = {.sql = str_c(sql)};
    if (!lake_case_run(c, &request, &answer, NULL, &c->err))
        fail_msg("%s: %s: %s (%s)", sql, err_kind_name(c->err.kind), c->err.message, c->err.detail);
    json_t *value = json_parse(answer, c->arena, &c->err);
    if (value == NULL)
        fail_msg("%s: not JSON: %.*s", sql, STR_ARG(answer));
    return value;
}

Str lake_case_rows(LakeCase *c, const char *sql) {
    return json_print(json_object_get(lake_case_query(c, sql), "rows"), c->arena);
}
