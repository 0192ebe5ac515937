/* postgres_error.h - a server's complaint as one of ours.
 *
 * The SQLSTATE's class decides the kind. Of the text only the primary message is shown, redacted;
 * DETAIL, HINT and CONTEXT may hold values of rows and are left out, and so is whatever a message
 * about data (classes 22, 23) puts in quotes or behind a colon; what a function raises (P0...) is
 * not shown at all.
 *
 * Threads: pure functions. */
#ifndef SOURCE_POSTGRES_ERROR_H
#define SOURCE_POSTGRES_ERROR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

FailKind pg_error_kind(Str sqlstate); /* of a statement */
/* Sets err; returns false. An empty sqlstate: the client library's own message (connection). */
bool pg_error_statement(Str sqlstate, Str message, Err *err);
/* Of a connection that was refused: `text` is libpq's verbose message, whose first line reads
 * "FATAL:  28P01: password authentication failed ..." when the server spoke. */
bool pg_error_connect(Str text, Err *err);

#endif
