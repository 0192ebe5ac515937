/* watch_case.c - see watch_case.h. */
#include "watch_case.h"

#include <sys/stat.h>
#include <unistd.h>

#include "temp_folder.h"

static int64_t now_ms(void *context) {
    return ((WatchCase *)context)->now_ms;
}

static void on_event(void *context, const WatchEvent *event) {
    WatchCase *w = context;
    w->events[event->kind]++;
    if (event->failure != NULL)
        w->failure = *event->failure;
}

int watch_case_set_up(void **state) {
    WatchCase *w = calloc(1, sizeof *w);
    void *inner = NULL;
    ingest_case_set_up(&inner);
    w->c = inner;
    w->inbox = temp_folder_create();
    w->now_ms = 1000;
    w->spec = (WatchSpec){.name = STR("inbox"),
                          .folder = str_c(w->inbox),
                          .dataset = STR("d"),
                          .bucket = STR_EMPTY,
                          .glob = STR("*"),
                          .key = STR_EMPTY,
                          .settle_ms = 2000,
                          .scan_s = 30};
    w->deps = (WatchDeps){.ingest = w->c->ingest,
                          .catalog = w->c->catalog,
                          .buckets = w->c->buckets,
                          .budget = w->c->budget,
                          .clock = {now_ms, w},
                          .on_event = on_event,
                          .event_context = w};
    *state = w;
    return 0;
}

int watch_case_tear_down(void **state) {
    WatchCase *w = *state;
    void *inner = w->c;
    watch_folder_destroy(w->folder);
    temp_folder_remove(w->inbox);
    free(w);
    return ingest_case_tear_down(&inner);
}

void watch_case_open(WatchCase *w) {
    watch_folder_destroy(w->folder);
    w->folder = watch_folder_create(&w->spec, &w->deps);
    watch_case_settle(w);
}

void watch_case_settle(WatchCase *w) {
    enum { STEPS_MAX = 1000 };
    for (int steps = 0; steps < STEPS_MAX; steps++)
        if (watch_folder_step(w->folder) > w->now_ms)
            return;
    fail_msg("the folder never comes to rest");
}

void watch_case_pass(WatchCase *w, int64_t ms) {
    w->now_ms += ms;
    watch_case_settle(w);
}

static Str path_of(WatchCase *w, const char *name) {
    return str_format(w->c->arena, "%s/%s", w->inbox, name);
}

static void write_file(Str path, const char *text) {
    FILE *file = fopen(path.data, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void watch_case_write(WatchCase *w, const char *name, const char *text) {
    write_file(path_of(w, name), text);
}

void watch_case_move_in(WatchCase *w, const char *name, const char *text) {
    Str aside = str_format(w->c->arena, "%s/moving", w->c->folder);
    write_file(aside, text);
    assert_int_equal(rename(aside.data, path_of(w, name).data), 0);
}

bool watch_case_has(WatchCase *w, const char *name) {
    struct stat info;
    return lstat(path_of(w, name).data, &info) == 0;
}

Str watch_case_read(WatchCase *w, const char *name) {
    FILE *file = fopen(path_of(w, name).data, "r");
    assert_non_null(file);
    char *text = arena_alloc(w->c->arena, 65536);
    size_t length = fread(text, 1, 65536, file);
    fclose(file);
    return (Str){text, length};
}

WatchView watch_case_view(WatchCase *w) {
    WatchView view;
    watch_folder_view(w->folder, w->c->arena, &view);
    return view;
}

void watch_case_expect(WatchCase *w, const char *counts) {
    WatchView view = watch_case_view(w);
    Str seen =
        str_format(w->c->arena, "%llu %llu %llu %llu", (unsigned long long)view.files_taken,
                   (unsigned long long)view.files_failed, (unsigned long long)view.files_pending,
                   (unsigned long long)view.duplicates);
    if (!str_eq_c(seen, counts))
        fail_msg("taken, failed, pending, duplicates: %.*s, not %s (%s)", STR_ARG(seen), counts,
                 view.last_error);
}
