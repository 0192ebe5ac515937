/* test_watch.c - settings that are refused, and threads that start, work and stop. */
#include "watch_case.h"

#include <sched.h>
#include <sys/stat.h>

static Watcher *create(WatchCase *w, const WatchSpec *specs, size_t count) {
    WatchDeps deps = w->deps;
    deps.clock = (WatchClock){0};
    deps.on_event = NULL;
    err_clear(&w->c->err);
    return watcher_create(specs, count, &deps, &w->c->err);
}

static void refused(WatchCase *w, const WatchSpec *specs, size_t count, const char *word) {
    assert_null(create(w, specs, count));
    if (strstr(w->c->err.message, word) == NULL)
        fail_msg("'%s' does not say '%s'", w->c->err.message, word);
}

static void test_refusals(void **state) {
    WatchCase *w = *state;
    WatchSpec two[2] = {w->spec, w->spec}, spec;
    refused(w, two, 2, "two watches");
    spec = w->spec, spec.name = STR("No Name");
    refused(w, &spec, 1, "not a name");
    spec = w->spec, spec.dataset = STR("a/b");
    refused(w, &spec, 1, "dataset");
    spec = w->spec, spec.mode = INGEST_UPSERT;
    refused(w, &spec, 1, "key");
    spec = w->spec, spec.key = STR("id");
    refused(w, &spec, 1, "upsert");
    spec = w->spec, spec.bucket = STR("nobody");
    refused(w, &spec, 1, "nobody");
    spec = w->spec, spec.folder = str_format(w->c->arena, "%s/a/b", w->inbox);
    refused(w, &spec, 1, "no folder");
    watch_case_write(w, "file", "");
    spec = w->spec, spec.folder = str_format(w->c->arena, "%s/file", w->inbox);
    refused(w, &spec, 1, "not a folder");
    w->deps.data_root = w->spec.folder;
    spec = w->spec, spec.folder = str_format(w->c->arena, "%s/sub", w->inbox);
    refused(w, &spec, 1, "lie in each other");
}

static void test_words(void **state) {
    (void)state;
    WatchAfter after;
    assert_true(watch_after_parse(STR("move"), &after));
    assert_int_equal(after, WATCH_MOVE);
    assert_false(watch_after_parse(STR("burn"), &after));
    assert_string_equal(watch_file_state_name(WATCH_DUPLICATE), "duplicate");
}

/* Waits for another thread, without a pause of any length. */
static WatchView view_when_taken(Watcher *watcher, Arena *arena, uint64_t taken) {
    WatchView *views;
    size_t count;
    for (;;) {
        watcher_view(watcher, arena, &views, &count);
        if (views[0].files_taken >= taken)
            return views[0];
        sched_yield();
    }
}

static void test_threads(void **state) {
    WatchCase *w = *state;
    WatchSpec specs[2] = {w->spec, w->spec};
    specs[0].folder = str_format(w->c->arena, "%s/new", w->inbox); /* made */
    specs[1].name = STR("other");
    specs[1].dataset = STR("other");
    Watcher *watcher = create(w, specs, 2);
    assert_non_null(watcher);
    assert_true(watch_case_has(w, "new"));
    assert_ok(watcher_start(watcher, &w->c->err), &w->c->err);
    watch_case_move_in(w, "new/a.csv", "id\n1\n");
    Arena *arena = arena_create();
    WatchView view = view_when_taken(watcher, arena, 1);
    assert_str_equal(view.spec->name, "inbox");
    assert_int_equal(view.rows, 1);
    assert_int_equal(view.recent_count, 1);
    assert_string_equal(view.recent[0].file, "a.csv");
    arena_destroy(arena);
    watcher_stop(watcher);
    watcher_stop(watcher);
    watcher_destroy(watcher);
    assert_str_equal(ingest_case_rows(w->c, "d", "FROM d"), "1\n");
    watcher_destroy(NULL);
}

int suite_test_watch(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, watch_case_set_up, watch_case_tear_down)
    const struct CMUnitTest tests[] = {CASE(test_refusals), CASE(test_words), CASE(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
