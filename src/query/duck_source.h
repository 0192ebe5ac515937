/* duck_source.h - the table function lake_stream(token), through which DuckDB pulls a RowStream.
 *
 * One registration per instance; what a token stands for is looked up in a StreamTable, so no
 * pointer ever travels through SQL. A stream is read once: a statement that scans it twice fails.
 * DuckDB calls `next` from one of its worker threads, one call at a time. The Err of a stream that
 * failed is kept with its token, since DuckDB would only carry its text.
 *
 * Threads: any. */
#ifndef QUERY_DUCK_SOURCE_H
#define QUERY_DUCK_SOURCE_H

#include "base/row_batch.h"

#include <duckdb.h>

typedef struct StreamTable StreamTable;

StreamTable *stream_table_create(void);
void stream_table_destroy(StreamTable *table);
/* Makes lake_stream known to the database of this connection; `table` outlives the database. */
MUST_CHECK bool stream_table_register(StreamTable *table, duckdb_connection connection, Err *err);

uint64_t stream_table_add(StreamTable *table, RowStream *stream); /* the token */
/* False, with the stream's own error, when the stream has failed. */
MUST_CHECK bool stream_table_check(StreamTable *table, uint64_t token, Err *err);
void stream_table_remove(StreamTable *table, uint64_t token);

#endif
