/* duck_params.h - JSON values as the parameters of a prepared statement.
 *
 * null, booleans, 64-bit integers (exact), doubles and strings as such; arrays as LISTs, whose
 * items must have one type among integer/number, string, boolean or array. Objects are refused:
 * a struct is better written in the statement.
 *
 * Positional parameters come as an array, named ones ($name) as an object without the '$'. None
 * may be missing or left over: FAIL_INVALID, field "params". */
#ifndef QUERY_DUCK_PARAMS_H
#define QUERY_DUCK_PARAMS_H

#include <duckdb.h>

#include "base/json.h"

MUST_CHECK bool duck_params_bind(duckdb_prepared_statement statement, const json_t *params,
                                 Err *err);

#endif
