/* test_query_engine.c - SQL over real Parquet files of a real catalog: names, snapshots, limits. */
#include "unit.h"

#include <sched.h>
#include <duckdb.h>
#include <pthread.h>

#include "base/metrics.h"
#include "base/clock.h"
#include "base/vec.h"
#include "lake_case.h"

/* Runs long enough for any limit to come first: a billion steps. */
#define ENDLESS                                                                                    \
    "WITH RECURSIVE t(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000) "        \
    "SELECT count(*) FROM t"

static void load_people(LakeCase *c) {
    lake_case_load(c, "people", COMMIT_APPEND,
                   "SELECT i AS id, 'p' || i AS name, i % 3 AS city FROM range(1000) t(i)");
    lake_case_load(c, "Cities", COMMIT_APPEND,
                   "SELECT * FROM (VALUES (0, 'Rome'), (1, 'Oslo'), (2, 'Bonn')) t(id, name)");
}

static void expect_failure(LakeCase *c, const char *sql, FailKind kind, Err *err) {
    QueryRequest request = {.sql = str_c(sql)};
    Str answer;
    err_clear(err);
    if (lake_case_run(c, &request, &answer, NULL, err))
        fail_msg("%s: passed: %.*s", sql, STR_ARG(answer));
    if (err->kind != kind)
        fail_msg("%s: %s: %s (%s)", sql, err_kind_name(err->kind), err->message, err->detail);
    if (strstr(err->message, c->root) != NULL || strstr(err->detail, c->root) != NULL)
        fail_msg("%s: a path is shown: %s (%s)", sql, err->message, err->detail);
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
                "WITH a AS (FROM cities), b AS (FROM a WHERE id > 0) SELECT id FROM b ORDER BY 1",
                "[[1],[2]]");
    assert_rows(c,
                "SELECT id FROM people WHERE id IN (SELECT id FROM cities) AND name <> 'p1' "
                "ORDER BY id LIMIT 1 OFFSET 1",
                "[[2]]");
    assert_rows(c, "SELECT id FROM people EXCEPT SELECT id + 1 FROM people", "[[0]]");
    assert_rows(c, "SELECT column_name FROM (DESCRIBE cities)", "[[\"id\"],[\"name\"]]");
    assert_rows(c, "SELECT column_name, count FROM (SUMMARIZE cities)",
                "[[\"id\",3],[\"name\",3]]");
    assert_rows(c,
                "SELECT people.name, \"Cities\".name FROM people, cities WHERE people.id = 1 AND "
                "cities.id = 1",
                "[[\"p1\",\"Oslo\"]]");
}

static void test_columns_follow_the_schema(void **state) {
    LakeCase *c = *state;
    /* other order, another width, a column that came later, one that is missing later */
    lake_case_load(c, "t", COMMIT_APPEND, "SELECT 1::INT AS a, 'x' AS b, [1.5::FLOAT, 2] AS v");
    lake_case_load(c, "t", COMMIT_APPEND, "SELECT 'y' AS b, 5000000000 AS a, true AS n");
    assert_rows(c, "SELECT * FROM t ORDER BY a",
                "[[1,\"x\",[1.5,2.0],null],[5000000000,\"y\",null,true]]");
    json_t *answer = lake_case_query(c, "FROM t");
    assert_str_equal(
        json_print(json_object_get(answer, "columns"), c->arena),
        "[{\"name\":\"a\",\"type\":\"BIGINT\"},{\"name\":\"b\",\"type\":\"VARCHAR\"},"
        "{\"name\":\"v\",\"type\":\"FLOAT[]\"},{\"name\":\"n\",\"type\":\"BOOLEAN\"}]");
    assert_rows(c, "SELECT a FROM t WHERE n IS NULL", "[[1]]");
    assert_rows(c, "SELECT b FROM t WHERE v[2] = 2", "[[\"x\"]]");
    /* a column replaced by another of its name is another column */
    lake_case_load(c, "r", COMMIT_APPEND, "SELECT 1 AS a, 'old' AS b");
    lake_case_load(c, "r", COMMIT_REPLACE, "SELECT DATE '2024-01-02' AS b, 'odd' AS \"a b\"\"c\"");
    assert_rows(c, "SELECT * FROM r", "[[\"2024-01-02\",\"odd\"]]");
    /* names that read_parquet has a meaning for */
    lake_case_load(c, "f", COMMIT_APPEND, "SELECT 'f' AS filename, 7 AS file_row_number");
    assert_rows(c, "SELECT * FROM f", "[[\"f\",7]]");
}

