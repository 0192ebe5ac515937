/* file_open.h - a file brought to the point where its rows can be had: linked into a stage,
 * expanded, known for what it is, and every record looked at.
 *
 * Errors: FAIL_IO, FAIL_MEDIA_TYPE, FAIL_UNPROCESSABLE (broken throughout), FAIL_LIMIT (expands too
 * far), FAIL_CANCELLED.   Ownership: the arena; its files are the stage's.   Threads: one at a
 * time. */
#ifndef INGEST_FILE_OPEN_H
#define INGEST_FILE_OPEN_H

#include "ingest/file_stage.h"
#include "ingest/ingest_state.h"
#include "files/text_table.h"

typedef struct OpenFile {
    FileFormat format; /* as found */
    TextFile file;     /* in the stage, expanded */
    TextTable *table;  /* CSV, JSON; NULL: Parquet */
    RejectList checked;
} OpenFile;

/* Of the request: path, source_name, format, csv. `out` must stay where it is. */
MUST_CHECK bool file_open(const Ingest *ingest, const IngestFileRequest *request, FileStage *stage,
                          Progress *progress, Arena *arena, OpenFile *out, Err *err);

#endif
