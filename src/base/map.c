/* map.c - linear probing over entry numbers; the entries themselves stay in insertion order.
 *
 * Slots hold 32-bit entry numbers, so a probe touches little memory and growing moves no entry.
 * A removed entry stays as a tombstone (value NULL) and is dropped when the slots are rebuilt,
 * which happens when three quarters of them are taken. Keys that hash alike only cost time:
 * equality is decided by the bytes.
 *
 * Tested by: tests/unit/base/test_map.c (random operations against a naive twin). */
#include "base/map.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

enum { MAP_SLOTS_MIN = 16 };

Map map_make(Arena *arena) {
    return (Map){.arena = arena};
}

/* The slot that holds the key, or the free one where it would go. */
static size_t find_slot(const Map *map, Str key, uint64_t hash) {
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)hash & mask;
    for (; map->slots[slot] != 0; slot = (slot + 1) & mask) {
        const MapEntry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && str_eq(entry->key, key))
            break;
    }
    return slot;
}

static MapEntry *find_entry(const Map *map, Str key, uint64_t hash) {
    if (map->slot_count == 0)
        return NULL;
    uint32_t number = map->slots[find_slot(map, key, hash)];
    return number == 0 ? NULL : &map->entries[number - 1];
}

/* Drops tombstones, in place, and lays out slots for twice the live entries. */
static void rebuild(Map *map) {
    assert(map->entry_count == 0 || map->entries != NULL);
    size_t kept = 0;
    for (size_t i = 0; i < map->entry_count; i++)
        if (map->entries[i].value != NULL)
            map->entries[kept++] = map->entries[i];
    map->entry_count = kept;
    size_t wanted = MAP_SLOTS_MIN;
    while (wanted < map->live_count * 2 + 2)
        wanted *= 2;
    if (wanted != map->slot_count) {
        map->slots = ARENA_ARRAY(map->arena, uint32_t, wanted);
        map->slot_count = wanted;
    } else {
        memset(map->slots, 0, wanted * sizeof *map->slots);
    }
    for (size_t i = 0; i < kept; i++) {
        size_t slot = (size_t)map->entries[i].hash & (wanted - 1);
        while (map->slots[slot] != 0)
            slot = (slot + 1) & (wanted - 1);
        map->slots[slot] = (uint32_t)i + 1;
    }
}

void *map_get(const Map *map, Str key) {
    const MapEntry *entry = find_entry(map, key, hash64(key));
    return entry == NULL ? NULL : entry->value;
}

void *map_put(Map *map, Str key, void *value) {
    assert(value != NULL && map->entry_count < UINT32_MAX - 1);
    uint64_t hash = hash64(key);
    MapEntry *known = find_entry(map, key, hash);
    if (known != NULL) {
        void *old = known->value;
        known->value = value;
        map->live_count += old == NULL;
        return old;
    }
    if ((map->entry_count + 1) * 4 > map->slot_count * 3)
        rebuild(map);
    if (map->entry_count == map->entry_capacity) {
        size_t wanted = map->entry_capacity == 0 ? MAP_SLOTS_MIN : map->entry_capacity * 2;
        map->entries = arena_grow(map->arena, map->entries, map->entry_capacity * sizeof(MapEntry),
                                  wanted * sizeof(MapEntry));
        map->entry_capacity = wanted;
    }
    assert(map->entries != NULL);
    map->entries[map->entry_count++] = (MapEntry){str_dup(map->arena, key), value, hash};
    map->slots[find_slot(map, key, hash)] = (uint32_t)map->entry_count;
    map->live_count++;
    return NULL;
}

void *map_remove(Map *map, Str key) {
    MapEntry *entry = find_entry(map, key, hash64(key));
    if (entry == NULL || entry->value == NULL)
        return NULL;
    void *old = entry->value;
    entry->value = NULL;
    map->live_count--;
    return old;
}

bool map_next(const Map *map, size_t *cursor, const MapEntry **out_entry) {
    while (*cursor < map->entry_count) {
        const MapEntry *entry = &map->entries[(*cursor)++];
        if (entry->value != NULL) {
            *out_entry = entry;
            return true;
        }
    }
    return false;
}
