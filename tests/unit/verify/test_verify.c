/* test_verify.c - a dataset against its source: equal when it is, and when not, where. */
#include "unit.h"

#include "base/rng.h"
#include "verify/verify.h"
#include "ingest/ingest_case.h"
#include "source/source_memory.h"

typedef struct Wishes {
    const char *key;
    size_t differences_max;
} Wishes;

static bool try_verify(IngestCase *c, const char *name, Str bytes, Wishes wishes,
                       VerifyResult *out) {
    VerifyRequest request = {.dataset = STR("d"),
                             .path = ingest_case_file(c, name, bytes),
                             .source_name = str_c(name),
                             .csv = {.header = -1},
                             .key = str_c(wishes.key),
                             .differences_max = wishes.differences_max};
    err_clear(&c->err);
    return ingest_verify(c->ingest, &request, NULL, c->arena, out, &c->err);
}

static VerifyResult verify_with(IngestCase *c, const char *name, Str bytes, Wishes wishes) {
    VerifyResult result;
    assert_ok(try_verify(c, name, bytes, wishes, &result), &c->err);
    return result;
}

static VerifyResult verify(IngestCase *c, const char *name, Str bytes, const char *key) {
    return verify_with(c, name, bytes, (Wishes){.key = key});
}

/* "id=7 both: name, city; id=8 source" */
static Str differences(IngestCase *c, const VerifyResult *result) {
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < result->difference_count; i++) {
        const VerifyDifference *difference = &result->differences[i];
        strbuf_append_format(&text, "%s%.*s %.*s", i == 0 ? "" : "; ", STR_ARG(difference->key),
                             STR_ARG(difference->side));
        for (size_t k = 0; k < difference->columns.count; k++)
            strbuf_append_format(&text, "%s%.*s", k == 0 ? ": " : ", ",
                                 STR_ARG(difference->columns.items[k]));
    }
    return strbuf_str(&text);
}

static Str notes(IngestCase *c, const VerifyResult *result) {
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < result->notes.count; i++)
        strbuf_append_format(&text, "%.*s\n", STR_ARG(result->notes.items[i]));
    return strbuf_str(&text);
}

/* Names of the columns that differ. */
static Str unequal(IngestCase *c, const VerifyResult *result) {
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < result->column_count; i++)
        if (!result->columns[i].equal)
            strbuf_append_format(&text, "%.*s ", STR_ARG(result->columns[i].name));
    return strbuf_str(&text);
}

/* ---- equal ---- */

#define TYPES_CSV                                                                                  \
    "id,flag,amount,ratio,day,at,moment,seen,name\n"                                               \
    "1,true,5.00,0.1,2024-02-29,23:59:59.5,2024-02-29 23:59:59,2024-02-29T23:59:59.5+05:30,Ann\n"  \
    "2,False,19.90,1e+20,0044-03-15,00:00:00,1969-12-31T00:00:00.000001,2024-01-01 00:00:00Z,\n"   \
    "3,,-0.50,nan,,,,,\"\"\n"

static void test_equal(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "types.csv", TYPES_CSV);
    assert_str_equal(ingest_case_types(c, "d"),
                     "id BIGINT, flag BOOLEAN, amount DECIMAL(18,2), ratio DOUBLE, day DATE, at "
                     "TIME, moment TIMESTAMP, seen TIMESTAMP WITH TIME ZONE, name VARCHAR");
    VerifyResult result = verify(c, "types.csv", STR(TYPES_CSV), "id");
    assert_str_equal(notes(c, &result), "");
    assert_str_equal(unequal(c, &result), "");
    assert_true(result.equal);
    assert_int_equal(result.source_rows, 3);
    assert_int_equal(result.dataset_rows, 3);
    assert_int_equal(result.column_count, 9);
    assert_int_equal(result.columns[1].source_nulls, 1);
    assert_int_equal(result.columns[1].dataset_nulls, 1);
    assert_int_equal(result.columns[8].source_nulls, 1); /* "" is a text */
    assert_int_equal(result.columns[0].source_checksum.length, 32);
    assert_true(str_eq(result.columns[0].source_checksum, result.columns[0].dataset_checksum));
    assert_str_equal(result.source_system, "file");
    assert_str_equal(result.source, "types.csv");
    assert_int_equal(result.snapshot_id, c->result.snapshot_id);
}

