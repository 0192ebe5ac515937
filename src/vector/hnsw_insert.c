/* hnsw_insert.c - insert rows in batches, so that any number of threads makes the same graph.
 *
 * The paper inserts one row at a time; to do that on several threads, libraries lock nodes, and
 * the graph depends on who came first. Here a batch of rows goes through two parallel loops with a
 * barrier between them (the idea of ParlayANN, arXiv 2305.04359):
 *
 *   find   each row of the batch searches the graph as it was before the batch, and is compared
 *          with every other row of the batch; from both it selects its links, writes its own lists
 *          and notes a proposal for each link: "target, take me as well".
 *   link   proposals are sorted by target; each target, visited by one thread only, takes its
 *          proposals in, and selects anew when its list would overflow.
 *
 * Nothing is locked, no list is read while it is written, and the result depends on the seed alone.
 * Comparing within the batch costs a few percent and heals what batches would harm: rows that are
 * nearest to each other find each other, even when they are the only ones of their kind, as new
 * rows of a new topic are. It also makes the first batch, into an empty graph, nothing special.
 *
 * Rows go in shuffled, because data come sorted: a graph built topic by topic has few links between
 * topics.
 *
 * Tested by: test_hnsw_build.c (threads agree bit by bit), test_hnsw_recall.c (floors). */
#include "vector/hnsw_insert.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

enum { BATCH_ROWS = 256, FIND_GRAIN = 4, LINK_GRAIN = 32 };

typedef struct Proposal {
    uint32_t layer, target;
    HitKey source; /* distance to the target, and the row that wants to be taken */
} Proposal;

typedef struct Lane {
    HnswScratch *scratch;
    float *raw;         /* distances within the batch */
    HitKey *candidates; /* of a list that overflows */
    uint32_t candidates_capacity;
} Lane;

struct HnswBuilder {
    HnswIndex *index;
    HnswSlabs slabs;
    ThreadPool *pool;
    Distance distance;
    Lane *lanes;
    size_t lane_count;

    /* The batch at work. */
    uint32_t rows[BATCH_ROWS];
    uint32_t row_count;
    float *vectors;          /* its rows one after another */
    Proposal *proposals;     /* a run for each row ... */
    size_t *proposal_starts; /* ... beginning here; row_count + 1 */
    uint32_t *proposal_counts;
    size_t *groups; /* first proposal of each target, after sorting */
    size_t group_count, proposals_capacity;
};

uint32_t hnsw_level_draw(const HnswParams *params, uint32_t row) {
    Rng rng = rng_seeded(params->seed ^ ((uint64_t)row + 1) * UINT64_C(0x9E3779B97F4A7C15));
    double level = -log(1.0 - rng_unit(&rng)) / log(params->m);
    return level < HNSW_LEVEL_MAX ? (uint32_t)level : HNSW_LEVEL_MAX;
}

