/* verify.h - is the dataset what its source holds? Both sides are read again and compared.
 *
 * For each column: rows, NULLs and a checksum that does not depend on the order of rows, over the
 * same canonical text (source/canonical_text.h) of every value. The source prints its values itself
 * (SOURCE_PRINTED), the dataset's come from its Parquet files: no decoder of ours is on both sides.
 * Rows have a checksum, too: values that changed places within their column are found. When the
 * sides differ, both are read once more and the first rows that differ are named by their key.
 *
 * Values are compared under the dataset's stored types. A text that is no value of the type, and a
 * decimal with more digits than a DOUBLE gives back, are differences.
 *
 * A file is its own proof: it is given again, read by our own readers, typed as the dataset is.
 *
 * Errors: as row_source.h; FAIL_UNPROCESSABLE when the dataset's last load had no such source and
 * none is given.   Ownership: the caller's arena.   Threads: any number at once. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "ingest/ingest.h"

typedef struct VerifyRequest {
    Str dataset;
    Str dsn;          /* of a database; or */
    Str table, query; /* default: those of the last load (a query must be given again) */
    Str path;         /* of a file, as in IngestFileRequest */
    Str source_name;
    FileFormat format;
    CsvDialect csv;
    Str key;                /* names differing rows; default: the source's key */
    size_t differences_max; /* 0 = 10 */
} VerifyRequest;

typedef struct VerifyColumn {
    Str name;
    bool equal;
    bool in_source, in_dataset;
    uint64_t source_nulls, dataset_nulls;
    Str source_checksum, dataset_checksum; /* 32 hex digits */
} VerifyColumn;

typedef struct VerifyDifference {
    Str key;        /* "id=7" or "a=1, b=x" */
    Str side;       /* "source": only there; "dataset": only there; "both": other values */
    StrVec columns; /* that differ, for "both" */
} VerifyDifference;
/* Of rows with the same key, equal ones are paired off first; a row that comes twice on one side
 * and once on the other is a difference of that side. */

typedef struct VerifyResult {
    Str dataset, source_system, source;
    uint64_t snapshot_id;
    bool equal;
    uint64_t source_rows, dataset_rows;
    VerifyColumn *columns;
    size_t column_count;
    VerifyDifference *differences;
    size_t difference_count;
    StrVec notes; /* "no key: rows cannot be named" */
    double duration_secs;
} VerifyResult;

MUST_CHECK bool ingest_verify(Ingest *ingest, const VerifyRequest *request, Progress *progress,
                              Arena *arena, VerifyResult *out, Err *err);

/* The same with a source that is open already (it stays open); request->dsn and path are not looked
 * at, nor is a table or query asked for. */
MUST_CHECK bool ingest_verify_source(Ingest *ingest, const VerifyRequest *request,
                                     RowSource *source, Progress *progress, Arena *arena,
                                     VerifyResult *out, Err *err);

#endif