static void test_order_of_rows_and_columns(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "id,name\n1,Ann\n2,Bob\n3,Cid\n");
    VerifyResult result = verify(c, "b.csv", STR("name,id\nCid,3\nAnn,1\nBob,2\n"), "");
    assert_true(result.equal);
}

static void test_json(void **state) {
    IngestCase *c = *state;
    static const char text[] =
        "{\"id\": 1, \"tags\": [\"a, b\", \"c\\n\"], \"sizes\": [1.50, 2, null], \"o\": {\"k\": "
        "1}}\n"
        "{\"id\": 2, \"tags\": [\"a\",\"b, c\"], \"sizes\": [], \"o\": null}\n"
        "{\"id\": 3, \"tags\": null}\n";
    ingest_case_load(c, "d", "a.ndjson", str_c(text));
    VerifyResult result = verify(c, "a.ndjson", str_c(text), "id");
    assert_str_equal(notes(c, &result), "");
    assert_true(result.equal);
    result =
        verify(c, "a.ndjson",
               STR("{\"id\": 1, \"tags\": [\"a\", \"b, c\"], \"sizes\": [1.5, 2, null], \"o\": "
                   "{\"k\": 1}}\n{\"id\": 2, \"tags\": [\"a\",\"b, c\"], \"sizes\": [], \"o\": "
                   "null}\n{\"id\": 3, \"tags\": null}\n"),
               "id");
    assert_false(result.equal);
    assert_str_equal(differences(c, &result), "id=1 both: tags");
}

static Str make_parquet(IngestCase *c, const char *select) {
    Str path = str_format(c->arena, "%s/made.parquet", c->folder);
    Str sql = str_format(c->arena, "COPY (%s) TO '%.*s' (FORMAT parquet)", select, STR_ARG(path));
    assert_ok(duck_exec(c->session, sql, NULL, NULL, &c->err), &c->err);
    FILE *file = fopen(path.data, "rb");
    assert_non_null(file);
    char *bytes = arena_alloc(c->arena, 1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, file);
    assert_int_equal(fclose(file), 0);
    return str_make(bytes, size);
}

static void test_parquet(void **state) {
    IngestCase *c = *state;
    static const char good[] =
        "SELECT i::INTEGER AS id, i::UTINYINT AS small, i / 7 AS ratio, (i / 7)::FLOAT AS single, "
        "i::DECIMAL(9,3) AS price, encode('b' || i) AS raw, [i, NULL] AS list, [i::FLOAT] AS vec, "
        "{'a': i} AS pair, DATE '0001-01-01' + i::INTEGER AS day, TIMESTAMP '-infinity' AS never, "
        "TIME '24:00:00' AS late, 'infinity'::DATE AS doom FROM range(100) t(i)";
    Str bytes = make_parquet(c, good);
    ingest_case_load(c, "d", "a.parquet", bytes);
    VerifyResult result = verify(c, "a.parquet", bytes, "id");
    assert_str_equal(notes(c, &result), "");
    assert_str_equal(unequal(c, &result), "");
    assert_true(result.equal);
    Str other = str_format(c->arena,
                           "SELECT * REPLACE (CASE WHEN id = 42 THEN [1] ELSE list END AS "
                           "list) FROM (%s)",
                           good);
    result = verify(c, "a.parquet", make_parquet(c, other.data), "id");
    assert_str_equal(differences(c, &result), "id=42 both: list");
}

