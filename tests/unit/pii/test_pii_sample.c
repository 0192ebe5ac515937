/* Unit tests of the sample: against a sort of all distinct values, in any order, within its bytes.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "pii/pii_sample.h"

enum { VALUES = 30000 };

static Str nth_value(Arena *arena, uint64_t number) {
    return str_format(arena, "value %llu", (unsigned long long)number);
}

static int by_number(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* The 500 smallest hashes of 30,000 values, each of which comes one to three times. */
static void test_smallest_hashes_stay(void **state) {
    (void)state;
    Arena *arena = arena_create();
    uint64_t *hashes = ARENA_ARRAY(arena, uint64_t, VALUES);
    for (uint64_t i = 0; i < VALUES; i++)
        hashes[i] = hash64_seeded(nth_value(arena, i), PII_SAMPLE_SEED);
    qsort(hashes, VALUES, sizeof *hashes, by_number);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        PiiSample sample;
        Rng rng = rng_seeded(seed);
        pii_sample_init(&sample, 500, 1 << 20);
        for (uint64_t i = 0; i < VALUES; i++) {
            uint64_t number = (i * 7919 + seed * 13) % VALUES; /* each once, in another order */
            for (uint64_t times = rng_below(&rng, 3) + 1; times > 0; times--)
                pii_sample_add(&sample, nth_value(arena, number));
        }
        pii_sample_prune(&sample);
        assert_int_equal(sample.count, 500);
        for (size_t i = 0; i < 500; i++) {
            assert_true(sample.entries[i].hash == hashes[i]);
            assert_true(hash64_seeded(pii_sample_value(&sample, i), PII_SAMPLE_SEED) == hashes[i]);
        }
        pii_sample_deinit(&sample);
    }
    arena_destroy(arena);
}

/* Few distinct values: all of them, once each. */
static void test_few_values(void **state) {
    (void)state;
    Arena *arena = arena_create();
    PiiSample sample;
    pii_sample_init(&sample, 2000, 1 << 20);
    for (uint64_t i = 0; i < 100000; i++)
        pii_sample_add(&sample, i % 7 == 0 ? STR_EMPTY : nth_value(arena, i % 7));
    pii_sample_prune(&sample);
    assert_int_equal(sample.count, 7);
    pii_sample_deinit(&sample);
    arena_destroy(arena);
}

/* Long values: memory stays within the bounds, and what stays does not depend on the order. */
static void test_bytes_are_bounded(void **state) {
    (void)state;
    enum { LONG = 3000, COUNT = 400, BYTES = 64 << 10 };
    char *text = malloc(2 * PII_VALUE_BYTES);
    size_t counts[2];
    uint64_t last[2];
    for (size_t order = 0; order < 2; order++) {
        PiiSample sample;
        pii_sample_init(&sample, 2000, BYTES);
        for (size_t i = 0; i < COUNT; i++) {
            size_t number = order == 0 ? i : COUNT - 1 - i;
            size_t length = number % 3 == 0 ? 10 : number % 3 == 1 ? LONG : 2 * PII_VALUE_BYTES;
            memset(text, 'x', length);
            snprintf(text, 10, "%09zu", number);
            pii_sample_add(&sample, (Str){text, length});
            assert_true(sample.bytes_used <= 2 * BYTES + PII_VALUE_BYTES);
        }
        pii_sample_prune(&sample);
        size_t bytes = 0;
        for (size_t i = 0; i < sample.count; i++)
            bytes += sample.entries[i].length;
        assert_true(bytes <= BYTES && bytes > BYTES / 2);
        counts[order] = sample.count;
        last[order] = sample.entries[sample.count - 1].hash;
        pii_sample_deinit(&sample);
    }
    assert_int_equal(counts[0], counts[1]);
    assert_true(last[0] == last[1]);
    free(text);
}

/* What lies behind the first 4 KiB does not tell values apart. */
static void test_long_values_are_cut(void **state) {
    (void)state;
    char text[PII_VALUE_BYTES + 10];
    PiiSample sample;
    memset(text, 'a', sizeof text);
    pii_sample_init(&sample, 10, 1 << 20);
    for (size_t length = PII_VALUE_BYTES; length < sizeof text; length++)
        pii_sample_add(&sample, (Str){text, length});
    pii_sample_prune(&sample);
    assert_int_equal(sample.count, 1);
    assert_int_equal(pii_sample_value(&sample, 0).length, PII_VALUE_BYTES);
    pii_sample_deinit(&sample);
}

int suite_test_pii_sample(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest_hashes_stay), cmocka_unit_test(test_few_values),
        cmocka_unit_test(test_bytes_are_bounded), cmocka_unit_test(test_long_values_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
