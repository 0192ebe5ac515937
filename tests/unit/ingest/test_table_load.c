/* test_table_load.c - a table becomes a dataset: values, types, files, modes, what is told. */
#include "table_case.h"

#include <pthread.h>

static const MemoryColumn typed[] = {{"id", "int", {"INTEGER"}, NULL},
                                     {"name", "text", {"VARCHAR"}, NULL},
                                     {"price", "numeric(10,2)", {"DECIMAL(10,2)", "VARCHAR"}, NULL},
                                     {"born", "date", {"DATE"}, NULL},
                                     {"seen", "timestamp", {"TIMESTAMP"}, NULL},
                                     {"ratio", "double", {"DOUBLE"}, NULL},
                                     {"flag", "bool", {"BOOLEAN"}, NULL},
                                     {"token", "uuid", {"VARCHAR"}, "uuid to VARCHAR"}};
static const char *const typed_cells[] = {"2",
                                          "it's \xc3\xa4",
                                          "-12.50",
                                          "1999-12-31",
                                          "2024-02-29 23:59:59.5",
                                          "0.25",
                                          "true",
                                          "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                          "1",
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          "3",
                                          "",
                                          "0.01",
                                          "0001-01-01",
                                          "1969-12-31 23:59:59",
                                          "-1.5",
                                          "false",
                                          "6ba7b811-9dad-11d1-80b4-00c04fd430c8"};

static MemoryTable typed_table(void) {
    return (MemoryTable){.columns = typed, .column_count = 8, .cells = typed_cells, .row_count = 3};
}

static void values_and_types_arrive(void **state) {
    IngestCase *c = *state;
    MemoryTable table = typed_table();
    IngestTableRequest request = {.dataset = STR("t"), .table = STR("memory")};
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 3, 3, 0);
    assert_str_equal(ingest_case_types(c, "t"),
                     "id INTEGER, name VARCHAR, price DECIMAL(10,2), born DATE, seen TIMESTAMP, "
                     "ratio DOUBLE, flag BOOLEAN, token VARCHAR");
    assert_str_equal(ingest_case_rows(c, "t", "SELECT * EXCLUDE token FROM d ORDER BY id"),
                     "1|NULL|NULL|NULL|NULL|NULL|NULL\n"
                     "2|it's \xc3\xa4|-12.50|1999-12-31|2024-02-29 23:59:59.5|0.25|true\n"
                     "3||0.01|0001-01-01|1969-12-31 23:59:59|-1.5|false\n");
    assert_str_equal(ingest_case_coercions(c), "token: uuid to VARCHAR: 2\n");
    assert_str_equal(c->result.source_system, "memory");
    Snapshot snapshot = table_case_snapshot(c, "t");
    assert_int_equal(c->result.snapshot_id, snapshot.id);
    const LineageEntry *entry = &snapshot.lineage;
    assert_str_equal(entry->source_system, "memory");
    assert_str_equal(entry->source, "memory://test");
    assert_str_equal(entry->relation, "memory");
    assert_str_equal(entry->types, "exact");
    assert_str_equal(entry->mode, "append");
    assert_int_equal(entry->query.length, 0);
    assert_int_equal(entry->rows, 3);
    assert_int_equal(entry->coercions[0].count, 2);
    table_case_expect_tidy(c, "t");
}

static void a_query_leaves_its_shape_and_hash(void **state) {
    IngestCase *c = *state;
    MemoryTable table = typed_table();
    table.relation = "";
    IngestTableRequest request = {.dataset = STR("q"),
                                  .query = STR("SELECT * FROM t WHERE name = 'geheim'"),
                                  .types = SOURCE_REFERENCE};
    table_case_load(c, &request, &table);
    Snapshot snapshot = table_case_snapshot(c, "q");
    assert_int_equal(snapshot.lineage.query_sha256.length, 64);
    assert_true(snapshot.lineage.query.length > 0);
    assert_int_equal(str_find(snapshot.lineage.query, STR("geheim"), 0), SIZE_MAX);
    assert_str_equal(snapshot.lineage.types, "reference");
}

