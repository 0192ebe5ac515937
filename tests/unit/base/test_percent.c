/* Percent-encoding: round trips over every byte, what stays, and what is refused. */
#include "unit.h"

#include "base/percent.h"

static void every_byte_comes_back(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    for (int keep = PERCENT_KEEP_UNRESERVED; keep <= PERCENT_KEEP_SLASHES; keep++) {
        Str encoded = percent_encode(str_make(bytes, sizeof bytes), (PercentKeep)keep, arena);
        Str decoded;
        assert_true(percent_decode(encoded, PERCENT_PLUS_IS_SPACE, arena, &decoded));
        assert_true(str_eq(decoded, str_make(bytes, sizeof bytes)));
    }
    arena_destroy(arena);
}

static void only_the_asked_characters_stay(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(percent_encode(STR("a/b c~\xc3\xa9+%"), PERCENT_KEEP_UNRESERVED, arena),
                     "a%2Fb%20c~%C3%A9%2B%25");
    assert_str_equal(percent_encode(STR("a/b c"), PERCENT_KEEP_SLASHES, arena), "a/b%20c");
    assert_str_equal(percent_encode(STR(""), PERCENT_KEEP_SLASHES, arena), "");
    arena_destroy(arena);
}

static void plus_is_a_space_only_in_queries(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str decoded;
    assert_true(percent_decode(STR("a+b%2b"), PERCENT_PLUS_IS_SPACE, arena, &decoded));
    assert_str_equal(decoded, "a b+");
    assert_true(percent_decode(STR("a+b%2B"), PERCENT_PLUS_IS_PLUS, arena, &decoded));
    assert_str_equal(decoded, "a+b+");
    arena_destroy(arena);
}

static void half_an_escape_is_refused(void **state) {
    (void)state;
    Arena *arena = arena_create();
    const char *bad[] = {"%", "%4", "a%", "a%1", "%zz", "%1g", "%%41", "% 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Str decoded = STR("untouched");
        assert_false(percent_decode(str_c(bad[i]), PERCENT_PLUS_IS_PLUS, arena, &decoded));
        assert_str_equal(decoded, "untouched");
    }
    Str decoded;
    assert_true(percent_decode(STR("%00%ff"), PERCENT_PLUS_IS_PLUS, arena, &decoded));
    assert_int_equal(decoded.length, 2);
    assert_int_equal(decoded.data[0], 0);
    arena_destroy(arena);
}

int suite_test_percent(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(only_the_asked_characters_stay),
        cmocka_unit_test(plus_is_a_space_only_in_queries),
        cmocka_unit_test(half_an_escape_is_refused),
    };
    return cmocka_run_group_tests_name("percent", tests, NULL, NULL);
}
