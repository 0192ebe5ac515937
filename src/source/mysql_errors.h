/* mysql_errors.h - what the numbers of a server's errors mean to a caller.
 *
 * Threads: pure functions. */
#ifndef SOURCE_MYSQL_ERRORS_H
#define SOURCE_MYSQL_ERRORS_H

#include "base/err.h"
#include "base/str.h"

enum {
    MYSQL_ERROR_INTERRUPTED = 1317,      /* KILL QUERY */
    MYSQL_ERROR_UNKNOWN_VARIABLE = 1193, /* another version of the server has it */
    MYSQL_ERROR_TLS = 2026               /* of the client library */
};

FailKind mysql_fail_kind(unsigned code, Str sqlstate);
/* "mysql: table 'x.y' doesn't exist", detail "error 1146, SQLSTATE 42S02", redacted. Returns
 * false. */
bool mysql_fail(unsigned code, const char *sqlstate, const char *message, Err *err);
#define mysql_fail(...) err_false((mysql_fail)(__VA_ARGS__))

#endif
