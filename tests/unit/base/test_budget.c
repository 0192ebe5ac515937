/* test_budget.c - the limit holds, also when many take at once; arenas give back what they held. */
#include "unit.h"

#include <pthread.h>

#include "base/budget.h"

static void refuses_beyond_the_limit(void **state) {
    (void)state;
    Err err = {0};
    Budget *budget = budget_create(100);
    assert_ok(budget_take(budget, 60, "index", &err), &err);
    assert_fails(budget_take(budget, 41, "result", &err), &err, FAIL_NO_MEMORY);
    assert_non_null(strstr(err.message, "result needs 41 bytes"));
    assert_ok(budget_take(budget, 40, "result", &err), &err);
    assert_fails(budget_take(budget, UINT64_MAX, "overflow", &err), &err, FAIL_NO_MEMORY);
    assert_ok(budget_take(budget, 0, "nothing", &err), &err);
    assert_int_equal(budget_used(budget), 100);
    assert_int_equal(budget_limit(budget), 100);
    budget_give(budget, 100);
    assert_int_equal(budget_used(budget), 0);
    budget_destroy(budget);
}

static void arenas_hold(void **state) {
    (void)state;
    Err err = {0};
    Budget *budget = budget_create(100);
    Arena *arena = arena_create();
    assert_ok(budget_hold(budget, 30, "a", arena, &err), &err);
    ArenaMark mark = arena_mark(arena);
    assert_ok(budget_hold(budget, 70, "b", arena, &err), &err);
    assert_fails(budget_hold(budget, 1, "c", arena, &err), &err, FAIL_NO_MEMORY);
    arena_rewind(arena, mark);
    assert_int_equal(budget_used(budget), 30);
    arena_destroy(arena);
    assert_int_equal(budget_used(budget), 0);
    budget_destroy(budget);
}

static void null_never_refuses(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    assert_ok(budget_take(NULL, UINT64_MAX, "all", &err), &err);
    assert_ok(budget_hold(NULL, UINT64_MAX, "all", arena, &err), &err);
    budget_give(NULL, 5);
    assert_int_equal(budget_used(NULL), 0);
    arena_destroy(arena);
    budget_destroy(NULL);
}

static void *take_and_give(void *argument) {
    Budget *budget = argument;
    Err err = {0};
    for (size_t i = 0; i < 20000; i++) {
        if (!budget_take(budget, 40, "thread", &err))
            continue;
        if (budget_used(budget) > budget_limit(budget))
            return argument;
        budget_give(budget, 40);
    }
    return NULL;
}

static void holds_under_contention(void **state) {
    (void)state;
    Budget *budget = budget_create(100);
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, budget), 0);
    for (size_t i = 0; i < 6; i++) {
        void *broken;
        pthread_join(threads[i], &broken);
        assert_null(broken);
    }
    assert_int_equal(budget_used(budget), 0);
    budget_destroy(budget);
}

int suite_test_budget(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_beyond_the_limit),
        cmocka_unit_test(arenas_hold),
        cmocka_unit_test(null_never_refuses),
        cmocka_unit_test(holds_under_contention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
