/* test_ingest_json.c - JSON and NDJSON from their bytes to the rows of a dataset. */
#include "ingest_case.h"

typedef struct FileCase {
    const char *label, *name;
    Str bytes;
    const char *types, *rows, *rejects;
} FileCase;

#define BYTES(literal)                                                                             \
    { "" literal, sizeof(literal) - 1 }

static const FileCase files[] = {
    {"lines", "x.ndjson", BYTES("{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2}\n"),
     "a BIGINT, b VARCHAR", "1|x\n2|y\n", ""},
    {"an array", "x.json", BYTES("[{\"a\":1,\"b\":\"x\"},\n {\"a\":2,\"b\":null}]\n"),
     "a BIGINT, b VARCHAR", "1|x\n2|NULL\n", ""},
    {"objects in a row", "x.json", BYTES("{\n\"a\":1\n}\n{\n\"a\":2}"), "a BIGINT", "1\n2\n", ""},
    {"one object", "x.json", BYTES("{\n  \"a\": 1\n}\n"), "a BIGINT", "1\n", ""},
    {"keys come and go", "x.ndjson", BYTES("{\"a\":1}\n{\"b\":true}\n{\"c\":null}\n{}\n"),
     "a BIGINT, b BOOLEAN, c VARCHAR",
     "1|NULL|NULL\nNULL|true|NULL\nNULL|NULL|NULL\nNULL|NULL|NULL\n", ""},
    {"bad lines", "x.ndjson",
     BYTES("{\"a\":1}\nnot json\n{\"a\":2\n\n{\"a\":NaN}\n[1]\n{\"a\":3} x\n{\"a\":4,\"a\":5}\n"
           "{\"a\":\"\xFF\"}\n{\"a\":6}\n"),
     "a BIGINT", "1\n6\n",
     "2: : not an object\n3: : ends in the middle of an object\n5: : NaN and Infinity are not "
     "JSON\n6: : not an object\n7: : text after the object\n8: a: a key that comes twice\n"
     "9: : byte 0xFF is not UTF-8\n"},
    {"a repeated key in an array", "x.json", BYTES("[{\"a\":1},{\"a\":2,\"z\":1,\"a\":3}]"),
     "a BIGINT", "1\n", "2: a: a key that comes twice\n"},
    {"64 bits and beyond", "x.ndjson",
     BYTES("{\"a\":9223372036854775807,\"b\":18446744073709551615,\"c\":9007199254740993}\n"
           "{\"a\":-9223372036854775808,\"b\":1,\"c\":1.5}\n"),
     "a BIGINT, b DECIMAL(38,0), c DECIMAL(18,1)",
     "9223372036854775807|18446744073709551615|9007199254740993.0\n"
     "-9223372036854775808|1|1.5\n",
     ""},
    {"numbers are numbers", "x.ndjson",
     BYTES("{\"a\":1.10,\"b\":1E5,\"c\":1.0,\"d\":0}\n{\"a\":2,\"b\":1,\"c\":2.0,\"d\":-0.5}\n"),
     "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE", "1.1|100000.0|1.0|0.0\n2.0|1.0|2.0|-0.5\n", ""},
    {"strings are texts, but dates", "x.ndjson",
     BYTES("{\"n\":\"5\",\"d\":\"2024-01-01\",\"t\":\"2024-01-01T10:00:00Z\"}\n"),
     "n VARCHAR, d DATE, t TIMESTAMP WITH TIME ZONE", "5|2024-01-01|2024-01-01 10:00:00+00\n", ""},
    {"escapes", "x.ndjson", BYTES("{\"a\":\"\\u00e9\\n\\\"\\ud83d\\ude00\\/\"}\n"), "a VARCHAR",
     "\xC3\xA9\n\"\xF0\x9F\x98\x80/\n", ""},
    {"escaped keys are the same keys", "x.ndjson", BYTES("{\"a\":1}\n{\"\\u0061\":2}\n"),
     "a BIGINT", "1\n2\n", ""},
    {"lists", "x.ndjson",
     BYTES("{\"v\":[0.1,0.5],\"i\":[1,2],\"s\":[\"a\",\"\\u00e9\",null],\"n\":[[1]]}\n"
           "{\"v\":[],\"i\":null,\"s\":[],\"n\":[]}\n"),
     "v DOUBLE[], i BIGINT[], s VARCHAR[], n VARCHAR",
     "[0.1, 0.5]|[1, 2]|[a, \xC3\xA9, NULL]|[[1]]\n[]|NULL|[]|[]\n", ""},
    {"objects stay JSON", "x.ndjson", BYTES("{\"o\":{\"x\": 1.50, \"y\":[2]}}\n"), "o VARCHAR",
     "{\"x\": 1.50, \"y\":[2]}\n", ""},
    {"several kinds become text", "x.ndjson",
     BYTES("{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":true}\n{\"a\":{\"b\":1}}\n"), "a VARCHAR",
     "1\nx\ntrue\n{\"b\":1}\n", ""},
    {"names in two cases", "x.ndjson", BYTES("{\"id\":1,\"ID\":2,\"\":3}\n"),
     "id BIGINT, ID_2 BIGINT, column3 BIGINT", "1|2|3\n", ""},
    {"byte order mark", "x.json", BYTES("\xEF\xBB\xBF[{\"a\":1}]"), "a BIGINT", "1\n", ""},
};

