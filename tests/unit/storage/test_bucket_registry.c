/* test_bucket_registry.c - names, roots, memory over restarts, removal under use, changes by many.
 */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "source_file.h"
#include "storage/bucket_persist.h"
#include "storage/bucket_registry.h"
#include "temp_folder.h"

typedef struct Case {
    char *folder;
    Arena *arena;
    BucketRegistry *registry;
    Err err;
} Case;

static Str path_in(Case *c, const char *name) {
    return str_format(c->arena, "%s/%s", c->folder, name);
}

static BucketRegistry *try_open(Case *c) {
    BucketSpec specs[] = {
        {.name = STR("primary"), .backend = STR("local"), .root = path_in(c, "primary")},
        {.name = STR("rescue"), .backend = STR("local"), .root = path_in(c, "rescue")}};
    return bucket_registry_open(&(BucketRegistryConfig){specs, 2}, &c->err);
}

static void reopen(Case *c) {
    bucket_registry_close(c->registry);
    c->registry = try_open(c);
    if (c->registry == NULL)
        fail_msg("open: %s (%s)", c->err.message, c->err.detail);
}

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->folder = temp_folder_create();
    c->arena = arena_create();
    reopen(c);
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    arena_destroy(c->arena);
    bucket_registry_close(c->registry);
    temp_folder_remove(c->folder);
    free(c);
    return 0;
}

static BucketSpec user_spec(Case *c, const char *name) {
    return (BucketSpec){.name = str_c(name),
                        .backend = STR("local"),
                        .root = path_in(c, name),
                        .role = BUCKET_USER};
}

static void create(Case *c, const char *name) {
    BucketSpec spec = user_spec(c, name);
    BucketInfo info;
    assert_ok(bucket_create(c->registry, &spec, c->arena, &info, &c->err), &c->err);
    assert_str_equal(info.name, name);
    assert_true(info.healthy);
}

static void expect_names(Case *c, const char *const *expected, size_t count) {
    Str *names;
    assert_int_equal(bucket_names(c->registry, c->arena, &names), count);
    for (size_t i = 0; i < count; i++)
        assert_str_equal(names[i], expected[i]);
}

static ObjectStore *find(Case *c, const char *name) {
    ObjectStore *store;
    assert_ok(bucket_find(c->registry, str_c(name), c->arena, &store, &c->err), &c->err);
    return store;
}

