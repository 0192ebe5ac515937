/* test_source_file.c - a file as a source: the contract as far as a file goes, and what is its own.
 */
#include "unit.h"

#include "ingest/source_file.h"
#include "ingest_case.h"
#include "source/canonical_text.h"
#include "source/row_source_contract.h"

/* ---- the contract, over CSV ---- */

typedef struct ContractFiles {
    IngestCase *c;
    FileFormat format;
} ContractFiles;

static Str print_csv(Arena *arena, size_t row_count) {
    const char *const *cells = contract_cells(arena);
    StrBuf text = strbuf_make(arena);
    for (size_t i = 0; i < CONTRACT_COLUMNS; i++)
        strbuf_append_format(&text, "%s%s", i == 0 ? "" : ",", contract_columns[i]);
    strbuf_append_c(&text, "\n");
    for (size_t i = 0; i < row_count * CONTRACT_COLUMNS; i++) {
        strbuf_append_c(&text, i % CONTRACT_COLUMNS == 0 ? "" : ",");
        strbuf_append_c(&text, cells[i] != NULL ? "\"" : "");
        for (const char *at = cells[i]; at != NULL && *at != '\0'; at++)
            strbuf_append_format(&text, *at == '"' ? "\"%c" : "%c", *at);
        strbuf_append_c(&text, cells[i] != NULL ? "\"" : "");
        strbuf_append_c(&text, (i + 1) % CONTRACT_COLUMNS == 0 ? "\n" : "");
    }
    return strbuf_str(&text);
}

static RowSource *open_bytes(IngestCase *c, const char *name, Str bytes, const Schema *schema,
                             Progress *progress) {
    FileSourceSpec spec = {.ingest = c->ingest,
                           .path = ingest_case_file(c, name, bytes),
                           .source_name = str_c(name),
                           .csv = {.header = -1},
                           .schema = schema,
                           .progress = progress};
    RowSource *source = NULL;
    assert_ok(source_file_open(&spec, &source, &c->err), &c->err);
    return source;
}

static bool open_csv(void *context, ContractTable table, Progress *progress, RowSource **out,
                     Err *err) {
    (void)err;
    IngestCase *c = context;
    Str bytes = print_csv(c->arena, table == CONTRACT_EMPTY ? 0 : CONTRACT_ROW_COUNT);
    *out = open_bytes(c, "contract.csv", bytes, NULL, progress);
    return true;
}

/* DuckDB makes the file of the CSV's rows, in their order. */
static bool open_parquet(void *context, ContractTable table, Progress *progress, RowSource **out,
                         Err *err) {
    IngestCase *c = context;
    Str csv = ingest_case_file(c, "contract.csv", print_csv(c->arena, CONTRACT_ROW_COUNT));
    Str path = str_format(c->arena, "%s/contract.parquet", c->folder);
    Str sql = str_format(
        c->arena,
        "COPY (SELECT * REPLACE (price::DECIMAL(10,2) AS price, id::INTEGER AS id) FROM "
        "read_csv('%.*s', header = true, null_padding = false, allow_quoted_nulls = false, columns "
        "= {id: 'INTEGER', name: 'VARCHAR', price: 'DOUBLE', born: 'DATE', seen: 'TIMESTAMP', "
        "ratio: "
        "'DOUBLE', flag: 'BOOLEAN'}) %s) TO '%.*s' (FORMAT parquet)",
        STR_ARG(csv), table == CONTRACT_EMPTY ? "LIMIT 0" : "", STR_ARG(path));
    FileSourceSpec spec = {.ingest = c->ingest,
                           .path = path,
                           .source_name = STR("contract.parquet"),
                           .progress = progress};
    return duck_exec(c->session, sql, NULL, NULL, err) && source_file_open(&spec, out, err);
}

static void test_contract_csv(void **state) {
    SourceContract contract = {.open = open_csv, .context = *state};
    assert_int_equal(row_source_contract_run(&contract), 0);
}

static void test_contract_parquet(void **state) {
    SourceContract contract = {.open = open_parquet, .context = *state};
    assert_int_equal(row_source_contract_run(&contract), 0);
}

/* ---- its own ---- */

/* "1|x\n2|NULL\n" */
static Str read_all(IngestCase *c, RowSource *source) {
    RowBatch schema = row_source_schema(source);
    RowBuilder *rows = row_builder_create(&schema, 3);
    StrBuf text = strbuf_make(c->arena);
    assert_ok(row_source_start(source, &(SourceRange){0}, &c->err), &c->err);
    for (;;) {
        assert_ok(row_source_next(source, rows, &c->err), &c->err);
        RowBatch batch = row_builder_batch(rows);
        if (batch.row_count == 0)
            break;
        for (size_t row = 0; row < batch.row_count; row++)
            for (size_t i = 0; i < batch.column_count; i++) {
                if (row_is_null(&batch.columns[i], row))
                    strbuf_append_c(&text, "NULL");
                else
                    canonical_from_row(&batch.columns[i], row, &text);
                strbuf_append_c(&text, i + 1 < batch.column_count ? "|" : "\n");
            }
    }
    row_builder_destroy(rows);
    return strbuf_str(&text);
}

