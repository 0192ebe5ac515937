/* byte_window.h - a file seen through a window that slides forward.
 *
 * Scanners look at window_bytes(), ask for more when a record does not end in sight, and skip what
 * they have used. The window grows for a long record, up to a limit, and asks the budget for it; so
 * memory depends on the longest record and never on the file. The file is read, not mapped: a file
 * that shrinks meanwhile ends early instead of killing the process.
 *
 * Ownership: a value; close gives everything back.   Threads: one at a time. */
#ifndef FILES_BYTE_WINDOW_H
#define FILES_BYTE_WINDOW_H

#include "base/budget.h"
#include "base/progress.h"
#include "base/str.h"

typedef struct ByteWindow {
    int file;
    char *data;
    size_t from, to; /* data[from .. to) is in sight */
    size_t capacity, capacity_max;
    uint64_t offset; /* of data[from] in the file */
    bool at_end;     /* nothing follows what is in sight */
    Budget *budget;
    Progress *progress; /* counts the bytes skipped; may be NULL */
} ByteWindow;

/* `what` names the file in errors, as its owner knows it. */
MUST_CHECK bool window_open(ByteWindow *window, const char *path, Str what, size_t bytes_max,
                            Budget *budget, Progress *progress, Err *err);
void window_close(ByteWindow *window);

static inline Str window_bytes(const ByteWindow *window) {
    return (Str){window->data + window->from, window->to - window->from};
}

/* Brings more bytes into sight, or sets at_end. Fails with FAIL_LIMIT only when the window is full
 * (window_is_full: ask first), with FAIL_CANCELLED, FAIL_IO or FAIL_NO_MEMORY otherwise. */
MUST_CHECK bool window_more(ByteWindow *window, Err *err);
bool window_is_full(const ByteWindow *window);
void window_skip(ByteWindow *window, size_t count);

#endif
