/* test_rng.c - the published generator, fair bounds, moments within wide limits of a fixed seed. */
#include "unit.h"

#include <math.h>

#include "base/rng.h"

/* First outputs of the reference xoshiro256** for the state {1, 2, 3, 4}. */
static void matches_the_reference(void **state) {
    (void)state;
    Rng rng = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240)};
    for (size_t i = 0; i < 4; i++)
        assert_true(rng_next(&rng) == expected[i]);
    /* splitmix64 of seed 0, as published. */
    assert_true(rng_seeded(0).state[0] == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(rng_seeded(0).state[1] == UINT64_C(0x6E789E6AA1B965F4));
}

static void bounds_are_fair(void **state) {
    (void)state;
    Rng rng = rng_seeded(11);
    size_t seen[7] = {0};
    for (size_t i = 0; i < 70000; i++) {
        uint64_t value = rng_below(&rng, 7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500);
    assert_true(rng_below(&rng, 1) == 0);
    uint64_t huge = (UINT64_C(1) << 63) + 1; /* half of all draws are thrown away */
    for (size_t i = 0; i < 1000; i++)
        assert_true(rng_below(&rng, huge) < huge);
}

static void moments(void **state) {
    (void)state;
    Rng rng = rng_seeded(12);
    double sum = 0, square = 0, unit = 0;
    enum { DRAWS = 100000 };
    for (size_t i = 0; i < DRAWS; i++) {
        double normal = rng_normal(&rng), u = rng_unit(&rng);
        assert_true(u >= 0 && u < 1);
        sum += normal;
        square += normal * normal;
        unit += u;
    }
    assert_true(fabs(sum / DRAWS) < 0.02);
    assert_true(fabs(square / DRAWS - 1) < 0.02);
    assert_true(fabs(unit / DRAWS - 0.5) < 0.01);
}

static void ids_differ(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str a = random_id(arena), b = random_id(arena);
    assert_int_equal(a.length, 32);
    assert_false(str_eq(a, b));
    for (size_t i = 0; i < 32; i++)
        assert_non_null(strchr("0123456789abcdef", a.data[i]));
    uint8_t bytes[1000] = {0};
    random_bytes(bytes, sizeof bytes);
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        zeros += bytes[i] == 0;
    assert_true(zeros < 50);
    random_bytes(bytes, 0);
    arena_destroy(arena);
}

int suite_test_rng(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_reference),
        cmocka_unit_test(bounds_are_fair),
        cmocka_unit_test(moments),
        cmocka_unit_test(ids_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
