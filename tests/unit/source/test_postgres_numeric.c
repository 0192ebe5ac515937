/* test_postgres_numeric.c - numerics against arithmetic on their printed digits. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "postgres_wire.h"
#include "source/postgres_numeric.h"

static PgNumeric read_text(Arena *arena, Str text) {
    Str wire = wire_numeric(text, arena);
    PgNumeric numeric = {0};
    assert_int_equal(pg_numeric_read((const unsigned char *)wire.data, wire.length, &numeric),
                     PG_NUMERIC_FINITE);
    return numeric;
}

/* text * 10^scale, digit by digit; false when digits remain or there are more than `width`. */
static bool naive_decimal(Str text, unsigned width, unsigned scale, Int128 *out) {
    bool negative = text.data[0] == '-';
    Str whole = STR_EMPTY;
    Str fraction = str_cut(str_slice(text, negative ? 1 : 0, text.length), '.', &whole);
    Int128 sum = 0;
    unsigned digits = 0;
    for (size_t i = 0; i < whole.length + (fraction.length > scale ? fraction.length : scale);
         i++) {
        size_t behind = i - whole.length;
        char c = i < whole.length           ? whole.data[i]
                 : behind < fraction.length ? fraction.data[behind]
                                            : '0';
        if (i >= whole.length && behind >= scale) {
            if (c != '0')
                return false;
            continue;
        }
        if (c != '0' || digits > 0)
            digits++;
        if (digits > width)
            return false;
        sum = sum * 10 + (c - '0');
    }
    *out = negative ? -sum : sum;
    return true;
}

static void check_decimal(Arena *arena, Str text, uint8_t width, uint8_t scale) {
    PgNumeric numeric = read_text(arena, text);
    Int128 expected = 0;
    Int128 value = 0;
    bool fits = naive_decimal(text, width, scale, &expected);
    bool got = pg_numeric_to_decimal(&numeric, scale, pg_numeric_limit(width), &value);
    if (fits != got || value != expected)
        fail_msg("%.*s as DECIMAL(%u,%u): fits %d, got %d", STR_ARG(text), width, scale, fits, got);
}

static Str random_digits(Arena *arena, Rng *rng, size_t length) {
    char *digits = arena_alloc(arena, length + 1);
    bool sparse = rng_below(rng, 2) == 0; /* long runs of zeros meet the group borders */
    for (size_t i = 0; i < length; i++)
        digits[i] = (char)('0' + (sparse && rng_below(rng, 8) != 0 ? 0 : rng_below(rng, 10)));
    digits[length] = '\0';
    return (Str){digits, length};
}

static void test_decimals_equal_a_naive_reading(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Rng rng = rng_seeded(17);
    for (int i = 0; i < 20000; i++) {
        ArenaMark mark = arena_mark(arena);
        Str whole = random_digits(arena, &rng, 1 + rng_below(&rng, 40));
        Str fraction = random_digits(arena, &rng, rng_below(&rng, 42));
        Str text = str_format(arena, "%s%.*s%s%.*s", rng_below(&rng, 2) == 0 ? "-" : "",
                              STR_ARG(whole), fraction.length > 0 ? "." : "", STR_ARG(fraction));
        uint8_t width = (uint8_t)(1 + rng_below(&rng, 38));
        check_decimal(arena, text, width, (uint8_t)rng_below(&rng, width + 1u));
        check_decimal(arena, text, 38, (uint8_t)(fraction.length < 38 ? fraction.length : 38));
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

static void test_decimal_borders(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const char *const texts[] = {"0",
                                        "-0.00",
                                        "1",
                                        "9999",
                                        "10000",
                                        "0.0001",
                                        "0.00009999",
                                        "99.99",
                                        "-99.99",
                                        "99.995",
                                        "100.00",
                                        "0.1000",
                                        "12345678901234567890.12",
                                        "99999999999999999999999999999999999999",
                                        "100000000000000000000000000000000000000",
                                        "0.99999999999999999999999999999999999999",
                                        "170141183460469231731687303715884105728"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_decimal(arena, str_c(texts[i]), 4, 2);
        check_decimal(arena, str_c(texts[i]), 38, 0);
        check_decimal(arena, str_c(texts[i]), 38, 38);
        check_decimal(arena, str_c(texts[i]), 38, 19);
        check_decimal(arena, str_c(texts[i]), 1, 1);
    }
    arena_destroy(arena);
}

static void test_doubles_are_the_nearest(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Rng rng = rng_seeded(4);
    for (int i = 0; i < 20000; i++) {
        ArenaMark mark = arena_mark(arena);
        Str whole = random_digits(arena, &rng, 1 + rng_below(&rng, 25));
        Str fraction = random_digits(arena, &rng, 1 + rng_below(&rng, 30));
        Str text = str_format(arena, "%.*s.%.*s", STR_ARG(whole), STR_ARG(fraction));
        PgNumeric numeric = read_text(arena, text);
        bool exact = false;
        double value = pg_numeric_to_double(&numeric, &exact);
        if (value != strtod(text.data, NULL))
            fail_msg("%s is not %.17g", text.data, value);
        arena_rewind(arena, mark);
    }
    arena_destroy(arena);
}

static void test_rounded_doubles_are_told(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool exact;
    } cases[] = {{"0", true},
                 {"0.1", true},
                 {"-123456789012.345", true},
                 {"9007199254740992", true},
                 {"9007199254740993", false},
                 {"0.10000000000000001", false},
                 {"1.7976931348623157", true},
                 {"100000000000000000000000000000", true},
                 {"123456789012345678", false},
                 {"0.3333333333333333333333", false}};
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgNumeric numeric = read_text(arena, str_c(cases[i].text));
        bool exact = !cases[i].exact;
        double value = pg_numeric_to_double(&numeric, &exact);
        assert_true(value == strtod(cases[i].text, NULL));
        if (exact != cases[i].exact)
            fail_msg("%s: exact %d", cases[i].text, exact);
    }
    arena_destroy(arena);
}

