#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/dsn_input.h"

typedef struct Case {
    Arena *arena;
    CliArgs args;
} Case;

static const CliOption options[] = {DSN_PASSWORD_OPTIONS};

static Case with_words(const Str *words, size_t count) {
    Case given = {.arena = arena_create()};
    CliOptionTables tables = {options, ARRAY_LEN(options), NULL, 0};
    Err err = {0};
    assert_true(cli_parse(&tables, words, count, given.arena, &given.args, &err));
    return given;
}

static bool read_dsn(const Case *given, const char *dsn, DsnInput *out, Err *err) {
    Cli cli = {.arena = given->arena};
    return dsn_input_read(&cli, &given->args, str_c(dsn), out, err);
}

/* The password arrives whole, whatever is in it and however the DSN is written. */
static void assert_password(const Case *given, const char *dsn, const char *password) {
    DsnInput input;
    Dsn parts;
    Err err = {0};
    assert_true(read_dsn(given, dsn, &input, &err));
    assert_true(dsn_parse(input.text, given->arena, &parts, &err));
    assert_true(parts.has_password);
    assert_true(str_eq_c(parts.password, password));
    assert_true(str_eq_c(parts.user, "bob"));
    assert_true(str_eq_c(parts.database, "shop"));
}

static const char odd_password[] = "a'b\\c@d:e/f?g#h&i=j %41";

static void test_password_from_the_environment(void **state) {
    (void)state;
    setenv("LAKEHOUSE_TEST_SECRET", odd_password, 1);
    Case given = with_words((Str[]){STR("--password-env=LAKEHOUSE_TEST_SECRET")}, 1);
    assert_password(&given, "postgresql://bob@db.example/shop", odd_password);
    assert_password(&given, "postgresql://bob@db.example:5433/shop?sslmode=require", odd_password);
    assert_password(&given, "mysql://bob@db.example/shop", odd_password);
    assert_password(&given, "host=db.example user=bob dbname=shop", odd_password);
    unsetenv("LAKEHOUSE_TEST_SECRET");
    DsnInput input;
    Err err = {0};
    assert_false(read_dsn(&given, "postgresql://bob@db.example/shop", &input, &err));
    assert_non_null(strstr(err.message, "LAKEHOUSE_TEST_SECRET"));
    arena_destroy(given.arena);
}

static void test_password_from_a_file_is_its_first_line(void **state) {
    (void)state;
    char path[] = "/tmp/lakehouse-password-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    static const char bytes[] = "first line\r\nsecond\n";
    assert_int_equal(write(file, bytes, sizeof bytes - 1), sizeof bytes - 1);
    close(file);
    Case given = with_words((Str[]){STR("--password-file"), str_c(path)}, 2);
    assert_password(&given, "postgresql://bob@db.example/shop", "first line");
    unlink(path);
    DsnInput input;
    Err err = {0};
    assert_false(read_dsn(&given, "postgresql://bob@db.example/shop", &input, &err));
    assert_non_null(strstr(err.message, path));
    arena_destroy(given.arena);
}

static void test_two_passwords_are_one_too_many(void **state) {
    (void)state;
    setenv("LAKEHOUSE_TEST_SECRET", "two", 1);
    Case given = with_words((Str[]){STR("--password-env=LAKEHOUSE_TEST_SECRET")}, 1);
    DsnInput input;
    Err err = {0};
    assert_false(read_dsn(&given, "postgresql://bob:hidden@db.example/shop", &input, &err));
    assert_true(err_is(&err, FAIL_INVALID));
    assert_null(strstr(err.message, "hidden"));
    unsetenv("LAKEHOUSE_TEST_SECRET");
    arena_destroy(given.arena);

    given = with_words((Str[]){STR("--password-env=A"), STR("--password-file=b")}, 2);
    err_clear(&err);
    assert_false(read_dsn(&given, "postgresql://bob@db.example/shop", &input, &err));
    assert_non_null(strstr(err.message, "not both"));
    arena_destroy(given.arena);
}

static void test_kinds_and_what_is_no_dsn(void **state) {
    (void)state;
    Case given = with_words(NULL, 0);
    DsnInput input;
    Err err = {0};
    assert_true(read_dsn(&given, "mariadb://bob@db.example/shop", &input, &err));
    assert_int_equal(input.kind, DSN_MYSQL);
    assert_true(read_dsn(&given, " postgres://bob@db.example/shop ", &input, &err));
    assert_int_equal(input.kind, DSN_POSTGRES);
    assert_false(read_dsn(&given, "oracle://bob:hidden@db.example/shop", &input, &err));
    assert_true(err_is(&err, FAIL_INVALID));
    assert_null(strstr(err.message, "hidden"));
    arena_destroy(given.arena);
}

int suite_test_dsn_input(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_from_the_environment),
        cmocka_unit_test(test_password_from_a_file_is_its_first_line),
        cmocka_unit_test(test_two_passwords_are_one_too_many),
        cmocka_unit_test(test_kinds_and_what_is_no_dsn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
