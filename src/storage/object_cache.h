/* object_cache.h - a local file for any object, so that DuckDB and mmap can read it.
 *
 * For stores that have local files it is the object's own path; for others the object is fetched
 * once into the cache folder, under a name made of bucket, key and etag, and dropped oldest first
 * when the folder passes its limit.
 *
 * Ownership: paths live in the caller's arena; a cached file stays as long as the arena.
 * Threads: any. */
#ifndef STORAGE_OBJECT_CACHE_H
#define STORAGE_OBJECT_CACHE_H

#include "storage/object_store.h"

typedef struct ObjectCache ObjectCache;

ObjectCache *object_cache_open(Str folder, uint64_t bytes_max, Err *err);
void object_cache_close(ObjectCache *cache);
Str object_cache_folder(const ObjectCache *cache);
/* `bucket` only names the cached file. */
MUST_CHECK bool object_cache_path(ObjectCache *cache, Str bucket, ObjectStore *store, Str key,
                                  Arena *arena, Str *out_path, Err *err);

#endif