/* A second load widened a column and brought another: older files are seen as queries see them. */
static void test_grown_schema(void **state) {
    IngestCase *c = *state;
    ingest_case_load(c, "d", "a.parquet", make_parquet(c, "SELECT 1::INTEGER AS id"));
    ingest_case_load(c, "d", "b.parquet",
                     make_parquet(c, "SELECT 5000000000::BIGINT AS id, 'x' AS name"));
    VerifyResult result = verify(c, "both.csv", STR("id,name\n5000000000,x\n1,\n"), "id");
    assert_str_equal(notes(c, &result), "");
    assert_true(result.equal);
    result = verify(c, "one.csv", STR("id,name\n5000000000,x\n"), "id");
    assert_str_equal(differences(c, &result), "id=1 dataset");
    assert_str_equal(notes(c, &result),
                     "the dataset holds rows of several loads, all of which were compared\n");
}

/* ---- different ---- */

static void test_cell_row_column(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "id,name,city\n1,Ann,Ulm\n2,Bob,Ulm\n10,Cid,Ulm\n");
    VerifyResult result =
        verify(c, "a.csv", STR("id,name,city\n1,Ann,Ulm\n2,Bob,Bonn\n10,Cid,Ulm\n"), "id");
    assert_false(result.equal);
    assert_str_equal(unequal(c, &result), "city ");
    assert_str_equal(differences(c, &result), "id=2 both: city");
    result = verify(c, "a.csv", STR("id,name,city\n1,Ann,Ulm\n10,Cid,Ulm\n"), "id");
    assert_str_equal(differences(c, &result), "id=2 dataset");
    assert_int_equal(result.source_rows, 2);
    result = verify(c, "a.csv",
                    STR("id,name,city\n1,Ann,Ulm\n2,Bob,Ulm\n10,Cid,Ulm\n9,X,Y\n11,X,Y\n"), "id");
    assert_str_equal(differences(c, &result), "id=9 source; id=11 source");
    result = verify(c, "a.csv", STR("id,name,city\n1,Ann,Ulm\n2,Bob,Ulm\n2,Bob,Ulm\n10,Cid,Ulm\n"),
                    "id");
    assert_str_equal(differences(c, &result), "id=2 source");
    result = verify(c, "a.csv", STR("id,name\n1,Ann\n2,Bob\n10,Cid\n"), "id");
    assert_false(result.equal);
    assert_str_equal(differences(c, &result), "");
    assert_str_equal(notes(c, &result), "column 'city' is in the dataset only\n");
    result =
        verify(c, "a.csv", STR("id,name,city,zip\n1,Ann,Ulm,7\n2,Bob,Ulm,7\n10,Cid,Ulm,7\n"), "");
    assert_str_equal(unequal(c, &result), "zip ");
    assert_true(result.columns[3].in_source && !result.columns[3].in_dataset);
}

static void test_null_and_empty(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "id,name\n1,Ann\n2,\n");
    VerifyResult result = verify(c, "a.csv", STR("id,name\n1,Ann\n2,\"\"\n"), "id");
    assert_str_equal(differences(c, &result), "id=2 both: name");
    assert_int_equal(result.columns[1].source_nulls, 0);
    assert_int_equal(result.columns[1].dataset_nulls, 1);
}

static void test_moved_within_a_column(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "id,name\n1,Ann\n2,Bob\n");
    VerifyResult result = verify(c, "a.csv", STR("id,name\n1,Bob\n2,Ann\n"), "id");
    assert_str_equal(unequal(c, &result), "");
    assert_false(result.equal);
    assert_str_equal(differences(c, &result), "id=1 both: name; id=2 both: name");
    assert_str_equal(notes(c, &result),
                     "every column holds the same values, but not in the same rows\n");
    result = verify(c, "a.csv", STR("id,name\n1,Bob\n2,Ann\n"), "");
    assert_false(result.equal);
    assert_str_equal(notes(c, &result),
                     "no key: rows that differ cannot be named\n"
                     "every column holds the same values, but not in the same rows\n");
}

/* What an exclusive or would not see: a pair of equal rows more. */
static void test_pairs(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "n\n1\n");
    VerifyResult result = verify(c, "a.csv", STR("n\n1\n1\n1\n"), "");
    assert_false(result.equal);
    assert_str_equal(unequal(c, &result), "n ");
}

