/* test_ingest_faults.c - whatever call of the store goes wrong, the dataset is as before or has the
 * whole load, and says which. */
#include "ingest_case.h"

typedef struct Fault {
    const char *label;
    size_t offset; /* of the number in FaultPlan */
} Fault;

static const Fault faults[] = {
    {"fails", offsetof(FaultPlan, fail_nth)},
    {"tears", offsetof(FaultPlan, tear_nth)},
    {"is done but its answer lost", offsetof(FaultPlan, lost_nth)},
    {"is the last to succeed", offsetof(FaultPlan, fail_after)},
};

static FaultPlan plan_of(const Fault *fault, uint64_t nth) {
    FaultPlan plan = {0};
    memcpy((char *)&plan + fault->offset, &nth, sizeof nth);
    return plan;
}

/* Makes each call of the store go wrong in turn during one load; `before` and `after` are what the
 * dataset may hold. Ends when a load meets no fault any more. */
static void sweep(IngestCase *c, const Fault *fault, const IngestFileRequest *wishes,
                  const char *bytes, const char *before, const char *after) {
    enum { CALLS_MAX = 200 };
    char dataset[64];
    for (uint64_t nth = 1; nth < CALLS_MAX; nth++) {
        snprintf(dataset, sizeof dataset, "d-%zu-%d-%llu", fault->offset, (int)wishes->mode,
                 (unsigned long long)nth);
        ingest_case_load_text(c, dataset, "1.csv", "id,v\n1,a\n2,b\n");
        FaultPlan plan = plan_of(fault, nth);
        store_faulty_set_plan(c->primary, &plan);
        bool ok = ingest_case_try(c, dataset, "2.csv", str_c(bytes), wishes);
        uint64_t calls = store_faulty_calls(c->primary);
        Err err = c->err;
        store_faulty_set_plan(c->primary, &(FaultPlan){0});
        Str rows = ingest_case_rows(c, dataset, "FROM d ORDER BY id, v");
        bool is_before = str_eq_c(rows, before), is_after = str_eq_c(rows, after);
        if (ok ? !is_after : !is_before && !is_after)
            fail_msg("call %llu %s, load %s (%s): '%.*s'", (unsigned long long)nth, fault->label,
                     ok ? "succeeded" : "failed", err.message, STR_ARG(rows));
        if (!ok && err.message[0] == '\0')
            fail_msg("call %llu %s: no error text", (unsigned long long)nth, fault->label);
        if (ok && calls < nth) /* the fault was beyond the load */
            return;
        /* and the next load works */
        ingest_case_load_text(c, dataset, "3.csv", "id,v\n9,z\n");
    }
    fail_msg("a load takes more than %d calls", CALLS_MAX);
}

static void test_append(void **state) {
    IngestFileRequest wishes = {.csv = {.header = -1}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sweep(*state, &faults[i], &wishes, "id,v\n3,c\n", "1|a\n2|b\n", "1|a\n2|b\n3|c\n");
}

static void test_replace(void **state) {
    IngestFileRequest wishes = {.mode = INGEST_REPLACE, .csv = {.header = -1}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i += 2)
        sweep(*state, &faults[i], &wishes, "id,v\n3,c\n", "1|a\n2|b\n", "3|c\n");
}

static void test_upsert(void **state) {
    IngestFileRequest wishes = {.mode = INGEST_UPSERT, .key = STR("id"), .csv = {.header = -1}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sweep(*state, &faults[i], &wishes, "id,v\n2,B\n3,c\n", "1|a\n2|b\n", "1|a\n2|B\n3|c\n");
}

/* A new dataset either is there whole or is not there. */
static void test_new_dataset(void **state) {
    IngestCase *c = *state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (uint64_t nth = 1; nth < 12; nth++) {
            char dataset[64];
            snprintf(dataset, sizeof dataset, "new-%zu-%llu", i, (unsigned long long)nth);
            FaultPlan plan = plan_of(&faults[i], nth);
            store_faulty_set_plan(c->primary, &plan);
            bool ok = ingest_case_try(c, dataset, "1.csv", STR("id,v\n1,a\n"), NULL);
            store_faulty_set_plan(c->primary, &(FaultPlan){0});
            DatasetInfo info;
            bool exists = catalog_find(c->catalog, str_c(dataset), c->arena, &info, &c->err);
            if (ok || exists)
                assert_str_equal(ingest_case_rows(c, dataset, "FROM d"), "1|a\n");
            ingest_case_load_text(c, dataset, "2.csv", "id,v\n2,b\n");
        }
}

/* Staging that cannot be used. */
static void test_no_staging(void **state) {
    IngestCase *c = *state;
    IngestConfig config = {.staging_directory = STR("/proc/no/such")};
    Ingest *ingest =
        ingest_create(&config, c->duck, c->catalog, c->buckets, c->cache, c->budget, &c->err);
    IngestFileRequest request = {.dataset = STR("s"),
                                 .path = ingest_case_file(c, "s.csv", STR("a,b\n1,x\n")),
                                 .source_name = STR("s.csv"),
                                 .csv = {.header = -1}};
    assert_fails(ingest_file(ingest, &request, NULL, c->arena, &c->result, &c->err), &c->err,
                 FAIL_IO);
    ingest_destroy(ingest);
    config.staging_directory = STR("relative");
    assert_null(
        ingest_create(&config, c->duck, c->catalog, c->buckets, c->cache, c->budget, &c->err));
    assert_int_equal(c->err.kind, FAIL_INVALID);
}

static void test_no_budget(void **state) {
    IngestCase *c = *state;
    IngestConfig config = {.staging_directory = str_format(c->arena, "%s/staging", c->folder)};
    Budget *small = budget_create(1 << 20);
    Ingest *ingest =
        ingest_create(&config, c->duck, c->catalog, c->buckets, c->cache, small, &c->err);
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "a,b\n1,\"");
    for (int i = 0; i < 300000; i++)
        strbuf_append_c(&text, "0123456789");
    strbuf_append_c(&text, "\"\n");
    IngestFileRequest request = {.dataset = STR("b"),
                                 .path = ingest_case_file(c, "b.csv", strbuf_str(&text)),
                                 .source_name = STR("b.csv"),
                                 .csv = {.header = -1}};
    assert_fails(ingest_file(ingest, &request, NULL, c->arena, &c->result, &c->err), &c->err,
                 FAIL_NO_MEMORY);
    assert_int_equal(budget_used(small), 0);
    ingest_destroy(ingest);
    budget_destroy(small);
}

int suite_test_ingest_faults(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),     cmocka_unit_test(test_replace),
        cmocka_unit_test(test_upsert),     cmocka_unit_test(test_new_dataset),
        cmocka_unit_test(test_no_staging), cmocka_unit_test(test_no_budget),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
