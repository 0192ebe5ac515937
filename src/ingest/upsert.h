/* upsert.h - rows replace those of the same key.
 *
 * Copy on write: a data file that holds a key of the load is written again without the rows it
 * loses; the load's rows are a file of their own. Files without such a key stay as they are. Of
 * rows with the same key inside the load the last one wins; the others are counted. */
#ifndef INGEST_UPSERT_H
#define INGEST_UPSERT_H

#include "ingest/load.h"

/* The rows of a load as written: one Parquet file or several, in the order of the rows. */
typedef struct UpsertRows {
    const Str *paths;
    size_t count;
    uint64_t rows, row_bytes;
} UpsertRows;

typedef struct UpsertPlan {
    StagedFile last;       /* with repeated_keys: to be added instead of the load's files */
    VEC(StagedFile) files; /* to be added besides: rewritten ones */
    StrVec removed_keys;
    uint64_t repeated_keys; /* rows of the load that a later one of the same key replaced */
} UpsertPlan;

/* "a, b" -> its names; FAIL_INVALID (field "key") when there is none or one comes twice. */
MUST_CHECK bool upsert_keys(Str text, Arena *arena, StrVec *out, Err *err);
/* `current`: the snapshot to merge into, or NULL. */
MUST_CHECK bool upsert_rewrite(const LoadContext *context, const Snapshot *current,
                               const Schema *planned, const UpsertRows *loaded, UpsertPlan *out,
                               Err *err);

#endif
