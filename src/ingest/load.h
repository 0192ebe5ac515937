/* load.h - inside of ingest: what every kind of load is brought to before it is written.
 *
 *     text_load / parquet_load -> Load -> load_write -> (upsert_rewrite) -> publish
 *
 * A Load says which columns come, of which type, and by which SQL over a source row each value is
 * had; where the rows come from; and how many there must be in the end.
 *
 * Ownership: everything in the load's arena.   Threads: one load, one thread. */
#ifndef INGEST_LOAD_H
#define INGEST_LOAD_H

#include "ingest/file_stage.h"
#include "ingest/ingest.h"
#include "files/text_table.h"

/* What the steps of one load share. */
typedef struct LoadContext {
    const IngestFileRequest *request;
    DuckSession *session;
    FileStage *stage;
    BucketRegistry *buckets;
    ObjectCache *cache;
    Arena *arena;
    Progress *progress;
    const StrVec *keys; /* of an upsert; else none */
} LoadContext;

typedef struct LoadColumn {
    Str name;
    Str type;  /* a stored type */
    Str value; /* SQL over one row of the source, of that type */
    bool null_count_known;
    uint64_t null_count; /* that the written file must have */
} LoadColumn;

typedef VEC(Coercion) CoercionVec;

typedef struct Load {
    LoadColumn *columns;
    size_t column_count;
    Str from;         /* a FROM clause for DuckDB, or "" */
    TextTable *table; /* else: rows to stream; also the second try where `from` fails */
    Str where;        /* rows that are written; "" = all */
    uint64_t rows;    /* that must be written */
    uint64_t row_bytes;
    RejectList rejects; /* of the check and of the plan */
    CoercionVec coercions;
} Load;

/* A Parquet file in the stage, and what DuckDB says about it. */
typedef struct StagedFile {
    Str path;
    ParquetWritten written;
} StagedFile;

/* Types the columns of a checked text table: the user's types first, then the dataset's where all
 * values fit, then what the values say. Rows whose value does not fit a user's type, or that have
 * no key, are rejected. `checked`: the rejects so far. `current`: NULL for a new dataset. */
MUST_CHECK bool text_load_plan(const LoadContext *context, TextTable *table,
                               const RejectList *checked, const Schema *current, Load *out,
                               Err *err);
/* SQL for column `number` of a text table as a value of this type, which all its values fit. */
Str text_load_value(const TextColumn *column, size_t number, Str type, Arena *arena);
/* The same for a Parquet file, whose columns have types already. */
MUST_CHECK bool parquet_load_plan(const LoadContext *context, Str path, uint64_t size_bytes,
                                  const RejectList *none, Load *out, Err *err);

/* The statement by which rows of `from` become those columns; a column that the load lacks is NULL.
 */
Str load_select(const Load *load, const Schema *planned, Str from, Arena *arena);
/* Are counts of rows and NULLs those that the load must have? FAIL_INTERNAL. */
MUST_CHECK bool load_verify(const Load *load, const ParquetWritten *written, Err *err);
/* The columns of the schema out of a table that may lack some of them: "CAST("a" AS BIGINT) AS "a",
 * CAST(NULL AS ...". */
Str load_column_list(const Schema *planned, const DuckColumn *present, size_t present_count,
                     Arena *arena);
/* Writes the load's rows, in the columns of `planned`, to a new staged file, and compares counts
 * of rows and nulls with what the check found: FAIL_INTERNAL when they differ. */
MUST_CHECK bool load_write(const LoadContext *context, const Load *load, const Schema *planned,
                           StagedFile *out, Err *err);
/* Any SELECT with the columns of `planned` to a new staged file. */
MUST_CHECK bool load_write_select(const LoadContext *context, Str select, const Schema *planned,
                                  uint64_t row_bytes, StagedFile *out, Err *err);

#endif