static void test_very_long_numerics(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf text = strbuf_make(arena);
    for (int i = 0; i < 400; i++)
        strbuf_append_char(&text, '7');
    PgNumeric numeric = read_text(arena, strbuf_str(&text));
    bool exact = true;
    assert_true(isinf(pg_numeric_to_double(&numeric, &exact)));
    assert_false(exact);
    /* Half-way between two doubles, but for a digit a thousand places further down. */
    strbuf_clear(&text);
    strbuf_append_c(&text, "9007199254740993.");
    for (int i = 0; i < 1000; i++)
        strbuf_append_char(&text, '0');
    strbuf_append_char(&text, '1');
    numeric = read_text(arena, strbuf_str(&text));
    assert_true(pg_numeric_to_double(&numeric, &exact) == 9007199254740994.0);
    Int128 value = 0;
    assert_false(pg_numeric_to_decimal(&numeric, 2, pg_numeric_limit(38), &value));
    arena_destroy(arena);
}

static void test_malformed_and_special(void **state) {
    (void)state;
    PgNumeric numeric;
    static const struct {
        unsigned char bytes[12];
        size_t length;
        PgNumericKind kind;
    } cases[] = {{{0, 0, 0, 0, 0xC0, 0, 0, 0}, 8, PG_NUMERIC_NAN},
                 {{0, 0, 0, 0, 0xD0, 0, 0, 0x20}, 8, PG_NUMERIC_PLUS_INFINITY},
                 {{0, 0, 0, 0, 0xF0, 0, 0, 0x20}, 8, PG_NUMERIC_MINUS_INFINITY},
                 {{0, 0, 0, 0, 0x12, 0, 0, 0}, 8, PG_NUMERIC_BAD},
                 {{0, 1, 0, 0, 0, 0, 0, 0}, 8, PG_NUMERIC_BAD},
                 {{0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10}, 10, PG_NUMERIC_BAD}, /* digit 10000 */
                 {{0xFF, 0xFF, 0, 0, 0, 0, 0, 0}, 8, PG_NUMERIC_BAD},
                 {{0, 0, 0, 0, 0, 0, 0}, 7, PG_NUMERIC_BAD},
                 {{0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x0F}, 10, PG_NUMERIC_FINITE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(pg_numeric_read(cases[i].bytes, cases[i].length, &numeric), cases[i].kind);
    /* Weights at both ends of their range: no loop runs away, nothing overflows. */
    for (int sign = 0; sign < 2; sign++) {
        unsigned char far[10] = {0, 1, sign ? 0x80 : 0x7F, sign ? 0 : 0xFF, 0, 0, 0, 0, 0, 1};
        Int128 value = 0;
        bool exact = true;
        assert_int_equal(pg_numeric_read(far, sizeof far, &numeric), PG_NUMERIC_FINITE);
        assert_false(pg_numeric_to_decimal(&numeric, 38, pg_numeric_limit(38), &value));
        double number = pg_numeric_to_double(&numeric, &exact);
        assert_true(sign ? number == 0 : isinf(number));
        assert_false(exact);
    }
}

int suite_test_postgres_numeric(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimals_equal_a_naive_reading),
        cmocka_unit_test(test_decimal_borders),
        cmocka_unit_test(test_doubles_are_the_nearest),
        cmocka_unit_test(test_rounded_doubles_are_told),
        cmocka_unit_test(test_very_long_numerics),
        cmocka_unit_test(test_malformed_and_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
