/* test_postgres_error.c - kinds by SQLSTATE, and no value of anybody's rows in a message. */
#include "unit.h"

#include "source/postgres_error.h"

static void test_kinds(void **state) {
    (void)state;
    static const struct {
        const char *sqlstate;
        FailKind kind;
    } cases[] = {{"42501", FAIL_DENIED},        {"28P01", FAIL_DENIED},
                 {"42601", FAIL_UNPROCESSABLE}, {"42P01", FAIL_UNPROCESSABLE},
                 {"22012", FAIL_UNPROCESSABLE}, {"25006", FAIL_UNPROCESSABLE},
                 {"57P01", FAIL_UPSTREAM},      {"53300", FAIL_UPSTREAM},
                 {"40001", FAIL_UPSTREAM},      {"", FAIL_UPSTREAM},
                 {"XX000", FAIL_UPSTREAM},      {"P0001", FAIL_UNPROCESSABLE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pg_error_kind(str_c(cases[i].sqlstate)), cases[i].kind);
}

static void test_messages_keep_names_and_drop_values(void **state) {
    (void)state;
    static const struct {
        const char *sqlstate, *message, *shown, *hidden;
    } cases[] = {
        {"42P01", "relation \"orders\" does not exist", "relation \"orders\" does not exist", NULL},
        {"22P02", "invalid input syntax for type integer: \"hunter2\"",
         "invalid input syntax for type integer (SQLSTATE 22P02)", "hunter2"},
        {"22003", "value \"hunter2\" is out of range for type integer", "is out of range",
         "hunter2"},
        {"23505", "duplicate key value: hunter2\nDETAIL: hunter2", "duplicate key value",
         "hunter2"},
        {"P0001", "the password is hunter2", "a function raised an exception", "hunter2"},
        {"57P01", "terminating connection\nDETAIL: hunter2", "terminating connection", "hunter2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        assert_false(pg_error_statement(str_c(cases[i].sqlstate), str_c(cases[i].message), &err));
        if (strstr(err.message, cases[i].shown) == NULL)
            fail_msg("'%s' does not say '%s'", err.message, cases[i].shown);
        assert_non_null(strstr(err.message, cases[i].sqlstate));
        if (cases[i].hidden != NULL)
            assert_null(strstr(err.message, cases[i].hidden));
    }
}

static void test_refused_connections(void **state) {
    (void)state;
    static const struct {
        const char *text;
        FailKind kind;
        const char *shown;
    } cases[] = {
        {"connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password "
         "authentication failed for user \"bob\"\nLOCATION:  auth_failed, auth.c:1",
         FAIL_DENIED, "(SQLSTATE 28P01)"},
        {"FATAL:  3D000: database \"shop\" does not exist", FAIL_NOT_FOUND, "\"shop\""},
        {"FATAL:  53300: sorry, too many clients already", FAIL_UPSTREAM, "too many clients"},
        {"connection to server at \"db\" (10.0.0.1), port 5432 failed: Connection refused",
         FAIL_UPSTREAM, "Connection refused"},
        {"connection to server at \"db\" (::1), port 1 failed: Connection refused\n\tIs the server "
         "running?\nconnection to server at \"db\" (10.0.0.1), port 1 failed: Connection timed "
         "out\n",
         FAIL_UPSTREAM, "cannot connect to PostgreSQL: Connection timed out"},
        {"connection to server at \"db\" (::1), port 1 failed: FATAL:  28P01: no such password\n"
         "connection to server at \"db\" (::1), port 1 failed: FATAL:  28000: no encryption\n",
         FAIL_DENIED, "(SQLSTATE 28P01)"},
        {"connection to server at \"db\" (::1), port 1 failed: root certificate file \"/x/y.crt\" "
         "does not exist\n"
         "Either provide the file or change sslmode",
         FAIL_UPSTREAM, "root certificate file \"...\" does not exist"},
        {"", FAIL_UPSTREAM, "cannot connect"},
        {"FATAL:  28", FAIL_UPSTREAM, "cannot connect"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        assert_false(pg_error_connect(str_c(cases[i].text), &err));
        assert_int_equal(err.kind, cases[i].kind);
        if (strstr(err.message, cases[i].shown) == NULL)
            fail_msg("'%s' does not say '%s'", err.message, cases[i].shown);
    }
}

int suite_test_postgres_error(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_messages_keep_names_and_drop_values),
        cmocka_unit_test(test_refused_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
