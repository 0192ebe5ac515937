/* duck_result.h - the inside of query_result.h: a DuckDB chunk with its columns' reading trees.
 *
 * Threads: one at a time. */
#ifndef QUERY_DUCK_RESULT_H
#define QUERY_DUCK_RESULT_H

#include "query/duck_type.h"
#include "query/query_result.h"

struct ResultChunk {
    duckdb_data_chunk chunk; /* NULL between chunks */
    size_t rows;             /* what is shown: fewer than the chunk has when a limit cuts it */
    ValueNode *nodes;        /* one a column */
    size_t column_count;
};

struct DuckCursor;
/* The type of a column of a running statement; to be destroyed. */
duckdb_logical_type duck_cursor_column_type(struct DuckCursor *cursor, size_t column);
const ValueNode *duck_cursor_node(const struct DuckCursor *cursor, size_t column);
/* To be destroyed. */
duckdb_arrow_options duck_cursor_arrow_options(struct DuckCursor *cursor);

#endif