static void test_empty_dataset(void **state) {
    LakeCase *c = *state;
    lake_case_load(c, "gone", COMMIT_APPEND,
                   "SELECT 1 AS a, 'x' AS b, [1.0::FLOAT] AS v, "
                   "1.5::DECIMAL(18,3) AS d");
    lake_case_empty(c, "gone");
    assert_rows(c, "SELECT * FROM gone", "[]");
    assert_rows(c, "SELECT count(*), sum(a), max(b) FROM gone", "[[0,null,null]]");
    assert_rows(c, "SELECT column_type FROM (DESCRIBE gone)",
                "[[\"INTEGER\"],[\"VARCHAR\"],[\"FLOAT[]\"],[\"DECIMAL(18,3)\"]]");
    /* no rows, but files */
    lake_case_load(c, "none", COMMIT_APPEND, "SELECT 1 AS a WHERE false");
    assert_rows(c, "SELECT * FROM none", "[]");
}

static void test_snapshots(void **state) {
    LakeCase *c = *state;
    uint64_t first = lake_case_load(c, "t", COMMIT_APPEND, "SELECT 1 AS a");
    uint64_t second = lake_case_load(c, "t", COMMIT_APPEND, "SELECT 2 AS a, 'x' AS b");
    assert_true(second > first);
    Str sql = str_format(c->arena, "SELECT * FROM lake_at('T', %llu)", (unsigned long long)first);
    assert_rows(c, sql.data, "[[1]]");
    sql = str_format(c->arena,
                     "SELECT old.a, new.a, now.b FROM lake_at('t', %llu) old, lake_at('t', %llu) "
                     "new, t now WHERE now.a = 2 AND new.a = now.a",
                     (unsigned long long)first, (unsigned long long)second);
    assert_rows(c, sql.data, "[[1,2,\"x\"]]");
    Err err;
    expect_failure(c, "FROM lake_at('t', 12345)", FAIL_NOT_FOUND, &err);
    expect_failure(c, "FROM lake_at('nope', 12345)", FAIL_NOT_FOUND, &err);
}

/* A commit from inside the sink, between two pieces of the answer. */
typedef struct CommitSink {
    LakeCase *c;
    StrBuf *text;
    size_t writes;
} CommitSink;

static bool commit_then_gather(void *context, Str bytes, Err *err) {
    (void)err;
    CommitSink *sink = context;
    if (sink->writes++ == 0) {
        lake_case_load(sink->c, "big", COMMIT_REPLACE, "SELECT 'changed' AS id, 1 AS other");
        lake_case_load(sink->c, "other", COMMIT_APPEND, "SELECT 1 AS x");
    }
    strbuf_append(sink->text, bytes);
    return true;
}

static void test_a_query_sees_one_state(void **state) {
    LakeCase *c = *state;
    lake_case_load(c, "big", COMMIT_APPEND, "SELECT i AS id FROM range(200000) t(i)");
    StrBuf text = strbuf_make(c->arena);
    CommitSink commit = {.c = c, .text = &text};
    ByteSink sink = {&commit, commit_then_gather};
    QueryRequest request = {.sql = STR("SELECT id, (SELECT count(*) FROM big) AS n FROM big")};
    QueryStats stats;
    assert_ok(query_run(c->engine, &request, &sink, &stats, &c->err), &c->err);
    assert_int_equal(stats.rows, 200000);
    assert_true(commit.writes > 2);
    json_t *answer = json_parse(strbuf_str(&text), c->arena, &c->err);
    json_t *rows = json_object_get(answer, "rows");
    assert_int_equal(json_array_size(rows), 200000);
    json_t *last = json_array_get(rows, 199999);
    assert_int_equal(json_integer_value(json_array_get(last, 0)), 199999);
    assert_int_equal(json_integer_value(json_array_get(last, 1)), 200000);
    assert_rows(c, "FROM big", "[[\"changed\",1]]");
}

