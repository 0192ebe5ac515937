/* test_thread_pool.c - every item once, lanes never shared, errors win, nesting ends. */
#include "unit.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/thread_pool.h"

typedef struct Tally {
    _Atomic unsigned *seen; /* one an item */
    _Atomic int lane_busy[16];
    ThreadPool *pool;
    size_t fail_at; /* item, or SIZE_MAX */
} Tally;

static bool count_items(void *context, size_t from, size_t to, size_t lane, Err *err) {
    Tally *tally = context;
    assert_true(lane < pool_lanes(tally->pool));
    assert_int_equal(atomic_fetch_add(&tally->lane_busy[lane], 1), 0);
    for (size_t i = from; i < to; i++)
        atomic_fetch_add(&tally->seen[i], 1);
    atomic_fetch_sub(&tally->lane_busy[lane], 1);
    if (tally->fail_at >= from && tally->fail_at < to)
        return err_fail(err, FAIL_LIMIT, "item %zu", tally->fail_at);
    return true;
}

static void runs_every_item_once(void **state) {
    (void)state;
    ThreadPool *pools[] = {NULL, pool_create(1), pool_create(4)};
    static const size_t counts[] = {0, 1, 2, 7, 64, 1000};
    static const size_t grains[] = {0, 1, 3, 64, 5000};
    Err err = {0};
    for (size_t p = 0; p < 3; p++) {
        for (size_t c = 0; c < 6; c++) {
            for (size_t g = 0; g < 5; g++) {
                Arena *arena = arena_create();
                Tally tally = {.pool = pools[p], .fail_at = SIZE_MAX};
                tally.seen = arena_alloc_array(arena, counts[c] + 1, sizeof *tally.seen);
                assert_ok(parallel_for(pools[p], counts[c], grains[g], count_items, &tally, &err),
                          &err);
                for (size_t i = 0; i < counts[c]; i++)
                    assert_int_equal(tally.seen[i], 1);
                assert_int_equal(tally.seen[counts[c]], 0);
                arena_destroy(arena);
            }
        }
    }
    assert_int_equal(pool_lanes(pools[0]), 1);
    assert_int_equal(pool_lanes(pools[2]), 5);
    for (size_t p = 0; p < 3; p++)
        pool_destroy(pools[p]);
}

static void first_error_stops(void **state) {
    (void)state;
    ThreadPool *pool = pool_create(3);
    Arena *arena = arena_create();
    Err err = {0};
    Tally tally = {.pool = pool, .fail_at = 10};
    tally.seen = arena_alloc_array(arena, 100000, sizeof *tally.seen);
    assert_fails(parallel_for(pool, 100000, 1, count_items, &tally, &err), &err, FAIL_LIMIT);
    assert_string_equal(err.message, "item 10");
    Tally alone = {.fail_at = 10};
    alone.seen = arena_alloc_array(arena, 100, sizeof *alone.seen);
    assert_fails(parallel_for(NULL, 100, 4, count_items, &alone, &err), &err, FAIL_LIMIT);
    assert_int_equal(alone.seen[11], 1);
    assert_int_equal(alone.seen[12], 0);
    arena_destroy(arena);
    pool_destroy(pool);
}

typedef struct Nest {
    ThreadPool *pool;
    int depth;
    _Atomic size_t leaves;
} Nest;

static bool go_deeper(void *context, size_t from, size_t to, size_t lane, Err *err) {
    Nest *outer = context;
    (void)lane;
    for (size_t i = from; i < to; i++) {
        if (outer->depth == 0) {
            atomic_fetch_add(&outer->leaves, 1);
            continue;
        }
        Nest inner = {.pool = outer->pool, .depth = outer->depth - 1};
        if (!parallel_for(outer->pool, 8, 1, go_deeper, &inner, err))
            return false;
        atomic_fetch_add(&outer->leaves, inner.leaves);
    }
    return true;
}

static void nests(void **state) {
    (void)state;
    ThreadPool *pool = pool_create(3);
    Err err = {0};
    Nest nest = {.pool = pool, .depth = 3};
    assert_ok(parallel_for(pool, 8, 1, go_deeper, &nest, &err), &err);
    assert_int_equal(nest.leaves, 8 * 8 * 8 * 8);
    pool_destroy(pool);
    pool_destroy(NULL);
}

int suite_test_thread_pool(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_every_item_once),
        cmocka_unit_test(first_error_stops),
        cmocka_unit_test(nests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
