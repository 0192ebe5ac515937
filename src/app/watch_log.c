/* watch_log.c - one line an event: info for what was taken, warn for what we coped with.
 *
 * A failing load says so once a try, and tries become rarer. Names of files are shown, nothing of
 * what is in them: of an error the message without its detail.
 *
 * Tested by: tests/e2e/test_watch.py. */
#include "app/watch_log.h"

#include "base/log.h"

void watch_log_event(void *context, const WatchEvent *event) {
    (void)context;
    Arena *scratch = arena_create();
    Str why =
        event->failure != NULL ? log_quote(str_c(event->failure->message), scratch) : STR("-");
    Str path = log_quote(event->path.length > 0 ? event->path : STR("-"), scratch);
    switch (event->kind) {
    case WATCH_LOADED:
        log_event(LOG_INFO, "watch", "loaded",
                  "watch=%.*s dataset=%.*s files=%llu first=%.*s rows=%llu rejected=%llu "
                  "snapshot=%llu seconds=%.3f",
                  STR_ARG(event->watch), STR_ARG(event->dataset), (unsigned long long)event->files,
                  STR_ARG(path), (unsigned long long)event->rows,
                  (unsigned long long)event->rejected, (unsigned long long)event->snapshot_id,
                  event->seconds);
        break;
    case WATCH_REFUSED:
        log_event(LOG_WARN, "watch", "file refused", "watch=%.*s file=%.*s error=%.*s",
                  STR_ARG(event->watch), STR_ARG(path), STR_ARG(why));
        break;
    case WATCH_RETRIES:
        log_event(LOG_WARN, "watch", "will try again", "watch=%.*s error=%.*s",
                  STR_ARG(event->watch), STR_ARG(why));
        break;
    case WATCH_LESS:
        log_event(LOG_WARN, "watch", "only scans", "watch=%.*s error=%.*s", STR_ARG(event->watch),
                  STR_ARG(why));
        break;
    case WATCH_OVERFLOW:
        log_event(LOG_WARN, "watch", "events lost, scanning", "watch=%.*s", STR_ARG(event->watch));
        break;
    case WATCH_REPAIRED:
        log_event(LOG_INFO, "watch", "load found committed", "watch=%.*s files=%llu snapshot=%llu",
                  STR_ARG(event->watch), (unsigned long long)event->files,
                  (unsigned long long)event->snapshot_id);
        break;
    }
    arena_destroy(scratch);
}
