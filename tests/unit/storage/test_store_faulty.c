/* test_store_faulty.c - the contract over a faulty store without faults, then each kind of fault.
 */
#include "store_contract.h"

static ObjectStore *open_harmless(void) {
    FaultPlan none = {0};
    return store_faulty_create(store_memory_create(), &none);
}

static void nothing(void) {
}

static void put(ObjectStore *store, const char *key, Arena *arena) {
    Err err;
    assert_ok(store_put(store, str_c(key), STR("0123456789"), arena, NULL, &err), &err);
}

static void the_nth_call_fails_and_does_nothing(void **state) {
    (void)state;
    Arena *arena = arena_create();
    FaultPlan plan = {.fail_nth = 2};
    ObjectStore *store = store_faulty_create(store_memory_create(), &plan);
    Err err;
    ObjectInfo info;
    put(store, "a", arena);
    assert_fails(store_put(store, STR("b"), STR("1"), arena, NULL, &err), &err, FAIL_IO);
    assert_fails(store_head(store, STR("b"), arena, &info, &err), &err, FAIL_NOT_FOUND);
    assert_ok(store_head(store, STR("a"), arena, &info, &err), &err);
    assert_int_equal(store_faulty_calls(store), 4);
    store_close(store);
    arena_destroy(arena);
}

static void a_lost_answer_is_a_done_call(void **state) {
    (void)state;
    Arena *arena = arena_create();
    FaultPlan plan = {.lost_nth = 1};
    ObjectStore *store = store_faulty_create(store_memory_create(), &plan);
    Err err;
    Str bytes;
    assert_fails(store_put(store, STR("b"), STR("1"), arena, NULL, &err), &err, FAIL_IO);
    assert_ok(store_get(store, STR("b"), arena, &bytes, NULL, &err), &err);
    assert_str_equal(bytes, "1");
    store_close(store);
    arena_destroy(arena);
}

static void a_torn_put_leaves_debris_beside_the_key(void **state) {
    (void)state;
    Arena *arena = arena_create();
    FaultPlan plan = {.tear_nth = 1};
    ObjectStore *store = store_faulty_create(store_memory_create(), &plan);
    Err err;
    ObjectInfo info;
    assert_fails(store_put(store, STR("b"), STR("1234"), arena, NULL, &err), &err, FAIL_IO);
    assert_fails(store_head(store, STR("b"), arena, &info, &err), &err, FAIL_NOT_FOUND);
    assert_ok(store_head(store, STR("b.torn"), arena, &info, &err), &err);
    assert_int_equal(info.size_bytes, 2);
    store_close(store);
    arena_destroy(arena);
}

static void a_crash_fails_everything_from_then_on(void **state) {
    (void)state;
    Arena *arena = arena_create();
    FaultPlan plan = {.fail_after = 2};
    ObjectStore *store = store_faulty_create(store_memory_create(), &plan);
    Err err;
    ObjectInfo info;
    ObjectPage page;
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    put(store, "a", arena);
    assert_fails(store_head(store, STR("a"), arena, &info, &err), &err, FAIL_IO);
    assert_fails(store_list(store, &all, arena, &page, &err), &err, FAIL_IO);
    assert_fails(store_remove(store, STR("a"), &err), &err, FAIL_IO);
    assert_fails(store_healthy(store, &err), &err, FAIL_IO);
    store_faulty_set_plan(store, &(FaultPlan){0});
    assert_ok(store_head(store, STR("a"), arena, &info, &err), &err);
    assert_int_equal(store_faulty_calls(store), 1);
    store_close(store);
    arena_destroy(arena);
}

int suite_test_store_faulty(void);
int suite_test_store_faulty(void) {
    static const StoreMaker maker = {"faulty", open_harmless, nothing};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_call_fails_and_does_nothing),
        cmocka_unit_test(a_lost_answer_is_a_done_call),
        cmocka_unit_test(a_torn_put_leaves_debris_beside_the_key),
        cmocka_unit_test(a_crash_fails_everything_from_then_on),
    };
    return store_contract_run(&maker) + cmocka_run_group_tests(tests, NULL, NULL);
}
