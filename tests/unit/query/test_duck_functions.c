/* test_duck_functions.c - vector_search, lake_datasets, lake_indexes and the guards, through SQL.
 */
#include "unit.h"

#include "base/vec.h"
#include "lake_case.h"

/* What the last search was asked, and what it answers. */
typedef struct FakeSearch {
    char index[32], text[32];
    float vector[8];
    size_t dimension;
    uint32_t k, effort;
    size_t calls;
    const char *chunk_text;
} FakeSearch;

static bool fake_search(void *context, Str index, Str text, const float *vector, size_t dimension,
                        uint32_t k, uint32_t effort, Arena *arena, QuerySearchHit **out_hits,
                        size_t *out_count, Err *err) {
    FakeSearch *fake = context;
    fake->calls++;
    if (str_eq(index, STR("missing")))
        return err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(index));
    snprintf(fake->index, sizeof fake->index, "%.*s", STR_ARG(index));
    snprintf(fake->text, sizeof fake->text, "%.*s", STR_ARG(text));
    fake->dimension = dimension;
    for (size_t i = 0; i < dimension && i < ARRAY_LEN(fake->vector); i++)
        fake->vector[i] = vector[i];
    fake->k = k;
    fake->effort = effort;
    QuerySearchHit *hits = ARENA_ARRAY(arena, QuerySearchHit, k);
    for (uint32_t i = 0; i < k; i++)
        hits[i] = (QuerySearchHit){.doc_id = str_format(arena, "%u", i),
                                   .chunk_idx = (int32_t)i,
                                   .chunk_text = str_c(fake->chunk_text),
                                   .source = STR("s"),
                                   .score = 1.0f - (float)i / 16,
                                   .distance = (float)i / 16};
    *out_hits = hits;
    *out_count = k;
    return true;
}

static bool fake_indexes(void *context, Arena *arena, json_t **out_records, Err *err) {
    (void)context;
    *out_records = json_parse(STR("[{\"index_name\":\"i\",\"dimensions\":384,\"fresh\":true,"
                                  "\"doc_count\":\"odd\",\"extra\":[1]},{}]"),
                              arena, err);
    return *out_records != NULL;
}

static FakeSearch fake;

static int set_up(void **state) {
    lake_case_set_up(state);
    LakeCase *c = *state;
    fake = (FakeSearch){.chunk_text = "caf\xc3\xa9"};
    c->hooks =
        (QueryHooks){.context = &fake, .vector_search = fake_search, .list_indexes = fake_indexes};
    lake_case_reopen(c);
    return 0;
}

static bool fails(LakeCase *c, const char *sql, Err *err) {
    QueryRequest request = {.sql = str_c(sql)};
    err_clear(err);
    return !lake_case_run(c, &request, NULL, NULL, err);
}

static void test_search_shapes(void **state) {
    LakeCase *c = *state;
    assert_rows(c, "SELECT * FROM vector_search('docs', 'find this', 2)",
                "[[\"0\",0,\"caf\xc3\xa9\",\"s\",1.0,0.0],[\"1\",1,\"caf\xc3\xa9\",\"s\",0.9375,"
                "0.0625]]");
    assert_string_equal(fake.index, "docs");
    assert_string_equal(fake.text, "find this");
    assert_int_equal(fake.effort, 0);
    static const char *const vectors[] = {
        "[0.25, -1, 3e2]",
        "[0.25, -1, 3e2]::FLOAT[]",
        "[0.25, -1, 3e2]::FLOAT[3]",
        "[0.25, -1, 3e2]::DOUBLE[3]",
        "[0.25, -1, 3e2]::DECIMAL(10,3)[]",
        "array_value(0.25::FLOAT, (-1)::FLOAT, 300::FLOAT)",
    };
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        fake.dimension = 0;
        Str sql = str_format(
            c->arena, "SELECT count(*) FROM vector_search('docs', %s, 3, ef := 77)", vectors[i]);
        assert_rows(c, sql.data, "[[3]]");
        assert_int_equal(fake.dimension, 3);
        assert_true(fake.vector[0] == 0.25f && fake.vector[1] == -1.0f && fake.vector[2] == 300.0f);
        assert_string_equal(fake.text, "");
        assert_int_equal(fake.effort, 77);
    }
}

