/* hnsw_select.c - which candidates become links: the heuristic of the paper (algorithm 4).
 *
 * A candidate is taken when it is nearer to the node than to every candidate taken before it, so
 * links point in different directions and clusters stay joined.
 *
 * Departure: a candidate exactly as near to a taken one as to the node is passed over. Rows with
 * equal vectors would otherwise fill each other's lists and close themselves off. Candidates that
 * were passed over are not used to fill up the list.
 *
 * Tested by: test_hnsw_walk.c. */
#include "vector/hnsw_graph.h"

uint32_t hnsw_select(const VectorRows *rows, const Distance *distance, const HitKey *candidates,
                     uint32_t candidate_count, uint32_t max, uint32_t *out_ids) {
    const float *taken[HNSW_LIST_MAX];
    uint32_t count = 0;
    for (uint32_t c = 0; c < candidate_count && count < max; c++) {
        uint32_t row = hit_key_row(candidates[c]);
        float to_node = hit_key_distance(candidates[c]);
        const float *vector = vector_rows_at(rows, row);
        bool apart = true;
        for (uint32_t t = 0; t < count && apart; t++)
            apart = distance_between(distance, vector, taken[t]) > to_node;
        if (!apart)
            continue;
        taken[count] = vector;
        out_ids[count++] = row;
    }
    return count;
}