static void primary_and_rescue_are_always_there(void **state) {
    Case *c = *state;
    BucketInfo *infos;
    size_t count;
    assert_ok(bucket_list(c->registry, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 2);
    assert_str_equal(infos[0].name, "primary");
    assert_int_equal(infos[0].role, BUCKET_PRIMARY);
    assert_str_equal(infos[1].name, "rescue");
    assert_string_equal(bucket_role_name(infos[1].role), "rescue");
    assert_true(infos[0].healthy && infos[1].healthy);
    assert_true(infos[0].created_at_us > 0);
    assert_ptr_equal(find(c, ""), find(c, "primary"));
    assert_fails(bucket_remove(c->registry, STR("primary"), &c->err), &c->err, FAIL_DENIED);
    assert_fails(bucket_remove(c->registry, STR("rescue"), &c->err), &c->err, FAIL_DENIED);
    ObjectStore *store;
    assert_fails(bucket_find(c->registry, STR("none"), c->arena, &store, &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_non_null(strstr(c->err.message, "none"));
}

static void an_added_bucket_is_used_removed_and_back(void **state) {
    Case *c = *state;
    create(c, "team");
    assert_ok(store_put(find(c, "team"), STR("k"), STR("team's"), c->arena, NULL, &c->err),
              &c->err);
    assert_ok(store_put(find(c, "primary"), STR("k"), STR("primary's"), c->arena, NULL, &c->err),
              &c->err);
    BucketSpec again = user_spec(c, "team");
    BucketInfo info;
    assert_fails(bucket_create(c->registry, &again, c->arena, &info, &c->err), &c->err,
                 FAIL_CONFLICT);
    reopen(c);
    expect_names(c, (const char *const[]){"primary", "rescue", "team"}, 3);
    Str text;
    assert_ok(store_get(find(c, "team"), STR("k"), c->arena, &text, NULL, &c->err), &c->err);
    assert_str_equal(text, "team's");
    assert_ok(bucket_remove(c->registry, STR("team"), &c->err), &c->err);
    assert_fails(bucket_remove(c->registry, STR("team"), &c->err), &c->err, FAIL_NOT_FOUND);
    reopen(c);
    expect_names(c, (const char *const[]){"primary", "rescue"}, 2);
    create(c, "team");
    assert_ok(store_get(find(c, "team"), STR("k"), c->arena, &text, NULL, &c->err), &c->err);
    assert_str_equal(text, "team's");
}

static void names_are_checked(void **state) {
    Case *c = *state;
    char longest[65];
    memset(longest, 'a', 64);
    longest[64] = '\0';
    const char *bad[] = {"", "A", "-a", "_a", "a b", "a/b", "..", "\xc3\xa9", longest};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        BucketSpec spec = user_spec(c, "x");
        spec.name = str_c(bad[i]);
        BucketInfo info;
        assert_fails(bucket_create(c->registry, &spec, c->arena, &info, &c->err), &c->err,
                     FAIL_INVALID);
        assert_string_equal(c->err.field, "name");
    }
    longest[63] = '\0';
    create(c, longest);
    create(c, "0-_");
}

static void expect_bad_root(Case *c, Str root) {
    BucketSpec spec = {.name = STR("bad"), .backend = STR("local"), .root = root};
    BucketInfo info;
    assert_fails(bucket_create(c->registry, &spec, c->arena, &info, &c->err), &c->err,
                 FAIL_UNPROCESSABLE);
    assert_string_equal(c->err.field, "root");
    expect_names(c, (const char *const[]){"primary", "rescue", "team"}, 3);
}

static void unusable_and_shared_roots_are_refused(void **state) {
    Case *c = *state;
    create(c, "team");
    FILE *file = fopen(path_in(c, "file").data, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(symlink(path_in(c, "team").data, path_in(c, "alias").data), 0);
    expect_bad_root(c, STR(""));
    expect_bad_root(c, path_in(c, "file"));
    expect_bad_root(c, path_in(c, "file/below"));
    expect_bad_root(c, STR("/proc/none/here"));
    expect_bad_root(c, path_in(c, "team"));
    expect_bad_root(c, path_in(c, "team/"));
    expect_bad_root(c, path_in(c, "./team/../team"));
    expect_bad_root(c, path_in(c, "alias"));
    expect_bad_root(c, path_in(c, "alias/new"));
    expect_bad_root(c, path_in(c, "primary/inner"));
    expect_bad_root(c, str_c(c->folder));
    expect_bad_root(c, STR("/"));
    expect_bad_root(c, path_in(c, "none/../x"));
    assert_int_not_equal(access(path_in(c, "primary/inner").data, F_OK), 0);
    create(c, "team2"); /* a longer name is not an inner folder */
}

static void backends_are_checked(void **state) {
    Case *c = *state;
    BucketSpec spec = user_spec(c, "x");
    BucketInfo info;
    spec.backend = STR("s3");
    assert_fails(bucket_create(c->registry, &spec, c->arena, &info, &c->err), &c->err,
                 FAIL_UNSUPPORTED);
    spec.backend = STR("tape");
    assert_fails(bucket_create(c->registry, &spec, c->arena, &info, &c->err), &c->err,
                 FAIL_INVALID);
    assert_string_equal(c->err.field, "backend");
}

static void a_root_is_made_and_a_relative_one_resolved(void **state) {
    Case *c = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(c->folder), 0);
    BucketSpec spec = {.name = STR("deep"), .backend = STR("local"), .root = STR("a//b/./c")};
    BucketInfo info;
    bool ok = bucket_create(c->registry, &spec, c->arena, &info, &c->err);
    assert_int_equal(chdir(before), 0);
    assert_ok(ok, &c->err);
    char *real = realpath(c->folder, NULL);
    assert_str_equal(info.root, str_format(c->arena, "%s/a/b/c", real).data);
    free(real);
    assert_int_equal(access(path_in(c, "a/b/c").data, F_OK), 0);
}

static void a_removed_bucket_serves_who_has_it(void **state) {
    Case *c = *state;
    create(c, "team");
    Arena *request = arena_create();
    ObjectStore *store;
    assert_ok(bucket_find(c->registry, STR("team"), request, &store, &c->err), &c->err);
    assert_ok(bucket_remove(c->registry, STR("team"), &c->err), &c->err);
    assert_ok(store_put(store, STR("k"), STR("v"), request, NULL, &c->err), &c->err);
    arena_destroy(request);
    assert_int_equal(access(path_in(c, "team/k").data, F_OK), 0);
}

static void a_lost_disk_is_shown_and_comes_back(void **state) {
    Case *c = *state;
    create(c, "disk");
    assert_ok(store_put(find(c, "disk"), STR("k"), STR("v"), c->arena, NULL, &c->err), &c->err);
    arena_reset(c->arena);
    bucket_registry_close(c->registry);
    assert_int_equal(rename(path_in(c, "disk").data, path_in(c, "away").data), 0);
    c->registry = NULL;
    reopen(c);
    BucketInfo *infos;
    size_t count;
    assert_ok(bucket_list(c->registry, c->arena, &infos, &count, &c->err), &c->err);
    assert_int_equal(count, 3);
    assert_true(infos[0].healthy && !infos[2].healthy);
    ObjectStore *store;
    assert_fails(bucket_find(c->registry, STR("disk"), c->arena, &store, &c->err), &c->err,
                 FAIL_IO);
    assert_non_null(strstr(c->err.message, "disk"));
    assert_int_not_equal(access(path_in(c, "disk").data, F_OK), 0); /* not made anew */
    assert_int_equal(rename(path_in(c, "away").data, path_in(c, "disk").data), 0);
    Str text;
    assert_ok(store_get(find(c, "disk"), STR("k"), c->arena, &text, NULL, &c->err), &c->err);
}

static void a_damaged_memory_stops_the_start(void **state) {
    Case *c = *state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"format\":2,\"buckets\":[]}",
        "{\"format\":1}",
        "{\"format\":1,\"buckets\":[1]}",
        "{\"format\":1,\"buckets\":[{\"name\":\"x\"}]}",
        ("{\"format\":1,\"buckets\":[{\"name\":\"x\",\"backend\":\"local\",\"root\":\"/x\","
         "\"role\":\"primary\",\"created_at\":\"2026-01-01T00:00:00Z\"}]}"),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_ok(store_put(find(c, "primary"), STR("registry/buckets.json"), str_c(texts[i]),
                            c->arena, NULL, &c->err),
                  &c->err);
        BucketRegistry *second = try_open(c);
        assert_null(second);
        assert_int_equal(c->err.kind, FAIL_CORRUPT);
        assert_non_null(strstr(c->err.message, "registry/buckets.json"));
    }
}

static void unknown_fields_are_kept(void **state) {
    Case *c = *state;
    static const char text[] =
        "{\"format\":1,\"later\":true,\"buckets\":[{\"name\":\"old\",\"backend\":\"s9\","
        "\"role\":\"user\",\"created_at\":\"2026-01-01T00:00:00Z\",\"colour\":\"red\"}]}";
    assert_ok(store_put(find(c, "primary"), STR("registry/buckets.json"), str_c(text), c->arena,
                        NULL, &c->err),
              &c->err);
    reopen(c);
    create(c, "new");
    Str bytes;
    assert_ok(store_get(find(c, "primary"), STR("registry/buckets.json"), c->arena, &bytes, NULL,
                        &c->err),
              &c->err);
    assert_int_not_equal(str_find(bytes, STR("\"later\""), 0), SIZE_MAX);
    assert_int_not_equal(str_find(bytes, STR("\"red\""), 0), SIZE_MAX);
    ObjectStore *store;
    assert_fails(bucket_find(c->registry, STR("old"), c->arena, &store, &c->err), &c->err,
                 FAIL_INVALID);
}

static void configurations_are_checked(void **state) {
    Case *c = *state;
    ObjectStore *memory = store_memory_create();
    BucketSpec primary = {.name = STR("primary"), .store = memory};
    BucketSpec rescue = {.name = STR("rescue"), .backend = STR("memory")};
    BucketSpec twice[] = {primary, rescue, primary};
    assert_null(bucket_registry_open(&(BucketRegistryConfig){twice, 3}, &c->err));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    assert_null(bucket_registry_open(&(BucketRegistryConfig){&primary, 1}, &c->err));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    BucketSpec lost = {.name = STR("primary"), .backend = STR("local"), .root = STR("/proc/none")};
    BucketSpec no_primary[] = {lost, rescue};
    assert_null(bucket_registry_open(&(BucketRegistryConfig){no_primary, 2}, &c->err));
    /* a lost rescue is only unhealthy */
    lost.name = STR("rescue");
    BucketSpec no_rescue[] = {primary, lost};
    BucketRegistry *registry = bucket_registry_open(&(BucketRegistryConfig){no_rescue, 2}, &c->err);
    assert_non_null(registry);
    BucketInfo *infos;
    size_t count;
    assert_ok(bucket_list(registry, c->arena, &infos, &count, &c->err), &c->err);
    assert_true(infos[0].healthy && !infos[1].healthy);
    bucket_registry_close(registry);
    store_close(memory);
}

static void count_change(void *context) {
    ++*(int *)context;
}

static void subscribers_hear_of_changes(void **state) {
    Case *c = *state;
    int changes = 0;
    bucket_registry_on_change(c->registry, count_change, &changes);
    create(c, "team");
    assert_int_equal(changes, 1);
    BucketSpec again = user_spec(c, "team");
    BucketInfo info;
    assert_fails(bucket_create(c->registry, &again, c->arena, &info, &c->err), &c->err,
                 FAIL_CONFLICT);
    assert_int_equal(changes, 1);
    assert_ok(bucket_remove(c->registry, STR("team"), &c->err), &c->err);
    assert_int_equal(changes, 2);
}

/* --- many at once ------------------------------------------------------------------------ */

typedef struct Client {
    Case *c;
    int number;
    bool ok;
} Client;

static void *add_use_remove(void *argument) {
    Client *client = argument;
    client->ok = true;
    for (int i = 0; i < 6 && client->ok; i++) {
        Arena *arena = arena_create();
        Err err;
        BucketInfo info;
        ObjectStore *store;
        Str name = str_format(arena, "b%d", client->number);
        BucketSpec spec = {.name = name,
                           .backend = STR("local"),
                           .root = str_format(arena, "%s/b%d", client->c->folder, client->number)};
        client->ok = bucket_create(client->c->registry, &spec, arena, &info, &err) &&
                     bucket_find(client->c->registry, name, arena, &store, &err) &&
                     bucket_remove(client->c->registry, name, &err) &&
                     store_put(store, STR("k"), STR("v"), arena, NULL, &err);
        arena_destroy(arena);
    }
    return NULL;
}

static void *read_all(void *argument) {
    Client *client = argument;
    client->ok = true;
    for (int i = 0; i < 40 && client->ok; i++) {
        Arena *arena = arena_create();
        Err err;
        BucketInfo *infos;
        size_t count;
        ObjectStore *store;
        client->ok = bucket_list(client->c->registry, arena, &infos, &count, &err) && count >= 2 &&
                     bucket_find(client->c->registry, STR("rescue"), arena, &store, &err) &&
                     store_healthy(store, &err);
        arena_destroy(arena);
    }
    return NULL;
}

static void changes_do_not_disturb_readers(void **state) {
    Case *c = *state;
    enum { CLIENTS = 8 };
    pthread_t threads[CLIENTS];
    Client clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (Client){c, i, false};
        pthread_create(&threads[i], NULL, i % 2 == 0 ? add_use_remove : read_all, &clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CLIENTS; i++)
        assert_true(clients[i].ok);
    expect_names(c, (const char *const[]){"primary", "rescue"}, 2);
}

/* Two servers on one primary do not forget each other's buckets. */
static void two_registries_share_the_memory(void **state) {
    Case *c = *state;
    BucketRegistry *second = try_open(c);
    assert_non_null(second);
    create(c, "one");
    BucketSpec spec = user_spec(c, "two");
    BucketInfo info;
    assert_ok(bucket_create(second, &spec, c->arena, &info, &c->err), &c->err);
    bucket_registry_close(second);
    reopen(c);
    expect_names(c, (const char *const[]){"primary", "rescue", "one", "two"}, 4);
}

/* --- faults ------------------------------------------------------------------------------ */

typedef struct Faulty {
    ObjectStore *store;
    BucketRegistry *registry;
} Faulty;

static BucketRegistry *open_over(ObjectStore *primary, Err *err) {
    BucketSpec specs[] = {{.name = STR("primary"), .store = primary},
                          {.name = STR("rescue"), .backend = STR("memory")}};
    return bucket_registry_open(&(BucketRegistryConfig){specs, 2}, err);
}

static bool remembered(ObjectStore *primary, const char *name) {
    Arena *arena = arena_create();
    StoredBucket *stored;
    size_t count;
    Err err;
    assert_ok(bucket_persist_load(primary, arena, &stored, &count, &err), &err);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= str_eq_c(stored[i].spec.name, name);
    arena_destroy(arena);
    return found;
}

/* One run of "add b, remove a" under a plan; the memory must be a truth before or after, and agree
 * with what the calls answered unless their answer was a failure of the store. */
static bool run_under(const FaultPlan *plan) {
    Arena *arena = arena_create();
    Err err = {0};
    ObjectStore *primary = store_faulty_create(store_memory_create(), &(FaultPlan){0});
    BucketRegistry *registry = open_over(primary, &err);
    BucketSpec a = {.name = STR("a"), .backend = STR("memory")};
    BucketSpec b = {.name = STR("b"), .backend = STR("memory")};
    BucketInfo info;
    assert_ok(bucket_create(registry, &a, arena, &info, &err), &err);
    store_faulty_set_plan(primary, plan);
    bool added = bucket_create(registry, &b, arena, &info, &err);
    assert_true(added || err.kind == FAIL_IO || err.kind == FAIL_UNPROCESSABLE);
    bool removed = bucket_remove(registry, STR("a"), &err);
    assert_true(removed || err.kind == FAIL_IO);
    bool all_done = added && removed;
    bucket_registry_close(registry);
    store_faulty_set_plan(primary, &(FaultPlan){0});
    assert_true(!added || remembered(primary, "b"));
    assert_true(!removed || !remembered(primary, "a"));
    registry = open_over(primary, &err);
    assert_non_null(registry);
    bucket_registry_close(registry);
    store_close(primary);
    arena_destroy(arena);
    return all_done;
}

static void every_call_may_fail(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 12; n++) {
        run_under(&(FaultPlan){.fail_nth = n});
        run_under(&(FaultPlan){.tear_nth = n});
        run_under(&(FaultPlan){.fail_after = n});
        assert_true(run_under(&(FaultPlan){.lost_nth = n}) || n == 1 || n == 3);
    }
    assert_true(run_under(&(FaultPlan){.fail_nth = 100}));
}

