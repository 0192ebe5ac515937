/* progress.h - what long work tells its watcher, and how the watcher asks it to stop.
 *
 * The worker counts `done` up towards `total` (0 = not known) and calls progress_check at least
 * once per batch; the watcher reads the counters and may set `cancel` at any time.
 *
 * Ownership: the watcher owns it and outlives the work.   Threads: every field is atomic;
 * `unit` and `phase` point to string literals. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct Progress {
    _Atomic uint64_t done;
    _Atomic uint64_t total;
    _Atomic(const char *) unit;  /* "rows", "chunks", "bytes" */
    _Atomic(const char *) phase; /* "reading", "embedding": what it is at now */
    atomic_bool cancel;
} Progress;

/* False with FAIL_CANCELLED once cancel is set. A NULL progress never cancels. */
MUST_CHECK static inline bool progress_check(const Progress *progress, Err *err) {
    if (progress != NULL && atomic_load_explicit(&progress->cancel, memory_order_relaxed))
        return err_fail(err, FAIL_CANCELLED, "cancelled");
    return true;
}

static inline void progress_start(Progress *progress, const char *phase, const char *unit,
                                  uint64_t total) {
    if (progress == NULL)
        return;
    atomic_store(&progress->phase, phase);
    atomic_store(&progress->unit, unit);
    atomic_store(&progress->done, 0);
    atomic_store(&progress->total, total);
}

static inline void progress_add(Progress *progress, uint64_t count) {
    if (progress != NULL)
        atomic_fetch_add_explicit(&progress->done, count, memory_order_relaxed);
}

#endif
