/* test_table_cursor.c - increments: what is beyond the last load's greatest, once. */
#include "table_case.h"

static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                       {"at", "int", {"INTEGER"}, NULL},
                                       {"v", "text", {"VARCHAR"}, NULL}};
static const size_t key_of_id[] = {0};

static MemoryTable table_of(const char *const *cells, size_t rows) {
    return (MemoryTable){.columns = columns,
                         .column_count = 3,
                         .cells = cells,
                         .row_count = rows,
                         .key_columns = key_of_id,
                         .key_count = 1};
}

static const IngestTableRequest append = {
    .dataset = {"d", 1}, .table = {"t", 1}, .cursor = {"at", 2}};

static const char *const day_1[] = {"1", "10", "a", "2", "20", "b", "3", NULL, "c"};
/* 4 has the cursor that 2 had, 5 and 6 are new; 2 was changed; 7 has none */
static const char *const day_2[] = {"1", "10", "a",  "2", "20", "B",  "3", NULL, "c",  "4", "20",
                                    "d", "5",  "25", "e", "6",  "30", "f", "7",  NULL, "g"};

static Str ids(IngestCase *c) {
    return ingest_case_rows(c, "d", "SELECT string_agg(id || v, ' ' ORDER BY id, v) FROM d");
}

static void appends_take_what_is_greater(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7);
    table_case_load(c, &append, &one);
    ingest_case_expect(c, 3, 3, 0);
    assert_str_equal(c->result.cursor_value, "20");
    assert_int_equal(c->result.notes.count, 0); /* the first load takes all rows */
    table_case_load(c, &append, &two);
    ingest_case_expect(c, 2, 2, 0);
    assert_str_equal(c->result.cursor_value, "30");
    assert_true(table_case_has_note(c, "2 rows without a value in 'at'"));
    assert_str_equal(ids(c), "1a 2b 3c 5e 6f\n");
    /* nothing new: a load of no rows, and the cursor stays */
    for (int i = 0; i < 2; i++) {
        table_case_load(c, &append, &two);
        ingest_case_expect(c, 0, 0, 0);
        assert_str_equal(c->result.cursor_value, "30");
    }
    /* rows were deleted: the cursor does not go back */
    table_case_load(c, &append, &one);
    assert_str_equal(c->result.cursor_value, "30");
    assert_str_equal(ids(c), "1a 2b 3c 5e 6f\n");
    Snapshot snapshot = table_case_snapshot(c, "d");
    assert_int_equal(snapshot.cursor_count, 1);
    assert_str_equal(snapshot.cursors[0].value, "30");
    assert_int_equal(snapshot.file_count, 2);
}

static void upserts_read_ties_again(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7);
    IngestTableRequest request = append;
    request.mode = INGEST_UPSERT;
    request.key = STR("id");
    table_case_load(c, &request, &one);
    table_case_load(c, &request, &two);
    ingest_case_expect(c, 4, 4, 0);
    assert_str_equal(ids(c), "1a 2B 3c 4d 5e 6f\n");
    table_case_load(c, &request, &two);
    ingest_case_expect(c, 1, 1, 0); /* the greatest, again */
    assert_str_equal(ids(c), "1a 2B 3c 4d 5e 6f\n");
}

static void a_replacement_takes_all_and_sets_the_cursor(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7);
    table_case_load(c, &append, &two);
    IngestTableRequest replace = append;
    replace.mode = INGEST_REPLACE;
    table_case_load(c, &replace, &one);
    ingest_case_expect(c, 3, 3, 0);
    assert_str_equal(c->result.cursor_value, "20");
    table_case_load(c, &append, &two);
    assert_str_equal(ids(c), "1a 2b 3c 5e 6f\n");
    /* without a cursor it forgets how far it was */
    replace.cursor = STR_EMPTY;
    table_case_load(c, &replace, &one);
    assert_int_equal(table_case_snapshot(c, "d").cursor_count, 0);
}

static void other_loads_leave_it_alone(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7), other = two;
    table_case_load(c, &append, &one);
    ingest_case_load_text(c, "d", "1.csv", "id,at,v\n100,1000,z\n");
    other.relation = "another";
    table_case_load(c, &append, &other); /* another source: all of its rows */
    ingest_case_expect(c, 7, 7, 0);
    table_case_load(c, &append, &two);
    ingest_case_expect(c, 2, 2, 0);
    assert_int_equal(table_case_snapshot(c, "d").cursor_count, 2);
}