static void the_golden_memory_loads_and_prints_the_same(void **state) {
    Case *c = *state;
    ObjectStore *primary = store_memory_create();
    Str key = STR("registry/buckets.json"), again;
    Str golden = source_file_read("tests/data/formats/v1/buckets.json", c->arena);
    assert_ok(store_put(primary, key, golden, c->arena, NULL, &c->err), &c->err);
    StoredBucket *stored;
    size_t count;
    assert_ok(bucket_persist_load(primary, c->arena, &stored, &count, &c->err), &c->err);
    assert_int_equal(count, 2);
    assert_str_equal(stored[0].spec.name, "team");
    assert_str_equal(stored[0].spec.backend, "memory");
    assert_int_equal(stored[0].created_at_us, 1769860800123456);
    assert_str_equal(stored[1].spec.root, "/srv/lakehouse/profiles/a");
    assert_int_equal(stored[1].spec.role, BUCKET_PROFILE);
    StoredBucket more = stored[0];
    more.spec.name = STR("more");
    assert_ok(bucket_persist_add(primary, &more, &c->err), &c->err);
    assert_ok(bucket_persist_remove(primary, STR("more"), &c->err), &c->err);
    assert_ok(store_get(primary, key, c->arena, &again, NULL, &c->err), &c->err);
    assert_true(str_eq(again, golden));
    store_close(primary);
}

