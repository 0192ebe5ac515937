/* file_format.h - what a file of rows may be, what a user may say about it, and a row left out of
 * it.
 *
 * Threads: plain types. */
#ifndef FILES_FILE_FORMAT_H
#define FILES_FILE_FORMAT_H

#include "base/str.h"

typedef enum FileFormat { FILE_AUTO, FILE_CSV, FILE_JSON, FILE_NDJSON, FILE_PARQUET } FileFormat;

bool file_format_parse(Str name, FileFormat *out);

/* Overrides of what would be detected; empty fields are detected. */
typedef struct CsvDialect {
    Str delimiter, quote, escape; /* one character each */
    Str null_text;                /* text that means NULL; default: the empty unquoted field */
    int header;                   /* -1 detect, 0 no, 1 yes */
} CsvDialect;

typedef struct RejectedRow {
    uint64_t line; /* CSV, NDJSON: 1-based line of the file; else the 1-based record */
    Str column;    /* may be empty */
    Str reason;
} RejectedRow;

#endif
