/* test_index_crash.c - make every store call of a refresh go wrong in turn: the index stays
 * readable, old or new; the next refresh completes, and embeds nothing twice but the batch that was
 * in the air; and no object is left that nothing names.
 *
 * The refresh under test replaces, adds and removes documents, stages several batches and merges
 * segments, so compaction is swept as well. */
#include "unit.h"

#include "index_fixture.h"

enum { DOCS = 40, CALLS_MAX = 400 };

typedef struct Version {
    FixtureDoc docs[DOCS];
    size_t count;
} Version;

/* Version 0 has documents 0 to 29; version 1 changes every fourth, drops 0 to 4, adds 30 to 39. */
static Version make_version(Arena *arena, int number) {
    Version version = {.count = 0};
    for (int i = number == 0 ? 0 : 5; i < (number == 0 ? 30 : DOCS); i++) {
        bool changed = number == 1 && i % 4 == 0;
        version.docs[version.count++] = (FixtureDoc){
            str_to_c(arena, str_format(arena, "doc%02d", i)),
            str_to_c(arena, str_format(arena, "text of %d, %s", i, changed ? "new" : "old")),
        };
    }
    return version;
}

/* The index holds exactly this version: every document is found by its own text. */
static bool holds(Fixture *fixture, const char *name, const Version *version) {
    IndexRecord record;
    Err err = {0};
    assert_ok(index_get(fixture->service, str_c(name), fixture->arena, &record, &err), &err);
    if (record.doc_count != version->count)
        return false;
    for (size_t i = 0; i < version->count; i++)
        if (strcmp(fixture_first_hit(fixture, name, version->docs[i].text), version->docs[i].id) !=
            0)
            return false;
    return true;
}

/* Every object in the index's folder is named by its head or by a checkpoint. */
static void check_no_orphans(Fixture *fixture, const char *name) {
    Err err = {0};
    IndexCheck check;
    Arena *arena = arena_create();
    assert_ok(index_check(fixture->service, str_c(name), arena, &check, &err), &err);
    ListRequest request = {.prefix = index_folder(str_c(name), arena), .limit = 1000};
    ObjectPage page;
    assert_ok(store_list(fixture->faulty, &request, arena, &page, &err), &err);
    for (size_t i = 0; i < page.count; i++) {
        bool named = false;
        for (size_t k = 0; k < check.key_count; k++)
            named = named || str_eq(check.keys[k], page.items[i].key);
        if (!named)
            fail_msg("nothing names %.*s", STR_ARG(page.items[i].key));
    }
    arena_destroy(arena);
}

typedef enum FaultKind { CRASH, FAIL_ONCE, LOSE_ANSWER, TEAR, FAULT_KINDS } FaultKind;

static FaultPlan plan_fault(FaultKind kind, uint64_t call) {
    FaultPlan plan = {0};
    if (kind == CRASH)
        plan.fail_after = call;
    else if (kind == FAIL_ONCE)
        plan.fail_nth = call;
    else if (kind == LOSE_ANSWER)
        plan.lost_nth = call;
    else
        plan.tear_nth = call;
    return plan;
}

/* One refresh with a fault at this call. Returns false once the refresh makes fewer calls. */
static bool refresh_with_fault(Fixture *fixture, const char *name, FaultKind kind, uint64_t call) {
    Err err = {0};
    RefreshResult result;
    RefreshRequest request = fixture_request("docs", name);
    FaultPlan plan = plan_fault(kind, call);
    store_faulty_set_plan(fixture->faulty, &plan);
    bool ok = index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err);
    bool reached = store_faulty_calls(fixture->faulty) >= call;
    FaultPlan none = {0};
    store_faulty_set_plan(fixture->faulty, &none);
    if (!ok)
        assert_true(err.kind != FAIL_NONE);
    return reached;
}

static const char *name_for(Fixture *fixture, const char *prefix, uint64_t n) {
    return str_to_c(fixture->arena,
                    str_format(fixture->arena, "%s%llu", prefix, (unsigned long long)n));
}

