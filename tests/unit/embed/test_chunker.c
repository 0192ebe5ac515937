/* test_chunker.c - every promise of chunker.h as a property of random texts, and some by hand. */
#include "unit.h"

#include "base/rng.h"
#include "base/unicode.h"
#include "base/vec.h"
#include "embed/chunker.h"

static size_t chunk(Str text, uint32_t size, uint32_t overlap, Arena *arena, Chunk **chunks) {
    Err err = {0};
    size_t count = 0;
    ChunkOptions options = {size, overlap};
    assert_ok(chunk_text(text, &options, arena, chunks, &count, &err), &err);
    return count;
}

static void check(const char *text, uint32_t size, uint32_t overlap, const char *const *expected,
                  size_t expected_count) {
    Arena *arena = arena_create();
    Chunk *chunks = NULL;
    size_t count = chunk(str_c(text), size, overlap, arena, &chunks);
    for (size_t i = 0; i < count && i < expected_count; i++)
        assert_str_equal(chunks[i].text, expected[i]);
    assert_int_equal(count, expected_count);
    arena_destroy(arena);
}

#define CHECK(text, size, overlap, ...)                                                            \
    do {                                                                                           \
        const char *const expected_[] = {__VA_ARGS__};                                             \
        check(text, size, overlap, expected_, ARRAY_LEN(expected_));                               \
    } while (0)

static void by_hand(void **state) {
    (void)state;
    check("", 10, 2, NULL, 0);
    check(" \n\t \xe3\x80\x80", 10, 2, NULL, 0);
    CHECK("short", 10, 2, "short");
    CHECK("  trimmed \n", 20, 2, "trimmed");
    CHECK("One two. Three four. Five.", 12, 0, "One two.", "Three four.", "Five.");
    CHECK("alpha beta gamma delta", 11, 0, "alpha beta", "gamma delta");
    CHECK("alpha beta gamma delta", 11, 5, "alpha beta", "beta gamma", "gamma delta");
    CHECK("abcdefghij", 4, 0, "abcd", "efgh", "ij");
    CHECK("abcdefghij", 4, 3, "abcd", "efgh", "ij"); /* no word to begin an overlap with */
    CHECK("a averyveryverylongword b", 10, 2, "a", "averyveryv", "erylongwor", "ord b");
    CHECK("\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94", 2, 1,
          "\xe4\xb8\x80\xe4\xba\x8c", "\xe4\xba\x8c\xe4\xb8\x89", "\xe4\xb8\x89\xe5\x9b\x9b",
          "\xe5\x9b\x9b\xe4\xba\x94");
    CHECK("e\xcc\x81\xcc\x82\xcc\x83x", 2, 0, "e\xcc\x81\xcc\x82\xcc\x83", "x"); /* one cluster */
}

