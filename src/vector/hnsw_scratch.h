/* hnsw_scratch.h - what one walk writes on: visited marks, the beam, the frontier.
 *
 * A node is visited when its mark equals the current epoch, so a new walk begins by counting the
 * epoch up instead of clearing the marks. A pool keeps a few scratches for the next searches.
 *
 * Ownership: take gives one to the caller, who puts it back.
 * Threads: the pool any; a scratch one at a time. */
#ifndef VECTOR_HNSW_SCRATCH_H
#define VECTOR_HNSW_SCRATCH_H

#include "vector/vector_set.h"

typedef struct HnswScratch {
    struct HnswScratch *next; /* in the pool */
    uint32_t node_count;
    uint16_t epoch;
    uint16_t *visited;
    HitKey *beam; /* sorted */
    uint32_t beam_count, beam_capacity;
    HitKey *frontier; /* a min-heap */
    uint32_t frontier_count, frontier_capacity;
} HnswScratch;

typedef struct HnswScratchPool HnswScratchPool;

HnswScratch *hnsw_scratch_create(uint32_t node_count, Err *err);
void hnsw_scratch_destroy(HnswScratch *scratch);
MUST_CHECK bool hnsw_scratch_reserve(HnswScratch *scratch, uint32_t beam_capacity, Err *err);

/* Begins a walk: no node is visited, the beam and the frontier are empty. */
void hnsw_scratch_begin(HnswScratch *scratch);
/* True the first time in a walk. */
static inline bool hnsw_scratch_visit(HnswScratch *scratch, uint32_t node) {
    bool first = scratch->visited[node] != scratch->epoch;
    scratch->visited[node] = scratch->epoch;
    return first;
}

MUST_CHECK bool hnsw_frontier_push(HnswScratch *scratch, HitKey key, Err *err);
HitKey hnsw_frontier_pop(HnswScratch *scratch); /* the nearest; it must not be empty */

/* Inserts into the sorted beam, which keeps at most `ef` keys. Returns the place, or `ef` when the
 * key is no nearer than a full beam's last. */
static inline uint32_t hnsw_beam_insert(HnswScratch *scratch, uint32_t ef, HitKey key) {
    HitKey *beam = scratch->beam;
    uint32_t count = scratch->beam_count;
    if (count == ef) {
        if (key >= beam[count - 1])
            return ef;
        count--;
    }
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (beam[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(beam + low + 1, beam + low, (count - low) * sizeof *beam);
    beam[low] = key;
    scratch->beam_count = count + 1;
    return low;
}

HnswScratchPool *hnsw_scratch_pool_create(uint32_t node_count);
void hnsw_scratch_pool_destroy(HnswScratchPool *pool);
HnswScratch *hnsw_scratch_take(HnswScratchPool *pool, Err *err);
void hnsw_scratch_put(HnswScratchPool *pool, HnswScratch *scratch);

#endif
