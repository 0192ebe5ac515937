/* Unit tests of a value's parts: digits, letters, marks, shapes, days. */
#include "unit.h"

#include "pii/pii_value.h"

static void test_parts(void **state) {
    (void)state;
    PiiValue value = pii_value_make(STR("  (212) 736-50.00 ab/C é "));
    assert_str_equal(value.text, "(212) 736-50.00 ab/C é");
    assert_string_equal(value.digits, "2127365000");
    assert_int_equal(value.digit_count, 10);
    assert_int_equal(value.letter_count, 3);
    assert_int_equal(value.wide_count, 2);
    assert_string_equal(value.compact, "2127365000ABC");
    assert_int_equal(value.marks, MARK_PAREN | MARK_SPACE | MARK_DASH | MARK_DOT | MARK_SLASH);
    assert_true(pii_marks_within(&value, value.marks));
    assert_false(pii_marks_within(&value, MARK_SPACE));
}

/* More digits than there is room for are counted all the same; long texts are not taken apart. */
static void test_bounds(void **state) {
    (void)state;
    char text[PII_SHORT_BYTES + 2];
    memset(text, '7', sizeof text);
    PiiValue value = pii_value_make((Str){text, PII_SHORT_BYTES});
    assert_true(value.is_short);
    assert_int_equal(value.digit_count, PII_SHORT_BYTES);
    assert_int_equal(strlen(value.digits), PII_DIGITS_MAX);
    assert_int_equal(value.compact_length, PII_COMPACT_MAX);
    value = pii_value_make((Str){text, PII_SHORT_BYTES + 1});
    assert_false(value.is_short);
    assert_int_equal(value.digit_count, 0);
    value = pii_value_make(STR_EMPTY);
    assert_int_equal(value.text.length, 0);
}

static void test_shapes(void **state) {
    (void)state;
    assert_true(pii_shape(STR("123-45-6789"), "ddd-dd-dddd"));
    assert_false(pii_shape(STR("123-45-678"), "ddd-dd-dddd"));
    assert_false(pii_shape(STR("123-45-67890"), "ddd-dd-dddd"));
    assert_true(pii_shape(STR("aB1f"), "AAxh"));
    assert_false(pii_shape(STR("aB1g"), "AAxh"));
    assert_true(pii_shape(STR_EMPTY, ""));
}

static void test_days(void **state) {
    (void)state;
    assert_true(pii_is_day(2000, 2, 29));
    assert_false(pii_is_day(1900, 2, 29));
    assert_true(pii_is_day(2024, 2, 29));
    assert_false(pii_is_day(2023, 2, 29));
    assert_false(pii_is_day(2023, 13, 1));
    assert_false(pii_is_day(2023, 4, 31));
    assert_false(pii_is_day(2023, 0, 1));
    assert_false(pii_is_day(2023, 1, 0));
    assert_int_equal(pii_number("19841", 0, 4), 1984);
}

int suite_test_pii_value(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_shapes), cmocka_unit_test(test_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
