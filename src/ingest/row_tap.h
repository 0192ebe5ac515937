/* row_tap.h - the stream that DuckDB writes one data file from, and what went through it.
 *
 *     row_tap_open -> [ row_tap_more -> row_tap_begin_file -> stream ... -> facts ] ... -> close
 *
 * Cuts the rows of a ring into files of at least file_rows rows, at the border of a batch, and
 * counts for each file what Parquet must come to: rows, and NULLs of each column. Rows without a
 * value for the key of an upsert are counted as rejects; the statement leaves them out.
 *
 * Ownership: facts are valid until the next file begins.   Threads: one at a time: the load's, or
 * DuckDB's while a statement runs. */
#ifndef INGEST_ROW_TAP_H
#define INGEST_ROW_TAP_H

#include "files/reject_list.h"
#include "ingest/row_ring.h"
#include "pii/pii.h"

typedef struct TapConfig {
    RingConfig ring;
    uint64_t file_rows;
    const size_t *key_columns; /* of an upsert: rows where one is NULL are rejected */
    size_t key_count;
    Progress *progress;
    RejectList *rejects; /* all that is refused goes here */
    PiiScanner *scanner; /* sees every row; NULL: nobody looks */
} TapConfig;

typedef struct RowTap {
    RowStream stream; /* of the file at hand */
    TapConfig config;
    RowRing *ring;
    RingBatch batch;
    bool has_batch;                    /* fetched and not yet handed on */
    bool ended;                        /* the source has no more rows */
    uint64_t rows_seen, rejected_seen; /* of the source, all files */
    Arena *arena;
    /* of the file at hand */
    uint64_t taken;        /* rows handed on, those without a key too */
    uint64_t rows;         /* that the file must have */
    uint64_t *null_counts; /* by column of the source */
    /* where a load that goes on behind this file begins */
    Arena *position_arena;
    Str *position; /* the last row's key, key_count of the source; NULL: none */
    uint64_t rejected_behind;
} RowTap;

MUST_CHECK bool row_tap_open(RowTap *tap, const TapConfig *config, Err *err);
void row_tap_close(RowTap *tap);
/* Waits for the next rows: are there any? */
MUST_CHECK bool row_tap_more(RowTap *tap, bool *out_more, Err *err);
void row_tap_begin_file(RowTap *tap);
/* Bytes of an average row of the batch that row_tap_more waited for. */
uint64_t row_tap_row_bytes(const RowTap *tap);

#endif