static void a_large_table_becomes_several_files(void **state) {
    IngestCase *c = *state;
    MemoryTable table = table_case_numbers(c, 30000, "v");
    IngestTableRequest request = {.dataset = STR("l"), .table = STR("t"), .batch_rows = 10000};
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 30000, 30000, 0);
    Snapshot snapshot = table_case_snapshot(c, "l");
    assert_int_equal(snapshot.file_count, 2); /* cut at the border of a batch: 16384, 13616 */
    assert_int_equal(snapshot.files[0].rows + snapshot.files[1].rows, 30000);
    assert_str_equal(
        ingest_case_rows(c, "l",
                         "SELECT count(*), count(DISTINCT id), min(id), max(id), count(v), "
                         "count(*) FILTER (v = 'v' || id) FROM d"),
        "30000|30000|1|30000|25715|25715\n");
    assert_int_equal(snapshot.parent_id, 0); /* one commit */
    table_case_expect_tidy(c, "l");
}

static void an_empty_table_is_a_dataset(void **state) {
    IngestCase *c = *state;
    MemoryTable table = typed_table();
    table.row_count = 0;
    IngestTableRequest request = {.dataset = STR("e"), .table = STR("t")};
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 0, 0, 0);
    assert_int_equal(table_case_snapshot(c, "e").schema.count, 8);
    assert_str_equal(ingest_case_rows(c, "e", "SELECT count(*) FROM d"), "0\n");
    table_case_load(c, &request, &table);
    assert_int_equal(table_case_snapshot(c, "e").file_count, 1); /* no second file of nothing */
}

static void modes(void **state) {
    IngestCase *c = *state;
    MemoryTable first = table_case_numbers(c, 6, "a"), second = table_case_numbers(c, 3, "b");
    IngestTableRequest request = {.dataset = STR("m"), .table = STR("t")};
    table_case_load(c, &request, &first);
    table_case_load(c, &request, &second);
    assert_str_equal(ingest_case_rows(c, "m", "SELECT count(*), max(v) FROM d"), "9|b3\n");
    request.mode = INGEST_REPLACE;
    table_case_load(c, &request, &first);
    request.mode = INGEST_UPSERT;
    request.key = STR("id");
    table_case_load(c, &request, &second);
    assert_str_equal(ingest_case_rows(c, "m", "SELECT id, v FROM d ORDER BY id"),
                     "1|b1\n2|b2\n3|b3\n4|a4\n5|a5\n6|a6\n");
    assert_str_equal(table_case_snapshot(c, "m").lineage.key, "id");
    /* a dataset that comes to be by an upsert */
    request.dataset = STR("u");
    table_case_load(c, &request, &first);
    assert_str_equal(ingest_case_rows(c, "u", "SELECT count(*) FROM d"), "6\n");
}

static void rows_without_a_key_are_rejected_and_the_last_of_a_key_stays(void **state) {
    IngestCase *c = *state;
    static const MemoryColumn columns[] = {{"k", "text", {"VARCHAR"}, NULL},
                                           {"n", "int", {"INTEGER"}, NULL}};
    static const char *const cells[] = {"a", "1", NULL, "2",  "b", "3",
                                        "a", "4", NULL, NULL, "c", NULL};
    MemoryTable table = {
        .columns = columns, .column_count = 2, .cells = cells, .row_count = 6, .batch_rows = 2};
    IngestTableRequest request = {.dataset = STR("k"),
                                  .table = STR("t"),
                                  .mode = INGEST_UPSERT,
                                  .key = STR("k"),
                                  .batch_rows = 2}; /* three files of one load */
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 6, 4, 2);
    assert_str_equal(ingest_case_rejects(c),
                     "2: k: no value for the key\n5: k: no value for the key\n");
    assert_str_equal(ingest_case_coercions(c), "k: repeated key, the last row stays: 1\n");
    assert_str_equal(ingest_case_rows(c, "k", "SELECT k, n FROM d ORDER BY k"),
                     "a|4\nb|3\nc|NULL\n");
    table_case_expect_tidy(c, "k");
    table_case_load(c, &request, &table); /* into what is there: the same again */
    assert_str_equal(ingest_case_rows(c, "k", "SELECT k, n FROM d ORDER BY k"),
                     "a|4\nb|3\nc|NULL\n");
    table_case_expect_tidy(c, "k");
}

