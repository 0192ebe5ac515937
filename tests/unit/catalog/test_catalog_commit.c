/* test_catalog_commit.c - the three modes, what makes a commit conflict, files that are not there,
 * and writers that race: in one process, and as two processes would (two catalogs, one store). */
#include "catalog_case.h"

#include <pthread.h>

#include "base/metrics.h"
#include "base/vec.h"

typedef CatalogCase Case;

static Snapshot append(Case *c, const char *columns, uint64_t rows) {
    Snapshot snapshot;
    assert_ok(catalog_case_append(c, "d", columns, rows, &snapshot, &c->err), &c->err);
    return snapshot;
}

static CommitRequest request_for(Case *c, const Snapshot *base, CommitMode mode,
                                 const char *columns, DataFile *file) {
    *file = catalog_case_file(c, c->primary, "d", 7);
    SchemaChange change = mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND;
    return (CommitRequest){
        .dataset = STR("d"),
        .mode = mode,
        .schema = catalog_case_plan(c, base == NULL ? NULL : &base->schema, change, columns),
        .base_snapshot_id = base == NULL ? 0 : base->id,
        .added = file,
        .added_count = 1};
}

static void commit(Case *c, const CommitRequest *request, Snapshot *out) {
    assert_ok(catalog_commit(c->catalog, request, c->arena, out, &c->err), &c->err);
}

static void refuse(Case *c, const CommitRequest *request, FailKind kind) {
    Snapshot before, after, unused;
    bool exists = catalog_snapshot(c->catalog, request->dataset, 0, c->arena, &before, &c->err);
    assert_fails(catalog_commit(c->catalog, request, c->arena, &unused, &c->err), &c->err, kind);
    assert_true(catalog_snapshot(c->catalog, request->dataset, 0, c->arena, &after, &c->err) ==
                exists);
    if (exists)
        assert_int_equal(before.id, after.id);
}

static void a_replacement_is_all_there_is(void **state) {
    Case *c = *state;
    append(c, "a INTEGER", 10);
    Snapshot base = append(c, "a INTEGER; b DATE", 10), next;
    DataFile file;
    CommitRequest request = request_for(c, &base, COMMIT_REPLACE, "b DATE; c VARCHAR", &file);
    commit(c, &request, &next);
    assert_int_equal(next.rows, 7);
    assert_int_equal(next.file_count, 1);
    assert_int_equal(next.schema.count, 2);
    assert_int_equal(next.schema.columns[0].field_id, 2);
    assert_int_equal(next.schema.columns[1].field_id, 3);
    catalog_case_expect_rows(c, "d", 7, 1);
}

static void a_rewrite_swaps_files(void **state) {
    Case *c = *state;
    append(c, "a INTEGER", 10);
    append(c, "a INTEGER", 20);
    Snapshot base = append(c, "a INTEGER", 30), next;
    DataFile file;
    CommitRequest request = request_for(c, &base, COMMIT_REWRITE, "a INTEGER", &file);
    Str removed[] = {base.files[0].key, base.files[2].key, base.files[0].key};
    request.removed_keys = removed;
    request.removed_count = 3; /* one of them twice */
    commit(c, &request, &next);
    assert_int_equal(next.rows, 27);
    assert_int_equal(next.file_count, 2);
    assert_true(str_eq(next.files[0].key, base.files[1].key));
    request.base_snapshot_id = base.id; /* out of date now */
    refuse(c, &request, FAIL_CONFLICT);
    request.base_snapshot_id = next.id;
    refuse(c, &request, FAIL_CONFLICT); /* the files are gone already */
}

static void a_delete_of_all_leaves_an_empty_dataset(void **state) {
    Case *c = *state;
    Snapshot base = append(c, "a INTEGER", 10), next;
    CommitRequest request = {.dataset = STR("d"),
                             .mode = COMMIT_REWRITE,
                             .schema = base.schema,
                             .base_snapshot_id = base.id,
                             .removed_keys = &base.files[0].key,
                             .removed_count = 1};
    commit(c, &request, &next);
    assert_int_equal(next.file_count, 0);
    assert_int_equal(next.rows, 0);
    assert_int_equal(next.schema.count, 1);
    catalog_case_restart(c);
    catalog_case_expect_rows(c, "d", 0, 0);
}

