/* dataset_now.h - what a load finds where it wants to go: the dataset as it is at this moment.
 *
 * Ownership: the caller's arena.   Threads: any. */
#ifndef INGEST_DATASET_NOW_H
#define INGEST_DATASET_NOW_H

#include "ingest/ingest.h"

typedef struct DatasetNow {
    bool exists;
    Snapshot current; /* the newest, or empty */
} DatasetNow;

/* FAIL_CONFLICT (field "bucket") when it lives in another bucket than the one that is wanted ("" =
 * any). */
MUST_CHECK bool dataset_now_read(Catalog *catalog, Str dataset, Str bucket, Arena *arena,
                                 DatasetNow *out, Err *err);
/* NULL: there is none. */
const Schema *dataset_now_schema(const DatasetNow *now);
/* Rows without a file only serve a dataset that would otherwise have none. */
bool dataset_now_needs_file(const DatasetNow *now, IngestMode mode, uint64_t rows);
/* Where, how and on top of what a load of this mode is committed: the fields of the request that
 * follow from the dataset's state. */
CommitRequest dataset_now_commit(const DatasetNow *now, IngestMode mode, Str dataset, Str bucket,
                                 const Schema *planned);

Str ingest_mode_name(IngestMode mode);

#endif
