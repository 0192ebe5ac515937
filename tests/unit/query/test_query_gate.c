/* test_query_gate.c - hostile statements are refused, honest ones pass, names are found. */
#include "unit.h"

#include "query/query_gate.h"
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

static bool gate(const char *sql, GateNames *out, Err *err) {
    Str tree;
    DuckCursor *cursor = duck_cursor_open(sandbox.locked, err);
    assert_non_null(cursor);
    bool ok = duck_cursor_parse(cursor, str_c(sql), sandbox.arena, &tree, err) &&
              query_gate_check(str_c(sql), tree, sandbox.arena, out, err);
    duck_cursor_close(cursor);
    return ok;
}

static void test_hostile_statements(void **state) {
    (void)state;
    static const struct {
        FailKind kind;
        const char *sql;
    } cases[] = {
        /* nothing, or too much */
        {FAIL_INVALID, ""},
        {FAIL_INVALID, ";"},
        {FAIL_INVALID, "-- only a comment"},
        {FAIL_INVALID, "/* */"},
        {FAIL_INVALID, "SELECT"},
        {FAIL_INVALID, "SELECT 1; SELECT 2"},
        {FAIL_INVALID, "SELECT 1; DROP TABLE t"},
        {FAIL_INVALID, "SELECT 1 FRM t WHERE"},
        {FAIL_INVALID, "SELECT $1, $name"},
        /* no SELECT */
        {FAIL_INVALID, "COPY t TO '/tmp/x.csv'"},
        {FAIL_INVALID, "COPY (SELECT 1) TO '/tmp/x.csv'"},
        {FAIL_INVALID, "COPY t FROM '/etc/passwd'"},
        {FAIL_INVALID, "EXPORT DATABASE '/tmp/x'"},
        {FAIL_INVALID, "IMPORT DATABASE '/tmp/x'"},
        {FAIL_INVALID, "ATTACH '/tmp/x.db'"},
        {FAIL_INVALID, "ATTACH ':memory:' AS m"},
        {FAIL_INVALID, "DETACH m"},
        {FAIL_INVALID, "INSTALL httpfs"},
        {FAIL_INVALID, "LOAD httpfs"},
        {FAIL_INVALID, "LOAD '/tmp/evil.duckdb_extension'"},
        {FAIL_INVALID, "SET memory_limit = '100GB'"},
        {FAIL_INVALID, "RESET memory_limit"},
        {FAIL_INVALID, "SET VARIABLE x = 1"},
        {FAIL_INVALID, "PRAGMA database_list"},
        {FAIL_INVALID, "PRAGMA enable_profiling"},
        {FAIL_INVALID, "CALL enable_logging()"},
        {FAIL_INVALID, "CHECKPOINT"},
        {FAIL_INVALID, "USE memory"},
        {FAIL_INVALID, "CREATE TABLE t (a INT)"},
        {FAIL_INVALID, "CREATE TABLE t AS SELECT 1"},
        {FAIL_INVALID, "CREATE VIEW v AS SELECT 1"},
        {FAIL_INVALID, "CREATE MACRO upper(x) AS 'hijacked'"},
        {FAIL_INVALID, "CREATE SECRET s (TYPE s3)"},
        {FAIL_INVALID, "CREATE SEQUENCE s"},
        {FAIL_INVALID, "CREATE TYPE t AS ENUM ('a')"},
        {FAIL_INVALID, "DROP TABLE t"},
        {FAIL_INVALID, "ALTER TABLE t ADD COLUMN b INT"},
        {FAIL_INVALID, "COMMENT ON TABLE t IS 'x'"},
        {FAIL_INVALID, "INSERT INTO t VALUES (1)"},
        {FAIL_INVALID, "UPDATE t SET a = 1"},
        {FAIL_INVALID, "DELETE FROM t"},
        {FAIL_INVALID, "TRUNCATE t"},
        {FAIL_INVALID, "MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE"},
        {FAIL_INVALID, "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x"},
        {FAIL_INVALID, "BEGIN"},
        {FAIL_INVALID, "EXPLAIN SELECT 1"},
        {FAIL_INVALID, "EXPLAIN ANALYZE SELECT 1"},
        {FAIL_INVALID, "PREPARE p AS SELECT 1"},
        {FAIL_INVALID, "EXECUTE p"},
        {FAIL_INVALID, "VACUUM"},
        {FAIL_INVALID, "ANALYZE"},
        {FAIL_INVALID, "UPDATE EXTENSIONS"},
        {FAIL_INVALID, "SELECT 1 INTO t"},
        {FAIL_INVALID, "PIVOT t ON a USING sum(b)"},
        {FAIL_INVALID, "FROM (PIVOT t ON a IN (1, 2) USING sum(b))"},
        {FAIL_INVALID, "UNPIVOT t ON a, b"},
        {FAIL_INVALID, "FROM t UNPIVOT (v FOR n IN (a, b))"},
        /* files */
        {FAIL_DENIED, "SELECT * FROM read_csv('/etc/passwd')"},
        {FAIL_DENIED, "SELECT * FROM READ_CSV('/etc/passwd')"},
        {FAIL_DENIED, "SELECT * FROM \"read_csv\"('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_csv_auto('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_text('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_blob('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_json('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_json_auto('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_json_objects('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_ndjson('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_ndjson_auto('/etc/passwd')"},
        {FAIL_DENIED, "FROM read_parquet('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_scan('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_metadata('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_schema('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_file_metadata('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_kv_metadata('/etc/x')"},
        {FAIL_DENIED, "FROM parquet_bloom_probe('/etc/x', 'a', 1)"},
        {FAIL_DENIED, "FROM glob('/etc/*')"},
        {FAIL_DENIED, "FROM sniff_csv('/etc/passwd')"},
        {FAIL_DENIED, "FROM '/etc/passwd'"},
        {FAIL_DENIED, "FROM '/etc/x.csv'"},
        {FAIL_DENIED, "FROM 'x.parquet'"},
        {FAIL_DENIED, "FROM \"x.parquet\""},
        {FAIL_DENIED, "FROM '/proc/self/environ'"},
        {FAIL_DENIED, "FROM 'https://example.com/x.parquet'"},
        {FAIL_DENIED, "FROM 's3://bucket/x.parquet'"},
        {FAIL_DENIED, "FROM '*.parquet'"},
        {FAIL_DENIED, "FROM ''"},
        {FAIL_DENIED, "SELECT * FROM system.main.read_csv('/etc/passwd')"},
        {FAIL_DENIED, "FROM arrow_scan(1, 2, 3)"},
        {FAIL_DENIED, "FROM seq_scan('x')"},
        {FAIL_DENIED, "FROM sqlite_scan('/x', 'y')"},
        {FAIL_DENIED, "FROM postgres_scan('dsn', 's', 't')"},
        /* hidden deep inside */
        {FAIL_DENIED, "SELECT (SELECT count(*) FROM read_csv('/etc/passwd'))"},
        {FAIL_DENIED, "SELECT 1 WHERE EXISTS (FROM read_csv('/etc/passwd'))"},
        {FAIL_DENIED, "SELECT 1 WHERE 1 IN (SELECT 1 FROM glob('*'))"},
        {FAIL_DENIED, "WITH a AS (FROM read_csv('/etc/passwd')) FROM a"},
        {FAIL_DENIED,
         "WITH RECURSIVE a AS (SELECT 1 x UNION ALL SELECT x FROM glob('*'), a) FROM a"},
        {FAIL_DENIED, "FROM t, LATERAL (SELECT * FROM read_csv(t.a))"},
        {FAIL_DENIED, "FROM t JOIN read_csv('/etc/passwd') c ON true"},
        {FAIL_DENIED, "SELECT 1 UNION ALL SELECT 2 FROM read_text('/etc/passwd')"},
        {FAIL_DENIED, "VALUES ((SELECT max(file) FROM glob('*')))"},
        {FAIL_DENIED, "SELECT list_transform([1], x -> (SELECT 1 FROM glob('*')))"},
        {FAIL_DENIED, "SELECT count(*) FILTER (WHERE EXISTS (FROM glob('*'))) FROM t"},
        {FAIL_DENIED, "SELECT sum(a) OVER (PARTITION BY (SELECT 1 FROM glob('*'))) FROM t"},
        {FAIL_DENIED, "SELECT a FROM t ORDER BY (SELECT 1 FROM glob('*'))"},
        {FAIL_DENIED, "SELECT a FROM t LIMIT (SELECT 1 FROM glob('*'))"},
        {FAIL_DENIED, "SELECT a FROM t QUALIFY (SELECT true FROM glob('*'))"},
        {FAIL_DENIED, "SELECT a FROM t GROUP BY (SELECT 1 FROM glob('*'))"},
        {FAIL_DENIED, "SELECT CASE WHEN (SELECT true FROM glob('*')) THEN 1 END"},
        {FAIL_DENIED, "SELECT * REPLACE ((SELECT 1 FROM glob('*')) AS a) FROM t"},
        {FAIL_DENIED, "DESCRIBE SELECT * FROM read_csv('/etc/passwd')"},
        {FAIL_DENIED, "SUMMARIZE '/etc/x.csv'"},
        {FAIL_DENIED, "FROM (DESCRIBE '/etc/x.csv')"},
        {FAIL_DENIED, "FROM range((SELECT count(*) FROM glob('*')))"},
        {FAIL_DENIED, "SELECT DISTINCT ON ((SELECT 1 FROM glob('*'))) a FROM t"},
        {FAIL_DENIED, "FROM (VALUES (1)) v(a) WHERE a = ANY (SELECT 1 FROM glob('*'))"},
        /* SQL given as text, settings, logs, the engine's insides */
        {FAIL_DENIED, "FROM query('SELECT 1')"},
        {FAIL_DENIED, "FROM query_table('t')"},
        {FAIL_DENIED, "FROM json_execute_serialized_sql('{}')"},
        {FAIL_DENIED, "SELECT json_serialize_plan('SELECT * FROM read_csv(''/etc/passwd'')')"},
        {FAIL_DENIED, "SELECT json_serialize_sql('SELECT 1')"},
        {FAIL_DENIED, "SELECT json_deserialize_sql('{}')"},
        {FAIL_DENIED, "FROM enable_logging(storage='file', storage_config={'path': '/tmp/x'})"},
        {FAIL_DENIED, "FROM disable_logging()"},
        {FAIL_DENIED, "FROM truncate_duckdb_logs()"},
        {FAIL_DENIED, "FROM duckdb_logs()"},
        {FAIL_DENIED, "FROM duckdb_logs_parsed('x')"},
        {FAIL_DENIED, "FROM duckdb_settings()"},
        {FAIL_DENIED, "FROM duckdb_secrets()"},
        {FAIL_DENIED, "FROM which_secret('s3://x', 's3')"},
        {FAIL_DENIED, "FROM duckdb_variables()"},
        {FAIL_DENIED, "FROM duckdb_extensions()"},
        {FAIL_DENIED, "FROM duckdb_databases()"},
        {FAIL_DENIED, "FROM duckdb_views()"},
        {FAIL_DENIED, "FROM duckdb_functions()"},
        {FAIL_DENIED, "FROM duckdb_memory()"},
        {FAIL_DENIED, "FROM duckdb_temporary_files()"},
        {FAIL_DENIED, "FROM duckdb_external_file_cache()"},
        {FAIL_DENIED, "FROM pragma_database_size()"},
        {FAIL_DENIED, "FROM pragma_table_info('t')"},
        {FAIL_DENIED, "FROM pragma_version()"},
        {FAIL_DENIED, "FROM checkpoint()"},
        {FAIL_DENIED, "FROM force_checkpoint()"},
        {FAIL_DENIED, "FROM test_all_types()"},
        {FAIL_DENIED, "FROM summary((FROM t))"},
        {FAIL_DENIED, "FROM histogram(t, a)"},
        {FAIL_DENIED, "SELECT current_setting('memory_limit')"},
        {FAIL_DENIED, "SELECT Current_Setting('memory_limit')"},
        {FAIL_DENIED, "SELECT getvariable('x')"},
        {FAIL_DENIED, "SELECT system.main.getvariable('x')"},
        {FAIL_DENIED, "SELECT write_log('x')"},
        {FAIL_DENIED, "SELECT nextval('s')"},
        {FAIL_DENIED, "SELECT txid_current()"},
        {FAIL_DENIED, "SELECT pg_get_viewdef(1)"},
        {FAIL_DENIED, "SELECT finalize('x'::BLOB)"},
        {FAIL_DENIED, "SELECT sum(a) EXPORT_STATE FROM t"},
        {FAIL_DENIED, "SHOW ALL TABLES"},
        {FAIL_DENIED, "SHOW DATABASES"},
        {FAIL_DENIED, "FROM (SHOW TABLES)"},
        {FAIL_DENIED, "FROM information_schema.tables"},
        {FAIL_DENIED, "FROM pg_catalog.pg_settings"},
        {FAIL_DENIED, "FROM system.main.duckdb_tables"},
        {FAIL_DENIED, "FROM main.t"},
        {FAIL_DENIED, "FROM temp.t"},
        {FAIL_DENIED, "FROM memory.main.t"},
        {FAIL_DENIED, "WITH t AS (SELECT 1) FROM main.t"},
        /* sizes */
        {FAIL_DENIED, "SELECT system.main.repeat('a', 1000000000)"},
        {FAIL_DENIED, "SELECT main.range(1000000000)"},
        /* what is not there */
        {FAIL_DENIED, "SELECT getenv('HOME')"},
        {FAIL_UNPROCESSABLE, "SELECT no_such_function(1)"},
        {FAIL_UNPROCESSABLE, "SELECT no_such_aggregate(a) OVER () FROM t"},
        {FAIL_UNPROCESSABLE, "FROM no_such_function(1)"},
        {FAIL_UNPROCESSABLE, "FROM system.main.lake_at('t', 1)"},
        {FAIL_INVALID, "FROM lake_at('t')"},
        {FAIL_INVALID, "FROM lake_at('t', $1)"},
        {FAIL_INVALID, "FROM lake_at($1, 1)"},
        {FAIL_INVALID, "FROM lake_at('t', -1)"},
        {FAIL_INVALID, "FROM lake_at('t', 0)"},
        {FAIL_INVALID, "FROM lake_at('t', 1.5)"},
        {FAIL_INVALID, "FROM lake_at('a$b', 1)"},
        {FAIL_INVALID, "FROM lake_at('t', (SELECT 1))"},
        {FAIL_INVALID, "FROM t AT (VERSION => 1)"},
        {FAIL_INVALID, "FROM \"lake_at$t$1\" AT (VERSION => 1)"},
        {FAIL_DENIED, "FROM \"lake_at$t$1\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GateNames names;
        Err err = {0};
        if (gate(cases[i].sql, &names, &err))
            fail_msg("passed: %s", cases[i].sql);
        if (err.kind != cases[i].kind)
            fail_msg("%s: %s (%s)", cases[i].sql, err_kind_name(err.kind), err.message);
        assert_string_equal(err.field, "sql");
    }
}

static void test_honest_statements(void **state) {
    (void)state;
    static const char *const cases[] = {
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1 -- and a comment",
        "FROM resumes",
        "TABLE resumes",
        "VALUES (1, 'a'), (2, 'b')",
        "SELECT * FROM resumes r JOIN jobs j ON r.job = j.id LEFT JOIN cities USING (city)",
        "FROM a ASOF JOIN b USING (ts)",
        "FROM a POSITIONAL JOIN b",
        "FROM a SEMI JOIN b USING (x)",
        "FROM a NATURAL JOIN b",
        "SELECT city, count(*), avg(age) FILTER (WHERE age > 3) FROM r GROUP BY ROLLUP (city)",
        "SELECT a, sum(b) FROM r GROUP BY GROUPING SETS ((a), ()) HAVING sum(b) > 1 ORDER BY ALL",
        "SELECT a, row_number() OVER (PARTITION BY b ORDER BY c DESC NULLS LAST) AS n FROM r "
        "QUALIFY n = 1",
        "SELECT lag(a, 1, 0) OVER w, first_value(a IGNORE NULLS) OVER w, sum(a) OVER w FROM r "
        "WINDOW w AS (ORDER BY b ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)",
        "WITH a AS (FROM r), b(x) AS MATERIALIZED (SELECT c FROM a) SELECT * FROM b, a",
        "WITH RECURSIVE t(n) AS (SELECT min(a) FROM r UNION ALL SELECT n + 1 FROM t WHERE n < 9) "
        "SELECT max(n) FROM t",
        "WITH RECURSIVE t(a, b) USING KEY (a) AS (SELECT 1, 2 UNION SELECT a, b FROM t, "
        "recurring.t AS q) FROM t",
        "SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4",
        "SELECT 1 AS a UNION BY NAME SELECT 2 AS b",
        "SELECT * EXCLUDE (a) REPLACE (upper(b) AS b) FROM r",
        "SELECT COLUMNS('a.*'), * LIKE 'x%' FROM r",
        "SELECT (SELECT max(a) FROM r), EXISTS (FROM r), a IN (SELECT 1), a = ANY (SELECT 2) FROM "
        "s",
        "SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, CAST(a AS DECIMAL(10, 2)), try_cast(b AS INT) "
        "FROM r",
        "SELECT a::STRUCT(x INT, y VARCHAR[]), b::INT[3], c::ENUM('p', 'q'), d::MAP(INT, VARCHAR) "
        "FROM r",
        "SELECT {'a': 1}.a, [1, 2, 3][1:2], map {'k': 1}['k'], (1, 2), array[1] FROM r",
        "SELECT list_transform(l, x -> x + 1), [y * 2 FOR y IN l IF y > 1] FROM r",
        "SELECT list_transform(l, lambda x: x + 1) FROM r",
        "SELECT a LIKE 'x%', a ILIKE 'x%', a ~ 'x', a SIMILAR TO 'x', a NOT LIKE 'x' ESCAPE '\\' "
        "FROM r",
        "SELECT a->>'$.x', a->'y', json_extract(a, '$.z') FROM r",
        "SELECT date_trunc('day', ts), extract(year FROM ts), ts AT TIME ZONE 'UTC', "
        "ts + INTERVAL 1 DAY, now(), current_date FROM r",
        "SELECT string_agg(a, ',' ORDER BY b), quantile_cont(c, 0.5), mode(d), count(DISTINCT e), "
        "arg_max(a, b), approx_count_distinct(a), histogram(c) FROM r",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c) FROM r",
        "SELECT a BETWEEN 1 AND 2, a IS NOT DISTINCT FROM b, coalesce(a, b), nullif(a, b), "
        "ifnull(a, b), if(a, b, c) FROM r",
        "SELECT DISTINCT ON (a) b FROM r LIMIT 10 OFFSET 5",
        "SELECT * FROM r LIMIT 10%",
        "SELECT * FROM r USING SAMPLE 10%",
        "SELECT * FROM r TABLESAMPLE reservoir(10)",
        "FROM r, LATERAL (SELECT r.a + 1 AS b) t",
        "SELECT * FROM range(10) t(i), generate_series(1, 3) s(j)",
        "SELECT unnest([1, 2]), unnest({'a': 1}), * FROM unnest([1, 2]) WITH ORDINALITY",
        "SELECT * FROM vector_search('idx', 'text', 10, ef := 200) s JOIN r ON r.id = s.doc_id",
        "SELECT * FROM vector_search('idx', $1, 10)",
        "FROM lake_datasets()",
        "FROM lake_indexes()",
        "FROM lake_at('resumes', 17) r JOIN lake_at('Resumes', 18) s USING (id)",
        "DESCRIBE resumes",
        "DESCRIBE SELECT 1",
        "SUMMARIZE resumes",
        "SHOW resumes",
        "SHOW TABLES",
        "FROM (DESCRIBE resumes) d WHERE d.column_name = 'a'",
        "SELECT $1 + 1, $2",
        "SELECT $name",
        "SELECT ? + ?",
        "SELECT repeat('-', 10), lpad(a, 5, '0'), range(5), list_resize([1], 3) FROM r",
        "SELECT a COLLATE NOCASE FROM r ORDER BY a COLLATE de",
        "SELECT 'read_csv(''/etc/passwd'')', 'FROM query(''x'')'",
        "SELECT \"type\", \"class\" FROM r",
        "SELECT {'type': 'PIVOT', 'class': 'EVIL'}",
        "SELECT 170141183460469231731687303715884105727, 1e300, 0.1, 18446744073709551615, -1",
        "SELECT a.upper(), r.a.length() FROM r",
        "SELECT * FROM json_each('{\"a\": 1}')",
        "SELECT array_inner_product(a::FLOAT[3], [1, 2, 3]::FLOAT[3]), list_cosine_similarity(a, "
        "b) "
        "FROM r",
        "SELECT typeof(a), version(), current_user, user, session_user FROM r",
        "SELECT printf('%d', 1), format('{}', 2), md5('x'), sha256('x'), hash(a), uuid() FROM r",
        "SELECT regexp_extract(a, '(x)'), string_split(a, ','), strip_accents(a), a || b FROM r",
        "SELECT #1 FROM r",
        "SELECT x'4142', '\\x41'::BLOB, '101'::BIT, TRY(1/0)",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GateNames names;
        Err err = {0};
        if (!gate(cases[i], &names, &err))
            fail_msg("%s: %s: %s (%s)", cases[i], err_kind_name(err.kind), err.message, err.detail);
    }
}

