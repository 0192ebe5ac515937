/* ingest.h - take data in: one flow for every source.
 *
 * write: open source -> infer or check schema -> stream rows -> validate (UTF-8, types, nulls) ->
 * Parquet in a staged file -> count in = out + rejects -> commit snapshot, with lineage. A failed
 * load leaves the dataset as it was. rows_read = rows_written + rows_rejected, always, against a
 * count of records made apart from DuckDB's.
 *
 * Threads: any number of loads at once, to the same dataset too (commits are redone on top of each
 * other; an upsert that lost to another writer is planned again, a bounded number of times). */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/budget.h"
#include "base/progress.h"
#include "base/vec.h"
#include "catalog/catalog.h"
#include "files/file_format.h"
#include "ingest/openlineage.h"
#include "query/duck_session.h"
#include "base/dsn.h"
#include "source/row_source.h"
#include "storage/object_cache.h"

typedef struct Ingest Ingest;

typedef struct IngestConfig {
    Str staging_directory; /* absolute; on the file system of the primary bucket where possible */
    uint32_t rejects_listed_max; /* listed in the answer; all are counted */
    uint64_t expanded_bytes_max; /* of a compressed file; 0 = 64 GiB */
    uint32_t expanded_ratio_max; /* expanded size over compressed size; 0 = 1000 */
    LineageEvents *lineage;      /* who is told about loads; NULL: nobody */
} IngestConfig;

typedef enum IngestMode { INGEST_APPEND, INGEST_REPLACE, INGEST_UPSERT } IngestMode;

bool ingest_mode_parse(Str name, IngestMode *out);

typedef struct ColumnOverride {
    Str column, type;
} ColumnOverride;

typedef struct IngestFileRequest {
    Str dataset;
    Str bucket; /* of a new dataset; "" = primary */
    IngestMode mode;
    Str key; /* upsert: key column, or several with commas */
    FileFormat format;
    Str path;        /* local file, compressed or not; stays where it is */
    Str source_name; /* as the user knows it: lineage and errors show this, never `path` */
    CsvDialect csv;
    const ColumnOverride *types;
    size_t type_count;
} IngestFileRequest;

/* Several files as one load: one data file, one snapshot, rows in the order of the files.
 *
 * A file that does not fit is left out with its own error; the others go on. A load in which all
 * failed changes nothing (snapshot_id 0 in the result). Files of a load are all texts or all
 * Parquet: those that are not like the first good one are left for another load. */
typedef struct IngestInput {
    Str path;        /* local file, compressed or not; stays where it is */
    Str source_name; /* for errors */
} IngestInput;

typedef enum InputState { INPUT_TAKEN, INPUT_FAILED, INPUT_LEFT } InputState;

typedef struct InputOutcome {
    InputState state;
    Err failure; /* INPUT_FAILED */
    uint64_t rows_read, rows_rejected;
} InputOutcome;

/* Called when everything is read and written, before anything is published: the last chance to
 * say no. May be called again when another writer won. *out_content_sha256 goes into the lineage.
 */
typedef bool (*BeforeCommitFn)(void *context, const InputOutcome *outcomes, Arena *arena,
                               Str *out_content_sha256, Err *err);

typedef struct IngestFilesRequest {
    IngestFileRequest common; /* of all; its path, source_name and types are not looked at */
    const IngestInput *inputs;
    size_t input_count;
    Str source_system, source;    /* for the lineage: "watch", "inbox: 500 files" */
    BeforeCommitFn before_commit; /* may be NULL */
    void *context;
} IngestFilesRequest;

/* A table, or one SELECT, of a database.
 *
 * Rows come from one snapshot of the source. Every batch_rows rows a data file is finished, stored
 * and noted in a checkpoint (journal/loads/<dataset>/<load>.json in the dataset's bucket); the
 * dataset itself changes once, at the end. The same request after a stop goes on behind the last
 * row kept, when the source has a key that vouches for that, and begins again when it has none. */
typedef struct IngestTableRequest {
    Str dataset;
    Str bucket; /* of a new dataset; "" = primary */
    IngestMode mode;
    Str key;      /* upsert: key columns, with commas */
    DsnKind kind; /* 0 = either; else what the DSN must be */
    Str dsn;
    Str table, query; /* one of both */
    SourceTypes types;
    uint64_t batch_rows; /* 0 = 1,000,000 */
    Str cursor;          /* column that grows: only rows beyond the last load's greatest are read */
    bool restart;        /* forget what a stopped load left */
} IngestTableRequest;

typedef struct IngestResult {
    Str dataset;
    FileFormat
        format; /* as found; rejects are numbered by line in CSV and NDJSON, else by record */
    uint64_t snapshot_id;
    uint64_t rows_read, rows_written, rows_rejected;
    RejectedRow *rejects; /* the first ones */
    size_t reject_count;
    Coercion *coercions;
    size_t coercion_count;
    PiiTag *pii;
    size_t pii_count;
    Str source_system, source;
    Str cursor_value;      /* where the next incremental load begins; empty: no cursor */
    uint64_t resumed_rows; /* of rows_written: kept from a load that was stopped */
    StrVec notes; /* what the user should know besides: no snapshot (MyISAM), NULL cursors */
    double duration_secs;
} IngestResult;

Ingest *ingest_create(const IngestConfig *config, Duck *duck, Catalog *catalog,
                      BucketRegistry *buckets, ObjectCache *cache, Budget *budget, Err *err);
void ingest_destroy(Ingest *ingest);

MUST_CHECK bool ingest_file(Ingest *ingest, const IngestFileRequest *request, Progress *progress,
                            Arena *arena, IngestResult *out, Err *err);

/* out_outcomes: one an input. Fails when the load as a whole failed: nothing was published. */
MUST_CHECK bool ingest_files(Ingest *ingest, const IngestFilesRequest *request, Progress *progress,
                             Arena *arena, InputOutcome *out_outcomes, IngestResult *out, Err *err);

MUST_CHECK bool ingest_table(Ingest *ingest, const IngestTableRequest *request, Progress *progress,
                             Arena *arena, IngestResult *out, Err *err);
/* The same from a source that is open already (it stays open); request->dsn is not looked at. */
MUST_CHECK bool ingest_source(Ingest *ingest, const IngestTableRequest *request, RowSource *source,
                              Progress *progress, Arena *arena, IngestResult *out, Err *err);

#endif
