/* mysql_link.h - a connection to MySQL or MariaDB with one snapshot, and rows flowing through it.
 *
 * All waiting goes through one place that looks at `progress` every fifth of a second. What is
 * asked of the client library is listed here and implemented in source_mysql.c, the one file that
 * sees it; planning, decoding and SQL stay without it.
 *
 *     open -> snapshot -> prepare -> execute -> fetch ... fetch (no row) -> [prepare ...] -> close
 *
 * Between execute and the end nothing else may be asked; mysql_link_stop ends early.
 *
 * Errors: FAIL_DENIED (user), FAIL_NOT_FOUND (database, table), FAIL_UNPROCESSABLE (a statement),
 * FAIL_CONFLICT (altered meanwhile), FAIL_UPSTREAM (all else of the server, with errno and
 * SQLSTATE), FAIL_CANCELLED, FAIL_TIMEOUT. Texts of the server have passed redact(). Ownership: the
 * link lives until mysql_link_close; the Dsn's texts must live as long. Threads: one at a time. */
#ifndef SOURCE_MYSQL_LINK_H
#define SOURCE_MYSQL_LINK_H

#include "base/dsn.h"
#include "base/progress.h"
#include "source/mysql_types.h"

typedef struct MysqlLink MysqlLink;

/* A small result, all of it. A cell with data NULL is NULL. */
typedef struct MysqlCells {
    size_t row_count, column_count;
    Str *cells;
} MysqlCells;

MUST_CHECK bool mysql_link_open(const Dsn *dsn, const Progress *progress, MysqlLink **out,
                                Err *err);
void mysql_link_close(MysqlLink *link); /* NULL is fine; does not wait for rows not yet read */

Str mysql_link_version(const MysqlLink *link); /* "8.0.36", "10.11.6-MariaDB" */
/* The session's settings, and the snapshot that every later statement sees. */
MUST_CHECK bool mysql_link_snapshot(MysqlLink *link, Err *err);

MUST_CHECK bool mysql_link_cells(MysqlLink *link, Str sql, Arena *arena, MysqlCells *out, Err *err);

/* Ends the statement before. A statement without rows has no fields. */
MUST_CHECK bool mysql_link_prepare(MysqlLink *link, Str sql, Arena *arena, MysqlField **out_fields,
                                   size_t *out_count, Err *err);
MUST_CHECK bool mysql_link_execute(MysqlLink *link, Err *err);
/* The next row's bytes (mysql_values.h), until the next call; *out_row NULL at the end. */
MUST_CHECK bool mysql_link_fetch(MysqlLink *link, const uint8_t **out_row, const uint8_t **out_end,
                                 Err *err);
/* Leaves the rest of the rows; the snapshot stays. */
MUST_CHECK bool mysql_link_stop(MysqlLink *link, Err *err);

#endif
