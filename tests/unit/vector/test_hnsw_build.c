/* Building and extending: the contract of all indexes in every build mode, the same graph on any
 * number of threads, crowds of equal rows, refusals. */
#include "unit.h"

#include <math.h>

#include "base/vec.h"
#include "vector/hnsw_graph.h"
#include "vector/hnsw_insert.h"
#include "vector_contract.h"
#include "vector_data.h"

static VectorIndex *make_serial(const VectorSet *set, Err *err) {
    HnswParams params = hnsw_params_default();
    return hnsw_build(set, &params, NULL, NULL, err);
}

static VectorIndex *make_parallel(const VectorSet *set, Err *err) {
    HnswParams params = hnsw_params_default();
    ThreadPool *pool = pool_create(3);
    VectorIndex *index = hnsw_build(set, &params, pool, NULL, err);
    pool_destroy(pool);
    return index;
}

/* The first two thirds built, the rest appended in two goes. */
static VectorIndex *make_extended(const VectorSet *set, Err *err) {
    HnswParams params = hnsw_params_default();
    Arena *arena = arena_create();
    VectorIndex *index = NULL;
    for (uint32_t part = 4; part <= 6; part++) {
        uint32_t rows = (uint32_t)((uint64_t)set->row_count * part / 6), taken = 0;
        VectorSet prefix = *set;
        VectorBlock *blocks = ARENA_ARRAY(arena, VectorBlock, set->block_count + 1);
        for (size_t b = 0; b < set->block_count; b++) {
            uint32_t left = rows - taken, here = set->blocks[b].row_count;
            blocks[b] = (VectorBlock){set->blocks[b].vectors, here < left ? here : left};
            taken += blocks[b].row_count;
        }
        prefix.blocks = blocks;
        prefix.row_count = rows;
        VectorIndex *next = index == NULL ? hnsw_build(&prefix, &params, NULL, NULL, err)
                                          : hnsw_extend(index, &prefix, NULL, NULL, err);
        vector_index_destroy(index);
        index = next;
        if (index == NULL)
            break;
    }
    arena_destroy(arena);
    return index;
}

static VectorIndex *make_tight(const VectorSet *set, Err *err) {
    HnswParams params = {.m = 2, .ef_construction = 4, .ef_search = 1, .seed = 7};
    return hnsw_build(set, &params, NULL, NULL, err);
}

static void the_contract_holds_for_graphs(void **state) {
    (void)state;
    static const IndexKind kinds[] = {
        {"hnsw on threads", make_parallel, false, 0.9},
        {"hnsw extended", make_extended, false, 0.9},
        {"hnsw", make_serial, false, 0.9},
        {"hnsw with hardly any links", make_tight, false, 0}, /* it owes only complete answers */
    };
    for (size_t i = 0; i < (UNDER_SANITIZER ? 2 : ARRAY_LEN(kinds)); i++)
        contract_run(&kinds[i]);
}

static void assert_same_graph(const VectorIndex *one, const VectorIndex *other) {
    const HnswGraph *a = &hnsw_index_of(one)->graph, *b = &hnsw_index_of(other)->graph;
    assert_int_equal(a->node_count, b->node_count);
    assert_int_equal(a->entry, b->entry);
    assert_int_equal(a->level_max, b->level_max);
    assert_int_equal(a->upper_count, b->upper_count);
    assert_memory_equal(a->levels, b->levels, a->node_count);
    size_t ground = (size_t)a->node_count * hnsw_ground_slots(&a->params);
    size_t upper = (size_t)a->upper_count * hnsw_upper_slots(&a->params);
    assert_memory_equal(a->ground, b->ground, ground * sizeof *a->ground);
    assert_memory_equal(a->upper, b->upper, upper * sizeof *a->upper);
}

static void any_number_of_threads_makes_the_same_graph(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 3000,
                     .dimension = 20,
                     .topics = 30,
                     .latent = 8,
                     .spread = 0.5,
                     .metric = METRIC_L2,
                     .seed = 1,
                     .rows_seed = 2};
    VectorSet set = data_set_whole(data_make(&spec, arena), &spec, arena);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *serial = hnsw_build(&set, &params, NULL, NULL, &err);
    assert_non_null(serial);
    for (size_t threads = 1; threads <= 4; threads += 3) {
        ThreadPool *pool = pool_create(threads);
        VectorIndex *parallel = hnsw_build(&set, &params, pool, NULL, &err);
        assert_non_null(parallel);
        assert_same_graph(serial, parallel);
        vector_index_destroy(parallel);
        pool_destroy(pool);
    }
    params.seed++;
    VectorIndex *other = hnsw_build(&set, &params, NULL, NULL, &err);
    assert_memory_not_equal(hnsw_index_of(serial)->graph.levels, hnsw_index_of(other)->graph.levels,
                            spec.rows);
    vector_index_destroy(other);
    vector_index_destroy(serial);
}