static void user_keys_and_system_keys(void **state) {
    (void)state;
    static const char *const system[] = {"catalog/x",
                                         "data/x/y",
                                         "vectors/a",
                                         "journal/a",
                                         "evals/a",
                                         "profiles/a",
                                         "registry/buckets.json",
                                         "catalog",
                                         "data"};
    static const char *const user[] = {"x", "catalogue/x", "my/catalog/x", "dat", "Data/x"};
    for (size_t i = 0; i < ARRAY_LEN(system); i++)
        assert_false(bucket_key_is_writable(str_c(system[i])));
    for (size_t i = 0; i < ARRAY_LEN(user); i++)
        assert_true(bucket_key_is_writable(str_c(user[i])));
}

int suite_test_bucket_registry(void);
int suite_test_bucket_registry(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(primary_and_rescue_are_always_there),
        CASE(an_added_bucket_is_used_removed_and_back),
        CASE(names_are_checked),
        CASE(unusable_and_shared_roots_are_refused),
        CASE(backends_are_checked),
        CASE(a_root_is_made_and_a_relative_one_resolved),
        CASE(a_removed_bucket_serves_who_has_it),
        CASE(a_lost_disk_is_shown_and_comes_back),
        CASE(a_damaged_memory_stops_the_start),
        CASE(unknown_fields_are_kept),
        CASE(configurations_are_checked),
        CASE(subscribers_hear_of_changes),
        CASE(changes_do_not_disturb_readers),
        CASE(two_registries_share_the_memory),
        CASE(every_call_may_fail),
        CASE(the_golden_memory_loads_and_prints_the_same),
        CASE(user_keys_and_system_keys),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
