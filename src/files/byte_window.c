/* byte_window.c - read a file piece by piece, keeping what a scanner still needs.
 *
 * Bytes in use are moved to the front only when there is no room behind them; since a window is
 * much larger than a record, each byte is moved rarely.
 *
 * Tested by: test_byte_window.c, and through every scanner. */
#include "files/byte_window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 1 << 20 };

bool window_open(ByteWindow *window, const char *path, Str what, size_t bytes_max, Budget *budget,
                 Progress *progress, Err *err) {
    size_t capacity = bytes_max < FIRST_CAPACITY ? bytes_max : FIRST_CAPACITY;
    if (!budget_take(budget, capacity, "reading a file", err))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        int failure = errno;
        budget_give(budget, capacity);
        return err_fail_errno(err, failure, "cannot open '%.*s'", STR_ARG(what));
    }
    *window = (ByteWindow){.file = file,
                           .data = malloc(capacity),
                           .capacity = capacity,
                           .capacity_max = bytes_max,
                           .budget = budget,
                           .progress = progress};
    assert(window->data != NULL);
    return true;
}

void window_close(ByteWindow *window) {
    if (window->data == NULL)
        return;
    close(window->file);
    free(window->data);
    budget_give(window->budget, window->capacity);
    window->data = NULL;
}

bool window_is_full(const ByteWindow *window) {
    return window->to - window->from == window->capacity_max;
}

/* Room for at least one more byte behind the bytes in sight. */
static bool make_room(ByteWindow *window, Err *err) {
    size_t used = window->to - window->from;
    if (window->from > 0 && used < window->capacity) {
        memmove(window->data, window->data + window->from, used);
        window->from = 0;
        window->to = used;
        return true;
    }
    if (window->capacity == window->capacity_max)
        return err_fail(err, FAIL_LIMIT, "a record is longer than %zu bytes", window->capacity_max);
    size_t half = window->capacity_max / 2;
    size_t wanted = window->capacity > half ? window->capacity_max : window->capacity * 2;
    if (!budget_take(window->budget, wanted - window->capacity, "reading a long record", err))
        return false;
    char *grown = realloc(window->data, wanted);
    assert(grown != NULL);
    window->data = grown;
    window->capacity = wanted;
    return true;
}

bool window_more(ByteWindow *window, Err *err) {
    if (!progress_check(window->progress, err))
        return false;
    if (window->to == window->capacity && !make_room(window, err))
        return false;
    for (;;) {
        ssize_t got = read(window->file, window->data + window->to, window->capacity - window->to);
        if (got >= 0) {
            window->to += (size_t)got;
            window->at_end = got == 0;
            return true;
        }
        if (errno != EINTR)
            return err_fail_errno(err, errno, "cannot read a file");
    }
}

void window_skip(ByteWindow *window, size_t count) {
    assert(count <= window->to - window->from);
    window->from += count;
    window->offset += count;
    progress_add(window->progress, count);
}
