/* top_k.h - the k smallest keys of a stream: a heap with the worst kept key on top.
 *
 * Ownership: the caller lends the room for `capacity` keys.   Threads: one at a time. */
#ifndef VECTOR_TOP_K_H
#define VECTOR_TOP_K_H

#include "vector/vector_set.h"

typedef struct TopK {
    HitKey *keys; /* a max-heap */
    uint32_t count, capacity;
} TopK;

static inline bool top_k_is_full(const TopK *top) {
    return top->count == top->capacity;
}

/* The key that a new one has to beat; the greatest of all while there is room. */
static inline HitKey top_k_bound(const TopK *top) {
    return top_k_is_full(top) ? (top->capacity > 0 ? top->keys[0] : 0) : UINT64_MAX;
}

void top_k_push(TopK *top, HitKey key); /* does nothing unless the key beats the bound */
/* Sorts what was kept, nearest first, and turns it into hits in `arena`. Ends the heap. */
void top_k_take(TopK *top, Arena *arena, VectorHit **out_hits, size_t *out_count);

#endif
