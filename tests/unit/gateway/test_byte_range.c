/* Range headers and entity tags, with the corners of RFC 9110. */
#include "unit.h"

#include "gateway/byte_range.h"

static void ranges(void **state) {
    (void)state;
    static const struct {
        const char *header;
        uint64_t size;
        RangeKind kind;
        uint64_t offset, length;
    } cases[] = {
        {"", 10, RANGE_WHOLE, 0, 10},
        {"bytes=0-0", 10, RANGE_PART, 0, 1},
        {"bytes=0-", 10, RANGE_PART, 0, 10},
        {"bytes=3-5", 10, RANGE_PART, 3, 3},
        {"Bytes= 3 - 5 ", 10, RANGE_PART, 3, 3},
        {"bytes=3-500", 10, RANGE_PART, 3, 7},
        {"bytes=9-", 10, RANGE_PART, 9, 1},
        {"bytes=10-", 10, RANGE_OUTSIDE, 0, 0},
        {"bytes=10-12", 10, RANGE_OUTSIDE, 0, 0},
        {"bytes=-3", 10, RANGE_PART, 7, 3},
        {"bytes=-30", 10, RANGE_PART, 0, 10},
        {"bytes=-0", 10, RANGE_OUTSIDE, 0, 0},
        {"bytes=0-", 0, RANGE_OUTSIDE, 0, 0},
        {"bytes=-1", 0, RANGE_OUTSIDE, 0, 0},
        {"bytes=5-3", 10, RANGE_WHOLE, 0, 10},
        {"bytes=a-b", 10, RANGE_WHOLE, 0, 10},
        {"bytes=-", 10, RANGE_WHOLE, 0, 10},
        {"bytes=", 10, RANGE_WHOLE, 0, 10},
        {"bytes=1-2,4-5", 10, RANGE_WHOLE, 0, 10},
        {"items=1-2", 10, RANGE_WHOLE, 0, 10},
        {"bytes=1", 10, RANGE_WHOLE, 0, 10},
        {"bytes=18446744073709551615-", 10, RANGE_OUTSIDE, 0, 0},
        {"bytes=0-18446744073709551615", 10, RANGE_PART, 0, 10},
        {"bytes=0-18446744073709551616", 10, RANGE_WHOLE, 0, 10},
        {"bytes=+1-2", 10, RANGE_WHOLE, 0, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ByteRange range = {99, 99};
        RangeKind kind = byte_range_parse(str_c(cases[i].header), cases[i].size, &range);
        if (kind != cases[i].kind)
            fail_msg("'%s': kind %d", cases[i].header, (int)kind);
        if (kind != RANGE_OUTSIDE) {
            assert_int_equal(range.offset, cases[i].offset);
            assert_int_equal(range.length, cases[i].length);
        }
    }
}

static void lists_of_tags(void **state) {
    (void)state;
    assert_true(etag_list_has(STR("*"), STR("abc"), ETAG_STRONG));
    assert_true(etag_list_has(STR("\"abc\""), STR("abc"), ETAG_STRONG));
    assert_true(etag_list_has(STR("\"x\", \"abc\""), STR("abc"), ETAG_STRONG));
    assert_true(etag_list_has(STR(" \"x\" ,, W/\"abc\" "), STR("abc"), ETAG_WEAK));
    assert_false(etag_list_has(STR("W/\"abc\""), STR("abc"), ETAG_STRONG));
    assert_false(etag_list_has(STR("\"abcd\""), STR("abc"), ETAG_STRONG));
    assert_false(etag_list_has(STR("abc"), STR("abc"), ETAG_STRONG));
    assert_false(etag_list_has(STR("\"abc"), STR("abc"), ETAG_STRONG));
    assert_false(etag_list_has(STR(""), STR("abc"), ETAG_STRONG));
    assert_false(etag_list_has(STR("\"a,bc\""), STR("abc"), ETAG_STRONG));
    assert_true(etag_list_has(STR("\"a,bc\""), STR("a,bc"), ETAG_STRONG));
}

static void one_tag_alone(void **state) {
    (void)state;
    Str etag;
    assert_true(etag_single(STR(" \"abc\" "), &etag));
    assert_str_equal(etag, "abc");
    assert_false(etag_single(STR("W/\"abc\""), &etag));
    assert_false(etag_single(STR("\"a\", \"b\""), &etag));
    assert_false(etag_single(STR("*"), &etag));
    assert_false(etag_single(STR(""), &etag));
}

int suite_test_byte_range(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(lists_of_tags),
        cmocka_unit_test(one_tag_alone),
    };
    return cmocka_run_group_tests_name("byte_range", tests, NULL, NULL);
}
