/* snapshot_json.h - the two stored records of a dataset, as JSON.
 *
 * Fields are specified in docs/formats.md. Unknown fields are ignored, so that an older program
 * reads what a newer one of the same format number wrote; another number is FAIL_UNSUPPORTED, and
 * anything that cannot be a record of ours is FAIL_CORRUPT.
 *
 * Ownership: everything read is copied into the arena.   Threads: pure functions. */
#ifndef CATALOG_SNAPSHOT_JSON_H
#define CATALOG_SNAPSHOT_JSON_H

#include "catalog/catalog.h"

enum { CATALOG_FORMAT = 1 };

Str snapshot_print(const Snapshot *snapshot, Arena *arena);
/* dataset and bucket are the caller's: they are where it was found. */
MUST_CHECK bool snapshot_parse(Str bytes, Arena *arena, Snapshot *out, Err *err);

Str head_print(const DatasetInfo *info, Arena *arena);
MUST_CHECK bool head_parse(Str bytes, Arena *arena, DatasetInfo *out, Err *err);

#endif
