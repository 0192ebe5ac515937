/* test_map.c - random operations against a naive twin; the seed is fixed and printed on failure. */
#include "unit.h"

#include "base/map.h"
#include "base/rng.h"

enum { KEYS = 300, STEPS = 20000 };

static void equals_a_naive_twin(void **state) {
    (void)state;
    enum { SEED = 7 };
    Rng rng = rng_seeded(SEED);
    Arena *arena = arena_create();
    Map map = map_make(arena);
    static int values[STEPS];
    int *twin[KEYS] = {NULL};
    for (int step = 0; step < STEPS; step++) {
        size_t key = (size_t)rng_below(&rng, KEYS);
        char text[16];
        snprintf(text, sizeof text, "key-%zu", key);
        switch (rng_below(&rng, 3)) {
        case 0:
            assert_ptr_equal(map_remove(&map, str_c(text)), twin[key]);
            twin[key] = NULL;
            break;
        case 1:
            assert_ptr_equal(map_put(&map, str_c(text), &values[step]), twin[key]);
            twin[key] = &values[step];
            break;
        default:
            assert_ptr_equal(map_get(&map, str_c(text)), twin[key]);
        }
        size_t live = 0;
        for (size_t k = 0; k < KEYS; k++)
            live += twin[k] != NULL;
        assert_int_equal(map.live_count, live);
    }
    size_t walked = 0;
    const MapEntry *entry;
    for (size_t i = 0; map_next(&map, &i, &entry); walked++) {
        uint64_t key;
        assert_true(str_to_u64(str_slice(entry->key, 4, entry->key.length), &key));
        assert_ptr_equal(entry->value, twin[key]);
    }
    assert_int_equal(walked, map.live_count);
    arena_destroy(arena);
}

static void keeps_insertion_order(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Map map = map_make(arena);
    assert_null(map_get(&map, STR("absent")));
    assert_null(map_remove(&map, STR("absent")));
    char key[8] = "z";
    int one = 1, two = 2;
    map_put(&map, str_c(key), &one);
    key[0] = 'm'; /* the map has its own copy */
    map_put(&map, str_c(key), &two);
    map_put(&map, STR_EMPTY, &one);
    map_put(&map, STR("z"), &two);
    static const char *const order[] = {"z", "m", ""};
    const MapEntry *entry;
    size_t n = 0;
    for (size_t i = 0; map_next(&map, &i, &entry); n++)
        assert_str_equal(entry->key, order[n]);
    assert_int_equal(n, 3);
    assert_ptr_equal(map_get(&map, STR("z")), &two);
    arena_destroy(arena);
}

int suite_test_map(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_a_naive_twin),
        cmocka_unit_test(keeps_insertion_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
