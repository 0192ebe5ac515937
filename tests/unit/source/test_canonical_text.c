/* test_canonical_text.c - the same value, however printed, is the same text. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "source/canonical_text.h"

enum { ROUNDS = 20000 };

typedef struct Example {
    CanonicalKind kind;
    const char *printed, *canonical; /* NULL: no value of the type */
} Example;

static const Example examples[] = {
    {CANONICAL_TEXT, "", ""},
    {CANONICAL_TEXT, " 007 ", " 007 "},
    {CANONICAL_BOOL, "t", "true"},
    {CANONICAL_BOOL, "f", "false"},
    {CANONICAL_BOOL, "1", "true"},
    {CANONICAL_BOOL, "0", "false"},
    {CANONICAL_BOOL, "True", "true"},
    {CANONICAL_BOOL, "2", NULL},
    {CANONICAL_BOOL, "", NULL},
    {CANONICAL_DECIMAL, "0", "0"},
    {CANONICAL_DECIMAL, "-0", "0"},
    {CANONICAL_DECIMAL, "-0.000", "0"},
    {CANONICAL_DECIMAL, "+5", "5"},
    {CANONICAL_DECIMAL, "007", "7"},
    {CANONICAL_DECIMAL, "100", "100"},
    {CANONICAL_DECIMAL, "5.00", "5"},
    {CANONICAL_DECIMAL, ".5", "0.5"},
    {CANONICAL_DECIMAL, "5.", "5"},
    {CANONICAL_DECIMAL, "-12.50", "-12.5"},
    {CANONICAL_DECIMAL, "0.0010", "0.001"},
    {CANONICAL_DECIMAL, "1e3", "1000"},
    {CANONICAL_DECIMAL, "1.25e1", "12.5"},
    {CANONICAL_DECIMAL, "12.5E-4", "0.00125"},
    {CANONICAL_DECIMAL, "-1e+20", "-100000000000000000000"},
    {CANONICAL_DECIMAL, "0e400", "0"},
    {CANONICAL_DECIMAL, "99999999999999999999999999999999999999.99",
     "99999999999999999999999999999999999999.99"},
    {CANONICAL_DECIMAL, "1e401", NULL},
    {CANONICAL_DECIMAL, "1e99999999999999999999", NULL},
    {CANONICAL_DECIMAL, "", NULL},
    {CANONICAL_DECIMAL, "-", NULL},
    {CANONICAL_DECIMAL, ".", NULL},
    {CANONICAL_DECIMAL, "1e", NULL},
    {CANONICAL_DECIMAL, "1 ", NULL},
    {CANONICAL_DECIMAL, "1,5", NULL},
    {CANONICAL_DECIMAL, "NaN", NULL},
    {CANONICAL_DECIMAL, "0x10", NULL},
    {CANONICAL_DOUBLE, "1e+20", "1e+20"},
    {CANONICAL_DOUBLE, "1e20", "1e+20"},
    {CANONICAL_DOUBLE, "100000000000000000000", "1e+20"},
    {CANONICAL_DOUBLE, "0.1", "0.1"},
    {CANONICAL_DOUBLE, "0.10000000000000001", "0.1"},
    {CANONICAL_DOUBLE, "0.30000000000000004", "0.30000000000000004"},
    {CANONICAL_DOUBLE, "5.0", "5"},
    {CANONICAL_DOUBLE, "-0", "-0"},
    {CANONICAL_DOUBLE, "0", "0"},
    {CANONICAL_DOUBLE, "999999999999999", "999999999999999"},
    {CANONICAL_DOUBLE, "1000000000000000", "1e+15"},
    {CANONICAL_DOUBLE, "5e-324", "4.94065645841247e-324"},
    {CANONICAL_DOUBLE, "1e-999", "0"},
    {CANONICAL_DOUBLE, "NaN", "nan"},
    {CANONICAL_DOUBLE, "Infinity", "inf"},
    {CANONICAL_DOUBLE, "-Infinity", "-inf"},
    {CANONICAL_DOUBLE, "inf", "inf"},
    {CANONICAL_DOUBLE, "1e999", NULL},
    {CANONICAL_DOUBLE, "0x1p3", NULL},
    {CANONICAL_DOUBLE, "nan(1)", NULL},
    {CANONICAL_DOUBLE, " 1", NULL},
    {CANONICAL_FLOAT, "0.1", "0.1"},
    {CANONICAL_FLOAT, "0.10000000149011612", "0.1"},
    {CANONICAL_FLOAT, "16777217", "16777216"},
    {CANONICAL_FLOAT, "16777219", "1.677722e+07"},
    {CANONICAL_FLOAT, "NaN", "nan"},
    {CANONICAL_FLOAT, "1e39", NULL},
    {CANONICAL_DATE, "2024-02-29", "2024-02-29"},
    {CANONICAL_DATE, "2023-02-29", NULL},
    {CANONICAL_DATE, "0044-03-15 BC", "0044-03-15 BC"},
    {CANONICAL_DATE, "0044-03-15 (BC)", "0044-03-15 BC"},
    {CANONICAL_DATE, "0001-02-29 BC", "0001-02-29 BC"}, /* year 0 is a leap year */
    {CANONICAL_DATE, "0002-02-29 BC", NULL},
    {CANONICAL_DATE, "12024-01-01", "12024-01-01"},
    {CANONICAL_DATE, "5874897-12-31", "5874897-12-31"},
    {CANONICAL_DATE, "9999999-12-31", NULL},
    {CANONICAL_DATE, "infinity", "infinity"},
    {CANONICAL_DATE, "-infinity", "-infinity"},
    {CANONICAL_DATE, "0000-00-00", NULL},
    {CANONICAL_DATE, "0000-01-01", NULL},
    {CANONICAL_DATE, "2024-00-10", NULL},
    {CANONICAL_DATE, "2024-1-1", NULL},
    {CANONICAL_DATE, "24-01-01", NULL},
    {CANONICAL_DATE, "2024-01-01x", NULL},
    {CANONICAL_DATE, "2024-01-01 00:00:00", NULL},
    {CANONICAL_TIME, "23:59:59", "23:59:59"},
    {CANONICAL_TIME, "23:59:59.500000", "23:59:59.5"},
    {CANONICAL_TIME, "23:59:59.000001", "23:59:59.000001"},
    {CANONICAL_TIME, "23:59:59.1234560", "23:59:59.123456"},
    {CANONICAL_TIME, "23:59:59.1234567", NULL},
    {CANONICAL_TIME, "12:30", "12:30:00"},
    {CANONICAL_TIME, "24:00:00", "24:00:00"},
    {CANONICAL_TIME, "24:00:01", NULL},
    {CANONICAL_TIME, "23:59:60", NULL},
    {CANONICAL_TIME, "838:59:59", NULL},
    {CANONICAL_TIME, "-01:00:00", NULL},
    {CANONICAL_TIME, "12:00:00+02", NULL},
    {CANONICAL_TIMESTAMP, "2024-02-29 23:59:59.500000", "2024-02-29 23:59:59.5"},
    {CANONICAL_TIMESTAMP, "2024-02-29T23:59:59.5", "2024-02-29 23:59:59.5"},
    {CANONICAL_TIMESTAMP, "2024-02-29 23:59", "2024-02-29 23:59:00"},
    {CANONICAL_TIMESTAMP, "2024-02-29", "2024-02-29 00:00:00"},
    {CANONICAL_TIMESTAMP, "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"},
    {CANONICAL_TIMESTAMP, "0044-03-15 12:00:00 BC", "0044-03-15 12:00:00 BC"},
    {CANONICAL_TIMESTAMP, "294246-12-31 00:00:00", "294246-12-31 00:00:00"},
    {CANONICAL_TIMESTAMP, "294276-12-31 00:00:00", NULL}, /* PostgreSQL's counts from 2000 */
    {CANONICAL_TIMESTAMP, "4713-01-01 00:00:00 BC", "4713-01-01 00:00:00 BC"},
    {CANONICAL_TIMESTAMP, "infinity", "infinity"},
    {CANONICAL_TIMESTAMP, "-infinity", "-infinity"},
    {CANONICAL_TIMESTAMP, "2024-02-29 24:00:00", NULL},
    {CANONICAL_TIMESTAMP, "2024-02-29 23:59:59+00", NULL},
    {CANONICAL_TIMESTAMP, "0000-00-00 00:00:00", NULL},
    {CANONICAL_TIMESTAMP, "2024-02-29 ", NULL},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 23:59:59.5+00", "2024-02-29 23:59:59.5+00"},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29T23:59:59.5Z", "2024-02-29 23:59:59.5+00"},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 23:59:59", "2024-02-29 23:59:59+00"},
    {CANONICAL_TIMESTAMPTZ, "2024-03-01 05:29:59+05:30", "2024-02-29 23:59:59+00"},
    {CANONICAL_TIMESTAMPTZ, "2024-03-01 05:29:59+0530", "2024-02-29 23:59:59+00"},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 19:59:59-04", "2024-02-29 23:59:59+00"},
    {CANONICAL_TIMESTAMPTZ, "1850-01-01 00:53:28+00:53:28", "1850-01-01 00:00:00+00"},
    {CANONICAL_TIMESTAMPTZ, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC"},
    {CANONICAL_TIMESTAMPTZ, "0001-01-01 00:30:00+01", "0001-12-31 23:30:00+00 BC"},
    {CANONICAL_TIMESTAMPTZ, "infinity", "infinity"},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 23:59:59+16", NULL},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 23:59:59 UTC", NULL},
    {CANONICAL_TIMESTAMPTZ, "2024-02-29 23:59:59+", NULL},
    {CANONICAL_BLOB, "\\x6162", "6162"},
    {CANONICAL_BLOB, "\\x", ""},
    {CANONICAL_BLOB, "", ""},
    {CANONICAL_BLOB, "DEADBEEF", "deadbeef"},
    {CANONICAL_BLOB, "abc", NULL},
    {CANONICAL_BLOB, "zz", NULL},
};