static Str joined(const StrVec *names) {
    StrBuf out = strbuf_make(sandbox.arena);
    for (size_t i = 0; i < names->count; i++) {
        strbuf_append_c(&out, i > 0 ? " " : "");
        strbuf_append(&out, names->items[i]);
    }
    return strbuf_str(&out);
}

static bool has_words(Str text, const char *words) {
    size_t found = 0, wanted = 0;
    Str rest = str_c(words), word;
    while (!str_is_empty(rest)) {
        rest = str_cut(rest, ' ', &word);
        wanted++;
        Str left = text, name;
        while (!str_is_empty(left)) {
            left = str_cut(left, ' ', &name);
            found += str_eq(name, word);
        }
    }
    size_t total = 0;
    for (Str left = text, name; !str_is_empty(left); total++)
        left = str_cut(left, ' ', &name);
    return found == wanted && total == wanted;
}

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *sql, *datasets, *with_names;
    } cases[] = {
        {"SELECT 1", "", ""},
        {"FROM A JOIN b USING (x) JOIN a AS c USING (x)", "a b", ""},
        {"WITH a AS (SELECT 1) FROM a", "", "a"},
        {"WITH A AS (SELECT 1) FROM a, b", "b", "a"},
        /* a WITH query does not reach itself: the inner name is the dataset */
        {"WITH a AS (FROM a) FROM a", "a", "a"},
        {"WITH a AS (FROM b), b AS (FROM a) FROM b", "b", "a b"},
        {"WITH RECURSIVE a AS (SELECT 1 x UNION ALL SELECT x FROM a) FROM a", "", "a"},
        /* out of reach */
        {"FROM (WITH a AS (SELECT 1) FROM a) x, a", "a", "a"},
        {"SELECT (WITH a AS (SELECT 1) SELECT 2), (SELECT 1 FROM a)", "a", ""},
        {"WITH a AS (SELECT 1) SELECT (SELECT 1 FROM a), (WITH b AS (FROM a) FROM b)", "", "a b"},
        {"WITH a AS (WITH b AS (SELECT 1) FROM b) FROM a, b", "b", "a b"},
        {"WITH \"odd/name\" AS (SELECT 1) FROM \"odd/name\"", "", "odd/name"},
        {"DESCRIBE Resumes", "resumes", ""},
        {"WITH a AS (SELECT 1) SELECT 1 UNION ALL SELECT 1 FROM a", "", "a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GateNames names;
        Err err = {0};
        if (!gate(cases[i].sql, &names, &err))
            fail_msg("%s: %s", cases[i].sql, err.message);
        if (!has_words(joined(&names.datasets), cases[i].datasets) ||
            !has_words(joined(&names.with_names), cases[i].with_names))
            fail_msg("%s: datasets '%.*s', with '%.*s'", cases[i].sql,
                     STR_ARG(joined(&names.datasets)), STR_ARG(joined(&names.with_names)));
    }
}

