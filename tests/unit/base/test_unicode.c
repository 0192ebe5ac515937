/* test_unicode.c - one member of each class, and the tables that tokenizers lean on. */
#include "unit.h"

#include "base/unicode.h"
#include "base/vec.h"

static void classes(void **state) {
    (void)state;
    static const struct {
        uint32_t code_point;
        UnicodeClass class;
    } cases[] = {
        {'a', UNICODE_LETTER},       {0x4E2D, UNICODE_LETTER},      {0x0301, UNICODE_MARK},
        {0x0903, UNICODE_MARK},      {'7', UNICODE_NUMBER},         {0x00BD, UNICODE_NUMBER},
        {'_', UNICODE_PUNCTUATION},  {0x3002, UNICODE_PUNCTUATION}, {'+', UNICODE_SYMBOL},
        {0x1F600, UNICODE_SYMBOL},   {' ', UNICODE_SEPARATOR},      {0x2028, UNICODE_SEPARATOR},
        {'\n', UNICODE_CONTROL},     {0x200D, UNICODE_CONTROL},     {0xD800, UNICODE_CONTROL},
        {0xE000, UNICODE_CONTROL},   {0x0378, UNICODE_OTHER},       {0x110000, UNICODE_OTHER},
        {UINT32_MAX, UNICODE_OTHER},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (unicode_class(cases[i].code_point) != cases[i].class)
            fail_msg("U+%04X", (unsigned)cases[i].code_point);
    assert_true(unicode_is_nonspacing(0x0301));
    assert_false(unicode_is_nonspacing(0x0903));
}

/* PropList.txt, White_Space: 25 code points. */
static void white_space(void **state) {
    (void)state;
    size_t count = 0;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++)
        count += unicode_is_space(code_point);
    assert_int_equal(count, 25);
    assert_true(unicode_is_space(0x3000) && unicode_is_space(0x85) && unicode_is_space('\v'));
    assert_false(unicode_is_space(0x200B) || unicode_is_space(0x180E));
}

static void case_and_decomposition(void **state) {
    (void)state;
    assert_int_equal(unicode_lower('A'), 'a');
    assert_int_equal(unicode_lower(0x0130), 'i'); /* simple mapping: one code point */
    assert_int_equal(unicode_lower(0x03A3), 0x03C3);
    assert_int_equal(unicode_lower(UINT32_MAX), UINT32_MAX);
    assert_true(unicode_is_upper(0x00C9));
    assert_false(unicode_is_upper(0x00E9) || unicode_is_upper('1'));
    uint32_t parts[8];
    assert_int_equal(unicode_decompose(0x1EC7, parts), 3); /* e, dot below, circumflex */
    assert_int_equal(parts[0], 'e');
    assert_int_equal(parts[1], 0x0323);
    assert_int_equal(parts[2], 0x0302);
    assert_int_equal(unicode_decompose(0xAC01, parts), 3); /* a Hangul syllable */
    assert_int_equal(parts[0], 0x1100);
    assert_int_equal(unicode_decompose('x', parts), 1);
    assert_int_equal(parts[0], 'x');
    assert_int_equal(unicode_decompose(0xFB01, parts), 1); /* canonical only: the ligature stays */
    assert_int_equal(unicode_decompose(UINT32_MAX, parts), 1);
    assert_int_equal(parts[0], UINT32_MAX);
}

static size_t clusters(const uint32_t *code_points, size_t count) {
    size_t breaks = 1;
    int32_t state = 0;
    for (size_t i = 1; i < count; i++)
        breaks += unicode_grapheme_break(code_points[i - 1], code_points[i], &state);
    return breaks;
}

static void grapheme_clusters(void **state) {
    (void)state;
    static const uint32_t family[] = {0x1F468, 0x200D, 0x1F469, 0x200D, 0x1F467};
    static const uint32_t flags[] = {0x1F1E9, 0x1F1EA, 0x1F1EB, 0x1F1F7};
    static const uint32_t accents[] = {'e', 0x0301, 'a', '\r', '\n'};
    assert_int_equal(clusters(family, 5), 1);
    assert_int_equal(clusters(flags, 4), 2);
    assert_int_equal(clusters(accents, 5), 3);
}

int suite_test_unicode(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(white_space),
        cmocka_unit_test(case_and_decomposition),
        cmocka_unit_test(grapheme_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