static void another_cursor_is_not_taken_for_the_same(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7);
    table_case_load(c, &append, &one);
    IngestTableRequest request = append;
    request.cursor = STR("id");
    assert_false(table_case_try(c, &request, &two));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    assert_string_equal(c->err.field, "cursor");
    request.mode = INGEST_UPSERT; /* merging all again does no harm */
    request.key = STR("id");
    table_case_load(c, &request, &two);
    ingest_case_expect(c, 7, 7, 0);
    assert_str_equal(c->result.cursor_value, "7");
}

static void an_empty_table_has_no_cursor_yet(void **state) {
    IngestCase *c = *state;
    MemoryTable none = table_of(day_1, 0), one = table_of(day_1, 3);
    table_case_load(c, &append, &none);
    assert_int_equal(c->result.cursor_value.length, 0);
    assert_int_equal(table_case_snapshot(c, "d").cursor_count, 0);
    table_case_load(c, &append, &one);
    ingest_case_expect(c, 3, 3, 0);
}

/* ---- another increment of the same table is committed while this one reads ---- */

typedef struct Rival {
    IngestCase *c;
    const MemoryTable *table;
    bool done;
} Rival;

static bool overtake(void *context, uint64_t rows_so_far, Err *err) {
    (void)rows_so_far, (void)err;
    Rival *rival = context;
    if (rival->done)
        return true;
    rival->done = true;
    Arena *arena = arena_create();
    IngestTableRequest request = append; /* another load id: the key differs */
    request.mode = INGEST_UPSERT;
    request.key = STR("id");
    RowSource *source = source_memory_open(rival->table, NULL);
    IngestResult result;
    Err own = {0};
    assert_ok(ingest_source(rival->c->ingest, &request, source, NULL, arena, &result, &own), &own);
    row_source_close(source);
    arena_destroy(arena);
    return true;
}

static void an_increment_that_was_overtaken_begins_again(void **state) {
    IngestCase *c = *state;
    MemoryTable one = table_of(day_1, 3), two = table_of(day_2, 7), rivals = two;
    table_case_load(c, &append, &one);
    Rival rival = {.c = c, .table = &rivals};
    two.before_batch = overtake;
    two.context = &rival;
    table_case_load(c, &append, &two);
    assert_true(rival.done);
    assert_str_equal(ids(c), "1a 2B 3c 4d 5e 6f\n"); /* 5 and 6 once */
    ingest_case_expect(c, 0, 0, 0);
    table_case_expect_tidy(c, "d");
}

/* An append is not gone on with: rows between the snapshots would be lost or come twice. */
static void a_stopped_increment(void **state) {
    IngestCase *c = *state;
    MemoryTable table = table_case_numbers(c, 20, "v");
    table.batch_rows = 3;
    table.rows_unknown = true;
    for (int mode = INGEST_APPEND; mode <= INGEST_UPSERT; mode++) {
        uint64_t left = 10;
        IngestTableRequest request = append;
        request.mode = (IngestMode)mode;
        request.key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY;
        request.cursor = STR("id");
        request.batch_rows = 3;
        table.fails_after = &left;
        assert_false(table_case_try(c, &request, &table));
        table.fails_after = NULL;
        table_case_load(c, &request, &table);
        assert_int_equal(c->result.resumed_rows, mode == INGEST_UPSERT ? 12 : 0);
        assert_str_equal(ingest_case_rows(c, "d", "SELECT count(*), count(DISTINCT id) FROM d"),
                         "20|20\n");
        assert_str_equal(c->result.cursor_value, "20");
        table_case_expect_tidy(c, "d");
        assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    }
}

int suite_test_table_cursor(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(appends_take_what_is_greater),
        CASE(upserts_read_ties_again),
        CASE(a_replacement_takes_all_and_sets_the_cursor),
        CASE(other_loads_leave_it_alone),
        CASE(another_cursor_is_not_taken_for_the_same),
        CASE(an_empty_table_has_no_cursor_yet),
        CASE(an_increment_that_was_overtaken_begins_again),
        CASE(a_stopped_increment),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
