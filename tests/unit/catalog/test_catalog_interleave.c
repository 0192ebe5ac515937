/* test_catalog_interleave.c - another process acts just before each call that a writer makes to the
 * store, at every place in turn: no commit is lost, no drop is undone, nothing is half.
 *
 * The other process is a second catalog over the same stores, called from inside the first one's
 * store call. */
#include "catalog_case.h"

#include "base/vec.h"

typedef CatalogCase Case;

typedef bool (*Action)(Case *c, Catalog *catalog, Err *err);

/* The hook in the primary store's verbs. */
static struct {
    const ObjectStoreOps *real;
    ObjectStoreOps hooked;
    uint64_t calls, act_before;
    Case *c;
    Catalog *other;
    Action action;
    bool acted, action_ok;
} hook;

static void before_call(void) {
    if (++hook.calls != hook.act_before)
        return;
    hook.acted = true;
    Err err;
    hook.action_ok = hook.action(hook.c, hook.other, &err);
}

static bool hooked_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes,
                       ObjectInfo *out_info, Err *err) {
    before_call();
    return hook.real->get(store, key, arena, out_bytes, out_info, err);
}

static bool hooked_put(ObjectStore *store, Str key, const PutSource *source,
                       const PutCondition *condition, Arena *arena, Str *out_etag, Err *err) {
    before_call();
    return hook.real->put(store, key, source, condition, arena, out_etag, err);
}

static bool hooked_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    before_call();
    return hook.real->head(store, key, arena, out_info, err);
}

static bool hooked_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                        ObjectPage *out_page, Err *err) {
    before_call();
    return hook.real->list(store, request, arena, out_page, err);
}

static bool hooked_remove(ObjectStore *store, Str key, Err *err) {
    before_call();
    return hook.real->remove(store, key, err);
}

static void set_hook(Case *c, Catalog *other, Action action, uint64_t act_before) {
    hook.real = c->primary->ops;
    hook.hooked = *hook.real;
    hook.hooked.get = hooked_get;
    hook.hooked.put = hooked_put;
    hook.hooked.head = hooked_head;
    hook.hooked.list = hooked_list;
    hook.hooked.remove = hooked_remove;
    hook.calls = 0;
    hook.act_before = act_before;
    hook.c = c;
    hook.other = other;
    hook.action = action;
    hook.acted = hook.action_ok = false;
    c->primary->ops = &hook.hooked;
}

static void unset_hook(Case *c) {
    c->primary->ops = hook.real;
}

/* Appends one row, planned on the newest snapshot. The data file is there already. */
static bool append(Case *c, Catalog *catalog, const char *key, Err *err) {
    SchemaColumn column = {0, STR("a"), STR("INTEGER"), false};
    Schema incoming = {&column, 1, 0};
    Snapshot newest = {0}, next;
    DataFile file = {.key = str_c(key), .rows = 1, .size_bytes = 1};
    bool exists = catalog_snapshot(catalog, STR("d"), 0, c->arena, &newest, err);
    if (!exists && err->kind != FAIL_NOT_FOUND)
        return false;
    CommitRequest request = {
        .dataset = STR("d"), .base_snapshot_id = newest.id, .added = &file, .added_count = 1};
    return schema_plan(exists ? &newest.schema : NULL, &incoming, SCHEMA_EXTEND, c->arena,
                       &request.schema, err) &&
           catalog_commit(catalog, &request, c->arena, &next, err);
}

static bool append_mine(Case *c, Catalog *catalog, Err *err) {
    return append(c, catalog, "data/d/mine.parquet", err);
}

static bool append_theirs(Case *c, Catalog *catalog, Err *err) {
    return append(c, catalog, "data/d/theirs.parquet", err);
}

static bool drop(Case *c, Catalog *catalog, Err *err) {
    (void)c;
    return catalog_drop(catalog, STR("d"), err) || err->kind == FAIL_NOT_FOUND;
}

static bool describe(Case *c, Catalog *catalog, Err *err) {
    (void)c;
    return catalog_describe(catalog, STR("d"), STR("described"), err);
}

