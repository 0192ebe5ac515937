/* test_query_cache.c - the least recently used goes first; against a naive list; many threads. */
#include "unit.h"

#include <pthread.h>

#include "base/rng.h"
#include "index/query_cache.h"

enum { DIMENSION = 4, CAPACITY = 8 };

static void vector_for(unsigned n, float out[DIMENSION]) {
    for (unsigned i = 0; i < DIMENSION; i++)
        out[i] = (float)(n * 10 + i);
}

static Str text_for(unsigned n, char buffer[32]) {
    return str_make(buffer, (size_t)snprintf(buffer, 32, "text %u", n));
}

static void put(QueryCache *cache, unsigned n) {
    char text[32];
    float vector[DIMENSION];
    vector_for(n, vector);
    query_cache_put(cache, STR("model"), text_for(n, text), DIMENSION, vector);
}

static bool get(QueryCache *cache, unsigned n) {
    char text[32];
    float vector[DIMENSION];
    float expected[DIMENSION];
    vector_for(n, expected);
    if (!query_cache_get(cache, STR("model"), text_for(n, text), DIMENSION, vector))
        return false;
    assert_memory_equal(vector, expected, sizeof vector);
    return true;
}

static void test_models_do_not_share(void **state) {
    (void)state;
    QueryCache *cache = query_cache_create(CAPACITY);
    float vector[DIMENSION] = {0};
    put(cache, 1);
    assert_true(get(cache, 1));
    assert_false(query_cache_get(cache, STR("other"), STR("text 1"), DIMENSION, vector));
    assert_false(query_cache_get(cache, STR("modelt"), STR("ext 1"), DIMENSION, vector));
    query_cache_destroy(cache);
}

static void test_zero_entries_remember_nothing(void **state) {
    (void)state;
    QueryCache *cache = query_cache_create(0);
    put(cache, 1);
    assert_false(get(cache, 1));
    query_cache_destroy(cache);
}

static void test_long_texts_are_not_kept(void **state) {
    (void)state;
    static char text[QUERY_CACHE_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    QueryCache *cache = query_cache_create(CAPACITY);
    float vector[DIMENSION] = {0};
    query_cache_put(cache, STR("m"), str_make(text, sizeof text), DIMENSION, vector);
    assert_int_equal(query_cache_count(cache), 0);
    query_cache_put(cache, STR("m"), str_make(text, sizeof text - 1), DIMENSION, vector);
    assert_int_equal(query_cache_count(cache), 1);
    query_cache_destroy(cache);
}

/* A list in order of use, newest first. */
static void test_against_a_naive_list(void **state) {
    (void)state;
    Rng rng = rng_seeded(5);
    QueryCache *cache = query_cache_create(CAPACITY);
    unsigned list[CAPACITY + 1];
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        unsigned n = (unsigned)rng_below(&rng, 20);
        size_t at = 0;
        while (at < count && list[at] != n)
            at++;
        bool known = at < count;
        assert_int_equal(get(cache, n), known);
        if (!known) {
            put(cache, n);
            at = count < CAPACITY ? count++ : CAPACITY - 1;
        }
        memmove(list + 1, list, at * sizeof *list);
        list[0] = n;
        assert_int_equal(query_cache_count(cache), count);
    }
    query_cache_destroy(cache);
}

static void *hammer(void *context) {
    for (unsigned i = 0; i < 20000; i++)
        if (!get(context, i * 7 % 30))
            put(context, i * 7 % 30);
    return NULL;
}

static void test_many_threads(void **state) {
    (void)state;
    QueryCache *cache = query_cache_create(CAPACITY);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, cache), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(query_cache_count(cache), CAPACITY);
    query_cache_destroy(cache);
}

int suite_test_query_cache(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_do_not_share),
        cmocka_unit_test(test_zero_entries_remember_nothing),
        cmocka_unit_test(test_long_texts_are_not_kept),
        cmocka_unit_test(test_against_a_naive_list),
        cmocka_unit_test(test_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
