/* test_watch_settle.c - when is a file complete? Every sign, alone and against the others. */
#include "unit.h"

#include <unistd.h>

#include "watch/watch_settle.h"
#include "temp_folder.h"

typedef struct Table {
    Arena *arena;
    char *folder;
    WatchPattern pattern;
    WatchSettle settle;
} Table;

static int set_up(void **state) {
    Table *table = calloc(1, sizeof *table);
    table->arena = arena_create();
    table->folder = temp_folder_create();
    table->pattern = (WatchPattern){.folder = str_c(table->folder), .glob = STR("*")};
    settle_init(&table->settle, &table->pattern, 1000, 10);
    *state = table;
    return 0;
}

static int tear_down(void **state) {
    Table *table = *state;
    settle_deinit(&table->settle);
    temp_folder_remove(table->folder);
    arena_destroy(table->arena);
    free(table);
    return 0;
}

static void put(Table *table, const char *name, const char *text) {
    FILE *file = fopen(str_format(table->arena, "%s/%s", table->folder, name).data, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void hear(Table *table, const char *name, WatchNotice notice, int64_t now_ms) {
    FileStamp stamp;
    assert_true(watch_stamp(&table->pattern, str_c(name), &stamp));
    settle_notice(&table->settle, str_c(name), &stamp, notice, now_ms);
}

static size_t ready(Table *table, int64_t now_ms) {
    PendingFile **files;
    settle_look(&table->settle, now_ms);
    return settle_ready(&table->settle, table->arena, &files);
}

static void test_quiet_time(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    hear(table, "a", NOTICE_SEEN, 0);
    assert_int_equal(settle_next_ms(&table->settle), 1000);
    assert_int_equal(ready(table, 999), 0);
    hear(table, "a", NOTICE_SEEN, 999); /* seen again, unchanged: the time goes on */
    assert_int_equal(ready(table, 1000), 1);
    assert_int_equal(settle_next_ms(&table->settle), INT64_MAX);
}

static void test_change_begins_anew(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    hear(table, "a", NOTICE_SEEN, 0);
    put(table, "a", "12");
    assert_int_equal(ready(table, 1000), 0);
    assert_int_equal(ready(table, 1999), 0);
    assert_int_equal(ready(table, 2000), 1);
    put(table, "a", "123"); /* even when it was ready */
    hear(table, "a", NOTICE_SEEN, 2500);
    assert_int_equal(ready(table, 3000), 0);
    assert_int_equal(ready(table, 3500), 1);
}

static void test_moved_in(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    hear(table, "a", NOTICE_MOVED_IN, 0);
    assert_int_equal(ready(table, 0), 1);
}

static void test_empty_waits(void **state) {
    Table *table = *state;
    put(table, "a", "");
    hear(table, "a", NOTICE_MOVED_IN, 0);
    assert_int_equal(ready(table, 0), 0);
    assert_int_equal(ready(table, 1000000), 0);
    put(table, "a", "1");
    hear(table, "a", NOTICE_CLOSED, 1000000);
    assert_int_equal(ready(table, 1001000), 1);
}

/* Doubt: what was heard of files that are open counts no more. */
static void test_doubt(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    hear(table, "a", NOTICE_MOVED_IN, 0);
    assert_int_equal(ready(table, 0), 1);
    settle_doubt_all(&table->settle, 500);
    assert_int_equal(ready(table, 1000), 0);
    assert_int_equal(ready(table, 1500), 1);
    settle_postpone(&table->settle, STR("a"), 2000);
    assert_int_equal(ready(table, 2500), 0);
    assert_int_equal(ready(table, 3000), 1);
}

/* Without a quiet time, too, a file that changes is not looked at without a pause. */
static void test_no_quiet_time(void **state) {
    Table *table = *state;
    table->settle.settle_ms = 0;
    put(table, "a", "1");
    hear(table, "a", NOTICE_CLOSED, 0);
    put(table, "a", "12");
    assert_int_equal(ready(table, 0), 0);
    assert_in_range(settle_next_ms(&table->settle), 50, 500);
    assert_int_equal(ready(table, 500), 1);
}

static void test_gone(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    hear(table, "a", NOTICE_SEEN, 0);
    assert_int_equal(unlink(str_format(table->arena, "%s/a", table->folder).data), 0);
    assert_int_equal(ready(table, 1000), 0);
    assert_int_equal(settle_count(&table->settle), 0);
}

static void test_markers(void **state) {
    Table *table = *state;
    table->pattern.done_marker = true;
    put(table, "a", "1");
    hear(table, "a", NOTICE_MOVED_IN, 0);
    assert_int_equal(ready(table, 100000), 0);
    put(table, "a.done", "");
    hear(table, "a", NOTICE_SEEN, 100000);
    assert_int_equal(ready(table, 100000), 1);
}

static void test_order_and_room(void **state) {
    Table *table = *state;
    char name[16];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%02d", 11 - i);
        put(table, name, "1");
        hear(table, name, NOTICE_SEEN, 0);
    }
    assert_int_equal(settle_count(&table->settle), 10);
    assert_true(table->settle.overfull);
    PendingFile **files;
    settle_look(&table->settle, 1000);
    assert_int_equal(settle_ready(&table->settle, table->arena, &files), 10);
    for (size_t i = 1; i < 10; i++) {
        bool older = files[i - 1]->stamp.modified_ns < files[i]->stamp.modified_ns;
        bool same = files[i - 1]->stamp.modified_ns == files[i]->stamp.modified_ns;
        assert_true(older || (same && str_compare(files[i - 1]->path, files[i]->path) < 0));
    }
}

/* Thousands pass through; the table keeps its wits and its size. */
static void test_passing_through(void **state) {
    Table *table = *state;
    put(table, "a", "1");
    FileStamp stamp;
    assert_true(watch_stamp(&table->pattern, STR("a"), &stamp));
    hear(table, "a", NOTICE_SEEN, 0);
    char name[16];
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "f%d", i);
        settle_notice(&table->settle, str_c(name), &stamp, NOTICE_SEEN, 0);
        settle_forget(&table->settle, str_c(name));
    }
    assert_int_equal(settle_count(&table->settle), 1);
    assert_true(table->settle.files.entry_count < 5000);
    assert_int_equal(ready(table, 1000), 1);
}

int suite_test_watch_settle(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_quiet_time),     CASE(test_change_begins_anew),
        CASE(test_moved_in),       CASE(test_empty_waits),
        CASE(test_doubt),          CASE(test_no_quiet_time),
        CASE(test_gone),           CASE(test_markers),
        CASE(test_order_and_room), CASE(test_passing_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
