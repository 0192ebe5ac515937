/* test_duck_locked.c - the instance itself, without the gate: what its settings keep out. */
#include "unit.h"

#include <duckdb.h>
#include <pthread.h>

#include "base/vec.h"
#include "sandbox.h"

static Sandbox sandbox;

static int set_up(void **state) {
    (void)state;
    sandbox_open(&sandbox);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    sandbox_close(&sandbox);
    return 0;
}

/* What the settings must keep out even if the gate had a hole. By duckdb_query, since a cursor runs
 * SELECTs only. */
static void test_settings_hold(void **state) {
    (void)state;
    static const char *const statements[] = {
        "FROM read_csv('/etc/passwd')",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/passwd')",
        "FROM read_json('/etc/passwd')",
        "FROM read_parquet('/etc/passwd')",
        "FROM parquet_metadata('/etc/passwd')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM '/etc/x.csv'",
        "FROM read_text('/proc/self/environ')",
        "FROM read_text('%s/../../etc/passwd')",
        "FROM read_text('etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/lakehouse-evil.csv'",
        "COPY (SELECT 1) TO '/etc/lakehouse-evil.csv'",
        "CREATE TABLE t (a INT); COPY t FROM '/etc/passwd'",
        "EXPORT DATABASE '/tmp/lakehouse-evil'",
        "IMPORT DATABASE '/etc'",
        "ATTACH '/tmp/lakehouse-evil.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '/tmp/evil.duckdb_extension'",
        "FROM read_csv('https://example.com/x.csv')",
        "FROM read_parquet('s3://bucket/x.parquet')",
        "SET memory_limit = '100GB'",
        "SET threads = 64",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
        "SET autoinstall_known_extensions = true",
        "SET temp_directory = '/tmp'",
        "SET TimeZone = 'Asia/Tokyo'",
        "SET profiling_output = '/tmp/x'",
        "SET log_query_path = '/tmp/x'",
        "SET home_directory = '/tmp'",
        "RESET memory_limit",
        "RESET allowed_directories",
        "PRAGMA memory_limit = '1TB'",
        "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    };
    Err err = {0};
    LockedInstance *instance = duck_locked_acquire(sandbox.locked, &err);
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        duckdb_connection connection;
        duckdb_result result;
        assert_int_equal(duckdb_connect(locked_instance_database(instance), &connection),
                         DuckDBSuccess);
        Str sql = str_c(statements[i]);
        size_t mark = str_find(sql, STR("%s"), 0);
        if (mark != SIZE_MAX)
            sql = str_format(sandbox.arena, "%.*s%s%s", (int)mark, statements[i], sandbox.root,
                             statements[i] + mark + 2);
        if (duckdb_query(connection, sql.data, &result) == DuckDBSuccess)
            fail_msg("passed: %s", sql.data);
        duckdb_destroy_result(&result);
        duckdb_disconnect(&connection);
    }
    duck_locked_release(sandbox.locked, instance);
    Str first;
    assert_ok(sandbox_run(&sandbox, "SELECT count(*) FROM range(5)", &first, &err), &err);
    assert_str_equal(first, "5");
}

static void test_only_selects_are_run(void **state) {
    (void)state;
    static const char *const statements[] = {
        "CREATE TABLE t (a INT)",
        "SET VARIABLE x = 1",
        "ATTACH ':memory:' AS m",
        "CHECKPOINT",
        "EXPLAIN SELECT 1",
        "COPY (SELECT 1) TO '/tmp/x'",
        "BEGIN",
    };
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        Err err = {0};
        if (sandbox_run(&sandbox, statements[i], NULL, &err))
            fail_msg("passed: %s", statements[i]);
        if (err.kind != FAIL_INVALID && err.kind != FAIL_DENIED)
            fail_msg("%s: %s: %s", statements[i], err_kind_name(err.kind), err.message);
    }
    Err err = {0};
    assert_fails(sandbox_run(&sandbox, "SELECT 1; SELECT 2", NULL, &err), &err, FAIL_UNPROCESSABLE);
}

/* ---- instances come and go ---- */

static void test_retiring(void **state) {
    (void)state;
    Err err = {0};
    LockedInstance *first = duck_locked_acquire(sandbox.locked, &err);
    LockedInstance *again = duck_locked_acquire(sandbox.locked, &err);
    assert_ptr_equal(first, again);
    duck_locked_release(sandbox.locked, again);
    /* a running statement finishes on the retired instance */
    DuckCursor *cursor = duck_cursor_open(sandbox.locked, &err);
    assert_ok(duck_cursor_prepare(cursor, STR("FROM range(100000)"), &err), &err);
    assert_ok(duck_cursor_execute(cursor, &err), &err);
    duck_locked_retire(sandbox.locked, NULL);
    LockedInstance *second = duck_locked_acquire(sandbox.locked, &err);
    assert_ptr_not_equal(first, second);
    size_t rows = 0;
    ResultChunk *chunk;
    do {
        assert_ok(duck_cursor_next(cursor, &chunk, &err), &err);
        rows += chunk == NULL ? 0 : result_chunk_rows(chunk);
    } while (chunk != NULL);
    assert_int_equal(rows, 100000);
    duck_cursor_close(cursor);
    duck_locked_release(sandbox.locked, first);
    /* retiring one that is no longer current changes nothing */
    LockedInstance *third = duck_locked_acquire(sandbox.locked, &err);
    assert_ptr_equal(second, third);
    duck_locked_retire(sandbox.locked, second);
    duck_locked_retire(sandbox.locked, second);
    duck_locked_release(sandbox.locked, second);
    duck_locked_release(sandbox.locked, third);
    Str first_value;
    assert_ok(sandbox_run(&sandbox, "SELECT 7", &first_value, &err), &err);
    assert_str_equal(first_value, "7");
}

