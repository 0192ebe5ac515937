/* duck_error.h - what DuckDB says when it fails, in our words.
 *
 * DuckDB's texts carry paths of the server, excerpts of the statement and, for its own bugs, stack
 * traces. Here they become an Err that may be shown to users: the kind by DuckDB's error type, the
 * first sentence as the message, the place in the statement and the rest as the detail, paths
 * replaced by <file>. Both forms of text are understood: plain, and the JSON that DuckDB gives when
 * `errors_as_json` is set for a connection.
 *
 * Our own table functions can only hand DuckDB a text; duck_error_encode puts the kind into it and
 * duck_error_set takes it out again on the other side.
 *
 * Threads: pure functions. */
#ifndef QUERY_DUCK_ERROR_H
#define QUERY_DUCK_ERROR_H

#include <duckdb.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

FailKind duck_error_kind(duckdb_error_type type);

/* Fills err and returns false. `text` may be NULL; `sql` is the statement, for the line and column
 * ("" when its text is ours and says nothing to the user). */
bool duck_error_set(Err *err, duckdb_error_type type, const char *text, Str sql);
/* The same for a result or a statement that failed; neither is destroyed. */
bool duck_error_result(Err *err, duckdb_result *result, Str sql);
bool duck_error_prepared(Err *err, duckdb_prepared_statement statement, Str sql);

/* After an internal or fatal error every later statement of the instance fails: reopen it. */
bool duck_error_spoils(duckdb_error_type type);
/* The same when only the text is known (INVALID as type), as with statements that do not prepare.
 */
bool duck_error_text_spoils(duckdb_error_type type, const char *text);

/* "[lakehouse not_found] no index 'x'": for duckdb_function_set_error and its kin. */
const char *duck_error_encode(const Err *err, Arena *arena);

#endif
