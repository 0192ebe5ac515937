/* test_verify_value.c - the text under which a value is compared: lists, misfits, rounding. */
#include "unit.h"

#include "verify/verify_value.h"

typedef struct Printed {
    Arena *arena;
    VerifyFit fit;
    Str text;
} Printed;

static Printed print(Arena *arena, const char *type, bool exact, const char *text) {
    StrBuf out = strbuf_make(arena);
    int32_t offsets[] = {0, (int32_t)strlen(text)};
    RowColumn column = {.type = COLUMN_UTF8, .offsets = offsets, .bytes = text};
    VerifyFit fit = verify_value(verify_type(str_c(type)), exact, &column, 0, &out);
    return (Printed){arena, fit, strbuf_str(&out)};
}

static void test_types(void **state) {
    (void)state;
    VerifyType type = verify_type(STR("DECIMAL(10,2)[]"));
    assert_true(type.is_list && type.kind == CANONICAL_DECIMAL);
    type = verify_type(STR("INTEGER[][]"));
    assert_true(!type.is_list && type.kind == CANONICAL_TEXT);
    type = verify_type(STR("STRUCT(a INTEGER)[]"));
    assert_true(!type.is_list && type.kind == CANONICAL_TEXT);
}

static void test_lists(void **state) {
    (void)state;
    static const struct {
        const char *type, *one, *other;
        bool equal;
    } rows[] = {
        {"BIGINT[]", "[1,2]", " [ 1 , 2 ] ", true},
        {"DOUBLE[]", "[1.50, 1e2]", "[1.5,100]", true},
        {"VARCHAR[]", "[\"a, b\"]", "[\"a\", \"b\"]", false},
        {"VARCHAR[]", "[\"\\u0061\"]", "[\"a\"]", true},
        {"VARCHAR[]", "[\"a\"]", "[\"a \"]", false},
        {"VARCHAR[]", "[null]", "[\"null\"]", false},
        {"VARCHAR[]", "[null]", "[]", false},
        {"DATE[]", "[\"2024-02-29\"]", "[\"2024-02-29\"]", true},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Printed one = print(arena, rows[i].type, false, rows[i].one);
        Printed other = print(arena, rows[i].type, false, rows[i].other);
        assert_int_equal(one.fit, VERIFY_FITS);
        assert_int_equal(other.fit, VERIFY_FITS);
        if (str_eq(one.text, other.text) != rows[i].equal)
            fail_msg("%s, %s", rows[i].one, rows[i].other);
    }
    static const char *const broken[] = {"", "1", "[1", "[x]", "[[1]]", "{\"a\":1}", "[1],\"w\":2"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        Printed list = print(arena, "BIGINT[]", false, broken[i]);
        assert_int_equal(list.fit, VERIFY_NO_VALUE);
        assert_int_equal(list.text.data[0], 1);
    }
    arena_destroy(arena);
}

static void test_rounding(void **state) {
    (void)state;
    static const struct {
        const char *text;
        VerifyFit fit;
    } rows[] = {
        {"0.1", VERIFY_FITS},
        {"100000000000000000000", VERIFY_FITS},
        {"123456789.12", VERIFY_FITS},
        {"-0.00", VERIFY_FITS},
        {"0.12345678901234567890", VERIFY_ROUNDED},
        {"12345678901234567.89", VERIFY_ROUNDED},
        {"NaN", VERIFY_FITS},
        {"Infinity", VERIFY_FITS},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(print(arena, "DOUBLE", true, rows[i].text).fit, rows[i].fit);
        assert_int_equal(print(arena, "DOUBLE", false, rows[i].text).fit, VERIFY_FITS);
    }
    arena_destroy(arena);
}

/* A typed value on one side, another type in the dataset. */
static void test_other_types(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf out = strbuf_make(arena);
    int64_t number = 12;
    RowColumn column = {.type = COLUMN_INT64, .values = &number};
    assert_int_equal(verify_value(verify_type(STR("VARCHAR")), false, &column, 0, &out),
                     VERIFY_FITS);
    assert_str_equal(strbuf_str(&out), "12");
    strbuf_clear(&out);
    float single = 0.1f;
    column = (RowColumn){.type = COLUMN_FLOAT32, .values = &single};
    assert_int_equal(verify_value(verify_type(STR("DOUBLE")), false, &column, 0, &out),
                     VERIFY_FITS);
    assert_str_equal(strbuf_str(&out), "0.1");
    assert_int_equal(verify_value(verify_type(STR("DATE")), false, &column, 0, &out),
                     VERIFY_NO_VALUE);
    arena_destroy(arena);
}

int suite_test_verify_value(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_other_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
