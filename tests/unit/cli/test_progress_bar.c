/* test_progress_bar.c - what a bar says, and when; time is handed in. */
#include "unit.h"

#include "cli/printed.h"
#include "cli/progress_bar.h"

#define MS UINT64_C(1000000)

static ProgressStep texts(uint64_t done, uint64_t total) {
    return (ProgressStep){STR("embedding"), STR("texts"), done, total};
}

static void a_line_tells_all(void **state) {
    (void)state;
    Arena *arena = arena_create();
    ProgressStep step = texts(1200, 2900);
    assert_str_equal(bar_render(&step, 81, 0, arena),
                     "embedding  41%  1,200 of 2,900 texts  81/s  21 s left");
    ProgressStep endless = texts(1200, 0);
    assert_str_equal(bar_render(&endless, 2.5, 0, arena), "embedding  1,200 texts  2.5/s");
    ProgressStep bytes = {STR("uploading"), STR("bytes"), 5 << 20, 10 << 20};
    assert_str_equal(bar_render(&bytes, 0, 0, arena), "uploading  50%  5.0 MiB of 10 MiB");
    ProgressStep nothing = {STR(""), STR(""), 0, 0};
    assert_str_equal(bar_render(&nothing, 0, 0, arena), "working  0");
    arena_destroy(arena);
}

static void a_bar_fits_its_terminal(void **state) {
    (void)state;
    Arena *arena = arena_create();
    ProgressStep half = texts(50, 100);
    Str wide = bar_render(&half, 10, 200, arena);
    assert_true(str_find(wide, STR("━━━━━━━━━━━━━━━━━━━━────────────────────  50%"), 0) !=
                SIZE_MAX);
    for (size_t columns = 1; columns < 120; columns++)
        assert_true(screen_width(bar_render(&half, 10, columns, arena)) <= columns);
    ProgressStep beyond = texts(300, 100); /* a total that was a guess */
    assert_true(str_find(bar_render(&beyond, 10, 80, arena), STR("100%"), 0) != SIZE_MAX);
    arena_destroy(arena);
}

static void short_work_shows_nothing(void **state) {
    (void)state;
    for (size_t width = 0; width <= 80; width += 80) {
        Printed printed;
        printed_begin(&printed, width, false);
        ProgressBar bar = bar_begin(&printed.screen, false, 1000 * MS);
        for (uint64_t ms = 1000; ms < 1250; ms += 10) {
            ProgressStep step = texts(ms, 5000);
            bar_show(&bar, &step, ms * MS);
        }
        bar_end(&bar);
        assert_str_equal(printed_text(&printed), "");
        printed_end(&printed);
    }
}

static size_t count_of(Str text, Str part) {
    size_t count = 0;
    for (size_t at = 0; (at = str_find(text, part, at)) != SIZE_MAX; at++)
        count++;
    return count;
}

static void a_terminal_is_redrawn_and_left_clean(void **state) {
    (void)state;
    Printed printed;
    printed_begin(&printed, 80, false);
    ProgressBar bar = bar_begin(&printed.screen, false, 0);
    for (uint64_t ms = 0; ms <= 2000; ms += 10) {
        ProgressStep step = texts(ms, 4000);
        bar_show(&bar, &step, ms * MS);
    }
    bar_end(&bar);
    Str text = printed_text(&printed);
    assert_int_equal(count_of(text, STR("\r\033[K")), 18 + 1); /* 300, 400 ... 2000, and the end */
    assert_int_equal(count_of(text, STR("\n")), 0);
    assert_true(str_ends(text, STR("\r\033[K")));
    assert_true(str_find(text, STR("1,000/s"), 0) != SIZE_MAX);
    printed_end(&printed);
}

static void a_pipe_gets_a_line_now_and_then(void **state) {
    (void)state;
    Printed printed;
    printed_begin(&printed, 0, false);
    ProgressBar bar = bar_begin(&printed.screen, false, 0);
    for (uint64_t ms = 0; ms <= 14000; ms += 100) {
        ProgressStep step = texts(ms, 20000);
        bar_show(&bar, &step, ms * MS);
    }
    bar_end(&bar);
    Str text = printed_text(&printed);
    assert_int_equal(count_of(text, STR("\n")), 3); /* 3, 8 and 13 s */
    assert_int_equal(count_of(text, STR("\033")), 0);
    assert_true(str_starts(text, STR("embedding  15%  3,000 of 20,000 texts  1,000/s")));
    printed_end(&printed);
}

static void a_new_phase_has_a_rate_of_its_own(void **state) {
    (void)state;
    Printed printed;
    printed_begin(&printed, 80, false);
    ProgressBar bar = bar_begin(&printed.screen, false, 0);
    for (uint64_t ms = 10; ms <= 3000; ms += 10) {
        ProgressStep step = texts(ms * 10, 100000);
        bar_show(&bar, &step, ms * MS);
    }
    assert_true(bar.rate > 9900 && bar.rate < 10100);
    ProgressStep other = {STR("building the graph"), STR("rows"), 1, 100};
    bar_show(&bar, &other, 3100 * MS);
    assert_true(bar.rate == 0);
    printed_end(&printed);
}

static void a_tick_shows_what_does_not_move(void **state) {
    (void)state;
    Printed printed;
    printed_begin(&printed, 80, false);
    ProgressBar bar = bar_begin(&printed.screen, false, 0);
    bar_tick(&bar, 500 * MS);
    assert_str_equal(printed_text(&printed), ""); /* nothing is known yet */
    ProgressStep step = texts(0, 4000);
    bar_show(&bar, &step, 100 * MS);
    for (uint64_t ms = 110; ms <= 1000; ms += 10)
        bar_tick(&bar, ms * MS);
    Str text = printed_text(&printed);
    assert_int_equal(count_of(text, STR("\r\033[K")), 8); /* 300, 400 ... 1000 */
    assert_true(str_find(text, STR("0 of 4,000 texts"), 0) != SIZE_MAX);
    printed_end(&printed);
}

static void quiet_is_quiet(void **state) {
    (void)state;
    Printed printed;
    printed_begin(&printed, 80, true);
    ProgressBar bar = bar_begin(&printed.screen, true, 0);
    ProgressStep step = texts(1, 2);
    bar_show(&bar, &step, 100000 * MS);
    bar_end(&bar);
    assert_str_equal(printed_text(&printed), "");
    printed_end(&printed);
}

int suite_test_progress_bar(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_all),
        cmocka_unit_test(a_bar_fits_its_terminal),
        cmocka_unit_test(short_work_shows_nothing),
        cmocka_unit_test(a_terminal_is_redrawn_and_left_clean),
        cmocka_unit_test(a_pipe_gets_a_line_now_and_then),
        cmocka_unit_test(a_new_phase_has_a_rate_of_its_own),
        cmocka_unit_test(a_tick_shows_what_does_not_move),
        cmocka_unit_test(quiet_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
