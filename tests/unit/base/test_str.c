/* test_str.c - views, searches, numbers at their edges, UTF-8 by the standard's table. */
#include "unit.h"

#include "base/vec.h"

static void compares_and_slices(void **state) {
    (void)state;
    Str text = STR("hello, world");
    assert_true(str_eq(text, str_make("hello, world", 12)));
    assert_true(str_eq(STR_EMPTY, (Str){NULL, 0}));
    assert_true(str_eq_nocase(STR("Content-Type"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
    assert_true(str_starts(text, STR("hello")) && str_ends(text, STR("world")));
    assert_false(str_starts(STR("he"), STR("hello")) || str_ends(STR("ld"), STR("world")));
    assert_str_equal(str_slice(text, 7, 99), "world");
    assert_str_equal(str_slice(text, 9, 2), "");
    assert_str_equal(str_trim(STR(" \t\r\n a b \n")), "a b");
    assert_str_equal(str_trim(STR("  ")), "");
    assert_true(str_is_empty(str_c(NULL)));
}

static void finds_and_cuts(void **state) {
    (void)state;
    Str text = STR("a,b,,c");
    assert_int_equal(str_find(text, STR(","), 2), 3);
    assert_int_equal(str_find(text, STR(",,"), 0), 3);
    assert_int_equal(str_find(text, STR("x"), 0), SIZE_MAX);
    assert_int_equal(str_find(text, STR(""), 6), 6);
    assert_int_equal(str_find(text, STR("c"), 7), SIZE_MAX);
    assert_int_equal(str_find_char(text, 'c', 0), 5);
    assert_int_equal(str_find_char(text, 'c', 6), SIZE_MAX);
    static const char *const parts[] = {"a", "b", "", "c"};
    Str head;
    for (size_t i = 0; i < 4; i++) {
        text = str_cut(text, ',', &head);
        assert_str_equal(head, parts[i]);
    }
    assert_true(str_is_empty(text));
}

static void reads_numbers(void **state) {
    (void)state;
    uint64_t u = 1;
    int64_t i = 1;
    double f = 1;
    assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(str_to_f64(STR("-1.5e3"), &f) && f == -1500);
    static const char *const bad[] = {"",    " 1", "1 ", "+1",  "0x1", "18446744073709551616",
                                      "--1", "-",  "1.", "1e5", "1a"};
    for (size_t n = 0; n < ARRAY_LEN(bad); n++)
        assert_false(str_to_u64(str_c(bad[n]), &u));
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
    assert_false(str_to_i64(STR("-9223372036854775809"), &i));
    static const char *const bad_reals[] = {"",    "nan", "inf", "1e999", "0x1p3",
                                            "1,5", "1 ",  "e",   "."};
    for (size_t n = 0; n < ARRAY_LEN(bad_reals); n++)
        assert_false(str_to_f64(str_c(bad_reals[n]), &f));
    assert_true(u == UINT64_MAX && i == INT64_MAX && f == -1500); /* written only on success */
}

static void checks_utf8(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "12345678\xC3\xA9,12345678"};
    for (size_t n = 0; n < ARRAY_LEN(good); n++)
        assert_true(utf8_valid(str_c(good[n])));
    static const char *const bad[] = {"\x80",
                                      "\xC0\xAF",
                                      "\xC1\xBF",
                                      "\xC3",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "12345678\xE2\x82",
                                      "\xF0\x9F\x98x"};
    for (size_t n = 0; n < ARRAY_LEN(bad); n++)
        assert_false(utf8_valid(str_c(bad[n])));
}

static void code_points_round_trip(void **state) {
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF;
         code_point += code_point < 0x3000 ? 1 : 97) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            continue;
        char bytes[4];
        size_t length, written = utf8_encode(code_point, bytes);
        Str text = {bytes, written};
        assert_true(utf8_valid(text));
        assert_int_equal(utf8_decode(text, 0, &length), code_point);
        assert_int_equal(length, written);
        assert_int_equal(utf8_count(text), 1);
    }
    size_t length;
    assert_int_equal(utf8_decode(STR("\xE2\x82z"), 0, &length), 0xFFFD);
    assert_int_equal(length, 1);
    Str text = STR("a\xC3\xA9\xF0\x9F\x98\x80");
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
    for (size_t n = 0; n < ARRAY_LEN(kept); n++)
        assert_int_equal(utf8_clip(text, n).length, kept[n]);
}

static void builds_text(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf buf = strbuf_make(arena);
    assert_str_equal(strbuf_str(&buf), "");
    strbuf_append_c(&buf, "n=");
    strbuf_append_format(&buf, "%d%s", 42, "!");
    strbuf_append_char(&buf, '\n');
    strbuf_append(&buf, STR_EMPTY);
    assert_str_equal(strbuf_str(&buf), "n=42!\n");
    strbuf_clear(&buf);
    for (size_t i = 0; i < 10000; i++)
        strbuf_append_format(&buf, "%zu,", i);
    assert_int_equal(strbuf_str(&buf).length, 10 * 2 + 90 * 3 + 900 * 4 + 9000 * 5);
    char *room = strbuf_reserve(&buf, 3);
    memcpy(room, "end", 3);
    buf.length += 3;
    assert_true(str_ends(strbuf_str(&buf), STR("9999,end")));
    assert_str_equal(str_format(arena, "%s-%03d", "x", 7), "x-007");
    assert_string_equal(str_to_c(arena, STR("abc")), "abc");
    assert_int_equal(str_dup(arena, STR("abc")).data[3], '\0');
    arena_destroy(arena);
}

static void vectors_grow(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrVec names = {0};
    VEC(int64_t) numbers = {0};
    for (int64_t i = 0; i < 1000; i++) {
        *vec_push(&names, arena) = str_format(arena, "%lld", (long long)i);
        *vec_push(&numbers, arena) = i;
    }
    assert_int_equal(names.count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        int64_t value;
        assert_true(str_to_i64(names.items[i], &value));
        assert_int_equal(value, numbers.items[i]);
        assert_int_equal(value, i);
    }
    assert_int_equal(vec_push(&names, arena)->length, 0); /* new items are cleared */
    arena_destroy(arena);
}

int suite_test_str(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_and_slices),    cmocka_unit_test(finds_and_cuts),
        cmocka_unit_test(reads_numbers),          cmocka_unit_test(checks_utf8),
        cmocka_unit_test(code_points_round_trip), cmocka_unit_test(builds_text),
        cmocka_unit_test(vectors_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