static void sweep_first_refresh(FaultKind kind) {
    Fixture *fixture = fixture_create();
    Version version = make_version(fixture->arena, 0);
    fixture_load(fixture, "docs", COMMIT_REPLACE, version.docs, version.count);
    uint64_t call = 1;
    bool reached = true;
    for (; reached && call < CALLS_MAX; call++) {
        const char *name = name_for(fixture, "new", call);
        uint64_t before = fixture_embedded();
        reached = refresh_with_fault(fixture, name, kind, call);
        RefreshResult result = fixture_refresh(fixture, "docs", name);
        uint64_t embedded = fixture_embedded() - before;
        assert_true(embedded >= version.count);
        assert_true(embedded <= version.count + fixture->config.checkpoint_texts);
        assert_int_equal(result.total_embeddings_after, version.count);
        assert_true(holds(fixture, name, &version));
        check_no_orphans(fixture, name);
    }
    assert_true(call > 12 && call < CALLS_MAX); /* the sweep saw something, and an end */
    fixture_destroy(fixture);
}

static void sweep_second_refresh(FaultKind kind) {
    Fixture *fixture = fixture_create();
    Version old = make_version(fixture->arena, 0);
    Version new = make_version(fixture->arena, 1);
    fixture->config.query_cache_entries = 0;
    fixture_restart(fixture);
    fixture_load(fixture, "docs", COMMIT_REPLACE, old.docs, old.count);
    enum { INDEXES = 80 };
    for (uint64_t i = 1; i <= INDEXES; i++)
        fixture_refresh(fixture, "docs", name_for(fixture, "idx", i));
    fixture_load(fixture, "docs", COMMIT_REPLACE, new.docs, new.count);
    uint64_t changed = 0;
    for (size_t i = 0; i < new.count; i++)
        changed += strstr(new.docs[i].text, "new") != NULL || i + 5 >= 30;
    uint64_t call = 1;
    bool reached = true;
    for (; reached && call <= INDEXES; call++) {
        const char *name = name_for(fixture, "idx", call);
        uint64_t before = fixture_embedded();
        reached = refresh_with_fault(fixture, name, kind, call);
        uint64_t embedded = fixture_embedded() - before;
        assert_true(holds(fixture, name, &old) || holds(fixture, name, &new));
        fixture_restart(fixture);
        assert_true(holds(fixture, name, &old) || holds(fixture, name, &new));
        fixture_check(fixture, name);
        before = fixture_embedded();
        fixture_refresh(fixture, "docs", name);
        embedded += fixture_embedded() - before;
        assert_true(embedded >= changed);
        assert_true(embedded <= changed + fixture->config.checkpoint_texts);
        assert_true(holds(fixture, name, &new));
        check_no_orphans(fixture, name);
    }
    assert_true(call > 12);
    assert_false(reached); /* every call was swept */
    fixture_destroy(fixture);
}

static void test_first_refresh_crashes(void **state) {
    (void)state;
    sweep_first_refresh(CRASH);
}

static void test_first_refresh_fails_once(void **state) {
    (void)state;
    sweep_first_refresh(FAIL_ONCE);
}

static void test_second_refresh_crashes(void **state) {
    (void)state;
    sweep_second_refresh(CRASH);
}

static void test_second_refresh_fails_once(void **state) {
    (void)state;
    sweep_second_refresh(FAIL_ONCE);
}

static void test_second_refresh_loses_answers(void **state) {
    (void)state;
    sweep_second_refresh(LOSE_ANSWER);
}

static void test_second_refresh_tears_objects(void **state) {
    (void)state;
    sweep_second_refresh(TEAR);
}

int suite_test_index_crash(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_refresh_crashes),
        cmocka_unit_test(test_first_refresh_fails_once),
        cmocka_unit_test(test_second_refresh_crashes),
        cmocka_unit_test(test_second_refresh_fails_once),
        cmocka_unit_test(test_second_refresh_loses_answers),
        cmocka_unit_test(test_second_refresh_tears_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