static void test_names_stay_ours(void **state) {
    LakeCase *c = *state;
    Err err;
    load_people(c);
    expect_failure(c, "FROM nothing", FAIL_NOT_FOUND, &err);
    assert_non_null(strstr(err.message, "nothing"));
    expect_failure(c, "FROM sqlite_master", FAIL_NOT_FOUND, &err);
    expect_failure(c, "FROM duckdb_settings", FAIL_NOT_FOUND, &err);
    expect_failure(c, "FROM duckdb_logs", FAIL_NOT_FOUND, &err);
    /* a WITH query does not lend its name to what is outside */
    expect_failure(c,
                   "SELECT * FROM (WITH sqlite_master AS (SELECT 1 AS x) FROM sqlite_master) a, "
                   "sqlite_master b",
                   FAIL_NOT_FOUND, &err);
    expect_failure(c,
                   "SELECT (WITH duckdb_settings AS (SELECT 1 x) SELECT x FROM duckdb_settings), "
                   "(SELECT 1 FROM duckdb_settings)",
                   FAIL_NOT_FOUND, &err);
    Str file = str_format(c->arena,
                          "WITH \"%s/x.parquet\" AS (SELECT 1 AS a) FROM "
                          "\"%s/x.parquet\"",
                          c->root, c->root);
    assert_rows(c, file.data, "[[1]]");
    /* what one query defined is not there for the next */
    assert_rows(c, "SELECT count(*) FROM people", "[[1000]]");
    expect_failure(c, "FROM people_", FAIL_NOT_FOUND, &err);
}

static void test_errors(void **state) {
    LakeCase *c = *state;
    Err err;
    load_people(c);
    expect_failure(c, "SELECT nope FROM people", FAIL_UNPROCESSABLE, &err);
    assert_string_equal(err.detail, "line 1, column 8");
    assert_non_null(strstr(err.hint, "name"));
    expect_failure(c, "SELECT name::INT FROM people", FAIL_UNPROCESSABLE, &err);
    expect_failure(c, "SELECT id FROM people WHERE name = 5 / 'x'", FAIL_UNPROCESSABLE, &err);
    expect_failure(c, "SELECT id FROM people GROUP BY name", FAIL_UNPROCESSABLE, &err);
    expect_failure(c, "SELECT * FROM people WHERE", FAIL_INVALID, &err);
    assert_string_equal(err.field, "sql");
    expect_failure(c, "DROP TABLE people", FAIL_INVALID, &err);
    expect_failure(c, "SELECT error('[lakehouse internal] x')", FAIL_INTERNAL, &err);
    expect_failure(c, "SELECT error('own words')", FAIL_UNPROCESSABLE, &err);
    assert_string_equal(err.message, "own words");
    /* half way through */
    expect_failure(c, "SELECT CASE WHEN id = 999 THEN name::INT ELSE 1 END FROM people",
                   FAIL_UNPROCESSABLE, &err);
    assert_rows(c, "SELECT 1", "[[1]]");
}

static bool refuse_write(void *context, Str bytes, Err *err) {
    (void)bytes;
    ++*(size_t *)context;
    return err_fail(err, FAIL_CANCELLED, "the client is gone");
}

static bool count_write(void *context, Str bytes, Err *err) {
    (void)bytes, (void)err;
    ++*(size_t *)context;
    return true;
}

static void test_nothing_is_written_before_the_first_rows(void **state) {
    LakeCase *c = *state;
    for (QueryFormat format = QUERY_JSON; format <= QUERY_ARROW; format++) {
        size_t writes = 0;
        ByteSink sink = {&writes, count_write};
        QueryRequest request = {.sql = STR("SELECT 'x'::INT"), .format = format};
        QueryStats stats;
        assert_fails(query_run(c->engine, &request, &sink, &stats, &c->err), &c->err,
                     FAIL_UNPROCESSABLE);
        assert_int_equal(writes, 0);
    }
}

