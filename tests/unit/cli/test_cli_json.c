/* test_cli_json.c - answers that have what we look for, and answers that do not. */
#include "unit.h"

#include "cli/cli_json.h"

static void fields_read_and_absent_ones_are_empty(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    const json_t *object = json_parse(
        STR("{\"t\":\"x\",\"n\":7,\"minus\":-7,\"f\":1.5,\"b\":true,\"a\":[1],\"z\":null}"), arena,
        &err);
    assert_non_null(object);
    assert_str_equal(field_text(object, "t"), "x");
    assert_int_equal(field_u64(object, "n"), 7);
    assert_true(field_f64(object, "f") == 1.5 && field_f64(object, "n") == 7);
    assert_true(field_bool(object, "b"));
    assert_int_equal(json_array_size(field_array(object, "a")), 1);
    assert_str_equal(field_text(object, "n"), "");
    assert_str_equal(field_text(object, "absent"), "");
    assert_str_equal(field_text(NULL, "t"), "");
    assert_int_equal(field_u64(object, "minus"), 0);
    assert_int_equal(field_u64(object, "t"), 0);
    assert_false(field_bool(object, "n"));
    assert_null(field_array(object, "t"));
    arena_destroy(arena);
}

static void any_value_is_a_cell(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"null", ""},
        {"\"text\"", "text"},
        {"12", "12"},
        {"0.1", "0.1"},
        {"true", "true"},
        {"[1, \"a\"]", "[1,\"a\"]"},
        {"{\"a\": 1}", "{\"a\":1}"},
        {"\"9007199254740993\"", "9007199254740993"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        json_t *value = json_keep(arena, json_loads(pairs[i][0], JSON_DECODE_ANY, NULL));
        assert_non_null(value);
        assert_str_equal(value_text(value, arena), pairs[i][1]);
    }
    assert_str_equal(value_text(NULL, arena), "");
    arena_destroy(arena);
}

static void times_are_cut_to_seconds(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(value_time(STR("2026-01-31T12:00:00.123456Z"), arena), "2026-01-31 12:00:00");
    assert_str_equal(value_time(STR(""), arena), "");
    assert_str_equal(value_time(STR("yesterday"), arena), "yesterday");
    arena_destroy(arena);
}

int suite_test_cli_json(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_read_and_absent_ones_are_empty),
        cmocka_unit_test(any_value_is_a_cell),
        cmocka_unit_test(times_are_cut_to_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