static void options_are_checked(void **state) {
    (void)state;
    Err err = {0};
    assert_fails(chunk_options_check(&(ChunkOptions){0, 0}, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "chunk_size");
    assert_fails(chunk_options_check(&(ChunkOptions){5, 5}, &err), &err, FAIL_INVALID);
    assert_string_equal(err.field, "overlap");
    assert_ok(chunk_options_check(&(ChunkOptions){1, 0}, &err), &err);
    Arena *arena = arena_create();
    Chunk *chunks;
    size_t count;
    ChunkOptions bad = {5, 9};
    assert_fails(chunk_text(STR("x"), &bad, arena, &chunks, &count, &err), &err, FAIL_INVALID);
    arena_destroy(arena);
}

/* --- properties ------------------------------------------------------------------------------- */

static Str random_text(Rng *rng, Arena *arena) {
    static const char *const parts[] = {"a",
                                        "b",
                                        "word",
                                        "Longerword",
                                        " ",
                                        " ",
                                        " ",
                                        "\n",
                                        "\n\n",
                                        "\r\n",
                                        ". ",
                                        "! ",
                                        "Dr. ",
                                        "\xc3\xa9",
                                        "e\xcc\x81",
                                        "\xe4\xb8\xad",
                                        "\xe3\x80\x82",
                                        "\xf0\x9f\x98\x80",
                                        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
                                        "\xe3\x80\x80",
                                        "\xcc\x81",
                                        "3.14",
                                        "\"",
                                        "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
                                        "\t",
                                        "\xe0\xb8\x81\xe0\xb8\xb3"};
    StrBuf text = strbuf_make(arena);
    size_t count = rng_below(rng, 120);
    for (size_t i = 0; i < count; i++)
        strbuf_append_c(&text, parts[rng_below(rng, ARRAY_LEN(parts))]);
    return strbuf_str(&text);
}

/* Where grapheme clusters begin, found afresh. */
static bool *cluster_starts(Str text, Arena *arena) {
    bool *starts = ARENA_ARRAY(arena, bool, text.length + 1);
    starts[0] = starts[text.length] = true;
    uint32_t before = 0;
    int32_t state = 0;
    size_t length;
    for (size_t at = 0; at < text.length; at += length) {
        uint32_t here = utf8_decode(text, at, &length);
        if (at > 0)
            starts[at] = unicode_grapheme_break(before, here, &state);
        before = here;
    }
    return starts;
}

static bool is_space_at(Str text, size_t at) {
    size_t length;
    return unicode_is_space(utf8_decode(text, at, &length));
}

static void check_chunks(Str text, ChunkOptions options, const Chunk *chunks, size_t count,
                         Arena *arena) {
    const bool *starts = cluster_starts(text, arena);
    bool *covered = ARENA_ARRAY(arena, bool, text.length + 1);
    size_t previous_end = 0;
    for (size_t i = 0; i < count; i++) {
        const Chunk *c = &chunks[i];
        size_t end = c->byte_start + c->text.length;
        assert_true(c->text.length > 0 && end <= text.length);
        assert_ptr_equal(c->text.data, text.data + c->byte_start);
        assert_true(starts[c->byte_start] && starts[end]);
        assert_int_equal(c->point_start, utf8_count(str_slice(text, 0, c->byte_start)));
        assert_int_equal(c->point_end - c->point_start, utf8_count(c->text));
        size_t clusters = 0;
        for (size_t b = c->byte_start; b < end; b++)
            clusters += starts[b];
        assert_true(c->point_end - c->point_start <= options.size || clusters == 1);
        if (i > 0) {
            assert_true(c->byte_start > chunks[i - 1].byte_start);
            assert_true(end > previous_end); /* never only a repeat */
            if (c->byte_start < previous_end)
                assert_true(chunks[i - 1].point_end - c->point_start <= options.overlap);
        }
        previous_end = end;
        memset(covered + c->byte_start, true, c->text.length);
    }
    size_t length;
    for (size_t at = 0; at < text.length; at += length) {
        utf8_decode(text, at, &length);
        if (!covered[at] && !is_space_at(text, at))
            fail_msg("byte %zu is in no chunk", at);
    }
}

static void promises_hold_for_random_texts(void **state) {
    (void)state;
    uint64_t seed = 20250301;
    print_message("seed %llu\n", (unsigned long long)seed);
    Rng rng = rng_seeded(seed);
    for (int round = 0; round < 6000; round++) {
        Arena *arena = arena_create();
        Str text = random_text(&rng, arena);
        ChunkOptions options = {.size = 1 + (uint32_t)rng_below(&rng, 40)};
        options.overlap = (uint32_t)rng_below(&rng, options.size);
        Chunk *chunks = NULL;
        size_t count = chunk(text, options.size, options.overlap, arena, &chunks);
        check_chunks(text, options, chunks, count, arena);
        Chunk *again = NULL;
        assert_int_equal(chunk(text, options.size, options.overlap, arena, &again), count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(again[i].byte_start, chunks[i].byte_start);
        arena_destroy(arena);
    }
}

static void a_text_that_fits_is_one_chunk(void **state) {
    (void)state;
    Rng rng = rng_seeded(8);
    for (int round = 0; round < 300; round++) {
        Arena *arena = arena_create();
        Str text = random_text(&rng, arena);
        Chunk *chunks = NULL;
        size_t count = chunk(text, (uint32_t)utf8_count(text) + 1, 0, arena, &chunks);
        assert_true(count <= 1);
        arena_destroy(arena);
    }
}

int suite_test_chunker(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(promises_hold_for_random_texts),
        cmocka_unit_test(a_text_that_fits_is_one_chunk),
    };
    return cmocka_run_group_tests_name("chunker", tests, NULL, NULL);
}
