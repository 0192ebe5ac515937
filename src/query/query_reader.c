/* query_reader.c - fetch chunks, cut the last one at the limit, count.
 *
 * Tested by: test_query_engine.c. */
#include "query/query_reader.h"

bool query_reader_next(QueryReader *reader, ResultChunk **out_chunk, Err *err) {
    *out_chunk = NULL;
    ResultChunk *chunk;
    if (reader->truncated)
        return true;
    if (!watch_check(reader->watch, err))
        return false;
    if (!duck_cursor_next(reader->cursor, &chunk, err))
        return false;
    if (chunk == NULL)
        return true;
    uint64_t left = reader->limit == 0 ? UINT64_MAX : reader->limit - reader->rows;
    if (result_chunk_rows(chunk) > left) {
        reader->truncated = true;
        if (left == 0)
            return true;
        result_chunk_cut(chunk, (size_t)left);
    }
    reader->rows += result_chunk_rows(chunk);
    *out_chunk = chunk;
    return true;
}
