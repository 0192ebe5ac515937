/* hnsw_walk.c - the two movements that building and searching share: descend, and beam.
 *
 * Descending is greedy: on each layer step to the nearest neighbour until none is nearer.
 *
 * The beam is one sorted array of the `ef` nearest seen, not the two heaps of the paper: the low
 * bit of a key marks that its node has been expanded, and the cursor stands on the nearest one
 * that has not. An array of a few hundred integers is searched and shifted faster than heaps are
 * sifted, and the result is sorted when the walk ends, which is when the cursor falls off the end.
 *
 * Fetching vectors from memory is most of the cost. So an expansion first collects the neighbours
 * that are new, and asks for each vector a few distances before it is needed; whole vectors, since
 * the processor's own foresight starts anew with each (a fifth of the time at 384 dimensions). The
 * list of the node that is likely to be expanded next is asked for one expansion ahead.
 *
 * Tested by: test_hnsw_walk.c (graphs by hand), test_hnsw_recall.c (floors). */
#include "vector/hnsw_graph.h"

enum { FETCH_AHEAD = 4 };

static HitKey key_of(const HnswWalk *walk, uint32_t node) {
    const float *vector = vector_rows_at(walk->rows, node);
    return hit_key(distance_between(&walk->distance, walk->query, vector), node);
}

HitKey hnsw_descend(const HnswWalk *walk, uint32_t layer) {
    const HnswGraph *graph = walk->graph;
    HitKey nearest = key_of(walk, graph->entry);
    for (uint32_t at = graph->level_max; at > layer; at--) {
        HitKey from;
        do { /* ends: each round is nearer than the last */
            from = nearest;
            const uint32_t *list = hnsw_list(graph, hit_key_row(from), at);
            uint32_t count = hnsw_list_count(list, hnsw_upper_slots(&graph->params));
            for (uint32_t i = 0; i < count; i++)
                vector_rows_prefetch(walk->rows, list[i]);
            for (uint32_t i = 0; i < count; i++) {
                HitKey key = key_of(walk, list[i]);
                if (key < nearest)
                    nearest = key;
            }
        } while (nearest != from);
    }
    return nearest;
}

static void prefetch_list(const HnswGraph *graph, HitKey key, uint32_t layer) {
    enum { SLOTS_A_LINE = 64 / sizeof(uint32_t) };
    const uint32_t *list = hnsw_list(graph, hit_key_row(key), layer);
    __builtin_prefetch(list);
    __builtin_prefetch(list + SLOTS_A_LINE);
}

/* Without a branch on what was visited, which would be foreseen wrongly half of the time. */
static uint32_t collect_new(const HnswWalk *walk, uint32_t node, uint32_t layer, uint32_t *out) {
    const uint32_t *list = hnsw_list(walk->graph, node, layer);
    uint32_t slots = hnsw_list_slots(&walk->graph->params, layer), count = 0;
    for (uint32_t i = 0; i < slots && list[i] != HNSW_NO_LINK; i++) {
        out[count] = list[i];
        count += hnsw_scratch_visit(walk->scratch, list[i]);
    }
    return count;
}

/* Returns the best place that a neighbour took in the beam, or `ef`. */
static uint32_t expand(const HnswWalk *walk, uint32_t node, uint32_t layer, uint32_t ef) {
    uint32_t fresh[HNSW_LIST_MAX];
    uint32_t count = collect_new(walk, node, layer, fresh);
    for (uint32_t i = 0; i < count && i < FETCH_AHEAD; i++)
        vector_rows_prefetch(walk->rows, fresh[i]);
    uint32_t best = ef;
    for (uint32_t i = 0; i < count; i++) {
        if (i + FETCH_AHEAD < count)
            vector_rows_prefetch(walk->rows, fresh[i + FETCH_AHEAD]);
        uint32_t place = hnsw_beam_insert(walk->scratch, ef, key_of(walk, fresh[i]));
        if (place < best)
            best = place;
    }
    return best;
}

void hnsw_beam(const HnswWalk *walk, uint32_t layer, HitKey start, uint32_t ef) {
    HnswScratch *scratch = walk->scratch;
    hnsw_scratch_begin(scratch);
    (void)hnsw_scratch_visit(scratch, hit_key_row(start));
    scratch->beam[0] = start;
    scratch->beam_count = 1;
    uint32_t cursor = 0;
    while (cursor < scratch->beam_count) {
        HitKey key = scratch->beam[cursor];
        if ((key & HIT_KEY_MARK) != 0) {
            cursor++;
            continue;
        }
        scratch->beam[cursor] = key | HIT_KEY_MARK;
        if (cursor + 1 < scratch->beam_count)
            prefetch_list(walk->graph, scratch->beam[cursor + 1], layer);
        uint32_t best = expand(walk, hit_key_row(key), layer, ef);
        cursor = best <= cursor ? best : cursor + 1;
        if (cursor < scratch->beam_count)
            prefetch_list(walk->graph, scratch->beam[cursor], layer);
    }
    for (uint32_t i = 0; i < scratch->beam_count; i++)
        scratch->beam[i] &= ~(HitKey)HIT_KEY_MARK;
}
