/* test_source_cursors.c - cursors go from snapshot to snapshot, and two increments that begin at
 * the same place cannot both be committed. */
#include "catalog_case.h"

#include "catalog/source_cursors.h"

typedef CatalogCase Case;

static CommitRequest request_on(Case *c, const Snapshot *base, CommitMode mode,
                                const SourceCursor *cursor) {
    SchemaChange change = mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND;
    return (CommitRequest){
        .dataset = STR("d"),
        .mode = mode,
        .schema = catalog_case_plan(c, base->id > 0 ? &base->schema : NULL, change, "a VARCHAR"),
        .base_snapshot_id = base->id,
        .cursor = cursor};
}

static Snapshot commit_on(Case *c, const Snapshot *base, CommitMode mode,
                          const SourceCursor *cursor) {
    CommitRequest request = request_on(c, base, mode, cursor);
    Snapshot next;
    assert_ok(catalog_commit(c->catalog, &request, c->arena, &next, &c->err), &c->err);
    return next;
}

static void refuse_on(Case *c, const Snapshot *base, const SourceCursor *cursor) {
    CommitRequest request = request_on(c, base, COMMIT_APPEND, cursor);
    Snapshot next;
    assert_fails(catalog_commit(c->catalog, &request, c->arena, &next, &c->err), &c->err,
                 FAIL_CONFLICT);
}

static SourceCursor cursor(const char *source_id, const char *value) {
    return (SourceCursor){str_c(source_id), STR("at"), str_c(value)};
}

static Str print(Case *c, const Snapshot *snapshot) {
    StrBuf out = strbuf_make(c->arena);
    for (size_t i = 0; i < snapshot->cursor_count; i++)
        strbuf_append_format(&out, "%.*s=%.*s;", STR_ARG(snapshot->cursors[i].source_id),
                             STR_ARG(snapshot->cursors[i].value));
    return strbuf_str(&out);
}

static void cursors_are_carried_forward(void **state) {
    Case *c = *state;
    Snapshot none = {0};
    SourceCursor a1 = cursor("A", "1"), a2 = cursor("A", "2"), b7 = cursor("B", "7");
    Snapshot at = commit_on(c, &none, COMMIT_APPEND, &a1);
    at = commit_on(c, &at, COMMIT_APPEND, &b7);
    at = commit_on(c, &at, COMMIT_APPEND, NULL); /* a file */
    at = commit_on(c, &at, COMMIT_REWRITE, NULL);
    at = commit_on(c, &at, COMMIT_REWRITE, &a2);
    catalog_case_restart(c);
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &at, &c->err), &c->err);
    assert_str_equal(print(c, &at), "B=7;A=2;");
    assert_str_equal(source_cursor_find(&at, STR("A"))->value, "2");
    assert_null(source_cursor_find(&at, STR("C")));
    at = commit_on(c, &at, COMMIT_REPLACE, &b7);
    assert_str_equal(print(c, &at), "B=7;");
    at = commit_on(c, &at, COMMIT_REPLACE, NULL);
    assert_int_equal(at.cursor_count, 0);
}

static void an_increment_is_redone_on_what_leaves_its_source_alone(void **state) {
    Case *c = *state;
    Snapshot none = {0};
    SourceCursor a1 = cursor("A", "1"), a2 = cursor("A", "2"), b7 = cursor("B", "7");
    Snapshot base = commit_on(c, &none, COMMIT_APPEND, &a1);
    commit_on(c, &base, COMMIT_APPEND, NULL);
    commit_on(c, &base, COMMIT_APPEND, &b7);
    Snapshot at = commit_on(c, &base, COMMIT_APPEND, &a2);
    assert_str_equal(print(c, &at), "B=7;A=2;");
}

static void an_increment_that_another_one_overtook_is_refused(void **state) {
    Case *c = *state;
    Snapshot none = {0};
    SourceCursor a1 = cursor("A", "1"), a2 = cursor("A", "2");
    Snapshot base = commit_on(c, &none, COMMIT_APPEND, &a1);
    refuse_on(c, &none, &a1); /* two first loads */
    Snapshot at = commit_on(c, &base, COMMIT_APPEND, &a2);
    refuse_on(c, &base, &a2);
    commit_on(c, &at, COMMIT_REPLACE, NULL); /* the rows that it would add to are gone */
    refuse_on(c, &at, &a2);
    assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    commit_on(c, &none, COMMIT_APPEND, NULL);
    refuse_on(c, &at, &a2);
}

static void there_is_a_limit(void **state) {
    Case *c = *state;
    SourceCursor many[SOURCE_CURSORS_MAX], one = cursor("x", "1"), *out;
    for (size_t i = 0; i < SOURCE_CURSORS_MAX; i++)
        many[i] = cursor(str_format(c->arena, "%zu", i).data, "1");
    Snapshot full = {.cursors = many, .cursor_count = SOURCE_CURSORS_MAX};
    size_t count;
    assert_fails(source_cursors_next(&full, &one, c->arena, &out, &count, &c->err), &c->err,
                 FAIL_LIMIT);
    one.source_id = STR("3");
    assert_ok(source_cursors_next(&full, &one, c->arena, &out, &count, &c->err), &c->err);
    assert_int_equal(count, SOURCE_CURSORS_MAX);
}

int suite_test_source_cursors(void);
int suite_test_source_cursors(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cursors_are_carried_forward, catalog_case_set_up,
                                        catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(an_increment_is_redone_on_what_leaves_its_source_alone,
                                        catalog_case_set_up, catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(an_increment_that_another_one_overtook_is_refused,
                                        catalog_case_set_up, catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(there_is_a_limit, catalog_case_set_up,
                                        catalog_case_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
