/* test_watch_notify.c - what the kernel tells, as notices about paths. */
#include "unit.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/watch_notify.h"
#include "temp_folder.h"

typedef struct Heard {
    StrBuf text;
} Heard;

static void hear_file(void *context, Str path, WatchNotice notice) {
    static const char letters[] = {[NOTICE_SEEN] = 's',
                                   [NOTICE_WRITTEN] = 'w',
                                   [NOTICE_CLOSED] = 'c',
                                   [NOTICE_MOVED_IN] = 'm'};
    strbuf_append_format(&((Heard *)context)->text, "%c:%.*s ", letters[notice], STR_ARG(path));
}
static void hear_gone(void *context, Str path) {
    strbuf_append_format(&((Heard *)context)->text, "gone:%.*s ", STR_ARG(path));
}
static void hear_folder(void *context, Str path) {
    strbuf_append_format(&((Heard *)context)->text, "folder:%.*s ", STR_ARG(path));
}
static void hear_lost(void *context) {
    strbuf_append_c(&((Heard *)context)->text, "lost ");
}

static void expect(WatchNotify *notify, Heard *heard, const char *expected) {
    Err err = {0};
    NotifyListener listener = {heard, hear_file, hear_gone, hear_folder, hear_lost};
    strbuf_clear(&heard->text);
    assert_ok(watch_notify_read(notify, &listener, &err), &err);
    assert_str_equal(strbuf_str(&heard->text), expected);
}

static void put(Arena *arena, const char *folder, const char *name, const char *text) {
    FILE *file = fopen(str_format(arena, "%s/%s", folder, name).data, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_notices(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    Heard heard = {strbuf_make(arena)};
    WatchNotify *notify = watch_notify_open(str_c(folder), &err);
    assert_non_null(notify);
    assert_ok(watch_notify_add(notify, STR_EMPTY, &err), &err);
    expect(notify, &heard, "");
    put(arena, folder, "a", "1");
    expect(notify, &heard, "s:a w:a c:a ");
    const char *a = str_format(arena, "%s/a", folder).data;
    assert_int_equal(rename(a, str_format(arena, "%s/b", folder).data), 0);
    expect(notify, &heard, "gone:a m:b ");
    assert_int_equal(unlink(str_format(arena, "%s/b", folder).data), 0);
    expect(notify, &heard, "gone:b ");
    const char *sub = str_format(arena, "%s/sub", folder).data;
    assert_int_equal(mkdir(sub, 0755), 0);
    assert_int_equal(mkdir(str_format(arena, "%s/.failed", folder).data, 0755), 0);
    expect(notify, &heard, "folder:sub ");
    assert_ok(watch_notify_add(notify, STR("sub"), &err), &err);
    put(arena, sub, "c", "1");
    expect(notify, &heard, "s:sub/c w:sub/c c:sub/c ");
    assert_int_equal(rename(sub, str_format(arena, "%s/dir", folder).data), 0);
    expect(notify, &heard, "lost folder:dir ");
    assert_ok(watch_notify_add(notify, STR("dir"), &err), &err);
    put(arena, folder, "dir/d", "1");
    expect(notify, &heard, "s:dir/d w:dir/d c:dir/d ");
    assert_ok(watch_notify_add(notify, STR("gone"), &err), &err); /* it has gone meanwhile */
    temp_folder_remove(folder);
    watch_notify_close(notify);
    arena_destroy(arena);
}

/* Buffers as read(2) would give them, and some that it never would. */
static void test_odd_buffers(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    Heard heard = {strbuf_make(arena)};
    NotifyListener listener = {&heard, hear_file, hear_gone, hear_folder, hear_lost};
    WatchNotify *notify = watch_notify_open(str_c(folder), &err);
    assert_non_null(notify);
    struct inotify_event overflow = {.wd = -1, .mask = IN_Q_OVERFLOW};
    watch_notify_deliver(notify, &overflow, sizeof overflow, &listener);
    assert_str_equal(strbuf_str(&heard.text), "lost ");
    struct inotify_event unknown = {.wd = 4711, .mask = IN_CLOSE_WRITE, .len = 0};
    watch_notify_deliver(notify, &unknown, sizeof unknown, &listener);
    unknown.len = 1000; /* beyond the buffer */
    watch_notify_deliver(notify, &unknown, sizeof unknown, &listener);
    watch_notify_deliver(notify, &unknown, 3, &listener);
    assert_str_equal(strbuf_str(&heard.text), "lost ");
    watch_notify_close(notify);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

int suite_test_watch_notify(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notices),
                                       cmocka_unit_test(test_odd_buffers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
