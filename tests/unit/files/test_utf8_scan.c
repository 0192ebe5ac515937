/* test_utf8_scan.c - UTF-8 without NUL, judged as base's checker does, at every place of a word. */
#include "unit.h"

#include "base/rng.h"
#include "files/utf8_scan.h"

static void test_places(void **state) {
    (void)state;
    char text[64];
    for (size_t length = 1; length < sizeof text; length++)
        for (size_t bad = 0; bad < length; bad++)
            for (int kind = 0; kind < 2; kind++) {
                size_t at = SIZE_MAX;
                memset(text, 'x', sizeof text);
                assert_true(utf8_scan(str_make(text, length), &at));
                text[bad] = kind == 0 ? '\0' : '\xFF';
                assert_false(utf8_scan(str_make(text, length), &at));
                assert_int_equal(at, bad);
            }
}

static void test_faults(void **state) {
    (void)state;
    Arena *arena = arena_create();
    size_t at;
    assert_false(utf8_scan(STR("abc\xE9"), &at));
    assert_str_equal(utf8_fault(STR("abc\xE9"), at, arena), "byte 0xE9 is not UTF-8");
    assert_false(utf8_scan(str_make("a\0b", 3), &at));
    assert_str_equal(utf8_fault(str_make("a\0b", 3), at, arena), "NUL character");
    arena_destroy(arena);
}

static void test_random(void **state) {
    (void)state;
    Rng rng = rng_seeded(7);
    size_t valid = 0;
    for (int round = 0; round < 200000; round++) {
        char bytes[12];
        size_t length = (size_t)rng_below(&rng, sizeof bytes), at;
        for (size_t i = 0; i < length; i++) {
            static const unsigned char starts[] = {'a',  0xC3, 0xE2, 0xF0, 0xED, 0xE0,
                                                   0xF4, 0x80, 0xBF, 0x9F, 0xA0, 0x90};
            bytes[i] = (char)starts[rng_below(&rng, sizeof starts)];
        }
        bool ours = utf8_scan(str_make(bytes, length), &at);
        assert_int_equal(ours, utf8_valid(str_make(bytes, length)));
        valid += ours;
    }
    assert_true(valid > 1000);
}

int suite_test_utf8_scan(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
