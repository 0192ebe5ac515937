/* query_watchdog.h - one thread that ends statements: at their deadline, or when they are
 * cancelled.
 *
 * A statement of DuckDB blocks its caller and has no time limit of its own; only an interrupt from
 * another thread ends it. The watchdog sends one when a watch's deadline has passed or its flag is
 * up, and again every few milliseconds until the watch is removed: an interrupt that comes between
 * two steps of a query is lost.
 *
 *     Watch watch = {.interrupt = fn, .handle = cursor, .deadline_ns = ..., .cancelled = flag};
 *     watchdog_add(dog, &watch);   ... run ...   watchdog_remove(dog, &watch);
 *
 * Ownership: a Watch is the caller's, on his stack; between add and remove it stays where it is.
 * Threads: any; interrupt is called on the watchdog's thread and never after watchdog_remove. */
#ifndef QUERY_QUERY_WATCHDOG_H
#define QUERY_QUERY_WATCHDOG_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

typedef struct Watchdog Watchdog;

typedef enum WatchState { WATCH_QUIET, WATCH_TIMEOUT, WATCH_CANCELLED } WatchState;

typedef struct Watch Watch;
struct Watch {
    void (*interrupt)(void *handle); /* must not block */
    void *handle;
    uint64_t deadline_ns;         /* of clock_monotonic_ns; 0 = none */
    uint32_t limit_ms;            /* what the deadline was made of, for the message */
    const atomic_bool *cancelled; /* may be NULL */
    /* the watchdog's */
    _Atomic WatchState state;
    Watch *next, *previous;
};

Watchdog *watchdog_create(Err *err);
void watchdog_destroy(Watchdog *dog); /* after the last remove */
void watchdog_add(Watchdog *dog, Watch *watch);
void watchdog_remove(Watchdog *dog, Watch *watch);

/* False with FAIL_TIMEOUT or FAIL_CANCELLED once the watch's time is up, the watchdog having seen
 * it or not: for the steps between statements. */
MUST_CHECK bool watch_check(Watch *watch, Err *err);

#endif
