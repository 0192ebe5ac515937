/* server_mysql_hostile.c - what we decode against what the server prints, over every table of a
 * database: each value, exactly and by the reference's mapping, has the same canonical text as the
 * server's own printing of it.
 *
 *   LAKEHOUSE_MYSQL_HOSTILE_DSN=...   the database: tests/data/mysql_hostile.sql
 *
 * Without it there is nothing to do; tests/e2e/test_mysql_hostile.py makes the database. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "source/canonical_text.h"
#include "source/row_source.h"

int suite_server_mysql_hostile(void);

enum { WIDEN_MAX = 64, TABLES_MAX = 64, TABLES_MIN = 15, LOOKS_MAX = 2000 };

static RowSource *open_source(const char *table, const char *query, SourceTypes types) {
    SourceSpec spec = {.dsn = str_c(getenv("LAKEHOUSE_MYSQL_HOSTILE_DSN")),
                       .table = str_c(table),
                       .query = str_c(query),
                       .types = types};
    RowSource *source = NULL;
    Err err = {0};
    assert_ok(row_source_open(&spec, &source, &err), &err);
    return source;
}

/* All rows (they are few), each column as wide as it has to be. */
static RowBuilder *read_all(RowSource *source) {
    Err err = {0};
    SourceRange range = {.by_key = source->key_count > 0};
    for (int tries = 0; tries < WIDEN_MAX; tries++) {
        RowBatch schema = row_source_schema(source);
        RowBuilder *rows = row_builder_create(&schema, ROW_BUILDER_ROWS);
        assert_ok(row_source_start(source, &range, &err), &err);
        if (row_source_next(source, rows, &err))
            return rows;
        if (!source->misfit.found)
            fail_msg("%s", err.message);
        assert_ok(row_source_widen(source, source->misfit.column, &err), &err);
        row_builder_destroy(rows);
    }
    fail_msg("there is always something wider");
    return NULL;
}

static void compare_value(const RowSource *source, const RowColumn *ours, const RowColumn *printed,
                          size_t row, size_t column, Arena *arena) {
    Err err = {0};
    Str name = source->columns[column].name;
    if (row_is_null(ours, row) != row_is_null(printed, row))
        fail_msg("%.*s.%.*s row %zu: NULL on one side", STR_ARG(source->relation), STR_ARG(name),
                 row);
    if (row_is_null(ours, row))
        return;
    StrBuf expected = strbuf_make(arena), actual = strbuf_make(arena);
    CanonicalKind kind = canonical_kind(source->columns[column].type);
    assert_ok(canonical_from_text(kind, row_text(printed, row), &expected, &err), &err);
    canonical_from_row(ours, row, &actual);
    if (!str_eq(strbuf_str(&expected), strbuf_str(&actual)))
        fail_msg("%.*s.%.*s row %zu: server '%.*s', decoded '%.*s'", STR_ARG(source->relation),
                 STR_ARG(name), row, STR_ARG(strbuf_str(&expected)), STR_ARG(strbuf_str(&actual)));
}

/* Returns the count of values that were compared. */
static size_t compare_table(const char *table, SourceTypes types) {
    Arena *arena = arena_create();
    RowSource *source = open_source(table, "", types);
    RowSource *printing = open_source(table, "", SOURCE_PRINTED);
    RowBuilder *ours = read_all(source), *printed = read_all(printing);
    RowBatch our_rows = row_builder_batch(ours), printed_rows = row_builder_batch(printed);
    assert_int_equal(our_rows.row_count, printed_rows.row_count);
    assert_int_equal(our_rows.column_count, printed_rows.column_count);
    for (size_t i = 0; i < our_rows.column_count; i++)
        for (size_t row = 0; row < our_rows.row_count; row++)
            compare_value(source, &our_rows.columns[i], &printed_rows.columns[i], row, i, arena);
    size_t values = our_rows.row_count * our_rows.column_count;
    row_builder_destroy(ours);
    row_builder_destroy(printed);
    row_source_close(source);
    row_source_close(printing);
    arena_destroy(arena);
    return values;
}

