/* postgres_sql.h - the statements that the PostgreSQL source sends.
 *
 * Columns are called c1, c2, ... in everything we build: the FROM item renames them by position
 * (`... AS q(c1, c2)`), so that no column name ever becomes SQL text, and two columns of one name
 * are still two. Values are quoted literals, cast to their column's type. A user's query must have
 * been parsed by the server alone, as one statement, before it is put between our parentheses.
 *
 * Errors: FAIL_INVALID, field "table".
 * Ownership: the caller's arena; every Str is NUL-ended.   Threads: pure functions. */
#ifndef SOURCE_POSTGRES_SQL_H
#define SOURCE_POSTGRES_SQL_H

#include "base/arena.h"
#include "source/postgres_types.h"

/* orders, sales.orders, "Odd ""name""".t -> quoted for SQL; what stands without quotes is folded to
 * small letters, as PostgreSQL does (*out_folded: that changed it). */
MUST_CHECK bool pg_table_name(Str text, Arena *arena, Str *out_sql, bool *out_folded, Err *err);
Str pg_quote_text(Str value, Arena *arena); /* right under either standard_conforming_strings */

/* Without ';' and white space at its end. */
Str pg_query_trim(Str query);
/* FROM items: of a table (quoted already), of a query. */
Str pg_from_table(Str table_sql, size_t column_count, Arena *arena);
Str pg_from_query(Str query, size_t column_count, Arena *arena);

/* Rows from `after` on need `key_columns`; `cursor_column` is SIZE_MAX when there is none. */
typedef struct PgSelect {
    Str from;
    const PgPlan *plans;
    const Str *casts; /* a type to cast literals to, a column */
    size_t column_count;
    const size_t *key_columns; /* ORDER BY; key_count 0: the source's own order */
    size_t key_count;
    const Str *after;
    size_t cursor_column;
    Str cursor_from;
    bool has_cursor_from, cursor_inclusive;
} PgSelect;

Str pg_sql_copy(const PgSelect *select, Arena *arena);
/* Four columns for each plan that needs_digits: a row that fills PgDigits in its order (not_finite,
 * whole, scale, scale_needed). */
Str pg_sql_digits(Str from, const PgPlan *plans, size_t column_count, int server_version,
                  Arena *arena);
/* One row: the column's greatest value as text, the count of NULLs. */
Str pg_sql_cursor_end(Str from, size_t column, bool nullable, Arena *arena);

#endif
