/* test_table_resume.c - a load that was stopped goes on, begins again, or is found to be done: the
 * dataset holds every row once in any case. */
#include "table_case.h"

#include "catalog/snapshot_json.h"
#include "ingest/load_checkpoint.h"

enum { ROWS = 24, FILE_ROWS = 5 };

static const IngestTableRequest append = {
    .dataset = {"d", 1}, .table = {"t", 1}, .batch_rows = FILE_ROWS};

static MemoryTable numbers(IngestCase *c, const char *prefix) {
    MemoryTable table = table_case_numbers(c, ROWS, prefix);
    table.batch_rows = 3;
    table.rows_unknown = true;
    return table;
}

/* Loads, but the connection is lost after so many rows. */
static void stop_load(IngestCase *c, const IngestTableRequest *request, MemoryTable *table,
                      uint64_t rows) {
    uint64_t left = rows;
    table->fails_after = &left;
    assert_false(table_case_try(c, request, table));
    assert_int_equal(c->err.kind, FAIL_UPSTREAM);
    table->fails_after = NULL;
}

static Str checkpoint_key(IngestCase *c) {
    ListRequest request = {.prefix = STR("journal/loads/"), .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(c->primary, &request, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 1);
    return str_dup(c->arena, page.items[0].key);
}

static Str get_object(IngestCase *c, Str key) {
    Str bytes;
    assert_ok(store_get(c->primary, key, c->arena, &bytes, NULL, &c->err), &c->err);
    return bytes;
}

static void put_object(IngestCase *c, Str key, Str bytes) {
    assert_ok(store_put(c->primary, key, bytes, c->arena, NULL, &c->err), &c->err);
}

static void expect_all(IngestCase *c, const char *prefix, uint64_t others) {
    Str sql = str_format(c->arena,
                         "SELECT count(*), count(DISTINCT id), sum(id), count(v) FROM d WHERE id > "
                         "0 AND (v IS NULL OR v = '%s' || id)",
                         prefix);
    assert_str_equal(ingest_case_rows(c, "d", sql.data), "24|24|300|21\n");
    assert_int_equal(table_case_snapshot(c, "d").rows, ROWS + others);
}

/* Stopped after every number of rows, with a key: what was stored is kept. */
static void with_a_key_it_goes_on(void **state) {
    IngestCase *c = *state;
    for (int mode = INGEST_APPEND; mode <= INGEST_UPSERT; mode++)
        for (uint64_t rows = 1; rows <= ROWS; rows += 4) {
            IngestTableRequest request = append;
            request.mode = (IngestMode)mode;
            request.key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY;
            MemoryTable table = numbers(c, "v");
            stop_load(c, &request, &table, rows);
            Err absent;
            assert_fails(catalog_find(c->catalog, STR("d"), c->arena, &(DatasetInfo){0}, &absent),
                         &absent, FAIL_NOT_FOUND);
            table_case_load(c, &request, &table);
            ingest_case_expect(c, ROWS, ROWS, 0);
            /* files are cut at the border of a batch of 3: 6 rows each */
            uint64_t whole = (rows + 2) / 3 * 3;
            assert_int_equal(c->result.resumed_rows, whole / 6 * 6);
            Snapshot snapshot = table_case_snapshot(c, "d");
            assert_int_equal(snapshot.lineage.resumed_rows, c->result.resumed_rows);
            assert_int_equal(table_case_has_note(c, "earlier snapshot"),
                             c->result.resumed_rows > 0);
            expect_all(c, "v", 0);
            table_case_expect_tidy(c, "d");
            assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
        }
}

static void without_a_key_it_begins_again(void **state) {
    IngestCase *c = *state;
    for (uint64_t rows = 1; rows <= ROWS; rows += 5) {
        MemoryTable table = numbers(c, "v");
        table.key_count = 0;
        stop_load(c, &append, &table, rows);
        assert_int_equal(table_case_objects(c, "data/"), 0); /* nothing to go on from: removed */
        assert_int_equal(table_case_objects(c, "journal/"), 0);
        table_case_load(c, &append, &table);
        assert_int_equal(c->result.resumed_rows, 0);
        expect_all(c, "v", 0);
        table_case_expect_tidy(c, "d");
        assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    }
}

/* Rows of the first part are those of the first snapshot, the others of the second. */
static void what_goes_on_holds_two_snapshots(void **state) {
    IngestCase *c = *state;
    MemoryTable before = numbers(c, "old"), after = numbers(c, "new");
    stop_load(c, &append, &before, 13);
    table_case_load(c, &append, &after);
    assert_int_equal(c->result.resumed_rows, 12);
    assert_str_equal(ingest_case_rows(c, "d",
                                      "SELECT count(*), count(DISTINCT id), max(id) FILTER (v LIKE "
                                      "'old%'), min(id) FILTER (v LIKE 'new%') FROM d"),
                     "24|24|12|13\n");
}

static void several_stops(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    for (int i = 0; i < 3; i++)
        stop_load(c, &append, &table, 7); /* of what is left */
    table_case_load(c, &append, &table);
    assert_int_equal(c->result.resumed_rows, 18);
    expect_all(c, "v", 0);
    table_case_expect_tidy(c, "d");
}

static void begin_again(IngestCase *c, const IngestTableRequest *request, const MemoryTable *table,
                        const char *prefix, uint64_t others) {
    table_case_load(c, request, table);
    assert_int_equal(c->result.resumed_rows, 0);
    expect_all(c, prefix, others);
    table_case_expect_tidy(c, "d");
    assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
}

static void edit_checkpoint(IngestCase *c, const char *from, const char *to) {
    Str key = checkpoint_key(c), bytes = get_object(c, key);
    size_t at = str_find(bytes, str_c(from), 0);
    assert_int_not_equal(at, SIZE_MAX);
    Str rest = str_slice(bytes, at + strlen(from), bytes.length);
    put_object(c, key, str_format(c->arena, "%.*s%s%.*s", (int)at, bytes.data, to, STR_ARG(rest)));
}

static void what_does_not_fit_is_cleared_away(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    IngestTableRequest restart = append;
    restart.restart = true;
    stop_load(c, &append, &table, 13);
    begin_again(c, &restart, &table, "v", 0);

    stop_load(c, &append, &table, 13);
    edit_checkpoint(c, "\"updated_at\":\"20", "\"updated_at\":\"19");
    begin_again(c, &append, &table, "v", 0);

    stop_load(c, &append, &table, 13); /* another key */
    edit_checkpoint(c, "\"key\":[\"id\"]", "\"key\":[\"v\"]");
    begin_again(c, &append, &table, "v", 0);

    stop_load(c, &append, &table, 13); /* the column has another type by now */
    edit_checkpoint(c, "\"source_type\":\"text\"", "\"source_type\":\"char(7)\"");
    begin_again(c, &append, &table, "v", 0);

    stop_load(c, &append, &table, 13); /* a type that the source has not */
    edit_checkpoint(c, "\"type\":\"INTEGER\"}", "\"type\":\"DOUBLE\"}");
    begin_again(c, &append, &table, "v", 0);

    stop_load(c, &append, &table, 13); /* the dataset has got a column */
    ingest_case_load_text(c, "d", "1.csv", "x\n1\n");
    begin_again(c, &append, &table, "v", 1);
}

static void files_that_are_not_what_they_were(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    for (int damage = 0; damage < 2; damage++) {
        stop_load(c, &append, &table, 13);
        ListRequest request = {.prefix = STR("data/d/"), .cursor = STR_EMPTY};
        ObjectPage page;
        assert_ok(store_list(c->primary, &request, c->arena, &page, &c->err), &c->err);
        assert_int_equal(page.count, 2);
        if (damage == 0)
            assert_ok(store_remove(c->primary, page.items[1].key, &c->err), &c->err);
        else
            put_object(c, page.items[1].key, STR("not parquet"));
        begin_again(c, &append, &table, "v", 0);
    }
}

/* A checkpoint that nobody can read costs the head start; its files are for doctor. */
static void a_damaged_checkpoint_is_overwritten(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    stop_load(c, &append, &table, 13);
    put_object(c, checkpoint_key(c), STR("{\"format\":1"));
    table_case_load(c, &append, &table);
    assert_int_equal(c->result.resumed_rows, 0);
    expect_all(c, "v", 0);
    assert_int_equal(table_case_objects(c, "journal/"), 0);
}

/* The process died between the commit and the removal of the checkpoint. */
static void a_load_that_was_committed_is_not_done_twice(void **state) {
    IngestCase *c = *state;
    for (int mode = INGEST_APPEND; mode <= INGEST_UPSERT; mode++) {
        IngestTableRequest request = append;
        request.mode = (IngestMode)mode;
        request.key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY;
        MemoryTable table = numbers(c, "v"), later = numbers(c, "w");
        stop_load(c, &request, &table, 13);
        Str key = checkpoint_key(c), bytes = get_object(c, key);
        table_case_load(c, &request, &table);
        uint64_t committed = c->result.snapshot_id;
        put_object(c, key, bytes);
        table_case_load(c, &request, &later);
        bool done = mode == INGEST_APPEND;
        assert_int_equal(c->result.snapshot_id == committed, done);
        assert_int_equal(table_case_has_note(c, "nothing was read again"), done);
        ingest_case_expect(c, ROWS, ROWS, 0);
        expect_all(c, done ? "v" : "w", 0);
        table_case_expect_tidy(c, "d");
        /* and what comes after it is a load like any other */
        if (done) {
            table_case_load(c, &request, &later);
            assert_int_equal(table_case_snapshot(c, "d").rows, 2 * ROWS);
        }
        assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    }
}

static void a_wider_type_is_kept_over_a_stop(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    const char **cells = ARENA_ARRAY(c->arena, const char *, ROWS * 2);
    memcpy(cells, table.cells, ROWS * 2 * sizeof *cells);
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(cells[i * 2], "2") == 0)
            cells[i * 2] = "-5000000000"; /* no INTEGER */
    table.cells = cells;
    IngestTableRequest request = append;
    stop_load(c, &request, &table, 13);
    table_case_load(c, &request, &table);
    assert_int_equal(c->result.resumed_rows, 12);
    assert_str_equal(ingest_case_types(c, "d"), "id BIGINT, v VARCHAR");
    assert_str_equal(
        ingest_case_rows(c, "d", "SELECT count(*), count(DISTINCT id), min(id) FROM d"),
        "24|24|-5000000000\n");
    table_case_expect_tidy(c, "d");
    assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    /* the misfit comes when half of the rows were kept: those are taken back */
    cells = ARENA_ARRAY(c->arena, const char *, ROWS * 2);
    table = numbers(c, "v");
    memcpy(cells, table.cells, ROWS * 2 * sizeof *cells);
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(cells[i * 2], "24") == 0)
            cells[i * 2] = "5000000000";
    stop_load(c, &request, &table, 13);
    table.cells = cells;
    table_case_load(c, &request, &table);
    assert_int_equal(c->result.resumed_rows, 0);
    assert_str_equal(ingest_case_types(c, "d"), "id BIGINT, v VARCHAR");
    assert_str_equal(ingest_case_rows(c, "d", "SELECT count(*), count(DISTINCT id) FROM d"),
                     "24|24\n");
    table_case_expect_tidy(c, "d");
}