static bool lane_init(Lane *lane, const HnswIndex *index, Err *err) {
    lane->scratch = hnsw_scratch_create(index->graph.node_count, err);
    if (lane->scratch == NULL ||
        !hnsw_scratch_reserve(lane->scratch, index->graph.params.ef_construction, err))
        return false;
    lane->raw = calloc(BATCH_ROWS, sizeof *lane->raw);
    lane->candidates_capacity = hnsw_ground_slots(&index->graph.params) + BATCH_ROWS;
    lane->candidates = calloc(lane->candidates_capacity, sizeof *lane->candidates);
    if (lane->raw == NULL || lane->candidates == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory to build a graph");
    return true;
}

HnswBuilder *hnsw_builder_create(HnswIndex *index, ThreadPool *pool, Err *err) {
    HnswBuilder *builder = calloc(1, sizeof *builder);
    if (builder == NULL)
        abort();
    builder->index = index;
    builder->slabs = index->slabs;
    builder->pool = pool;
    builder->distance =
        distance_make(index->base.set.metric, index->base.set.dimension, kernels_get());
    builder->lane_count = pool_lanes(pool);
    builder->lanes = calloc(builder->lane_count, sizeof *builder->lanes);
    builder->vectors = aligned_alloc(
        64, ((size_t)BATCH_ROWS * index->base.set.dimension * sizeof(float) / 64 + 1) * 64);
    builder->proposal_starts = calloc(BATCH_ROWS + 1, sizeof *builder->proposal_starts);
    builder->proposal_counts = calloc(BATCH_ROWS, sizeof *builder->proposal_counts);
    bool ready = builder->lanes != NULL && builder->vectors != NULL &&
                 builder->proposal_starts != NULL && builder->proposal_counts != NULL;
    if (!ready)
        (void)err_fail(err, FAIL_NO_MEMORY, "no memory to build a graph");
    for (size_t i = 0; ready && i < builder->lane_count; i++)
        ready = lane_init(&builder->lanes[i], index, err);
    if (!ready) {
        hnsw_builder_destroy(builder);
        return NULL;
    }
    return builder;
}

void hnsw_builder_destroy(HnswBuilder *builder) {
    if (builder == NULL)
        return;
    for (size_t i = 0; builder->lanes != NULL && i < builder->lane_count; i++) {
        hnsw_scratch_destroy(builder->lanes[i].scratch);
        free(builder->lanes[i].raw);
        free(builder->lanes[i].candidates);
    }
    free(builder->lanes);
    free(builder->vectors);
    free(builder->proposals);
    free(builder->proposal_starts);
    free(builder->proposal_counts);
    free(builder->groups);
    free(builder);
}

HnswScratch *hnsw_builder_scratch(HnswBuilder *builder) {
    return builder->lanes[0].scratch;
}

/* ---- find: each row chooses its links ---- */

static bool all_finite(const float *vector, size_t dimension) {
    unsigned bad = 0;
    for (size_t i = 0; i < dimension; i++)
        bad |= !(fabsf(vector[i]) <= FLT_MAX);
    return bad == 0;
}

/* Takes the rows in, and makes room for one proposal for each link they can have. */
static bool begin_batch(HnswBuilder *builder, const uint32_t *rows, uint32_t row_count, Err *err) {
    const HnswGraph *graph = &builder->index->graph;
    size_t dimension = builder->index->base.set.dimension, total = 0;
    builder->row_count = row_count;
    for (uint32_t i = 0; i < row_count; i++) {
        const float *vector = vector_rows_at(&builder->index->rows, rows[i]);
        if (!all_finite(vector, dimension))
            return err_fail(err, FAIL_INVALID, "vector %u holds a value that is not finite",
                            rows[i]);
        memcpy(builder->vectors + i * dimension, vector, dimension * sizeof *vector);
        builder->rows[i] = rows[i];
        builder->proposal_starts[i] = total;
        total += (size_t)graph->params.m * (graph->levels[rows[i]] + 1u);
    }
    builder->proposal_starts[row_count] = total;
    if (total > builder->proposals_capacity) {
        Proposal *proposals = realloc(builder->proposals, total * sizeof *proposals);
        if (proposals != NULL)
            builder->proposals = proposals;
        size_t *groups = realloc(builder->groups, (total + 1) * sizeof *groups);
        if (groups != NULL)
            builder->groups = groups;
        if (proposals == NULL || groups == NULL)
            return err_fail(err, FAIL_NO_MEMORY, "no memory to build a graph");
        builder->proposals_capacity = total;
    }
    return true;
}

static uint32_t *list_of(const HnswBuilder *builder, uint32_t node, uint32_t layer) {
    return (layer == 0 ? builder->slabs.ground : builder->slabs.upper) +
           hnsw_list_offset(&builder->index->graph, node, layer);
}

static void add_batch_mates(const HnswBuilder *builder, const Lane *lane, uint32_t self,
                            uint32_t layer) {
    const HnswGraph *graph = &builder->index->graph;
    for (uint32_t i = 0; i < builder->row_count; i++)
        if (i != self && graph->levels[builder->rows[i]] >= layer)
            hnsw_beam_insert(
                lane->scratch, graph->params.ef_construction,
                hit_key(distance_of_raw(&builder->distance, lane->raw[i]), builder->rows[i]));
}

static void choose_links(HnswBuilder *builder, const Lane *lane, uint32_t self, uint32_t layer) {
    const HnswGraph *graph = &builder->index->graph;
    const HnswScratch *scratch = lane->scratch;
    uint32_t node = builder->rows[self];
    uint32_t *list = list_of(builder, node, layer);
    uint32_t count = hnsw_select(&builder->index->rows, &builder->distance, scratch->beam,
                                 scratch->beam_count, graph->params.m, list);
    Proposal *proposals = builder->proposals + builder->proposal_starts[self];
    uint32_t link = 0;
    for (uint32_t c = 0; c < scratch->beam_count && link < count; c++) {
        if (hit_key_row(scratch->beam[c]) != list[link])
            continue;
        HitKey source = hit_key(hit_key_distance(scratch->beam[c]), node);
        proposals[builder->proposal_counts[self]++] = (Proposal){layer, list[link], source};
        link++;
    }
}

static bool find_links(void *context, size_t from, size_t to, size_t lane_index, Err *err) {
    (void)err; /* all memory was made ready before */
    HnswBuilder *builder = context;
    Lane *lane = &builder->lanes[lane_index];
    const HnswGraph *graph = &builder->index->graph;
    size_t dimension = builder->distance.dimension;
    bool empty = graph->entry == HNSW_NO_LINK;
    for (size_t self = from; self < to; self++) {
        HnswWalk walk = {graph, &builder->index->rows, builder->distance,
                         builder->vectors + self * dimension, lane->scratch};
        uint32_t level = graph->levels[builder->rows[self]];
        builder->distance.raw_rows(walk.query, builder->vectors, builder->row_count, dimension,
                                   lane->raw);
        builder->proposal_counts[self] = 0;
        HitKey start = empty ? 0 : hnsw_descend(&walk, level);
        for (uint32_t layer = level + 1; layer-- > 0;) {
            if (!empty && layer <= graph->level_max) {
                hnsw_beam(&walk, layer, start, graph->params.ef_construction);
                start = lane->scratch->beam[0];
            } else {
                hnsw_scratch_begin(lane->scratch);
            }
            add_batch_mates(builder, lane, (uint32_t)self, layer);
            choose_links(builder, lane, (uint32_t)self, layer);
        }
    }
    return true;
}

/* ---- link: each target answers its proposals ---- */

static int compare_proposals(const void *left, const void *right) {
    const Proposal *a = left, *b = right;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return (a->source > b->source) - (a->source < b->source);
}

static int compare_keys(const void *left, const void *right) {
    HitKey a = *(const HitKey *)left, b = *(const HitKey *)right;
    return (a > b) - (a < b);
}

/* Closes the gaps between the rows' runs, sorts, and notes where each target begins. */
static void gather_proposals(HnswBuilder *builder) {
    Proposal *proposals = builder->proposals;
    size_t count = 0;
    for (uint32_t i = 0; i < builder->row_count; i++) {
        memmove(proposals + count, proposals + builder->proposal_starts[i],
                builder->proposal_counts[i] * sizeof *proposals);
        count += builder->proposal_counts[i];
    }
    qsort(proposals, count, sizeof *proposals, compare_proposals);
    builder->group_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || proposals[i].target != proposals[i - 1].target ||
            proposals[i].layer != proposals[i - 1].layer)
            builder->groups[builder->group_count++] = i;
    builder->groups[builder->group_count] = count;
}

