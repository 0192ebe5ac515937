/* test_query_formats.c - the bytes of each format; pyarrow reads the binary ones in tests/e2e. */
#include "unit.h"

#include <stdlib.h>

#include "base/vec.h"
#include "lake_case.h"

static Str answer(LakeCase *c, QueryFormat format, const char *sql) {
    Str out;
    QueryRequest request = {.sql = str_c(sql), .format = format};
    if (!lake_case_run(c, &request, &out, NULL, &c->err))
        fail_msg("%s: %s: %s", sql, err_kind_name(c->err.kind), c->err.message);
    return out;
}

static void test_names(void **state) {
    (void)state;
    QueryFormat format;
    static const char *const names[] = {"json", "ndjson", "csv", "parquet", "arrow"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(query_format_parse(str_c(names[i]), &format));
        assert_int_equal(format, i);
        assert_non_null(strchr(query_format_media_type(format), '/'));
    }
    assert_false(query_format_parse(STR("JSON"), &format));
    assert_false(query_format_parse(STR(""), &format));
}

static void test_csv(void **state) {
    LakeCase *c = *state;
    assert_str_equal(answer(c, QUERY_CSV, "SELECT 1 AS a, 'x' AS \"b,c\""), "a,\"b,c\"\r\n1,x\r\n");
    assert_str_equal(answer(c, QUERY_CSV,
                            "SELECT NULL AS a, '' AS b, 'q\"q' AS c, 'a' || chr(10) "
                            "AS d, ' e' AS e, 'a,b' AS f"),
                     "a,b,c,d,e,f\r\n,\"\",\"q\"\"q\",\"a\n\",\" e\",\"a,b\"\r\n");
    assert_str_equal(answer(c, QUERY_CSV,
                            "SELECT 9007199254740993 AS a, [1, NULL] AS b, {'x': "
                            "'y'} AS c, 'nan'::DOUBLE AS d, 'ab'::BLOB AS e"),
                     "a,b,c,d,e\r\n9007199254740993,\"[1,null]\",\"{\"\"x\"\":\"\"y\"\"}\",NaN,"
                     "YWI=\r\n");
    assert_str_equal(answer(c, QUERY_CSV, "SELECT 1 AS a WHERE false"), "a\r\n");
}

static void test_ndjson(void **state) {
    LakeCase *c = *state;
    assert_str_equal(
        answer(c, QUERY_NDJSON, "SELECT i, 'x' || i AS t FROM range(2) r(i) ORDER BY i"),
        "{\"i\":0,\"t\":\"x0\"}\n{\"i\":1,\"t\":\"x1\"}\n");
    assert_str_equal(answer(c, QUERY_NDJSON, "SELECT 1 AS a, 2 AS a, 3 AS \"A\", 4 AS a_1"),
                     "{\"a\":1,\"a_1\":2,\"A_2\":3,\"a_1_1\":4}\n");
    assert_str_equal(answer(c, QUERY_NDJSON, "SELECT 1 AS a WHERE false"), "");
}

static void test_json(void **state) {
    LakeCase *c = *state;
    Str text = answer(c, QUERY_JSON, "SELECT 1 AS a, 2 AS a, 'q\"' AS \"n\"\"m\"");
    json_t *value = json_parse(text, c->arena, &c->err);
    assert_non_null(value);
    assert_str_equal(json_print(json_object_get(value, "columns"), c->arena),
                     "[{\"name\":\"a\",\"type\":\"INTEGER\"},{\"name\":\"a\",\"type\":\"INTEGER\"},"
                     "{\"name\":\"n\\\"m\",\"type\":\"VARCHAR\"}]");
    text = answer(c, QUERY_JSON, "SELECT 1 AS a WHERE false");
    value = json_parse(text, c->arena, &c->err);
    assert_int_equal(json_array_size(json_object_get(value, "rows")), 0);
    assert_int_equal(json_array_size(json_object_get(value, "columns")), 1);
}

static void write_file(const char *path, Str bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    fclose(file);
}

static bool take_count(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    if (batch->row_count == 1)
        *(int64_t *)context = ((const int64_t *)batch->columns[0].values)[0];
    return true;
}