static void test_a_client_that_is_gone_ends_the_query(void **state) {
    LakeCase *c = *state;
    for (QueryFormat format = QUERY_JSON; format <= QUERY_ARROW; format++) {
        size_t writes = 0;
        ByteSink sink = {&writes, refuse_write};
        QueryRequest request = {.sql = STR("SELECT i, 'text' || i FROM range(300000) t(i)"),
                                .format = format};
        QueryStats stats;
        assert_fails(query_run(c->engine, &request, &sink, &stats, &c->err), &c->err,
                     FAIL_CANCELLED);
        assert_int_equal(writes, 1);
    }
}

static void test_limits(void **state) {
    LakeCase *c = *state;
    load_people(c);
    static const struct {
        uint64_t limit, rows;
        bool truncated;
    } cases[] = {
        {0, 1000, false}, {1, 1, true}, {999, 999, true}, {1000, 1000, false}, {1001, 1000, false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Str answer;
        QueryStats stats;
        QueryRequest request = {.sql = STR("FROM people ORDER BY id"), .limit = cases[i].limit};
        assert_ok(lake_case_run(c, &request, &answer, &stats, &c->err), &c->err);
        json_t *value = json_parse(answer, c->arena, &c->err);
        assert_int_equal(stats.rows, cases[i].rows);
        assert_int_equal(stats.truncated, cases[i].truncated);
        assert_int_equal(json_array_size(json_object_get(value, "rows")), cases[i].rows);
        assert_int_equal(json_integer_value(json_object_get(value, "row_count")), cases[i].rows);
        assert_int_equal(json_is_true(json_object_get(value, "truncated")), cases[i].truncated);
        assert_true(json_real_value(json_object_get(value, "duration_ms")) > 0);
    }
    QueryStats stats;
    QueryRequest request = {.sql = STR("FROM range(10000)"), .limit = 5000};
    assert_ok(lake_case_run(c, &request, NULL, &stats, &c->err), &c->err);
    assert_int_equal(stats.rows, 5000);
    assert_true(stats.truncated);
}

static void test_time_limit(void **state) {
    LakeCase *c = *state;
    QueryRequest request = {.sql = STR(ENDLESS), .timeout_ms = 50};
    assert_fails(lake_case_run(c, &request, NULL, NULL, &c->err), &c->err, FAIL_TIMEOUT);
    /* a stream that never ends by itself */
    size_t writes = 0;
    ByteSink sink = {&writes, count_write};
    QueryRequest stream = {.sql = STR("SELECT i FROM range(100000000000) t(i)"),
                           .timeout_ms = 100,
                           .format = QUERY_CSV};
    QueryStats stats;
    assert_fails(query_run(c->engine, &stream, &sink, &stats, &c->err), &c->err, FAIL_TIMEOUT);
    assert_true(writes > 0);
    /* the server's own limit is the highest */
    c->config.timeout_ms_max = 50;
    lake_case_reopen(c);
    request.timeout_ms = 3600000;
    assert_fails(lake_case_run(c, &request, NULL, NULL, &c->err), &c->err, FAIL_TIMEOUT);
    assert_rows(c, "SELECT 1", "[[1]]");
}

static void *cancel_soon(void *flag) {
    while (metric_value(METRIC_QUERIES_RUNNING) == 0) /* it has its place */
        sched_yield();
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void test_cancel(void **state) {
    LakeCase *c = *state;
    atomic_bool cancelled = true;
    QueryRequest request = {.sql = STR(ENDLESS), .cancelled = &cancelled};
    assert_fails(lake_case_run(c, &request, NULL, NULL, &c->err), &c->err, FAIL_CANCELLED);
    atomic_store(&cancelled, false);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancelled), 0);
    assert_fails(lake_case_run(c, &request, NULL, NULL, &c->err), &c->err, FAIL_CANCELLED);
    pthread_join(thread, NULL);
    assert_rows(c, "SELECT 1", "[[1]]");
}

/* A sink that, while its query holds the only place, asks for another one. */
typedef struct AskingSink {
    LakeCase *c;
    bool ran;
    Err err;
} AskingSink;