static bool holds(const uint32_t *list, uint32_t count, uint32_t node) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == node)
            return true;
    return false;
}

/* Selects again among the links there are and those proposed. */
static void select_again(const HnswBuilder *builder, const Lane *lane, uint32_t target,
                         uint32_t *list, uint32_t count, uint32_t cap, uint32_t slots,
                         uint32_t candidate_count) {
    const VectorRows *rows = &builder->index->rows;
    const float *vector = vector_rows_at(rows, target);
    for (uint32_t i = 0; i < count; i++)
        vector_rows_prefetch(rows, list[i]);
    for (uint32_t i = 0; i < count; i++) {
        float distance =
            distance_between(&builder->distance, vector, vector_rows_at(rows, list[i]));
        lane->candidates[candidate_count++] = hit_key(distance, list[i]);
    }
    qsort(lane->candidates, candidate_count, sizeof *lane->candidates, compare_keys);
    uint32_t kept =
        hnsw_select(rows, &builder->distance, lane->candidates, candidate_count, cap, list);
    for (uint32_t i = kept; i < slots; i++)
        list[i] = HNSW_NO_LINK;
}

static void answer_proposals(const HnswBuilder *builder, const Lane *lane,
                             const Proposal *proposals, size_t proposal_count) {
    const HnswParams *params = &builder->index->graph.params;
    uint32_t layer = proposals->layer, target = proposals->target;
    uint32_t slots = hnsw_list_slots(params, layer);
    uint32_t cap = layer == 0 ? hnsw_ground_cap(params) : slots;
    uint32_t *list = list_of(builder, target, layer);
    uint32_t count = hnsw_list_count(list, slots), fresh = 0;
    for (size_t i = 0; i < proposal_count; i++)
        if (!holds(list, count, hit_key_row(proposals[i].source)))
            lane->candidates[fresh++] = proposals[i].source;
    if (count + fresh > cap && fresh > 0) {
        select_again(builder, lane, target, list, count, cap, slots, fresh);
        return;
    }
    for (uint32_t i = 0; i < fresh; i++)
        list[count + i] = hit_key_row(lane->candidates[i]);
}

