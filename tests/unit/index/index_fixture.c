/* index_fixture.c - build the small lakehouse of index_fixture.h. */
#include "index_fixture.h"

#include <dirent.h>

#include "unit.h"

#include "base/metrics.h"
#include "base/rng.h"
#include "temp_folder.h"

static Str folder_of(Fixture *fixture, const char *part) {
    return str_format(fixture->arena, "%s/%s", fixture->folder, part);
}

static void open_buckets(Fixture *fixture, Err *err) {
    LocalStoreConfig local = {.root = folder_of(fixture, "primary"), .create_root = true};
    ObjectStore *inner = store_local_open(&local, err);
    if (inner == NULL)
        fail_msg("%s", err->message);
    FaultPlan none = {0};
    fixture->faulty = store_faulty_create(inner, &none);
    BucketSpec specs[] = {
        {.name = STR("primary"), .backend = STR("local"), .store = fixture->faulty},
        {.name = STR("rescue"), .backend = STR("local"), .root = folder_of(fixture, "rescue")},
        {.name = STR("other"), .backend = STR("memory")},
    };
    BucketRegistryConfig config = {specs, 3};
    fixture->buckets = bucket_registry_open(&config, err);
    if (fixture->buckets == NULL)
        fail_msg("%s", err->message);
}

static void open_service(Fixture *fixture) {
    Err err = {0};
    IndexDeps deps = {
        .buckets = fixture->buckets,
        .catalog = fixture->catalog,
        .duck = fixture->duck,
        .cache = fixture->cache,
        .models = fixture->models,
        .pool = fixture->pool,
        .budget = fixture->budget,
    };
    fixture->service = index_service_create(&fixture->config, &deps, &err);
    if (fixture->service == NULL)
        fail_msg("%s", err.message);
}

Fixture *fixture_create(void) {
    Err err = {0};
    Arena *arena = arena_create();
    Fixture *fixture = ARENA_NEW(arena, Fixture);
    fixture->arena = arena;
    if (access("/dev/shm", W_OK) == 0) /* durability is not what is tested: sync nothing slow */
        setenv("TMPDIR", "/dev/shm", 0);
    fixture->folder = temp_folder_create();
    open_buckets(fixture, &err);
    fixture->catalog = catalog_open(fixture->buckets, &err);
    DuckConfig duck = {
        .memory_bytes = 512 << 20, .threads = 2, .temp_directory = folder_of(fixture, "spill")};
    fixture->duck = duck_open(&duck, &err);
    fixture->cache = object_cache_open(folder_of(fixture, "objects"), 1 << 30, &err);
    if (fixture->catalog == NULL || fixture->duck == NULL || fixture->cache == NULL)
        fail_msg("%s", err.message);
    ModelSpec models[] = {
        {.name = STR("fake"), .kind = STR("fake"), .dimensions = 16},
        {.name = STR("other-fake"), .kind = STR("fake"), .dimensions = 24},
    };
    fixture->pool = pool_create(2);
    fixture->models = model_set_create(models, 2, STR("fake"), fixture->pool);
    fixture->budget = budget_create(UINT64_C(1) << 30);
    fixture->config = (IndexConfig){
        .row_cache_directory = folder_of(fixture, "copies"),
        .chunk_size = 500,
        .overlap = 50,
        .embed_batch = 4,
        .checkpoint_texts = 8,
        .graph_rows_min = 100000,
        .segments_max = 4,
        .query_cache_entries = 8,
        .hnsw = hnsw_params_default(),
    };
    open_service(fixture);
    return fixture;
}

void fixture_restart(Fixture *fixture) {
    index_service_destroy(fixture->service);
    open_service(fixture);
}

void fixture_forget_copies(Fixture *fixture) {
    index_service_destroy(fixture->service);
    const char *folder = str_to_c(fixture->arena, fixture->config.row_cache_directory);
    DIR *copies = opendir(folder);
    assert_non_null(copies);
    for (struct dirent *item = readdir(copies); item != NULL; item = readdir(copies))
        if (item->d_name[0] != '.')
            unlinkat(dirfd(copies), item->d_name, 0);
    closedir(copies);
    open_service(fixture);
}

void fixture_destroy(Fixture *fixture) {
    index_service_destroy(fixture->service);
    assert_int_equal(budget_used(fixture->budget), 0); /* whatever was taken was given back */
    model_set_destroy(fixture->models);
    object_cache_close(fixture->cache);
    duck_close(fixture->duck);
    catalog_close(fixture->catalog);
    bucket_registry_close(fixture->buckets);
    store_close(fixture->faulty);
    pool_destroy(fixture->pool);
    budget_destroy(fixture->budget);
    temp_folder_remove(fixture->folder);
    arena_destroy(fixture->arena);
}

/* --- datasets ------------------------------------------------------------------------------- */

static Schema plan_schema(Fixture *fixture, Arena *arena, const char *dataset, CommitMode mode,
                          const FixtureColumn *columns, size_t count, uint64_t *out_base) {
    Err err = {0};
    Schema incoming = {ARENA_ARRAY(arena, SchemaColumn, count), count, 0};
    for (size_t i = 0; i < count; i++)
        incoming.columns[i] = (SchemaColumn){
            .name = str_c(columns[i].name), .type = str_c(columns[i].type), .nullable = true};
    Snapshot current;
    bool exists = catalog_snapshot(fixture->catalog, str_c(dataset), 0, arena, &current, &err);
    *out_base = exists ? current.id : 0;
    Schema planned;
    SchemaChange change = mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND;
    assert_ok(
        schema_plan(exists ? &current.schema : NULL, &incoming, change, arena, &planned, &err),
        &err);
    return planned;
}

