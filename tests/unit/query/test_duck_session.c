/* test_duck_session.c - the trusted DuckDB: statements, streams in and out, Parquet, cancel. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/duck_run.h"

__extension__ typedef __int128 Int128;

typedef struct Fixture {
    Arena *arena;
    Duck *duck;
    DuckSession *session;
    Str folder;
} Fixture;

static Str in_folder(const Fixture *fixture, const char *name) {
    return str_format(fixture->arena, "%.*s/%s", STR_ARG(fixture->folder), name);
}

static int setup(void **state) {
    static Fixture fixture;
    char folder[] = "/tmp/duck_session_XXXXXX";
    Err err = {0};
    fixture.arena = arena_create();
    fixture.folder = str_dup(fixture.arena, str_c(mkdtemp(folder)));
    DuckConfig config = {
        .memory_bytes = 256u << 20, .threads = 2, .temp_directory = in_folder(&fixture, "spill")};
    fixture.duck = duck_open(&config, &err);
    fixture.session = fixture.duck != NULL ? duck_session_open(fixture.duck, &err) : NULL;
    *state = &fixture;
    return fixture.session == NULL;
}

static int teardown(void **state) {
    Fixture *fixture = *state;
    duck_session_close(fixture->session);
    duck_close(fixture->duck);
    Str command = str_format(fixture->arena, "rm -rf %.*s", STR_ARG(fixture->folder));
    int status = system(command.data);
    arena_destroy(fixture->arena);
    return status;
}

/* ---- statements ---- */

typedef struct Seen {
    Arena *arena;
    size_t rows, batches;

} Seen;

static bool see(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    Seen *seen = context;
    seen->batches++;
    seen->rows += batch->row_count;
    return true;
}

static void test_exec_reports_rows(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    uint64_t rows = 0;
    assert_ok(duck_exec(fixture->session,
                        STR("CREATE TEMP TABLE t AS SELECT range AS a FROM range(5)"), NULL, NULL,
                        &err),
              &err);
    assert_ok(duck_exec(fixture->session, STR("DELETE FROM t WHERE a < 3"), NULL, &rows, &err),
              &err);
    assert_int_equal(rows, 3);
    assert_ok(duck_exec(fixture->session, STR("DROP TABLE t"), NULL, NULL, &err), &err);
}

static void test_one_statement_only(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    bool ok = duck_exec(fixture->session, STR("CREATE TEMP TABLE u(a INT); DROP TABLE u"), NULL,
                        NULL, &err);
    assert_false(ok);
    assert_true(err.message[0] != '\0');
}

static void test_quoting(void **state) {
    Fixture *fixture = *state;
    assert_str_equal(duck_literal(STR("it's"), fixture->arena), "'it''s'");
    assert_str_equal(duck_identifier(STR("odd \"name\""), fixture->arena), "\"odd \"\"name\"\"\"");
}

static void test_errors_have_kinds(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    assert_fails(duck_exec(fixture->session, STR("SELECT CAST('x' AS INTEGER)"), NULL, NULL, &err),
                 &err, FAIL_UNPROCESSABLE);
    assert_fails(duck_exec(fixture->session,
                           STR("SELECT * FROM read_parquet('/nowhere/at/all.parquet')"), NULL, NULL,
                           &err),
                 &err, FAIL_IO);
    assert_null(strstr(err.message, "/nowhere"));
    Seen seen = {0};
    assert_fails(duck_query(fixture->session,
                            STR("SELECT CAST(CASE WHEN range = 90000 THEN 'x' ELSE '1' END AS INT) "
                                "FROM range(100000)"),
                            NULL, see, &seen, &err),
                 &err, FAIL_UNPROCESSABLE); /* in the middle of a stream */
}

static void test_memory_limit_is_an_error(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    assert_fails(duck_exec(fixture->session,
                           STR("SELECT count(DISTINCT l) FROM (SELECT list(range) AS l FROM "
                               "range(100000000))"),
                           NULL, NULL, &err),
                 &err, FAIL_NO_MEMORY);
    assert_ok(duck_exec(fixture->session, STR("SELECT 1"), NULL, NULL, &err), &err);
}