static bool link_targets(void *context, size_t from, size_t to, size_t lane_index, Err *err) {
    (void)err;
    const HnswBuilder *builder = context;
    const Lane *lane = &builder->lanes[lane_index];
    for (size_t group = from; group < to; group++) {
        size_t first = builder->groups[group];
        answer_proposals(builder, lane, builder->proposals + first,
                         builder->groups[group + 1] - first);
    }
    return true;
}

/* The first row of the highest level is where walks begin. */
static void raise_entry(HnswBuilder *builder) {
    HnswGraph *graph = &builder->index->graph;
    for (uint32_t i = 0; i < builder->row_count; i++) {
        uint32_t level = graph->levels[builder->rows[i]];
        if (graph->entry == HNSW_NO_LINK || level > graph->level_max) {
            graph->entry = builder->rows[i];
            graph->level_max = level;
        }
    }
}

static bool insert_batch(HnswBuilder *builder, const uint32_t *rows, uint32_t count, Err *err) {
    if (!begin_batch(builder, rows, count, err) ||
        !parallel_for(builder->pool, count, FIND_GRAIN, find_links, builder, err))
        return false;
    gather_proposals(builder);
    if (!parallel_for(builder->pool, builder->group_count, LINK_GRAIN, link_targets, builder, err))
        return false;
    raise_entry(builder);
    return true;
}

static void shuffle(uint32_t *rows, uint32_t count, uint64_t seed) {
    Rng rng = rng_seeded(seed);
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)rng_below(&rng, i);
        uint32_t row = rows[i - 1];
        rows[i - 1] = rows[other];
        rows[other] = row;
    }
}

bool hnsw_insert_rows(HnswBuilder *builder, uint32_t first, Progress *progress, Err *err) {
    const HnswGraph *graph = &builder->index->graph;
    uint32_t count = graph->node_count - first;
    uint32_t *order = calloc((size_t)count + 1, sizeof *order);
    if (order == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory to build a graph of %u rows", count);
    for (uint32_t i = 0; i < count; i++)
        order[i] = first + i;
    shuffle(order, count, graph->params.seed + first);
    bool inserted = true;
    for (uint32_t at = 0; inserted && at < count; at += BATCH_ROWS) {
        uint32_t batch = count - at < BATCH_ROWS ? count - at : BATCH_ROWS;
        inserted = progress_check(progress, err) && insert_batch(builder, order + at, batch, err);
        progress_add(progress, batch);
    }
    free(order);
    return inserted;
}
