/* row_store.h - how the rows of an index are stored for keeps: the trait behind `vector_backend`.
 *
 * A backend turns a decoded segment (a row cache) into one file that other people's tools can
 * open, and such a file back into rows; everything else about an index is the same for all. Rows:
 *
 *     row_id u64, doc_id utf8, chunk_idx i32, chunk_text utf8, source utf8,
 *     content_hash utf8 (32 hex digits of XXH3-128 of the document), vector f32[dimension]
 *
 * "parquet" is the first; "lance" comes as one more file and one more line in row_store_find.
 *
 * Threads: constant tables; any. */
#ifndef INDEX_ROW_STORE_H
#define INDEX_ROW_STORE_H

#include "base/progress.h"
#include "index/row_cache_writer.h"
#include "query/duck_session.h"

typedef struct RowStoreOps {
    const char *name;   /* as in the record */
    const char *suffix; /* of a segment's key: ".parquet" */
    /* Writes and syncs `path`. */
    bool (*write)(Duck *duck, const RowCache *rows, const char *path, Progress *progress, Err *err);
    /* All rows of `path`, in order; FAIL_CORRUPT when they are not rows of an index. */
    bool (*read)(Duck *duck, const char *path, RowCacheWriter *writer, uint32_t dimension,
                 Err *err);
} RowStoreOps;

extern const RowStoreOps row_store_parquet;

/* "" is parquet; NULL with FAIL_UNSUPPORTED for a backend not built in, FAIL_INVALID for no such.
 */
const RowStoreOps *row_store_find(Str backend, Err *err);

#endif
