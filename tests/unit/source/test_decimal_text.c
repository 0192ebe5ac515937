/* Decimal texts: exact at both ends of 38 digits, refused beyond. */
#include "unit.h"

#include "source/decimal_text.h"

int suite_test_decimal_text(void);

static Int128 power10(unsigned exponent) {
    Int128 value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

static void values(void **state) {
    (void)state;
    Int128 value = 0;
    assert_true(decimal_from_text(STR("-123.45"), 10, 2, &value) && value == -12345);
    assert_true(decimal_from_text(STR("0"), 10, 2, &value) && value == 0);
    assert_true(decimal_from_text(STR("-0.00"), 10, 2, &value) && value == 0);
    assert_true(decimal_from_text(STR("7"), 5, 4, &value) && value == 70000);
    assert_true(decimal_from_text(STR("+1.5000"), 3, 1, &value) && value == 15);
    assert_true(
        decimal_from_text(STR("000000000000000000000000000000000000000000012.50"), 4, 2, &value) &&
        value == 1250);
    assert_true(decimal_from_text(STR("18446744073709551615"), 20, 0, &value) &&
                value == (Int128)UINT64_MAX);
}

static void extremes(void **state) {
    (void)state;
    Int128 value = 0;
    assert_true(decimal_from_text(STR("99999999999999999999999999999999999999"), 38, 0, &value) &&
                value == power10(38) - 1);
    assert_true(
        decimal_from_text(STR("-0.99999999999999999999999999999999999999"), 38, 38, &value) &&
        value == 1 - power10(38));
    assert_true(decimal_from_text(STR("1"), 38, 37, &value) && value == power10(37));
    assert_false(decimal_from_text(STR("1"), 38, 38, &value));
    assert_false(decimal_from_text(STR("100000000000000000000000000000000000000"), 38, 0, &value));
    assert_false(decimal_from_text(STR("1"), 39, 0, &value));
}

static void refused(void **state) {
    (void)state;
    Int128 value = 77;
    const Str bad[] = {STR(""),    STR("-"),     STR("."),    STR(".5"),   STR("1."),   STR("--1"),
                       STR("1e5"), STR("1.2.3"), STR("1.25"), STR("1234"), STR(" 1"),   STR("1 "),
                       STR("NaN"), STR("1,5"),   STR("1\0"),  STR("0x1"),  STR("1.20 ")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(decimal_from_text(bad[i], 4, 1, &value));
    assert_true(value == 77);
}

int suite_test_decimal_text(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(extremes),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
