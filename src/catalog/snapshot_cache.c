/* snapshot_cache.c - a small table of counted entries; the one not used for longest goes first.
 *
 * Few snapshots are in use at a time (the newest of each dataset, those that indexes reflect), so a
 * scan over at most ENTRIES_MAX hashes is all the search it needs.
 *
 * Tested by: tests/unit/catalog/test_snapshot_cache.c. */
#include "catalog/snapshot_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"

enum { ENTRIES_MAX = 512 };

typedef struct Entry {
    Arena *arena; /* holds the snapshot and this */
    Snapshot snapshot;
    Str name;
    uint64_t hash;
    uint64_t size_bytes;
    uint64_t used_at;
    _Atomic size_t references;
} Entry;

struct SnapshotCache {
    pthread_mutex_t lock; /* protects everything below */
    Entry *entries[ENTRIES_MAX];
    size_t count;
    uint64_t bytes, bytes_max;
    uint64_t clock;
};

static void release(void *handle) {
    Entry *entry = handle;
    if (atomic_fetch_sub(&entry->references, 1) == 1)
        arena_destroy(entry->arena);
}

static void hand_out(Entry *entry, Arena *arena) {
    atomic_fetch_add(&entry->references, 1);
    arena_defer(arena, release, entry);
}

SnapshotCache *snapshot_cache_create(uint64_t bytes_max) {
    SnapshotCache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    cache->bytes_max = bytes_max;
    return cache;
}

void snapshot_cache_destroy(SnapshotCache *cache) {
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++)
        release(cache->entries[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static Entry *find_locked(SnapshotCache *cache, Str name) {
    uint64_t hash = hash64(name);
    for (size_t i = 0; i < cache->count; i++)
        if (cache->entries[i]->hash == hash && str_eq(cache->entries[i]->name, name))
            return cache->entries[i];
    return NULL;
}

static void drop_oldest_locked(SnapshotCache *cache) {
    size_t oldest = 0;
    for (size_t i = 1; i < cache->count; i++)
        if (cache->entries[i]->used_at < cache->entries[oldest]->used_at)
            oldest = i;
    cache->bytes -= cache->entries[oldest]->size_bytes;
    release(cache->entries[oldest]);
    cache->entries[oldest] = cache->entries[--cache->count];
}

bool snapshot_cache_get(SnapshotCache *cache, Str name, Arena *arena, Snapshot *out) {
    pthread_mutex_lock(&cache->lock);
    Entry *entry = find_locked(cache, name);
    if (entry != NULL) {
        entry->used_at = ++cache->clock;
        hand_out(entry, arena);
        *out = entry->snapshot;
    }
    pthread_mutex_unlock(&cache->lock);
    return entry != NULL;
}

void snapshot_cache_put(SnapshotCache *cache, Str name, Arena *own, const Snapshot *snapshot,
                        Arena *arena) {
    Entry *entry = ARENA_NEW(own, Entry);
    entry->arena = own;
    entry->snapshot = *snapshot;
    entry->name = str_dup(own, name);
    entry->hash = hash64(name);
    entry->size_bytes = arena_used_bytes(own);
    atomic_init(&entry->references, 0);
    hand_out(entry, arena);
    pthread_mutex_lock(&cache->lock);
    if (find_locked(cache, name) == NULL && entry->size_bytes <= cache->bytes_max) {
        while (cache->count == ENTRIES_MAX || cache->bytes + entry->size_bytes > cache->bytes_max)
            drop_oldest_locked(cache);
        atomic_fetch_add(&entry->references, 1);
        entry->used_at = ++cache->clock;
        cache->entries[cache->count++] = entry;
        cache->bytes += entry->size_bytes;
    }
    pthread_mutex_unlock(&cache->lock);
}
