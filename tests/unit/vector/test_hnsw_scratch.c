/* What walks write on: the beam against a sort, the frontier against a sort, epochs, the pool. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "vector/hnsw_scratch.h"
#include "vector_data.h"

static HnswScratch *make_scratch(uint32_t nodes) {
    Err err = {0};
    HnswScratch *scratch = hnsw_scratch_create(nodes, &err);
    assert_non_null(scratch);
    hnsw_scratch_begin(scratch);
    return scratch;
}

static int compare_keys(const void *left, const void *right) {
    HitKey a = *(const HitKey *)left, b = *(const HitKey *)right;
    return (a > b) - (a < b);
}

static void the_beam_keeps_the_nearest_sorted(void **state) {
    (void)state;
    Rng rng = rng_seeded(property_seed("the_beam_keeps_the_nearest_sorted"));
    HnswScratch *scratch = make_scratch(1);
    Err err = {0};
    for (int round = 0; round < 300; round++) {
        uint32_t ef = 1 + (uint32_t)rng_below(&rng, 40), count = (uint32_t)rng_below(&rng, 100);
        HitKey all[100];
        hnsw_scratch_begin(scratch);
        assert_ok(hnsw_scratch_reserve(scratch, ef, &err), &err);
        for (uint32_t i = 0; i < count; i++) {
            all[i] = hit_key((float)rng_below(&rng, 8), i);
            uint32_t kept_before = scratch->beam_count;
            uint32_t place = hnsw_beam_insert(scratch, ef, all[i]);
            if (place < ef)
                assert_true(scratch->beam[place] == all[i]);
            else
                assert_int_equal(kept_before, ef);
        }
        qsort(all, count, sizeof *all, compare_keys);
        uint32_t kept = count < ef ? count : ef;
        assert_int_equal(scratch->beam_count, kept);
        assert_memory_equal(scratch->beam, all, kept * sizeof *all);
    }
    hnsw_scratch_destroy(scratch);
}

static void the_frontier_gives_the_nearest_first(void **state) {
    (void)state;
    Rng rng = rng_seeded(property_seed("the_frontier_gives_the_nearest_first"));
    enum { COUNT = 2000 };
    static HitKey all[COUNT];
    HnswScratch *scratch = make_scratch(1);
    Err err = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        all[i] = hit_key((float)rng_normal(&rng), i);
        assert_ok(hnsw_frontier_push(scratch, all[i], &err), &err);
    }
    qsort(all, COUNT, sizeof *all, compare_keys);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(hnsw_frontier_pop(scratch) == all[i]);
    assert_int_equal(scratch->frontier_count, 0);
    hnsw_scratch_destroy(scratch);
}

/* More walks than epochs: marks of an old walk must not come back. */
static void epochs_go_round(void **state) {
    (void)state;
    HnswScratch *scratch = make_scratch(3);
    assert_true(hnsw_scratch_visit(scratch, 1));
    for (int walk = 0; walk < 70000; walk++) {
        hnsw_scratch_begin(scratch);
        if (!hnsw_scratch_visit(scratch, 0) || !hnsw_scratch_visit(scratch, 2))
            fail_msg("walk %d begins with a visited node", walk);
        if (hnsw_scratch_visit(scratch, 0))
            fail_msg("walk %d forgets a visit", walk);
    }
    assert_true(hnsw_scratch_visit(scratch, 1));
    hnsw_scratch_destroy(scratch);
}

static void the_pool_gives_back_what_was_put(void **state) {
    (void)state;
    enum { MANY = 40 };
    Err err = {0};
    HnswScratchPool *pool = hnsw_scratch_pool_create(10);
    HnswScratch *first = hnsw_scratch_take(pool, &err);
    assert_non_null(first);
    hnsw_scratch_put(pool, first);
    HnswScratch *all[MANY];
    all[0] = hnsw_scratch_take(pool, &err);
    assert_ptr_equal(all[0], first);
    for (int i = 1; i < MANY; i++) {
        all[i] = hnsw_scratch_take(pool, &err);
        assert_non_null(all[i]);
        assert_ptr_not_equal(all[i], all[i - 1]);
    }
    for (int i = 0; i < MANY; i++) /* more than it keeps: the rest is freed, or leaks show */
        hnsw_scratch_put(pool, all[i]);
    hnsw_scratch_pool_destroy(pool);
    hnsw_scratch_pool_destroy(NULL);
}

int suite_test_hnsw_scratch(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_beam_keeps_the_nearest_sorted),
        cmocka_unit_test(the_frontier_gives_the_nearest_first),
        cmocka_unit_test(epochs_go_round),
        cmocka_unit_test(the_pool_gives_back_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