typedef struct Case {
    Arena *arena;
    StrBuf out;
    Err err;
    Rng rng;
} Case;

static Case case_open(void) {
    Case c = {.arena = arena_create()};
    c.out = strbuf_make(c.arena);
    c.rng = rng_seeded(20240229);
    return c;
}

/* What the text becomes, behind something that must stay. */
static Str read_text(Case *c, CanonicalKind kind, Str printed) {
    strbuf_clear(&c->out);
    strbuf_append_c(&c->out, "x");
    assert_ok(canonical_from_text(kind, printed, &c->out, &c->err), &c->err);
    assert_int_equal(c->out.data[0], 'x');
    return str_slice(strbuf_str(&c->out), 1, c->out.length);
}

static void test_examples(void **state) {
    (void)state;
    Case c = case_open();
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const Example *example = &examples[i];
        strbuf_clear(&c.out);
        bool ok = canonical_from_text(example->kind, str_c(example->printed), &c.out, &c.err);
        if (ok != (example->canonical != NULL))
            fail_msg("'%s' (%d): %s", example->printed, (int)example->kind,
                     ok ? "read, but is no value" : c.err.message);
        if (ok)
            assert_str_equal(strbuf_str(&c.out), example->canonical);
        else
            assert_int_equal(c.err.kind, FAIL_UNPROCESSABLE);
    }
    arena_destroy(c.arena);
}

