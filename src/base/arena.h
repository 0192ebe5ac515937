/* arena.h - memory that ends all at once: with a request, a job, a snapshot, a scratch mark.
 *
 * Allocation never fails visibly: small requests abort when memory is gone (a bug elsewhere has
 * eaten it); anything whose size input decides must ask the memory budget first. Memory is
 * 16-byte aligned and not cleared unless the function says so. arena_defer runs clean-ups, last
 * first, when the arena ends or is rewound past them, so that a handle can live as long as the
 * request that opened it.
 *
 * Under AddressSanitizer freed and unused space is poisoned.
 *
 * Ownership: the caller of arena_create destroys it; nobody stores a pointer into an arena that
 * ends sooner than he does.   Threads: one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define RETURNS_NONNULL __attribute__((returns_nonnull))

typedef struct Arena Arena;
typedef void (*ArenaDeferFn)(void *handle);

/* A place to come back to with arena_rewind. */
typedef struct ArenaMark {
    void *block;
    size_t used;
    void *defers;
} ArenaMark;

Arena *arena_create(void);
void arena_destroy(Arena *arena); /* NULL is fine; runs the defers */
void arena_reset(Arena *arena);   /* empties it, keeps one block */

RETURNS_NONNULL void *arena_alloc(Arena *arena, size_t size_bytes);
RETURNS_NONNULL void *arena_alloc_zero(Arena *arena, size_t size_bytes);
/* count * size with an overflow check; cleared. */
RETURNS_NONNULL void *arena_alloc_array(Arena *arena, size_t count, size_t size_bytes);
/* As realloc: grows in place when `old` is the newest allocation, otherwise copies. */
RETURNS_NONNULL void *arena_grow(Arena *arena, void *old, size_t old_bytes, size_t new_bytes);

void arena_defer(Arena *arena, ArenaDeferFn close_fn, void *handle);

ArenaMark arena_mark(Arena *arena);
void arena_rewind(Arena *arena, ArenaMark mark);

size_t arena_used_bytes(const Arena *arena);

#define ARENA_NEW(arena, Type)          ((Type *)arena_alloc_zero((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_alloc_array((arena), (count), sizeof(Type)))

#endif
