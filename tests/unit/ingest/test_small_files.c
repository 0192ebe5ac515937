/* test_small_files.c - a dataset of many small loads: few files, the same rows, little work. */
#include "ingest/small_files.h"

#include "base/rng.h"
#include "ingest_case.h"

static DataFile file_of(uint64_t rows, uint64_t bytes) {
    return (DataFile){.rows = rows, .size_bytes = bytes};
}

static void test_choice(void **state) {
    (void)state;
    DataFile files[100];
    for (size_t i = 0; i < 100; i++)
        files[i] = file_of(10, 1000);
    assert_int_equal(small_files_choose(files, 0), 0);
    assert_int_equal(small_files_choose(files, SMALL_FILES_MIN - 1), 0);
    assert_int_equal(small_files_choose(files, SMALL_FILES_MIN), SMALL_FILES_MIN);
    files[50] = file_of(10, SMALL_FILE_BYTES); /* a large one: what is before it stays */
    assert_int_equal(small_files_choose(files, 100), 49);
    assert_int_equal(small_files_choose(files, 60), 0);
    files[50] = file_of(100000, 1000); /* small, but with more rows than all others */
    assert_int_equal(small_files_choose(files, 100), 49);
    for (size_t i = 0; i < 40; i++) /* empty files are merged as well */
        files[i] = file_of(0, 500);
    assert_int_equal(small_files_choose(files, 40), 40);
    for (size_t i = 0; i < 100; i++) /* no more at once than is good */
        files[i] = file_of(1000, 10 << 20);
    assert_int_equal(small_files_choose(files, 100), 12);
}

/* Random loads without end: how many files stand there, how often is a row rewritten? */
static void test_bounds(void **state) {
    (void)state;
    enum { LOADS = 20000, FILES_MAX = 200 };
    for (uint64_t seed = 1; seed <= 6; seed++) {
        Rng rng = rng_seeded(seed);
        DataFile files[FILES_MAX];
        unsigned depth[FILES_MAX] = {0}; /* most rewritings of a row of the file */
        size_t count = 0, most = 0;
        unsigned deepest = 0;
        for (int load = 0; load < LOADS; load++) {
            size_t merged = small_files_choose(files, count);
            if (merged > 0) {
                size_t first = count - merged;
                for (size_t i = first + 1; i < count; i++) {
                    files[first].rows += files[i].rows;
                    files[first].size_bytes += files[i].size_bytes;
                    depth[first] = depth[i] > depth[first] ? depth[i] : depth[first];
                }
                depth[first]++;
                deepest = depth[first] > deepest ? depth[first] : deepest;
                count = first + 1;
            }
            /* seed 1: all alike; then sizes over several orders */
            uint64_t rows = seed == 1 ? 100 : 1 + rng_below(&rng, 1u << rng_below(&rng, 4 * seed));
            files[count] = file_of(rows, 600 + rows * 8);
            depth[count++] = 0;
            size_t small = 0;
            while (small < count && files[count - 1 - small].size_bytes < SMALL_FILE_BYTES)
                small++;
            most = small > most ? small : most;
            if (count > 150) { /* large ones at the front are out of the game */
                memmove(files, files + 50, (count - 50) * sizeof *files);
                memmove(depth, depth + 50, (count - 50) * sizeof *depth);
                count -= 50;
            }
        }
        assert_in_range(most, SMALL_FILES_MIN, 2 * SMALL_FILES_MIN);
        assert_in_range(deepest, 1, 21); /* log2 of the rows of 16 MiB */
    }
}

/* ---- over a store ---- */

static Snapshot newest(IngestCase *c, const char *dataset) {
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    return snapshot;
}

/* Columns come and widen on the way; the twin is one load of everything. */
static void test_contents_stay(void **state) {
    IngestCase *c = *state;
    enum { LOADS = 150 };
    Rng rng = rng_seeded(7);
    StrBuf all = strbuf_make(c->arena);
    strbuf_append_c(&all, "id,name,extra\n");
    uint64_t next = 0;
    for (int load = 0; load < LOADS; load++) {
        bool has_extra = load >= 40;
        StrBuf text = strbuf_make(c->arena);
        strbuf_append_c(&text, has_extra ? "id,name,extra\n" : "id,name\n");
        for (uint64_t rows = 1 + rng_below(&rng, 20); rows > 0; rows--, next++) {
            Str row = str_format(c->arena, "%llu,%s", (unsigned long long)next,
                                 next % 7 == 0 ? "" : "some name");
            const char *extra = !has_extra ? "" : next % 3 == 0 ? "" : "17";
            strbuf_append_format(&text, "%.*s%s%s\n", STR_ARG(row), has_extra ? "," : "", extra);
            strbuf_append_format(&all, "%.*s,%s\n", STR_ARG(row), extra);
        }
        ingest_case_load(c, "small", "part.csv", str_dup(c->arena, strbuf_str(&text)));
    }
    ingest_case_load(c, "whole", "all.csv", strbuf_str(&all));
    Snapshot snapshot = newest(c, "small");
    assert_in_range(snapshot.file_count, 2, 2 * SMALL_FILES_MIN);
    assert_int_equal(snapshot.rows, next);
    assert_str_equal(ingest_case_types(c, "small"), ingest_case_types(c, "whole").data);
    Str expected = ingest_case_rows(c, "whole", "FROM d");
    Str actual = ingest_case_rows(c, "small", "FROM d"); /* in their order */
    assert_true(str_eq(actual, expected));
}