static void *acquire_and_release(void *argument) {
    DuckLocked *locked = argument;
    for (int i = 0; i < 50; i++) {
        Err err = {0};
        LockedInstance *instance = duck_locked_acquire(locked, &err);
        if (instance == NULL)
            return "no instance";
        if (i % 10 == 0)
            duck_locked_retire(locked, i % 20 == 0 ? instance : NULL);
        duck_locked_release(locked, instance);
    }
    return NULL;
}

static void test_many_threads_share_instances(void **state) {
    (void)state;
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, acquire_and_release, sandbox.locked), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* ---- an internal error ---- */

static duckdb_value null_value; /* made outside, since nothing after the throw is run */

/* A bug of ours, as DuckDB sees it: an exception from inside a function. */
static void throw_inside(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    (void)info, (void)input, (void)output;
    (void)duckdb_get_varchar(null_value);
}

static bool install_bug(void *context, struct _duckdb_connection *connection, Err *err) {
    (void)context, (void)err;
    duckdb_scalar_function function = duckdb_create_scalar_function();
    duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_scalar_function_set_name(function, "bug");
    duckdb_scalar_function_add_parameter(function, type);
    duckdb_scalar_function_set_return_type(function, type);
    duckdb_scalar_function_set_function(function, throw_inside);
    duckdb_destroy_logical_type(&type);
    bool ok = duckdb_register_scalar_function(connection, function) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&function);
    return ok;
}

static bool no_roots(void *context, Arena *arena, StrVec *out_roots, Err *err) {
    (void)context, (void)arena, (void)out_roots, (void)err;
    return true;
}

static void test_an_internal_error_is_survived(void **state) {
    (void)state;
    Err err = {0};
    LockedConfig config = {.memory_bytes = 64 << 20,
                           .threads = 1,
                           .temp_directory = STR("/tmp"),
                           .roots = no_roots,
                           .install = install_bug};
    Sandbox buggy = {.arena = sandbox.arena, .locked = duck_locked_create(&config, &err)};
    assert_non_null(buggy.locked);
    null_value = duckdb_create_null_value();
    LockedInstance *before = duck_locked_acquire(buggy.locked, &err);
    assert_fails(sandbox_run(&buggy, "SELECT bug(range) FROM range(10)", NULL, &err), &err,
                 FAIL_INTERNAL);
    assert_null(strstr(err.message, "NULL"));
    Str first;
    assert_ok(sandbox_run(&buggy, "SELECT 1", &first, &err), &err);
    assert_str_equal(first, "1");
    LockedInstance *after = duck_locked_acquire(buggy.locked, &err);
    assert_ptr_not_equal(before, after);
    duck_locked_release(buggy.locked, before);
    duck_locked_release(buggy.locked, after);
    /* a user who only says so gets no new instance */
    after = duck_locked_acquire(buggy.locked, &err);
    assert_fails(
        sandbox_run(&buggy, "SELECT error('[lakehouse internal] INTERNAL Error: x')", NULL, &err),
        &err, FAIL_INTERNAL);
    LockedInstance *same = duck_locked_acquire(buggy.locked, &err);
    assert_ptr_equal(after, same);
    duck_locked_release(buggy.locked, after);
    duck_locked_release(buggy.locked, same);
    duck_locked_destroy(buggy.locked);
    duckdb_destroy_value(&null_value);
}

static bool failing_roots(void *context, Arena *arena, StrVec *out_roots, Err *err) {
    (void)arena, (void)out_roots;
    return --*(int *)context < 0 ? err_fail(err, FAIL_IO, "no list of buckets") : true;
}

static void test_an_instance_that_does_not_open(void **state) {
    (void)state;
    Err err = {0};
    int successes = 1;
    LockedConfig config = {.memory_bytes = 64 << 20,
                           .threads = 1,
                           .temp_directory = STR("/tmp"),
                           .context = &successes,
                           .roots = failing_roots,
                           .install = install_bug};
    DuckLocked *locked = duck_locked_create(&config, &err);
    assert_non_null(locked);
    duck_locked_retire(locked, NULL);
    assert_null(duck_locked_acquire(locked, &err));
    assert_int_equal(err.kind, FAIL_IO);
    successes = 1; /* the next one tries again */
    LockedInstance *instance = duck_locked_acquire(locked, &err);
    assert_non_null(instance);
    duck_locked_release(locked, instance);
    duck_locked_destroy(locked);
    successes = 0;
    assert_null(duck_locked_create(&config, &err));
}

int suite_test_duck_locked(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_hold),
        cmocka_unit_test(test_only_selects_are_run),
        cmocka_unit_test(test_retiring),
        cmocka_unit_test(test_many_threads_share_instances),
        cmocka_unit_test(test_an_internal_error_is_survived),
        cmocka_unit_test(test_an_instance_that_does_not_open),
    };
    return cmocka_run_group_tests_name("duck_locked", tests, set_up, tear_down);
}
