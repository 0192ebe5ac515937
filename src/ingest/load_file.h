/* load_file.h - one file of a load: what is known of it, and what it is to become in the dataset.
 *
 * Ownership: the load's arena; a LoadFile must not move once opened.   Threads: one at a time. */
#ifndef INGEST_LOAD_FILE_H
#define INGEST_LOAD_FILE_H

#include "ingest/file_open.h"
#include "ingest/load.h"

typedef struct LoadFile {
    OpenFile opened; /* kept while plans are made anew */
    Load rows;       /* as planned for the dataset's present state */
    InputOutcome *outcome;
} LoadFile;

/* Types and values of the file's columns for a dataset of this schema (NULL: a new one). */
MUST_CHECK bool load_file_plan(const LoadContext *context, LoadFile *file, const Schema *current,
                               Load *out, Err *err);
/* The schema that `rows` leave. When they do not fit, the error names line and value where known.
 */
MUST_CHECK bool load_file_schema(const LoadContext *context, const LoadFile *file, const Load *rows,
                                 const Schema *current, SchemaChange change, Schema *out, Err *err);

#endif