static void an_outdated_append_is_redone_if_it_fits(void **state) {
    Case *c = *state;
    Snapshot base = append(c, "a INTEGER", 1), next;
    DataFile file;
    CommitRequest request = request_for(c, &base, COMMIT_APPEND, "a INTEGER", &file);
    append(c, "a INTEGER; b DATE", 2);
    commit(c, &request, &next);
    assert_int_equal(next.rows, 10);
    assert_int_equal(next.schema.count, 2);
    /* both would give field id 3 to a column of their own */
    Snapshot old = next;
    request = request_for(c, &old, COMMIT_APPEND, "a INTEGER; x DATE", &file);
    append(c, "a INTEGER; y DATE", 2);
    refuse(c, &request, FAIL_CONFLICT);
}

static void two_first_loads_meet(void **state) {
    Case *c = *state;
    DataFile file;
    Snapshot next;
    CommitRequest request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER; b DATE", &file);
    append(c, "a INTEGER; b DATE", 1);
    commit(c, &request, &next); /* the same columns, the same ids */
    assert_int_equal(next.rows, 8);
    request = request_for(c, NULL, COMMIT_APPEND, "b DATE; a INTEGER", &file);
    refuse(c, &request, FAIL_CONFLICT);
}

static void a_dataset_dropped_meanwhile_is_a_conflict(void **state) {
    Case *c = *state;
    Snapshot base = append(c, "a INTEGER", 1);
    DataFile file;
    CommitRequest request = request_for(c, &base, COMMIT_APPEND, "a INTEGER", &file);
    assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    refuse(c, &request, FAIL_CONFLICT);
    request.mode = COMMIT_REWRITE;
    request.base_snapshot_id = 0;
    refuse(c, &request, FAIL_CONFLICT);
}

static void files_must_be_what_they_are_said_to_be(void **state) {
    Case *c = *state;
    Snapshot base = append(c, "a INTEGER", 1);
    DataFile file;
    CommitRequest request = request_for(c, &base, COMMIT_APPEND, "a INTEGER", &file);
    DataFile good = file;
    file.key = STR("data/d/missing.parquet");
    refuse(c, &request, FAIL_NOT_FOUND);
    file = good;
    file.size_bytes++;
    refuse(c, &request, FAIL_CORRUPT);
    file = good;
    file.etag = STR("0123");
    refuse(c, &request, FAIL_CORRUPT);
    file = good;
    file.key = STR("catalog/d/head.json");
    refuse(c, &request, FAIL_INVALID);
    file.key = base.files[0].key;
    file.size_bytes = base.files[0].size_bytes;
    file.etag = base.files[0].etag;
    refuse(c, &request, FAIL_INVALID); /* part of it already */
    file = good;
    file.etag = STR_EMPTY; /* then the commit fills it in */
    Snapshot next;
    commit(c, &request, &next);
    assert_true(str_eq(next.files[1].etag, good.etag));
}

static void bad_requests(void **state) {
    Case *c = *state;
    DataFile file;
    CommitRequest request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER", &file);
    request.schema.count = 0;
    refuse(c, &request, FAIL_UNPROCESSABLE);
    request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER", &file);
    request.dataset = STR("../x");
    refuse(c, &request, FAIL_INVALID);
    request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER", &file);
    request.bucket = STR("nowhere");
    refuse(c, &request, FAIL_NOT_FOUND);
    request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER", &file);
    request.removed_keys = &file.key;
    request.removed_count = 1;
    refuse(c, &request, FAIL_INVALID);
}

static void odd_texts_survive_in_lineage_and_statistics(void **state) {
    Case *c = *state;
    DataFile file;
    CommitRequest request = request_for(c, NULL, COMMIT_APPEND, "a INTEGER", &file);
    request.lineage.source = STR("caf\xc3\xa9 \"x\"\\ \xe6\x97\xa5\n.csv");
    request.lineage.rejected = 3;
    Coercion coercion = {STR("a"), STR("UTINYINT to INTEGER"), 7};
    request.lineage.coercions = &coercion;
    request.lineage.coercion_count = 1;
    ColumnStats *stats = file.stats;
    stats->min_text = STR("cut \xe6\x97"); /* in the middle of a character */
    stats->max_text = (Str){"nul\0inside", 10};
    Snapshot next;
    commit(c, &request, &next);
    catalog_case_restart(c);
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &next, &c->err), &c->err);
    assert_str_equal(next.lineage.source, "caf\xc3\xa9 \"x\"\\ \xe6\x97\xa5\n.csv");
    assert_int_equal(next.lineage.rejected, 3);
    assert_str_equal(next.lineage.coercions[0].rule, "UTINYINT to INTEGER");
    assert_false(next.files[0].stats[0].has_bounds);
    assert_int_equal(next.files[0].rows, 7);
}