static void test_kinds(void **state) {
    (void)state;
    assert_int_equal(canonical_kind(STR("BOOLEAN")), CANONICAL_BOOL);
    assert_int_equal(canonical_kind(STR("INTEGER")), CANONICAL_DECIMAL);
    assert_int_equal(canonical_kind(STR("DECIMAL(10,2)")), CANONICAL_DECIMAL);
    assert_int_equal(canonical_kind(STR("DECIMAL(10,2)[]")), CANONICAL_TEXT);
    assert_int_equal(canonical_kind(STR("FLOAT[]")), CANONICAL_TEXT);
    assert_int_equal(canonical_kind(STR("FLOAT")), CANONICAL_FLOAT);
    assert_int_equal(canonical_kind(STR("TIMESTAMP")), CANONICAL_TIMESTAMP);
    assert_int_equal(canonical_kind(STR("TIMESTAMP WITH TIME ZONE")), CANONICAL_TIMESTAMPTZ);
    assert_int_equal(canonical_kind(STR("BLOB")), CANONICAL_BLOB);
    assert_int_equal(canonical_kind(STR("VARCHAR")), CANONICAL_TEXT);
}

/* ---- a typed value and its printing ---- */

static void expect_same(Case *c, CanonicalKind kind, const RowColumn *column, Str printed) {
    Str from_text = str_dup(c->arena, read_text(c, kind, printed));
    strbuf_clear(&c->out);
    canonical_from_row(column, 0, &c->out);
    if (!str_eq(strbuf_str(&c->out), from_text))
        fail_msg("'%.*s' became '%.*s', the value '%.*s'", STR_ARG(printed), STR_ARG(from_text),
                 STR_ARG(strbuf_str(&c->out)));
    assert_str_equal(read_text(c, kind, from_text), from_text.data); /* reads itself */
}

