/* test_duck_print.c - every type as JSON and as plain text, and its name. */
#include "unit.h"

#include "base/vec.h"
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

static const struct {
    const char *sql, *json, *text, *type; /* text NULL: as json */
} cases[] = {
    {"NULL", "null", "", "INTEGER"},
    {"true", "true", NULL, "BOOLEAN"},
    {"(-128)::TINYINT", "-128", NULL, "TINYINT"},
    {"255::UTINYINT", "255", NULL, "UTINYINT"},
    {"(-32768)::SMALLINT", "-32768", NULL, "SMALLINT"},
    {"65535::USMALLINT", "65535", NULL, "USMALLINT"},
    {"(-2147483648)::INTEGER", "-2147483648", NULL, "INTEGER"},
    {"4294967295::UINTEGER", "4294967295", NULL, "UINTEGER"},
    {"9007199254740992", "9007199254740992", NULL, "BIGINT"},
    {"9007199254740993", "\"9007199254740993\"", "9007199254740993", "BIGINT"},
    {"-9007199254740992", "-9007199254740992", NULL, "BIGINT"},
    {"-9007199254740993", "\"-9007199254740993\"", "-9007199254740993", "BIGINT"},
    {"(-9223372036854775808)::BIGINT", "\"-9223372036854775808\"", "-9223372036854775808",
     "BIGINT"},
    {"18446744073709551615::UBIGINT", "\"18446744073709551615\"", "18446744073709551615",
     "UBIGINT"},
    {"170141183460469231731687303715884105727", "\"170141183460469231731687303715884105727\"",
     "170141183460469231731687303715884105727", "HUGEINT"},
    {"(-170141183460469231731687303715884105728)::HUGEINT",
     "\"-170141183460469231731687303715884105728\"", "-170141183460469231731687303715884105728",
     "HUGEINT"},
    {"7::HUGEINT", "7", NULL, "HUGEINT"},
    {"'340282366920938463463374607431768211455'::UHUGEINT",
     "\"340282366920938463463374607431768211455\"", "340282366920938463463374607431768211455",
     "UHUGEINT"},
    {"'123456789012345678901234567890123456789012345'::BIGNUM",
     "\"123456789012345678901234567890123456789012345\"",
     "123456789012345678901234567890123456789012345", "BIGNUM"},
    {"'-12345678901234567890123'::BIGNUM", "\"-12345678901234567890123\"",
     "-12345678901234567890123", "BIGNUM"},
    {"0::BIGNUM", "\"0\"", "0", "BIGNUM"},
    {"1.5::FLOAT", "1.5", NULL, "FLOAT"},
    {"0.1::FLOAT", "0.1", NULL, "FLOAT"},
    {"16777217::FLOAT", "16777216.0", NULL, "FLOAT"},
    {"0.1::DOUBLE", "0.1", NULL, "DOUBLE"},
    {"1::DOUBLE / 3", "0.3333333333333333", NULL, "DOUBLE"},
    {"1e300", "1e+300", NULL, "DOUBLE"},
    {"-0.0::DOUBLE", "-0.0", NULL, "DOUBLE"},
    {"5::DOUBLE", "5.0", NULL, "DOUBLE"},
    {"'nan'::DOUBLE", "\"NaN\"", "NaN", "DOUBLE"},
    {"'inf'::FLOAT", "\"Infinity\"", "Infinity", "FLOAT"},
    {"'-inf'::DOUBLE", "\"-Infinity\"", "-Infinity", "DOUBLE"},
    {"123.450::DECIMAL(9,3)", "123.450", NULL, "DECIMAL(9,3)"},
    {"-0.05::DECIMAL(4,2)", "-0.05", NULL, "DECIMAL(4,2)"},
    {"999999999999.999::DECIMAL(18,3)", "999999999999.999", NULL, "DECIMAL(18,3)"},
    {"9999999999999.999::DECIMAL(18,3)", "\"9999999999999.999\"", "9999999999999.999",
     "DECIMAL(18,3)"},
    {"12345678901234567890123456789012345.678::DECIMAL(38,3)",
     "\"12345678901234567890123456789012345.678\"", "12345678901234567890123456789012345.678",
     "DECIMAL(38,3)"},
    {"0.001::DECIMAL(3,3)", "0.001", NULL, "DECIMAL(3,3)"},
    {"9007199254740993::DECIMAL(18,0)", "\"9007199254740993\"", "9007199254740993",
     "DECIMAL(18,0)"},
    {"'a\"b\\c' || chr(10) || chr(9) || chr(13) || chr(1) || 'é'",
     "\"a\\\"b\\\\c\\n\\t\\r\\u0001\xc3\xa9\"", "a\"b\\c\n\t\r\x01\xc3\xa9", "VARCHAR"},
    {"''", "\"\"", "", "VARCHAR"},
    {"'\\x00\\xFF'::BLOB", "\"AP8=\"", "AP8=", "BLOB"},
    {"'abc'::BLOB", "\"YWJj\"", "YWJj", "BLOB"},
    {"'a'::BLOB", "\"YQ==\"", "YQ==", "BLOB"},
    {"'10101'::BIT", "\"10101\"", "10101", "BIT"},
    {"DATE '1969-12-31'", "\"1969-12-31\"", "1969-12-31", "DATE"},
    {"DATE '2024-02-29'", "\"2024-02-29\"", "2024-02-29", "DATE"},
    {"DATE '0044-03-15 (BC)'", "\"0044-03-15 (BC)\"", "0044-03-15 (BC)", "DATE"},
    {"DATE '5877642-06-25 (BC)'", "\"5877642-06-25 (BC)\"", "5877642-06-25 (BC)", "DATE"},
    {"DATE 'infinity'", "\"infinity\"", "infinity", "DATE"},
    {"DATE '-infinity'", "\"-infinity\"", "-infinity", "DATE"},
    {"TIME '23:59:59.000001'", "\"23:59:59.000001\"", "23:59:59.000001", "TIME"},
    {"TIME '00:00:00'", "\"00:00:00\"", "00:00:00", "TIME"},
    {"'10:00:00+05'::TIMETZ", "\"10:00:00+05\"", "10:00:00+05", "TIME WITH TIME ZONE"},
    {"TIMESTAMP '2024-02-29 12:00:00.5'", "\"2024-02-29T12:00:00.5\"", "2024-02-29T12:00:00.5",
     "TIMESTAMP"},
    {"TIMESTAMP '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999\"",
     "1969-12-31T23:59:59.999999", "TIMESTAMP"},
    {"TIMESTAMP 'infinity'", "\"infinity\"", "infinity", "TIMESTAMP"},
    {"TIMESTAMPTZ '2024-02-29 12:00:00+02'", "\"2024-02-29T10:00:00Z\"", "2024-02-29T10:00:00Z",
     "TIMESTAMP WITH TIME ZONE"},
    {"TIMESTAMP_S '2020-01-01 00:00:01'", "\"2020-01-01T00:00:01\"", "2020-01-01T00:00:01",
     "TIMESTAMP_S"},
    {"TIMESTAMP_MS '2020-01-01 00:00:01.25'", "\"2020-01-01T00:00:01.25\"",
     "2020-01-01T00:00:01.25", "TIMESTAMP_MS"},
    {"TIMESTAMP_NS '2020-01-01 00:00:01.000000001'", "\"2020-01-01T00:00:01.000000001\"",
     "2020-01-01T00:00:01.000000001", "TIMESTAMP_NS"},
    {"INTERVAL '1 month 2 days 3.5 seconds'", "\"1 month 2 days 00:00:03.5\"",
     "1 month 2 days 00:00:03.5", "INTERVAL"},
    {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"",
     "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "UUID"},
    {"'0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "\"0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11\"",
     "0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11", "UUID"},
    {"'b''c'::ENUM('a', 'b''c')", "\"b'c\"", "b'c", "ENUM('a', 'b''c')"},
    {"[1, NULL, 3]", "[1,null,3]", NULL, "INTEGER[]"},
    {"[]", "[]", NULL, "INTEGER[]"},
    {"[[1.5], [], NULL]", "[[1.5],[],null]", NULL, "DECIMAL(2,1)[][]"},
    {"[0.5, NULL]::FLOAT[2]", "[0.5,null]", NULL, "FLOAT[2]"},
    {"[[1, 2], [3, 4]]::INT[2][2]", "[[1,2],[3,4]]", NULL, "INTEGER[2][2]"},
    {"{'a': 1, 'b c': ['x\"'], 'd': NULL}", "{\"a\":1,\"b c\":[\"x\\\"\"],\"d\":null}", NULL,
     "STRUCT(a INTEGER, \"b c\" VARCHAR[], d INTEGER)"},
    {"row(1, 'a')", "[1,\"a\"]", NULL, "STRUCT(\"\" INTEGER, \"\" VARCHAR)"},
    {"MAP {'k': 1, 'l': NULL}", "{\"k\":1,\"l\":null}", NULL, "MAP(VARCHAR, INTEGER)"},
    {"MAP {1: 'x'}", "{\"1\":\"x\"}", NULL, "MAP(INTEGER, VARCHAR)"},
    {"MAP {[1, 2]: 'x'}", "{\"[1,2]\":\"x\"}", NULL, "MAP(INTEGER[], VARCHAR)"},
    {"MAP {}", "{}", NULL, "MAP(INTEGER, INTEGER)"},
    {"union_value(a := 5)::UNION(a INTEGER, b VARCHAR)", "{\"a\":5}", NULL,
     "UNION(a INTEGER, b VARCHAR)"},
    {"'x'::UNION(a INTEGER, b VARCHAR)", "{\"b\":\"x\"}", NULL, "UNION(a INTEGER, b VARCHAR)"},
    {"'{\"a\": 1}'::JSON", "\"{\\\"a\\\": 1}\"", "{\"a\": 1}", "JSON"},
    {"[9007199254740993, 1]", "[\"9007199254740993\",1]", NULL, "BIGINT[]"},
    {"[{'a': [DATE '2024-01-01']}]", "[{\"a\":[\"2024-01-01\"]}]", NULL, "STRUCT(a DATE[])[]"},
};

static void test_values(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err = {0};
        DuckCursor *cursor = duck_cursor_open(sandbox.locked, &err);
        Str sql = str_format(sandbox.arena, "SELECT %s AS v FROM range(3)", cases[i].sql);
        ResultChunk *chunk;
        assert_ok(duck_cursor_prepare(cursor, sql, &err), &err);
        assert_ok(duck_cursor_execute(cursor, &err), &err);
        assert_ok(duck_cursor_next(cursor, &chunk, &err), &err);
        size_t count;
        const ResultColumn *columns = duck_cursor_columns(cursor, &count);
        assert_int_equal(count, 1);
        if (!str_eq_c(columns[0].type, cases[i].type))
            fail_msg("%s: type %.*s", cases[i].sql, STR_ARG(columns[0].type));
        for (size_t row = 0; row < 3; row++) {
            StrBuf json = strbuf_make(sandbox.arena), text = strbuf_make(sandbox.arena);
            result_value_json(chunk, 0, row, &json);
            bool present = result_value_text(chunk, 0, row, &text);
            assert_int_equal(present, strcmp(cases[i].json, "null") != 0);
            const char *wanted = cases[i].text != NULL ? cases[i].text : cases[i].json;
            if (!str_eq_c(strbuf_str(&json), cases[i].json))
                fail_msg("%s: json %.*s", cases[i].sql, STR_ARG(strbuf_str(&json)));
            if (!str_eq_c(strbuf_str(&text), wanted))
                fail_msg("%s: text %.*s", cases[i].sql, STR_ARG(strbuf_str(&text)));
        }
        duck_cursor_close(cursor);
    }
}

