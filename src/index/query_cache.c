/* query_cache.c - a hash table whose entries also form a list in the order of their last use.
 *
 * The key is the model's fingerprint and the text, so a vector of one model is never handed to an
 * index of another. All entries are made at the start; replacing one frees only its own text and
 * vector, so memory is bounded by entries * (4 KiB + a vector).
 *
 * Tested by: tests/unit/index/test_query_cache.c, against a naive list. */
#include "index/query_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX

typedef struct Entry {
    uint64_t hash;
    char *key; /* fingerprint, then text */
    size_t key_length, fingerprint_length;
    float *vector;
    uint32_t dimension;
    uint32_t newer, older; /* by last use */
    uint32_t chain;        /* next in its bucket, or next free one */
} Entry;

struct QueryCache {
    pthread_mutex_t lock; /* protects everything below */
    Entry *entries;
    uint32_t capacity, count;
    uint32_t *buckets;
    uint32_t bucket_count;
    uint32_t newest, oldest;
};

static void *must_alloc(size_t size) {
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL)
        abort();
    return memory;
}

QueryCache *query_cache_create(uint32_t entries) {
    QueryCache *cache = must_alloc(sizeof *cache);
    *cache = (QueryCache){.capacity = entries, .newest = NONE, .oldest = NONE};
    pthread_mutex_init(&cache->lock, NULL);
    cache->entries = must_alloc(entries * sizeof *cache->entries);
    memset(cache->entries, 0, entries * sizeof *cache->entries);
    cache->bucket_count = entries * 2 + 1;
    cache->buckets = must_alloc(cache->bucket_count * sizeof *cache->buckets);
    for (uint32_t i = 0; i < cache->bucket_count; i++)
        cache->buckets[i] = NONE;
    return cache;
}

void query_cache_destroy(QueryCache *cache) {
    if (cache == NULL)
        return;
    for (uint32_t i = 0; i < cache->count; i++) {
        free(cache->entries[i].key);
        free(cache->entries[i].vector);
    }
    free(cache->entries);
    free(cache->buckets);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static uint64_t key_hash(Str fingerprint, Str text) {
    return hash64_seeded(text, hash64(fingerprint));
}

static bool entry_is(const Entry *entry, uint64_t hash, Str fingerprint, Str text) {
    return entry->hash == hash && entry->fingerprint_length == fingerprint.length &&
           str_eq(str_make(entry->key, fingerprint.length), fingerprint) &&
           str_eq(str_make(entry->key + fingerprint.length, entry->key_length - fingerprint.length),
                  text);
}

static uint32_t find_locked(const QueryCache *cache, uint64_t hash, Str fingerprint, Str text) {
    uint32_t at = cache->buckets[hash % cache->bucket_count];
    while (at != NONE && !entry_is(&cache->entries[at], hash, fingerprint, text))
        at = cache->entries[at].chain;
    return at;
}

static void unlink_locked(QueryCache *cache, uint32_t at) {
    Entry *entry = &cache->entries[at];
    if (entry->newer == NONE)
        cache->newest = entry->older;
    else
        cache->entries[entry->newer].older = entry->older;
    if (entry->older == NONE)
        cache->oldest = entry->newer;
    else
        cache->entries[entry->older].newer = entry->newer;
}

static void link_newest_locked(QueryCache *cache, uint32_t at) {
    Entry *entry = &cache->entries[at];
    entry->newer = NONE;
    entry->older = cache->newest;
    if (cache->newest == NONE)
        cache->oldest = at;
    else
        cache->entries[cache->newest].newer = at;
    cache->newest = at;
}

static void leave_bucket_locked(QueryCache *cache, uint32_t at) {
    uint32_t *link = &cache->buckets[cache->entries[at].hash % cache->bucket_count];
    while (*link != at)
        link = &cache->entries[*link].chain;
    *link = cache->entries[at].chain;
}

bool query_cache_get(QueryCache *cache, Str fingerprint, Str text, uint32_t dimension, float *out) {
    if (cache->capacity == 0 || text.length > QUERY_CACHE_TEXT_MAX)
        return false;
    uint64_t hash = key_hash(fingerprint, text);
    pthread_mutex_lock(&cache->lock);
    uint32_t at = find_locked(cache, hash, fingerprint, text);
    bool found = at != NONE && cache->entries[at].dimension == dimension;
    if (found) {
        memcpy(out, cache->entries[at].vector, dimension * sizeof *out);
        unlink_locked(cache, at);
        link_newest_locked(cache, at);
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* A place for a new entry: a fresh one, or the one used longest ago. */
static uint32_t take_place_locked(QueryCache *cache) {
    if (cache->count < cache->capacity)
        return cache->count++;
    uint32_t at = cache->oldest;
    unlink_locked(cache, at);
    leave_bucket_locked(cache, at);
    free(cache->entries[at].key);
    free(cache->entries[at].vector);
    return at;
}

void query_cache_put(QueryCache *cache, Str fingerprint, Str text, uint32_t dimension,
                     const float *vector) {
    if (cache->capacity == 0 || text.length > QUERY_CACHE_TEXT_MAX)
        return;
    Entry entry = {.hash = key_hash(fingerprint, text), .dimension = dimension};
    entry.fingerprint_length = fingerprint.length;
    entry.key_length = fingerprint.length + text.length;
    entry.key = must_alloc(entry.key_length);
    memcpy(entry.key, fingerprint.data, fingerprint.length);
    memcpy(entry.key + fingerprint.length, text.data, text.length);
    entry.vector = must_alloc(dimension * sizeof *vector);
    memcpy(entry.vector, vector, dimension * sizeof *vector);

    pthread_mutex_lock(&cache->lock);
    bool known = find_locked(cache, entry.hash, fingerprint, text) != NONE;
    if (!known) {
        uint32_t at = take_place_locked(cache);
        uint32_t *bucket = &cache->buckets[entry.hash % cache->bucket_count];
        entry.chain = *bucket;
        *bucket = at;
        cache->entries[at] = entry;
        link_newest_locked(cache, at);
    }
    pthread_mutex_unlock(&cache->lock);
    if (known) { /* two callers embedded the same text at once */
        free(entry.key);
        free(entry.vector);
    }
}

uint32_t query_cache_count(QueryCache *cache) {
    pthread_mutex_lock(&cache->lock);
    uint32_t count = cache->count;
    pthread_mutex_unlock(&cache->lock);
    return count;
}