static void test_texts_by_schema(void **state) {
    IngestCase *c = *state;
    SchemaColumn columns[] = {{1, STR("id"), STR("BIGINT"), true},
                              {2, STR("note"), STR("VARCHAR"), true}};
    Schema schema = {.columns = columns, .count = 2};
    Str bytes = STR("id,note,more\n 1 , a ,\"\"\n\"\",\"\",x\n,,\n");
    RowSource *source = open_bytes(c, "a.csv", bytes, &schema, NULL);
    assert_string_equal(source->ops->system, "file");
    assert_str_equal(source->shown, "a.csv");
    assert_int_equal(source->key_count, 0);
    assert_int_equal(source->rows_estimated, 3);
    assert_str_equal(read_all(c, source), "1| a |\nNULL||x\nNULL|NULL|NULL\n");
    row_source_close(source);
}

static void test_parquet_types(void **state) {
    IngestCase *c = *state;
    SchemaColumn columns[] = {{1, STR("small"), STR("BIGINT"), true},
                              {2, STR("text"), STR("BIGINT"), true}};
    Schema schema = {.columns = columns, .count = 2};
    Str path = str_format(c->arena, "%s/a.parquet", c->folder);
    Str sql =
        str_format(c->arena,
                   "COPY (SELECT 1::SMALLINT AS small, '007' AS text, ['a, b', NULL] AS list, "
                   "{'k': 1} AS pair, 200::UTINYINT AS byte) TO '%.*s' (FORMAT parquet)",
                   STR_ARG(path));
    assert_ok(duck_exec(c->session, sql, NULL, NULL, &c->err), &c->err);
    FileSourceSpec spec = {
        .ingest = c->ingest, .path = path, .source_name = STR("a.parquet"), .schema = &schema};
    RowSource *source;
    assert_ok(source_file_open(&spec, &source, &c->err), &c->err);
    assert_str_equal(source->columns[0].type, "BIGINT"); /* widened, as the dataset was */
    assert_str_equal(source->columns[1].type, "VARCHAR");
    assert_str_equal(source->columns[4].type, "INTEGER");
    assert_str_equal(read_all(c, source), "1|007|[\"a, b\",null]|{'k': 1}|200\n");
    row_source_close(source);
}

static bool count_reject(void *context, uint64_t row, Str column, Str reason) {
    (void)column;
    assert_true(reason.length > 0);
    StrBuf *seen = context;
    strbuf_append_format(seen, "%llu ", (unsigned long long)row);
    return true;
}

static void test_rejects(void **state) {
    IngestCase *c = *state;
    RowSource *source =
        open_bytes(c, "a.csv", STR("id,note\n1,a\n2\n3,c\n4,d,e\n5,f\n"), NULL, NULL);
    assert_fails(row_source_start(source, &(SourceRange){0}, &c->err), &c->err, FAIL_UNPROCESSABLE);
    StrBuf seen = strbuf_make(c->arena);
    source->on_reject = count_reject;
    source->reject_context = &seen;
    assert_str_equal(read_all(c, source), "1|a\n3|c\n5|f\n");
    assert_str_equal(strbuf_str(&seen), "3 5 ");
    row_source_close(source);
}

static void test_what_it_cannot(void **state) {
    IngestCase *c = *state;
    Str most;
    bool any;
    uint64_t nulls;
    RowSource *source = open_bytes(c, "a.csv", STR("id\n1\n"), NULL, NULL);
    assert_fails(row_source_start(source, &(SourceRange){.by_key = true}, &c->err), &c->err,
                 FAIL_UNSUPPORTED);
    assert_fails(row_source_start(source, &(SourceRange){.cursor = STR("id")}, &c->err), &c->err,
                 FAIL_UNSUPPORTED);
    assert_fails(row_source_cursor_end(source, STR("id"), c->arena, &most, &any, &nulls, &c->err),
                 &c->err, FAIL_UNSUPPORTED);
    assert_fails(row_source_widen(source, 0, &c->err), &c->err, FAIL_UNPROCESSABLE);
    row_source_close(source);
    FileSourceSpec spec = {.ingest = c->ingest,
                           .path = str_format(c->arena, "%s/absent.csv", c->folder),
                           .source_name = STR("absent.csv"),
                           .csv = {.header = -1}};
    assert_fails(source_file_open(&spec, &source, &c->err), &c->err, FAIL_IO);
    assert_null(strstr(c->err.message, c->folder)); /* no path of ours is shown */
}

int suite_test_source_file(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_contract_csv),  CASE(test_contract_parquet), CASE(test_texts_by_schema),
        CASE(test_parquet_types), CASE(test_rejects),          CASE(test_what_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