static void test_spoiled_instance_is_replaced(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    DuckSession *other = duck_session_open(fixture->duck, &err);
    assert_non_null(other);
    assert_ptr_equal(other->instance, fixture->session->instance);
    duck_instance_spoil(fixture->duck, other->instance);
    duck_instance_spoil(fixture->duck, other->instance); /* as two sessions would report it */
    DuckSession *fresh = duck_session_open(fixture->duck, &err);
    assert_non_null(fresh);
    assert_ptr_not_equal(fresh->instance, other->instance);
    duck_session_close(other);
    duck_session_close(fixture->session);
    fixture->session = fresh;
    assert_ok(duck_exec(fresh, STR("SELECT 1"), NULL, NULL, &err), &err);
}

/* ---- rows out ---- */

static bool check_types(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    const RowColumn *columns = batch->columns;
    *(size_t *)context += batch->row_count;
    assert_int_equal(batch->column_count, 9);
    assert_int_equal(batch->row_count, 3);
    assert_int_equal(columns[0].type, COLUMN_INT64);
    assert_int_equal(((const int64_t *)columns[0].values)[2], 2);
    assert_true(row_is_null(&columns[1], 1));
    assert_str_equal(row_text(&columns[1], 0), "a text longer than twelve bytes: 0");
    assert_str_equal(row_text(&columns[1], 2), "a text longer than twelve bytes: 2");
    assert_str_equal(row_text(&columns[2], 1), "s1");
    assert_int_equal(columns[3].type, COLUMN_DECIMAL);
    assert_int_equal(columns[3].scale, 2);
    assert_true(((const Int128 *)columns[3].values)[1] == 150);
    assert_true(((const Int128 *)columns[4].values)[2] == (Int128)-12345678901234567ll * 1000);
    assert_int_equal(columns[5].type, COLUMN_FLOAT32_LIST);
    assert_int_equal(columns[5].list_size, 2);
    assert_true(row_is_null(&columns[5], 0));
    assert_true(((const float *)columns[5].values)[2 * 2 + 1] == 2.5f);
    assert_true(((const float *)columns[6].values)[3 * 1 + 2] == 7.0f);
    assert_int_equal(columns[7].type, COLUMN_DATE32);
    assert_int_equal(((const int32_t *)columns[7].values)[0], 1);
    assert_int_equal(columns[8].type, COLUMN_BOOL);
    assert_int_equal(((const uint8_t *)columns[8].values)[1], 1);
    return true;
}

static void test_query_types(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    size_t rows = 0;
    assert_ok(duck_query(fixture->session,
                         STR("SELECT range, CASE WHEN range <> 1 THEN 'a text longer than twelve "
                             "bytes: ' || range END, 's' || range, "
                             "(range + 0.5)::DECIMAL(9,2), "
                             "CASE WHEN range = 2 THEN -12345678901234567.000::DECIMAL(38,3) END, "
                             "CASE WHEN range > 0 THEN [range, range + 0.5]::FLOAT[] END, "
                             "[1, 2, 7]::FLOAT[3], DATE '1970-01-02', range = 1 FROM range(3)"),
                         NULL, check_types, &rows, &err),
              &err);
    assert_int_equal(rows, 3);
}

static void test_query_refuses_types(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Seen seen = {0};
    assert_fails(duck_query(fixture->session, STR("SELECT {'a': 1} AS st"), NULL, see, &seen, &err),
                 &err, FAIL_UNSUPPORTED);
    assert_non_null(strstr(err.message, "'st'"));
    assert_fails(duck_query(fixture->session,
                            STR("SELECT [1]::FLOAT[] AS v UNION ALL SELECT [1, 2]::FLOAT[]"), NULL,
                            see, &seen, &err),
                 &err, FAIL_UNSUPPORTED);
    assert_fails(
        duck_query(fixture->session, STR("SELECT [1, NULL]::FLOAT[] AS v"), NULL, see, &seen, &err),
        &err, FAIL_UNPROCESSABLE);
}

static bool refuse(void *context, const RowBatch *batch, Err *err) {
    (void)context;
    (void)batch;
    return err_fail(err, FAIL_LIMIT, "enough");
}

static void test_query_streams_and_stops(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Seen seen = {0};
    assert_ok(duck_query(fixture->session, STR("SELECT range FROM range(100000)"), NULL, see, &seen,
                         &err),
              &err);
    assert_int_equal(seen.rows, 100000);
    assert_true(seen.batches > 10);
    assert_fails(duck_query(fixture->session, STR("SELECT range FROM range(1000000000)"), NULL,
                            refuse, NULL, &err),
                 &err, FAIL_LIMIT);
    assert_ok(duck_query(fixture->session, STR("SELECT 1"), NULL, see, &seen, &err), &err);
}

