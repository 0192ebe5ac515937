/* watch_aside.h - files that leave the folder: to .failed/ with a report, to .done/, or for good.
 *
 * A name that is taken there already gets a number: "a.csv", "a-2.csv".
 *
 * Ownership: the caller's arena.   Threads: one a folder. */
#ifndef WATCH_WATCH_ASIDE_H
#define WATCH_WATCH_ASIDE_H

#include "watch/watch.h"
#include "watch/watch_ledger.h"

/* Moves <folder>/<path> (and its done marker) to <folder>/<place>/. *out_moved is relative to the
 * folder: ".failed/a-2.csv". FAIL_PRECONDITION, and the file is where it was, when it is not as in
 * `stamp` any more: another one has come under its name. */
MUST_CHECK bool watch_set_aside(const WatchPattern *pattern, Str path, const FileStamp *stamp,
                                const char *place, Arena *arena, Str *out_moved, Err *err);
/* Writes <moved>.report.json beside a file that was set aside: what is wrong and where; no value of
 * the file. */
MUST_CHECK bool watch_report(const WatchPattern *pattern, const WatchSpec *spec,
                             const LedgerFile *file, const Err *failure, Arena *arena, Err *err);
/* A text of an error without what it quotes from the file. */
Str watch_without_values(const char *text, Arena *arena);

/* What the settings say of a file that was taken. One that is not as in `stamp` stays: it has not
 * been taken yet. */
MUST_CHECK bool watch_tidy(const WatchPattern *pattern, WatchAfter after, Str path,
                           const FileStamp *stamp, Arena *arena, Err *err);

#endif