static void a_misfit_widens_and_begins_again(void **state) {
    IngestCase *c = *state;
    static const MemoryColumn columns[] = {
        {"id", "int", {"INTEGER"}, NULL},
        {"x", "numeric", {"INTEGER", "DECIMAL(8,2)", "VARCHAR"}, NULL},
        {"y", "numeric", {"INTEGER", "VARCHAR"}, NULL}};
    static const char *const cells[] = {"1", "10", "1", "2", "20",  "2", "3", "1.5", "3",
                                        "4", "40", "4", "5", "NaN", "5", "6", NULL,  "six"};
    static const size_t key[] = {0};
    MemoryTable table = {.columns = columns,
                         .column_count = 3,
                         .cells = cells,
                         .row_count = 6,
                         .key_columns = key,
                         .key_count = 1,
                         .batch_rows = 1};
    IngestTableRequest request = {.dataset = STR("w"), .table = STR("t"), .batch_rows = 1};
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 6, 6, 0);
    assert_str_equal(ingest_case_types(c, "w"), "id INTEGER, x VARCHAR, y VARCHAR");
    assert_str_equal(ingest_case_rows(c, "w", "SELECT * FROM d ORDER BY id"),
                     "1|10|1\n2|20|2\n3|1.5|3\n4|40|4\n5|NaN|5\n6|NULL|six\n");
    assert_int_equal(table_case_snapshot(c, "w").file_count, 6);
    assert_int_equal(c->result.notes.count, 3);
    assert_true(table_case_has_note(c, "column 'x' is VARCHAR"));
    table_case_expect_tidy(c, "w");
}

static void a_misfit_that_the_dataset_cannot_take_is_refused(void **state) {
    IngestCase *c = *state;
    MemoryTable numbers = table_case_numbers(c, 3, "v");
    IngestTableRequest request = {.dataset = STR("s"), .table = STR("t")};
    table_case_load(c, &request, &numbers);
    static const MemoryColumn columns[] = {{"id", "numeric", {"INTEGER", "VARCHAR"}, NULL}};
    static const char *const cells[] = {"7", "NaN"};
    MemoryTable table = {.columns = columns, .column_count = 1, .cells = cells, .row_count = 2};
    assert_false(table_case_try(c, &request, &table));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(c->err.message, "id"));
    assert_non_null(strstr(c->err.detail, "VARCHAR"));
    table_case_expect_tidy(c, "s");
    /* nothing wider at all */
    static const MemoryColumn narrow[] = {{"id", "int", {"INTEGER"}, NULL}};
    table.columns = narrow;
    assert_false(table_case_try(c, &request, &table));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_str_equal(ingest_case_rows(c, "s", "SELECT count(*) FROM d"), "3\n");
    table_case_expect_tidy(c, "s");
}

static void bad_text_is_rejected_row_by_row(void **state) {
    IngestCase *c = *state;
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                           {"v", "text", {"VARCHAR"}, NULL}};
    static const char *const cells[] = {"1", "\xff", "2", "good", "3", "bad \xc3", "4", "fine"};
    MemoryTable table = {.columns = columns, .column_count = 2, .cells = cells, .row_count = 4};
    IngestTableRequest request = {.dataset = STR("b"), .table = STR("t")};
    table_case_load(c, &request, &table);
    ingest_case_expect(c, 4, 2, 2);
    assert_str_equal(ingest_case_rejects(c), "1: v: not UTF-8\n3: v: not UTF-8\n");
    assert_int_equal(table_case_snapshot(c, "b").lineage.rejected, 2);
}

static void a_dataset_keeps_its_wider_types(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "k", "1.csv", "id,v,w\n1,a,x\n"); /* id BIGINT */
    MemoryTable table = table_case_numbers(c, 3, "v");
    IngestTableRequest request = {.dataset = STR("K"), .table = STR("t")};
    table_case_load(c, &request, &table);
    assert_str_equal(c->result.dataset, "k");
    assert_str_equal(ingest_case_types(c, "k"), "id BIGINT, v VARCHAR, w VARCHAR");
    assert_str_equal(ingest_case_rows(c, "k", "SELECT id, v, w FROM d ORDER BY id, v"),
                     "1|a|x\n1|v1|NULL\n2|v2|NULL\n3|v3|NULL\n");
}

