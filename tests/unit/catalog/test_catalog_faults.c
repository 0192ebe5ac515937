/* test_catalog_faults.c - each call of a commit, a description and a drop fails in turn: before it
 * happened, after it happened, half-way, and with everything after it (a crash). Whatever happened,
 * the dataset is its old self or its new self, what was answered with success is so after a
 * restart, and the next commit works. */
#include "catalog_case.h"

typedef CatalogCase Case;

typedef bool (*Change)(Case *c, Err *err);

static bool change_append(Case *c, Err *err) {
    Snapshot next;
    return catalog_case_append(c, "d", "a INTEGER; b DATE", 100, &next, err);
}

static bool change_replace(Case *c, Err *err) {
    Snapshot base, next;
    if (!catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &base, err))
        return false;
    Schema schema = catalog_case_plan(c, &base.schema, SCHEMA_REPLACE, "a BIGINT");
    CommitRequest request = {
        .dataset = STR("d"), .mode = COMMIT_REPLACE, .schema = schema, .base_snapshot_id = base.id};
    return catalog_commit(c->catalog, &request, c->arena, &next, err);
}

static bool change_describe(Case *c, Err *err) {
    return catalog_describe(c->catalog, STR("d"), STR("new"), err);
}

static bool change_tags(Case *c, Err *err) {
    PiiDecision decision = {.column = STR("a"), .kind = STR("EMAIL")};
    return catalog_tag_pii(c->catalog, STR("d"), &decision, 1, err);
}

static bool change_drop(Case *c, Err *err) {
    return catalog_drop(c->catalog, STR("d"), err);
}

static bool change_create(Case *c, Err *err) {
    SchemaColumn column = {1, STR("a"), STR("INTEGER"), false};
    CommitRequest request = {.dataset = STR("other"), .schema = {&column, 1, 1}};
    Snapshot next;
    return catalog_commit(c->catalog, &request, c->arena, &next, err);
}

/* All that a reader can see of the datasets "d" and "other". */
static Str look(Case *c, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    static const char *const names[] = {"d", "other"};
    for (int n = 0; n < 2; n++) {
        DatasetInfo info;
        Snapshot snapshot;
        Err err;
        if (!catalog_find(c->catalog, str_c(names[n]), arena, &info, &err)) {
            assert_int_equal(err.kind, FAIL_NOT_FOUND);
            strbuf_append_c(&out, "none;");
            continue;
        }
        assert_ok(catalog_snapshot(c->catalog, info.name, 0, arena, &snapshot, &err), &err);
        strbuf_append_format(&out, "%.*s tags %zu rows %llu files %zu columns %zu;",
                             STR_ARG(info.description), info.pii_tag_count,
                             (unsigned long long)snapshot.rows, snapshot.file_count,
                             snapshot.schema.count);
        for (size_t i = 0; i < snapshot.file_count; i++) {
            ObjectInfo object;
            assert_ok(store_head(c->primary, snapshot.files[i].key, arena, &object, &err), &err);
        }
        Snapshot *history;
        size_t count;
        assert_ok(catalog_history(c->catalog, info.name, 100, arena, &history, &count, &err), &err);
    }
    return strbuf_str(&out);
}

static void set_up_dataset(Case *c) {
    Snapshot next;
    assert_ok(catalog_case_append(c, "d", "a INTEGER", 1, &next, &c->err), &c->err);
    assert_ok(catalog_case_append(c, "d", "a INTEGER", 2, &next, &c->err), &c->err);
}

/* One run of the change under a plan. Returns whether no call was hit. */
static bool run_under(Change change, const FaultPlan *plan, Str expected_new) {
    void *state;
    catalog_case_set_up(&state);
    Case *c = state;
    Arena *kept = arena_create();
    set_up_dataset(c);
    Str before = look(c, kept);
    store_faulty_set_plan(c->primary, plan);
    Err err = {0};
    bool ok = change(c, &err);
    uint64_t calls = store_faulty_calls(c->primary);
    store_faulty_set_plan(c->primary, &(FaultPlan){0});
    if (!ok) {
        assert_int_equal(err.kind, FAIL_IO);
        assert_true(err.message[0] != '\0');
    }
    catalog_case_restart(c);
    Str after = look(c, kept);
    if (!str_eq(after, expected_new) && (ok || !str_eq(after, before)))
        fail_msg("neither old nor new: %.*s", STR_ARG(after));
    Snapshot next;
    assert_ok(catalog_case_append(c, "d", "a INTEGER", 5, &next, &err), &err);
    arena_destroy(kept);
    catalog_case_tear_down(&state);
    uint64_t first_hit = plan->fail_nth + plan->tear_nth + plan->lost_nth + plan->fail_after;
    return first_hit > calls;
}

static Str state_after(Change change, Arena *arena) {
    void *state;
    catalog_case_set_up(&state);
    Case *c = state;
    set_up_dataset(c);
    Err err;
    assert_ok(change(c, &err), &err);
    catalog_case_restart(c);
    Str text = look(c, arena);
    catalog_case_tear_down(&state);
    return text;
}

static void sweep(Change change) {
    Arena *arena = arena_create();
    Str expected = state_after(change, arena);
    uint64_t n = 1;
    for (bool hit = true; hit && n < 200; n++) {
        hit = !run_under(change, &(FaultPlan){.fail_nth = n}, expected);
        run_under(change, &(FaultPlan){.tear_nth = n}, expected);
        run_under(change, &(FaultPlan){.lost_nth = n}, expected);
        run_under(change, &(FaultPlan){.fail_after = n}, expected);
    }
    assert_in_range(n, 3, 199);
    arena_destroy(arena);
}

static void appends(void **state) {
    (void)state;
    sweep(change_append);
}

static void replacements(void **state) {
    (void)state;
    sweep(change_replace);
}

static void descriptions(void **state) {
    (void)state;
    sweep(change_describe);
}

static void tags(void **state) {
    (void)state;
    sweep(change_tags);
}

static void drops(void **state) {
    (void)state;
    sweep(change_drop);
}

static void first_commits(void **state) {
    (void)state;
    sweep(change_create);
}

/* A swap whose answer is lost is seen to have happened. */
static void a_lost_answer_to_the_swap_is_success(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str expected = state_after(change_describe, arena);
    assert_false(run_under(change_describe, &(FaultPlan){.lost_nth = 2}, expected));
    void *c;
    catalog_case_set_up(&c);
    set_up_dataset(c);
    Case *lost = c;
    store_faulty_set_plan(lost->primary, &(FaultPlan){.lost_nth = 2}); /* get, swap */
    assert_ok(change_describe(lost, &lost->err), &lost->err);
    catalog_case_tear_down(&c);
    arena_destroy(arena);
}

int suite_test_catalog_faults(void);
int suite_test_catalog_faults(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(replacements),
        cmocka_unit_test(descriptions),
        cmocka_unit_test(tags),
        cmocka_unit_test(drops),
        cmocka_unit_test(first_commits),
        cmocka_unit_test(a_lost_answer_to_the_swap_is_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
