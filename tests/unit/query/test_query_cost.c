/* test_query_cost.c - statements that would keep the binder busy are refused, ordinary ones not. */
#include "unit.h"

#include "query/query_gate.h"
#include "query/query_lex.h"
#include "sandbox.h"

static Sandbox sandbox;

static int set_up(void **state) {
    (void)state;
    sandbox_open(&sandbox);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    sandbox_close(&sandbox);
    return 0;
}

/* As the engine does it: words, parse, gate. */
static bool passes(Str sql, Err *err) {
    Str tree;
    GateNames names;
    DuckCursor *cursor = duck_cursor_open(sandbox.locked, err);
    assert_non_null(cursor);
    bool ok = query_lex_check(sql, err) &&
              duck_cursor_parse(cursor, sql, sandbox.arena, &tree, err) &&
              query_gate_check(sql, tree, sandbox.arena, &names, err);
    duck_cursor_close(cursor);
    return ok;
}

/* One statement out of pieces that nest or repeat: head, `left` n times, middle, `right` n times.
 */
typedef struct Bomb {
    const char *head, *left, *middle, *right;
    size_t passes, fails; /* how many times */
} Bomb;

static Str build(const Bomb *bomb, size_t times) {
    StrBuf sql = strbuf_make(sandbox.arena);
    strbuf_append_c(&sql, bomb->head);
    for (size_t i = 0; i < times; i++)
        strbuf_append_c(&sql, bomb->left);
    strbuf_append_c(&sql, bomb->middle);
    for (size_t i = 0; i < times; i++)
        strbuf_append_c(&sql, bomb->right);
    return strbuf_str(&sql);
}

static void test_bombs(void **state) {
    (void)state;
    static const Bomb bombs[] = {
        {"SELECT ", "(SELECT ", "1", ")", 8, 9},
        {"SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", "true", ")", 8, 30},
        {"SELECT ", "(", "1", " BETWEEN 0 AND 2)", 8, 16},
        {"SELECT ", "nullif(", "1", ", 2)", 8, 16},
        {"SELECT ", "list_transform([1], x -> ", "x", ")", 8, 20},
        {"SELECT 1", "+ 1", "", "", 150, 900},
        {"SELECT ", "abs(", "1", ")", 150, 900},
        {"SELECT ", "NOT ", "true", "", 150, 5000},
        {"SELECT ", "[", "1", "]", 150, 900},
        {"SELECT ", "CASE WHEN true THEN ", "1", " END", 150, 900},
        {"SELECT * FROM ", "(SELECT * FROM ", "t", ")", 100, 5000},
        {"SELECT 1", " UNION ALL SELECT 1", "", "", 200, 5000},
        {"SELECT 1 FROM t", " CROSS JOIN t", "", "", 60, 200},
        {"SELECT 1 FROM t", ", t", "", "", 60, 200},
        {"SELECT 1 FROM t", " NATURAL JOIN t", "", "", 60, 200},
        {"SELECT 1", ", *", " FROM t", "", 12, 100},
        {"SELECT * FROM ", "(SELECT *, * FROM ", "t", ")", 8, 20},
        {"SELECT 1", "+ COLUMNS('a')", " FROM t", "", 8, 100},
        {"SELECT 1", ", (SELECT 2)", "", "", 60, 100},
        {"WITH a AS (SELECT 1", ", (SELECT 2)", ") FROM a", "", 12, 20},
        {"SELECT 1 FROM t WHERE a = 1", " OR a = 2", "", "", 5000, 100000},
        {"SELECT 1 WHERE 1 IN (0", ", 1", ")", "", 20000, 100000},
        {"SELECT NULL::", "STRUCT(a ", "INT", ")", 50, 5000},
        {"SELECT NULL::INT", "[]", "", "", 50, 5000},
    };
    for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
        Err err = {0};
        if (!passes(build(&bombs[i], bombs[i].passes), &err))
            fail_msg("%s%s x %zu: %s", bombs[i].head, bombs[i].left, bombs[i].passes, err.message);
        err_clear(&err);
        if (passes(build(&bombs[i], bombs[i].fails), &err))
            fail_msg("%s%s x %zu passed", bombs[i].head, bombs[i].left, bombs[i].fails);
        if (err.kind != FAIL_INVALID && err.kind != FAIL_LIMIT && err.kind != FAIL_NO_MEMORY)
            fail_msg("%s%s: %s: %s", bombs[i].head, bombs[i].left, err_kind_name(err.kind),
                     err.message);
    }
}

static void test_with_queries_are_not_copied(void **state) {
    (void)state;
    Err err = {0};
    assert_fails(passes(STR("WITH a AS NOT MATERIALIZED (SELECT 1) FROM a"), &err), &err,
                 FAIL_INVALID);
    assert_string_equal(err.hint, "leave it out");
}

/* a0 + a0 AS a1, a1 + a1 AS a2, ... */
static Str alias_chain(size_t links) {
    StrBuf sql = strbuf_make(sandbox.arena);
    strbuf_append_c(&sql, "SELECT 1 AS a0");
    for (size_t i = 0; i < links; i++)
        strbuf_append_format(&sql, ", A%zu + a%zu AS a%zu", i, i, i + 1);
    return strbuf_str(&sql);
}

/* a1 AS (SELECT * FROM a0 l, a0 r), ... also with each link inside a query of its own. */
static Str join_chain(size_t links, const char *before, const char *after) {
    StrBuf sql = strbuf_make(sandbox.arena);
    strbuf_append_c(&sql, "WITH a0 AS (SELECT 1 AS x)");
    for (size_t i = 0; i < links; i++)
        strbuf_append_format(&sql, ", a%zu AS (%sSELECT * FROM a%zu l, a%zu r%s)", i + 1, before, i,
                             i, after);
    strbuf_append_format(&sql, " SELECT 1 FROM a%zu", links);
    return strbuf_str(&sql);
}

static void test_joined_with_queries(void **state) {
    (void)state;
    Err err = {0};
    assert_ok(passes(join_chain(8, "", ""), &err), &err);
    assert_fails(passes(join_chain(14, "", ""), &err), &err, FAIL_INVALID);
    assert_fails(passes(join_chain(14, "SELECT * FROM (", ")"), &err), &err, FAIL_INVALID);
    assert_fails(passes(join_chain(14, "WITH z AS (", ") FROM z"), &err), &err, FAIL_INVALID);
}

static void test_aliases(void **state) {
    (void)state;
    Err err = {0};
    assert_ok(passes(alias_chain(8), &err), &err);
    assert_fails(passes(alias_chain(20), &err), &err, FAIL_INVALID);
    /* a long list beside a used alias is no chain */
    Bomb list = {"SELECT 1 AS a, a + 1 AS b, b IN (0", ", 1", ")", "", 0, 0};
    assert_ok(passes(build(&list, 20000), &err), &err);
}

int suite_test_query_cost(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_with_queries_are_not_copied),
        cmocka_unit_test(test_joined_with_queries),
        cmocka_unit_test(test_aliases),
    };
    return cmocka_run_group_tests_name("query_cost", tests, set_up, tear_down);
}