/* A base is shared with searches: extending must leave it as it was. */
static void extending_leaves_the_base_alone(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 1500, .dimension = 8, .metric = METRIC_COSINE, .rows_seed = 3};
    float *vectors = data_make(&spec, arena);
    VectorSet part = data_set(vectors, 1000, 8, METRIC_COSINE, NULL, 0, arena);
    VectorSet whole = data_set(vectors, 1500, 8, METRIC_COSINE, NULL, 0, arena);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *base = hnsw_build(&part, &params, NULL, NULL, &err);
    VectorIndex *twin = hnsw_build(&part, &params, NULL, NULL, &err);
    VectorIndex *extended = hnsw_extend(base, &whole, NULL, NULL, &err);
    assert_non_null(extended);
    assert_same_graph(base, twin);
    assert_int_equal(hnsw_index_of(extended)->graph.node_count, 1500);
    assert_ok(vector_index_check(extended, &err), &err);
    VectorIndex *nothing_new = hnsw_extend(base, &part, NULL, NULL, &err);
    assert_same_graph(base, nothing_new);
    vector_index_destroy(base);
    vector_index_destroy(twin);
    vector_index_destroy(nothing_new);
    vector_index_destroy(extended);
}

/* The appended rows are a topic of their own, all in one batch: they have to find each other. */
static void a_new_topic_is_found_after_extending(void **state) {
    Arena *arena = *state;
    enum { OLD = 2000, NEW = 60, DIMENSION = 16 };
    DataSpec spec = {
        .rows = OLD + NEW, .dimension = DIMENSION, .metric = METRIC_L2, .rows_seed = 4};
    float *vectors = data_make(&spec, arena);
    for (size_t i = (size_t)OLD * DIMENSION; i < (size_t)(OLD + NEW) * DIMENSION; i++)
        vectors[i] = 30.0f + 0.1f * vectors[i];
    VectorSet before = data_set(vectors, OLD, DIMENSION, METRIC_L2, NULL, 0, arena);
    VectorSet after = data_set(vectors, OLD + NEW, DIMENSION, METRIC_L2, NULL, 0, arena);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    VectorIndex *base = hnsw_build(&before, &params, NULL, NULL, &err);
    VectorIndex *extended = hnsw_extend(base, &after, NULL, NULL, &err);
    assert_non_null(extended);
    double recall = 0;
    for (uint32_t row = OLD; row < OLD + NEW; row++) {
        VectorSearch request = {.query = vectors + (size_t)row * DIMENSION, .k = 10};
        VectorHit *hits, *truth;
        size_t count, expected = naive_search(&after, &request, arena, &truth);
        assert_ok(vector_index_search(extended, &request, arena, &hits, &count, &err), &err);
        assert_int_equal(count, expected);
        recall += recall_at_k(&after, &request, truth, hits, count) / NEW;
    }
    assert_true(recall > 0.99);
    vector_index_destroy(base);
    vector_index_destroy(extended);
}

