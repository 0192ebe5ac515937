/* thread_pool.h - a fixed set of threads, and loops that share themselves out over it.
 *
 * parallel_for hands out `count` items in order of index, `grain` at a time; the caller works too,
 * so it also runs with no pool (NULL) and never deadlocks when nested. The first error wins and
 * stops the handing out. `lane` is 0 .. pool_lanes()-1, unique among the threads of one loop: an
 * index into per-thread scratch.
 *
 * Ownership: whoever creates the pool destroys it, after its last loop.
 * Threads: any number of loops may run at once from any threads. */
#ifndef BASE_THREAD_POOL_H
#define BASE_THREAD_POOL_H

#include <stddef.h>

#include "base/err.h"

typedef struct ThreadPool ThreadPool;
typedef bool (*ParallelFn)(void *context, size_t from, size_t to, size_t lane, Err *err);

ThreadPool *pool_create(size_t threads);   /* 0 = one per online core; aborts if none can start */
void pool_destroy(ThreadPool *pool);       /* joins; NULL is fine */
size_t pool_lanes(const ThreadPool *pool); /* threads + 1 for the caller; 1 for NULL */

MUST_CHECK bool parallel_for(ThreadPool *pool, size_t count, size_t grain, ParallelFn fn,
                             void *context, Err *err);

#endif
