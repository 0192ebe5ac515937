/* test_watch_scan.c - which files are meant, and what the kernel says of them. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/watch_scan.h"
#include "temp_folder.h"

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *glob, *path;
        bool recursive, wanted;
    } cases[] = {
        {"*", "a.csv", false, true},
        {"*", ".a.csv", false, false},
        {"*", "a.csv~", false, false},
        {"*", "a.csv.tmp", false, false},
        {"*", "a.part", false, false},
        {"*", "a.crdownload", false, false},
        {"*", ".a.csv.swp", false, false},
        {"*", "a.swp", false, false},
        {"*", "part.csv", false, true},
        {"*.csv", "a.csv", false, true},
        {"*.csv", "a.json", false, false},
        {"[ab].csv", "b.csv", false, true},
        {"*", "sub/a.csv", false, false},
        {"*", "sub/a.csv", true, true},
        {"*", ".sub/a.csv", true, false},
        {"*", "sub/.deep/a.csv", true, false},
        {"sub/*.csv", "sub/a.csv", true, true},
        {"sub/*.csv", "sub/b/a.csv", true, false},
        {"*", "bad\xff.csv", false, false},
        {"*", "caf\xc3\xa9.csv", false, true},
        {"*", "a.csv.done", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WatchPattern pattern = {.folder = STR("/nowhere"),
                                .glob = str_c(cases[i].glob),
                                .recursive = cases[i].recursive};
        if (watch_path_wanted(&pattern, str_c(cases[i].path)) != cases[i].wanted)
            fail_msg("'%s' for '%s'", cases[i].path, cases[i].glob);
    }
    WatchPattern marked = {.folder = STR("/nowhere"), .glob = STR("*"), .done_marker = true};
    assert_false(watch_path_wanted(&marked, STR("a.csv.done")));
    assert_str_equal(watch_marked_path(&marked, STR("a.csv.done")), "a.csv");
    assert_str_equal(watch_marked_path(&marked, STR("a.csv")), "");
}

typedef struct Seen {
    Arena *arena;
    StrBuf text;
    size_t folders;
} Seen;

static void see_folder(void *context, Str path) {
    (void)path;
    ((Seen *)context)->folders++;
}

static void see_file(void *context, Str path, const FileStamp *stamp) {
    Seen *seen = context;
    strbuf_append_format(&seen->text, "%.*s:%llu ", STR_ARG(path),
                         (unsigned long long)stamp->size_bytes);
}

static void put(Arena *arena, const char *folder, const char *name, const char *text) {
    FILE *file = fopen(str_format(arena, "%s/%s", folder, name).data, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_walk(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    const char *inside = str_format(arena, "%s/in", folder).data;
    assert_int_equal(mkdir(inside, 0755), 0);
    assert_int_equal(mkdir(str_format(arena, "%s/sub", inside).data, 0755), 0);
    assert_int_equal(mkdir(str_format(arena, "%s/.failed", inside).data, 0755), 0);
    put(arena, folder, "outside.csv", "12345");
    put(arena, inside, "sub/b.csv", "12");
    put(arena, inside, ".failed/c.csv", "123");
    assert_int_equal(symlink("../outside.csv", str_format(arena, "%s/link.csv", inside).data), 0);
    assert_int_equal(symlink("..", str_format(arena, "%s/up", inside).data), 0);
    assert_int_equal(mkfifo(str_format(arena, "%s/pipe.csv", inside).data, 0644), 0);
    WatchPattern pattern = {.folder = str_c(inside), .glob = STR("*"), .recursive = true};
    Seen seen = {.arena = arena, .text = strbuf_make(arena)};
    ScanVisitor visitor = {&seen, see_folder, see_file};
    assert_ok(watch_scan(&pattern, STR_EMPTY, &visitor, NULL, &err), &err);
    assert_str_equal(strbuf_str(&seen.text), "sub/b.csv:2 ");
    assert_int_equal(seen.folders, 2);
    pattern.recursive = false;
    put(arena, inside, "a.csv", "1");
    strbuf_clear(&seen.text);
    assert_ok(watch_scan(&pattern, STR_EMPTY, &visitor, NULL, &err), &err);
    assert_str_equal(strbuf_str(&seen.text), "a.csv:1 ");
    FileStamp stamp;
    assert_false(watch_stamp(&pattern, STR("link.csv"), &stamp));
    assert_ok(watch_scan(&pattern, STR("gone"), &visitor, NULL, &err), &err);
    pattern.folder = STR("/no/such/folder");
    assert_fails(watch_scan(&pattern, STR_EMPTY, &visitor, NULL, &err), &err, FAIL_IO);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void test_stamps_and_writers(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *folder = temp_folder_create();
    WatchPattern pattern = {.folder = str_c(folder), .glob = STR("*")};
    put(arena, folder, "a.csv", "1");
    FileStamp before, after;
    assert_true(watch_stamp(&pattern, STR("a.csv"), &before));
    assert_int_not_equal(watch_writer(&pattern, STR("a.csv")), WRITER_SOME);
    int file = open(str_format(arena, "%s/a.csv", folder).data, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_not_equal(watch_writer(&pattern, STR("a.csv")), WRITER_NONE);
    assert_int_equal(write(file, "2", 1), 1);
    assert_true(watch_stamp(&pattern, STR("a.csv"), &after));
    assert_false(file_stamp_eq(&before, &after));
    assert_true(file_stamp_eq(&after, &after));
    close(file);
    assert_int_not_equal(watch_writer(&pattern, STR("a.csv")), WRITER_SOME);
    assert_int_equal(watch_writer(&pattern, STR("none.csv")), WRITER_UNKNOWN);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

int suite_test_watch_scan(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_walk),
                                       cmocka_unit_test(test_stamps_and_writers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
