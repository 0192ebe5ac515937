/* The plans of a search: the beam, the filtered walk, and the scan that they fall back on; many
 * searches at once. */
#include "unit.h"

#include <pthread.h>

#include "base/vec.h"
#include "hand_graph.h"
#include "vector_data.h"

enum { DIMENSION = 12 };

typedef struct Fixture {
    Arena *arena;
    VectorSet set;
    const float *vectors;
    VectorIndex *index;
} Fixture;

static Fixture fixture_make(uint32_t rows) {
    Fixture fixture = {.arena = arena_create()};
    DataSpec spec = {.rows = rows,
                     .dimension = DIMENSION,
                     .topics = 40,
                     .latent = 8,
                     .spread = 0.5,
                     .metric = METRIC_L2,
                     .seed = 21,
                     .rows_seed = 22};
    fixture.vectors = data_make(&spec, fixture.arena);
    fixture.set = data_set_whole(fixture.vectors, &spec, fixture.arena);
    HnswParams params = hnsw_params_default();
    Err err = {0};
    fixture.index = hnsw_build(&fixture.set, &params, NULL, NULL, &err);
    assert_non_null(fixture.index);
    return fixture;
}

static void fixture_free(Fixture *fixture) {
    vector_index_destroy(fixture->index);
    arena_destroy(fixture->arena);
}

static double recall_of(const Fixture *fixture, const VectorIndex *index, VectorSearch request,
                        Arena *arena) {
    VectorHit *hits, *truth;
    Err err = {0};
    size_t count, expected = naive_search(&fixture->set, &request, arena, &truth);
    assert_ok(vector_index_search(index, &request, arena, &hits, &count, &err), &err);
    assert_int_equal(count, expected);
    return recall_at_k(&fixture->set, &request, truth, hits, count);
}

static void more_effort_finds_more(void **state) {
    (void)state;
    Fixture fixture = fixture_make(6000);
    static const uint32_t efforts[] = {1, 10, 40, 160};
    double before = 0;
    for (size_t e = 0; e < ARRAY_LEN(efforts); e++) {
        double recall = 0;
        for (uint32_t q = 0; q < 60; q++) {
            ArenaMark mark = arena_mark(fixture.arena);
            VectorSearch request = {.query = fixture.vectors + (size_t)q * 31 * DIMENSION,
                                    .k = 1 + q % 10,
                                    .effort = efforts[e]};
            recall += recall_of(&fixture, fixture.index, request, fixture.arena) / 60;
            arena_rewind(fixture.arena, mark);
        }
        assert_true(recall >= before - 0.005);
        before = recall;
    }
    assert_true(before > 0.99);
    fixture_free(&fixture);
}

/* A graph in which the walk reaches three nodes: the scan has to bring the rest. */
static void a_walk_that_falls_short_is_made_good(void **state) {
    (void)state;
    Fixture fixture = fixture_make(3000);
    static const uint8_t levels[3000] = {0};
    HnswIndex *cut = hand_graph(&fixture.set, 2, levels, 0);
    hand_link_both(cut, 0, 0, 1);
    hand_link_both(cut, 0, 1, 2);
    VectorSearch request = {.query = fixture.vectors + 5 * DIMENSION, .k = 10, .effort = 10};
    assert_true(recall_of(&fixture, &cut->base, request, fixture.arena) == 1);
    uint32_t allowed_count;
    Rng rng = rng_seeded(1);
    request.allowed = bitmap_random(3000, 0.7, &rng, fixture.arena, &allowed_count);
    request.allowed_count = allowed_count;
    assert_true(recall_of(&fixture, &cut->base, request, fixture.arena) == 1);
    hnsw_destroy(&cut->base);
    fixture_free(&fixture);
}

/* Allowed are the rows furthest from the query, too many for the scan to be the first plan: the
 * walk must give up rather than cross the whole graph, and the answer must be exact. */
static void a_walk_gives_up_before_it_costs_more_than_a_scan(void **state) {
    (void)state;
    Fixture fixture = fixture_make(6000);
    VectorSearch all = {.query = fixture.vectors, .k = 6000};
    VectorHit *sorted;
    size_t count = naive_search(&fixture.set, &all, fixture.arena, &sorted);
    uint64_t *allowed = bitmap_make(6000, fixture.arena);
    for (size_t i = count - 2500; i < count; i++)
        bitmap_set(allowed, sorted[i].row);
    VectorSearch request = {
        .query = fixture.vectors, .k = 10, .effort = 16, .allowed = allowed, .allowed_count = 2500};
    assert_true(recall_of(&fixture, fixture.index, request, fixture.arena) == 1);
    fixture_free(&fixture);
}

