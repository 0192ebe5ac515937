/* source_file.h - a file as a RowSource: CSV, JSON, NDJSON, Parquet, compressed or not.
 *
 * A text file prints its values: every column is VARCHAR, read by our own readers. Where the schema
 * gives a column of that name another type, blanks around a value go and an empty text is NULL, as
 * a load has it; bytes (BLOB) are read out of their escapes (\x41). A Parquet file's columns have
 * types: the schema's where that is the type as it is stored or a wider one, else their own; lists
 * come as JSON, other nested columns as DuckDB prints them.
 *
 * A file has no key and cannot be read from the middle: by_key and cursors are FAIL_UNSUPPORTED.
 * Records that cannot be read are told through on_reject (row: line or record; those beyond the
 * list's end with row 0); without it they fail the start.
 *
 * Ownership: the request's texts are copied; ingest outlives the source.   Threads: one at a time.
 */
#ifndef INGEST_SOURCE_FILE_H
#define INGEST_SOURCE_FILE_H

#include "ingest/ingest.h"
#include "source/row_source.h"

typedef struct FileSourceSpec {
    Ingest *ingest;
    Str path, source_name; /* as in IngestFileRequest */
    FileFormat format;
    CsvDialect csv;
    const Schema *schema; /* NULL: none; must live as long as the source */
    Progress *progress;
} FileSourceSpec;

MUST_CHECK bool source_file_open(const FileSourceSpec *spec, RowSource **out, Err *err);

#endif
