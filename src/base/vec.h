/* vec.h - a growing array of one type, inside an arena.
 *
 *     VEC(Str) names = {0};
 *     *vec_push(&names, arena) = STR("a");
 *     for (size_t i = 0; i < names.count; i++) use(names.items[i]);
 *
 * To name the type, for a field or a parameter: typedef VEC(Str) StrVec.
 * Growth moves the items: keep indexes, not pointers. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define ARRAY_LEN(array) (sizeof(array) / sizeof *(array))

#define VEC(Type)                                                                                  \
    struct {                                                                                       \
        Type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/* Address of one new, cleared item at the end. */
#define vec_push(vec, arena)                                                                       \
    ((vec)->items = vec_make_room((arena), (vec)->items, (vec)->count, &(vec)->capacity,           \
                                  sizeof *(vec)->items),                                           \
     memset(&(vec)->items[(vec)->count], 0, sizeof *(vec)->items), &(vec)->items[(vec)->count++])

typedef VEC(Str) StrVec;

/* Returns the items with room for one more. */
static inline void *vec_make_room(Arena *arena, void *items, size_t count, size_t *capacity,
                                  size_t item_bytes) {
    if (count < *capacity)
        return items;
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *moved = arena_grow(arena, items, *capacity * item_bytes, wanted * item_bytes);
    *capacity = wanted;
    return moved;
}

#endif