static void ids_grow_whatever_the_clock_says(void **state) {
    Case *c = *state;
    uint64_t last = 0;
    for (int i = 0; i < 30; i++) {
        Snapshot snapshot = append(c, "a INTEGER", 1);
        assert_true(snapshot.id > last);
        last = snapshot.id;
    }
    /* a head from a clock that ran ahead */
    Str text, far = STR("9000000000000000");
    Str head_key = STR("catalog/d/head.json");
    assert_ok(store_get(c->primary, head_key, c->arena, &text, NULL, &c->err), &c->err);
    Str id = str_format(c->arena, "%llu", (unsigned long long)last);
    Str snapshot_from = str_format(c->arena, "catalog/d/snapshots/%.*s.json", STR_ARG(id));
    Str snapshot_to = str_format(c->arena, "catalog/d/snapshots/%.*s.json", STR_ARG(far));
    size_t at = str_find(text, id, 0);
    text = str_format(c->arena, "%.*s%.*s%.*s", (int)at, text.data, STR_ARG(far),
                      STR_ARG(str_slice(text, at + id.length, text.length)));
    assert_ok(store_put(c->primary, head_key, text, c->arena, NULL, &c->err), &c->err);
    assert_ok(store_get(c->primary, snapshot_from, c->arena, &text, NULL, &c->err), &c->err);
    at = str_find(text, id, 0);
    text = str_format(c->arena, "%.*s%.*s%.*s", (int)at, text.data, STR_ARG(far),
                      STR_ARG(str_slice(text, at + id.length, text.length)));
    assert_ok(store_put(c->primary, snapshot_to, text, c->arena, NULL, &c->err), &c->err);
    Snapshot next = append(c, "a INTEGER", 1);
    assert_int_equal(next.id, 9000000000000001);
    assert_int_equal(next.rows, 31);
}

/* --- races ------------------------------------------------------------------------------- */

enum { WRITERS = 6, APPENDS = 8 };

typedef struct Writer {
    Case *c;
    Catalog *catalog;
    int number;
    bool ok;
    Err err;
} Writer;

static bool append_once(Writer *writer, Arena *arena, int round) {
    Str key = str_format(arena, "data/d/%d-%d.parquet", writer->number, round);
    Str content = STR("0123456789");
    SchemaColumn column = {0, STR("a"), STR("INTEGER"), false};
    Schema incoming = {&column, 1, 0};
    Snapshot newest = {0}, next;
    DataFile file = {.key = key, .rows = 1, .size_bytes = content.length};
    bool exists = catalog_snapshot(writer->catalog, STR("d"), 0, arena, &newest, &writer->err);
    if (!exists && writer->err.kind != FAIL_NOT_FOUND)
        return false;
    CommitRequest request = {.dataset = STR("d"),
                             .mode = COMMIT_APPEND,
                             .base_snapshot_id = newest.id,
                             .added = &file,
                             .added_count = 1};
    return store_put_if_absent(writer->c->primary, key, content, arena, &file.etag, &writer->err) &&
           schema_plan(exists ? &newest.schema : NULL, &incoming, SCHEMA_EXTEND, arena,
                       &request.schema, &writer->err) &&
           catalog_commit(writer->catalog, &request, arena, &next, &writer->err) &&
           next.id > newest.id;
}

static void *append_many(void *argument) {
    Writer *writer = argument;
    writer->ok = true;
    for (int round = 0; round < APPENDS && writer->ok; round++) {
        Arena *arena = arena_create();
        writer->ok = append_once(writer, arena, round);
        arena_destroy(arena);
    }
    return NULL;
}

static void race(Case *c, Catalog *second) {
    pthread_t threads[WRITERS];
    Writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.c = c, .catalog = i % 2 == 0 ? c->catalog : second, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WRITERS; i++)
        if (!writers[i].ok)
            fail_msg("writer %d: %s", i, writers[i].err.message);
    catalog_case_expect_rows(c, "d", WRITERS * APPENDS, WRITERS * APPENDS);
    Snapshot *history;
    size_t count;
    assert_ok(catalog_history(c->catalog, STR("d"), 1000, c->arena, &history, &count, &c->err),
              &c->err);
    assert_int_equal(count, WRITERS * APPENDS);
    ListRequest snapshots = {.prefix = STR("catalog/d/snapshots/"), .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(c->primary, &snapshots, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, count); /* losers took theirs back */
}

