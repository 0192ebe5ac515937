/* test_duck_error.c - texts as DuckDB writes them, and what users get to see. */
#include "unit.h"

#include "query/duck_error.h"

static Err fill(duckdb_error_type type, const char *text, const char *sql) {
    Err err = {0};
    assert_false(duck_error_set(&err, type, text, str_c(sql)));
    return err;
}

static void test_plain_text(void **state) {
    (void)state;
    Err err = fill(DUCKDB_ERROR_BINDER,
                   "Binder Error: Referenced column \"nope\" not found in FROM clause!\n"
                   "Candidate bindings: \"z\"\n\nLINE 1: select nope from t\n               ^",
                   "select nope from t");
    assert_int_equal(err.kind, FAIL_UNPROCESSABLE);
    assert_string_equal(err.message, "referenced column \"nope\" not found in FROM clause!");
    assert_string_equal(err.hint, "candidate bindings: \"z\"");
    assert_string_equal(err.detail, "line 1, column 8");
}

static void test_json_text_gives_line_and_column(void **state) {
    (void)state;
    Err err = fill(DUCKDB_ERROR_PARSER,
                   "Parser Error: {\"exception_type\":\"Parser\",\"exception_message\":\"syntax "
                   "error at or near \\\"x\\\"\",\"position\":\"14\"}",
                   "select 1\n\xc3\xa4  x");
    assert_int_equal(err.kind, FAIL_INVALID);
    assert_string_equal(err.message, "syntax error at or near \"x\"");
    assert_string_equal(err.detail, "line 2, column 5");
}

static void test_kind_is_read_from_the_prefix(void **state) {
    (void)state;
    assert_int_equal(fill(DUCKDB_ERROR_INVALID, "Parser Error: bad", "").kind, FAIL_INVALID);
    assert_int_equal(fill(DUCKDB_ERROR_INVALID, "Permission Error: no", "").kind, FAIL_DENIED);
    assert_int_equal(fill(DUCKDB_ERROR_INVALID, "what is this", "").kind, FAIL_INTERNAL);
    assert_int_equal(fill(DUCKDB_ERROR_INVALID, NULL, "").kind, FAIL_INTERNAL);
}

static void test_paths_are_hidden(void **state) {
    (void)state;
    Err err =
        fill(DUCKDB_ERROR_IO, "IO Error: Cannot open file \"/srv/my data/x.parquet\": gone", "");
    assert_string_equal(err.message, "cannot open file \"<file>\": gone");
    err = fill(DUCKDB_ERROR_PERMISSION, "Permission Error: file /srv/data/x.parquet, no", "");
    assert_string_equal(err.message, "file <file>, no");
    err = fill(DUCKDB_ERROR_BINDER, "Binder Error: No function matches '//(VARCHAR)' or a / b", "");
    assert_string_equal(err.message, "no function matches '//(VARCHAR)' or a / b");
}

static void test_bugs_show_nothing(void **state) {
    (void)state;
    Err err = fill(DUCKDB_ERROR_INTERNAL,
                   "INTERNAL Error: bad cast in /build/src/x.cpp\n\nStack Trace:\n0x1", "");
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_null(strstr(err.message, "cast"));
    assert_string_equal(err.detail, "");
    assert_true(duck_error_spoils(DUCKDB_ERROR_FATAL));
    assert_false(duck_error_spoils(DUCKDB_ERROR_BINDER));
}

static void test_memory_and_interrupt(void **state) {
    (void)state;
    Err err = fill(DUCKDB_ERROR_OUT_OF_MEMORY,
                   "Out of Memory Error: failed to allocate 16 MiB\n"
                   "Possible solutions:\n* SET memory_limit",
                   "");
    assert_int_equal(err.kind, FAIL_NO_MEMORY);
    assert_null(strstr(err.hint, "SET"));
    assert_int_equal(fill(DUCKDB_ERROR_INTERRUPT, "INTERRUPT Error: Interrupted!", "").kind,
                     FAIL_CANCELLED);
}

static void test_own_errors_come_back(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err from = {0};
    err_fail(&from, FAIL_NOT_FOUND, "no index 'x'");
    Str text = str_format(arena, "Invalid Input Error: %s", duck_error_encode(&from, arena));
    Err err = fill(DUCKDB_ERROR_INVALID_INPUT, text.data, "");
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_string_equal(err.message, "no index 'x'");
    err = fill(DUCKDB_ERROR_INVALID_INPUT, "Invalid Input Error: [lakehouse what] x", "");
    assert_int_equal(err.kind, FAIL_UNPROCESSABLE);
    arena_destroy(arena);
}

/* What the library says today is what the table above was written for. */
static void test_live_errors(void **state) {
    (void)state;
    duckdb_database database;
    duckdb_connection connection;
    assert_int_equal(duckdb_open(NULL, &database), DuckDBSuccess);
    assert_int_equal(duckdb_connect(database, &connection), DuckDBSuccess);
    static const struct {
        const char *sql;
        FailKind kind;
        const char *detail;
    } cases[] = {
        {"SELECT nope", FAIL_UNPROCESSABLE, "line 1, column 8"},
        {"SELECT\n  'a'::INT", FAIL_UNPROCESSABLE, "line 2, column 6"},
        {"SELECT 1 FROM x WHERE )", FAIL_INVALID, "line 1, column 23"},
        {"SELECT 'a long text in front of it all, so that the excerpt has to be cut', 1, 2, 3, 4, "
         "5,"
         " 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, nope",
         FAIL_UNPROCESSABLE, "line 1, column 128"},
        {"FROM read_parquet('/none/such.parquet')", FAIL_IO, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        duckdb_result result;
        bool done = duckdb_query(connection, cases[i].sql, &result) == DuckDBSuccess;
        assert_false(done);
        Err err = {0};
        duck_error_result(&err, &result, str_c(cases[i].sql));
        if (err.kind != cases[i].kind)
            fail_msg("%s: kind %d: %s", cases[i].sql, (int)err.kind, err.message);
        if (strncmp(err.detail, cases[i].detail, strlen(cases[i].detail)) != 0)
            fail_msg("%s: detail '%s' (%s)", cases[i].sql, err.detail, err.message);
        assert_null(strstr(err.message, "/none"));
        duckdb_destroy_result(&result);
    }
    duckdb_disconnect(&connection);
    duckdb_close(&database);
}

int suite_test_duck_error(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_json_text_gives_line_and_column),
        cmocka_unit_test(test_kind_is_read_from_the_prefix),
        cmocka_unit_test(test_paths_are_hidden),
        cmocka_unit_test(test_bugs_show_nothing),
        cmocka_unit_test(test_memory_and_interrupt),
        cmocka_unit_test(test_own_errors_come_back),
        cmocka_unit_test(test_live_errors),
    };
    return cmocka_run_group_tests_name("duck_error", tests, NULL, NULL);
}
