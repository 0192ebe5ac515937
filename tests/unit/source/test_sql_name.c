/* Names of tables: split, and quoted again. */
#include "unit.h"

#include "source/sql_name.h"

static void what_is_shown_can_be_read_again(void **state) {
    (void)state;
    static const char *const names[] = {"orders", "größe_1", "a.b", "a`b\"c",
                                        " lead",  "",        "x y", "a-b"};
    Arena *arena = arena_create();
    Err err = {0};
    for (size_t i = 0; i + 1 < sizeof names / sizeof *names; i++) {
        if (names[i][0] == '\0' || names[i + 1][0] == '\0')
            continue; /* no server has such a name */
        StrBuf text = strbuf_make(arena);
        SqlName name;
        sql_append_readable_name(&text, '`', str_c(names[i]));
        strbuf_append_char(&text, '.');
        sql_append_readable_name(&text, '"', str_c(names[i + 1]));
        assert_ok(sql_name_parse(strbuf_str(&text), arena, &name, &err), &err);
        assert_int_equal(name.count, 2);
        assert_str_equal(name.parts[0], names[i]);
        assert_str_equal(name.parts[1], names[i + 1]);
    }
    StrBuf plain = strbuf_make(arena);
    sql_append_readable_name(&plain, '`', STR("orders"));
    assert_str_equal(strbuf_str(&plain), "orders");
    arena_destroy(arena);
}

int suite_test_sql_name(void);

static void parts(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    SqlName name;
    assert_ok(sql_name_parse(STR("orders"), arena, &name, &err), &err);
    assert_int_equal(name.count, 1);
    assert_str_equal(name.parts[0], "orders");
    assert_false(name.quoted[0]);
    assert_ok(sql_name_parse(STR(" sales . \"Odd \"\"name\"\".x\" "), arena, &name, &err), &err);
    assert_int_equal(name.count, 2);
    assert_str_equal(name.parts[0], "sales");
    assert_str_equal(name.parts[1], "Odd \"name\".x");
    assert_true(name.quoted[1]);
    assert_ok(sql_name_parse(STR("`a.b`.`c``d`.e f"), arena, &name, &err), &err);
    assert_int_equal(name.count, 3);
    assert_str_equal(name.parts[0], "a.b");
    assert_str_equal(name.parts[1], "c`d");
    assert_str_equal(name.parts[2], "e f");
    arena_destroy(arena);
}

static void refused(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    SqlName name;
    const Str bad[] = {STR(""),         STR(" "),       STR("a."),       STR(".a"),
                       STR("a..b"),     STR("\"a"),     STR("`a"),       STR("\"a\"b"),
                       STR("a\"b\""),   STR("\"\""),    STR("a.b.c.d"),  STR("\"a\".\"b\".c."),
                       STR("\xff\xfe"), STR("a\0b"),    STR("\"a\0b\""), STR("`a`;DROP TABLE b"),
                       STR("\"a\" b"),  STR("a.\"b\"c")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(sql_name_parse(bad[i], arena, &name, &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, "table");
    }
    char wide[SQL_NAME_BYTES_MAX + 1];
    memset(wide, 'a', sizeof wide);
    assert_fails(sql_name_parse(str_make(wide, sizeof wide), arena, &name, &err), &err,
                 FAIL_INVALID);
    assert_ok(sql_name_parse(str_make(wide, sizeof wide - 1), arena, &name, &err), &err);
    arena_destroy(arena);
}

static void quoted(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf sql = strbuf_make(arena);
    sql_append_name(&sql, '`', STR("a`b\"c'; --"));
    sql_append_name(&sql, '"', STR("a`b\"c"));
    assert_str_equal(strbuf_str(&sql), "`a``b\"c'; --`\"a`b\"\"c\"");
    strbuf_clear(&sql);
    sql_append_hex(&sql, STR("\x00\xffz"));
    assert_str_equal(strbuf_str(&sql), "00ff7a");
    arena_destroy(arena);
}

static void numbers(void **state) {
    (void)state;
    assert_true(sql_is_number(STR("0")) && sql_is_number(STR("-12.50")));
    const Str bad[] = {STR(""),   STR("-"),   STR("."),    STR("1."),  STR(".5"),
                       STR("+1"), STR("1e5"), STR("1 OR"), STR("0x1"), STR("1.2.3")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sql_is_number(bad[i]));
}

int suite_test_sql_name(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_shown_can_be_read_again),
                                       cmocka_unit_test(parts), cmocka_unit_test(refused),
                                       cmocka_unit_test(quoted), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
