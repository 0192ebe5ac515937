/* snapshot_cache.h - parsed snapshots, remembered: they never change.
 *
 * Ownership: a snapshot that was handed out lives as long as the arena it was handed to, whatever
 * happens to the cache.   Threads: any. */
#ifndef CATALOG_SNAPSHOT_CACHE_H
#define CATALOG_SNAPSHOT_CACHE_H

#include "catalog/catalog.h"

typedef struct SnapshotCache SnapshotCache;

SnapshotCache *snapshot_cache_create(uint64_t bytes_max);
void snapshot_cache_destroy(SnapshotCache *cache);

/* `name` identifies the snapshot: bucket, dataset, its creation and id. */
bool snapshot_cache_get(SnapshotCache *cache, Str name, Arena *arena, Snapshot *out);
/* Takes over `own`, the arena in which `snapshot` lives, and hands it to `arena`. */
void snapshot_cache_put(SnapshotCache *cache, Str name, Arena *own, const Snapshot *snapshot,
                        Arena *arena);

#endif