/* Enough rows for several threads: they still come in their order. */
static void test_order_of_many_rows(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "id\n");
    for (int i = 0; i < 200000; i++)
        strbuf_append_format(&text, "%d\n", i);
    Str bytes = strbuf_str(&text);
    for (int load = 0; load < SMALL_FILES_MIN + 1; load++)
        ingest_case_load(c, "d", "part.csv", bytes);
    Snapshot snapshot = newest(c, "d");
    assert_int_equal(snapshot.file_count, 2);
    assert_int_equal(snapshot.rows, 200000 * (SMALL_FILES_MIN + 1));
    Str wrong = ingest_case_rows(
        c, "d",
        "SELECT count(*) FROM (SELECT id, row_number() OVER () - 1 AS n FROM d) WHERE id <> n % "
        "200000");
    assert_str_equal(wrong, "0\n");
}

/* A data file that cannot be read does not stand in the way of new rows. */
static void test_failed_merge(void **state) {
    IngestCase *c = *state;
    for (int load = 0; load < SMALL_FILES_MIN; load++)
        ingest_case_load_text(c, "d", "part.csv", "id\n1\n");
    Snapshot before = newest(c, "d");
    ObjectStore *store;
    assert_ok(bucket_find(c->buckets, before.bucket, c->arena, &store, &c->err), &c->err);
    assert_ok(store_remove(store, before.files[3].key, &c->err), &c->err);
    ingest_case_load_text(c, "d", "part.csv", "id\n2\n");
    Snapshot after = newest(c, "d");
    assert_int_equal(after.file_count, SMALL_FILES_MIN + 1);
    assert_int_equal(after.rows, SMALL_FILES_MIN + 1);
}

/* A dataset of SMALL_FILES_MIN files of one row, the quick way: copies of its first file. */
static void make_small_files(IngestCase *c, const char *dataset) {
    ingest_case_load_text(c, dataset, "part.csv", "id\n1\n");
    Snapshot first = newest(c, dataset), after;
    ObjectStore *store;
    Str bytes;
    assert_ok(bucket_find(c->buckets, first.bucket, c->arena, &store, &c->err), &c->err);
    assert_ok(store_get(store, first.files[0].key, c->arena, &bytes, NULL, &c->err), &c->err);
    DataFile copies[SMALL_FILES_MIN - 1];
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        copies[i] = first.files[0];
        copies[i].key = catalog_new_file_key(str_c(dataset), c->arena);
        assert_ok(store_put(store, copies[i].key, bytes, c->arena, NULL, &c->err), &c->err);
    }
    CommitRequest commit = {.dataset = str_c(dataset),
                            .mode = COMMIT_APPEND,
                            .schema = first.schema,
                            .base_snapshot_id = first.id,
                            .added = copies,
                            .added_count = ARRAY_LEN(copies),
                            .lineage = first.lineage};
    assert_ok(catalog_commit(c->catalog, &commit, c->arena, &after, &c->err), &c->err);
    assert_int_equal(after.file_count, SMALL_FILES_MIN);
}

/* Whatever call of the store goes wrong: the rows of before, or those and the new one. */
static void sweep(IngestCase *c, size_t offset) {
    enum { CALLS_MAX = 300 };
    char dataset[64];
    for (uint64_t nth = 1; nth < CALLS_MAX; nth++) {
        snprintf(dataset, sizeof dataset, "d-%zu-%llu", offset, (unsigned long long)nth);
        make_small_files(c, dataset);
        FaultPlan plan = {0};
        memcpy((char *)&plan + offset, &nth, sizeof nth);
        store_faulty_set_plan(c->primary, &plan);
        bool ok = ingest_case_try(c, dataset, "new.csv", STR("id\n2\n"), NULL);
        uint64_t calls = store_faulty_calls(c->primary);
        store_faulty_set_plan(c->primary, &(FaultPlan){0});
        Str rows =
            ingest_case_rows(c, dataset, "SELECT id, count(*) FROM d GROUP BY id ORDER BY id");
        bool before = str_eq_c(rows, "1|32\n"), after = str_eq_c(rows, "1|32\n2|1\n");
        if (ok ? !after : !before && !after)
            fail_msg("call %llu, load %s: '%.*s'", (unsigned long long)nth, ok ? "done" : "failed",
                     STR_ARG(rows));
        if (calls < nth) { /* no fault any more: it was merged */
            assert_true(ok);
            assert_int_equal(newest(c, dataset).file_count, 2);
            return;
        }
    }
    fail_msg("a load takes more than %d calls", CALLS_MAX);
}

static void test_faults(void **state) {
    sweep(*state, offsetof(FaultPlan, fail_nth));
    sweep(*state, offsetof(FaultPlan, lost_nth));
    sweep(*state, offsetof(FaultPlan, fail_after));
}

int suite_test_small_files(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice), cmocka_unit_test(test_bounds), CASE(test_contents_stay),
        CASE(test_order_of_many_rows), CASE(test_failed_merge),       CASE(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
