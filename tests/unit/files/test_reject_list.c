/* test_reject_list.c - all are counted, the first by line are listed. */
#include "unit.h"

#include "files/reject_list.h"

static void test_order(void **state) {
    (void)state;
    Arena *arena = arena_create();
    RejectList list;
    reject_list_init(&list, 3, arena);
    static const uint64_t lines[] = {5, 9, 12, 20, 2, 10, 30, 1};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        reject_add(&list, lines[i], STR("c"),
                   str_format(arena, "r%llu", (unsigned long long)lines[i]));
    assert_int_equal(list.count, 8);
    assert_int_equal(list.rows.count, 3);
    assert_int_equal(list.rows.items[0].line, 1);
    assert_int_equal(list.rows.items[1].line, 2);
    assert_str_equal(list.rows.items[2].reason, "r5");
    assert_false(reject_is_listed(&list, 6));
    assert_true(reject_is_listed(&list, 4));
    arena_destroy(arena);
}

static void test_copy(void **state) {
    (void)state;
    Arena *arena = arena_create();
    RejectList list;
    reject_list_init(&list, 10, arena);
    reject_add(&list, 4, STR_EMPTY, STR("first"));
    RejectList copy = reject_list_copy(&list);
    reject_add(&copy, 3, STR_EMPTY, STR("second"));
    assert_int_equal(copy.count, 2);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows.items[0].line, 4);
    arena_destroy(arena);
}

static void test_none_listed(void **state) {
    (void)state;
    Arena *arena = arena_create();
    RejectList list;
    reject_list_init(&list, 0, arena);
    reject_add(&list, 4, STR_EMPTY, STR("first"));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows.count, 0);
    arena_destroy(arena);
}

int suite_test_reject_list(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_none_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
