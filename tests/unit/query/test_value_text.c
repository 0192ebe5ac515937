/* test_value_text.c - numbers, dates, bytes and names as text; the edges that SQL cannot reach. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "query/sql_text.h"
#include "query/value_text.h"

static void test_doubles_read_back(void **state) {
    (void)state;
    char text[TEXT_NUMBER_BYTES];
    Rng rng = rng_seeded(7);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = rng_next(&rng);
        double value;
        float small;
        memcpy(&value, &bits, sizeof value);
        memcpy(&small, &bits, sizeof small);
        if (isfinite(value)) {
            Str shown = text_double(value, text);
            text[shown.length] = '\0';
            assert_true(strtod(text, NULL) == value);
        }
        if (isfinite(small)) {
            Str shown = text_float(small, text);
            text[shown.length] = '\0';
            assert_true(strtof(text, NULL) == small);
        }
    }
    assert_str_equal(text_double(0.1, text), "0.1");
    assert_str_equal(text_double(100, text), "100.0");
    assert_str_equal(text_double(1e22, text), "1e+22");
    assert_str_equal(text_double(-INFINITY, text), "-Infinity");
    assert_str_equal(text_float(NAN, text), "NaN");
}

static void test_decimals(void **state) {
    (void)state;
    char text[TEXT_NUMBER_BYTES];
    TextInt128 least = (TextInt128)((TextUint128)1 << 127);
    assert_str_equal(text_int128(least, text), "-170141183460469231731687303715884105728");
    assert_str_equal(text_int128(0, text), "0");
    assert_str_equal(text_decimal(-5, 3, text), "-0.005");
    assert_str_equal(text_decimal(0, 2, text), "0.00");
    assert_str_equal(text_decimal(1234, 2, text), "12.34");
    assert_str_equal(text_decimal(1, 38, text), "0.00000000000000000000000000000000000001");
    assert_str_equal(text_decimal(least, 38, text), "-1.70141183460469231731687303715884105728");
    assert_true(text_number_is_exact(999999999999999, 3));
    assert_false(text_number_is_exact(1000000000000000, 3));
    assert_true(text_number_is_exact(-9007199254740992, 0));
    assert_false(text_number_is_exact(-9007199254740993, 0));
}

static void test_dates(void **state) {
    (void)state;
    char text[TEXT_TIME_BYTES];
    assert_str_equal(text_date(0, text), "1970-01-01");
    assert_str_equal(text_date(-1, text), "1969-12-31");
    assert_str_equal(text_date(-719162, text), "0001-01-01");
    assert_str_equal(text_date(-719163, text), "0001-12-31 (BC)");
    assert_str_equal(text_date(11016, text), "2000-02-29");
    assert_str_equal(text_date(INT32_MAX, text), "infinity");
    assert_str_equal(text_date(INT32_MAX - 1, text), "5881580-07-10");
    assert_str_equal(text_date(INT32_MIN, text), "5877642-06-23 (BC)");
    assert_str_equal(text_timestamp(-1, TIME_NANOS, false, text), "1969-12-31T23:59:59.999999999");
    assert_str_equal(text_timestamp(-1, TIME_SECONDS, true, text), "1969-12-31T23:59:59Z");
    assert_str_equal(text_timestamp(1500, TIME_MILLIS, false, text), "1970-01-01T00:00:01.5");
    assert_str_equal(text_timestamp(INT64_MIN, TIME_MICROS, true, text),
                     "290309-12-21T19:59:05.224192Z (BC)");
    assert_str_equal(text_time(86399999999, TIME_MICROS, text), "23:59:59.999999");
    assert_str_equal(text_time(86400000000, TIME_MICROS, text), "24:00:00");
}

static void test_bytes(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const char *const encoded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i < sizeof encoded / sizeof *encoded; i++) {
        StrBuf out = strbuf_make(arena);
        text_append_base64(&out, str_make("foobar", i));
        assert_str_equal(strbuf_str(&out), encoded[i]);
    }
    arena_destroy(arena);
}

static void test_quoting(void **state) {
    (void)state;
    static const struct {
        const char *text, *literal, *identifier;
    } cases[] = {
        {"", "''", "\"\""},
        {"plain", "'plain'", "\"plain\""},
        {"it's", "'it''s'", "\"it's\""},
        {"'", "''''", "\"'\""},
        {"a\"b\"\"", "'a\"b\"\"'", "\"a\"\"b\"\"\"\"\""},
        {"\\'; DROP", "'\\''; DROP'", "\"\\'; DROP\""},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        StrBuf literal = strbuf_make(arena), identifier = strbuf_make(arena);
        sql_append_literal(&literal, str_c(cases[i].text));
        sql_append_identifier(&identifier, str_c(cases[i].text));
        assert_str_equal(strbuf_str(&literal), cases[i].literal);
        assert_str_equal(strbuf_str(&identifier), cases[i].identifier);
    }
    arena_destroy(arena);
}

int suite_test_value_text(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_read_back),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_quoting),
    };
    return cmocka_run_group_tests_name("value_text", tests, NULL, NULL);
}