static void test_pins(void **state) {
    (void)state;
    GateNames names;
    Err err = {0};
    assert_ok(gate("FROM lake_at('R', 1769000000123) a, lake_at('r', 1769000000123) b, "
                   "lake_at('r', 4) c",
                   &names, &err),
              &err);
    assert_int_equal(names.pins.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_str_equal(names.pins.items[i].dataset, "r");
        assert_true(names.pins.items[i].snapshot_id == 1769000000123 ||
                    names.pins.items[i].snapshot_id == 4);
    }
    assert_int_equal(names.datasets.count, 0);
}

static void test_places(void **state) {
    (void)state;
    GateNames names;
    Err err = {0};
    assert_fails(gate("SELECT 1,\n  getvariable('x')", &names, &err), &err, FAIL_DENIED);
    assert_string_equal(err.detail, "line 2, column 3");
    assert_fails(gate("SELECT 1 FRM x WHERE", &names, &err), &err, FAIL_INVALID);
    assert_string_equal(err.detail, "line 1, column 14");
}

static void test_show_tables(void **state) {
    (void)state;
    GateNames names;
    Err err = {0};
    assert_ok(gate("SHOW TABLES", &names, &err), &err);
    assert_true(names.show_tables);
    assert_ok(gate("FROM tables", &names, &err), &err);
    assert_false(names.show_tables);
}

