/* test_query_lex.c - words are found where SQL has them, and what multiplies is refused. */
#include "unit.h"

#include "query/query_lex.h"

static void test_words(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        size_t words;
    } cases[] = {
        {"", 0},
        {"  -- nothing\n /* at /* all */ */ ", 0},
        {"SELECT 1", 2},
        {"SELECT 'it''s', \"a\"\"b\"", 4},
        {"SELECT E'a\\'b', $$x ' y$$, $tag$ $$ $tag$, $1, $name", 10},
        {"SELECT a--b\n+c", 4},
        {"SELECT 'open", 2},
        {"/* open", 0},
        {"$tag$ open", 1},
        {"\"open", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t words = query_lex_count(str_c(cases[i].sql)).words;
        if (words != cases[i].words)
            fail_msg("%s: %zu words", cases[i].sql, words);
    }
}

static void test_counts(void **state) {
    (void)state;
    LexCounts counts = query_lex_count(
        STR("WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2), c AS NOT MATERIALIZED (SELECT "
            "'AS (' AS \"case\") SELECT CAST(1 AS INT) FROM a"));
    assert_int_equal(counts.withs, 3);
    counts = query_lex_count(STR("SELECT CASE WHEN a THEN 1 WHEN b THEN 2 END, "
                                 "CASE x WHEN 1 THEN CASE y WHEN 2 THEN 3 END WHEN 4 THEN 5 END"));
    assert_int_equal(counts.case_operands, 3);
    assert_false(counts.nested_operand);
    counts = query_lex_count(STR("SELECT CASE (CASE x WHEN 1 THEN 2 END) WHEN 2 THEN 3 END"));
    assert_true(counts.nested_operand);
    counts = query_lex_count(STR("SELECT CASE (CASE WHEN x THEN 2 END) WHEN 2 THEN 3 END"));
    assert_false(counts.nested_operand);
    counts = query_lex_count(STR("SELECT sum(a) OVER w, sum(b) OVER (w), sum(c) over \"w\""));
    assert_int_equal(counts.window_uses, 2);
}

static Str many(Arena *arena, const char *head, const char *piece, size_t count, const char *tail) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_c(&out, head);
    for (size_t i = 0; i < count; i++)
        strbuf_append_c(&out, piece);
    strbuf_append_c(&out, tail);
    return strbuf_str(&out);
}

static void test_refusals(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    assert_ok(query_lex_check(STR("SELECT 1"), &err), &err);
    assert_ok(query_lex_check(
                  many(arena, "WITH a AS (SELECT 1)", ", a AS (SELECT 1)", 99, " SELECT 1"), &err),
              &err);
    assert_fails(
        query_lex_check(many(arena, "WITH a AS (SELECT 1)", ", a AS (SELECT 1)", 100, " SELECT 1"),
                        &err),
        &err, FAIL_INVALID);
    assert_string_equal(err.field, "sql");
    assert_fails(query_lex_check(many(arena, "SELECT ", "x", SQL_BYTES_MAX, ""), &err), &err,
                 FAIL_LIMIT);
    assert_fails(query_lex_check(STR("SELECT '\xff'"), &err), &err, FAIL_INVALID);
    assert_fails(query_lex_check(STR("SELECT '\0'"), &err), &err, FAIL_INVALID);
    assert_fails(query_lex_check(many(arena, "SELECT ", "CASE (", 2, "1) WHEN 1 THEN 1 END"), &err),
                 &err, FAIL_INVALID);
    assert_fails(
        query_lex_check(many(arena, "SELECT CASE x", " WHEN 1 THEN 2", 1000, " END"), &err), &err,
        FAIL_INVALID);
    assert_fails(query_lex_check(many(arena, "SELECT 1", ", sum(1) OVER w", 1000,
                                      " FROM t WINDOW w AS (ORDER BY a)"),
                                 &err),
                 &err, FAIL_INVALID);
    assert_ok(query_lex_check(many(arena, "SELECT 1 WHERE 1 IN (0", ", 1", 50000, ")"), &err),
              &err);
    /* more open CASEs than are told apart */
    assert_fails(query_lex_check(many(arena, "SELECT ", "CASE x ", 1000, ""), &err), &err,
                 FAIL_INVALID);
    assert_ok(query_lex_check(many(arena, "SELECT ", "END ", 1000, ""), &err), &err);
    arena_destroy(arena);
}

int suite_test_query_lex(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("query_lex", tests, NULL, NULL);
}
