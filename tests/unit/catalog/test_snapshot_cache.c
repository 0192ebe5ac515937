/* test_snapshot_cache.c - what is handed out outlives the cache's own hold; limits; many threads.
 */
#include "unit.h"

#include <pthread.h>

#include "catalog/snapshot_cache.h"

static void put(SnapshotCache *cache, uint64_t id, size_t weight, Arena *arena) {
    Arena *own = arena_create();
    Snapshot snapshot = {.id = id, .dataset = str_format(own, "d%llu", (unsigned long long)id)};
    arena_alloc(own, weight);
    Str name = str_format(arena, "%llu", (unsigned long long)id);
    snapshot_cache_put(cache, name, own, &snapshot, arena);
}

static bool get(SnapshotCache *cache, uint64_t id, Arena *arena, Snapshot *out) {
    return snapshot_cache_get(cache, str_format(arena, "%llu", (unsigned long long)id), arena, out);
}

static void found_until_dropped(void **state) {
    (void)state;
    SnapshotCache *cache = snapshot_cache_create(100000);
    Arena *arena = arena_create();
    Snapshot held, other;
    put(cache, 1, 30000, arena);
    assert_true(get(cache, 1, arena, &held));
    put(cache, 2, 30000, arena);
    assert_true(get(cache, 1, arena, &other)); /* used later than 2 */
    put(cache, 3, 30000, arena);
    put(cache, 4, 30000, arena); /* 2 must go */
    assert_true(get(cache, 1, arena, &other));
    assert_false(get(cache, 2, arena, &other));
    assert_true(get(cache, 4, arena, &other));
    assert_int_equal(other.id, 4);
    snapshot_cache_destroy(cache);
    assert_str_equal(held.dataset, "d1"); /* lives as long as the arena */
    arena_destroy(arena);
}

static void too_large_ones_are_only_handed_out(void **state) {
    (void)state;
    SnapshotCache *cache = snapshot_cache_create(1000);
    Arena *arena = arena_create();
    Snapshot out;
    put(cache, 1, 5000, arena);
    assert_false(get(cache, 1, arena, &out));
    snapshot_cache_destroy(cache);
    arena_destroy(arena);
}

static void many_entries_stay_within_the_table(void **state) {
    (void)state;
    SnapshotCache *cache = snapshot_cache_create(UINT64_MAX);
    size_t found = 0;
    for (uint64_t id = 1; id <= 2000; id++) {
        Arena *arena = arena_create();
        put(cache, id, 10, arena);
        put(cache, id, 10, arena); /* twice the same is one entry */
        arena_destroy(arena);
    }
    for (uint64_t id = 1; id <= 2000; id++) {
        Arena *arena = arena_create();
        Snapshot out;
        found += get(cache, id, arena, &out);
        arena_destroy(arena);
    }
    assert_int_equal(found, 512);
    snapshot_cache_destroy(cache);
}

static void *use(void *argument) {
    SnapshotCache *cache = argument;
    bool ok = true;
    for (uint64_t i = 0; i < 3000 && ok; i++) {
        Arena *arena = arena_create();
        Snapshot out;
        uint64_t id = 1 + i % 40;
        if (get(cache, id, arena, &out))
            ok = out.id == id && out.dataset.data[0] == 'd';
        else
            put(cache, id, 900, arena);
        arena_destroy(arena);
    }
    return ok ? cache : NULL;
}

static void threads_share_it(void **state) {
    (void)state;
    SnapshotCache *cache = snapshot_cache_create(20000);
    pthread_t threads[4];
    void *results[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use, cache);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], &results[i]);
    for (int i = 0; i < 4; i++)
        assert_non_null(results[i]);
    snapshot_cache_destroy(cache);
}

int suite_test_snapshot_cache(void);
int suite_test_snapshot_cache(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_until_dropped),
        cmocka_unit_test(too_large_ones_are_only_handed_out),
        cmocka_unit_test(many_entries_stay_within_the_table),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
