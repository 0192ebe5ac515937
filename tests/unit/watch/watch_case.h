/* watch_case.h - a watched folder in a test: files, a clock that stands still, and an ingest. */
#ifndef TESTS_UNIT_WATCH_WATCH_CASE_H
#define TESTS_UNIT_WATCH_WATCH_CASE_H

#include "ingest/ingest_case.h"

#include "watch/watch_folder.h"

typedef struct WatchCase {
    IngestCase *c;
    char *inbox;
    int64_t now_ms;
    WatchSpec spec;
    WatchDeps deps;
    WatchFolder *folder;
    unsigned events[WATCH_REPAIRED + 1]; /* by kind */
    Err failure;                         /* of the last event that had one */
} WatchCase;

int watch_case_set_up(void **state);
int watch_case_tear_down(void **state);

/* Begins to watch as `spec` says; again: as after a restart. */
void watch_case_open(WatchCase *w);
/* Steps until nothing is due at this time. */
void watch_case_settle(WatchCase *w);
void watch_case_pass(WatchCase *w, int64_t ms); /* time passes, then the same */

void watch_case_write(WatchCase *w, const char *name, const char *text); /* closed at once */
void watch_case_move_in(WatchCase *w, const char *name, const char *text);
bool watch_case_has(WatchCase *w, const char *name);
Str watch_case_read(WatchCase *w, const char *name);
WatchView watch_case_view(WatchCase *w);
/* taken, failed, pending, duplicates: "3 0 0 1" */
void watch_case_expect(WatchCase *w, const char *counts);

#endif
