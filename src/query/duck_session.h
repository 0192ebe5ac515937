/* duck_session.h - our own statements on a trusted DuckDB: read any file, write Parquet.
 *
 * This instance has full access to the disk and is never shown to users' SQL; the locked one is
 * query_engine.h. Ingest and the index row store speak to DuckDB only through these verbs; no
 * DuckDB type crosses this header. Values reach a statement by duck_literal/duck_identifier
 * quoting, nothing else.
 *
 * A session is one connection: one statement at a time, and a running stream must be closed before
 * the next. After an internal error of DuckDB, which spoils the whole instance, the instance is
 * reopened for the next duck_session_open; the failed statement returns FAIL_INTERNAL.
 *
 * Errors: FAIL_UNPROCESSABLE (data that does not convert; message safe to show), FAIL_NO_MEMORY,
 * FAIL_CANCELLED (progress), FAIL_IO, FAIL_INTERNAL.
 *
 * Ownership: rows given to a callback are valid until it returns.
 * Threads: a Duck is shared by all; a session by one thread at a time. */
#ifndef QUERY_DUCK_SESSION_H
#define QUERY_DUCK_SESSION_H

#include "base/progress.h"
#include "base/row_batch.h"

typedef struct Duck Duck;
typedef struct DuckSession DuckSession;

typedef struct DuckConfig {
    uint64_t memory_bytes;
    uint32_t threads;   /* 0 = one per core */
    Str temp_directory; /* absolute; spill files */
} DuckConfig;

Duck *duck_open(const DuckConfig *config, Err *err);
void duck_close(Duck *duck); /* after its sessions */

DuckSession *duck_session_open(Duck *duck, Err *err);
void duck_session_close(DuckSession *session); /* NULL is fine */

const char *duck_version(void); /* of the library: "v1.4.5" */

/* Quoted for use in a statement: 'it''s', "odd ""name""". */
Str duck_literal(Str text, Arena *arena);
Str duck_identifier(Str name, Arena *arena);

/* Runs one statement for its effect; *out_rows (may be NULL) is the count DuckDB reports. While it
 * runs, progress->cancel interrupts it. */
MUST_CHECK bool duck_exec(DuckSession *session, Str sql, Progress *progress, uint64_t *out_rows,
                          Err *err);

/* Runs one SELECT and streams its rows. Columns must be of the types that row_batch.h names (FLOAT
 * lists of one length become FLOAT32_LIST; cast others in the statement): FAIL_UNSUPPORTED. */
typedef bool (*RowBatchFn)(void *context, const RowBatch *batch, Err *err);
MUST_CHECK bool duck_query(DuckSession *session, Str sql, Progress *progress, RowBatchFn fn,
                           void *context, Err *err);

/* The same, pulled: a batch is valid until the next call. To be closed before the session's next
 * statement; `progress` must live as long. */
MUST_CHECK bool duck_select(DuckSession *session, Str sql, Progress *progress, RowStream **out,
                            Err *err);

/* Names and types of what a SELECT would give, without running it. */
typedef struct DuckColumn {
    Str name, type; /* type as DuckDB prints it: "DECIMAL(18,3)" */
} DuckColumn;
MUST_CHECK bool duck_describe(DuckSession *session, Str sql, Arena *arena, DuckColumn **out_columns,
                              size_t *out_count, Err *err);

/* A stream as a table: the text to put after FROM, "lake_stream(7)". It may be scanned by one
 * statement, once; when the stream fails, that statement returns the stream's own error. DuckDB
 * pulls from a thread of its own. Attach one at a time; detach (which does not close the stream)
 * before the stream ends. */
Str duck_stream_attach(DuckSession *session, RowStream *stream, Arena *arena);
void duck_stream_detach(DuckSession *session);

typedef struct ParquetColumn {
    Str name;
    uint32_t field_id; /* Iceberg field id, written into the file */
} ParquetColumn;

typedef struct ParquetRequest {
    Str path; /* a temporary name of the caller's; made, synced, and removed again on failure */
    const ParquetColumn *columns; /* exactly those of the rows, by name */
    size_t column_count;
    Str field_ids; /* the whole FIELD_IDS value, for nested columns; "" = from the columns */
    uint32_t row_group_rows; /* 0 = 122880; at most 8192 where there are vectors or long text */
    Progress *progress;
    bool reports; /* move progress->done towards its total as DuckDB sees it: files being scanned */
} ParquetRequest;

/* Of one column; nested columns (lists, structs) have no null count and therefore no entry. */
typedef struct ParquetStats {
    Str column;
    uint64_t null_count, size_bytes;
    bool has_bounds;
    Str min_text, max_text;
} ParquetStats;

typedef struct ParquetWritten {
    uint64_t rows, size_bytes;
    ParquetStats *stats; /* in the order of the columns, from COPY ... RETURN_STATS */
    size_t stats_count;
} ParquetWritten;

/* COPY (select) TO path, zstd, with FIELD_IDS; counted and fsynced. */
MUST_CHECK bool duck_write_parquet(DuckSession *session, Str select, const ParquetRequest *request,
                                   Arena *arena, ParquetWritten *out, Err *err);
/* The same from rows of our own: the stream is pulled from by a table function. */
MUST_CHECK bool duck_write_parquet_stream(DuckSession *session, RowStream *stream,
                                          const ParquetRequest *request, Arena *arena,
                                          ParquetWritten *out, Err *err);

#endif
