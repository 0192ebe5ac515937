/* query_watchdog.c - a list of running statements, and the thread that looks after them.
 *
 * While a watch has a flag to look at, or has fired, the thread looks every LOOK_EVERY_MS;
 * otherwise it sleeps until the earliest deadline. The interrupt is called with the lock held, so
 * that watchdog_remove cannot return while a handle is in use; duckdb_interrupt only sets a flag.
 *
 * Tested by: test_query_watchdog.c. */
#include "query/query_watchdog.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define LOOK_EVERY_NS 10000000u /* 10 ms */
#define NEVER_NS      UINT64_MAX

struct Watchdog {
    pthread_t thread;
    pthread_mutex_t lock; /* protects the list and `stop` */
    pthread_cond_t changed;
    Watch *first;
    bool stop;
};

/* Updates the watch's state and returns it. */
static WatchState look(Watch *watch, uint64_t now_ns) {
    WatchState state = atomic_load(&watch->state);
    if (state != WATCH_QUIET)
        return state;
    if (watch->cancelled != NULL && atomic_load(watch->cancelled))
        state = WATCH_CANCELLED;
    else if (watch->deadline_ns != 0 && now_ns >= watch->deadline_ns)
        state = WATCH_TIMEOUT;
    atomic_store(&watch->state, state);
    return state;
}

/* Interrupts what is due; returns when to look again. */
static uint64_t look_at_all_locked(Watchdog *dog) {
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t next_ns = NEVER_NS;
    for (Watch *watch = dog->first; watch != NULL; watch = watch->next) {
        bool fired = look(watch, now_ns) != WATCH_QUIET;
        if (fired)
            watch->interrupt(watch->handle);
        uint64_t at_ns = watch->deadline_ns != 0 ? watch->deadline_ns : NEVER_NS;
        if (fired || (watch->cancelled != NULL && at_ns > now_ns + LOOK_EVERY_NS))
            at_ns = now_ns + LOOK_EVERY_NS;
        if (at_ns < next_ns)
            next_ns = at_ns;
    }
    return next_ns;
}

static void *watchdog_main(void *argument) {
    Watchdog *dog = argument;
    pthread_mutex_lock(&dog->lock);
    while (!dog->stop) {
        uint64_t next_ns = look_at_all_locked(dog);
        if (next_ns == NEVER_NS) {
            pthread_cond_wait(&dog->changed, &dog->lock);
            continue;
        }
        struct timespec until = {.tv_sec = (time_t)(next_ns / 1000000000u),
                                 .tv_nsec = (long)(next_ns % 1000000000u)};
        pthread_cond_timedwait(&dog->changed, &dog->lock, &until);
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

Watchdog *watchdog_create(Err *err) {
    Watchdog *dog = calloc(1, sizeof *dog);
    assert(dog != NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&dog->lock, NULL);
    pthread_cond_init(&dog->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&dog->thread, NULL, watchdog_main, dog);
    if (failed == 0)
        return dog;
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
    free(dog);
    err_fail_errno(err, failed, "cannot start the thread that watches queries");
    return NULL;
}

void watchdog_destroy(Watchdog *dog) {
    if (dog == NULL)
        return;
    pthread_mutex_lock(&dog->lock);
    assert(dog->first == NULL);
    dog->stop = true;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    pthread_join(dog->thread, NULL);
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
    free(dog);
}

void watchdog_add(Watchdog *dog, Watch *watch) {
    atomic_store(&watch->state, WATCH_QUIET);
    pthread_mutex_lock(&dog->lock);
    watch->previous = NULL;
    watch->next = dog->first;
    if (dog->first != NULL)
        dog->first->previous = watch;
    dog->first = watch;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
}

void watchdog_remove(Watchdog *dog, Watch *watch) {
    pthread_mutex_lock(&dog->lock);
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        dog->first = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
    pthread_mutex_unlock(&dog->lock);
}

bool watch_check(Watch *watch, Err *err) {
    switch (look(watch, clock_monotonic_ns())) {
    case WATCH_TIMEOUT:
        err_fail(err, FAIL_TIMEOUT, "the statement ran into its time limit of %u ms",
                 watch->limit_ms);
        return err_hint(err, "select less, or give a larger timeout_ms");
    case WATCH_CANCELLED:
        return err_fail(err, FAIL_CANCELLED, "the statement was cancelled");
    case WATCH_QUIET:
        break;
    }
    return true;
}
