/* small_files.h - datasets that grow by many small loads do not become many small files.
 *
 * Before an append adds its files, the last files of the dataset are rewritten as one when they are
 * many and small. Rows and their order stay. A file only ever goes into one that has at least twice
 * its rows, so a row is rewritten at most log2(rows of the largest small file) times, however small
 * the loads are.
 *
 * Ownership: the load's arena.   Threads: one load, one thread. */
#ifndef INGEST_SMALL_FILES_H
#define INGEST_SMALL_FILES_H

#include "ingest/load.h"

enum { SMALL_FILES_MIN = 32, SMALL_FILE_BYTES = 16 << 20 };

/* The last `count` of the files are to be merged; 0 = none. */
size_t small_files_choose(const DataFile *files, size_t count);
/* Writes the rows of the last `count` files of the snapshot to one staged file. */
MUST_CHECK bool small_files_merge(const LoadContext *context, const Snapshot *current,
                                  const Schema *planned, size_t count, StagedFile *out, Err *err);

#endif