static void test_search_in_joins(void **state) {
    LakeCase *c = *state;
    lake_case_load(c, "people", COMMIT_APPEND,
                   "SELECT i AS id, 'p' || i AS name FROM range(9) t(i)");
    assert_rows(c,
                "SELECT s.score, p.name FROM vector_search('docs', 'x', 3) s JOIN people p "
                "ON p.id = s.doc_id::BIGINT ORDER BY s.score DESC",
                "[[1.0,\"p0\"],[0.9375,\"p1\"],[0.875,\"p2\"]]");
    /* columns in another order, some left out, none at all */
    assert_rows(c, "SELECT distance, doc_id FROM vector_search('docs', 'x', 1)", "[[0.0,\"0\"]]");
    assert_rows(c, "SELECT count(*) FROM vector_search('docs', 'x', 5000)", "[[5000]]");
    assert_rows(c, "SELECT max(chunk_idx) FROM vector_search('docs', 'x', 10000)", "[[9999]]");
}

static void test_search_parameters(void **state) {
    LakeCase *c = *state;
    json_t *params = json_parse(STR("[\"docs\",[1,2.5],2]"), c->arena, &c->err);
    QueryRequest request = {.sql = STR("SELECT doc_id FROM vector_search($1, $2, $3)"),
                            .params = params};
    Str answer;
    assert_ok(lake_case_run(c, &request, &answer, NULL, &c->err), &c->err);
    assert_int_equal(fake.dimension, 2);
    assert_true(fake.vector[1] == 2.5f);
    assert_int_equal(fake.k, 2);
    /* a search is made once, although binding happens twice */
    assert_int_equal(fake.calls, 1);
}

