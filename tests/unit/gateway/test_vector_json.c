/* Vectors in JSON: short texts that survive the way back, base64, and what is no vector. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "gateway/vector_json.h"

static Str printed(float value, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    float_print(&out, value);
    strbuf_append_char(&out, '\0');
    return str_slice(strbuf_str(&out), 0, out.length - 1);
}

static void floats_are_short(void **state) {
    assert_str_equal(printed(0.1F, *state), "0.1");
    assert_str_equal(printed(0.0F, *state), "0");
    assert_str_equal(printed(-0.0F, *state), "0");
    assert_str_equal(printed(1.0F, *state), "1");
    assert_str_equal(printed(-0.03125F, *state), "-0.03125");
    assert_str_equal(printed(16777216.0F, *state), "16777216");
}

static void floats_come_back_exactly(void **state) {
    (void)state;
    Rng rng = rng_seeded(7);
    for (int i = 0; i < 20000; i++) {
        ArenaMark mark = arena_mark(*state);
        uint32_t bits = (uint32_t)rng_next(&rng);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) /* NaN, infinity */
            continue;
        float back = strtof(printed(value, *state).data, NULL);
        assert_true(back == value);
        json_t *json = float_to_json(value);
        assert_true((float)json_real_value(json) == value);
        json_decref(json);
        arena_rewind(*state, mark);
    }
}

static void base64_of_every_length(void **state) {
    static const struct {
        float values[3];
        size_t count;
        const char *text;
    } cases[] = {
        {{0}, 0, ""},
        {{1.0F}, 1, "AACAPw=="},
        {{1.0F, -2.5F}, 2, "AACAPwAAIMA="},
        {{1.0F, -2.5F, 0.1F}, 3, "AACAPwAAIMDNzMw9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        StrBuf out = strbuf_make(*state);
        vector_print_base64(&out, cases[i].values, cases[i].count);
        assert_str_equal(strbuf_str(&out), cases[i].text);
    }
}

static void vectors_are_read_and_printed(void **state) {
    Err err = {0};
    const float *vector;
    size_t dimension;
    json_t *array = json_parse(STR("[1, -0.5, 2e-3]"), *state, &err);
    assert_ok(vector_from_json(array, "v", *state, &vector, &dimension, &err), &err);
    assert_int_equal(dimension, 3);
    StrBuf out = strbuf_make(*state);
    vector_print(&out, vector, dimension);
    assert_str_equal(strbuf_str(&out), "[1,-0.5,0.002]");
    assert_ok(vector_from_json(NULL, "v", *state, &vector, &dimension, &err), &err);
    assert_null(vector);
}

static void what_no_float_holds_is_refused(void **state) {
    static const char *const bad[] = {"[]", "[1e39]", "[-1e300]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Err err = {0};
        const float *vector;
        size_t dimension;
        json_t *array = json_parse(str_c(bad[i]), *state, &err);
        assert_fails(vector_from_json(array, "rows[3].vector", *state, &vector, &dimension, &err),
                     &err, FAIL_INVALID);
        assert_string_equal(err.field, "rows[3].vector");
    }
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_vector_json(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_short),
        cmocka_unit_test(floats_come_back_exactly),
        cmocka_unit_test(base64_of_every_length),
        cmocka_unit_test(vectors_are_read_and_printed),
        cmocka_unit_test(what_no_float_holds_is_refused),
    };
    return cmocka_run_group_tests_name("vector_json", tests, setup, teardown);
}