static void rejected_rows_are_stepping_stones(void **state) {
    (void)state;
    Fixture fixture = fixture_make(6000);
    Rng rng = rng_seeded(property_seed("rejected_rows_are_stepping_stones"));
    double recall = 0;
    for (uint32_t q = 0; q < 60; q++) {
        ArenaMark mark = arena_mark(fixture.arena);
        VectorSearch request = {
            .query = fixture.vectors + rng_below(&rng, 6000) * DIMENSION, .k = 10, .effort = 64};
        request.allowed = bitmap_random(6000, 0.6, &rng, fixture.arena, &request.allowed_count);
        recall += recall_of(&fixture, fixture.index, request, fixture.arena) / 60;
        arena_rewind(fixture.arena, mark);
    }
    assert_true(recall > 0.97);
    fixture_free(&fixture);
}

/* A filter whose count is wrong is a caller's bug, but must not bring a forbidden row or a crash.
 */
static void a_wrong_count_of_allowed_rows_is_survived(void **state) {
    (void)state;
    Fixture fixture = fixture_make(3000);
    uint64_t *allowed = bitmap_make(3000, fixture.arena);
    for (uint32_t row = 100; row < 105; row++)
        bitmap_set(allowed, row);
    static const uint32_t claims[] = {5, 6, 1000, 3000, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
        VectorSearch request = {
            .query = fixture.vectors, .k = 20, .allowed = allowed, .allowed_count = claims[i]};
        VectorHit *hits;
        size_t count;
        Err err = {0};
        assert_ok(vector_index_search(fixture.index, &request, fixture.arena, &hits, &count, &err),
                  &err);
        assert_int_equal(count, 5);
        for (size_t h = 0; h < count; h++)
            assert_in_range(hits[h].row, 100, 104);
    }
    fixture_free(&fixture);
}

typedef struct Searcher {
    const Fixture *fixture;
    VectorHit (*expected)[10];
    uint32_t first;
    bool agreed;
} Searcher;

enum { QUERIES = 200, THREADS = 4 };

static void *search_all(void *argument) {
    Searcher *searcher = argument;
    const Fixture *fixture = searcher->fixture;
    Arena *arena = arena_create();
    searcher->agreed = true;
    for (uint32_t i = 0; i < QUERIES; i++) {
        uint32_t q = (searcher->first + i) % QUERIES;
        VectorSearch request = {.query = fixture->vectors + (size_t)q * DIMENSION, .k = 10};
        VectorHit *hits;
        size_t count = 0;
        Err err = {0};
        bool found = vector_index_search(fixture->index, &request, arena, &hits, &count, &err);
        searcher->agreed = searcher->agreed && found && count == 10 &&
                           memcmp(hits, searcher->expected[q], 10 * sizeof *hits) == 0;
        arena_reset(arena);
    }
    arena_destroy(arena);
    return NULL;
}

static void many_threads_get_the_same_answers(void **state) {
    (void)state;
    Fixture fixture = fixture_make(3000);
    static VectorHit expected[QUERIES][10];
    for (uint32_t q = 0; q < QUERIES; q++) {
        VectorSearch request = {.query = fixture.vectors + (size_t)q * DIMENSION, .k = 10};
        VectorHit *hits;
        size_t count;
        Err err = {0};
        assert_ok(vector_index_search(fixture.index, &request, fixture.arena, &hits, &count, &err),
                  &err);
        memcpy(expected[q], hits, sizeof expected[q]);
    }
    Searcher searchers[THREADS];
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        searchers[i] = (Searcher){&fixture, expected, i * 37, false};
        assert_int_equal(pthread_create(&threads[i], NULL, search_all, &searchers[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(searchers[i].agreed);
    }
    fixture_free(&fixture);
}

int suite_test_hnsw_search(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_effort_finds_more),
        cmocka_unit_test(a_walk_that_falls_short_is_made_good),
        cmocka_unit_test(a_walk_gives_up_before_it_costs_more_than_a_scan),
        cmocka_unit_test(rejected_rows_are_stepping_stones),
        cmocka_unit_test(a_wrong_count_of_allowed_rows_is_survived),
        cmocka_unit_test(many_threads_get_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
