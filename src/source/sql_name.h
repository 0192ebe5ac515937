/* sql_name.h - names of tables and columns, as people write them and as servers read them.
 *
 *     orders        sales.orders        "Odd ""name""".t        `a.b`.`c``d`
 *
 * A part may be quoted, by '"' or by '`'; a doubled quote inside stands for itself. Dots outside
 * quotes separate the parts; blanks around a part do not count. How an unquoted name is looked up
 * (PostgreSQL folds it to lower case) is for the backend.
 *
 * Errors: FAIL_INVALID, field "table".   Ownership: the caller's arena.
 * Threads: pure functions. */
#ifndef SOURCE_SQL_NAME_H
#define SOURCE_SQL_NAME_H

#include "base/err.h"
#include "base/str.h"

enum { SQL_NAME_PARTS_MAX = 3, SQL_NAME_BYTES_MAX = 256 };

typedef struct SqlName {
    Str parts[SQL_NAME_PARTS_MAX];
    bool quoted[SQL_NAME_PARTS_MAX];
    size_t count;
} SqlName;

MUST_CHECK bool sql_name_parse(Str text, Arena *arena, SqlName *out, Err *err);
/* Between two `quote`s ('"' or '`'), those inside doubled. */
void sql_append_name(StrBuf *sql, char quote, Str name);
/* As sql_name_parse reads it: bare where that is the same name, else between quotes. */
void sql_append_readable_name(StrBuf *text, char quote, Str name);
/* Bytes as lower-case hex digits. */
void sql_append_hex(StrBuf *sql, Str bytes);
/* -?[0-9]+(\.[0-9]+)?: may stand in a statement as it is. */
bool sql_is_number(Str text);

#endif