static void test_search_refusals(void **state) {
    LakeCase *c = *state;
    static const struct {
        const char *sql;
        FailKind kind;
    } cases[] = {
        {"FROM vector_search('missing', 'x', 3)", FAIL_NOT_FOUND},
        {"FROM vector_search('docs', 'x', 0)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x', 10001)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x', -1)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x', NULL)", FAIL_UNPROCESSABLE},
        {"FROM vector_search(NULL, 'x', 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', NULL, 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', NULL::FLOAT[], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', '', 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', [], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', [1, NULL], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', [1, NULL]::FLOAT[2], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', ['a'], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', [[1]], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', ['nan'::FLOAT], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', ['inf'::FLOAT]::FLOAT[1], 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 5, 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', {'a': 1}, 3)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x', 3, ef := 0)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x', 3, nope := 1)", FAIL_UNPROCESSABLE},
        {"FROM vector_search('docs', 'x')", FAIL_UNPROCESSABLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err;
        if (!fails(c, cases[i].sql, &err))
            fail_msg("%s: passed", cases[i].sql);
        if (err.kind != cases[i].kind)
            fail_msg("%s: %s: %s", cases[i].sql, err_kind_name(err.kind), err.message);
        assert_null(strchr(err.message, '['));
    }
    /* text that is not UTF-8 would spoil the instance */
    Err err;
    fake.chunk_text = "bad \xff";
    assert_true(fails(c, "SELECT upper(chunk_text) FROM vector_search('docs', 'x', 3)", &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    assert_rows(c, "SELECT 1", "[[1]]");
}

static void test_lists(void **state) {
    LakeCase *c = *state;
    assert_rows(c, "SELECT count(*) FROM lake_datasets()", "[[0]]");
    uint64_t id = lake_case_load(c, "people", COMMIT_APPEND, "SELECT 1 AS a, 'x' AS b");
    lake_case_load(c, "Aims", COMMIT_APPEND, "SELECT 1 AS a");
    Str expected =
        str_format(c->arena, "[[\"people\",\"primary\",%llu,1,1,2,true]]", (unsigned long long)id);
    assert_str_equal(lake_case_rows(c, "SELECT name, bucket, snapshot_id, rows, files, columns, "
                                       "created_at <= updated_at FROM lake_datasets() "
                                       "WHERE name = 'people'"),
                     expected.data);
    Str tables = lake_case_rows(c, "SHOW TABLES");
    assert_true(str_eq(tables, STR("[[\"Aims\"],[\"people\"]]")) ||
                str_eq(tables, STR("[[\"aims\"],[\"people\"]]")));
    assert_rows(c, "SELECT index_name, dimensions, fresh, doc_count, record FROM lake_indexes()",
                "[[\"i\",384,true,null,\"{\\\"index_name\\\":\\\"i\\\",\\\"dimensions\\\":384,"
                "\\\"fresh\\\":true,\\\"doc_count\\\":\\\"odd\\\",\\\"extra\\\":[1]}\"],"
                "[null,null,null,null,\"{}\"]]");
}

static void test_guards_let_small_values_pass(void **state) {
    LakeCase *c = *state;
    assert_rows(c, "SELECT repeat('ab', 3), repeat([1], 2), repeat('x'::BLOB, 2)::VARCHAR",
                "[[\"ababab\",[1,1],\"xx\"]]");
    assert_rows(c, "SELECT repeat('a', NULL), repeat(NULL, 2), repeat('a', -5), repeat('a', 0)",
                "[[null,null,\"\",\"\"]]");
    assert_rows(c, "SELECT lpad('a', 3, '-'), rpad('a', 3, '-'), bitstring('1', 4)",
                "[[\"--a\",\"a--\",\"0001\"]]");
    assert_rows(c, "SELECT range(3), range(1, 3), range(5, 1, -2), range(NULL), range(0)",
                "[[[0,1,2],[1,2],[5,3],null,[]]]");
    assert_rows(c, "SELECT generate_series(2), generate_series(1, 2), generate_series(1, 5, 2)",
                "[[[0,1,2],[1,2],[1,3,5]]]");
    assert_rows(c, "SELECT range(DATE '2024-01-01', DATE '2024-01-03', INTERVAL 1 DAY)",
                "[[[\"2024-01-01T00:00:00\",\"2024-01-02T00:00:00\"]]]");
    assert_rows(c,
                "SELECT len(generate_series(TIMESTAMPTZ '2024-01-01', TIMESTAMPTZ '2024-03-01', "
                "INTERVAL 1 MONTH))",
                "[[3]]");
    assert_rows(c, "SELECT list_resize([1], 2), list_resize([1], 2, 7), array_resize([1], 2, 7)",
                "[[[1,null],[1,7],[1,7]]]");
    assert_rows(c,
                "SELECT list_transform([1, 2], x -> repeat('a', x)), "
                "[i * 2 FOR i IN range(3)], sum(len(range(a))) FROM (VALUES (2), (3)) t(a)",
                "[[[\"a\",\"aa\"],[0,2,4],5]]");
    assert_rows(c, "SELECT count(*) FROM range(1000000)", "[[1000000]]");
}

static void test_guards_refuse_large_values(void **state) {
    LakeCase *c = *state;
    static const char *const cases[] = {
        "SELECT length(repeat('a', 2000000000))",
        "SELECT length(repeat('a', 1000000 * 2000))",
        "SELECT length(repeat(repeat('a', 100000), 100000))",
        "SELECT length(repeat('a', a)) FROM (VALUES (2000000000)) t(a)",
        "SELECT max(length(repeat('a', 1000000 + i))) FROM range(2048) t(i)",
        "SELECT len(repeat([1], 100000000))",
        "SELECT list_sum(range(100000000))",
        "SELECT list_sum(range(0, 100000000))",
        "SELECT list_sum(range(0, -100000000, -1))",
        "SELECT list_sum(range(a)) FROM (VALUES (100000000)) t(a)",
        "SELECT len(generate_series(100000000))",
        "SELECT len(range(TIMESTAMP '1900-01-01', TIMESTAMP '2100-01-01', INTERVAL 1 SECOND))",
        "SELECT length(lpad('a', 1000000000, 'b'))",
        "SELECT length(rpad('a', 1000000000, 'b'))",
        "SELECT len(list_resize([1], 100000000))",
        "SELECT len(array_resize([1], 100000000, 1))",
        "SELECT bit_count(bitstring('1', 1000000000))",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err;
        if (!fails(c, cases[i], &err))
            fail_msg("%s: passed", cases[i]);
        if (err.kind != FAIL_UNPROCESSABLE || strstr(err.message, "larger than queries") == NULL)
            fail_msg("%s: %s: %s", cases[i], err_kind_name(err.kind), err.message);
    }
}

int suite_test_duck_functions(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_search_shapes, set_up, lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_search_in_joins, set_up, lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_search_parameters, set_up, lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_search_refusals, set_up, lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_lists, set_up, lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_guards_let_small_values_pass, set_up,
                                        lake_case_tear_down),
        cmocka_unit_test_setup_teardown(test_guards_refuse_large_values, set_up,
                                        lake_case_tear_down),
    };
    return cmocka_run_group_tests_name("duck_functions", tests, NULL, NULL);
}
