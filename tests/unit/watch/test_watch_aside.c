/* test_watch_aside.c - files leave the folder without loss, and reports without values. */
#include "unit.h"

#include <unistd.h>

#include "watch/watch_aside.h"
#include "temp_folder.h"

static void put(Arena *arena, const char *folder, const char *name, const char *text) {
    FILE *file = fopen(str_format(arena, "%s/%s", folder, name).data, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static FileStamp stamp_of(const WatchPattern *pattern, const char *name) {
    FileStamp stamp = {0};
    watch_stamp(pattern, str_c(name), &stamp);
    return stamp;
}

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *name, *second, *third;
    } cases[] = {{"a.csv", ".done/a-2.csv", ".done/a-3.csv"},
                 {"a.csv.gz", ".done/a-2.csv.gz", ".done/a-3.csv.gz"},
                 {"plain", ".done/plain-2", ".done/plain-3"}};
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    WatchPattern pattern = {.folder = str_c(folder), .glob = STR("*")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Str moved;
        for (int round = 1; round <= 3; round++) {
            put(arena, folder, cases[i].name, "x");
            FileStamp stamp = stamp_of(&pattern, cases[i].name);
            assert_ok(watch_set_aside(&pattern, str_c(cases[i].name), &stamp, ".done", arena,
                                      &moved, &err),
                      &err);
            if (round == 2)
                assert_str_equal(moved, cases[i].second);
        }
        assert_str_equal(moved, cases[i].third);
    }
    Str moved;
    FileStamp none = {0};
    assert_fails(watch_set_aside(&pattern, STR("none"), &none, ".done", arena, &moved, &err), &err,
                 FAIL_IO);
    char longest[256];
    memset(longest, 'n', 250);
    snprintf(longest + 250, sizeof longest - 250, ".csv");
    for (int round = 0; round < 2; round++) {
        put(arena, folder, longest, "x");
        FileStamp stamp = stamp_of(&pattern, longest);
        assert_ok(watch_set_aside(&pattern, str_c(longest), &stamp, ".failed", arena, &moved, &err),
                  &err);
    }
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void test_values_are_hidden(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(watch_without_values("line 3: 'secret' is not BIGINT", arena),
                     "line 3: '...' is not BIGINT");
    assert_str_equal(watch_without_values("line 3: 'it's one' is not 'another'!", arena),
                     "line 3: '...'!");
    assert_str_equal(watch_without_values("an open 'quote", arena), "an open '...'");
    assert_str_equal(watch_without_values("a last '", arena), "a last '...'");
    assert_str_equal(watch_without_values("", arena), "");
    arena_destroy(arena);
}

static void test_tidy(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    WatchPattern pattern = {.folder = str_c(folder), .glob = STR("*"), .done_marker = true};
    put(arena, folder, "a", "x");
    put(arena, folder, "a.done", "");
    FileStamp stamp = stamp_of(&pattern, "a");
    assert_ok(watch_tidy(&pattern, WATCH_KEEP, STR("a"), &stamp, arena, &err), &err);
    assert_int_equal(access(str_format(arena, "%s/a", folder).data, F_OK), 0);
    assert_ok(watch_tidy(&pattern, WATCH_DELETE, STR("a"), &stamp, arena, &err), &err);
    assert_int_not_equal(access(str_format(arena, "%s/a", folder).data, F_OK), 0);
    assert_int_not_equal(access(str_format(arena, "%s/a.done", folder).data, F_OK), 0);
    assert_ok(watch_tidy(&pattern, WATCH_DELETE, STR("a"), &stamp, arena, &err),
              &err); /* gone is gone */
    temp_folder_remove(folder);
    arena_destroy(arena);
}

/* Another file has come under the name of the one that was taken: it stays. */
static void test_newcomer(void **state) {
    (void)state;
    static const WatchAfter afters[] = {WATCH_MOVE, WATCH_DELETE};
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    WatchPattern pattern = {.folder = str_c(folder), .glob = STR("*")};
    Str path = str_format(arena, "%s/a", folder), moved;
    for (size_t i = 0; i < 2; i++) {
        put(arena, folder, "a", "taken");
        FileStamp stamp = stamp_of(&pattern, "a");
        put(arena, folder, "a", "new");
        assert_ok(watch_tidy(&pattern, afters[i], STR("a"), &stamp, arena, &err), &err);
        assert_int_equal(access(path.data, F_OK), 0);
        assert_fails(watch_set_aside(&pattern, STR("a"), &stamp, ".failed", arena, &moved, &err),
                     &err, FAIL_PRECONDITION);
        assert_int_equal(access(path.data, F_OK), 0);
        stamp = stamp_of(&pattern, "a");
        err_clear(&err);
        assert_ok(watch_tidy(&pattern, afters[i], STR("a"), &stamp, arena, &err), &err);
        assert_int_not_equal(access(path.data, F_OK), 0);
    }
    assert_int_equal(access(str_format(arena, "%s/.done/a", folder).data, F_OK), 0);
    assert_int_not_equal(access(str_format(arena, "%s/.done/a-2", folder).data, F_OK), 0);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

int suite_test_watch_aside(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_values_are_hidden),
        cmocka_unit_test(test_tidy), cmocka_unit_test(test_newcomer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