static void writers_of_one_process_queue(void **state) {
    Case *c = *state;
    uint64_t retries = metric_value(METRIC_CATALOG_RETRIES);
    uint64_t commits = metric_value(METRIC_CATALOG_COMMITS);
    race(c, c->catalog);
    assert_int_equal(metric_value(METRIC_CATALOG_RETRIES), retries);
    assert_int_equal(metric_value(METRIC_CATALOG_COMMITS), commits + WRITERS * APPENDS);
}

static void writers_of_two_processes_swap(void **state) {
    Case *c = *state;
    Catalog *second = catalog_open(c->buckets, &c->err);
    race(c, second);
    catalog_close(second);
}

/* Two datasets whose names differ only in case cannot come up at once. */
static void *create_one(void *argument) {
    Writer *writer = argument;
    Arena *arena = arena_create();
    SchemaColumn column = {1, STR("a"), STR("INTEGER"), false};
    CommitRequest request = {.dataset = writer->number % 2 == 0 ? STR("Case") : STR("cASE"),
                             .schema = {&column, 1, 1}};
    Snapshot next;
    writer->ok = catalog_commit(writer->catalog, &request, arena, &next, &writer->err);
    arena_destroy(arena);
    return NULL;
}

static void names_that_differ_in_case_do_not_race(void **state) {
    Case *c = *state;
    pthread_t threads[4];
    Writer writers[4];
    for (int i = 0; i < 4; i++) {
        writers[i] = (Writer){.c = c, .catalog = c->catalog, .number = i};
        pthread_create(&threads[i], NULL, create_one, &writers[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        assert_true(writers[i].ok);
    DatasetInfo *infos;
    size_t count;
    assert_ok(catalog_list(c->catalog, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
}

/* Readers see every state whole while writers commit and drop. */
static void *read_states(void *argument) {
    Writer *reader = argument;
    reader->ok = true;
    for (int i = 0; i < 150 && reader->ok; i++) {
        Arena *arena = arena_create();
        Snapshot snapshot;
        bool found = catalog_snapshot(reader->catalog, STR("d"), 0, arena, &snapshot, &reader->err);
        reader->ok =
            found ? snapshot.rows == snapshot.file_count : reader->err.kind == FAIL_NOT_FOUND;
        arena_destroy(arena);
    }
    return NULL;
}

static void readers_see_whole_states(void **state) {
    Case *c = *state;
    Writer writer = {.c = c, .catalog = c->catalog, .number = 100};
    Writer readers[2] = {{.c = c, .catalog = c->catalog}, {.c = c, .catalog = c->catalog}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, read_states, &readers[i]);
    bool ok = true;
    for (int round = 0; round < 40 && ok; round++) {
        Arena *arena = arena_create();
        ok = append_once(&writer, arena, round) &&
             (round % 5 != 4 || catalog_drop(c->catalog, STR("d"), &writer.err));
        arena_destroy(arena);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_ok(ok, &writer.err);
    for (int i = 0; i < 2; i++)
        if (!readers[i].ok)
            fail_msg("reader: %s", readers[i].err.message);
}

int suite_test_catalog_commit(void);
int suite_test_catalog_commit(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, catalog_case_set_up, catalog_case_tear_down)
        CASE(a_replacement_is_all_there_is),
        CASE(a_rewrite_swaps_files),
        CASE(a_delete_of_all_leaves_an_empty_dataset),
        CASE(an_outdated_append_is_redone_if_it_fits),
        CASE(two_first_loads_meet),
        CASE(a_dataset_dropped_meanwhile_is_a_conflict),
        CASE(files_must_be_what_they_are_said_to_be),
        CASE(bad_requests),
        CASE(odd_texts_survive_in_lineage_and_statistics),
        CASE(ids_grow_whatever_the_clock_says),
        CASE(writers_of_one_process_queue),
        CASE(writers_of_two_processes_swap),
        CASE(names_that_differ_in_case_do_not_race),
        CASE(readers_see_whole_states),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
