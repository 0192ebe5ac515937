/* test_pii_tags.c - what was found joins from load to load; what a person says goes before it. */
#include "catalog_case.h"

#include "base/vec.h"

typedef CatalogCase Case;

static Snapshot commit_tags(Case *c, CommitMode mode, const char *columns, const PiiTag *tags,
                            size_t count) {
    Snapshot base = {0}, next;
    bool exists = catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &base, &c->err);
    SchemaChange change = mode == COMMIT_REPLACE ? SCHEMA_REPLACE : SCHEMA_EXTEND;
    CommitRequest request = {
        .dataset = STR("d"),
        .mode = mode,
        .schema = catalog_case_plan(c, exists ? &base.schema : NULL, change, columns),
        .base_snapshot_id = base.id,
        .pii = tags,
        .pii_count = count};
    assert_ok(catalog_commit(c->catalog, &request, c->arena, &next, &c->err), &c->err);
    return next;
}

static PiiTag tag(const char *column, const char *kind, double score) {
    return (PiiTag){str_c(column), str_c(kind), score, STR("value")};
}

/* "a EMAIL 90 value; b PHONE 100 person; " */
static Str print(Case *c, const PiiTag *tags, size_t count) {
    StrBuf out = strbuf_make(c->arena);
    for (size_t i = 0; i < count; i++)
        strbuf_append_format(&out, "%.*s %.*s %d %.*s; ", STR_ARG(tags[i].column),
                             STR_ARG(tags[i].kind), (int)(tags[i].score * 100 + 0.5),
                             STR_ARG(tags[i].basis));
    return strbuf_str(&out);
}

static Str shown(Case *c) {
    DatasetInfo info;
    Snapshot newest;
    PiiTag *tags;
    size_t count;
    assert_ok(catalog_find(c->catalog, STR("d"), c->arena, &info, &c->err), &c->err);
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &newest, &c->err), &c->err);
    catalog_pii_shown(&info, &newest, c->arena, &tags, &count);
    return print(c, tags, count);
}

static bool decide(Case *c, const PiiDecision *decisions, size_t count) {
    err_clear(&c->err);
    return catalog_tag_pii(c->catalog, STR("D"), decisions, count, &c->err);
}

static void findings_join_and_the_higher_score_stays(void **state) {
    Case *c = *state;
    const char *columns = "a VARCHAR; b VARCHAR";
    PiiTag first[] = {tag("a", "EMAIL", 0.5), tag("b", "PHONE", 0.9)};
    commit_tags(c, COMMIT_APPEND, columns, first, 2);
    PiiTag second[] = {tag("a", "EMAIL", 0.8), tag("a", "PERSON", 0.4), tag("b", "PHONE", 0.1)};
    Snapshot next = commit_tags(c, COMMIT_APPEND, columns, second, 3);
    assert_str_equal(print(c, next.pii, next.pii_count),
                     "a EMAIL 80 value; b PHONE 90 value; a PERSON 40 value; ");
    commit_tags(c, COMMIT_APPEND, columns, NULL, 0); /* finds nothing: nothing is forgotten */
    catalog_case_restart(c);
    assert_str_equal(shown(c), "a EMAIL 80 value; a PERSON 40 value; b PHONE 90 value; ");
}

static void a_replacement_forgets_findings(void **state) {
    Case *c = *state;
    PiiTag first[] = {tag("a", "EMAIL", 0.5), tag("b", "PHONE", 0.9)};
    commit_tags(c, COMMIT_APPEND, "a VARCHAR; b VARCHAR", first, 2);
    PiiTag second[] = {tag("b", "IBAN", 1)};
    commit_tags(c, COMMIT_REPLACE, "b VARCHAR", second, 1);
    assert_str_equal(shown(c), "b IBAN 100 value; ");
    /* a tag of a column that the dataset does not have is not kept */
    Snapshot next = commit_tags(c, COMMIT_REPLACE, "x VARCHAR", second, 1);
    assert_int_equal(next.pii_count, 0);
}

static void a_person_is_right(void **state) {
    Case *c = *state;
    const char *columns = "a VARCHAR; b VARCHAR; c VARCHAR";
    PiiTag found[] = {tag("a", "EMAIL", 0.5), tag("b", "PHONE", 0.9)};
    commit_tags(c, COMMIT_APPEND, columns, found, 2);
    PiiDecision said[] = {{.column = STR("a"), .kind = STR("PERSON")},
                          {.column = STR("a"), .kind = STR("ADDRESS")},
                          {.column = STR("a"), .kind = STR("PERSON")},
                          {.column = STR("b")}};
    assert_ok(decide(c, said, 4), &c->err);
    const char *expected = "a PERSON 100 person; a ADDRESS 100 person; ";
    assert_str_equal(shown(c), expected);
    commit_tags(c, COMMIT_APPEND, columns, found, 2); /* found again */
    commit_tags(c, COMMIT_REPLACE, columns, found, 2);
    assert_str_equal(shown(c), expected);
    catalog_case_restart(c);
    assert_ok(catalog_describe(c->catalog, STR("d"), STR("text"), &c->err), &c->err);
    assert_str_equal(shown(c), expected);
    PiiDecision other[] = {{.column = STR("c"), .kind = STR("IBAN")},
                           {.column = STR("b"), .forget = true}};
    assert_ok(decide(c, other, 2), &c->err);
    assert_str_equal(shown(c),
                     "a PERSON 100 person; a ADDRESS 100 person; b PHONE 90 value; c IBAN 100 "
                     "person; ");
    /* a column that is gone is not shown; its tag is there when it comes again, or is forgotten */
    commit_tags(c, COMMIT_REPLACE, "b VARCHAR", NULL, 0);
    assert_str_equal(shown(c), "");
    PiiDecision gone = {.column = STR("c"), .forget = true};
    assert_ok(decide(c, &gone, 1), &c->err);
    commit_tags(c, COMMIT_REPLACE, columns, NULL, 0);
    assert_str_equal(shown(c), expected);
    /* a dataset made anew is another one */
    assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    commit_tags(c, COMMIT_APPEND, columns, NULL, 0);
    assert_str_equal(shown(c), "");
}

static void decisions_that_make_no_sense_are_refused(void **state) {
    Case *c = *state;
    commit_tags(c, COMMIT_APPEND, "a VARCHAR", NULL, 0);
    PiiDecision unknown = {.column = STR("A"), .kind = STR("EMAIL")};
    assert_false(decide(c, &unknown, 1));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_true(strcmp(c->err.field, "pii") == 0);
    PiiDecision torn[] = {{.column = STR("a"), .kind = STR("EMAIL")}, {.column = STR("a")}};
    assert_false(decide(c, torn, 2));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    PiiDecision odd = {.column = STR("a"), .kind = STR("\xff")};
    assert_false(decide(c, &odd, 1));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    assert_fails(catalog_tag_pii(c->catalog, STR("none"), NULL, 0, &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_str_equal(shown(c), "");
}

int suite_test_pii_tags(void);
int suite_test_pii_tags(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(findings_join_and_the_higher_score_stays,
                                        catalog_case_set_up, catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(a_replacement_forgets_findings, catalog_case_set_up,
                                        catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(a_person_is_right, catalog_case_set_up,
                                        catalog_case_tear_down),
        cmocka_unit_test_setup_teardown(decisions_that_make_no_sense_are_refused,
                                        catalog_case_set_up, catalog_case_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
