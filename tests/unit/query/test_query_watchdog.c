/* test_query_watchdog.c - deadlines and flags end what runs; nothing is called after remove. */
#include "unit.h"

#include <pthread.h>

#include "base/clock.h"
#include "query/query_slots.h"
#include "query/query_watchdog.h"

/* Something that runs until it is interrupted. */
typedef struct Runner {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned interrupts;
} Runner;

static void interrupt(void *handle) {
    Runner *runner = handle;
    pthread_mutex_lock(&runner->lock);
    runner->interrupts++;
    pthread_cond_signal(&runner->changed);
    pthread_mutex_unlock(&runner->lock);
}

static void run_until_interrupted(Runner *runner, unsigned times) {
    pthread_mutex_lock(&runner->lock);
    while (runner->interrupts < times)
        pthread_cond_wait(&runner->changed, &runner->lock);
    pthread_mutex_unlock(&runner->lock);
}

#define RUNNER                                                                                     \
    { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }

static Watchdog *dog;

static int set_up(void **state) {
    (void)state;
    Err err = {0};
    dog = watchdog_create(&err);
    return dog == NULL;
}

static int tear_down(void **state) {
    (void)state;
    watchdog_destroy(dog);
    return 0;
}

static void test_deadline(void **state) {
    (void)state;
    Runner runner = RUNNER;
    Watch watch = {.interrupt = interrupt,
                   .handle = &runner,
                   .deadline_ns = clock_monotonic_ns() + 1000000,
                   .limit_ms = 1};
    watchdog_add(dog, &watch);
    run_until_interrupted(&runner, 3); /* it is not sent once only */
    Err err = {0};
    assert_fails(watch_check(&watch, &err), &err, FAIL_TIMEOUT);
    assert_non_null(strstr(err.message, "1 ms"));
    watchdog_remove(dog, &watch);
    unsigned seen = runner.interrupts;
    Watch other = {.interrupt = interrupt, .handle = &runner, .deadline_ns = 1};
    watchdog_add(dog, &other); /* the dog looks again */
    run_until_interrupted(&runner, seen + 1);
    watchdog_remove(dog, &other);
}

static void test_flag(void **state) {
    (void)state;
    Runner runner = RUNNER;
    atomic_bool cancelled = false;
    Watch watch = {.interrupt = interrupt, .handle = &runner, .cancelled = &cancelled};
    Err err = {0};
    watchdog_add(dog, &watch);
    assert_ok(watch_check(&watch, &err), &err);
    atomic_store(&cancelled, true);
    run_until_interrupted(&runner, 1);
    assert_fails(watch_check(&watch, &err), &err, FAIL_CANCELLED);
    watchdog_remove(dog, &watch);
}

static void test_check_needs_no_dog(void **state) {
    (void)state;
    Err err = {0};
    Watch late = {.deadline_ns = 1};
    assert_fails(watch_check(&late, &err), &err, FAIL_TIMEOUT);
    atomic_bool cancelled = true;
    Watch gone = {.deadline_ns = 1, .cancelled = &cancelled};
    assert_fails(watch_check(&gone, &err), &err, FAIL_CANCELLED);
}

static void test_many_watches(void **state) {
    (void)state;
    Runner runners[6];
    Watch watches[6] = {0};
    for (size_t i = 0; i < 6; i++) {
        runners[i] = (Runner)RUNNER;
        watches[i] = (Watch){.interrupt = interrupt, .handle = &runners[i]};
        /* every second one is due at once, the others never */
        watches[i].deadline_ns = i % 2 == 0 ? 1 : UINT64_MAX - 1;
        watchdog_add(dog, &watches[i]);
    }
    for (size_t i = 0; i < 6; i += 2)
        run_until_interrupted(&runners[i], 1);
    static const size_t order[] = {3, 0, 5, 2, 1, 4}; /* ends and middles of the list */
    for (size_t i = 0; i < 6; i++)
        watchdog_remove(dog, &watches[order[i]]);
    for (size_t i = 1; i < 6; i += 2)
        assert_int_equal(runners[i].interrupts, 0);
}

static void test_slots(void **state) {
    (void)state;
    Err err = {0};
    QuerySlots *slots = query_slots_create(2);
    assert_ok(query_slots_take(slots, 0, &err), &err);
    assert_ok(query_slots_take(slots, 0, &err), &err);
    assert_fails(query_slots_take(slots, 1, &err), &err, FAIL_BUSY);
    query_slots_give(slots);
    assert_ok(query_slots_take(slots, 0, &err), &err);
    query_slots_give(slots);
    query_slots_give(slots);
    query_slots_destroy(slots);
}

static void *take_one(void *slots) {
    Err err = {0};
    return query_slots_take(slots, 60000, &err) ? slots : NULL;
}

static void test_slots_are_waited_for(void **state) {
    (void)state;
    Err err = {0};
    QuerySlots *slots = query_slots_create(1);
    assert_ok(query_slots_take(slots, 0, &err), &err);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_one, slots), 0);
    query_slots_give(slots); /* before or after the other waits: it gets the place */
    void *taken;
    pthread_join(thread, &taken);
    assert_non_null(taken);
    query_slots_give(slots);
    query_slots_destroy(slots);
}

int suite_test_query_watchdog(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flag, set_up, tear_down),
        cmocka_unit_test(test_check_needs_no_dog),
        cmocka_unit_test_setup_teardown(test_many_watches, set_up, tear_down),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_slots_are_waited_for),
    };
    return cmocka_run_group_tests_name("query_watchdog", tests, NULL, NULL);
}
