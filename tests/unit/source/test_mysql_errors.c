/* Numbers of errors to kinds, and messages without what they quote. */
#include "unit.h"

#include "source/mysql_errors.h"

int suite_test_mysql_errors(void);

static void kinds(void **state) {
    (void)state;
    const struct {
        unsigned code;
        Str sqlstate;
        FailKind kind;
    } cases[] = {{1045, STR("28000"), FAIL_DENIED},
                 {1142, STR("42000"), FAIL_DENIED},
                 {1146, STR("42S02"), FAIL_NOT_FOUND},
                 {1049, STR("42000"), FAIL_NOT_FOUND},
                 {1064, STR("42000"), FAIL_UNPROCESSABLE},
                 {1242, STR("21000"), FAIL_UNPROCESSABLE},
                 {1292, STR("22007"), FAIL_UNPROCESSABLE},
                 {1412, STR("HY000"), FAIL_CONFLICT},
                 {1317, STR("70100"), FAIL_UPSTREAM},
                 {2013, STR("HY000"), FAIL_UPSTREAM},
                 {9999, STR("28000"), FAIL_DENIED},
                 {1053, STR("08S01"), FAIL_UPSTREAM},
                 {0, STR(""), FAIL_UPSTREAM}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(mysql_fail_kind(cases[i].code, cases[i].sqlstate), cases[i].kind);
}

static void texts(void **state) {
    (void)state;
    Err err = {0};
    assert_false(mysql_fail(1292, "22007", "Incorrect datetime value: 's3cret=1' for x", &err));
    assert_null(strstr(err.message, "s3cret"));
    assert_non_null(strstr(err.message, "Incorrect datetime value"));
    assert_string_equal(err.detail, "error 1292, SQLSTATE 22007");
    assert_false(mysql_fail(2002, "HY000", "Can't connect to server on 'h' (111)", &err));
    assert_string_equal(err.message, "mysql: cannot connect: Connection refused");
    assert_false(mysql_fail(2003, "HY000", "Can't connect", &err));
    assert_string_equal(err.message, "mysql: cannot connect");
    assert_false(mysql_fail(2013, "HY000", "Lost connection", &err));
    assert_string_equal(err.message, "mysql: the connection was lost");
    assert_false(mysql_fail(MYSQL_ERROR_TLS, "HY000",
                            "TLS/SSL error: Validation of SSL server certificate failed", &err));
    assert_string_equal(err.message, "mysql: TLS: Validation of SSL server certificate failed");
}

int suite_test_mysql_errors(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
