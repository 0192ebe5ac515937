/* etag_cache.c - a direct-mapped table of 16,384 files (1 MiB), one lock.
 *
 * Only large files are asked for here (store_local.c): hashing a small one costs less than being
 * wrong about it, and a head that is replaced twice within one clock tick may get the same inode,
 * size and times back.
 *
 * Tested by: tests/unit/storage/test_store_local.c. */
#include "storage/etag_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_COUNT = 1 << 14 };

typedef struct FileIdentity {
    uint64_t device, inode, size;
    int64_t mtime_s, mtime_ns, ctime_s, ctime_ns;
} FileIdentity;

typedef struct Slot {
    FileIdentity file; /* inode 0 = free */
    Hash128 hash;
} Slot;

struct EtagCache {
    pthread_mutex_t lock; /* protects slots */
    Slot slots[SLOT_COUNT];
};

static FileIdentity identity_of(const struct stat *file) {
    return (FileIdentity){
        .device = (uint64_t)file->st_dev,
        .inode = (uint64_t)file->st_ino,
        .size = (uint64_t)file->st_size,
        .mtime_s = (int64_t)file->st_mtim.tv_sec,
        .mtime_ns = (int64_t)file->st_mtim.tv_nsec,
        .ctime_s = (int64_t)file->st_ctim.tv_sec,
        .ctime_ns = (int64_t)file->st_ctim.tv_nsec,
    };
}

static Slot *slot_of(EtagCache *cache, const FileIdentity *file) {
    uint64_t name[2] = {file->device, file->inode};
    return &cache->slots[hash64(str_make(name, sizeof name)) % SLOT_COUNT];
}

EtagCache *etag_cache_create(void) {
    EtagCache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void etag_cache_destroy(EtagCache *cache) {
    if (cache == NULL)
        return;
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

bool etag_cache_get(EtagCache *cache, const struct stat *file, Hash128 *out_hash) {
    FileIdentity wanted = identity_of(file);
    const Slot *slot = slot_of(cache, &wanted);
    pthread_mutex_lock(&cache->lock);
    bool found = wanted.inode != 0 && memcmp(&slot->file, &wanted, sizeof wanted) == 0;
    if (found)
        *out_hash = slot->hash;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

void etag_cache_put(EtagCache *cache, const struct stat *file, Hash128 hash) {
    FileIdentity identity = identity_of(file);
    Slot *slot = slot_of(cache, &identity);
    pthread_mutex_lock(&cache->lock);
    *slot = (Slot){identity, hash};
    pthread_mutex_unlock(&cache->lock);
}
