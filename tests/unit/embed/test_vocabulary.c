/* test_vocabulary.c - the trie against a search by brute force. */
#include "unit.h"

#include "base/rng.h"
#include "embed/vocabulary.h"

static void finds_the_longest(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    Vocabulary vocabulary = vocabulary_make(arena);
    static const char *const pieces[] = {"a", "ab", "abcd", "##b", "##bc", "a", ""};
    for (uint32_t i = 0; i < 7; i++)
        assert_ok(vocabulary_add(&vocabulary, str_c(pieces[i]), i, &err), &err);
    vocabulary_set_continuing(&vocabulary, STR("##"));
    assert_int_equal(vocabulary.size, 7);
    uint32_t id = 99;
    assert_int_equal(vocabulary_longest(&vocabulary, STR("abc"), false, &id), 2);
    assert_int_equal(id, 1);
    assert_int_equal(vocabulary_longest(&vocabulary, STR("abcd"), false, &id), 4);
    assert_int_equal(vocabulary_longest(&vocabulary, STR("bcd"), true, &id), 2);
    assert_int_equal(id, 4);
    assert_int_equal(vocabulary_longest(&vocabulary, STR("x"), false, &id), 0);
    assert_int_equal(vocabulary_longest(&vocabulary, STR("a"), false, &id), 1);
    assert_int_equal(id, 5); /* the last of two equal pieces */
    assert_int_equal(vocabulary_find(&vocabulary, STR("##bc")), 4);
    assert_int_equal(vocabulary_find(&vocabulary, STR("abc")), VOCABULARY_NONE);
    assert_int_equal(vocabulary_find(&vocabulary, STR_EMPTY), VOCABULARY_NONE);
    assert_fails(vocabulary_add(&vocabulary, STR("\xff"), 8, &err), &err, FAIL_CORRUPT);
    arena_destroy(arena);
}

static void agrees_with_brute_force(void **state) {
    (void)state;
    uint64_t seed = 77;
    print_message("seed %llu\n", (unsigned long long)seed);
    Rng rng = rng_seeded(seed);
    Err err = {0};
    Arena *arena = arena_create();
    enum { PIECES = 3000 };
    Vocabulary vocabulary = vocabulary_make(arena);
    Str pieces[PIECES];
    for (uint32_t i = 0; i < PIECES; i++) {
        char bytes[9];
        size_t length = 1 + rng_below(&rng, 8);
        for (size_t k = 0; k < length; k++)
            bytes[k] = (char)('a' + rng_below(&rng, 4));
        pieces[i] = str_dup(arena, (Str){bytes, length});
        assert_ok(vocabulary_add(&vocabulary, pieces[i], i, &err), &err);
    }
    for (int round = 0; round < 3000; round++) {
        char text[12];
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = (char)('a' + rng_below(&rng, 4));
        size_t expected = 0;
        uint32_t expected_id = 0;
        for (uint32_t i = 0; i < PIECES; i++) {
            if (pieces[i].length >= expected && str_starts((Str){text, sizeof text}, pieces[i])) {
                expected = pieces[i].length;
                expected_id = i;
            }
        }
        uint32_t id = 0;
        assert_int_equal(vocabulary_longest(&vocabulary, (Str){text, sizeof text}, false, &id),
                         expected);
        if (expected > 0)
            assert_int_equal(id, expected_id);
    }
    arena_destroy(arena);
}

int suite_test_vocabulary(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_longest),
        cmocka_unit_test(agrees_with_brute_force),
    };
    return cmocka_run_group_tests_name("vocabulary", tests, NULL, NULL);
}
