/* load_group.h - many small files as one load: planned one by one, written as one.
 *
 * Each file is planned against the schema as the files before it leave it, just as if it were
 * loaded after them; one that does not fit is left out with its own error. The rows of those that
 * fit come in the order of the files. Files of a group are all texts (CSV, JSON), or all Parquet.
 *
 * Ownership: the load's arena.   Threads: one load, one thread. */
#ifndef INGEST_LOAD_GROUP_H
#define INGEST_LOAD_GROUP_H

#include "ingest/load_file.h"

/* Is it this file that is wrong, not our disk, memory or time? Then the others go on without it. */
bool load_fault_is_of_file(const Err *err);

/* Sets the outcome of each file that was left to INPUT_TAKEN or INPUT_FAILED. When none fits,
 * *out_fitting is 0 and the rest is not written. */
MUST_CHECK bool load_group_plan(const LoadContext *context, LoadFile *const *files, size_t count,
                                const Schema *current, Load *out, Schema *out_planned,
                                size_t *out_fitting, Err *err);

#endif