static void what_cannot_be_meant_is_refused(void **state) {
    IngestCase *c = *state;
    MemoryTable table = table_case_numbers(c, 3, "v");
    IngestTableRequest request = {.dataset = STR("no/name"), .table = STR("t")};
    assert_false(table_case_try(c, &request, &table));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    request.dataset = STR("r");
    request.key = STR("id");
    assert_false(table_case_try(c, &request, &table));
    assert_string_equal(c->err.field, "key");
    request.mode = INGEST_UPSERT;
    request.key = STR("nope");
    assert_false(table_case_try(c, &request, &table));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_string_equal(c->err.field, "key");
    request = (IngestTableRequest){.dataset = STR("r"), .bucket = STR("nope")};
    assert_false(table_case_try(c, &request, &table));
    assert_int_equal(c->err.kind, FAIL_NOT_FOUND);
    request = (IngestTableRequest){.dataset = STR("r"), .types = SOURCE_PRINTED};
    assert_false(table_case_try(c, &request, &table));
    assert_string_equal(c->err.field, "types");
    request = (IngestTableRequest){.dataset = STR("r"), .cursor = STR("nope")};
    assert_false(table_case_try(c, &request, &table));
    assert_string_equal(c->err.field, "cursor");
    assert_int_equal(table_case_objects(c, "data/"), 0);
}

static void a_table_without_snapshots_is_told(void **state) {
    IngestCase *c = *state;
    MemoryTable table = table_case_numbers(c, 3, "v");
    table.without_snapshots = true;
    IngestTableRequest request = {.dataset = STR("i"), .table = STR("t")};
    table_case_load(c, &request, &table);
    assert_true(table_case_has_note(c, "no snapshots"));
}

static void personal_data_is_found(void **state) {
    IngestCase *c = *state;
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                           {"email", "text", {"VARCHAR"}, NULL}};
    const char **cells = ARENA_ARRAY(c->arena, const char *, 80);
    for (int i = 0; i < 40; i++) {
        cells[i * 2] = str_format(c->arena, "%d", i).data;
        cells[i * 2 + 1] = str_format(c->arena, "person%d@mail%d.example.com", i, i % 7).data;
    }
    MemoryTable table = {.columns = columns, .column_count = 2, .cells = cells, .row_count = 40};
    IngestTableRequest request = {.dataset = STR("p"), .table = STR("t")};
    table_case_load(c, &request, &table);
    assert_int_equal(c->result.pii_count, 1);
    assert_str_equal(c->result.pii[0].column, "email");
    assert_str_equal(c->result.pii[0].kind, "EMAIL");
    Snapshot snapshot = table_case_snapshot(c, "p");
    assert_int_equal(snapshot.pii_count, 1);
    assert_str_equal(snapshot.pii[0].basis, "both");
}

/* ---- two at once ---- */

typedef struct Meeting {
    IngestCase *c;
    IngestTableRequest request;
    bool second_ok;
    Err second_err;
    int calls;
} Meeting;

/* While the first load reads, the same is asked for again. */
static bool ask_again(void *context, uint64_t rows_so_far, Err *err) {
    (void)err;
    Meeting *meeting = context;
    if (rows_so_far > 0 || meeting->calls++ > 0)
        return true;
    Arena *arena = arena_create();
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL}};
    static const char *const cells[] = {"1"};
    MemoryTable table = {.columns = columns, .column_count = 1, .cells = cells, .row_count = 1};
    RowSource *source = source_memory_open(&table, NULL);
    IngestResult result;
    meeting->second_ok = ingest_source(meeting->c->ingest, &meeting->request, source, NULL, arena,
                                       &result, &meeting->second_err);
    row_source_close(source);
    arena_destroy(arena);
    return true;
}

