/* test_ingest_files.c - several files as one load: what fits comes in, in order, by one commit; a
 * group leaves the dataset as the same files would one after another. */
#include "base/rng.h"
#include "ingest_case.h"

enum { FILES_MAX = 12 };

typedef struct Group {
    IngestInput inputs[FILES_MAX];
    InputOutcome outcomes[FILES_MAX];
    size_t count;
    IngestFilesRequest request;
    IngestResult result;
} Group;

static void add(IngestCase *c, Group *group, const char *name, const char *bytes) {
    group->inputs[group->count++] =
        (IngestInput){ingest_case_file(c, name, str_c(bytes)), str_c(name)};
}

static bool load(IngestCase *c, Group *group, const char *dataset) {
    group->request.common.dataset = str_c(dataset);
    group->request.common.csv.header = -1;
    group->request.inputs = group->inputs;
    group->request.input_count = group->count;
    group->request.source_system = STR("watch");
    group->request.source = STR("inbox: files");
    err_clear(&c->err);
    return ingest_files(c->ingest, &group->request, NULL, c->arena, group->outcomes, &group->result,
                        &c->err);
}

static void expect_states(const Group *group, const char *states) {
    static const char letters[] = {[INPUT_TAKEN] = 't', [INPUT_FAILED] = 'f', [INPUT_LEFT] = 'l'};
    char seen[FILES_MAX + 1] = "";
    for (size_t i = 0; i < group->count; i++)
        seen[i] = letters[group->outcomes[i].state];
    assert_string_equal(seen, states);
}

static void test_one_commit_in_order(void **state) {
    IngestCase *c = *state;
    Group group = {0};
    add(c, &group, "a.csv", "id,v\n3,x\n1,\n");
    add(c, &group, "b.csv", "v,id,extra\ny,2,9\n");
    add(c, &group, "c.json", "[{\"id\": 7, \"tags\": [\"p\", \"q\"]}]");
    add(c, &group, "d.csv", "id,v\n4,z\n");
    assert_ok(load(c, &group, "d"), &c->err);
    expect_states(&group, "tttt");
    assert_int_equal(group.result.rows_written, 5);
    assert_str_equal(ingest_case_types(c, "d"),
                     "id BIGINT, v VARCHAR, extra BIGINT, tags VARCHAR[]");
    assert_str_equal(ingest_case_rows(c, "d", "FROM d"),
                     "3|x|NULL|NULL\n1|NULL|NULL|NULL\n2|y|9|NULL\n7|NULL|NULL|[p, q]\n"
                     "4|z|NULL|NULL\n");
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &snapshot, &c->err), &c->err);
    assert_int_equal(snapshot.parent_id, 0);
    assert_int_equal(snapshot.file_count, 1);
    assert_str_equal(snapshot.lineage.source_system, "watch");
    assert_str_equal(snapshot.lineage.source, "inbox: files");
    assert_int_equal(snapshot.lineage.rows, 5);
}

static void test_left_out(void **state) {
    IngestCase *c = *state;
    Group group = {0};
    ingest_case_load_text(c, "d", "0.csv", "id,v\n1,1\n");
    add(c, &group, "a.csv", "id,v\n2,2\n");
    add(c, &group, "b.pdf", "%PDF-1.4 nothing of ours");
    add(c, &group, "c.csv", "id,v\n3,word\n");
    add(c, &group, "d.csv", "id,v\n4,4\n4,4,4\n");
    assert_ok(load(c, &group, "d"), &c->err);
    expect_states(&group, "tfft");
    assert_int_equal(group.outcomes[1].failure.kind, FAIL_MEDIA_TYPE);
    assert_int_equal(group.outcomes[2].failure.kind, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(group.outcomes[2].failure.detail, "line 2"));
    assert_int_equal(group.outcomes[3].rows_read, 2);
    assert_int_equal(group.outcomes[3].rows_rejected, 1);
    assert_int_equal(group.result.rows_read, 3);
    assert_str_equal(ingest_case_rows(c, "d", "SELECT id FROM d"), "1\n2\n4\n");
}

static void test_nothing_fits(void **state) {
    IngestCase *c = *state;
    Group group = {0};
    Snapshot snapshot;
    add(c, &group, "a.zip", "PK\003\004 nothing of ours");
    add(c, &group, "b.pdf", "%PDF-1.4 nothing of ours");
    assert_ok(load(c, &group, "none"), &c->err);
    expect_states(&group, "ff");
    assert_int_equal(group.result.snapshot_id, 0);
    assert_fails(catalog_snapshot(c->catalog, STR("none"), 0, c->arena, &snapshot, &c->err),
                 &c->err, FAIL_NOT_FOUND);
}

/* Writes a Parquet file by way of a dataset. */
static Str parquet_file(IngestCase *c, const char *name, const char *select) {
    Str path = str_format(c->arena, "%s/%s", c->folder, name);
    Str sql = str_format(c->arena, "COPY (%s) TO '%.*s' (FORMAT parquet)", select, STR_ARG(path));
    assert_ok(duck_exec(c->session, sql, NULL, NULL, &c->err), &c->err);
    return path;
}