/* Any width of integer, small and large alike. */
static int64_t random_i64(Rng *rng) {
    int64_t value = (int64_t)rng_next(rng);
    return value >> rng_below(rng, 64);
}

static void test_integers(void **state) {
    (void)state;
    Case c = case_open();
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(c.arena);
        c.out = strbuf_make(c.arena);
        int64_t value = i == 0 ? INT64_MIN : random_i64(&c.rng);
        RowColumn column = {.type = COLUMN_INT64, .values = &value};
        expect_same(
            &c, CANONICAL_DECIMAL, &column,
            str_format(c.arena, "%s%lld", value >= 0 && i % 3 == 0 ? "+00" : "", (long long)value));
        uint64_t large = (uint64_t)value;
        column = (RowColumn){.type = COLUMN_UINT64, .values = &large};
        expect_same(&c, CANONICAL_DECIMAL, &column,
                    str_format(c.arena, "%llu.00", (unsigned long long)large));
        int8_t tiny = (int8_t)value;
        column = (RowColumn){.type = COLUMN_INT8, .values = &tiny};
        expect_same(&c, CANONICAL_DECIMAL, &column, str_format(c.arena, "%d", tiny));
    }
    arena_destroy(c.arena);
}

/* As PostgreSQL prints numeric(38,scale): all its decimals. */
static Str print_decimal(Arena *arena, Int128 value, unsigned scale) {
    char digits[64];
    size_t at = sizeof digits;
    bool negative = value < 0;
    for (size_t count = 0; value != 0 || count <= scale; count++) {
        if (count == scale && scale > 0)
            digits[--at] = '.';
        int digit = (int)(value % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    }
    if (negative)
        digits[--at] = '-';
    return str_dup(arena, str_make(digits + at, sizeof digits - at));
}

static void test_decimals(void **state) {
    (void)state;
    Case c = case_open();
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(c.arena);
        c.out = strbuf_make(c.arena);
        Int128 value = (Int128)random_i64(&c.rng) * (int64_t)rng_below(&c.rng, 1u << 30);
        if (i % 4 == 0)
            value = value / 1000 * 1000;
        uint8_t scale = (uint8_t)rng_below(&c.rng, 38);
        RowColumn column = {.type = COLUMN_DECIMAL, .width = 38, .scale = scale, .values = &value};
        expect_same(&c, CANONICAL_DECIMAL, &column, print_decimal(c.arena, value, scale));
    }
    arena_destroy(c.arena);
}

static void test_floats(void **state) {
    (void)state;
    static const char *const formats[] = {"%.17g", "%.20e", "%.17G", "%.25g"};
    Case c = case_open();
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(c.arena);
        c.out = strbuf_make(c.arena);
        uint64_t bits = rng_next(&c.rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (i % 2 == 0)
            value = (double)random_i64(&c.rng) / 100;
        RowColumn column = {.type = COLUMN_FLOAT64, .values = &value};
        char text[400];
        const char *format = formats[i % 4];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, format, value);
        expect_same(&c, CANONICAL_DOUBLE, &column, str_c(text));
        float small = (float)value;
        column = (RowColumn){.type = COLUMN_FLOAT32, .values = &small};
        snprintf(text, sizeof text, format, (double)small);
        expect_same(&c, CANONICAL_FLOAT, &column, str_c(text));
#pragma GCC diagnostic pop
    }
    arena_destroy(c.arena);
}

/* As PostgreSQL prints it, by the C library's calendar. */
static Str print_timestamp(Arena *arena, int64_t us, const char *zone) {
    int64_t of_second = ((us % 1000000) + 1000000) % 1000000;
    time_t seconds = (time_t)((us - of_second) / 1000000);
    struct tm parts;
    assert_non_null(gmtime_r(&seconds, &parts));
    int64_t year = (int64_t)parts.tm_year + 1900;
    Str text = str_format(arena, "%04lld-%02d-%02d %02d:%02d:%02d",
                          (long long)(year > 0 ? year : 1 - year), parts.tm_mon + 1, parts.tm_mday,
                          parts.tm_hour, parts.tm_min, parts.tm_sec);
    if (of_second > 0)
        text = str_format(arena, "%.*s.%06lld", STR_ARG(text), (long long)of_second);
    return str_format(arena, "%.*s%s%s", STR_ARG(text), zone, year > 0 ? "" : " BC");
}

