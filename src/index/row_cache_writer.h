/* row_cache_writer.h - make a row cache file, row by row, in bounded memory.
 *
 * Vectors and texts go to the file as they come; 90 bytes a row are kept until the end. A document
 * begins where the id or the content hash changes, or where chunk_idx does not rise.
 *
 * Ownership: the caller destroys the writer; an unfinished file is removed then.
 * Threads: one at a time. */
#ifndef INDEX_ROW_CACHE_WRITER_H
#define INDEX_ROW_CACHE_WRITER_H

#include "base/budget.h"
#include "index/row_cache.h"

typedef struct RowCacheWriter RowCacheWriter;

typedef struct RowCachePlan {
    const char *path;   /* a temporary name */
    uint64_t row_count; /* exactly so many rows will be added */
    uint32_t dimension;
    Budget *budget; /* may be NULL */
} RowCachePlan;

RowCacheWriter *row_cache_writer_create(const RowCachePlan *plan, Err *err);
/* Row ids must rise; vectors are checked to be finite (FAIL_CORRUPT naming the document). */
MUST_CHECK bool row_cache_writer_add(RowCacheWriter *writer, const IndexRow *row, Err *err);
/* Writes the rest, syncs, and gives the file its header: from here on it can be opened. */
MUST_CHECK bool row_cache_writer_finish(RowCacheWriter *writer, Err *err);
void row_cache_writer_destroy(RowCacheWriter *writer); /* NULL is fine */

#endif