/* Every third text is not UTF-8: counts agree wherever it was stopped. */
static void rejects_are_counted_once(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    const char **cells = ARENA_ARRAY(c->arena, const char *, ROWS * 2);
    for (size_t i = 0; i < ROWS; i++) {
        cells[i * 2] = str_format(c->arena, "%zu", i + 1).data;
        cells[i * 2 + 1] = i % 3 == 2 ? "\xff" : "good";
    }
    table.cells = cells;
    for (uint64_t rows = 2; rows <= ROWS; rows += 3) {
        stop_load(c, &append, &table, rows);
        table_case_load(c, &append, &table);
        ingest_case_expect(c, ROWS, ROWS - 8, 8);
        assert_str_equal(ingest_case_rows(c, "d", "SELECT count(*), count(DISTINCT id) FROM d"),
                         "16|16\n");
        assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    }
}

static void personal_data_of_the_kept_rows_is_found(void **state) {
    IngestCase *c = *state;
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                           {"contact", "text", {"VARCHAR"}, "text to VARCHAR"}};
    MemoryTable table = numbers(c, "v");
    const char **cells = ARENA_ARRAY(c->arena, const char *, ROWS * 2);
    for (size_t i = 0; i < ROWS; i++) { /* only in the first half */
        cells[i * 2] = str_format(c->arena, "%zu", i + 1).data;
        cells[i * 2 + 1] =
            i >= 12 ? NULL : str_format(c->arena, "someone.%zu@mail.example.org", i).data;
    }
    table.cells = cells;
    table.columns = columns;
    stop_load(c, &append, &table, 13);
    /* a checkpoint holds no values but the position */
    assert_int_equal(str_find(get_object(c, checkpoint_key(c)), STR("someone"), 0), SIZE_MAX);
    table_case_load(c, &append, &table);
    assert_int_equal(c->result.resumed_rows, 12);
    assert_int_equal(c->result.pii_count, 1);
    assert_str_equal(c->result.pii[0].kind, "EMAIL");
    assert_int_equal(
        str_find(get_object(c, snapshot_key(STR("d"), c->result.snapshot_id, c->arena)),
                 STR("someone"), 0),
        SIZE_MAX);
}

