/* duck_guard.h - bounds on functions that make a large value out of a small one.
 *
 * repeat('a', 2000000000) takes 2 GB that no memory limit of DuckDB's sees, and no interrupt ends
 * it. On our instances such functions are macros of the same name around the real one, with a
 * check of our own in the place of the count: lake_guard_*. The gate lets users call them by their
 * plain name only. */
#ifndef QUERY_DUCK_GUARD_H
#define QUERY_DUCK_GUARD_H

#include "base/err.h"

struct _duckdb_connection;

MUST_CHECK bool duck_guard_install(struct _duckdb_connection *connection, Err *err);

#endif
