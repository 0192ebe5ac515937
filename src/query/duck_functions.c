/* duck_functions.c - install our functions and macros on an instance.
 *
 * Tested by: test_duck_functions.c, test_query_engine.c. */
#include "query/duck_functions.h"

#include <duckdb.h>

#include "query/duck_error.h"
#include "query/duck_guard.h"
#include "query/duck_lists.h"
#include "query/duck_search.h"
#include "query/query_resolve.h"

static bool run(duckdb_connection connection, const char *sql, Err *err) {
    duckdb_result result;
    bool ok = duckdb_query(connection, sql, &result) == DuckDBSuccess;
    if (!ok)
        duck_error_result(err, &result, STR_EMPTY);
    duckdb_destroy_result(&result);
    return ok;
}

bool duck_functions_install(const FunctionLake *lake, struct _duckdb_connection *connection,
                            Err *err) {
    return duck_rows_register(connection, &duck_search_function, lake, err) &&
           duck_rows_register(connection, &duck_datasets_function, lake, err) &&
           duck_rows_register(connection, &duck_indexes_function, lake, err) &&
           duck_guard_install(connection, err) && run(connection, resolve_lake_at_macro, err);
}