static void checkpoints_can_be_listed(void **state) {
    IngestCase *c = *state;
    MemoryTable table = numbers(c, "v");
    stop_load(c, &append, &table, 13);
    put_object(c, STR("journal/loads/other/0123.json"), STR("nonsense"));
    LoadCheckpoint *list;
    size_t count;
    assert_ok(load_checkpoint_list(c->primary, c->arena, &list, &count, &c->err), &c->err);
    assert_int_equal(count, 2);
    assert_str_equal(list[0].dataset, "d");
    assert_int_equal(list[0].file_count, 2);
    assert_int_equal(list[0].rows, 12);
    assert_false(load_checkpoint_is_expired(&list[0], list[0].updated_at_us + 1));
    assert_true(
        load_checkpoint_is_expired(&list[0], list[0].updated_at_us + INT64_C(8) * 86400 * 1000000));
    assert_int_equal(list[1].dataset.length, 0);
}

int suite_test_table_resume(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(with_a_key_it_goes_on),
        CASE(without_a_key_it_begins_again),
        CASE(what_goes_on_holds_two_snapshots),
        CASE(several_stops),
        CASE(what_does_not_fit_is_cleared_away),
        CASE(files_that_are_not_what_they_were),
        CASE(a_damaged_checkpoint_is_overwritten),
        CASE(a_load_that_was_committed_is_not_done_twice),
        CASE(a_wider_type_is_kept_over_a_stop),
        CASE(rejects_are_counted_once),
        CASE(personal_data_of_the_kept_rows_is_found),
        CASE(checkpoints_can_be_listed),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