static void test_no_value_of_the_type(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "id,n\n1,5\n2,6\n");
    VerifyResult result = verify(c, "a.csv", STR("id,n\n1,5\n2,six\n"), "id");
    assert_str_equal(differences(c, &result), "id=2 both: n");
    assert_str_equal(notes(c, &result),
                     "column 'n': 1 values of the source are none of the stored type\n");
}

static void test_keys(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv", "a,b,n\n1,x,1\n1,y,2\n,y,3\n");
    VerifyResult result = verify(c, "a.csv", STR("a,b,n\n1,x,1\n1,y,7\n,y,8\n"), "b, a");
    assert_str_equal(differences(c, &result), "b=y, a=1 both: n; b=y, a=NULL both: n");
    VerifyResult none;
    assert_false(try_verify(c, "a.csv", STR("a,b,n\n1,x,1\n"), (Wishes){.key = "zip"}, &none));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_string_equal(c->err.field, "key");
    assert_false(try_verify(c, "a.csv", STR("a\n1\n"),
                            (Wishes){.key = "a", .differences_max = 1001}, &none));
    assert_string_equal(c->err.field, "differences_max");
}

/* A type that the load was told: bytes. */
static void test_told_types(void **state) {
    IngestCase *c = *state;
    static const char text[] =
        "id,raw,list\n1,ab,\"[\"\"x\"\", \"\"y, z\"\"]\"\n2,\\x00\\xFF c,[]\n3,,\n4,\"\",\n";
    ColumnOverride types[] = {{STR("raw"), STR("BLOB")}};
    IngestFileRequest request = {.csv = {.header = -1}, .types = types, .type_count = 1};
    assert_ok(ingest_case_try(c, "d", "a.csv", str_c(text), &request), &c->err);
    VerifyResult result = verify(c, "a.csv", str_c(text), "id");
    assert_str_equal(notes(c, &result), "");
    assert_true(result.equal);
    result = verify(
        c, "a.csv",
        STR("id,raw,list\n1,ab,\"[\"\"x\"\", \"\"y, z\"\"]\"\n2,\\x00\\xFE c,[]\n3,,\n4,\"\",\n"),
        "id");
    assert_str_equal(differences(c, &result), "id=2 both: raw");
}

/* More rows under one key than are kept: nothing is named rather than something wrong. */
static void test_one_key_for_all(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "k,n\n");
    for (int i = 0; i < 200000; i++)
        strbuf_append_c(&text, i % 2 == 0 ? "1,0\n" : "1,1\n");
    ingest_case_load(c, "d", "a.csv", strbuf_str(&text));
    strbuf_append_c(&text, "1,2\n");
    VerifyResult result = verify(c, "a.csv", strbuf_str(&text), "k");
    assert_false(result.equal);
    assert_str_equal(differences(c, &result), "");
    assert_str_equal(notes(c, &result),
                     "too many rows share a key: the rows that differ cannot be named\n");
}

/* An upsert's key is in the lineage. */
static void test_key_of_the_load(void **state) {
    IngestCase *c = *state;
    IngestFileRequest upsert = {.mode = INGEST_UPSERT, .key = STR("id"), .csv = {.header = -1}};
    assert_true(ingest_case_try(c, "d", "a.csv", STR("id,n\n1,5\n2,6\n"), &upsert));
    VerifyResult result = verify(c, "a.csv", STR("id,n\n1,5\n2,7\n"), "");
    assert_str_equal(differences(c, &result), "id=2 both: n");
}

static void test_many_differences(void **state) {
    IngestCase *c = *state;
    StrBuf one = strbuf_make(c->arena), other = strbuf_make(c->arena);
    strbuf_append_c(&one, "id,n\n");
    strbuf_append_c(&other, "id,n\n");
    for (int i = 0; i < 5000; i++) {
        strbuf_append_format(&one, "%d,%d\n", i, i);
        strbuf_append_format(&other, "%d,%d\n", i, i + (i >= 100));
    }
    ingest_case_load(c, "d", "a.csv", strbuf_str(&one));
    VerifyResult result =
        verify_with(c, "a.csv", strbuf_str(&other), (Wishes){.key = "id", .differences_max = 3});
    assert_str_equal(differences(c, &result), "id=100 both: n; id=101 both: n; id=102 both: n");
    assert_str_equal(notes(c, &result), "4900 rows differ; the first 3 are named\n");
}