/* Rows that differ: offsets of lists, validity, tags. */
static void test_rows_that_differ(void **state) {
    (void)state;
    Err err = {0};
    Str out;
    assert_ok(sandbox_run(&sandbox,
                          "SELECT list(CASE WHEN i % 3 = 0 THEN NULL ELSE [i, NULL, i * 2] END "
                          "ORDER BY i) FROM range(5) t(i)",
                          &out, &err),
              &err);
    assert_str_equal(out, "[null,[1,null,2],[2,null,4],null,[4,null,8]]");
    assert_ok(
        sandbox_run(&sandbox,
                    "SELECT list(u ORDER BY i) FROM (SELECT i, CASE i WHEN 1 THEN "
                    "'s'::UNION(n BIGINT, s VARCHAR) WHEN 2 THEN NULL ELSE i::UNION(n BIGINT, "
                    "s VARCHAR) END AS u FROM range(4) t(i))",
                    &out, &err),
        &err);
    assert_str_equal(out, "[{\"n\":0},{\"s\":\"s\"},null,{\"n\":3}]");
}

static void test_all_types_can_be_shown(void **state) {
    (void)state;
    Err err = {0};
    assert_ok(sandbox_run(&sandbox, "FROM test_all_types()", NULL, &err), &err);
    /* a type that the C interface of 1.4 has no name for */
    assert_fails(sandbox_run(&sandbox, "SELECT '10:00:00'::TIME_NS", NULL, &err), &err,
                 FAIL_UNSUPPORTED);
}

static void test_nesting_is_bounded(void **state) {
    (void)state;
    Err err = {0};
    StrBuf sql = strbuf_make(sandbox.arena);
    strbuf_append_c(&sql, "SELECT NULL::INTEGER");
    for (int i = 0; i < 60; i++)
        strbuf_append_c(&sql, "[]");
    assert_ok(sandbox_run(&sandbox, str_dup(sandbox.arena, strbuf_str(&sql)).data, NULL, &err),
              &err);
    for (int i = 0; i < 10; i++)
        strbuf_append_c(&sql, "[]");
    assert_fails(sandbox_run(&sandbox, str_dup(sandbox.arena, strbuf_str(&sql)).data, NULL, &err),
                 &err, FAIL_UNSUPPORTED);
}

int suite_test_duck_print(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_rows_that_differ),
        cmocka_unit_test(test_all_types_can_be_shown),
        cmocka_unit_test(test_nesting_is_bounded),
    };
    return cmocka_run_group_tests_name("duck_print", tests, set_up, tear_down);
}
