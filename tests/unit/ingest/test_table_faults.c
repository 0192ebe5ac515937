/* test_table_faults.c - whatever call of the store goes wrong while a table is loaded, the dataset
 * is as before or has the whole table, and the same request afterwards brings every row once. */
#include "table_case.h"

#include "ingest/load_checkpoint.h"

typedef struct Fault {
    const char *label;
    size_t offset; /* of the number in FaultPlan */
} Fault;

static const Fault faults[] = {
    {"fails", offsetof(FaultPlan, fail_nth)},
    {"tears", offsetof(FaultPlan, tear_nth)},
    {"is done but its answer lost", offsetof(FaultPlan, lost_nth)},
    {"is the last to succeed", offsetof(FaultPlan, fail_after)},
};

enum { CALLS_MAX = 200, ROWS = 10 };

static const char before[] = "7|7|28\n";

/* 7 rows are there; the table has 10. */
static const char *rows_after(IngestMode mode) {
    return mode == INGEST_APPEND    ? "17|10|83\n"
           : mode == INGEST_REPLACE ? "10|10|55\n"
                                    : "10|10|55\n";
}

static Str look(IngestCase *c, const char *dataset) {
    return ingest_case_rows(c, dataset, "SELECT count(*), count(DISTINCT id), sum(id) FROM d");
}

static MemoryTable table_to_load(IngestCase *c, bool has_key) {
    MemoryTable table = table_case_numbers(c, ROWS, "v");
    table.batch_rows = 2;
    table.rows_unknown = true;
    table.key_count = has_key ? 1 : 0;
    return table;
}

static void must_be(IngestCase *c, const char *dataset, const char *expected, const char *other,
                    const char *when, uint64_t nth, const Fault *fault) {
    Str rows = look(c, dataset);
    if (!str_eq_c(rows, expected) && !str_eq_c(rows, other))
        fail_msg("call %llu %s, %s: '%.*s'", (unsigned long long)nth, fault->label, when,
                 STR_ARG(rows));
}

/* True when the load met no fault any more. */
static bool run_one(IngestCase *c, const Fault *fault, uint64_t nth, IngestMode mode, bool has_key,
                    uint64_t batch_rows) {
    char dataset[64];
    snprintf(dataset, sizeof dataset, "d-%zu-%d-%d-%llu-%llu", fault->offset, (int)mode, has_key,
             (unsigned long long)batch_rows, (unsigned long long)nth);
    MemoryTable first = table_case_numbers(c, 7, "o"), table = table_to_load(c, has_key);
    IngestTableRequest request = {.dataset = str_c(dataset), .table = STR("first")};
    table_case_load(c, &request, &first);
    request.mode = mode;
    request.key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY;
    request.batch_rows = batch_rows;
    FaultPlan plan = {0};
    memcpy((char *)&plan + fault->offset, &nth, sizeof nth);
    store_faulty_set_plan(c->primary, &plan);
    bool ok = table_case_try(c, &request, &table);
    uint64_t calls = store_faulty_calls(c->primary);
    store_faulty_set_plan(c->primary, &(FaultPlan){0});
    assert_true(ok || c->err.message[0] != '\0');
    const char *after = rows_after(mode);
    must_be(c, dataset, after, ok ? after : before, "then", nth, fault);
    if (ok)
        return calls < nth;
    table_case_load(c, &request, &table);
    must_be(c, dataset, after, after, "again", nth, fault);
    LoadCheckpoint *left;
    size_t left_count;
    assert_ok(load_checkpoint_list(c->primary, c->arena, &left, &left_count, &c->err), &c->err);
    if (left_count != 0)
        fail_msg("call %llu %s: a checkpoint is left", (unsigned long long)nth, fault->label);
    return false;
}

/* `step` 3: the first fault and the last. */
static void sweep(IngestCase *c, IngestMode mode, bool has_key, uint64_t batch_rows, size_t step) {
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i += step) {
        uint64_t nth = 1;
        while (nth < CALLS_MAX && !run_one(c, &faults[i], nth, mode, has_key, batch_rows))
            nth++;
        assert_in_range(nth, 10, CALLS_MAX - 1);
    }
}

static void appends_with_a_key(void **state) {
    sweep(*state, INGEST_APPEND, true, 3, 1);
}
static void appends_without_a_key(void **state) {
    sweep(*state, INGEST_APPEND, false, 3, 3);
}
static void appends_of_one_file(void **state) {
    sweep(*state, INGEST_APPEND, true, 100, 1);
}
static void replacements(void **state) {
    sweep(*state, INGEST_REPLACE, true, 3, 3);
}
static void upserts(void **state) {
    sweep(*state, INGEST_UPSERT, true, 3, 3);
}

/* ---- cancelled, and out of memory ---- */

typedef struct Stopper {
    Progress progress;
    uint64_t at;
} Stopper;

