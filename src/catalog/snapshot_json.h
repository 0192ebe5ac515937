/* snapshot_json.h - snapshots as stored: catalog/<dataset>/snapshots/<id>.json, "format":1.
 *
 * docs/formats.md gives every field. Fields that this version does not know are passed over;
 * anything else that is not as written is FAIL_CORRUPT naming the object.
 *
 * Ownership: the caller's arena.   Threads: pure functions. */
#ifndef CATALOG_SNAPSHOT_JSON_H
#define CATALOG_SNAPSHOT_JSON_H

#include "catalog/catalog.h"

Str snapshot_key(Str dataset, uint64_t id, Arena *arena);
Str snapshot_print(const Snapshot *snapshot, Arena *arena);
/* `key` names the object in errors; `bucket` is where it was found. */
MUST_CHECK bool snapshot_parse(Str bytes, Str key, Str bucket, Arena *arena, Snapshot *out,
                               Err *err);
/* One data file with its statistics, for other records that name some. */
json_t *data_file_to_json(const DataFile *file);
MUST_CHECK bool data_file_from_json(const json_t *item, Arena *arena, DataFile *out, Err *err);
/* Rewrites the error of a reader as FAIL_CORRUPT of that object. */
bool record_corrupt(Str key, Err *err);

#endif
