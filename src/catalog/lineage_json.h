/* lineage_json.h - the lineage entry of a snapshot record, as stored.
 *
 * What an entry has nothing to say about is left out: records of loads of files look as they did
 * before there were databases, and are read the same.
 *
 * Ownership: read texts live in the caller's arena.   Threads: pure functions. */
#ifndef CATALOG_LINEAGE_JSON_H
#define CATALOG_LINEAGE_JSON_H

#include "catalog/catalog.h"

/* All but snapshot_id and predecessor_id, which the snapshot itself tells. */
json_t *lineage_to_json(const LineageEntry *entry, Arena *arena);
MUST_CHECK bool lineage_from_json(const json_t *value, Arena *arena, LineageEntry *out, Err *err);

/* Required and optional texts copied into the arena; a time as clock_format prints it. For readers
 * of records. */
MUST_CHECK bool record_read_text(const json_t *object, const char *field, JsonNeed need,
                                 Arena *arena, Str *out, Err *err);
MUST_CHECK bool record_read_time(const json_t *object, const char *field, int64_t *out_us,
                                 Err *err);

#endif