static void test_times(void **state) {
    (void)state;
    Case c = case_open();
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(c.arena);
        c.out = strbuf_make(c.arena);
        int64_t us = random_i64(&c.rng);
        if (i % 3 == 0)
            us = us / 1000000 * 1000000;
        RowColumn column = {.type = COLUMN_TIMESTAMP_US, .values = &us};
        expect_same(&c, CANONICAL_TIMESTAMP, &column, print_timestamp(c.arena, us, ""));
        column.type = COLUMN_TIMESTAMPTZ_US;
        expect_same(&c, CANONICAL_TIMESTAMPTZ, &column, print_timestamp(c.arena, us, "+00"));
        int64_t of_day = us < 0 ? -(us % 86400000000) : us % 86400000000;
        column = (RowColumn){.type = COLUMN_TIME_US, .values = &of_day};
        Str stamp = print_timestamp(c.arena, of_day, "");
        expect_same(&c, CANONICAL_TIME, &column, str_slice(stamp, 11, stamp.length));
        int32_t day = (int32_t)(us % (INT64_MAX / INT64_C(86400000000)));
        column = (RowColumn){.type = COLUMN_DATE32, .values = &day};
        stamp = print_timestamp(c.arena, day * INT64_C(86400000000), "");
        Str date = str_format(c.arena, "%.*s%s", (int)str_find_char(stamp, ' ', 0), stamp.data,
                              str_ends(stamp, STR(" BC")) ? " BC" : "");
        expect_same(&c, CANONICAL_DATE, &column, date);
    }
    arena_destroy(c.arena);
}

static void test_infinity(void **state) {
    (void)state;
    Case c = case_open();
    int32_t days[] = {INT32_MAX, -INT32_MAX};
    int64_t us[] = {INT64_MAX, -INT64_MAX};
    static const char *const words[] = {"infinity", "-infinity"};
    for (size_t i = 0; i < 2; i++) {
        RowColumn column = {.type = COLUMN_DATE32, .values = &days[i]};
        expect_same(&c, CANONICAL_DATE, &column, str_c(words[i]));
        column = (RowColumn){.type = COLUMN_TIMESTAMP_US, .values = &us[i]};
        expect_same(&c, CANONICAL_TIMESTAMP, &column, str_c(words[i]));
        column.type = COLUMN_TIMESTAMPTZ_US;
        expect_same(&c, CANONICAL_TIMESTAMPTZ, &column, str_c(words[i]));
    }
    arena_destroy(c.arena);
}

static void test_texts_and_bytes(void **state) {
    (void)state;
    Case c = case_open();
    for (int i = 0; i < 1000; i++) {
        arena_reset(c.arena);
        c.out = strbuf_make(c.arena);
        char bytes[40];
        int32_t offsets[] = {0, (int32_t)rng_below(&c.rng, sizeof bytes)};
        StrBuf postgres = strbuf_make(c.arena), mysql = strbuf_make(c.arena);
        strbuf_append_c(&postgres, "\\x");
        for (int32_t b = 0; b < offsets[1]; b++) {
            bytes[b] = (char)rng_below(&c.rng, 256);
            strbuf_append_format(&postgres, "%02x", (unsigned char)bytes[b]);
            strbuf_append_format(&mysql, "%02X", (unsigned char)bytes[b]);
        }
        RowColumn column = {.type = COLUMN_BINARY, .offsets = offsets, .bytes = bytes};
        expect_same(&c, CANONICAL_BLOB, &column, strbuf_str(&postgres));
        expect_same(&c, CANONICAL_BLOB, &column, strbuf_str(&mysql));
        uint8_t flag = (uint8_t)(i % 2);
        column = (RowColumn){.type = COLUMN_BOOL, .values = &flag};
        expect_same(&c, CANONICAL_BOOL, &column, flag ? STR("t") : STR("f"));
    }
    arena_destroy(c.arena);
}

int suite_test_canonical_text(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_integers), cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_floats),   cmocka_unit_test(test_times),
        cmocka_unit_test(test_infinity), cmocka_unit_test(test_texts_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