static void every_value_is_what_the_server_prints(void **state) {
    (void)state;
    RowSource *listing = open_source(
        "",
        "SELECT CONCAT('`', REPLACE(table_name, '`', '``'), '`') AS n "
        "FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
        SOURCE_EXACT);
    RowBuilder *tables = read_all(listing);
    RowBatch names = row_builder_batch(tables);
    assert_in_range(names.row_count, TABLES_MIN, TABLES_MAX);
    size_t values = 0;
    for (size_t i = 0; i < names.row_count; i++) {
        Str name = row_text(&names.columns[0], i);
        char *table = strndup(name.data, name.length);
        values += compare_table(table, SOURCE_EXACT) + compare_table(table, SOURCE_REFERENCE);
        free(table);
    }
    assert_true(values > 500);
    row_builder_destroy(tables);
    row_source_close(listing);
}

static void engines_and_keys(void **state) {
    (void)state;
    static const struct {
        const char *table;
        bool consistent;
        size_t keys;
    } known[] = {{"integers", true, 1}, {"no_versions", false, 1},
                 {"ci_keys", true, 2},  {"unique_keys", true, 2},
                 {"keyless", true, 0},  {"byte_keys", true, 0},
                 {"a_view", true, 0},   {"information_schema.TABLES", false, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        RowSource *source = open_source(known[i].table, "", SOURCE_EXACT);
        assert_int_equal(source->consistent, known[i].consistent);
        assert_int_equal(source->key_count, known[i].keys);
        row_source_close(source);
    }
    RowSource *query = open_source("", "SELECT v FROM no_versions", SOURCE_EXACT);
    assert_false(query->consistent);
    row_source_close(query);
}

/* From every row of a table with a collation that ignores case, exactly the rest follows. */
static void a_key_that_ignores_case_is_walked(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    RowSource *source = open_source("ci_keys", "", SOURCE_EXACT);
    RowBuilder *all = read_all(source);
    RowBatch whole = row_builder_batch(all);
    RowBatch schema = row_source_schema(source);
    RowBuilder *rest = row_builder_create(&schema, ROW_BUILDER_ROWS);
    for (size_t row = 0; row < whole.row_count; row++) {
        Str after[2];
        RowBatch until = whole;
        until.row_count = row + 1;
        assert_ok(row_source_position(source, &until, arena, after, &err), &err);
        SourceRange range = {.by_key = true, .after = after};
        assert_ok(row_source_start(source, &range, &err), &err);
        assert_ok(row_source_next(source, rest, &err), &err);
        assert_int_equal(row_builder_batch(rest).row_count, whole.row_count - row - 1);
    }
    assert_true(whole.row_count > 5);
    row_builder_destroy(rest);
    row_builder_destroy(all);
    row_source_close(source);
    arena_destroy(arena);
}

static void what_is_not_there_or_no_select_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *table, *query, *field;
        FailKind kind;
    } bad[] = {{"nowhere", "", "table", FAIL_NOT_FOUND},
               {"a.b.c", "", "table", FAIL_INVALID},
               {"integers; DROP TABLE flags", "", "table", FAIL_NOT_FOUND},
               {"", "DELETE FROM flags", "query", FAIL_INVALID},
               {"", "SELECT id FROM flags; DELETE FROM flags", "", FAIL_UNPROCESSABLE},
               {"", "SELECT id FROM flags INTO OUTFILE '/tmp/lakehouse-no'", "query", FAIL_INVALID},
               {"", "SELECT nothing FROM flags", "", FAIL_UNPROCESSABLE},
               {"", "SELECT 1 FROM nowhere", "", FAIL_NOT_FOUND},
               {"flags", "SELECT 1", "query", FAIL_INVALID},
               {"", "", "table", FAIL_INVALID}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SourceSpec spec = {.dsn = str_c(getenv("LAKEHOUSE_MYSQL_HOSTILE_DSN")),
                           .table = str_c(bad[i].table),
                           .query = str_c(bad[i].query)};
        RowSource *source;
        Err err = {0};
        assert_fails(row_source_open(&spec, &source, &err), &err, bad[i].kind);
        assert_string_equal(err.field, bad[i].field);
    }
}

/* An error behind many good rows is told, and in the server's words. */
static void a_late_error_is_seen(void **state) {
    (void)state;
    Err err = {0};
    RowSource *source = open_source(
        "",
        "SELECT a.id, IF(a.id = 4 AND b.id = 4, (SELECT id FROM flags WHERE id < a.id), 0) AS x "
        "FROM integers b JOIN integers a ORDER BY b.id, a.id",
        SOURCE_EXACT);
    RowBatch schema = row_source_schema(source);
    RowBuilder *rows = row_builder_create(&schema, 4);
    SourceRange range = {.by_key = false};
    bool ok = row_source_start(source, &range, &err);
    while (ok && (ok = row_source_next(source, rows, &err)) && rows->row_count > 0)
        ;
    assert_false(ok);
    assert_int_equal(err.kind, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(err.message, "more than 1 row"));
    assert_false(source->misfit.found);
    row_builder_destroy(rows);
    row_source_close(source);
}

