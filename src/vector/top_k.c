/* top_k.c - a bounded binary heap of keys.
 *
 * Keys are unique (they hold the row), so the order of equal distances is settled by the key and
 * the result does not depend on the order of arrival.
 *
 * Tested by: test_flat.c, against a full sort. */
#include "vector/top_k.h"

#include <stdlib.h>

static void sift_up(HitKey *keys, uint32_t at) {
    HitKey key = keys[at];
    while (at > 0 && keys[(at - 1) / 2] < key) {
        keys[at] = keys[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    keys[at] = key;
}

static void sift_down(HitKey *keys, uint32_t count, HitKey key) {
    uint32_t at = 0;
    for (uint32_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && keys[child + 1] > keys[child])
            child++;
        if (keys[child] <= key)
            break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

void top_k_push(TopK *top, HitKey key) {
    if (key >= top_k_bound(top))
        return;
    if (top_k_is_full(top)) {
        sift_down(top->keys, top->count, key);
    } else {
        top->keys[top->count++] = key;
        sift_up(top->keys, top->count - 1);
    }
}

static int compare_keys(const void *left, const void *right) {
    HitKey a = *(const HitKey *)left, b = *(const HitKey *)right;
    return (a > b) - (a < b);
}

void top_k_take(TopK *top, Arena *arena, VectorHit **out_hits, size_t *out_count) {
    qsort(top->keys, top->count, sizeof *top->keys, compare_keys);
    VectorHit *hits = ARENA_ARRAY(arena, VectorHit, top->count);
    for (uint32_t i = 0; i < top->count; i++)
        hits[i] = (VectorHit){hit_key_row(top->keys[i]), hit_key_distance(top->keys[i])};
    *out_hits = hits;
    *out_count = top->count;
}