static void test_files(void **state) {
    IngestCase *c = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const FileCase *file = &files[i];
        char dataset[32];
        snprintf(dataset, sizeof dataset, "case%zu", i);
        if (!ingest_case_try(c, dataset, file->name, file->bytes, NULL))
            fail_msg("%s: %s (%s)", file->label, c->err.message, c->err.detail);
        Str types = ingest_case_types(c, dataset);
        Str rows = ingest_case_rows(c, dataset, "FROM d");
        Str rejects = ingest_case_rejects(c);
        if (!str_eq_c(types, file->types))
            fail_msg("%s: types '%.*s'", file->label, STR_ARG(types));
        if (!str_eq_c(rows, file->rows))
            fail_msg("%s: rows '%.*s'", file->label, STR_ARG(rows));
        if (!str_eq_c(rejects, file->rejects))
            fail_msg("%s: rejects '%.*s'", file->label, STR_ARG(rejects));
        assert_int_equal(c->result.rows_read, c->result.rows_written + c->result.rows_rejected);
    }
}

static void test_refusals(void **state) {
    IngestCase *c = *state;
    static const struct {
        Str bytes;
        const char *says;
    } cases[] = {
        {BYTES("[{\"a\":1},{\"a\":NaN}]"), "line 1 (record 2): NaN"},
        {BYTES("[{\"a\":1},\n{\"a\":2}"), "the array never ends"},
        {BYTES("[{\"a\":1},]"), "a comma before ']'"},
        {BYTES("[{\"a\":1}{\"a\":2}]"), "',' or ']' is expected"},
        {BYTES("[{\"a\":1}] x"), "text after the array"},
        {BYTES("[1,2]"), "not an object"},
        {BYTES("[{\"a\":1},\n\n{\"a\" 2}]"), "line 3 (record 2): ':' is expected"},
        {BYTES("{\"a\":\n"), "ends in the middle"},
        {BYTES("[]"), "no columns"},
        {BYTES("[{}]"), "no columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (ingest_case_try(c, "refused", "x.json", cases[i].bytes, NULL))
            fail_msg("%.*s: was loaded", STR_ARG(cases[i].bytes));
        if (c->err.kind != FAIL_UNPROCESSABLE || strstr(c->err.message, cases[i].says) == NULL)
            fail_msg("%.*s: %d %s", STR_ARG(cases[i].bytes), (int)c->err.kind, c->err.message);
    }
}

static void test_types_wished_for(void **state) {
    IngestCase *c = *state;
    const ColumnOverride types[] = {{STR("n"), STR("BIGINT")}, {STR("v"), STR("FLOAT[]")}};
    IngestFileRequest wishes = {.types = types, .type_count = 2, .csv = {.header = -1}};
    assert_ok(ingest_case_try(c, "wished", "x.ndjson",
                              STR("{\"n\":\"5\",\"v\":[1,2.5]}\n{\"n\":\"x\"}\n{\"v\":[\"a\"]}\n"
                                  "{\"n\":7}\n"),
                              &wishes),
              &c->err);
    ingest_case_expect(c, 4, 2, 2);
    assert_str_equal(ingest_case_types(c, "wished"), "n BIGINT, v FLOAT[]");
    assert_str_equal(ingest_case_rows(c, "wished", "FROM d"), "5|[1.0, 2.5]\n7|NULL\n");
    assert_str_equal(ingest_case_rejects(c),
                     "2: n: 'x' is not BIGINT\n3: v: '[\"a\"]' is not FLOAT[]\n");
}

static void test_append_keeps_types(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "kept", "1.ndjson", "{\"x\":1.5,\"v\":[0.5],\"d\":\"2024-01-01\"}\n");
    ingest_case_load_text(c, "kept", "2.ndjson", "{\"x\":2,\"v\":[1,2],\"d\":null}\n{\"v\":[]}\n");
    assert_str_equal(ingest_case_types(c, "kept"), "x DOUBLE, v DOUBLE[], d DATE");
    assert_str_equal(ingest_case_rows(c, "kept", "FROM d ORDER BY x"),
                     "1.5|[0.5]|2024-01-01\n2.0|[1.0, 2.0]|NULL\nNULL|[]|NULL\n");
    ingest_case_load_text(c, "kept", "3.csv", "x,d\n7,2024-01-02\n"); /* another format */
    assert_str_equal(ingest_case_rows(c, "kept", "SELECT x, d FROM d WHERE x = 7"),
                     "7.0|2024-01-02\n");
}

static void test_mixed_kinds_are_told(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "told", "x.ndjson", "{\"a\":1}\n{\"a\":\"x\"}\n");
    assert_str_equal(ingest_case_coercions(c), "a: values of several kinds to text: 2\n");
}

static void test_large_array(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    for (int i = 0; i < 60000; i++)
        strbuf_append_format(&text, "%s{\"id\": %d, \"text\": \"record number %d of many\"}",
                             i == 0 ? "[\n" : ",\n", i, i);
    strbuf_append_c(&text, "\n]\n");
    ingest_case_load(c, "large", "x.json", strbuf_str(&text));
    ingest_case_expect(c, 60000, 60000, 0);
    assert_str_equal(ingest_case_rows(c, "large",
                                      "SELECT sum(id)::BIGINT, count(*) FILTER (text = 'record "
                                      "number ' || id || ' of many') FROM d"),
                     "1799970000|60000\n");
}

static void test_deep_nesting(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "{\"a\":1}\n{\"a\":");
    for (int i = 0; i < 100000; i++)
        strbuf_append_c(&text, "[");
    strbuf_append_c(&text, "\n");
    ingest_case_load(c, "deep", "x.ndjson", strbuf_str(&text));
    assert_str_equal(ingest_case_rejects(c), "2: : nested too deeply\n");
}

int suite_test_ingest_json(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_types_wished_for),
        cmocka_unit_test(test_append_keeps_types),
        cmocka_unit_test(test_mixed_kinds_are_told),
        cmocka_unit_test(test_large_array),
        cmocka_unit_test(test_deep_nesting),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
