/* file_stage.h - a folder of its own for the files of one load, gone when the load ends.
 *
 * Ownership: paths live in the arena given to stage_open.   Threads: one at a time. */
#ifndef INGEST_FILE_STAGE_H
#define INGEST_FILE_STAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct FileStage {
    Arena *arena;
    Str folder; /* "<staging>/load-<32 hex digits>" */
    unsigned next;
} FileStage;

/* Makes the staging directory, too, when it is missing. */
MUST_CHECK bool stage_open(FileStage *stage, Str staging_directory, Arena *arena, Err *err);
void stage_close(FileStage *stage); /* removes the folder and what is left in it */
/* A name that was not given out before: "<folder>/3-<label>". NUL-ended. */
Str stage_path(FileStage *stage, const char *label);
/* A name for somebody's file in which no character means anything to DuckDB: in the folder, or its
 * own real path where that is harmless. */
MUST_CHECK bool stage_link(FileStage *stage, Str path, Str *out_path, Err *err);

#endif