/* Trees that DuckDB would never give must not trip us either. */
static void test_odd_trees(void **state) {
    (void)state;
    static const char *const trees[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"error\":false}",
        "{\"error\":false,\"statements\":{}}",
        "{\"error\":true}",
        "{\"error\":false,\"statements\":[{\"node\":{\"type\":\"BASE_TABLE\"}}]}",
        "{\"error\":false,\"statements\":[{\"type\":\"TABLE_FUNCTION\"}]}",
        "{\"error\":false,\"statements\":[{\"class\":\"NEW\"}]}",
        "{\"error\":false,\"statements\":[{\"class\":\"FUNCTION\"}]}",
        "{\"error\":false,\"statements\":[{\"type\":\"NEW_NODE\"}]}",
        "{\"error\":false,\"statements\":[{\"type\":\"SHOW_REF\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        GateNames names;
        Err err = {0};
        if (query_gate_check(STR("SELECT 1"), str_c(trees[i]), sandbox.arena, &names, &err))
            fail_msg("passed: %s", trees[i]);
        assert_string_equal(err.field, "sql");
    }
}

int suite_test_query_gate(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_statements),
        cmocka_unit_test(test_honest_statements),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_show_tables),
        cmocka_unit_test(test_odd_trees),
    };
    return cmocka_run_group_tests_name("query_gate", tests, set_up, tear_down);
}
