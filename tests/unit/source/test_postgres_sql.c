/* test_postgres_sql.c - statements, with names and values that want to be more than that. */
#include "unit.h"

#include "source/postgres_sql.h"

static void test_table_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *sql;
        bool folded;
    } cases[] = {{"orders", "\"orders\"", false},
                 {"Sales.Orders", "\"sales\".\"orders\"", true},
                 {"\"Sales\".\"Or\"\"ders\"", "\"Sales\".\"Or\"\"ders\"", false},
                 {"a;drop table x", "\"a;drop table x\"", false},
                 {"\"a.b\"", "\"a.b\"", false},
                 {"ÄB", "\"Äb\"", true}};
    Arena *arena = arena_create();
    Err err = {0};
    Str sql;
    bool folded;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(pg_table_name(str_c(cases[i].text), arena, &sql, &folded, &err), &err);
        assert_str_equal(sql, cases[i].sql);
        assert_int_equal(folded, cases[i].folded);
    }
    static const char *const bad[] = {"", "a.b.c", "\"a", "a.", ".a", "\"\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(pg_table_name(str_c(bad[i]), arena, &sql, &folded, &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, "table");
    }
    arena_destroy(arena);
}

static void test_literals(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(pg_quote_text(STR("it's"), arena), "'it''s'");
    assert_str_equal(pg_quote_text(STR(""), arena), "''");
    assert_str_equal(pg_quote_text(STR("\\'; --"), arena), " E'\\\\''; --'");
    arena_destroy(arena);
}

static void test_query_is_trimmed(void **state) {
    (void)state;
    assert_str_equal(pg_query_trim(STR("  SELECT 1 ; ;\n")), "SELECT 1");
    assert_str_equal(pg_query_trim(STR(" ; ")), "");
    Arena *arena = arena_create();
    assert_str_equal(pg_from_query(STR("SELECT 1 -- x"), 2, arena),
                     "(SELECT 1 -- x\n) AS q(c1, c2)");
    arena_destroy(arena);
}

static void test_copy(void **state) {
    (void)state;
    Arena *arena = arena_create();
    const PgPlan plans[] = {{.print = PG_PRINT_NOT}, {.print = PG_PRINT_CAST}};
    const Str casts[] = {STR("integer"), STR("text")};
    const size_t key[] = {1, 0};
    const Str after[] = {STR("o'clock"), STR("-5")};
    PgSelect select = {.from = STR("\"t\" AS q(c1, c2)"),
                       .plans = plans,
                       .casts = casts,
                       .column_count = 2,
                       .cursor_column = SIZE_MAX};
    assert_str_equal(pg_sql_copy(&select, arena),
                     "COPY (SELECT q.c1, q.c2::pg_catalog.text FROM \"t\" AS q(c1, c2)) TO STDOUT "
                     "(FORMAT binary)");
    select.key_columns = key;
    select.key_count = 2;
    select.after = after;
    select.cursor_column = 0;
    select.cursor_from = STR("10");
    assert_str_equal(pg_sql_copy(&select, arena),
                     "COPY (SELECT q.c1, q.c2::pg_catalog.text FROM \"t\" AS q(c1, c2) WHERE "
                     "(q.c2, q.c1) > ('o''clock'::text, '-5'::integer) ORDER BY q.c2, q.c1) TO "
                     "STDOUT (FORMAT binary)");
    select.has_cursor_from = true;
    select.cursor_inclusive = true;
    select.key_count = 0;
    assert_str_equal(pg_sql_copy(&select, arena),
                     "COPY (SELECT q.c1, q.c2::pg_catalog.text FROM \"t\" AS q(c1, c2) WHERE q.c1 "
                     ">= '10'::integer) TO STDOUT (FORMAT binary)");
    select.key_count = 2;
    select.cursor_inclusive = false;
    Str both = pg_sql_copy(&select, arena);
    assert_true(str_find(both, STR(") AND q.c1 > '10'::integer ORDER BY q.c2"), 0) != SIZE_MAX);
    arena_destroy(arena);
}

static void test_printed_columns(void **state) {
    (void)state;
    static const struct {
        PgPrint print;
        const char *sql;
    } cases[] = {
        {PG_PRINT_OUTPUT, "CASE WHEN q.c1 IS DISTINCT FROM NULL THEN pg_catalog.concat(q.c1) END"},
        {PG_PRINT_MONEY, "q.c1::pg_catalog.numeric::pg_catalog.text"},
        {PG_PRINT_ROW, "pg_catalog.row_to_json(q.c1)::pg_catalog.text"},
        {PG_PRINT_ARRAY,
         "CASE WHEN pg_catalog.replace(pg_catalog.array_dims(q.c1), '[1:', '') LIKE '%[%' THEN "
         "pg_catalog.concat(q.c1) ELSE pg_catalog.array_to_json(q.c1)::pg_catalog.text END"}};
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgPlan plan = {.print = cases[i].print};
        PgSelect select = {
            .from = STR("t"), .plans = &plan, .column_count = 1, .cursor_column = SIZE_MAX};
        Str expected =
            str_format(arena, "COPY (SELECT %s FROM t) TO STDOUT (FORMAT binary)", cases[i].sql);
        assert_str_equal(pg_sql_copy(&select, arena), expected.data);
    }
    arena_destroy(arena);
}

static void test_other_statements(void **state) {
    (void)state;
    Arena *arena = arena_create();
    const PgPlan plans[] = {{.needs_digits = false}, {.needs_digits = true}};
    Str sql = pg_sql_digits(STR("t"), plans, 2, 150000, arena);
    assert_true(str_find(sql, STR("q.c1"), 0) == SIZE_MAX);
    assert_true(str_find(sql, STR("min_scale(q.c2)"), 0) != SIZE_MAX);
    sql = pg_sql_digits(STR("t"), plans, 2, 120000, arena);
    assert_true(str_find(sql, STR("min_scale"), 0) == SIZE_MAX);
    assert_str_equal(pg_sql_cursor_end(STR("t"), 1, false, arena),
                     "SELECT (SELECT CASE WHEN q.c2 IS DISTINCT FROM NULL THEN "
                     "pg_catalog.concat(q.c2) END FROM t WHERE q.c2 IS NOT NULL ORDER BY q.c2 DESC "
                     "LIMIT 1), 0");
    sql = pg_sql_cursor_end(STR("t"), 1, true, arena);
    assert_true(str_ends(sql, STR("(SELECT count(*) FROM t WHERE q.c2 IS NULL)")));
    arena_destroy(arena);
}

int suite_test_postgres_sql(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_names),      cmocka_unit_test(test_literals),
        cmocka_unit_test(test_query_is_trimmed), cmocka_unit_test(test_copy),
        cmocka_unit_test(test_printed_columns),  cmocka_unit_test(test_other_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
