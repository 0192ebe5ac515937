/* test_object_cache.c - fetching once, dropping the oldest, pins, changed objects, leftovers. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "storage/object_cache.h"
#include "temp_folder.h"

enum { OBJECT_BYTES = 1000 };

typedef struct Case {
    char *folder;
    Arena *arena;
    ObjectStore *store; /* faulty over memory: counts calls */
    ObjectCache *cache; /* holds three objects */
    Err err;
} Case;

static void put(Case *c, const char *key, char fill) {
    char bytes[OBJECT_BYTES];
    memset(bytes, fill, sizeof bytes);
    assert_ok(
        store_put(c->store, str_c(key), str_make(bytes, sizeof bytes), c->arena, NULL, &c->err),
        &c->err);
}

static void open_cache(Case *c) {
    c->cache = object_cache_open(str_c(c->folder), 3 * OBJECT_BYTES, &c->err);
    assert_non_null(c->cache);
}

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->folder = temp_folder_create();
    c->arena = arena_create();
    c->store = store_faulty_create(store_memory_create(), &(FaultPlan){0});
    open_cache(c);
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    arena_destroy(c->arena);
    object_cache_close(c->cache);
    store_close(c->store);
    temp_folder_remove(c->folder);
    free(c);
    return 0;
}

/* The path in its own arena, which the caller destroys to unpin. */
static const char *fetch(Case *c, const char *key, Arena *arena) {
    Str path;
    assert_ok(object_cache_path(c->cache, STR("team"), c->store, str_c(key), arena, &path, &c->err),
              &c->err);
    return path.data;
}

static bool file_holds(const char *path, char fill) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t count = 0;
    int byte;
    while ((byte = fgetc(file)) == fill)
        count++;
    fclose(file);
    return byte == EOF && count == OBJECT_BYTES;
}

static void an_object_is_fetched_once(void **state) {
    Case *c = *state;
    put(c, "data/x/a.parquet", 'a');
    const char *path = fetch(c, "data/x/a.parquet", c->arena);
    assert_true(file_holds(path, 'a'));
    assert_true(str_ends(str_c(path), STR(".parquet")));
    assert_true(str_starts(str_c(path), object_cache_folder(c->cache)));
    store_faulty_set_plan(c->store, &(FaultPlan){0});
    assert_string_equal(fetch(c, "data/x/a.parquet", c->arena), path);
    assert_int_equal(store_faulty_calls(c->store), 2); /* local_path, head */
}

static void a_changed_object_is_another_file(void **state) {
    Case *c = *state;
    put(c, "a", 'a');
    const char *before = fetch(c, "a", c->arena);
    put(c, "a", 'b');
    const char *after = fetch(c, "a", c->arena);
    assert_string_not_equal(before, after);
    assert_true(file_holds(after, 'b'));
    assert_true(file_holds(before, 'a')); /* still pinned */
}

static void buckets_do_not_share_names(void **state) {
    Case *c = *state;
    put(c, "a", 'a');
    Str other;
    const char *team = fetch(c, "a", c->arena);
    assert_ok(
        object_cache_path(c->cache, STR("other"), c->store, STR("a"), c->arena, &other, &c->err),
        &c->err);
    assert_string_not_equal(team, other.data);
}

static void the_oldest_unused_file_goes_first(void **state) {
    Case *c = *state;
    static const char *const keys[] = {"a", "b", "c", "d"};
    Arena *arenas[4];
    const char *paths[4];
    for (int i = 0; i < 4; i++) {
        put(c, keys[i], keys[i][0]);
        arenas[i] = arena_create();
    }
    for (int i = 0; i < 3; i++)
        paths[i] = fetch(c, keys[i], arenas[i]);
    Str refused;
    assert_fails(
        object_cache_path(c->cache, STR("team"), c->store, STR("d"), c->arena, &refused, &c->err),
        &c->err, FAIL_BUSY);
    Str first = str_dup(c->arena, str_c(paths[0])), second = str_dup(c->arena, str_c(paths[1]));
    arena_destroy(arenas[0]);
    arena_destroy(arenas[1]);
    Arena *again = arena_create();
    fetch(c, "a", again); /* now b is the one not used for longest */
    arena_destroy(again);
    paths[3] = fetch(c, "d", arenas[3]);
    assert_true(file_holds(first.data, 'a'));
    assert_int_not_equal(access(second.data, F_OK), 0);
    assert_true(file_holds(paths[2], 'c') && file_holds(paths[3], 'd'));
    arena_destroy(arenas[2]);
    arena_destroy(arenas[3]);
}

