/* ingest_case.c - see ingest_case.h. */
#include "ingest_case.h"

#include <stdlib.h>

#include "temp_folder.h"

int ingest_case_set_up(void **state) {
    IngestCase *c = calloc(1, sizeof *c);
    c->arena = arena_create();
    c->folder = temp_folder_create();
    LocalStoreConfig store = {str_format(c->arena, "%s/primary", c->folder), true};
    c->primary = store_faulty_create(store_local_open(&store, &c->err), &(FaultPlan){0});
    BucketSpec specs[] = {{.name = STR("primary"), .store = c->primary},
                          {.name = STR("rescue"), .backend = STR("memory")},
                          {.name = STR("memory"), .backend = STR("memory"), .role = BUCKET_USER}};
    c->buckets = bucket_registry_open(&(BucketRegistryConfig){specs, 3}, &c->err);
    assert_non_null(c->buckets);
    c->catalog = catalog_open(c->buckets, &c->err);
    assert_non_null(c->catalog);
    c->cache = object_cache_open(str_format(c->arena, "%s/cache", c->folder), 1u << 30, &c->err);
    assert_non_null(c->cache);
    c->budget = budget_create(1u << 30);
    DuckConfig duck = {.memory_bytes = 512u << 20,
                       .threads = 2,
                       .temp_directory = str_format(c->arena, "%s/spill", c->folder)};
    c->duck = duck_open(&duck, &c->err);
    assert_non_null(c->duck);
    c->session = duck_session_open(c->duck, &c->err);
    assert_non_null(c->session);
    IngestConfig config = {.staging_directory = str_format(c->arena, "%s/staging", c->folder),
                           .rejects_listed_max = 10};
    c->ingest =
        ingest_create(&config, c->duck, c->catalog, c->buckets, c->cache, c->budget, &c->err);
    assert_non_null(c->ingest);
    *state = c;
    return 0;
}

int ingest_case_tear_down(void **state) {
    IngestCase *c = *state;
    assert_int_equal(budget_used(c->budget), 0); /* every load gave back what it took */
    ingest_destroy(c->ingest);
    duck_session_close(c->session);
    duck_close(c->duck);
    arena_destroy(c->arena);
    object_cache_close(c->cache);
    catalog_close(c->catalog);
    bucket_registry_close(c->buckets);
    store_close(c->primary);
    budget_destroy(c->budget);
    temp_folder_remove(c->folder);
    free(c);
    return 0;
}

Str ingest_case_file(IngestCase *c, const char *name, Str bytes) {
    Str path = str_format(c->arena, "%s/%s", c->folder, name);
    FILE *file = fopen(path.data, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
    return path;
}

bool ingest_case_try(IngestCase *c, const char *dataset, const char *name, Str bytes,
                     const IngestFileRequest *wishes) {
    IngestFileRequest request = {.csv = {.header = -1}};
    if (wishes != NULL)
        request = *wishes;
    request.dataset = str_c(dataset);
    request.path = ingest_case_file(c, name, bytes);
    request.source_name = str_c(name);
    err_clear(&c->err);
    return ingest_file(c->ingest, &request, NULL, c->arena, &c->result, &c->err);
}

void ingest_case_load(IngestCase *c, const char *dataset, const char *name, Str bytes) {
    assert_ok(ingest_case_try(c, dataset, name, bytes, NULL), &c->err);
}

Str ingest_case_types(IngestCase *c, const char *dataset) {
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < snapshot.schema.count; i++)
        strbuf_append_format(&text, "%s%.*s %.*s", i == 0 ? "" : ", ",
                             STR_ARG(snapshot.schema.columns[i].name),
                             STR_ARG(snapshot.schema.columns[i].type));
    return strbuf_str(&text);
}

static bool print_rows(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    for (size_t row = 0; row < batch->row_count; row++) {
        for (size_t i = 0; i < batch->column_count; i++) {
            const RowColumn *column = &batch->columns[i];
            strbuf_append_c(context, i == 0 ? "" : "|");
            strbuf_append(context, row_is_null(column, row) ? STR("NULL") : row_text(column, row));
        }
        strbuf_append_c(context, "\n");
    }
    return true;
}

/* read_parquet over the files of the newest snapshot, by name. */
static Str dataset_table(IngestCase *c, const char *dataset) {
    Snapshot snapshot;
    ObjectStore *store;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    assert_ok(bucket_find(c->buckets, snapshot.bucket, c->arena, &store, &c->err), &c->err);
    StrBuf sql = strbuf_make(c->arena);
    strbuf_append_c(&sql, "read_parquet([");
    for (size_t i = 0; i < snapshot.file_count; i++) {
        Str path;
        assert_ok(object_cache_path(c->cache, snapshot.bucket, store, snapshot.files[i].key,
                                    c->arena, &path, &c->err),
                  &c->err);
        strbuf_append_format(&sql, "%s'%.*s'", i == 0 ? "" : ", ", STR_ARG(path));
    }
    strbuf_append_c(&sql, "], union_by_name=true)");
    return strbuf_str(&sql);
}

Str ingest_case_rows(IngestCase *c, const char *dataset, const char *sql) {
    Str table = dataset_table(c, dataset);
    Str statement =
        str_format(c->arena, "WITH d AS (FROM %.*s) SELECT COLUMNS(*)::VARCHAR FROM (%s)",
                   STR_ARG(table), sql);
    StrBuf text = strbuf_make(c->arena);
    assert_ok(duck_query(c->session, statement, NULL, print_rows, &text, &c->err), &c->err);
    return strbuf_str(&text);
}

Str ingest_case_rejects(IngestCase *c) {
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < c->result.reject_count; i++)
        strbuf_append_format(
            &text, "%llu: %.*s: %.*s\n", (unsigned long long)c->result.rejects[i].line,
            STR_ARG(c->result.rejects[i].column), STR_ARG(c->result.rejects[i].reason));
    return strbuf_str(&text);
}

Str ingest_case_coercions(IngestCase *c) {
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < c->result.coercion_count; i++)
        strbuf_append_format(&text, "%.*s: %.*s: %llu\n", STR_ARG(c->result.coercions[i].column),
                             STR_ARG(c->result.coercions[i].rule),
                             (unsigned long long)c->result.coercions[i].count);
    return strbuf_str(&text);
}

void ingest_case_expect(IngestCase *c, uint64_t read, uint64_t written, uint64_t rejected) {
    assert_int_equal(c->result.rows_read, read);
    assert_int_equal(c->result.rows_written, written);
    assert_int_equal(c->result.rows_rejected, rejected);
    assert_int_equal(read, written + rejected);
}