static void the_same_load_twice_at_once_is_a_conflict(void **state) {
    IngestCase *c = *state;
    Meeting meeting = {.c = c, .request = {.dataset = STR("C"), .table = STR("t")}};
    MemoryTable table = table_case_numbers(c, 100, "v");
    table.before_batch = ask_again;
    table.context = &meeting;
    IngestTableRequest request = {.dataset = STR("c"), .table = STR("t")};
    table_case_load(c, &request, &table);
    assert_false(meeting.second_ok);
    assert_int_equal(meeting.second_err.kind, FAIL_CONFLICT);
    assert_str_equal(ingest_case_rows(c, "c", "SELECT count(*) FROM d"), "100\n");
    /* afterwards it may run again */
    table.before_batch = NULL;
    table_case_load(c, &request, &table);
    /* and another load of the same table may run meanwhile */
    meeting = (Meeting){.c = c, .request = {.dataset = STR("other"), .table = STR("t")}};
    table.before_batch = ask_again;
    table_case_load(c, &request, &table);
    assert_true(meeting.second_ok);
}

/* ---- somebody else commits meanwhile ---- */

typedef struct Intruder {
    IngestCase *c;
    const char *csv;
    bool done;
} Intruder;

static bool intrude(void *context, uint64_t rows_so_far, Err *err) {
    (void)err;
    Intruder *intruder = context;
    if (rows_so_far == 0 || intruder->done)
        return true;
    intruder->done = true;
    Arena *arena = arena_create();
    IngestResult result;
    Err own = {0};
    IngestFileRequest request = {.dataset = STR("d"),
                                 .path =
                                     ingest_case_file(intruder->c, "in.csv", str_c(intruder->csv)),
                                 .source_name = STR("in.csv"),
                                 .csv = {.header = -1}};
    assert_ok(ingest_file(intruder->c->ingest, &request, NULL, arena, &result, &own), &own);
    arena_destroy(arena);
    return true;
}

static void load_with_intruder(IngestCase *c, IngestMode mode, const char *csv) {
    MemoryTable first = table_case_numbers(c, 5, "a"), table = table_case_numbers(c, 20, "b");
    IngestTableRequest request = {.dataset = STR("d"), .table = STR("t"), .mode = INGEST_REPLACE};
    table_case_load(c, &request, &first);
    Intruder intruder = {.c = c, .csv = csv};
    table.before_batch = intrude;
    table.context = &intruder;
    table.batch_rows = 4;
    request.mode = mode;
    request.key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY;
    request.batch_rows = 8;
    table_case_load(c, &request, &table);
    assert_true(intruder.done);
    table_case_expect_tidy(c, "d");
}

static void another_writer_may_come_between(void **state) {
    IngestCase *c = *state;
    const char *count = "SELECT count(*), count(DISTINCT id), max(v) FROM d";
    load_with_intruder(c, INGEST_APPEND, "id,v\n100,x\n");
    assert_str_equal(ingest_case_rows(c, "d", count), "26|21|x\n");
    load_with_intruder(c, INGEST_UPSERT, "id,v\n3,x\n100,x\n");
    assert_str_equal(ingest_case_rows(c, "d", count), "21|21|x\n");
    /* a column of the other's takes the field id that we gave to nothing: still the same ids */
    load_with_intruder(c, INGEST_APPEND, "id,v,w\n100,x,1\n");
    assert_str_equal(ingest_case_rows(c, "d", count), "26|21|x\n");
}

int suite_test_table_load(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(values_and_types_arrive),
        CASE(a_query_leaves_its_shape_and_hash),
        CASE(a_large_table_becomes_several_files),
        CASE(an_empty_table_is_a_dataset),
        CASE(modes),
        CASE(rows_without_a_key_are_rejected_and_the_last_of_a_key_stays),
        CASE(a_misfit_widens_and_begins_again),
        CASE(a_misfit_that_the_dataset_cannot_take_is_refused),
        CASE(bad_text_is_rejected_row_by_row),
        CASE(a_dataset_keeps_its_wider_types),
        CASE(what_cannot_be_meant_is_refused),
        CASE(a_table_without_snapshots_is_told),
        CASE(personal_data_is_found),
        CASE(the_same_load_twice_at_once_is_a_conflict),
        CASE(another_writer_may_come_between),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
