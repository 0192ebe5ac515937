/* duck_functions.h - what users can call beyond DuckDB's own: vector_search, lake_datasets,
 * lake_indexes, lake_at, and guards around functions that make large values.
 *
 * Installed on a fresh instance before it is locked.
 *
 * Ownership: the lake outlives every instance it was installed on.
 * Threads: the hooks are called from any thread, several at once. */
#ifndef QUERY_DUCK_FUNCTIONS_H
#define QUERY_DUCK_FUNCTIONS_H

#include "query/query_engine.h"

struct _duckdb_connection;

typedef struct FunctionLake {
    Catalog *catalog;
    QueryHooks hooks;
} FunctionLake;

MUST_CHECK bool duck_functions_install(const FunctionLake *lake,
                                       struct _duckdb_connection *connection, Err *err);

#endif
