/* test_byte_window.c - every byte of a file once, in order, through windows of all sizes. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "files/byte_window.h"
#include "temp_folder.h"

enum { FILE_BYTES = 10000 };

static Str make_file(Arena *arena, const char *folder) {
    Str path = str_format(arena, "%s/x", folder);
    FILE *file = fopen(path.data, "wb");
    assert_non_null(file);
    for (int i = 0; i < FILE_BYTES; i++)
        fputc(i * 31 % 251, file);
    fclose(file);
    return path;
}

static void test_all_bytes(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *folder = temp_folder_create();
    Str path = make_file(arena, folder);
    Err err = {0};
    for (uint64_t seed = 1; seed < 60; seed++) {
        Rng rng = rng_seeded(seed);
        size_t bytes_max = 1 + (size_t)rng_below(&rng, 3000);
        Budget *budget = budget_create(1 << 20);
        Progress progress = {0};
        ByteWindow window;
        size_t at = 0;
        assert_ok(window_open(&window, path.data, STR("x"), bytes_max, budget, &progress, &err),
                  &err);
        while (!(window.at_end && window_bytes(&window).length == 0)) {
            Str bytes = window_bytes(&window);
            bool more = !window.at_end && !window_is_full(&window) && rng_below(&rng, 3) > 0;
            if (more || bytes.length == 0) {
                assert_ok(window_more(&window, &err), &err);
                continue;
            }
            size_t take = 1 + (size_t)rng_below(&rng, bytes.length);
            for (size_t i = 0; i < take; i++, at++)
                assert_int_equal((unsigned char)bytes.data[i], at * 31 % 251);
            window_skip(&window, take);
            assert_int_equal(window.offset, at);
        }
        assert_int_equal(at, FILE_BYTES);
        assert_int_equal(progress.done, FILE_BYTES);
        window_close(&window);
        window_close(&window);
        assert_int_equal(budget_used(budget), 0);
        budget_destroy(budget);
    }
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void test_limits(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *folder = temp_folder_create();
    Str path = make_file(arena, folder);
    Err err = {0};
    ByteWindow window;
    assert_ok(window_open(&window, path.data, STR("x"), 100, NULL, NULL, &err), &err);
    while (!window_is_full(&window))
        assert_ok(window_more(&window, &err), &err);
    assert_fails(window_more(&window, &err), &err, FAIL_LIMIT);
    window_close(&window);
    Budget *budget = budget_create(50);
    assert_fails(window_open(&window, path.data, STR("x"), 100, budget, NULL, &err), &err,
                 FAIL_NO_MEMORY);
    budget_destroy(budget);
    assert_fails(window_open(&window, "/no/such", STR("the file"), 100, NULL, NULL, &err), &err,
                 FAIL_IO);
    assert_non_null(strstr(err.message, "the file"));
    Progress cancelled = {.cancel = true};
    assert_ok(window_open(&window, path.data, STR("x"), 100, NULL, &cancelled, &err), &err);
    assert_fails(window_more(&window, &err), &err, FAIL_CANCELLED);
    window_close(&window);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

int suite_test_byte_window(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
