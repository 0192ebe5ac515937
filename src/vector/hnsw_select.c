/* hnsw_select.c - which candidates become links: the heuristic of the paper (algorithm 4).
 *
 * A candidate is taken unless it is nearer to one taken before it than to the node, so links point
 * in different directions and clusters stay joined. Candidates that were passed over are not used
 * to fill up the list.
 *
 * Departure: of candidates with equal vectors only the first is taken. Data hold crowds of equal
 * rows (empty texts, boilerplate); without this rule they fill each other's lists and close
 * themselves off. What a crowd loses in links, hnsw_join.c gives back.
 *
 * Tested by: test_hnsw_walk.c. */
#include "vector/hnsw_graph.h"

typedef struct Taken {
    const float *vector;
    float to_node;
} Taken;

static bool is_twin(const Taken *taken, const float *vector, float to_node, size_t dimension) {
    return taken->to_node == to_node &&
           memcmp(taken->vector, vector, dimension * sizeof *vector) == 0;
}

uint32_t hnsw_select(const VectorRows *rows, const Distance *distance, const HitKey *candidates,
                     uint32_t candidate_count, uint32_t max, uint32_t *out_ids) {
    Taken taken[HNSW_LIST_MAX];
    uint32_t count = 0;
    for (uint32_t c = 0; c < candidate_count && count < max; c++) {
        uint32_t row = hit_key_row(candidates[c]);
        float to_node = hit_key_distance(candidates[c]);
        const float *vector = vector_rows_at(rows, row);
        bool wanted = true;
        for (uint32_t t = 0; t < count && wanted; t++)
            wanted = !is_twin(&taken[t], vector, to_node, distance->dimension) &&
                     !(distance_between(distance, vector, taken[t].vector) < to_node);
        if (!wanted)
            continue;
        taken[count] = (Taken){vector, to_node};
        out_ids[count++] = row;
    }
    return count;
}
