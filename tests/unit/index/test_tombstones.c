/* test_tombstones.c - sets of row ids against a naive list, and damaged bytes. */
#include "unit.h"

#include "base/rng.h"
#include "index/tombstones.h"

static void test_sorts_and_removes_repeats(void **state) {
    (void)state;
    uint64_t ids[] = {5, 1, 5, 3, 1};
    RowIds rows = row_ids_make(ids, 5);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.ids[0], 1);
    assert_int_equal(rows.ids[2], 5);
    assert_int_equal(row_ids_make(NULL, 0).count, 0);
}

static void test_union_and_ranges(void **state) {
    (void)state;
    Arena *arena = arena_create();
    uint64_t a[] = {1, 4, 9};
    uint64_t b[] = {0, 4, 10, UINT64_MAX};
    RowIds both = row_ids_union((RowIds){a, 3}, (RowIds){b, 4}, arena);
    assert_int_equal(both.count, 6);
    assert_true(row_ids_contain(both, UINT64_MAX));
    assert_false(row_ids_contain(both, 2));
    size_t first = 0;
    assert_int_equal(row_ids_within(both, 4, 9, &first), 2);
    assert_int_equal(first, 2);
    assert_int_equal(row_ids_within(both, 11, UINT64_MAX, &first), 1);
    assert_int_equal(row_ids_within(both, 5, 8, &first), 0);
    arena_destroy(arena);
}

static void test_round_trip(void **state) {
    (void)state;
    Rng rng = rng_seeded(11);
    for (int round = 0; round < 200; round++) {
        Arena *arena = arena_create();
        size_t count = rng_below(&rng, 200);
        uint64_t *ids = ARENA_ARRAY(arena, uint64_t, count);
        for (size_t i = 0; i < count; i++)
            ids[i] = rng_next(&rng) >> rng_below(&rng, 64);
        RowIds rows = row_ids_make(ids, count);
        RowIds back;
        Err err = {0};
        assert_ok(tombstones_decode(tombstones_encode(rows, arena), arena, &back, &err), &err);
        assert_int_equal(back.count, rows.count);
        assert_true(rows.count == 0 ||
                    memcmp(back.ids, rows.ids, rows.count * sizeof *rows.ids) == 0);
        arena_destroy(arena);
    }
}

static void test_runs_cost_a_byte_each(void **state) {
    (void)state;
    Arena *arena = arena_create();
    uint64_t *ids = ARENA_ARRAY(arena, uint64_t, 1000);
    for (size_t i = 0; i < 1000; i++)
        ids[i] = 5000000000 + i;
    assert_true(tombstones_encode((RowIds){ids, 1000}, arena).length < 1040);
    arena_destroy(arena);
}

static void test_every_damaged_byte_is_seen(void **state) {
    (void)state;
    Arena *arena = arena_create();
    uint64_t ids[] = {1, 2, 300, 70000};
    Str bytes = tombstones_encode((RowIds){ids, 4}, arena);
    RowIds back;
    Err err = {0};
    for (size_t i = 0; i < bytes.length; i++) {
        char *copy = str_to_c(arena, bytes);
        copy[i] = (char)(copy[i] ^ 0x20);
        assert_fails(tombstones_decode(str_make(copy, bytes.length), arena, &back, &err), &err,
                     FAIL_CORRUPT);
        assert_fails(tombstones_decode(str_make(bytes.data, i), arena, &back, &err), &err,
                     FAIL_CORRUPT);
    }
    arena_destroy(arena);
}

int suite_test_tombstones(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorts_and_removes_repeats),
        cmocka_unit_test(test_union_and_ranges),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_runs_cost_a_byte_each),
        cmocka_unit_test(test_every_damaged_byte_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
