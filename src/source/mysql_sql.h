/* mysql_sql.h - every statement that we send to MySQL or MariaDB.
 *
 * No text of a request or of a value stands in one bare: names go between backquotes, texts become
 * hex literals (_utf8mb4 X'6162', which mean the same whatever sql_mode says of backslashes and
 * quotes), numbers are checked to be nothing else. A query of the user stands as he wrote it, alone
 * or as a derived table.
 *
 * Errors: FAIL_INVALID (a value that its column cannot have; field "cursor").
 * Ownership: the caller's arena.   Threads: pure functions. */
#ifndef SOURCE_MYSQL_SQL_H
#define SOURCE_MYSQL_SQL_H

#include "source/mysql_types.h"

typedef struct MysqlSelect {
    Str database, table; /* or */
    Str query;
    const MysqlColumn *columns;
    size_t column_count;
    bool printed; /* each column as text, by the server */
    const size_t *key_columns;
    size_t key_count;
} MysqlSelect;

/* The query without a final ';', when it begins as something that has rows: SELECT, WITH, VALUES,
 * TABLE; comments and '(' before it do not count. */
bool mysql_sql_query(Str text, Str *out);

/* SET SESSION sql_mode: the server's own, without what keeps zero dates from being compared or pads
 * texts. */
Str mysql_sql_set_mode(Str mode, Arena *arena);

/* SELECT of the range's rows. `range` NULL: all. */
MUST_CHECK bool mysql_sql_rows(const MysqlSelect *select, const SourceRange *range, Arena *arena,
                               Str *out, Err *err);
/* One row: greatest value printed, count of NULLs. */
MUST_CHECK bool mysql_sql_cursor_end(const MysqlSelect *select, size_t column, Arena *arena,
                                     Str *out, Err *err);
/* The columns, by the names that a table's description gave. */
Str mysql_sql_all(Str database, Str table, const Str *names, size_t count, Arena *arena);

/* What information_schema knows of a table.
 *   table:   engine, rows, type
 *   columns: name, type, nullable ("YES"), in order, invisible ones too
 *   keys:    index, column, usable ("1": a column as a whole, not nullable), in order, the primary
 *            key first */
Str mysql_sql_describe_table(Str database, Str table, Arena *arena);
Str mysql_sql_describe_columns(Str database, Str table, Arena *arena);
Str mysql_sql_describe_keys(Str database, Str table, Arena *arena);
/* engine of each of several tables: database, table pairs */
Str mysql_sql_describe_engines(const MysqlField *fields, size_t count, Arena *arena);

#endif