static void set_up(Case *c, bool with_dataset) {
    static const char *const keys[] = {"data/d/mine.parquet", "data/d/theirs.parquet",
                                       "data/d/first.parquet"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_ok(store_put(c->primary, str_c(keys[i]), STR("x"), c->arena, NULL, &c->err),
                  &c->err);
    if (with_dataset)
        assert_ok(append(c, c->catalog, keys[2], &c->err), &c->err);
}

typedef struct Outcome {
    bool mine_ok, theirs_ok, exists, mine, theirs, first, described;
    FailKind kind; /* of mine */
} Outcome;

static Outcome look(Case *c, bool mine_ok, FailKind kind) {
    Outcome outcome = {.mine_ok = mine_ok, .theirs_ok = hook.action_ok, .kind = kind};
    catalog_case_restart(c);
    Snapshot snapshot;
    DatasetInfo info;
    Err err;
    outcome.exists = catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &snapshot, &err);
    if (!outcome.exists) {
        assert_int_equal(err.kind, FAIL_NOT_FOUND);
        return outcome;
    }
    assert_ok(catalog_find(c->catalog, STR("d"), c->arena, &info, &err), &err);
    outcome.described = info.description.length > 0;
    for (size_t i = 0; i < snapshot.file_count; i++) {
        outcome.mine |= str_ends(snapshot.files[i].key, STR("/mine.parquet"));
        outcome.theirs |= str_ends(snapshot.files[i].key, STR("/theirs.parquet"));
        outcome.first |= str_ends(snapshot.files[i].key, STR("/first.parquet"));
    }
    Snapshot *history;
    size_t count;
    assert_ok(catalog_history(c->catalog, STR("d"), 100, c->arena, &history, &count, &err), &err);
    return outcome;
}

/* Runs `mine` with `theirs` before its nth call; false when there is no such call. */
static bool interleave(Action mine, Action theirs, uint64_t n, bool with_dataset,
                       Outcome *outcome) {
    void *state;
    catalog_case_set_up(&state);
    Case *c = state;
    set_up(c, with_dataset);
    Catalog *other = catalog_open(c->buckets, &c->err);
    set_hook(c, other, theirs, n);
    Err err = {0};
    bool ok = mine(c, c->catalog, &err);
    unset_hook(c);
    catalog_close(other);
    *outcome = look(c, ok, err.kind);
    bool acted = hook.acted;
    catalog_case_tear_down(&state);
    return acted;
}

static void appends_to_a_dataset_lose_nothing(void **state) {
    (void)state;
    Outcome outcome;
    uint64_t n = 1;
    for (; interleave(append_mine, append_theirs, n, true, &outcome); n++)
        if (!outcome.mine_ok || !outcome.theirs_ok || !outcome.mine || !outcome.theirs ||
            !outcome.first)
            fail_msg("lost before call %d", (int)n);
    assert_in_range(n, 5, 100);
}

static void first_appends_lose_nothing(void **state) {
    (void)state;
    Outcome outcome;
    uint64_t n = 1;
    for (; interleave(append_mine, append_theirs, n, false, &outcome); n++)
        if (!outcome.mine_ok || !outcome.theirs_ok || !outcome.mine || !outcome.theirs)
            fail_msg("lost before call %d", (int)n);
    assert_in_range(n, 5, 100);
}

static void a_drop_is_not_undone_by_an_append(void **state) {
    (void)state;
    Outcome outcome;
    uint64_t n = 1;
    for (; interleave(append_mine, drop, n, true, &outcome); n++) {
        assert_true(outcome.theirs_ok);
        assert_false(outcome.first); /* what was dropped does not come back */
        if (outcome.mine_ok)
            assert_true(outcome.exists && outcome.mine);
        else
            assert_true(!outcome.exists &&
                        (outcome.kind == FAIL_CONFLICT || outcome.kind == FAIL_NOT_FOUND));
    }
    assert_in_range(n, 5, 100);
}

/* A drop takes what it found at its swap; a commit that came before goes with it, one that comes
 * after stands. */
static void a_drop_and_an_append_agree(void **state) {
    (void)state;
    Outcome outcome;
    uint64_t n = 1;
    for (; interleave(drop, append_theirs, n, true, &outcome); n++) {
        assert_true(outcome.mine_ok && outcome.theirs_ok);
        assert_false(outcome.first);
        assert_int_equal(outcome.exists, outcome.theirs);
    }
    assert_in_range(n, 4, 100);
}

static void a_description_and_an_append_both_stand(void **state) {
    (void)state;
    Outcome outcome;
    for (uint64_t n = 1; interleave(describe, append_theirs, n, true, &outcome); n++)
        assert_true(outcome.mine_ok && outcome.theirs && outcome.described && outcome.first);
    for (uint64_t n = 1; interleave(append_mine, describe, n, true, &outcome); n++)
        assert_true(outcome.mine_ok && outcome.mine && outcome.described && outcome.first);
}

int suite_test_catalog_interleave(void);
int suite_test_catalog_interleave(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_to_a_dataset_lose_nothing),
        cmocka_unit_test(first_appends_lose_nothing),
        cmocka_unit_test(a_drop_is_not_undone_by_an_append),
        cmocka_unit_test(a_drop_and_an_append_agree),
        cmocka_unit_test(a_description_and_an_append_both_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
