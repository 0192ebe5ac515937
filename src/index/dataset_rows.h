/* dataset_rows.h - the id and the text of every row of one snapshot, in order.
 *
 * Files are read by the field ids of the snapshot's schema, so a file that is older than a column
 * gives nulls and an id that was INTEGER once comes out as the BIGINT it is now. Ids are VARCHAR,
 * INTEGER or BIGINT, whose text is exact; the text column is VARCHAR.
 *
 * Errors: FAIL_UNPROCESSABLE naming the column (unknown, or of another type), or a dataset without
 * files; FAIL_CORRUPT naming an object that cannot be read.
 *
 * Ownership: rows are valid during the callback.   Threads: one scan at a time per value. */
#ifndef INDEX_DATASET_ROWS_H
#define INDEX_DATASET_ROWS_H

#include "catalog/catalog.h"
#include "query/duck_session.h"
#include "storage/object_cache.h"

typedef struct DatasetRows {
    const Snapshot *snapshot;
    const SchemaColumn *id, *text;
    ObjectStore *store;
    ObjectCache *cache;
    Duck *duck;
} DatasetRows;

/* Where a row stands in its dataset: file and row of the file. Later rows are greater. */
typedef uint64_t RowOrdinal;
enum { ORDINAL_ROW_BITS = 40 };

static inline RowOrdinal row_ordinal(size_t file, uint64_t row) {
    return (uint64_t)file << ORDINAL_ROW_BITS | row;
}

static inline size_t row_ordinal_file(RowOrdinal ordinal) {
    return (size_t)(ordinal >> ORDINAL_ROW_BITS);
}

static inline uint64_t row_ordinal_row(RowOrdinal ordinal) {
    return ordinal & ((UINT64_C(1) << ORDINAL_ROW_BITS) - 1);
}

typedef struct DatasetRow {
    RowOrdinal ordinal;
    bool id_is_null, text_is_null;
    Str id, text;
} DatasetRow;

typedef bool (*DatasetRowFn)(void *context, const DatasetRow *row, Err *err);

/* Finds and checks the columns. */
MUST_CHECK bool dataset_rows_plan(const Snapshot *snapshot, Str id_column, Str text_column,
                                  DatasetRows *out, Err *err);
/* Rows `from` to `to`, both included, of one file. */
MUST_CHECK bool dataset_rows_scan(const DatasetRows *rows, size_t file, uint64_t from, uint64_t to,
                                  Progress *progress, DatasetRowFn fn, void *context, Err *err);

#endif
