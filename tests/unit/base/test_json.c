/* test_json.c - strictness of the readers, and a printer that reads back to the same bits. */
#include "unit.h"

#include "base/json.h"
#include "base/vec.h"

static void parses_and_prints(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    static const char *const same[] = {
        "{\"z\":1,\"a\":[1,2.5,true,false,null,\"x\"]}",
        "[]",
        "{}",
        "\"\\\"\\\\\\n\\u0001\xC3\xA9\"",
        "[0.1,-1.5e-09,1e+300,1.0,9223372036854775807,-9223372036854775808]",
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        json_t *value = json_parse(str_c(same[i]), arena, &err);
        assert_ok(value != NULL, &err);
        assert_str_equal(json_print(value, arena), same[i]);
    }
    json_t *value = json_parse(STR("{\"a\":[1],\"b\":{}}"), arena, &err);
    assert_str_equal(json_print_pretty(value, arena), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
    arena_destroy(arena);
}

static void refuses_bad_text(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    static const char *const bad[] = {
        "",
        "{",
        "{\"a\":1,\"a\":2}",
        "1 2",
        "{\"a\":\"\xFF\"}",
        "99999999999999999999",
        "\"\\u0000\"",
        "{\"dsn\" \"s3cret\"}",
        "{\"s3cret\":1,\"s3cret\":2}",
        "[\"s3cret",
        "'s3cret'",
        "s3cret",
        "[\"a\" \"s3cret\xFF\"]",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_fails(json_parse(str_c(bad[i]), arena, &err) != NULL, &err, FAIL_INVALID);
        assert_non_null(strstr(err.detail, "line "));
        assert_null(strstr(err.detail, "s3cret")); /* the place is told, not what stood there */
    }
    arena_destroy(arena);
}

static void reads_fields_strictly(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    json_t *object = json_parse(STR("{\"s\":\"text\",\"n\":7,\"neg\":-7,\"r\":1.5,\"b\":true,\"a\":"
                                    "[],\"o\":{},\"nil\":null}"),
                                arena, &err);
    Str text = STR("kept");
    uint64_t u = 0;
    int64_t i = 0;
    double f = 0;
    bool b = false;
    const json_t *part = NULL;
    assert_ok(json_read_str(object, "s", JSON_REQUIRED, &text, &err), &err);
    assert_str_equal(text, "text");
    assert_ok(json_read_u64(object, "n", JSON_REQUIRED, &u, &err), &err);
    assert_int_equal(u, 7);
    assert_ok(json_read_i64(object, "neg", JSON_REQUIRED, &i, &err), &err);
    assert_int_equal(i, -7);
    assert_ok(json_read_f64(object, "n", JSON_REQUIRED, &f, &err), &err);
    assert_true(f == 7.0);
    assert_ok(json_read_f64(object, "r", JSON_REQUIRED, &f, &err), &err);
    assert_true(f == 1.5);
    assert_ok(json_read_bool(object, "b", JSON_REQUIRED, &b, &err), &err);
    assert_true(b);
    assert_ok(json_read_array(object, "a", JSON_REQUIRED, &part, &err), &err);
    assert_true(json_is_array(part));
    assert_ok(json_read_object(object, "o", JSON_REQUIRED, &part, &err), &err);
    assert_true(json_is_object(part));

    text = STR("kept"); /* absent and null leave the default alone */
    assert_ok(json_read_str(object, "nil", JSON_OPTIONAL, &text, &err), &err);
    assert_ok(json_read_str(object, "absent", JSON_OPTIONAL, &text, &err), &err);
    assert_str_equal(text, "kept");
    assert_ok(json_read_array(object, "absent", JSON_OPTIONAL, &part, &err), &err);
    assert_null(part);

    assert_fails(json_read_str(object, "nil", JSON_REQUIRED, &text, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "nil");
    assert_fails(json_read_str(object, "n", JSON_OPTIONAL, &text, &err), &err, FAIL_INVALID);
    assert_string_equal(err.message, "field 'n' must be a string, not a whole number");
    assert_fails(json_read_u64(object, "neg", JSON_REQUIRED, &u, &err), &err, FAIL_INVALID);
    assert_fails(json_read_u64(object, "r", JSON_REQUIRED, &u, &err), &err, FAIL_INVALID);
    assert_fails(json_read_i64(object, "s", JSON_REQUIRED, &i, &err), &err, FAIL_INVALID);
    assert_fails(json_read_f64(object, "b", JSON_REQUIRED, &f, &err), &err, FAIL_INVALID);
    assert_fails(json_read_bool(object, "n", JSON_REQUIRED, &b, &err), &err, FAIL_INVALID);
    assert_fails(json_read_array(object, "o", JSON_OPTIONAL, &part, &err), &err, FAIL_INVALID);
    assert_fails(json_read_object(object, "a", JSON_OPTIONAL, &part, &err), &err, FAIL_INVALID);
    json_t *array = json_parse(STR("[]"), arena, &err);
    assert_fails(json_read_u64(array, "n", JSON_OPTIONAL, &u, &err), &err, FAIL_INVALID);
    arena_destroy(arena);
}

static void names_unknown_fields(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    static const char *const allowed[] = {"a", "b"};
    json_t *object = json_parse(STR("{\"b\":1,\"bb\":2}"), arena, &err);
    assert_fails(json_allow_fields(object, allowed, 2, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "bb");
    json_object_del(object, "bb");
    assert_ok(json_allow_fields(object, allowed, 2, &err), &err);
    arena_destroy(arena);
}

static void builds_values(void **state) {
    (void)state;
    Arena *arena = arena_create();
    json_t *object = json_keep(arena, json_object());
    json_set_str(object, "name", STR("caf\xC3\xA9"));
    json_set_str(object, "empty", STR_EMPTY);
    json_set_str(object, "bad", STR("a\xFFz"));
    json_set_u64(object, "n", INT64_MAX);
    assert_str_equal(json_print(object, arena),
                     "{\"name\":\"caf\xC3\xA9\",\"empty\":\"\",\"bad\":\"a\xEF\xBF\xBDz\","
                     "\"n\":9223372036854775807}");
    arena_destroy(arena);
}

int suite_test_json(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_prints),     cmocka_unit_test(refuses_bad_text),
        cmocka_unit_test(reads_fields_strictly), cmocka_unit_test(names_unknown_fields),
        cmocka_unit_test(builds_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
