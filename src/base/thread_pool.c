/* thread_pool.c - threads that sleep until somebody's loop has chunks left, then help with it.
 *
 * A loop lives on its caller's stack and hangs in the pool's list while it runs. Chunks are dealt
 * by one atomic counter, so the hot path takes no lock; joining and leaving a loop do. A free
 * thread joins the loop that has the fewest helpers, so no caller starves beside a longer loop.
 *
 * Nesting cannot deadlock: a caller works through the chunks himself, and then waits only for
 * helpers that are inside a chunk of his own loop. Such a helper can only wait for deeper loops,
 * which began later; following the waits therefore always ends at a thread that works.
 *
 * Not here: futures, priorities, stealing. Long work with a life of its own is a job (jobs/jobs.h).
 *
 * Tested by: tests/unit/base/test_thread_pool.c (also under the thread sanitizer). */
#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Loop {
    size_t count, grain, chunk_count;
    ParallelFn fn;
    void *context;
    _Atomic size_t next_chunk;
    atomic_bool stopped; /* an error happened: deal no more */

    /* The rest is protected by the pool's mutex. */
    struct Loop *next;
    size_t helpers;
    pthread_cond_t helpers_gone;
    bool failed;
    Err *err;
} Loop;

typedef struct Worker {
    ThreadPool *pool;
    pthread_t thread;
    size_t lane;
} Worker;

struct ThreadPool {
    pthread_mutex_t mutex; /* loops, closing, and what Loop says above */
    pthread_cond_t work_waits;
    Loop *loops;
    bool closing;
    size_t worker_count;
    Worker workers[];
};

static bool has_chunks(const Loop *loop) {
    return !atomic_load_explicit(&loop->stopped, memory_order_relaxed) &&
           atomic_load_explicit(&loop->next_chunk, memory_order_relaxed) < loop->chunk_count;
}

static void keep_first_error(ThreadPool *pool, Loop *loop, const Err *err) {
    atomic_store_explicit(&loop->stopped, true, memory_order_relaxed);
    pthread_mutex_lock(&pool->mutex);
    if (!loop->failed)
        *loop->err = *err;
    loop->failed = true;
    pthread_mutex_unlock(&pool->mutex);
}

/* Works until no chunk is left or somebody failed. */
static void run_chunks(ThreadPool *pool, Loop *loop, size_t lane) {
    while (!atomic_load_explicit(&loop->stopped, memory_order_relaxed)) {
        size_t chunk = atomic_fetch_add_explicit(&loop->next_chunk, 1, memory_order_relaxed);
        if (chunk >= loop->chunk_count)
            return;
        size_t from = chunk * loop->grain;
        size_t to = loop->count - from < loop->grain ? loop->count : from + loop->grain;
        Err err = {0};
        if (!loop->fn(loop->context, from, to, lane, &err))
            keep_first_error(pool, loop, &err);
    }
}

static Loop *neediest_loop_locked(const ThreadPool *pool) {
    Loop *found = NULL;
    for (Loop *loop = pool->loops; loop != NULL; loop = loop->next)
        if (has_chunks(loop) && (found == NULL || loop->helpers < found->helpers))
            found = loop;
    return found;
}

static void *worker_main(void *argument) {
    Worker *self = argument;
    ThreadPool *pool = self->pool;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->closing) {
        Loop *loop = neediest_loop_locked(pool);
        if (loop == NULL) {
            pthread_cond_wait(&pool->work_waits, &pool->mutex);
            continue;
        }
        loop->helpers++;
        pthread_mutex_unlock(&pool->mutex);
        run_chunks(pool, loop, self->lane);
        pthread_mutex_lock(&pool->mutex);
        if (--loop->helpers == 0)
            pthread_cond_signal(&loop->helpers_gone);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Signals are for the threads that expect them, so workers start with all of them blocked. */
static size_t start_workers(ThreadPool *pool, size_t wanted) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    size_t started = 0;
    for (; started < wanted; started++) {
        Worker *worker = &pool->workers[started];
        *worker = (Worker){.pool = pool, .lane = started + 1};
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
            break;
        char name[16];
        snprintf(name, sizeof name, "pool-%u", (unsigned)(started + 1) & 0xFFFF);
        pthread_setname_np(worker->thread, name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

ThreadPool *pool_create(size_t threads) {
    if (threads == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        threads = cores < 1 ? 1 : (size_t)cores;
    }
    ThreadPool *pool = calloc(1, sizeof *pool + threads * sizeof pool->workers[0]);
    if (pool == NULL) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_waits, NULL);
    pool->worker_count = start_workers(pool, threads);
    if (pool->worker_count == 0) {
        fprintf(stderr, "lakehouse: no thread could be started\n");
        abort();
    }
    return pool;
}

void pool_destroy(ThreadPool *pool) {
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work_waits);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->worker_count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->work_waits);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

size_t pool_lanes(const ThreadPool *pool) {
    return pool == NULL ? 1 : pool->worker_count + 1;
}

static bool run_alone(size_t count, size_t grain, ParallelFn fn, void *context, Err *err) {
    for (size_t from = 0; from < count;) {
        size_t to = count - from < grain ? count : from + grain;
        if (!fn(context, from, to, 0, err))
            return false;
        from = to;
    }
    return true;
}

static void unlink_locked(ThreadPool *pool, const Loop *loop) {
    Loop **link = &pool->loops;
    while (*link != loop)
        link = &(*link)->next;
    *link = loop->next;
}

bool parallel_for(ThreadPool *pool, size_t count, size_t grain, ParallelFn fn, void *context,
                  Err *err) {
    if (grain == 0)
        grain = 1;
    if (pool == NULL || count <= grain)
        return run_alone(count, grain, fn, context, err);
    Loop loop = {.count = count,
                 .grain = grain,
                 .chunk_count = count / grain + (count % grain != 0),
                 .fn = fn,
                 .context = context,
                 .err = err};
    pthread_cond_init(&loop.helpers_gone, NULL);

    pthread_mutex_lock(&pool->mutex);
    loop.next = pool->loops;
    // cppcheck-suppress autoVariables ; unlinked below, before this frame ends
    pool->loops = &loop;
    if (loop.chunk_count == 2)
        pthread_cond_signal(&pool->work_waits);
    else
        pthread_cond_broadcast(&pool->work_waits);
    pthread_mutex_unlock(&pool->mutex);

    run_chunks(pool, &loop, 0);

    pthread_mutex_lock(&pool->mutex);
    unlink_locked(pool, &loop);
    while (loop.helpers > 0)
        pthread_cond_wait(&loop.helpers_gone, &pool->mutex);
    bool failed = loop.failed;
    pthread_mutex_unlock(&pool->mutex);
    pthread_cond_destroy(&loop.helpers_gone);
    return !failed;
}
