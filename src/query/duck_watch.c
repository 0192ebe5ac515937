/* duck_watch.c - a thread beside a statement that passes a cancel on to DuckDB.
 *
 * One short-lived thread per watched statement (some 30 us) rather than one for all: nothing to
 * register, nothing to outlive, and the statements of the trusted side are few and long.
 *
 * Tested by: test_duck_session.c. */
#include "query/duck_watch.h"

#include <time.h>

enum { LOOK_EVERY_MS = 10 };

static struct timespec next_look(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += LOOK_EVERY_MS * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec += 1;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* Percentages below 0 mean that DuckDB cannot say; they never go back. */
static void report(const DuckWatch *watch) {
    double percent = duckdb_query_progress(watch->connection).percentage;
    uint64_t total = atomic_load(&watch->progress->total);
    if (!(percent > 0 && percent <= 100))
        return;
    uint64_t done = (uint64_t)((double)total * percent / 100);
    if (done > atomic_load(&watch->progress->done))
        atomic_store(&watch->progress->done, done);
}

static void *watch_main(void *argument) {
    DuckWatch *watch = argument;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        struct timespec until = next_look();
        pthread_cond_timedwait(&watch->stopped, &watch->lock, &until);
        if (!watch->stop && atomic_load_explicit(&watch->progress->cancel, memory_order_relaxed))
            duckdb_interrupt(watch->connection);
        if (!watch->stop && watch->reports)
            report(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

bool duck_watch_start(DuckWatch *watch, Progress *progress, duckdb_connection connection,
                      WatchKind kind, Err *err) {
    *watch = (DuckWatch){
        .progress = progress, .connection = connection, .reports = kind == WATCH_AND_REPORT};
    if (progress == NULL)
        return true;
    if (!progress_check(progress, err))
        return false;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&watch->lock, NULL);
    if (pthread_create(&watch->thread, NULL, watch_main, watch) == 0)
        return true;
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->stopped);
    return err_fail(err, FAIL_NO_MEMORY, "no thread to watch over a statement");
}

void duck_watch_stop(DuckWatch *watch) {
    if (watch->progress == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    pthread_cond_signal(&watch->stopped);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->stopped);
}
