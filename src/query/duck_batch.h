/* duck_batch.h - DuckDB's data chunks as row batches, and row batches as data chunks.
 *
 * Reading copies what differs in layout (strings become offsets and bytes, narrow decimals become
 * 16 bytes) and borrows the rest from the chunk. Writing checks what DuckDB does not: text that is
 * not UTF-8 and decimals wider than they claim would spoil the whole instance later on.
 *
 * Ownership: a batch read is valid until the next read and while its chunk lives.
 * Threads: one thread at a time per reader. */
#ifndef QUERY_DUCK_BATCH_H
#define QUERY_DUCK_BATCH_H

#include "base/row_batch.h"

#include <duckdb.h>

typedef struct BatchReader {
    Arena *scratch;               /* what a batch holds of its own; emptied by every read */
    RowBatch batch;               /* names and types of the result, then the data of one chunk */
    duckdb_type *decimal_storage; /* COLUMN_DECIMAL: the integer type it comes in */
    uint32_t *array_sizes;        /* ARRAY columns: their fixed size; else 0 */
    uint32_t *list_sizes;         /* FLOAT lists: the one length seen so far; UINT32_MAX none */
} BatchReader;

/* Looks at the columns of a result: FAIL_UNSUPPORTED names one of a type that has no ColumnType. */
MUST_CHECK bool batch_reader_init(BatchReader *reader, duckdb_result *result, Arena *arena,
                                  Err *err);
void batch_reader_deinit(BatchReader *reader);
MUST_CHECK bool batch_reader_read(BatchReader *reader, duckdb_data_chunk chunk, Err *err);

/* The DuckDB type of a column of ours; to be destroyed. NULL for a decimal that cannot be. */
duckdb_logical_type batch_column_type(const RowColumn *column);
/* Rows from .. from+count of the batch into an empty chunk of those types; count <= vector size. */
MUST_CHECK bool batch_write(const RowBatch *batch, size_t from, size_t count,
                            duckdb_data_chunk chunk, Err *err);

#endif
