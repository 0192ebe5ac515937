/* connection_watch.c - a list under one lock and a thread that walks it a few times a second.
 *
 * `waiting_since_ns` is 0 while a request is being served. Reading it without the lock is fine: a
 * stale value costs at most one tick. The lock protects the list, and with it the descriptors: an
 * entry leaves the list before its descriptor is closed, so the watcher never touches a number that
 * the kernel has given to somebody else.
 *
 * Tested by: tests/unit/gateway/test_http_server.c (a client that trickles headers). */
#include "gateway/connection_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

enum { TICK_MS = 250 };

struct WatchedConnection {
    int fd;
    _Atomic uint64_t waiting_since_ns; /* 0 = busy */
    WatchedConnection *previous, *next;
};

struct ConnectionWatch {
    pthread_mutex_t lock; /* the list and `stopping` */
    pthread_cond_t wake;
    pthread_t thread;
    WatchedConnection *first;
    uint64_t limit_ns;
    _Atomic uint32_t count;
    bool stopping;
};

static void shut_late_ones(ConnectionWatch *watch) {
    uint64_t now = clock_monotonic_ns();
    for (WatchedConnection *at = watch->first; at != NULL; at = at->next) {
        uint64_t since = atomic_load_explicit(&at->waiting_since_ns, memory_order_relaxed);
        if (since != 0 && now > since && now - since > watch->limit_ns)
            shutdown(at->fd, SHUT_RDWR);
    }
}

static void *watch_main(void *argument) {
    ConnectionWatch *watch = argument;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)TICK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
        shut_late_ones(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

ConnectionWatch *connection_watch_start(uint32_t head_limit_ms, Err *err) {
    ConnectionWatch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        abort();
    watch->limit_ns = (uint64_t)head_limit_ms * 1000000;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    int status = pthread_create(&watch->thread, NULL, watch_main, watch);
    if (status != 0) {
        free(watch);
        err_fail_errno(err, status, "cannot start a thread");
        return NULL;
    }
    return watch;
}

void connection_watch_stop(ConnectionWatch *watch) {
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    for (WatchedConnection *at = watch->first, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

WatchedConnection *connection_watch_add(ConnectionWatch *watch, int fd) {
    WatchedConnection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        abort();
    connection->fd = fd;
    connection_watch_waiting(connection);
    pthread_mutex_lock(&watch->lock);
    connection->next = watch->first;
    if (watch->first != NULL)
        watch->first->previous = connection;
    watch->first = connection;
    pthread_mutex_unlock(&watch->lock);
    atomic_fetch_add(&watch->count, 1);
    return connection;
}

void connection_watch_remove(ConnectionWatch *watch, WatchedConnection *connection) {
    pthread_mutex_lock(&watch->lock);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        watch->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&watch->lock);
    atomic_fetch_sub(&watch->count, 1);
    free(connection);
}

void connection_watch_busy(WatchedConnection *connection) {
    atomic_store_explicit(&connection->waiting_since_ns, 0, memory_order_relaxed);
}

void connection_watch_waiting(WatchedConnection *connection) {
    atomic_store_explicit(&connection->waiting_since_ns, clock_monotonic_ns(),
                          memory_order_relaxed);
}

uint32_t connection_watch_count(const ConnectionWatch *watch) {
    return atomic_load(&watch->count);
}