static void test_parquet(void **state) {
    IngestCase *c = *state;
    Group group = {0};
    group.inputs[group.count++] = (IngestInput){
        parquet_file(c, "a.parquet", "SELECT 1::INTEGER AS id, 'x' AS v"), STR("a.parquet")};
    add(c, &group, "b.csv", "id\n5\n");
    group.inputs[group.count++] = (IngestInput){
        parquet_file(c, "c.parquet", "SELECT 2::BIGINT AS id, true AS w"), STR("c.parquet")};
    assert_ok(load(c, &group, "d"), &c->err);
    expect_states(&group, "tlt"); /* texts are another load */
    assert_str_equal(ingest_case_types(c, "d"), "id BIGINT, v VARCHAR, w BOOLEAN");
    assert_str_equal(ingest_case_rows(c, "d", "FROM d"), "1|x|NULL\n2|NULL|true\n");
}

static void test_upsert(void **state) {
    IngestCase *c = *state;
    Group group = {.request.common = {.mode = INGEST_UPSERT, .key = STR("id")}};
    ingest_case_load_text(c, "d", "0.csv", "id,v\n1,a\n2,b\n");
    add(c, &group, "a.csv", "id,v\n2,B\n3,c\n");
    add(c, &group, "b.csv", "v,id\nC,3\nnone,\n");
    add(c, &group, "c.csv", "v\nno key\n");
    assert_ok(load(c, &group, "d"), &c->err);
    expect_states(&group, "ttf");
    assert_int_equal(group.result.rows_rejected, 1);
    assert_str_equal(ingest_case_rows(c, "d", "FROM d ORDER BY id"), "1|a\n2|B\n3|C\n");
}

typedef struct Asked {
    int times;
    bool answer;
} Asked;

static bool ask(void *context, const InputOutcome *outcomes, Arena *arena, Str *out_content,
                Err *err) {
    (void)arena;
    Asked *asked = context;
    asked->times++;
    assert_int_equal(outcomes[0].rows_read, 1);
    *out_content = STR("abc");
    return asked->answer || err_fail(err, FAIL_PRECONDITION, "it has changed");
}

static void test_last_word(void **state) {
    IngestCase *c = *state;
    Asked asked = {0};
    Group group = {.request = {.before_commit = ask, .context = &asked}};
    add(c, &group, "a.csv", "id\n1\n");
    assert_fails(load(c, &group, "d"), &c->err, FAIL_PRECONDITION);
    asked.answer = true;
    assert_ok(load(c, &group, "d"), &c->err);
    assert_int_equal(asked.times, 2);
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &snapshot, &c->err), &c->err);
    assert_int_equal(snapshot.parent_id, 0);
    assert_str_equal(snapshot.lineage.content_sha256, "abc");
}

static void test_refusals(void **state) {
    IngestCase *c = *state;
    Group group = {.request.common.mode = INGEST_REPLACE};
    add(c, &group, "a.csv", "id\n1\n");
    add(c, &group, "b.csv", "id\n2\n");
    assert_fails(load(c, &group, "d"), &c->err, FAIL_INVALID);
}

/* ---- a group is as good as its files one after another ---- */

static Str random_file(IngestCase *c, Rng *rng) {
    static const char *const names[] = {"a", "b", "c", "d"};
    static const char *const values[] = {"1",    "-7",   "12345678901", "1.5",
                                         "2.25", "x",    "true",        "2024-01-02",
                                         "",     "\"\"", " 4 ",         "0012"};
    size_t columns = 1 + rng_below(rng, 4), first = rng_below(rng, 4);
    size_t rows = rng_below(rng, 4), kind = rng_below(rng, 3);
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < columns; i++)
        strbuf_append_format(&text, "%s%s", i == 0 ? "" : ",", names[(first + i) % 4]);
    for (size_t row = 0; row < rows; row++) {
        strbuf_append_c(&text, "\n");
        for (size_t i = 0; i < columns; i++) {
            /* mostly numbers, so that not every file is refused */
            size_t pick = kind < 2 ? rng_below(rng, 3) : rng_below(rng, ARRAY_LEN(values));
            strbuf_append_format(&text, "%s%s", i == 0 ? "" : ",", values[pick]);
        }
    }
    strbuf_append_c(&text, "\n");
    return str_dup(c->arena, strbuf_str(&text));
}

static void test_like_one_after_another(void **state) {
    IngestCase *c = *state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Rng rng = rng_seeded(seed);
        Group group = {0};
        char whole[32], steps[32];
        snprintf(whole, sizeof whole, "whole-%d", (int)seed);
        snprintf(steps, sizeof steps, "steps-%d", (int)seed);
        uint64_t taken = 0;
        char expected[FILES_MAX + 1] = "";
        for (size_t i = 0; i < 8; i++) {
            Str name = str_format(c->arena, "%d-%zu.csv", (int)seed, i);
            Str bytes = random_file(c, &rng);
            add(c, &group, name.data, bytes.data);
            bool ok = ingest_case_try(c, steps, name.data, bytes, NULL);
            expected[i] = ok ? 't' : 'f';
            taken += ok ? c->result.rows_written : 0;
        }
        assert_ok(load(c, &group, whole), &c->err);
        expect_states(&group, expected);
        assert_int_equal(group.result.rows_written, taken);
        if (group.result.snapshot_id == 0)
            continue;
        Str types = ingest_case_types(c, steps);
        assert_str_equal(ingest_case_types(c, whole), types.data);
        if (taken > 0) {
            Str rows = ingest_case_rows(c, steps, "FROM d");
            assert_str_equal(ingest_case_rows(c, whole, "FROM d"), rows.data);
        }
    }
}

int suite_test_ingest_files(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_one_commit_in_order),
        CASE(test_left_out),
        CASE(test_nothing_fits),
        CASE(test_parquet),
        CASE(test_upsert),
        CASE(test_last_word),
        CASE(test_refusals),
        CASE(test_like_one_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