void fixture_load_select(Fixture *fixture, const char *dataset, CommitMode mode, const char *select,
                         const FixtureColumn *columns, size_t count) {
    Err err = {0};
    Arena *arena = arena_create();
    CommitRequest commit = {.dataset = str_c(dataset), .mode = mode};
    commit.schema =
        plan_schema(fixture, arena, dataset, mode, columns, count, &commit.base_snapshot_id);
    ParquetColumn *ids = ARENA_ARRAY(arena, ParquetColumn, count);
    for (size_t i = 0; i < count; i++) {
        Str name = str_c(columns[i].name);
        ids[i] = (ParquetColumn){name, schema_find(&commit.schema, name)->field_id};
    }
    ParquetRequest request = {.path = folder_of(fixture, "load.parquet"),
                              .columns = ids,
                              .column_count = count,
                              .row_group_rows = 4096};
    ParquetWritten written;
    DuckSession *session = duck_session_open(fixture->duck, &err);
    assert_non_null(session);
    assert_ok(duck_write_parquet(session, str_c(select), &request, arena, &written, &err), &err);
    duck_session_close(session);
    DataFile file = {
        .key = catalog_new_file_key(str_c(dataset), arena),
        .rows = written.rows,
        .size_bytes = written.size_bytes,
    };
    ObjectStore *store;
    PutSource source = {.path = str_to_c(arena, request.path)};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    assert_ok(bucket_find(fixture->buckets, STR("primary"), arena, &store, &err), &err);
    assert_ok(store_put_source(store, file.key, &source, &condition, arena, &file.etag, &err),
              &err);
    commit.added = &file;
    commit.added_count = 1;
    commit.lineage = (LineageEntry){.source_system = STR("file"),
                                    .source = STR("test"),
                                    .mode = mode == COMMIT_REPLACE ? STR("replace") : STR("append"),
                                    .rows = written.rows};
    Snapshot snapshot;
    assert_ok(catalog_commit(fixture->catalog, &commit, arena, &snapshot, &err), &err);
    arena_destroy(arena);
}

static Str literal_or_null(const char *text, Arena *arena) {
    return text == NULL ? STR("NULL") : duck_literal(str_c(text), arena);
}

void fixture_load(Fixture *fixture, const char *dataset, CommitMode mode, const FixtureDoc *docs,
                  size_t count) {
    static const FixtureColumn columns[] = {{"id", "VARCHAR"}, {"text", "VARCHAR"}};
    Arena *arena = arena_create();
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SELECT id::VARCHAR AS id, text::VARCHAR AS text FROM (VALUES ");
    for (size_t i = 0; i < count; i++) {
        Str id = literal_or_null(docs[i].id, arena);
        Str text = literal_or_null(docs[i].text, arena);
        strbuf_append_format(&sql, "%s(%.*s, %.*s)", i == 0 ? "" : ", ", STR_ARG(id),
                             STR_ARG(text));
    }
    if (count == 0)
        strbuf_append_c(&sql, "(NULL, NULL)");
    strbuf_append_format(&sql, ") v(id, text)%s", count == 0 ? " WHERE false" : "");
    fixture_load_select(fixture, dataset, mode, str_to_c(arena, strbuf_str(&sql)), columns, 2);
    arena_destroy(arena);
}

/* --- asking --------------------------------------------------------------------------------- */

RefreshRequest fixture_request(const char *dataset, const char *index_name) {
    return (RefreshRequest){
        .dataset = str_c(dataset),
        .index_name = str_c(index_name),
        .id_column = STR("id"),
        .text_column = STR("text"),
        .overlap = UINT32_MAX,
    };
}

RefreshResult fixture_refresh(Fixture *fixture, const char *dataset, const char *index_name) {
    Err err = {0};
    RefreshRequest request = fixture_request(dataset, index_name);
    RefreshResult result;
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    return result;
}

uint64_t fixture_embedded(void) {
    return metric_value(METRIC_EMBED_TEXTS);
}

const char *fixture_first_hit(Fixture *fixture, const char *index_name, const char *text) {
    Err err = {0};
    IndexAnswer answer;
    IndexQuery query = {.index_name = str_c(index_name), .text = str_c(text), .top_k = 1};
    Arena *arena = arena_create();
    assert_ok(index_search(fixture->service, &query, arena, &answer, &err), &err);
    const char *id = answer.hit_count == 0 ? "" : str_to_c(fixture->arena, answer.hits[0].doc_id);
    arena_destroy(arena);
    return id;
}

size_t fixture_chunks(Fixture *fixture, const char *index_name, const char *doc_id) {
    Err err = {0};
    Arena *arena = arena_create();
    IndexHit *chunks;
    size_t count = 0;
    bool found =
        index_doc(fixture->service, str_c(index_name), str_c(doc_id), arena, &chunks, &count, &err);
    if (!found)
        assert_int_equal(err.kind, FAIL_NOT_FOUND);
    arena_destroy(arena);
    return found ? count : 0;
}

void fixture_check(Fixture *fixture, const char *index_name) {
    Err err = {0};
    Arena *arena = arena_create();
    IndexCheck check;
    assert_ok(index_check(fixture->service, str_c(index_name), arena, &check, &err), &err);
    arena_destroy(arena);
}

size_t fixture_count_objects(Fixture *fixture, const char *prefix) {
    Err err = {0};
    Arena *arena = arena_create();
    ListRequest request = {.prefix = str_c(prefix), .limit = 10000};
    ObjectPage page;
    assert_ok(store_list(fixture->faulty, &request, arena, &page, &err), &err);
    size_t count = page.count;
    arena_destroy(arena);
    return count;
}
