/* test_load_write.c - what is written is counted against what was found, and refused when it is not
 * the same; a reader that fails is replaced by ours. */
#include "ingest_case.h"

#include "files/csv_load.h"
#include "ingest/load.h"

typedef struct Writing {
    LoadContext context;
    IngestFileRequest request;
    FileStage stage;
    StrVec keys;
    TextFile file;
    RejectList rejects;
    TextTable *table;
    Load load;
    Schema planned;
} Writing;

static Writing *prepare(IngestCase *c, Str bytes) {
    Writing *w = ARENA_NEW(c->arena, Writing);
    CsvDialect any = {.header = -1};
    assert_ok(
        stage_open(&w->stage, str_format(c->arena, "%s/staging", c->folder), c->arena, &c->err),
        &c->err);
    w->file = (TextFile){.path = ingest_case_file(c, "w.csv", bytes).data,
                         .name = STR("w.csv"),
                         .size_bytes = bytes.length};
    w->context = (LoadContext){.request = &w->request,
                               .session = c->session,
                               .stage = &w->stage,
                               .arena = c->arena,
                               .keys = &w->keys};
    reject_list_init(&w->rejects, 10, c->arena);
    assert_ok(csv_load(&w->file, &any, &w->rejects, c->arena, &w->table, &c->err), &c->err);
    assert_ok(text_load_plan(&w->context, w->table, &w->rejects, NULL, &w->load, &c->err), &c->err);
    Schema incoming = {.columns = ARENA_ARRAY(c->arena, SchemaColumn, w->load.column_count),
                       .count = w->load.column_count};
    for (size_t i = 0; i < incoming.count; i++)
        incoming.columns[i] =
            (SchemaColumn){.name = w->load.columns[i].name, .type = w->load.columns[i].type};
    assert_ok(schema_plan(NULL, &incoming, SCHEMA_EXTEND, c->arena, &w->planned, &c->err), &c->err);
    return w;
}

static Str direct_without(IngestCase *c, const Writing *w, const char *condition) {
    return str_format(c->arena, "(FROM %.*s WHERE %s)", STR_ARG(w->load.from), condition);
}

static void test_writes(void **state) {
    IngestCase *c = *state;
    Writing *w = prepare(c, STR("a,b\n1,x\n2,\n"));
    StagedFile file;
    assert_ok(load_write(&w->context, &w->load, &w->planned, &file, &c->err), &c->err);
    assert_int_equal(file.written.rows, 2);
    assert_int_equal(file.written.stats[1].null_count, 1);
    stage_close(&w->stage);
}

/* DuckDB's reader drops a row, or cannot read at all: ours steps in. */
static void test_second_reader(void **state) {
    IngestCase *c = *state;
    static const char *const conditions[] = {"c0 <> '1'", "error('cannot read')"};
    for (size_t i = 0; i < 2; i++) {
        Writing *w = prepare(c, STR("a,b\n1,x\n2,\n"));
        w->load.from = direct_without(c, w, conditions[i]);
        StagedFile file;
        assert_ok(load_write(&w->context, &w->load, &w->planned, &file, &c->err), &c->err);
        assert_int_equal(file.written.rows, 2);
        stage_close(&w->stage);
    }
}

/* With no second reader to ask, or when that one disagrees too, nothing is written. */
static void test_disagreement(void **state) {
    IngestCase *c = *state;
    StagedFile file;
    Writing *w = prepare(c, STR("a,b\n1,x\n2,\n"));
    w->load.rows = 3;
    assert_fails(load_write(&w->context, &w->load, &w->planned, &file, &c->err), &c->err,
                 FAIL_INTERNAL);
    assert_non_null(strstr(c->err.message, "3 good rows were counted and 2 written"));
    stage_close(&w->stage);
    w = prepare(c, STR("a,b\n1,x\n2,\n"));
    w->load.columns[1].null_count = 0;
    assert_fails(load_write(&w->context, &w->load, &w->planned, &file, &c->err), &c->err,
                 FAIL_INTERNAL);
    assert_non_null(strstr(c->err.message, "column 'b': 0 NULLs"));
    stage_close(&w->stage);
    w = prepare(c, STR("a,b\n1,x\n2,\n"));
    w->load.from = direct_without(c, w, "c0 <> '1'");
    w->load.table = NULL;
    assert_fails(load_write(&w->context, &w->load, &w->planned, &file, &c->err), &c->err,
                 FAIL_INTERNAL);
    stage_close(&w->stage);
}

int suite_test_load_write(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_second_reader),
        cmocka_unit_test(test_disagreement),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
