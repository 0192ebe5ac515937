/* duck_watch.h - stop a running statement when its watcher says so.
 *
 * A statement of DuckDB blocks its caller; only duckdb_interrupt from another thread ends it. While
 * a watch is on, a thread of its own looks at progress->cancel every few milliseconds. The
 * interrupt is repeated until the watch stops, since one that comes before the statement has
 * begun is lost; one that comes after its end does no harm.
 *
 * Ownership: a plain value on the stack of whoever runs the statement. */
#ifndef QUERY_DUCK_WATCH_H
#define QUERY_DUCK_WATCH_H

#include <pthread.h>

#include "base/progress.h"

#include <duckdb.h>

typedef struct DuckWatch {
    Progress *progress;
    duckdb_connection connection;
    bool reports;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop;
} DuckWatch;

typedef enum WatchKind { WATCH_CANCEL, WATCH_AND_REPORT } WatchKind;

/* Does nothing when there is no progress to look at. FAIL_CANCELLED when already cancelled. With
 * WATCH_AND_REPORT progress->done follows the share of its work that DuckDB says it has done. */
MUST_CHECK bool duck_watch_start(DuckWatch *watch, Progress *progress, duckdb_connection connection,
                                 WatchKind kind, Err *err);
void duck_watch_stop(DuckWatch *watch);

#endif
