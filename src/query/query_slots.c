/* query_slots.c - a counting semaphore with a time limit on the monotonic clock.
 *
 * sem_timedwait would do, but counts its limit on the wall clock, which may jump.
 *
 * Tested by: test_query_watchdog.c. */
#include "query/query_slots.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/metrics.h"

struct QuerySlots {
    pthread_mutex_t lock; /* protects `free_count` */
    pthread_cond_t freed;
    uint32_t free_count, count;
};

QuerySlots *query_slots_create(uint32_t count) {
    QuerySlots *slots = calloc(1, sizeof *slots);
    assert(slots != NULL);
    slots->count = slots->free_count = count > 0 ? count : 1;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&slots->lock, NULL);
    pthread_cond_init(&slots->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return slots;
}

void query_slots_destroy(QuerySlots *slots) {
    if (slots == NULL)
        return;
    assert(slots->free_count == slots->count);
    pthread_cond_destroy(&slots->freed);
    pthread_mutex_destroy(&slots->lock);
    free(slots);
}

bool query_slots_take(QuerySlots *slots, uint32_t wait_ms, Err *err) {
    uint64_t until_ns = clock_monotonic_ns() + (uint64_t)wait_ms * 1000000u;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                             .tv_nsec = (long)(until_ns % 1000000000u)};
    int waited = 0;
    pthread_mutex_lock(&slots->lock);
    while (slots->free_count == 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&slots->freed, &slots->lock, &until);
    bool taken = slots->free_count > 0;
    if (taken)
        metric_set(METRIC_QUERIES_RUNNING, (int64_t)(slots->count - --slots->free_count));
    pthread_mutex_unlock(&slots->lock);
    if (taken)
        return true;
    err_fail(err, FAIL_BUSY, "%u queries are running, no place came free in time", slots->count);
    return err_hint(err, "try again in a moment");
}

void query_slots_give(QuerySlots *slots) {
    pthread_mutex_lock(&slots->lock);
    assert(slots->free_count < slots->count);
    metric_set(METRIC_QUERIES_RUNNING, (int64_t)(slots->count - ++slots->free_count));
    pthread_cond_signal(&slots->freed);
    pthread_mutex_unlock(&slots->lock);
}