static bool stop_at(void *context, uint64_t rows_so_far, Err *err) {
    Stopper *stopper = context;
    if (rows_so_far >= stopper->at)
        atomic_store(&stopper->progress.cancel, true);
    return progress_check(&stopper->progress, err);
}

static void a_cancelled_load_can_be_gone_on_with(void **state) {
    IngestCase *c = *state;
    for (uint64_t at = 0; at <= ROWS; at += 2) {
        Stopper stopper = {.at = at};
        MemoryTable table = table_to_load(c, true);
        table.before_batch = stop_at;
        table.context = &stopper;
        IngestTableRequest request = {.dataset = STR("c"), .table = STR("t"), .batch_rows = 3};
        RowSource *source = source_memory_open(&table, &stopper.progress);
        assert_fails(ingest_source(c->ingest, &request, source, &stopper.progress, c->arena,
                                   &c->result, &c->err),
                     &c->err, FAIL_CANCELLED);
        row_source_close(source);
        table.before_batch = NULL;
        table_case_load(c, &request, &table);
        assert_str_equal(look(c, "c"), "10|10|55\n");
        table_case_expect_tidy(c, "c");
        assert_ok(catalog_drop(c->catalog, STR("c"), &c->err), &c->err);
    }
}

static void a_budget_that_is_spent_refuses(void **state) {
    IngestCase *c = *state;
    Budget *small = budget_create(1 << 20);
    IngestConfig config = {.staging_directory = str_format(c->arena, "%s/staging", c->folder)};
    Ingest *ingest =
        ingest_create(&config, c->duck, c->catalog, c->buckets, c->cache, small, &c->err);
    MemoryTable table = table_to_load(c, true);
    IngestTableRequest request = {.dataset = STR("b"), .table = STR("t")};
    RowSource *source = source_memory_open(&table, NULL);
    assert_fails(ingest_source(ingest, &request, source, NULL, c->arena, &c->result, &c->err),
                 &c->err, FAIL_NO_MEMORY);
    row_source_close(source);
    assert_int_equal(budget_used(small), 0);
    ingest_destroy(ingest);
    budget_destroy(small);
}

/* ---- another process goes on from the checkpoint ---- */

typedef struct OtherProcess {
    IngestCase *c;
    Arena *arena; /* of the reading thread */
    bool done;
} OtherProcess;

/* One try; false with FAIL_CONFLICT when the load noted another file meanwhile. */
static bool save_again(const OtherProcess *other, Err *err) {
    ObjectStore *store = other->c->primary;
    LoadCheckpoint *list;
    size_t count;
    Str bytes;
    ObjectInfo info;
    if (!load_checkpoint_list(store, other->arena, &list, &count, err))
        return false;
    if (count != 1)
        return err_fail(err, FAIL_INTERNAL, "%zu checkpoints", count);
    if (!store_get(store, list[0].key, other->arena, &bytes, &info, err))
        return false;
    Str saved_again = str_format(other->arena, "%.*s\n", STR_ARG(bytes));
    return store_put_if_match(store, list[0].key, saved_again, info.etag, other->arena, NULL, err);
}

/* By now the first files are noted: the ring is at most eight batches ahead. */
static bool take_over(void *context, uint64_t rows_so_far, Err *err) {
    enum { TRIES_MAX = 100 };
    OtherProcess *other = context;
    if (rows_so_far < 30 || other->done)
        return true;
    other->done = true;
    for (int i = 0; i < TRIES_MAX; i++) {
        err_clear(err);
        if (save_again(other, err))
            return true;
        if (!err_is(err, FAIL_CONFLICT))
            return false;
    }
    return false;
}

static void a_load_that_was_taken_over_leaves_all_to_the_other(void **state) {
    IngestCase *c = *state;
    OtherProcess other = {.c = c, .arena = arena_create()};
    MemoryTable table = table_case_numbers(c, 40, "v");
    table.batch_rows = 2;
    table.rows_unknown = true;
    table.before_batch = take_over;
    table.context = &other;
    IngestTableRequest request = {.dataset = STR("o"), .table = STR("t"), .batch_rows = 3};
    assert_false(table_case_try(c, &request, &table));
    assert_true(other.done);
    assert_int_equal(c->err.kind, FAIL_CONFLICT);
    LoadCheckpoint *list;
    size_t count;
    assert_ok(load_checkpoint_list(c->primary, c->arena, &list, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
    assert_int_equal(table_case_objects(c, "data/o/"), list[0].file_count);
    table_case_load(c, &request, &table);
    assert_true(c->result.resumed_rows > 0);
    assert_str_equal(look(c, "o"), "40|40|820\n");
    table_case_expect_tidy(c, "o");
    arena_destroy(other.arena);
}

int suite_test_table_faults(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(appends_with_a_key),
        CASE(appends_without_a_key),
        CASE(appends_of_one_file),
        CASE(replacements),
        CASE(upserts),
        CASE(a_cancelled_load_can_be_gone_on_with),
        CASE(a_budget_that_is_spent_refuses),
        CASE(a_load_that_was_taken_over_leaves_all_to_the_other),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