static bool ask_again(void *context, Str bytes, Err *err) {
    (void)bytes, (void)err;
    AskingSink *sink = context;
    QueryRequest request = {.sql = STR("SELECT 2")};
    sink->ran = lake_case_run(sink->c, &request, NULL, NULL, &sink->err);
    return true;
}

static void test_busy(void **state) {
    LakeCase *c = *state;
    c->config.concurrency_max = 1;
    c->config.queue_wait_ms = 1;
    lake_case_reopen(c);
    AskingSink asking = {.c = c};
    ByteSink sink = {&asking, ask_again};
    QueryRequest request = {.sql = STR("SELECT 1")};
    QueryStats stats;
    assert_ok(query_run(c->engine, &request, &sink, &stats, &c->err), &c->err);
    assert_false(asking.ran);
    assert_int_equal(asking.err.kind, FAIL_BUSY);
    assert_rows(c, "SELECT 3", "[[3]]"); /* the place is free again */
}

static void test_memory_limit(void **state) {
    LakeCase *c = *state;
    c->config.memory_bytes = 64 << 20;
    lake_case_reopen(c);
    Err err;
    expect_failure(c, "SELECT len(list(i || repeat('x', 100))) FROM range(3000000) t(i)",
                   FAIL_NO_MEMORY, &err);
    assert_rows(c, "SELECT count(*) FROM range(1000)", "[[1000]]");
}

typedef struct Reader {
    LakeCase *c;
    size_t number, done;
    Err err;
} Reader;

static void *read_many(void *argument) {
    Reader *reader = argument;
    static const char *const statements[] = {
        "SELECT city, count(*) FROM people GROUP BY city ORDER BY city",
        "SELECT p.name FROM people p JOIN cities c ON p.city = c.id WHERE p.id = 7",
        "SELECT sum(id) FROM people",
        "SELECT nope FROM people",
    };
    for (size_t i = 0; i < 20; i++) {
        size_t writes = 0;
        ByteSink sink = {&writes, count_write};
        QueryStats stats;
        size_t which = (reader->number + i) % ARRAY_LEN(statements);
        QueryRequest request = {.sql = str_c(statements[which]),
                                .format = (QueryFormat)(i % (QUERY_ARROW + 1))};
        Err err = {0};
        bool ok = query_run(reader->c->engine, &request, &sink, &stats, &err);
        if (ok != (which != 3)) {
            reader->err = err;
            return NULL;
        }
        reader->done++;
    }
    return NULL;
}