/* How many queries with the mark run on the server now, this one not counted. */
static int64_t running(const char *mark) {
    Arena *arena = arena_create();
    RowSource *source =
        open_source("",
                    str_format(arena,
                               "SELECT COUNT(*) AS n FROM information_schema.processlist "
                               "WHERE info LIKE '%%%s%%' AND id <> CONNECTION_ID()",
                               mark)
                        .data,
                    SOURCE_EXACT);
    RowBuilder *rows = read_all(source);
    RowBatch batch = row_builder_batch(rows);
    assert_int_equal(batch.row_count, 1);
    int64_t count = batch.columns[0].type == COLUMN_INT64
                        ? ((const int64_t *)batch.columns[0].values)[0]
                        : ((const int32_t *)batch.columns[0].values)[0];
    row_builder_destroy(rows);
    row_source_close(source);
    arena_destroy(arena);
    return count;
}

static void *cancel_once_it_runs(void *context) {
    Progress *progress = context;
    for (int looks = 0; looks < LOOKS_MAX && running("lakehouse_thinks") == 0; looks++)
        ;
    atomic_store(&progress->cancel, true);
    return NULL;
}

/* Cancelled while the server has nothing to send: told at once, and the server stops, too. */
static void a_server_that_thinks_is_left(void **state) {
    (void)state;
    Progress progress = {.done = 0};
    SourceSpec spec = {.dsn = str_c(getenv("LAKEHOUSE_MYSQL_HOSTILE_DSN")),
                       .query = STR("SELECT SLEEP(600) AS lakehouse_thinks"),
                       .progress = &progress};
    Err err = {0};
    RowSource *source;
    pthread_t canceller;
    assert_ok(row_source_open(&spec, &source, &err), &err);
    RowBatch schema = row_source_schema(source);
    RowBuilder *rows = row_builder_create(&schema, 4);
    SourceRange range = {.by_key = false};
    assert_int_equal(pthread_create(&canceller, NULL, cancel_once_it_runs, &progress), 0);
    bool ok = row_source_start(source, &range, &err) && row_source_next(source, rows, &err);
    pthread_join(canceller, NULL);
    assert_false(ok);
    assert_int_equal(err.kind, FAIL_CANCELLED);
    assert_fails(row_source_start(source, &range, &err), &err, FAIL_CANCELLED);
    row_builder_destroy(rows);
    row_source_close(source);
    int looks = 0;
    while (running("lakehouse_thinks") > 0)
        assert_true(++looks < LOOKS_MAX);
}

/* Gigabytes that nobody wants any more are not read: the query is killed, the snapshot stays. */
static void a_huge_result_can_be_left_and_started_again(void **state) {
    (void)state;
    Err err = {0};
    RowSource *source =
        open_source("",
                    "SELECT a.id, REPEAT('x', 100000) AS wide FROM integers a JOIN integers b JOIN "
                    "integers c JOIN integers d JOIN integers e JOIN integers f JOIN integers g",
                    SOURCE_EXACT);
    RowBatch schema = row_source_schema(source);
    RowBuilder *rows = row_builder_create(&schema, 8);
    SourceRange range = {.by_key = false};
    for (int times = 0; times < 3; times++) {
        assert_ok(row_source_start(source, &range, &err), &err);
        assert_ok(row_source_next(source, rows, &err), &err);
        RowBatch batch = row_builder_batch(rows);
        assert_int_equal(batch.row_count, 8);
        assert_int_equal(row_text(&batch.columns[1], 7).length, 100000);
    }
    row_builder_destroy(rows);
    row_source_close(source);
}

int suite_server_mysql_hostile(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_what_the_server_prints),
        cmocka_unit_test(engines_and_keys),
        cmocka_unit_test(a_key_that_ignores_case_is_walked),
        cmocka_unit_test(what_is_not_there_or_no_select_is_refused),
        cmocka_unit_test(a_late_error_is_seen),
        cmocka_unit_test(a_server_that_thinks_is_left),
        cmocka_unit_test(a_huge_result_can_be_left_and_started_again)};
    if (getenv("LAKEHOUSE_MYSQL_HOSTILE_DSN") == NULL)
        return 1; /* nothing was looked at */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
