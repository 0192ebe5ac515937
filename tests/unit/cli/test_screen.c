/* test_screen.c - widths, cuts, harmless texts, figures. */
#include "unit.h"

#include "base/vec.h"
#include "cli/printed.h"

static void width_is_counted_in_columns(void **state) {
    (void)state;
    assert_int_equal(screen_width(STR("")), 0);
    assert_int_equal(screen_width(STR("plain")), 5);
    assert_int_equal(screen_width(STR("Grüße")), 5);
    assert_int_equal(screen_width(STR("東京")), 4);
    assert_int_equal(screen_width(STR("e\xcc\x81")), 1); /* e and a combining acute */
    assert_int_equal(screen_width(STR("\xf0\x9f\x98\x80")), 2);
    assert_int_equal(screen_width(STR("\xff\xfe")), 2); /* no UTF-8: two replacement signs */
}

static void a_cut_text_fits_and_says_so(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(screen_cut(STR("abcdef"), 6, arena), "abcdef");
    assert_str_equal(screen_cut(STR("abcdef"), 5, arena), "abcd…");
    assert_str_equal(screen_cut(STR("abcdef"), 1, arena), "…");
    assert_str_equal(screen_cut(STR("abcdef"), 0, arena), "");
    assert_str_equal(screen_cut(STR("東京都"), 6, arena), "東京都");
    assert_str_equal(screen_cut(STR("東京都"), 5, arena), "東京…");
    assert_str_equal(screen_cut(STR("東京都"), 4, arena), "東…"); /* half a sign is none */
    for (size_t columns = 0; columns < 12; columns++) {
        Str cut = screen_cut(STR("a東b京c都d"), columns, arena);
        assert_true(screen_width(cut) <= columns && utf8_valid(cut));
    }
    arena_destroy(arena);
}

static void data_cannot_steer_the_terminal(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str plain = STR("Grüße, 東京");
    assert_ptr_equal(screen_clean(plain, arena).data, plain.data);
    assert_str_equal(screen_clean(STR("a\nb\tc\rd"), arena), "a\\nb\\tc\\rd");
    assert_str_equal(screen_clean(STR("\033[2Jx\x7f"), arena), "\\x1b[2Jx\\x7f");
    assert_str_equal(screen_clean(STR("\xc2\x9b\x32J"), arena), "\\x9b2J"); /* CSI as C1 */
    assert_str_equal(screen_clean(STR("\xe2\x80\xae"
                                      "evil"),
                                  arena),
                     "\\u202eevil");
    assert_str_equal(screen_clean(STR("a\xff"), arena), "a\xef\xbf\xbd");
    arena_destroy(arena);
}

static void styles_are_only_for_colour(void **state) {
    (void)state;
    Printed with, without;
    printed_begin(&with, 80, true);
    screen_styled_c(&with.screen, STYLE_BOLD, "x");
    assert_str_equal(printed_text(&with), "\033[1mx\033[0m");
    printed_end(&with);
    printed_begin(&without, 80, false);
    screen_styled_c(&without.screen, STYLE_BOLD, "x");
    assert_str_equal(printed_text(&without), "x");
    printed_end(&without);
}

static void figures_read_well(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(screen_count(0, arena), "0");
    assert_str_equal(screen_count(999, arena), "999");
    assert_str_equal(screen_count(1000, arena), "1,000");
    assert_str_equal(screen_count(UINT64_MAX, arena), "18,446,744,073,709,551,615");
    assert_str_equal(screen_things(1, "row", arena), "1 row");
    assert_str_equal(screen_things(2000, "row", arena), "2,000 rows");
    assert_str_equal(screen_bytes(0, arena), "0 B");
    assert_str_equal(screen_bytes(1023, arena), "1023 B");
    assert_str_equal(screen_bytes(1536, arena), "1.5 KiB");
    assert_str_equal(screen_bytes(1048575, arena), "1.0 MiB");
    assert_str_equal(screen_bytes(UINT64_MAX, arena), "16 EiB");
    assert_str_equal(screen_seconds(0.0004, arena), "0.4 ms");
    assert_str_equal(screen_seconds(0.25, arena), "250 ms");
    assert_str_equal(screen_seconds(0.99999, arena), "1.00 s");
    assert_str_equal(screen_seconds(59.99, arena), "1 min 00 s");
    assert_str_equal(screen_seconds(125, arena), "2 min 05 s");
    assert_str_equal(screen_seconds(7260, arena), "2 h 01 min");
    assert_str_equal(screen_number(0.1, arena), "0.1");
    assert_str_equal(screen_number(1.0 / 3, arena), "0.3333333333333333");
    assert_str_equal(screen_number(1375027500, arena), "1375027500");
    assert_str_equal(screen_number(1e300, arena), "1e+300");
    assert_str_equal(screen_number(-2.5, arena), "-2.5");
    arena_destroy(arena);
}

int suite_test_screen(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_is_counted_in_columns),
        cmocka_unit_test(a_cut_text_fits_and_says_so),
        cmocka_unit_test(data_cannot_steer_the_terminal),
        cmocka_unit_test(styles_are_only_for_colour),
        cmocka_unit_test(figures_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