/* The same statement, asked of the file by a trusted session: no row differs. */
static void test_parquet(void **state) {
    LakeCase *c = *state;
    static const char rows[] = "SELECT i, i::DECIMAL(18,3) AS d, CASE WHEN i % 5 > 0 THEN 't' || i "
                               "END AS t, [i, NULL] AS l, "
                               "{'a': i, 'b': 'x'} AS s, DATE '2000-01-01' + (i % 100)::INT AS "
                               "day, sum(i) OVER () AS total "
                               "FROM range(30000) r(i)";
    Str path = str_format(c->arena, "%s/answer.parquet", c->root);
    write_file(path.data, answer(c, QUERY_PARQUET, rows));
    DuckSession *session = duck_session_open(c->duck, &c->err);
    Str sql = str_format(c->arena,
                         "SELECT count(*)::BIGINT FROM ((FROM read_parquet('%s')) EXCEPT ALL (%s))",
                         path.data, rows);
    int64_t differing = -1;
    assert_ok(duck_query(session, sql, NULL, take_count, &differing, &c->err), &c->err);
    assert_int_equal(differing, 0);
    sql = str_format(c->arena, "SELECT count(*)::BIGINT FROM read_parquet('%s')", path.data);
    assert_ok(duck_query(session, sql, NULL, take_count, &differing, &c->err), &c->err);
    assert_int_equal(differing, 30000);
    duck_session_close(session);
    /* nothing is left behind */
    Str command = str_format(c->arena, "test -z \"$(ls %s/spill | grep answer)\"", c->root);
    assert_int_equal(system(command.data), 0);
}

static uint32_t read_u32(Str bytes, size_t at) {
    uint32_t value;
    assert_true(at + sizeof value <= bytes.length);
    memcpy(&value, bytes.data + at, sizeof value);
    return value;
}

/* Frames follow each other without a gap up to the end mark. The body's length is the int64 field 3
 * of the table Message; it is found as FlatBuffers have it. */
static size_t count_messages(Str bytes) {
    size_t at = 0, messages = 0;
    while (true) {
        assert_int_equal(read_u32(bytes, at), 0xffffffff);
        uint32_t length = read_u32(bytes, at + 4);
        at += 8;
        if (length == 0)
            break;
        assert_int_equal(length % 8, 0);
        size_t table = at + read_u32(bytes, at);
        size_t vtable = table - read_u32(bytes, table);
        uint16_t slot;
        memcpy(&slot, bytes.data + vtable + 4 + 3 * sizeof slot, sizeof slot);
        uint64_t body = 0;
        if (slot != 0)
            memcpy(&body, bytes.data + table + slot, sizeof body);
        assert_int_equal(body % 64, 0);
        at += length + (size_t)body;
        messages++;
    }
    assert_int_equal(at, bytes.length);
    return messages;
}

static void test_arrow(void **state) {
    LakeCase *c = *state;
    assert_int_equal(count_messages(answer(c, QUERY_ARROW, "SELECT 1 AS a WHERE false")), 1);
    assert_int_equal(count_messages(answer(c, QUERY_ARROW, "SELECT 1 AS a")), 2);
    /* schema, dictionary, one batch */
    assert_int_equal(count_messages(answer(c, QUERY_ARROW, "SELECT 'a'::ENUM('a', 'b') AS a")), 3);
    Str wide = answer(c, QUERY_ARROW,
                      "SELECT i, 'x' || i, [i], {'a': [i]}, i % 2 = 0, NULL, "
                      "MAP {i: 'y'}, 1.5::DECIMAL(30,2) FROM range(10000) r(i)");
    assert_int_equal(count_messages(wide), 1 + 5);
}

int suite_test_query_formats(void) {
#define LAKE_TEST(name) cmocka_unit_test_setup_teardown(name, lake_case_set_up, lake_case_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), LAKE_TEST(test_csv),     LAKE_TEST(test_ndjson),
        LAKE_TEST(test_json),         LAKE_TEST(test_parquet), LAKE_TEST(test_arrow),
    };
    return cmocka_run_group_tests_name("query_formats", tests, NULL, NULL);
}
