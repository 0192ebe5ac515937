/* watch_folder.h - inside of the watcher: one folder, driven step by step.
 *
 *     OPENING --- ledger read, open loads answered ---> WATCHING
 *     WATCHING: hear events -> scan when due -> look at files that are due -> take some that are
 *               complete                                             (watch_folder_step, again)
 *     any failure that is not a file's own: wait 1, 2, 4 ... 60 s, then go on where it stood
 *
 * Time is only what deps.clock says: a test drives it.
 *
 * Threads: one drives; watch_folder_view from any. */
#ifndef WATCH_WATCH_FOLDER_H
#define WATCH_WATCH_FOLDER_H

#include <pthread.h>

#include "watch/watch.h"
#include "watch/watch_ledger.h"
#include "watch/watch_notify.h"

enum { WATCH_GROUP_FILES = 500, WATCH_GROUP_BYTES = 64 << 20 };

/* What others may look at; under the lock. */
typedef struct WatchStatus {
    pthread_mutex_t lock;
    WatchView view;
    WatchRecent recent[WATCH_RECENT_MAX];
    size_t recent_total;
} WatchStatus;

typedef struct WatchFolder {
    const WatchSpec *spec;
    const WatchDeps *deps;
    WatchPattern pattern;
    Progress progress; /* cancel ends the step under way */

    WatchSettle settle;
    Ledger ledger;
    bool ledger_open;

    WatchNotify *notify; /* NULL: only scans */
    bool scans_only;     /* for good */
    int64_t scan_at_ms;

    int64_t retry_at_ms; /* nothing is taken before */
    unsigned failures;   /* in a row */
    size_t group_max;    /* files of the next load: fewer after a load that failed as a whole */

    WatchStatus status;
} WatchFolder;

WatchFolder *watch_folder_create(const WatchSpec *spec, const WatchDeps *deps);
void watch_folder_destroy(WatchFolder *folder);

/* Does what is due now; returns when to call again at the latest (sooner when the descriptor has
 * events). */
int64_t watch_folder_step(WatchFolder *folder);
int watch_folder_fd(const WatchFolder *folder); /* of inotify, or -1 */
/* Where notices go; for tests that make their own. */
NotifyListener watch_folder_listener(WatchFolder *folder);
void watch_folder_view(WatchFolder *folder, Arena *arena, WatchView *out);

/* ---- between watch_folder.c and watch_take.c ---- */

int64_t watch_now_ms(const WatchFolder *folder);
void watch_tell(WatchFolder *folder, const WatchEvent *event);
/* Nothing is tried for a while; the longer, the more often it has failed. */
void watch_backs_off(WatchFolder *folder, const Err *failure);
void watch_went_well(WatchFolder *folder);
void watch_show_error(WatchFolder *folder, Str path, const Err *failure);
void watch_remember(WatchFolder *folder, WatchFileState state, const LedgerFile *file,
                    uint64_t snapshot_id);
/* Copies the ledger's totals and the count of pending files to where others look. */
void watch_show_totals(WatchFolder *folder);

/* Was an announced load committed? Answers all of them; false: not known yet. */
MUST_CHECK bool watch_answer_loads(WatchFolder *folder, Err *err);
/* Takes some of the files that are complete. */
MUST_CHECK bool watch_take(WatchFolder *folder, Err *err);
/* A file that the ledger knows as dealt with still lies there. */
void watch_tidy_known(WatchFolder *folder, Str path, const FileStamp *stamp, LedgerState state);

#endif
