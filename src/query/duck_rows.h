/* duck_rows.h - a table function whose rows are known before the first is asked for.
 *
 * vector_search, lake_datasets and lake_indexes are of this kind: a few to some thousand rows,
 * made at init (not at bind, which also runs at prepare), then handed out column by column. Only
 * the columns that the statement uses are filled.
 *
 * Ownership: rows live in an arena of their own until the scan ends.
 * Threads: each scan by one thread at a time. */
#ifndef QUERY_DUCK_ROWS_H
#define QUERY_DUCK_ROWS_H

#include <duckdb.h>

#include "base/err.h"
#include "base/str.h"

typedef struct RowsColumn {
    const char *name;
    duckdb_type type; /* VARCHAR, BIGINT, INTEGER, FLOAT, BOOLEAN, TIMESTAMP_TZ */
} RowsColumn;

/* A cell of any of those types. */
typedef struct RowsCell {
    bool is_null;
    int64_t integer; /* BIGINT, INTEGER, BOOLEAN, TIMESTAMP_TZ (microseconds) */
    float number;    /* FLOAT */
    Str text;        /* VARCHAR, valid UTF-8 */
} RowsCell;

typedef struct RowsSet {
    size_t row_count;
    RowsCell *cells; /* row_count * column_count, row by row */
} RowsSet;

typedef struct RowsFunction {
    const char *name;
    const RowsColumn *columns;
    size_t column_count;
    /* Declares parameters; NULL = none. */
    void (*declare)(duckdb_table_function function);
    /* Reads the arguments into the arena; *out_arguments goes to `make`. May be NULL. */
    bool (*bind)(duckdb_bind_info info, Arena *arena, void **out_arguments, Err *err);
    /* Makes all rows. */
    bool (*make)(const void *context, const void *arguments, Arena *arena, RowsSet *out, Err *err);
} RowsFunction;

/* `function` and `context` outlive the database of the connection. */
MUST_CHECK bool duck_rows_register(duckdb_connection connection, const RowsFunction *function,
                                   const void *context, Err *err);

#endif
