/* query_reader.h - the rows of a running statement, up to its limit.
 *
 * Threads: one at a time. */
#ifndef QUERY_QUERY_READER_H
#define QUERY_QUERY_READER_H

#include "query/duck_cursor.h"
#include "query/query_watchdog.h"

typedef struct QueryReader {
    DuckCursor *cursor;
    Watch *watch;        /* asked before each chunk */
    uint64_t limit;      /* rows at most; 0 = no limit */
    uint64_t started_ns; /* of the whole query */
    /* so far */
    uint64_t rows;
    bool truncated;
} QueryReader;

/* *out_chunk is NULL after the last row or at the limit. One row beyond the limit is looked for, so
 * that `truncated` is never a guess. */
MUST_CHECK bool query_reader_next(QueryReader *reader, ResultChunk **out_chunk, Err *err);

#endif
