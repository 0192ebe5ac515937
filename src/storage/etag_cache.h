/* etag_cache.h - remembers the hash of a file's content, so that looking at it again is cheap.
 *
 * A file is known by device, inode, size, mtime and ctime: when any of them differs the content is
 * hashed anew. Fixed size, the older of two rivals for a slot goes.
 *
 * Ownership: whoever creates it destroys it.   Threads: any. */
#ifndef STORAGE_ETAG_CACHE_H
#define STORAGE_ETAG_CACHE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/hash.h"

typedef struct EtagCache EtagCache;

EtagCache *etag_cache_create(void);
void etag_cache_destroy(EtagCache *cache);
bool etag_cache_get(EtagCache *cache, const struct stat *file, Hash128 *out_hash);
void etag_cache_put(EtagCache *cache, const struct stat *file, Hash128 hash);

#endif
