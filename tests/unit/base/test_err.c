/* test_err.c - kinds have one status and one name; long texts are cut between characters. */
#include "unit.h"

#include <errno.h>

static void sets_and_wraps(void **state) {
    (void)state;
    Err err = {0};
    assert_false(err_fail(&err, FAIL_NOT_FOUND, "no dataset '%s'", "x"));
    err_detail(&err, "looked in %d buckets", 2);
    err_hint(&err, "create it first");
    err_field(&err, "dataset");
    assert_false(err_wrap(&err, "load %s", "catalog"));
    assert_string_equal(err.message, "load catalog: no dataset 'x'");
    assert_string_equal(err.detail, "looked in 2 buckets");
    assert_string_equal(err.hint, "create it first");
    assert_string_equal(err.field, "dataset");
    assert_true(err_is(&err, FAIL_NOT_FOUND));
    assert_non_null(strstr(err.file, "test_err.c"));
    assert_true(err.line > 0);
    err_clear(&err);
    assert_true(err_is(&err, FAIL_NONE));
    assert_string_equal(err.message, "");
    assert_string_equal(err.hint, "");
}

static void names_the_errno(void **state) {
    (void)state;
    Err err = {0};
    assert_false(err_fail_errno(&err, ENOENT, "open head"));
    assert_int_equal(err.kind, FAIL_IO);
    assert_string_equal(err.message, "open head");
    assert_string_equal(err.detail, "No such file or directory");
}

static void cuts_between_characters(void **state) {
    (void)state;
    char longer[1000];
    for (size_t i = 0; i + 2 < sizeof longer; i += 2)
        memcpy(longer + i, "\xC3\xA9", 2);
    for (size_t shift = 0; shift < 2; shift++) {
        longer[998] = '\0';
        Err err = {0};
        err_fail(&err, FAIL_INVALID, "%s%s", shift == 0 ? "" : "x", longer);
        assert_true(strlen(err.message) < sizeof err.message);
        assert_true(utf8_valid(str_c(err.message)));
        assert_true(str_ends(str_c(err.message), STR("...")));
        err_wrap(&err, "%s", longer);
        assert_true(utf8_valid(str_c(err.message)));
        assert_true(str_ends(str_c(err.message), STR("...")));
    }
}

static void every_kind_is_in_the_table(void **state) {
    (void)state;
    for (int kind = FAIL_NONE; kind < FAIL_KIND_COUNT; kind++) {
        assert_non_null(err_kind_name((FailKind)kind));
        int status = err_kind_status((FailKind)kind);
        assert_true(status == 200 || (status >= 400 && status <= 504));
    }
    assert_int_equal(err_kind_status(FAIL_KIND_COUNT), 500);
    assert_int_equal(err_kind_status(FAIL_BUSY), 429);
    assert_string_equal(err_kind_name(FAIL_TIMEOUT), "timeout");
}

int suite_test_err(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_and_wraps),
        cmocka_unit_test(names_the_errno),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(every_kind_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
