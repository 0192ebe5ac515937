/* Statements: hostile names and values never leave their quotes. */
#include "unit.h"

#include "source/mysql_sql.h"

int suite_test_mysql_sql(void);

enum { ID, NAME, BYTES, SEEN, RATIO, FLAG, PLACE, COLUMNS };

static MysqlColumn columns[COLUMNS];
static const size_t key[] = {ID, NAME};
static MysqlSelect table;

static int plan(void **state) {
    (void)state;
    const MysqlField fields[COLUMNS] = {
        [ID] = {.name = STR("id"), .wire = MYSQL_WIRE_LONG},
        [NAME] = {.name = STR("a`; DROP"), .wire = MYSQL_WIRE_VAR_STRING},
        [BYTES] = {.name = STR("b"), .wire = MYSQL_WIRE_BLOB, .is_binary = true},
        [SEEN] = {.name = STR("ts"), .wire = MYSQL_WIRE_TIMESTAMP},
        [RATIO] = {.name = STR("f"), .wire = MYSQL_WIRE_FLOAT},
        [FLAG] = {.name = STR("bits"), .wire = MYSQL_WIRE_BIT, .length = 1},
        [PLACE] = {.name = STR("g"), .wire = MYSQL_WIRE_GEOMETRY, .is_binary = true}};
    for (size_t i = 0; i < COLUMNS; i++)
        columns[i] = mysql_plan(&fields[i], SOURCE_EXACT);
    table = (MysqlSelect){.database = STR("my`db"),
                          .table = STR("t"),
                          .columns = columns,
                          .column_count = COLUMNS,
                          .key_columns = key,
                          .key_count = 2};
    return 0;
}

#define ALL                                                                                        \
    "SELECT r.`id`, r.`a``; DROP`, r.`b`, r.`ts`, r.`f`, r.`bits`, r.`g` FROM `my``db`.`t` AS r"

static void rows(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    Str sql;
    assert_ok(mysql_sql_rows(&table, NULL, arena, &sql, &err), &err);
    assert_str_equal(sql, ALL);
    const Str after[] = {STR("-7"), STR("o'x\\")};
    SourceRange range = {.by_key = true};
    assert_ok(mysql_sql_rows(&table, &range, arena, &sql, &err), &err);
    assert_str_equal(sql, ALL " ORDER BY r.`id`, r.`a``; DROP`");
    range.after = after;
    assert_ok(mysql_sql_rows(&table, &range, arena, &sql, &err), &err);
    assert_str_equal(sql, ALL " WHERE (r.`id` > -7 OR (r.`id` = -7 AND "
                              "(r.`a``; DROP` > _utf8mb4 X'6f27785c')))"
                              " ORDER BY r.`id`, r.`a``; DROP`");
    arena_destroy(arena);
}

static void cursors(void **state) {
    (void)state;
    const struct {
        Str column, from;
        const char *where;
    } good[] = {{STR("id"), STR("5"), "r.`id` > 5"},
                {STR("a`; DROP"), STR(""), "r.`a``; DROP` > _utf8mb4 X''"},
                {STR("b"), STR("00fF"), "r.`b` > X'00fF'"},
                {STR("b"), STR("\\x00"), "r.`b` > X'00'"},
                {STR("ts"), STR("2024-01-01 00:00:00+00"),
                 "r.`ts` > _utf8mb4 X'323032342d30312d30312030303a30303a3030'"},
                {STR("f"), STR("0.5"), "r.`f` > 5.00000000000000000e-01"},
                {STR("bits"), STR("true"), "r.`bits` > 1"}};
    const struct {
        Str column, from;
        FailKind kind;
    } bad[] = {{STR("id"), STR("5 OR 1=1"), FAIL_INVALID},   {STR("id"), STR(""), FAIL_INVALID},
               {STR("id"), STR("1e5"), FAIL_INVALID},        {STR("f"), STR("x"), FAIL_INVALID},
               {STR("b"), STR("0"), FAIL_INVALID},           {STR("b"), STR("0'"), FAIL_INVALID},
               {STR("a`; DROP"), STR("\xff"), FAIL_INVALID}, {STR("g"), STR("00"), FAIL_INVALID},
               {STR("none"), STR("1"), FAIL_UNPROCESSABLE}};
    Arena *arena = arena_create();
    Err err = {0};
    Str sql;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        SourceRange range = {
            .cursor = good[i].column, .cursor_from = good[i].from, .has_cursor_from = true};
        assert_ok(mysql_sql_rows(&table, &range, arena, &sql, &err), &err);
        assert_true(str_starts(sql, STR(ALL " WHERE ")));
        assert_str_equal(str_slice(sql, sizeof(ALL " WHERE ") - 1, sql.length), good[i].where);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SourceRange range = {
            .cursor = bad[i].column, .cursor_from = bad[i].from, .has_cursor_from = true};
        assert_fails(mysql_sql_rows(&table, &range, arena, &sql, &err), &err, bad[i].kind);
        assert_string_equal(err.field, "cursor");
    }
    SourceRange both = {.cursor = STR("id"),
                        .cursor_from = STR("5"),
                        .has_cursor_from = true,
                        .cursor_inclusive = true,
                        .by_key = true,
                        .after = (const Str[]){STR("6"), STR("")}};
    assert_ok(mysql_sql_rows(&table, &both, arena, &sql, &err), &err);
    assert_true(str_find(sql, STR("WHERE r.`id` >= 5 AND (r.`id` > 6 OR"), 0) != SIZE_MAX);
    arena_destroy(arena);
}