static void test_describe(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    DuckColumn *columns;
    size_t count = 0;
    assert_ok(duck_describe(fixture->session,
                            STR("SELECT 1::DECIMAL(18,3) AS \"a b\", [1]::FLOAT[] AS v"),
                            fixture->arena, &columns, &count, &err),
              &err);
    assert_int_equal(count, 2);
    assert_str_equal(columns[0].name, "a b");
    assert_str_equal(columns[0].type, "DECIMAL(18,3)");
    assert_str_equal(columns[1].type, "FLOAT[]");
}

/* ---- rows in ---- */

/* Yields `batches` batches of 3000 rows: id, text (NULL for every third), vector. */
typedef struct Source {
    RowStream base;
    Arena *arena;
    size_t batches, given;
    size_t fail_at; /* batch number that fails; SIZE_MAX never */
    bool bad_text;
} Source;

enum { BATCH_ROWS = 3000, DIMENSION = 4 };

static bool source_next(RowStream *stream, RowBatch *out, Err *err) {
    Source *source = (Source *)stream;
    arena_reset(source->arena);
    if (source->given == source->fail_at)
        return err_fail(err, FAIL_UPSTREAM, "the database went away");
    *out = stream->schema;
    out->row_count = source->given == source->batches ? 0 : BATCH_ROWS;
    if (out->row_count == 0)
        return true;
    RowColumn *columns = ARENA_ARRAY(source->arena, RowColumn, 3);
    memcpy(columns, stream->schema.columns, 3 * sizeof *columns);
    int64_t *ids = ARENA_ARRAY(source->arena, int64_t, BATCH_ROWS);
    uint8_t *validity = ARENA_ARRAY(source->arena, uint8_t, BATCH_ROWS / 8 + 1);
    int32_t *offsets = ARENA_ARRAY(source->arena, int32_t, BATCH_ROWS + 1);
    char *bytes = ARENA_ARRAY(source->arena, char, BATCH_ROWS * 24);
    float *floats = ARENA_ARRAY(source->arena, float, BATCH_ROWS *DIMENSION);
    int32_t used = 0;
    for (size_t i = 0; i < BATCH_ROWS; i++) {
        ids[i] = (int64_t)(source->given * BATCH_ROWS + i);
        offsets[i] = used;
        if (i % 3 != 0) {
            validity[i / 8] |= (uint8_t)(1u << (i % 8));
            used += snprintf(bytes + used, 24, "%srow %ld", source->bad_text ? "\xff" : "",
                             (long)ids[i]);
        }
        for (size_t d = 0; d < DIMENSION; d++)
            floats[i * DIMENSION + d] = (float)ids[i] + (float)d;
    }
    offsets[BATCH_ROWS] = used;
    columns[0].values = ids;
    columns[1].validity = validity;
    columns[1].offsets = offsets;
    columns[1].bytes = bytes;
    columns[2].values = floats;
    out->columns = columns;
    source->given++;
    return true;
}

static Source make_source(Arena *arena, size_t batches) {
    Source source = {.arena = arena, .batches = batches, .fail_at = SIZE_MAX};
    static RowColumn columns[3];
    columns[0] = (RowColumn){.name = STR("id"), .type = COLUMN_INT64};
    columns[1] = (RowColumn){.name = STR("odd \"text\"."), .type = COLUMN_UTF8};
    columns[2] = (RowColumn){.name = STR("v"), .type = COLUMN_FLOAT32_LIST, .list_size = DIMENSION};
    source.base.schema = (RowBatch){.column_count = 3, .columns = columns};
    source.base.next = source_next;
    return source;
}

static ParquetRequest stream_request(const Fixture *fixture) {
    static ParquetColumn columns[3];
    columns[0] = (ParquetColumn){STR("id"), 1};
    columns[1] = (ParquetColumn){STR("odd \"text\"."), 7};
    columns[2] = (ParquetColumn){STR("v"), 3};
    return (ParquetRequest){.path = in_folder(fixture, "out.parquet"),
                            .columns = columns,
                            .column_count = 3,
                            .row_group_rows = 4096};
}

static bool sum_up(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    int64_t *sums = context;
    for (size_t i = 0; i < batch->column_count; i++)
        sums[i] = ((const int64_t *)batch->columns[i].values)[0];
    return true;
}