static void extending_refuses_other_rows(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 300, .dimension = 4, .metric = METRIC_L2, .rows_seed = 5};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    Err err = {0};
    VectorIndex *base = make_serial(&set, &err);
    spec.rows_seed = 6;
    VectorSet other = data_set_whole(data_make(&spec, arena), &spec, arena);
    assert_fails(hnsw_extend(base, &other, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    VectorSet shorter = data_set(vectors, 299, 4, METRIC_L2, NULL, 0, arena);
    assert_fails(hnsw_extend(base, &shorter, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    VectorSet metric = set;
    metric.metric = METRIC_DOT;
    assert_fails(hnsw_extend(base, &metric, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    VectorSet dimension = data_set(vectors, 300, 2, METRIC_L2, NULL, 0, arena);
    assert_fails(hnsw_extend(base, &dimension, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    vector_index_destroy(base);
}

/* One vector 20,000 times, among a few others: every row stays in reach, and building stays quick
 * enough for a unit test. */
static void a_crowd_of_equal_rows_is_joined(void **state) {
    Arena *arena = *state;
    enum { ROWS = UNDER_SANITIZER ? 4000 : 20000 };
    DataSpec spec = {.rows = ROWS, .dimension = 4, .metric = METRIC_L2, .rows_seed = 7};
    float *vectors = data_make(&spec, arena);
    for (size_t row = 0; row < ROWS; row++)
        if (row % 50 != 0)
            memset(vectors + row * 4, 0, 4 * sizeof *vectors);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    HnswParams params = {.m = 8, .ef_construction = 40, .ef_search = 32, .seed = 1};
    Err err = {0};
    VectorIndex *index = hnsw_build(&set, &params, NULL, NULL, &err);
    assert_non_null(index);
    assert_ok(vector_index_check(index, &err), &err);
    vector_index_destroy(index);
}

static void nodes_cut_off_are_hung_up_again(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 2000, .dimension = 6, .metric = METRIC_L2, .rows_seed = 8};
    VectorSet set = data_set_whole(data_make(&spec, arena), &spec, arena);
    Err err = {0};
    VectorIndex *index = make_serial(&set, &err);
    HnswIndex *hnsw = (HnswIndex *)index;
    HnswGraph *graph = &hnsw->graph;
    uint32_t slots = hnsw_ground_slots(&graph->params);
    for (uint32_t node = 0; node < 2000; node++) { /* nobody links to a third of the nodes */
        uint32_t *list = hnsw->slabs.ground + (size_t)node * slots, kept = 0;
        for (uint32_t i = 0; i < slots; i++)
            if (list[i] != HNSW_NO_LINK && (list[i] % 3 != 0 || list[i] == graph->entry))
                list[kept++] = list[i];
        for (; kept < slots; kept++)
            list[kept] = HNSW_NO_LINK;
    }
    assert_fails(vector_index_check(index, &err), &err, FAIL_CORRUPT);
    HnswScratch *scratch = hnsw_scratch_create(2000, &err);
    assert_ok(hnsw_scratch_reserve(scratch, graph->params.ef_construction, &err), &err);
    assert_ok(hnsw_join(hnsw, scratch, &err), &err);
    assert_ok(vector_index_check(index, &err), &err);
    hnsw_scratch_destroy(scratch);
    vector_index_destroy(index);
}

static void bad_input_is_refused_by_name(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 600, .dimension = 3, .metric = METRIC_L2, .rows_seed = 9};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    Err err = {0};
    static const HnswParams bad[] = {
        {1, 200, 64, 1}, {129, 200, 64, 1}, {16, 0, 64, 1}, {16, 8193, 64, 1}, {16, 200, 0, 1}};
    static const char *const fields[] = {"m", "m", "ef_construction", "ef_construction",
                                         "ef_search"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_fails(hnsw_build(&set, &bad[i], NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
        assert_string_equal(err.field, fields[i]);
    }
    HnswParams params = hnsw_params_default();
    assert_ok(hnsw_params_check(&params, &err), &err);
    VectorSet wrong = set;
    wrong.row_count++;
    assert_fails(hnsw_build(&wrong, &params, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    vectors[3 * 417 + 1] = NAN;
    assert_fails(hnsw_build(&set, &params, NULL, NULL, &err) != NULL, &err, FAIL_INVALID);
    assert_non_null(strstr(err.message, "417"));
}

static void building_can_be_cancelled_and_tells_how_far(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 1000, .dimension = 3, .metric = METRIC_L2, .rows_seed = 10};
    VectorSet set = data_set_whole(data_make(&spec, arena), &spec, arena);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    Progress progress = {0};
    VectorIndex *index = hnsw_build(&set, &params, NULL, &progress, &err);
    assert_int_equal(atomic_load(&progress.done), 1000);
    assert_int_equal(atomic_load(&progress.total), 1000);
    assert_string_equal(atomic_load(&progress.unit), "rows");
    vector_index_destroy(index);
    atomic_store(&progress.cancel, true);
    assert_fails(hnsw_build(&set, &params, NULL, &progress, &err) != NULL, &err, FAIL_CANCELLED);
}

static void levels_thin_out_by_m(void **state) {
    (void)state;
    HnswParams params = hnsw_params_default();
    uint32_t counts[HNSW_LEVEL_MAX + 1] = {0};
    for (uint32_t row = 0; row < 160000; row++)
        counts[hnsw_level_draw(&params, row)]++;
    assert_in_range(counts[0], 149000, 151000); /* 15/16 of all */
    assert_in_range(counts[1], 8900, 9900);     /* 15/16 of the rest, and so on */
    assert_in_range(counts[2], 500, 680);
}

static void the_estimate_is_near(void **state) {
    Arena *arena = *state;
    DataSpec spec = {.rows = 5000, .dimension = 2, .metric = METRIC_L2, .rows_seed = 11};
    VectorSet set = data_set_whole(data_make(&spec, arena), &spec, arena);
    Err err = {0};
    VectorIndex *index = make_serial(&set, &err);
    double ratio =
        (double)hnsw_bytes_estimate(5000, hnsw_params(index)) / (double)vector_index_bytes(index);
    assert_true(ratio > 0.9 && ratio < 1.2);
    assert_string_equal(index->ops->name, "hnsw");
    vector_index_destroy(index);
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

#define ARENA_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int suite_test_hnsw_build(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contract_holds_for_graphs),
        ARENA_TEST(any_number_of_threads_makes_the_same_graph),
        ARENA_TEST(extending_leaves_the_base_alone),
        ARENA_TEST(a_new_topic_is_found_after_extending),
        ARENA_TEST(extending_refuses_other_rows),
        ARENA_TEST(a_crowd_of_equal_rows_is_joined),
        ARENA_TEST(nodes_cut_off_are_hung_up_again),
        ARENA_TEST(bad_input_is_refused_by_name),
        ARENA_TEST(building_can_be_cancelled_and_tells_how_far),
        cmocka_unit_test(levels_thin_out_by_m),
        ARENA_TEST(the_estimate_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
