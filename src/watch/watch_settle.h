/* watch_settle.h - files that have been seen and not yet taken: which of them are complete?
 *
 *              seen, written, closed                      due: nothing changed
 *     (new) ------------------------> WAITING(due = +settle) ----------------> READY
 *     (new) --- moved in -----------> WAITING(due = now) --------------------> READY
 *     WAITING --- due: it has changed, or somebody writes to it --------> WAITING(due = +settle)
 *     READY --- it has changed ----------------------------------------> WAITING(due = +settle)
 *
 * An empty file waits until something is in it. With done markers a file is complete when its
 * marker is there, and nothing else counts but that nobody has it open for writing.
 *
 * Time is the caller's, in milliseconds of any clock that does not go back.
 *
 * Ownership: all memory is the table's.   Threads: one. */
#ifndef WATCH_WATCH_SETTLE_H
#define WATCH_WATCH_SETTLE_H

#include "base/map.h"
#include "base/vec.h"
#include "watch/watch_scan.h"

typedef enum WatchNotice {
    NOTICE_SEEN,    /* by a scan, or made */
    NOTICE_WRITTEN, /* bytes came; whoever wrote has it still open */
    NOTICE_CLOSED,  /* closed after writing */
    NOTICE_MOVED_IN /* renamed into the folder: complete, as far as its owner is concerned */
} WatchNotice;

typedef struct PendingFile {
    Str path;
    FileStamp stamp; /* as last seen */
    int64_t due_ms;  /* when to look at it again; INT64_MAX: when something is heard of it */
    bool open;       /* written and, as far as we heard, not closed */
    bool ready;
} PendingFile;

typedef struct WatchSettle {
    const WatchPattern *pattern;
    int64_t settle_ms;
    size_t files_max;
    Arena *arena;
    Map files;     /* path -> PendingFile */
    bool overfull; /* some were not remembered: scan again when there is room */
} WatchSettle;

void settle_init(WatchSettle *settle, const WatchPattern *pattern, int64_t settle_ms,
                 size_t files_max);
void settle_deinit(WatchSettle *settle);

void settle_notice(WatchSettle *settle, Str path, const FileStamp *stamp, WatchNotice notice,
                   int64_t now_ms);
void settle_forget(WatchSettle *settle, Str path);
/* What was heard may be wrong, or too little: go by what is seen. */
void settle_doubt_all(WatchSettle *settle, int64_t now_ms);
/* Not now: the file was not as it should be. */
void settle_postpone(WatchSettle *settle, Str path, int64_t now_ms);

/* Looks at the files that are due. */
void settle_look(WatchSettle *settle, int64_t now_ms);
/* The files that are complete, oldest first, then by name; in the arena. */
size_t settle_ready(const WatchSettle *settle, Arena *arena, PendingFile ***out);
int64_t settle_next_ms(const WatchSettle *settle); /* the earliest due; INT64_MAX: none */
size_t settle_count(const WatchSettle *settle);

#endif