static void test_stream_to_parquet(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Arena *scratch = arena_create();
    Source source = make_source(scratch, 7);
    ParquetRequest request = stream_request(fixture);
    ParquetWritten written = {0};
    assert_ok(duck_write_parquet_stream(fixture->session, &source.base, &request, fixture->arena,
                                        &written, &err),
              &err);
    assert_int_equal(written.rows, 7 * BATCH_ROWS);
    assert_int_equal(written.stats_count, 2); /* not the list */
    assert_str_equal(written.stats[0].min_text, "0");
    assert_str_equal(written.stats[0].max_text, "20999");
    assert_str_equal(written.stats[1].column, "odd \"text\".");
    assert_int_equal(written.stats[1].null_count, 7 * BATCH_ROWS / 3);
    struct stat info;
    assert_int_equal(stat(request.path.data, &info), 0);
    assert_int_equal(written.size_bytes, info.st_size);
    int64_t sums[4] = {0};
    Str sql = str_format(fixture->arena,
                         "SELECT count(*), sum(id)::BIGINT, sum(v[4])::BIGINT, "
                         "count(*) FILTER (\"odd \"\"text\"\".\" = 'row ' || id) FROM '%.*s'",
                         STR_ARG(request.path));
    assert_ok(duck_query(fixture->session, sql, NULL, sum_up, sums, &err), &err);
    assert_int_equal(sums[0], 21000);
    assert_int_equal(sums[1], 21000ll * 20999 / 2);
    assert_int_equal(sums[2], 21000ll * 20999 / 2 + 3 * 21000);
    assert_int_equal(sums[3], 14000);
    sql = str_format(fixture->arena,
                     "SELECT field_id::BIGINT FROM parquet_schema('%.*s') WHERE name LIKE 'odd%%'",
                     STR_ARG(request.path));
    assert_ok(duck_query(fixture->session, sql, NULL, sum_up, sums, &err), &err);
    assert_int_equal(sums[0], 7);
    arena_destroy(scratch);
}

static void test_empty_stream_to_parquet(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Arena *scratch = arena_create();
    Source source = make_source(scratch, 0);
    ParquetRequest request = stream_request(fixture);
    ParquetWritten written = {0};
    assert_ok(duck_write_parquet_stream(fixture->session, &source.base, &request, fixture->arena,
                                        &written, &err),
              &err);
    assert_int_equal(written.rows, 0);
    assert_true(written.size_bytes > 0);
    arena_destroy(scratch);
}

static void test_stream_failures(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Arena *scratch = arena_create();
    ParquetRequest request = stream_request(fixture);
    ParquetWritten written = {0};
    Source source = make_source(scratch, 7);
    source.fail_at = 3;
    assert_fails(duck_write_parquet_stream(fixture->session, &source.base, &request, fixture->arena,
                                           &written, &err),
                 &err, FAIL_UPSTREAM);
    assert_string_equal(err.message, "the database went away");
    assert_int_not_equal(access(request.path.data, F_OK), 0);
    source = make_source(scratch, 7);
    source.bad_text = true;
    assert_fails(duck_write_parquet_stream(fixture->session, &source.base, &request, fixture->arena,
                                           &written, &err),
                 &err, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(err.message, "UTF-8"));
    assert_int_equal(written.rows, 0);
    source = make_source(scratch, 1); /* the session and its instance are fine afterwards */
    assert_ok(duck_write_parquet_stream(fixture->session, &source.base, &request, fixture->arena,
                                        &written, &err),
              &err);
    arena_destroy(scratch);
}

static void test_stream_in_a_select(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Arena *scratch = arena_create();
    Source source = make_source(scratch, 2);
    Str table = duck_stream_attach(fixture->session, &source.base, fixture->arena);
    int64_t sums[2] = {0};
    Str sql = str_format(fixture->arena, "SELECT count(*), max(id) FROM %.*s WHERE id %% 2 = 0",
                         STR_ARG(table));
    assert_ok(duck_query(fixture->session, sql, NULL, sum_up, sums, &err), &err);
    assert_int_equal(sums[0], BATCH_ROWS);
    assert_int_equal(sums[1], 2 * BATCH_ROWS - 2);
    assert_fails(duck_query(fixture->session, sql, NULL, sum_up, sums, &err), &err,
                 FAIL_UNPROCESSABLE); /* read only once */
    duck_stream_detach(fixture->session);
    arena_destroy(scratch);
}

static void test_select_to_parquet_failure_leaves_nothing(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    const ParquetColumn columns[] = {{STR("a"), 1}};
    ParquetRequest request = {
        .path = in_folder(fixture, "bad.parquet"), .columns = columns, .column_count = 1};
    ParquetWritten written = {0};
    assert_fails(duck_write_parquet(fixture->session,
                                    STR("SELECT CAST(CASE WHEN range = 900000 THEN 'x' ELSE '1' "
                                        "END AS INT) AS a FROM range(1000000)"),
                                    &request, fixture->arena, &written, &err),
                 &err, FAIL_UNPROCESSABLE);
    assert_int_not_equal(access(request.path.data, F_OK), 0);
}