static void test_many_threads(void **state) {
    LakeCase *c = *state;
    load_people(c);
    Reader readers[16];
    pthread_t threads[16];
    for (size_t i = 0; i < 16; i++) {
        readers[i] = (Reader){.c = c, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
        if (i == 8)
            query_engine_roots_changed(c->engine); /* the instance changes under them */
    }
    for (size_t i = 0; i < 16; i++) {
        pthread_join(threads[i], NULL);
        if (readers[i].done != 20)
            fail_msg("reader %zu: %s: %s", i, err_kind_name(readers[i].err.kind),
                     readers[i].err.message);
    }
}

static void test_new_buckets_are_seen(void **state) {
    LakeCase *c = *state;
    BucketSpec spec = {.name = STR("team"), .backend = STR("local"), .role = BUCKET_USER};
    spec.root = str_format(c->arena, "%s/team", c->root);
    BucketInfo info;
    assert_ok(bucket_create(c->buckets, &spec, c->arena, &info, &c->err), &c->err);
    query_engine_roots_changed(c->engine);
    assert_rows(c, "SELECT 1", "[[1]]");
    load_people(c);
    assert_rows(c, "SELECT count(*) FROM people", "[[1000]]");
}

/* Objects without a local file are read through the cache folder. */
static void test_a_bucket_without_files(void **state) {
    LakeCase *c = *state;
    BucketSpec spec = {.name = STR("far"), .backend = STR("memory"), .role = BUCKET_USER};
    BucketInfo info;
    assert_ok(bucket_create(c->buckets, &spec, c->arena, &info, &c->err), &c->err);
    query_engine_roots_changed(c->engine);
    c->bucket = STR("far");
    lake_case_load(c, "remote", COMMIT_APPEND, "SELECT i AS id FROM range(10) t(i)");
    lake_case_load(c, "remote", COMMIT_APPEND, "SELECT i AS id FROM range(10) t(i)");
    c->bucket = STR("primary");
    lake_case_load(c, "near", COMMIT_APPEND, "SELECT 3 AS id");
    assert_rows(c, "SELECT count(*) FROM remote JOIN near USING (id)", "[[2]]");
}

/* While one query runs, another one makes DuckDB fail internally: an exception from inside a
 * function spoils the instance under both. */
typedef struct Spoiler {
    LakeCase *c;
    duckdb_value null_value;
    size_t listings;
    Err culprit;
} Spoiler;

static bool search_with_a_bug(void *context, Str index, Str text, const float *vector,
                              size_t dimension, uint32_t k, uint32_t effort, Arena *arena,
                              QuerySearchHit **out_hits, size_t *out_count, Err *err) {
    (void)index, (void)text, (void)vector, (void)dimension, (void)k, (void)effort, (void)arena;
    (void)out_hits, (void)out_count, (void)err;
    (void)duckdb_get_varchar(((Spoiler *)context)->null_value);
    return false;
}

static bool list_and_spoil(void *context, Arena *arena, json_t **out_records, Err *err) {
    Spoiler *spoiler = context;
    (void)err;
    if (spoiler->listings++ == 0) {
        QueryRequest bug = {.sql = STR("FROM vector_search('x', 'y', 1)")};
        size_t writes = 0;
        ByteSink sink = {&writes, count_write};
        QueryStats stats;
        assert_false(query_run(spoiler->c->engine, &bug, &sink, &stats, &spoiler->culprit));
    }
    *out_records = json_keep(arena, json_pack("[{s:s}]", "index_name", "i"));
    return true;
}

static void test_an_internal_error_of_another_query(void **state) {
    LakeCase *c = *state;
    Spoiler spoiler = {.c = c, .null_value = duckdb_create_null_value()};
    c->hooks = (QueryHooks){&spoiler, search_with_a_bug, list_and_spoil};
    lake_case_reopen(c);
    assert_rows(c, "SELECT index_name FROM lake_indexes()", "[[\"i\"]]");
    assert_int_equal(spoiler.culprit.kind, FAIL_INTERNAL);
    assert_int_equal(spoiler.listings, 1); /* what runs already is not hit */
    Err err;
    expect_failure(c, "FROM vector_search('x', 'y', 1)", FAIL_INTERNAL, &err);
    assert_rows(c, "SELECT 1", "[[1]]");
    duckdb_destroy_value(&spoiler.null_value);
}

static void *ask_many(void *argument) {
    Reader *reader = argument;
    for (; reader->done < 40; reader->done++) {
        size_t writes = 0;
        ByteSink sink = {&writes, count_write};
        QueryStats stats;
        QueryRequest request = {.sql = STR("WITH a AS (SELECT 1 AS x) FROM a")};
        if (!query_run(reader->c->engine, &request, &sink, &stats, &reader->err))
            break;
    }
    return NULL;
}

/* Between two steps of a query it is: then the query starts over, and nobody sees it. */
static void test_innocent_queries_start_over(void **state) {
    LakeCase *c = *state;
    Spoiler spoiler = {.c = c, .null_value = duckdb_create_null_value()};
    c->hooks = (QueryHooks){&spoiler, search_with_a_bug, list_and_spoil};
    lake_case_reopen(c);
    Reader readers[3];
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        readers[i] = (Reader){.c = c};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &readers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        Err err;
        expect_failure(c, "FROM vector_search('x', 'y', 1)", FAIL_INTERNAL, &err);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        if (readers[i].done != 40)
            fail_msg("reader %zu: %s", i, readers[i].err.message);
    }
    duckdb_destroy_value(&spoiler.null_value);
}

