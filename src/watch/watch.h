/* watch.h - folders whose files become rows, each file once.
 *
 *     files appear -> wait until complete (watch_settle) -> hash -> load, many small ones at once
 *     (ingest_files) -> write down what was taken (watch_ledger) -> keep, move or remove
 *
 * A file that cannot be loaded is moved to <folder>/.failed/ beside a report, <name>.report.json;
 * if it cannot be moved it is left alone until it changes. A load that fails for another reason
 * (disk, memory, a bucket that is away) is tried again.
 *
 * Each folder has a thread of its own, and on this machine's file systems inotify; a scan every
 * scan_s seconds finds what that misses.
 *
 * Errors of watcher_create: FAIL_INVALID naming the watch, for a server that must not start.
 * Ownership: borrows what WatchDeps names; all of it outlives the watcher.
 * Threads: create, start, stop and destroy from one; watcher_view from any. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "ingest/ingest.h"

typedef enum WatchAfter { WATCH_KEEP, WATCH_MOVE, WATCH_DELETE } WatchAfter;

typedef struct WatchSpec {
    Str name; /* 1 to 63 of a-z 0-9 - _ */
    Str folder;
    Str dataset, bucket; /* bucket: of a new dataset, and of the ledger; "" = primary */
    Str glob;
    IngestMode mode;
    Str key; /* upsert */
    FileFormat format;
    bool recursive, done_marker;
    uint32_t settle_ms, scan_s;
    WatchAfter after; /* a file that was taken: stays, goes to .done/, is removed */
} WatchSpec;

bool watch_after_parse(Str name, WatchAfter *out); /* "keep", "move", "delete" */

/* Milliseconds of a clock that does not go back. */
typedef struct WatchClock {
    int64_t (*now_ms)(void *context);
    void *context;
} WatchClock;

typedef enum WatchFileState { WATCH_TAKEN, WATCH_FAILED, WATCH_DUPLICATE } WatchFileState;
const char *watch_file_state_name(WatchFileState state);

/* What the owner may want to write down. Texts are valid until the callback returns. */
typedef enum WatchEventKind {
    WATCH_LOADED,   /* `files` files in a snapshot */
    WATCH_REFUSED,  /* one file, `path`, could not be loaded */
    WATCH_RETRIES,  /* a load, a scan or the ledger failed and is tried again */
    WATCH_LESS,     /* only scans from now on: `failure` says why */
    WATCH_OVERFLOW, /* the kernel dropped events; the folder is scanned again */
    WATCH_REPAIRED  /* a load was found committed that no ledger told of */
} WatchEventKind;

typedef struct WatchEvent {
    WatchEventKind kind;
    Str watch, dataset, path;
    uint64_t files, rows, rejected, snapshot_id;
    double seconds;
    const Err *failure; /* or NULL */
} WatchEvent;

typedef void (*WatchEventFn)(void *context, const WatchEvent *event);

typedef struct WatchDeps {
    Ingest *ingest;
    Catalog *catalog;
    BucketRegistry *buckets;
    Budget *budget;
    Str data_root;         /* of the server: no folder in it is watched; "" = none */
    WatchClock clock;      /* zeroed: the monotonic one */
    WatchEventFn on_event; /* on the watch's thread; may be NULL */
    void *event_context;
} WatchDeps;

enum { WATCH_TEXT_MAX = 256, WATCH_RECENT_MAX = 100 };

typedef struct WatchRecent {
    int64_t at_us;
    WatchFileState state;
    char file[WATCH_TEXT_MAX];
    uint64_t rows, rejected, snapshot_id;
    char error[WATCH_TEXT_MAX];
} WatchRecent;

typedef struct WatchView {
    const WatchSpec *spec;
    bool running;  /* its ledger is read, its folder is looked at */
    bool notified; /* by inotify; else only scans */
    uint64_t files_taken, files_failed, files_pending, duplicates, rows, rejected;
    char last_file[WATCH_TEXT_MAX];
    char last_error[WATCH_TEXT_MAX]; /* "" once things go well again */
    int64_t last_scan_at_us;
    WatchRecent *recent; /* newest first */
    size_t recent_count;
} WatchView;

typedef struct Watcher Watcher;

/* Checks the settings; makes a folder whose parent exists. */
Watcher *watcher_create(const WatchSpec *specs, size_t count, const WatchDeps *deps, Err *err);
MUST_CHECK bool watcher_start(Watcher *watcher, Err *err);
/* Calls running loads off: their files are taken at the next start. Twice is fine. */
void watcher_stop(Watcher *watcher);
void watcher_destroy(Watcher *watcher); /* NULL is fine */

/* In the order of the settings; in the arena. */
void watcher_view(Watcher *watcher, Arena *arena, WatchView **out, size_t *out_count);

#endif