static void test_reported_progress(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    const ParquetColumn columns[] = {{STR("a"), 1}};
    Progress progress = {.total = 1000};
    ParquetRequest request = {.path = in_folder(fixture, "reported.parquet"),
                              .columns = columns,
                              .column_count = 1,
                              .progress = &progress,
                              .reports = true};
    ParquetWritten written = {0};
    for (int round = 0; round < 2; round++) /* the settings are made once */
        assert_ok(duck_write_parquet(fixture->session, STR("SELECT range AS a FROM range(400000)"),
                                     &request, fixture->arena, &written, &err),
                  &err);
    assert_int_equal(written.rows, 400000);
    assert_true(progress.done <= progress.total);
}

/* ---- pulled ---- */

static void test_select(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    RowStream *rows;
    RowBatch batch;
    int64_t sum = 0, count = 0;
    assert_ok(duck_select(fixture->session, STR("SELECT i AS n FROM range(10000) t(i)"), NULL,
                          &rows, &err),
              &err);
    assert_int_equal(rows->schema.row_count, 0);
    assert_str_equal(rows->schema.columns[0].name, "n");
    for (;;) {
        assert_ok(rows->next(rows, &batch, &err), &err);
        if (batch.row_count == 0)
            break;
        for (size_t row = 0; row < batch.row_count; row++, count++)
            sum += ((const int64_t *)batch.columns[0].values)[row];
    }
    rows->close(rows);
    assert_int_equal(count, 10000);
    assert_int_equal(sum, 10000 * 9999 / 2);
    /* Closed in the middle, the session goes on. */
    assert_ok(duck_select(fixture->session, STR("SELECT i AS n FROM range(1000000) t(i)"), NULL,
                          &rows, &err),
              &err);
    assert_ok(rows->next(rows, &batch, &err), &err);
    assert_true(batch.row_count > 0);
    rows->close(rows);
    /* What fails on the way is no end. */
    assert_ok(duck_select(fixture->session,
                          STR("SELECT CAST(CASE WHEN i < 900000 THEN '1' ELSE 'x' END AS BIGINT) "
                              "FROM range(1000000) t(i)"),
                          NULL, &rows, &err),
              &err);
    bool ok;
    while ((ok = rows->next(rows, &batch, &err)) && batch.row_count > 0)
        ;
    rows->close(rows);
    assert_false(ok);
    assert_int_equal(err.kind, FAIL_UNPROCESSABLE);
}

/* ---- cancel ---- */

static void *cancel_it(void *argument) {
    usleep(
        30000); /* long enough for the statement to be running; a lost race only ends it sooner */
    atomic_store(&((Progress *)argument)->cancel, true);
    return NULL;
}

static void test_cancel(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    Progress progress = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_it, &progress), 0);
    bool ok = duck_exec(fixture->session,
                        STR("SELECT count(*) FROM range(100000000) a, range(100000) b "
                            "WHERE a.range % 7 = b.range % 5"),
                        &progress, NULL, &err);
    pthread_join(thread, NULL);
    assert_false(ok);
    assert_int_equal(err.kind, FAIL_CANCELLED);
    assert_fails(duck_exec(fixture->session, STR("SELECT 1"), &progress, NULL, &err), &err,
                 FAIL_CANCELLED);
    assert_ok(duck_exec(fixture->session, STR("SELECT 1"), NULL, NULL, &err), &err);
}

int suite_test_duck_session(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exec_reports_rows),
        cmocka_unit_test(test_one_statement_only),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_errors_have_kinds),
        cmocka_unit_test(test_memory_limit_is_an_error),
        cmocka_unit_test(test_spoiled_instance_is_replaced),
        cmocka_unit_test(test_query_types),
        cmocka_unit_test(test_query_refuses_types),
        cmocka_unit_test(test_query_streams_and_stops),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_stream_to_parquet),
        cmocka_unit_test(test_empty_stream_to_parquet),
        cmocka_unit_test(test_stream_failures),
        cmocka_unit_test(test_stream_in_a_select),
        cmocka_unit_test(test_select_to_parquet_failure_leaves_nothing),
        cmocka_unit_test(test_reported_progress),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