/* ---- a source that is open ---- */

static const MemoryColumn order_columns[] = {
    {"id", "int", {"INTEGER"}, NULL},
    {"amount", "numeric", {"DECIMAL(10,2)", "VARCHAR"}, NULL},
    {"ratio", "numeric(30,20)", {"VARCHAR"}, NULL},
    {"day", "date", {"DATE"}, NULL}};
static const size_t order_key[] = {0};

static VerifyResult verify_cells(IngestCase *c, const char *const *cells, size_t row_count) {
    MemoryTable table = {.columns = order_columns,
                         .column_count = 4,
                         .cells = cells,
                         .row_count = row_count,
                         .key_columns = order_key,
                         .key_count = 1,
                         .batch_rows = 2,
                         .without_snapshots = true};
    RowSource *source = source_memory_open(&table, NULL);
    VerifyRequest request = {.dataset = STR("d")};
    VerifyResult result;
    assert_ok(ingest_verify_source(c->ingest, &request, source, NULL, c->arena, &result, &c->err),
              &c->err);
    row_source_close(source);
    return result;
}

/* The source's own key names rows; a value that its type cannot hold widens the column. */
static void test_memory(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "d", "a.csv",
                          "id,amount,ratio,day\n1,1.50,0.5,2024-02-29\n2,-0.10,0.1234567890123,\n3,"
                          "7.25,1,2024-01-01\n");
    static const char *const same[] = {"1",
                                       "1.5",
                                       "0.5",
                                       "2024-02-29",
                                       "3",
                                       "7.25",
                                       "1",
                                       "2024-01-01",
                                       "2",
                                       "-0.1",
                                       "0.12345678901230000000",
                                       NULL};
    VerifyResult result = verify_cells(c, same, 3);
    assert_str_equal(unequal(c, &result), "");
    assert_true(result.equal);
    assert_str_equal(result.source_system, "memory");
    assert_str_equal(notes(c, &result),
                     "the source has no snapshots: rows may have changed while they were read\n");
    static const char *const other[] = {
        "1",          "NaN", "0.5",  "2024-02-29",      "3", "7.25", "1.00000000000000000001",
        "2024-01-01", "2",   "-0.1", "0.1234567890123", NULL};
    result = verify_cells(c, other, 3);
    assert_str_equal(differences(c, &result), "id=1 both: amount; id=3 both: ratio");
    assert_str_equal(notes(c, &result),
                     "column 'amount': 1 values of the source are none of the stored type\n"
                     "column 'ratio': 1 values were rounded by the stored type\n"
                     "the source has no snapshots: rows may have changed while they were read\n");
}

static bool stop_at_once(void *context, uint64_t rows_so_far, Err *err) {
    (void)context;
    return rows_so_far < 2 || err_fail(err, FAIL_UPSTREAM, "the connection is gone");
}

/* A source that breaks off is an error, not a difference; nothing leaks (the budget is looked at
 * when the case ends). */
static void test_source_breaks_off(void **state) {
    IngestCase *c = *state;
    static const char *const cells[] = {"1", "1.5", "1", NULL,  "2", "2.5",
                                        "1", NULL,  "3", "3.5", "1", NULL};
    ingest_case_load_text(c, "d", "a.csv", "id,amount,ratio,day\n1,1.50,1,2024-02-29\n");
    MemoryTable table = {.columns = order_columns,
                         .column_count = 4,
                         .cells = cells,
                         .row_count = 3,
                         .batch_rows = 1,
                         .before_batch = stop_at_once};
    RowSource *source = source_memory_open(&table, NULL);
    VerifyRequest request = {.dataset = STR("d")};
    VerifyResult result;
    assert_fails(
        ingest_verify_source(c->ingest, &request, source, NULL, c->arena, &result, &c->err),
        &c->err, FAIL_UPSTREAM);
    row_source_close(source);
}

