/* hnsw_scratch.c - scratch memory of walks, and the pool that hands it from search to search.
 *
 * The pool is a short list under a mutex, held for two assignments. It keeps KEPT_MAX scratches; a
 * burst of more searches than that makes its own and frees them. Marks are 16 bits: they cost two
 * bytes a node, and are cleared every 65,535 walks.
 *
 * Tested by: test_hnsw_scratch.c. */
#include "vector/hnsw_scratch.h"

#include <pthread.h>
#include <stdlib.h>

enum { KEPT_MAX = 16, FRONTIER_FIRST = 256, BEAM_FIRST = 128 };

struct HnswScratchPool {
    pthread_mutex_t mutex; /* protects the rest */
    HnswScratch *kept;
    uint32_t kept_count;
    uint32_t node_count;
};

HnswScratch *hnsw_scratch_create(uint32_t node_count, Err *err) {
    HnswScratch *scratch = calloc(1, sizeof *scratch);
    if (scratch != NULL) {
        scratch->node_count = node_count;
        scratch->visited = calloc((size_t)node_count + 1, sizeof *scratch->visited);
    }
    if (scratch == NULL || scratch->visited == NULL) {
        hnsw_scratch_destroy(scratch);
        (void)err_fail(err, FAIL_NO_MEMORY, "no memory to search a graph of %u nodes", node_count);
        return NULL;
    }
    if (!hnsw_scratch_reserve(scratch, BEAM_FIRST, err)) {
        hnsw_scratch_destroy(scratch);
        return NULL;
    }
    return scratch;
}

void hnsw_scratch_destroy(HnswScratch *scratch) {
    if (scratch == NULL)
        return;
    free(scratch->visited);
    free(scratch->beam);
    free(scratch->frontier);
    free(scratch);
}

static bool grow_keys(HitKey **keys, uint32_t *capacity, uint32_t wanted, Err *err) {
    if (wanted <= *capacity)
        return true;
    HitKey *grown = realloc(*keys, (size_t)wanted * sizeof *grown);
    if (grown == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory for %u candidates of a search", wanted);
    *keys = grown;
    *capacity = wanted;
    return true;
}

bool hnsw_scratch_reserve(HnswScratch *scratch, uint32_t beam_capacity, Err *err) {
    return grow_keys(&scratch->beam, &scratch->beam_capacity, beam_capacity, err);
}

void hnsw_scratch_begin(HnswScratch *scratch) {
    if (++scratch->epoch == 0) {
        memset(scratch->visited, 0, (size_t)scratch->node_count * sizeof *scratch->visited);
        scratch->epoch = 1;
    }
    scratch->beam_count = 0;
    scratch->frontier_count = 0;
}

/* A walk pushes a node at most once, so the frontier cannot outgrow the graph. */
bool hnsw_frontier_push(HnswScratch *scratch, HitKey key, Err *err) {
    uint32_t at = scratch->frontier_count;
    if (at == scratch->frontier_capacity &&
        !grow_keys(&scratch->frontier, &scratch->frontier_capacity,
                   at < FRONTIER_FIRST ? FRONTIER_FIRST : at + at / 2, err))
        return false;
    HitKey *heap = scratch->frontier;
    while (at > 0 && heap[(at - 1) / 2] > key) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = key;
    scratch->frontier_count++;
    return true;
}

HitKey hnsw_frontier_pop(HnswScratch *scratch) {
    HitKey *heap = scratch->frontier;
    HitKey nearest = heap[0];
    uint32_t count = --scratch->frontier_count;
    HitKey last = heap[count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return nearest;
}

HnswScratchPool *hnsw_scratch_pool_create(uint32_t node_count) {
    HnswScratchPool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        abort();
    pthread_mutex_init(&pool->mutex, NULL);
    pool->node_count = node_count;
    return pool;
}

void hnsw_scratch_pool_destroy(HnswScratchPool *pool) {
    if (pool == NULL)
        return;
    while (pool->kept != NULL) {
        HnswScratch *scratch = pool->kept;
        pool->kept = scratch->next;
        hnsw_scratch_destroy(scratch);
    }
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

HnswScratch *hnsw_scratch_take(HnswScratchPool *pool, Err *err) {
    pthread_mutex_lock(&pool->mutex);
    HnswScratch *scratch = pool->kept;
    if (scratch != NULL) {
        pool->kept = scratch->next;
        pool->kept_count--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return scratch != NULL ? scratch : hnsw_scratch_create(pool->node_count, err);
}

void hnsw_scratch_put(HnswScratchPool *pool, HnswScratch *scratch) {
    pthread_mutex_lock(&pool->mutex);
    bool keep = pool->kept_count < KEPT_MAX;
    if (keep) {
        scratch->next = pool->kept;
        pool->kept = scratch;
        pool->kept_count++;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (!keep)
        hnsw_scratch_destroy(scratch);
}
