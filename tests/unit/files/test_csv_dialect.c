/* test_csv_dialect.c - delimiter, header and names from a file's beginning. */
#include "unit.h"

#include "files/csv_dialect.h"

static const CsvDialect any = {.header = -1};

/* ", h: a b" = delimiter, header or not, names. */
static Str plan_of(Arena *arena, const char *bytes, const CsvDialect *wanted, Err *err) {
    CsvPlan plan;
    if (!csv_plan_make(str_c(bytes), true, wanted, arena, &plan, err))
        return str_c(err->message);
    StrBuf text = strbuf_make(arena);
    strbuf_append_format(&text, "%c %s", plan.format.delimiter, plan.has_header ? "h" : "d");
    for (size_t i = 0; i < plan.names.names.count; i++)
        strbuf_append_format(&text, " %.*s", STR_ARG(plan.names.names.items[i]));
    return strbuf_str(&text);
}

static void test_detection(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *plan;
    } cases[] = {
        {"a,b\n1,2\n", ", h a b"},
        {"a;b\n1,5;2,5\n2,5;3,5\n", "; h a b"},
        {"a\tb\nx, y\tz, w\n", "\t h a b"},
        {"a|b|c\n1|2|3\n", "| h a b c"},
        {"\"a,b\";c\n\"1,2\";3\n", "; h a,b c"},
        {"a,b\n\"x;y\",1\n\"z;w\",2\n", ", h a b"},
        {"1,2\n3,4\n", ", d column1 column2"},
        {"x,1\ny,2\n", ", d column1 column2"},
        {"name,2020,2021\nx,1,2\n", ", d column1 column2 column3"},
        {"id,2020\n1,5\n2,6\n", ", h id 2020"},
        {"id,name\n", ", h id name"},
        {"name,city\nann,rome\nbob,oslo\n", ", h name city"},
        {"only\n1\n2\n", ", h only"},
        {"text\na, b\nc\nd\n", "\t h text"},
        {",a,b\n0,1,2\n", ", h column1 a b"},
        {"a,A,a\n1,2,3\n", ", h a A_2 a_3"},
        {"A_2,a,A\n1,2,3\n", ", h A_2 a A_3"},
        {"\n\na,b\n1,2\n", ", h a b"},
        {" a , b \n1,2\n", ", h a b"},
        {"", "the file is empty: not even a header"},
        {"\"a\n", "the first line: a quote is opened and never closed"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        Str found = plan_of(arena, cases[i].bytes, &any, &err);
        if (!str_eq_c(found, cases[i].plan))
            fail_msg("'%s': '%.*s'", cases[i].bytes, STR_ARG(found));
    }
    arena_destroy(arena);
}

static void test_messy(void **state) {
    (void)state;
    static const char *const cases[] = {
        "a,b,c\n1;2\n3;4;5\n6\n",
        "a;b,c\n1\n2,3,4\n5;6;7;8\n",
        "one\ntwo, three\nfour, five, six\nseven, eight\n",
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        CsvPlan plan;
        assert_fails(csv_plan_make(str_c(cases[i]), true, &any, arena, &plan, &err), &err,
                     FAIL_UNPROCESSABLE);
        assert_non_null(strstr(err.message, "delimiter"));
        assert_true(err.detail[0] != '\0');
        assert_true(err.hint[0] != '\0');
    }
    arena_destroy(arena);
}

static void test_wishes(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    CsvDialect wanted = {.delimiter = STR("\\t"), .header = 1};
    assert_str_equal(plan_of(arena, "1\t2\n3\t4\n", &wanted, &err), "\t h 1 2");
    wanted = (CsvDialect){.delimiter = STR(":"), .header = 0};
    assert_str_equal(plan_of(arena, "a:b\n", &wanted, &err), ": d column1 column2");
    static const char *const bad[] = {",,", "\n", "\xC3\xA9", "\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CsvPlan plan;
        wanted = (CsvDialect){.delimiter = str_c(bad[i]), .header = -1};
        assert_fails(csv_plan_make(STR("a,b\n"), true, &wanted, arena, &plan, &err), &err,
                     FAIL_INVALID);
        assert_string_equal(err.field, "delimiter");
    }
    arena_destroy(arena);
}

/* A sample that is cut in the middle of a record leaves that record out. */
static void test_cut_sample(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    CsvPlan plan;
    assert_ok(csv_plan_make(STR("a,b\n1,2\n3,\"x\n"), false, &any, arena, &plan, &err), &err);
    assert_int_equal(plan.names.names.count, 2);
    assert_int_equal(plan.format.delimiter, ',');
    arena_destroy(arena);
}

int suite_test_csv_dialect(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detection),
        cmocka_unit_test(test_messy),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_cut_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
