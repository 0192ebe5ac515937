/* test_query_functions.c - every function of the library has a verdict. */
#include "unit.h"

#include <duckdb.h>

#include "query/query_functions.h"

static void check_order(const FunctionRow *rows, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (str_compare(str_c(rows[i - 1].name), str_c(rows[i].name)) >= 0)
            fail_msg("%s does not come before %s", rows[i - 1].name, rows[i].name);
}

static void test_order(void **state) {
    (void)state;
    size_t count;
    const FunctionRow *rows = query_function_rows(&count);
    assert_true(count > 500);
    check_order(rows, count);
    rows = query_table_function_rows(&count);
    assert_true(count > 50);
    check_order(rows, count);
}

static void test_lookup(void **state) {
    (void)state;
    assert_int_equal(query_function_verdict(STR("ABS")), FUNCTION_ALLOW);
    assert_int_equal(query_function_verdict(STR("!__postfix")), FUNCTION_ALLOW);
    assert_int_equal(query_function_verdict(STR("||")), FUNCTION_ALLOW);
    assert_int_equal(query_function_verdict(STR("~~~")), FUNCTION_ALLOW);
    assert_int_equal(query_function_verdict(STR("repeat")), FUNCTION_GUARD);
    assert_int_equal(query_function_verdict(STR("getvariable")), FUNCTION_SETTING);
    assert_int_equal(query_function_verdict(STR("")), FUNCTION_UNKNOWN);
    assert_int_equal(query_function_verdict(STR("abs\0")), FUNCTION_UNKNOWN);
    assert_int_equal(query_table_function_verdict(STR("Read_CSV")), FUNCTION_FILE);
    assert_int_equal(query_table_function_verdict(STR("lake_at")), FUNCTION_LAKE);
    assert_int_equal(query_table_function_verdict(STR("abs")), FUNCTION_UNKNOWN);
}

/* A new version of DuckDB with a new function fails here until it has a verdict. Left out: names
 * that no one can mean in a statement. */
static const char live_names[] =
    "SELECT DISTINCT lower(function_name), function_type IN ('table', 'table_macro') "
    "FROM duckdb_functions() WHERE function_type <> 'pragma' "
    "AND NOT starts_with(function_name, 'icu_collate_') "
    "AND NOT starts_with(function_name, '__internal_')";

static void test_all_live_functions_are_listed(void **state) {
    (void)state;
    duckdb_database database;
    duckdb_connection connection;
    duckdb_result result;
    assert_int_equal(duckdb_open(NULL, &database), DuckDBSuccess);
    assert_int_equal(duckdb_connect(database, &connection), DuckDBSuccess);
    assert_int_equal(duckdb_query(connection, live_names, &result), DuckDBSuccess);
    size_t seen = 0;
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(result)) != NULL) {
        duckdb_string_t *names = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        bool *is_table = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
        for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
            Str name = str_make(duckdb_string_t_data(&names[i]), duckdb_string_t_length(names[i]));
            FunctionVerdict verdict =
                is_table[i] ? query_table_function_verdict(name) : query_function_verdict(name);
            if (verdict == FUNCTION_UNKNOWN)
                fail_msg("'%.*s' has no verdict in query_functions.def", STR_ARG(name));
            seen++;
        }
        duckdb_destroy_data_chunk(&chunk);
    }
    assert_true(seen > 700);
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
}

int suite_test_query_functions(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_all_live_functions_are_listed),
    };
    return cmocka_run_group_tests_name("query_functions", tests, NULL, NULL);
}
