/* map.h - text keys to pointers: open addressing over XXH3, in insertion order when walked.
 *
 * Ownership: keys are copied into the map's arena; values are the caller's.
 * Threads: one at a time; reads of a map that nobody changes are safe from any. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

typedef struct MapEntry {
    Str key;
    void *value; /* NULL once removed */
    uint64_t hash;
} MapEntry;

typedef struct Map {
    Arena *arena;
    MapEntry *entries; /* insertion order, removed ones included */
    size_t entry_count, entry_capacity;
    uint32_t *slots; /* entry index + 1, 0 = free */
    size_t slot_count;
    size_t live_count;
} Map;

Map map_make(Arena *arena);
void *map_get(const Map *map, Str key);        /* NULL when absent */
void *map_put(Map *map, Str key, void *value); /* returns the value it replaced, or NULL */
void *map_remove(Map *map, Str key);           /* returns the value, or NULL */
/* for (size_t i = 0; map_next(&map, &i, &entry);) */
bool map_next(const Map *map, size_t *cursor, const MapEntry **out_entry);

#endif
