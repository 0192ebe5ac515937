/* test_query_engine.c - SQL over real Parquet files of a real catalog. */
#include "unit.h"

#include "lake_case.h"

static void load_people(LakeCase *c) {
    lake_case_load(c, "people", COMMIT_APPEND,
                   "SELECT i AS id, 'p' || i AS name, i % 3 AS city FROM range(1000) t(i)");
    lake_case_load(c, "Cities", COMMIT_APPEND,
                   "SELECT * FROM (VALUES (0, 'Rome'), (1, 'Oslo'), (2, 'Bonn')) t(id, name)");
}

static void test_analytics(void **state) {
    LakeCase *c = *state;
    load_people(c);
    assert_rows(c, "SELECT count(*) FROM people", "[[1000]]");
    assert_rows(c,
                "SELECT c.name, count(*) FROM People p JOIN CITIES c ON p.city = c.id "
                "GROUP BY 1 ORDER BY 1",
                "[[\"Bonn\",333],[\"Oslo\",333],[\"Rome\",334]]");
    assert_rows(c,
                "SELECT id FROM people QUALIFY row_number() OVER (PARTITION BY city ORDER BY id "
                "DESC) = 1 ORDER BY id",
                "[[997],[998],[999]]");
    assert_rows(c,
                "WITH RECURSIVE t(n) AS (SELECT min(id) FROM people UNION ALL SELECT n + 1 FROM t "
                "WHERE n < 5) SELECT max(n) FROM t",
                "[[5]]");
    assert_rows(c, "WITH people AS (FROM people WHERE id < 2) SELECT name FROM people ORDER BY id",
                "[[\"p0\"],[\"p1\"]]");
    assert_rows(c,
                "SELECT id FROM people WHERE id IN (SELECT id FROM cities) AND name <> 'p1' "
                "ORDER BY id LIMIT 1 OFFSET 1",
                "[[2]]");
    assert_rows(c, "SELECT column_name FROM (DESCRIBE cities)", "[[\"id\"],[\"name\"]]");
    assert_rows(c, "SELECT column_name, count FROM (SUMMARIZE cities)",
                "[[\"id\",3],[\"name\",3]]");
}

int suite_test_query_engine(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_analytics, lake_case_set_up, lake_case_tear_down),
    };
    return cmocka_run_group_tests_name("query_engine", tests, NULL, NULL);
}