static void too_large_and_absent_objects(void **state) {
    Case *c = *state;
    char *large = arena_alloc(c->arena, 4 * OBJECT_BYTES);
    memset(large, 'x', 4 * OBJECT_BYTES);
    assert_ok(store_put(c->store, STR("large"), str_make(large, 4 * OBJECT_BYTES), c->arena, NULL,
                        &c->err),
              &c->err);
    Str path;
    assert_fails(
        object_cache_path(c->cache, STR("team"), c->store, STR("large"), c->arena, &path, &c->err),
        &c->err, FAIL_LIMIT);
    assert_fails(
        object_cache_path(c->cache, STR("team"), c->store, STR("none"), c->arena, &path, &c->err),
        &c->err, FAIL_NOT_FOUND);
}

static void leftovers_are_swept_and_files_taken_over(void **state) {
    Case *c = *state;
    put(c, "a", 'a');
    Arena *arena = arena_create();
    const char *path = str_dup(c->arena, str_c(fetch(c, "a", arena))).data;
    arena_destroy(arena);
    object_cache_close(c->cache);
    const char *part = str_format(c->arena, "%s.0123.part", path).data;
    FILE *file = fopen(part, "wb");
    fputs("half", file);
    fclose(file);
    open_cache(c);
    assert_int_not_equal(access(part, F_OK), 0);
    store_faulty_set_plan(c->store, &(FaultPlan){0});
    assert_string_equal(fetch(c, "a", c->arena), path);
    assert_int_equal(store_faulty_calls(c->store), 2);
    unlink(path); /* somebody cleans up by hand */
    assert_true(file_holds(fetch(c, "a", c->arena), 'a'));
}

static void every_call_may_fail(void **state) {
    Case *c = *state;
    put(c, "a", 'a');
    for (uint64_t n = 1; n <= 4; n++) {
        Arena *arena = arena_create();
        Str path;
        store_faulty_set_plan(c->store, &(FaultPlan){.fail_nth = n});
        assert_fails(
            object_cache_path(c->cache, STR("team"), c->store, STR("a"), arena, &path, &c->err),
            &c->err, FAIL_IO);
        arena_destroy(arena);
    }
    store_faulty_set_plan(c->store, &(FaultPlan){0});
    const char *keys[] = {"b", "c"}; /* nothing leaked: three files still fit */
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        put(c, keys[i], keys[i][0]);
        assert_true(file_holds(fetch(c, keys[i], c->arena), keys[i][0]));
    }
    assert_true(file_holds(fetch(c, "a", c->arena), 'a'));
}

static void local_objects_are_read_in_place(void **state) {
    Case *c = *state;
    char *root = temp_folder_create();
    LocalStoreConfig config = {.root = str_c(root), .create_root = true};
    ObjectStore *local = store_local_open(&config, &c->err);
    assert_ok(store_put(local, STR("k"), STR("v"), c->arena, NULL, &c->err), &c->err);
    Str path;
    assert_ok(object_cache_path(c->cache, STR("b"), local, STR("k"), c->arena, &path, &c->err),
              &c->err);
    assert_true(str_starts(path, str_c(root)));
    store_close(local);
    temp_folder_remove(root);
}

static void *fetch_many(void *argument) {
    Case *c = argument;
    bool ok = true;
    for (int i = 0; i < 30 && ok; i++) {
        Arena *arena = arena_create();
        Err err;
        Str path;
        Str key = i % 2 == 0 ? STR("a") : STR("b");
        ok = object_cache_path(c->cache, STR("team"), c->store, key, arena, &path, &err) &&
             file_holds(path.data, key.data[0]);
        arena_destroy(arena);
    }
    return ok ? c : NULL;
}

static void many_threads_fetch_the_same(void **state) {
    Case *c = *state;
    put(c, "a", 'a');
    put(c, "b", 'b');
    pthread_t threads[3]; /* three fetches at once, and one file pinned by each at most */
    void *results[3];
    object_cache_close(c->cache);
    c->cache = object_cache_open(str_c(c->folder), 6 * OBJECT_BYTES, &c->err);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, fetch_many, c);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], &results[i]);
    for (int i = 0; i < 3; i++)
        assert_non_null(results[i]);
}

int suite_test_object_cache(void);
int suite_test_object_cache(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(an_object_is_fetched_once),    CASE(a_changed_object_is_another_file),
        CASE(buckets_do_not_share_names),   CASE(the_oldest_unused_file_goes_first),
        CASE(too_large_and_absent_objects), CASE(leftovers_are_swept_and_files_taken_over),
        CASE(every_call_may_fail),          CASE(local_objects_are_read_in_place),
        CASE(many_threads_fetch_the_same),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
