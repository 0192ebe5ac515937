/* route_watch.c - what the watched folders have brought, and what stands in the way.
 *
 * Tested by: tests/e2e/test_watch.py. */
#include <stdlib.h>

#include "gateway/route_handlers.h"

enum { RECENT_SHOWN_MAX = 100 };

static const char *mode_name(IngestMode mode) {
    return mode == INGEST_APPEND ? "append" : mode == INGEST_REPLACE ? "replace" : "upsert";
}

static json_t *watch_to_json(const WatchView *view, Arena *arena) {
    const WatchSpec *spec = view->spec;
    json_t *value = json_object();
    json_set_str(value, "name", spec->name);
    json_set_str(value, "folder", spec->folder);
    json_set_str(value, "dataset", spec->dataset);
    json_set_str(value, "glob", spec->glob);
    json_set_str(value, "mode", str_c(mode_name(spec->mode)));
    json_set_str(value, "mode_of_watching", view->notified ? STR("inotify+scan") : STR("scan"));
    json_object_set_new(value, "running", json_boolean(view->running));
    json_set_u64(value, "files_taken", view->files_taken);
    json_set_u64(value, "files_failed", view->files_failed);
    json_set_u64(value, "files_pending", view->files_pending);
    json_set_u64(value, "duplicates", view->duplicates);
    json_set_u64(value, "rows", view->rows);
    json_set_u64(value, "rejected", view->rejected);
    if (view->last_file[0] != '\0')
        json_set_str(value, "last_file", str_c(view->last_file));
    if (view->last_error[0] != '\0')
        json_set_str(value, "last_error", str_c(view->last_error));
    if (view->last_scan_at_us != 0)
        json_set_time(value, "last_scan_at", view->last_scan_at_us, arena);
    return value;
}

/* A file of the past, and the watch it came by. */
typedef struct Seen {
    const WatchRecent *file;
    Str watch;
} Seen;

static int newest_first(const void *left, const void *right) {
    int64_t a = ((const Seen *)left)->file->at_us, b = ((const Seen *)right)->file->at_us;
    return a < b ? 1 : a > b ? -1 : 0;
}

static json_t *seen_to_json(const Seen *seen, Arena *arena) {
    const WatchRecent *file = seen->file;
    json_t *value = json_object();
    json_set_str(value, "watch", seen->watch);
    json_set_str(value, "file", str_c(file->file));
    json_set_str(value, "state", str_c(watch_file_state_name(file->state)));
    json_set_u64(value, "rows", file->rows);
    json_set_u64(value, "rejected", file->rejected);
    if (file->snapshot_id != 0)
        json_set_u64(value, "snapshot_id", file->snapshot_id);
    if (file->error[0] != '\0')
        json_set_str(value, "error", str_c(file->error));
    json_set_time(value, "at", file->at_us, arena);
    return value;
}

static json_t *recent_json(const WatchView *views, size_t count, Arena *arena) {
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < count; i++)
        total += views[i].recent_count;
    Seen *all = ARENA_ARRAY(arena, Seen, total);
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < views[i].recent_count; n++)
            all[filled++] = (Seen){&views[i].recent[n], views[i].spec->name};
    if (total > 0)
        qsort(all, total, sizeof *all, newest_first);
    json_t *list = json_array();
    for (size_t i = 0; i < total && i < RECENT_SHOWN_MAX; i++)
        json_array_append_new(list, seen_to_json(&all[i], arena));
    return list;
}

bool route_watch(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    WatchView *views;
    size_t count;
    uint64_t taken = 0, failed = 0, pending = 0;
    watcher_view(call->services->watcher, call->arena, &views, &count);
    json_t *answer = json_keep(call->arena, json_object());
    json_t *watches = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(watches, watch_to_json(&views[i], call->arena));
        taken += views[i].files_taken;
        failed += views[i].files_failed;
        pending += views[i].files_pending;
    }
    json_object_set_new(answer, "watches", watches);
    json_object_set_new(answer, "recent", recent_json(views, count, call->arena));
    json_set_u64(answer, "taken", taken);
    json_set_u64(answer, "failed", failed);
    json_set_u64(answer, "pending", pending);
    return respond_json(call, response, answer);
}