/* So is a data file that is gone. */
static void test_data_file_is_gone(void **state) {
    IngestCase *c = *state;
    Snapshot snapshot;
    ingest_case_load_text(c, "d", "a.csv", "id\n1\n");
    assert_ok(catalog_snapshot(c->catalog, STR("d"), 0, c->arena, &snapshot, &c->err), &c->err);
    assert_ok(store_remove(c->primary, snapshot.files[0].key, &c->err), &c->err);
    VerifyResult result;
    assert_false(try_verify(c, "a.csv", STR("id\n1\n"), (Wishes){0}, &result));
    assert_true(c->err.kind != FAIL_NONE && c->err.kind != FAIL_INVALID);
}

/* ---- what is given ---- */

static void test_request(void **state) {
    IngestCase *c = *state;
    VerifyResult result;
    ingest_case_load_text(c, "d", "people.csv", "id\n1\n");
    VerifyRequest request = {.dataset = STR("d")};
    assert_fails(ingest_verify(c->ingest, &request, NULL, c->arena, &result, &c->err), &c->err,
                 FAIL_INVALID);
    assert_non_null(strstr(c->err.message, "the file must be given again"));
    request.dataset = STR("none");
    assert_fails(ingest_verify(c->ingest, &request, NULL, c->arena, &result, &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_false(try_verify(c, "bad.json", STR("{"), (Wishes){0}, &result));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
}

static void test_broken_records(void **state) {
    IngestCase *c = *state;
    static const char text[] = "id,n\n1,5\n2\n3,7\n";
    ingest_case_load(c, "d", "a.csv", str_c(text));
    VerifyResult result = verify(c, "a.csv", str_c(text), "id");
    assert_true(result.equal);
    assert_str_equal(notes(c, &result),
                     "1 records of the source cannot be read and were left out\n");
}

static void test_cancelled(void **state) {
    IngestCase *c = *state;
    VerifyResult result;
    ingest_case_load_text(c, "d", "a.csv", "id\n1\n");
    Progress progress = {.cancel = true};
    VerifyRequest request = {.dataset = STR("d"),
                             .path = ingest_case_file(c, "a.csv", STR("id\n1\n")),
                             .source_name = STR("a.csv"),
                             .csv = {.header = -1}};
    assert_fails(ingest_verify(c->ingest, &request, &progress, c->arena, &result, &c->err), &c->err,
                 FAIL_CANCELLED);
}

/* ---- random tables ---- */

enum { TABLE_ROWS = 60, TABLE_COLUMNS = 4, ROUNDS = 40 };

typedef struct RandomTable {
    Arena *arena;
    Rng rng;
    Str cells[TABLE_ROWS + 2][TABLE_COLUMNS];
    size_t row_count;
} RandomTable;

static Str random_cell(RandomTable *table, size_t column) {
    unsigned number = (unsigned)rng_below(&table->rng, 50);
    if (rng_below(&table->rng, 6) == 0)
        return STR_EMPTY;
    switch (column) {
    case 1:
        return str_format(table->arena, "%u.%02u", number, number);
    case 2:
        return str_format(table->arena, "2024-02-%02u", number % 28 + 1);
    default:
        return str_format(table->arena, "\"t,%u\"", number);
    }
}

static Str print_table(const RandomTable *table) {
    StrBuf text = strbuf_make(table->arena);
    strbuf_append_c(&text, "id,amount,day,note\n");
    for (size_t row = 0; row < table->row_count; row++)
        for (size_t i = 0; i < TABLE_COLUMNS; i++)
            strbuf_append_format(&text, "%.*s%s", STR_ARG(table->cells[row][i]),
                                 i + 1 < TABLE_COLUMNS ? "," : "\n");
    return strbuf_str(&text);
}

static void swap_rows(RandomTable *table, size_t a, size_t b) {
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        Str cell = table->cells[a][i];
        table->cells[a][i] = table->cells[b][i];
        table->cells[b][i] = cell;
    }
}

/* Changes the table in one way, and returns what verify must name ("" = nothing, it is equal). */
static Str mutate(RandomTable *table, unsigned way) {
    static const char *const names[] = {"id", "amount", "day", "note"};
    size_t row = rng_below(&table->rng, table->row_count), last = table->row_count;
    Str id = table->cells[row][0];
    size_t column = 1 + rng_below(&table->rng, TABLE_COLUMNS - 1);
    switch (way) {
    case 0: { /* one cell */
        Str before = table->cells[row][column];
        while (str_eq(table->cells[row][column], before))
            table->cells[row][column] = random_cell(table, column);
        return str_format(table->arena, "id=%.*s both: %s", STR_ARG(id), names[column]);
    }
    case 1: /* a row less */
        swap_rows(table, row, --table->row_count);
        return str_format(table->arena, "id=%.*s dataset", STR_ARG(id));
    case 2: /* a row twice */
        memcpy(table->cells[last], table->cells[row], sizeof table->cells[row]);
        table->row_count++;
        return str_format(table->arena, "id=%.*s source", STR_ARG(id));
    case 3: /* a row more */
        memcpy(table->cells[last], table->cells[row], sizeof table->cells[row]);
        table->cells[last][0] = STR("1000");
        table->row_count++;
        return STR("id=1000 source");
    case 4: /* another order */
        swap_rows(table, row, rng_below(&table->rng, table->row_count));
        return STR_EMPTY;
    default: /* NULL and the empty text */
        if (table->cells[row][3].length == 0)
            table->cells[row][3] = STR("\"\"");
        else
            table->cells[row][3] = STR_EMPTY;
        return str_format(table->arena, "id=%.*s both: note", STR_ARG(id));
    }
}

static void test_random(void **state) {
    IngestCase *c = *state;
    Rng rng = rng_seeded(7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        RandomTable *table = ARENA_NEW(c->arena, RandomTable);
        table->arena = c->arena;
        table->rng = rng_seeded(rng_next(&rng));
        table->row_count = TABLE_ROWS;
        for (size_t row = 0; row < TABLE_ROWS; row++) {
            table->cells[row][0] = str_format(c->arena, "%zu", row);
            for (size_t i = 1; i < TABLE_COLUMNS; i++)
                table->cells[row][i] = random_cell(table, i);
        }
        IngestFileRequest replace = {.mode = INGEST_REPLACE, .csv = {.header = 1}};
        assert_ok(ingest_case_try(c, "d", "t.csv", print_table(table), &replace), &c->err);
        VerifyResult result = verify(c, "t.csv", print_table(table), "id");
        assert_true(result.equal);
        Str expected = mutate(table, round % 6);
        result = verify(c, "t.csv", print_table(table), "id");
        assert_int_equal(result.equal, expected.length == 0);
        if (!str_eq(differences(c, &result), expected))
            fail_msg("round %u: '%.*s', expected '%.*s'", round, STR_ARG(differences(c, &result)),
                     STR_ARG(expected));
    }
}

int suite_test_verify(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_equal),
        CASE(test_order_of_rows_and_columns),
        CASE(test_json),
        CASE(test_parquet),
        CASE(test_grown_schema),
        CASE(test_cell_row_column),
        CASE(test_null_and_empty),
        CASE(test_moved_within_a_column),
        CASE(test_pairs),
        CASE(test_no_value_of_the_type),
        CASE(test_keys),
        CASE(test_told_types),
        CASE(test_one_key_for_all),
        CASE(test_key_of_the_load),
        CASE(test_many_differences),
        CASE(test_memory),
        CASE(test_source_breaks_off),
        CASE(test_data_file_is_gone),
        CASE(test_request),
        CASE(test_broken_records),
        CASE(test_cancelled),
        CASE(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