static void printed(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    Str sql;
    MysqlSelect select = table;
    select.printed = true;
    assert_ok(mysql_sql_rows(&select, NULL, arena, &sql, &err), &err);
    const Str parts[] = {STR("SELECT CAST(r.`id` AS CHAR) AS `id`, r.`a``; DROP` AS `a``; DROP`, "),
                         STR("CONCAT(_utf8mb4 X'5c78', LOWER(HEX(r.`b`))) AS `b`"),
                         STR("CAST(r.`f` + 0e0 AS CHAR) AS `f`"),
                         STR("CAST(r.`bits` + 0 AS CHAR) AS `bits`")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(str_find(sql, parts[i], 0) != SIZE_MAX);
    assert_ok(mysql_sql_cursor_end(&table, RATIO, arena, &sql, &err), &err);
    assert_str_equal(sql, "SELECT CAST(MAX(r.`f` + 0e0) AS CHAR), COUNT(*) - COUNT(r.`f`)"
                          " FROM `my``db`.`t` AS r");
    assert_ok(mysql_sql_cursor_end(&table, BYTES, arena, &sql, &err), &err);
    assert_true(str_starts(sql, STR("SELECT LOWER(HEX(MAX(r.`b`))), ")));
    assert_fails(mysql_sql_cursor_end(&table, PLACE, arena, &sql, &err), &err, FAIL_UNPROCESSABLE);
    arena_destroy(arena);
}

static void queries(void **state) {
    (void)state;
    Str query;
    const Str good[] = {STR("SELECT 1"),
                        STR(" select 1;; "),
                        STR("(SELECT 1) UNION SELECT 2"),
                        STR("-- x\nSELECT 1"),
                        STR("#x\nWITH a AS (SELECT 1) SELECT * FROM a"),
                        STR("/* ; */TABLE t"),
                        STR("VALUES (1)"),
                        STR("((select 1))")};
    const Str bad[] = {
        STR(""),           STR("DELETE FROM t"),        STR("SELECTED"),  STR("-- SELECT 1"),
        STR("/*SELECT*/"), STR("/*!50000 SELECT */ 1"), STR("SET x = 1"), STR("(("),
        STR("KILL 1"),     STR("/* SELECT 1")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!mysql_sql_query(good[i], &query))
            fail_msg("'%.*s' is refused", STR_ARG(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mysql_sql_query(bad[i], &query))
            fail_msg("'%.*s' is taken", STR_ARG(bad[i]));
    assert_true(mysql_sql_query(good[1], &query));
    assert_str_equal(query, "select 1");
    Arena *arena = arena_create();
    Err err = {0};
    Str sql;
    MysqlSelect select = {
        .query = STR("SELECT 1 AS id -- x"), .columns = columns, .column_count = 1};
    assert_ok(mysql_sql_rows(&select, NULL, arena, &sql, &err), &err);
    assert_str_equal(sql, "SELECT 1 AS id -- x");
    SourceRange range = {.cursor = STR("id"), .cursor_from = STR("0"), .has_cursor_from = true};
    assert_ok(mysql_sql_rows(&select, &range, arena, &sql, &err), &err);
    assert_str_equal(sql, "SELECT r.`id` FROM (\nSELECT 1 AS id -- x\n) AS r WHERE r.`id` > 0");
    range = (SourceRange){.by_key = true};
    assert_fails(mysql_sql_rows(&select, &range, arena, &sql, &err), &err, FAIL_UNPROCESSABLE);
    arena_destroy(arena);
}

static void session(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str sql = mysql_sql_set_mode(
        STR("ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_BACKSLASH_ESCAPES"), arena);
    assert_str_equal(sql, "SET SESSION sql_mode = _utf8mb4 X'"
                          "414c4c4f575f494e56414c49445f44415445532c" /* ALLOW_INVALID_DATES, */
                          "414e53495f51554f5445532c"                 /* ANSI_QUOTES, */
                          "4e4f5f4241434b534c4153485f45534341504553'");
    assert_true(str_find(mysql_sql_describe_keys(STR("d'"), STR("t\\"), arena),
                         STR("table_schema = _utf8mb4 X'6427' AND table_name = _utf8mb4 X'745c'"),
                         0) != SIZE_MAX);
    arena_destroy(arena);
}

int suite_test_mysql_sql(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(cursors),
                                       cmocka_unit_test(printed), cmocka_unit_test(queries),
                                       cmocka_unit_test(session)};
    return cmocka_run_group_tests(tests, plan, NULL);
}