static void test_parameters(void **state) {
    LakeCase *c = *state;
    static const struct {
        const char *sql, *params, *rows; /* rows NULL: refused */
    } cases[] = {
        {"SELECT $1 + 1, $2", "[9007199254740993, \"x\"]", "[[\"9007199254740994\",\"x\"]]"},
        {"SELECT ?, ?, ?", "[null, true, 1.5]", "[[null,true,1.5]]"},
        {"SELECT $b, $a, $b", "{\"a\": 1, \"b\": [1, 2]}", "[[[1,2],1,[1,2]]]"},
        {"SELECT $1::VARCHAR", "[\"it's\\u0000\"]", "[[\"it's\\u0000\"]]"},
        {"SELECT $1, typeof($1)", "[[1, 2.5, null]]", "[[[1.0,2.5,null],\"DOUBLE[]\"]]"},
        {"SELECT $1, typeof($1)", "[[[1], [], [null]]]", "[[[[1],[],[null]],\"BIGINT[][]\"]]"},
        {"SELECT $1", "[[]]", "[[[]]]"},
        {"SELECT list_contains($1, 'b')", "[[\"a\", \"b\"]]", "[[true]]"},
        {"SELECT i FROM range(5) t(i) WHERE i IN (SELECT unnest($1)) ORDER BY i", "[[1, 3, 9]]",
         "[[1],[3]]"},
        {"SELECT 1 LIMIT $1", "[0]", "[]"},
        {"SELECT 1", "[]", "[[1]]"},
        {"SELECT 1", "{}", "[[1]]"},
        {"SELECT 1", "null", "[[1]]"},
        {"SELECT $1", "[]", NULL},
        {"SELECT $1", "null", NULL},
        {"SELECT $1", "[1, 2]", NULL},
        {"SELECT $a", "{\"b\": 1}", NULL},
        {"SELECT $a", "{\"a\": 1, \"b\": 1}", NULL},
        {"SELECT $a, $b", "{\"a\": 1}", NULL},
        {"SELECT $1", "[{\"a\": 1}]", NULL},
        {"SELECT $1", "[[1, \"a\"]]", NULL},
        {"SELECT $1", "[[1, [2]]]", NULL},
        {"SELECT 1", "5", NULL},
        {"SELECT $1", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *params = json_loads(cases[i].params, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(params);
        QueryRequest request = {.sql = str_c(cases[i].sql), .params = params};
        Str answer;
        Err err = {0};
        bool ok = lake_case_run(c, &request, &answer, NULL, &err);
        json_decref(params);
        if (ok != (cases[i].rows != NULL))
            fail_msg("%s %s: %s", cases[i].sql, cases[i].params, ok ? "passed" : err.message);
        if (!ok) {
            assert_int_equal(err.kind, FAIL_INVALID);
            assert_string_equal(err.field, "params");
            continue;
        }
        if (str_find(answer, str_c("\\u0000"), 0) != SIZE_MAX)
            continue; /* not for json_parse: seen in the text */
        json_t *value = json_parse(answer, c->arena, &c->err);
        assert_str_equal(json_print(json_object_get(value, "rows"), c->arena), cases[i].rows);
    }
}

int suite_test_query_engine(void) {
#define LAKE_TEST(name) cmocka_unit_test_setup_teardown(name, lake_case_set_up, lake_case_tear_down)
    const struct CMUnitTest tests[] = {
        LAKE_TEST(test_analytics),
        LAKE_TEST(test_columns_follow_the_schema),
        LAKE_TEST(test_empty_dataset),
        LAKE_TEST(test_snapshots),
        LAKE_TEST(test_a_query_sees_one_state),
        LAKE_TEST(test_names_stay_ours),
        LAKE_TEST(test_errors),
        LAKE_TEST(test_nothing_is_written_before_the_first_rows),
        LAKE_TEST(test_a_client_that_is_gone_ends_the_query),
        LAKE_TEST(test_limits),
        LAKE_TEST(test_time_limit),
        LAKE_TEST(test_cancel),
        LAKE_TEST(test_busy),
        LAKE_TEST(test_memory_limit),
        LAKE_TEST(test_many_threads),
        LAKE_TEST(test_new_buckets_are_seen),
        LAKE_TEST(test_a_bucket_without_files),
        LAKE_TEST(test_an_internal_error_of_another_query),
        LAKE_TEST(test_innocent_queries_start_over),
        LAKE_TEST(test_parameters),
    };
    return cmocka_run_group_tests_name("query_engine", tests, NULL, NULL);
}
