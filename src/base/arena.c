/* arena.c - a list of blocks, filled from the front; each new block is twice the last up to 1 MiB.
 *
 * A request larger than half a block gets a block of its own, so a big result does not waste the
 * tail of the current one. Rewinding frees the blocks made since the mark.
 *
 * Tested by: tests/unit/base/test_arena.c, and poisoned under AddressSanitizer. */
#include "base/arena.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#ifndef __clang__ /* gcc takes poisoning fresh memory for a read of it */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#define POISON(address, size)   __asan_poison_memory_region((address), (size))
#define UNPOISON(address, size) __asan_unpoison_memory_region((address), (size))
#else
#define POISON(address, size)   ((void)(address), (void)(size))
#define UNPOISON(address, size) ((void)(address), (void)(size))
#endif

enum { ARENA_ALIGN = 16, ARENA_BLOCK_MIN = 4096, ARENA_BLOCK_MAX = 1 << 20 };

typedef struct Block {
    struct Block *previous;
    size_t capacity;
    size_t used;
    _Alignas(ARENA_ALIGN) unsigned char bytes[];
} Block;

typedef struct Defer {
    struct Defer *previous;
    ArenaDeferFn close_fn;
    void *handle;
} Defer;

struct Arena {
    Block *block; /* newest; never NULL */
    Defer *defers;
    size_t total;
};

static void out_of_memory(size_t size) {
    fprintf(stderr, "lakehouse: out of memory (%zu bytes asked)\n", size);
    abort();
}

static Block *block_create(size_t capacity, Block *previous) {
    if (capacity > SIZE_MAX - sizeof(Block))
        out_of_memory(capacity);
    Block *block = malloc(sizeof(Block) + capacity);
    if (block == NULL)
        out_of_memory(capacity);
    block->previous = previous;
    block->capacity = capacity;
    block->used = 0;
    POISON(block->bytes, capacity);
    return block;
}

static void block_free(Block *block) {
    UNPOISON(block->bytes, block->capacity);
    free(block);
}

Arena *arena_create(void) {
    Arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        out_of_memory(sizeof *arena);
    arena->block = block_create(ARENA_BLOCK_MIN, NULL);
    return arena;
}

static void run_defers(Arena *arena, const Defer *until) {
    while (arena->defers != until) {
        Defer *defer = arena->defers;
        arena->defers = defer->previous;
        defer->close_fn(defer->handle);
    }
}

static void free_blocks(Arena *arena, const Block *until) {
    while (arena->block != until) {
        Block *block = arena->block;
        arena->block = block->previous;
        arena->total -= block->used;
        block_free(block);
    }
}

void arena_destroy(Arena *arena) {
    if (arena == NULL)
        return;
    run_defers(arena, NULL);
    free_blocks(arena, NULL);
    free(arena);
}

void arena_reset(Arena *arena) {
    run_defers(arena, NULL);
    Block *first = arena->block;
    while (first->previous != NULL)
        first = first->previous;
    free_blocks(arena, first);
    POISON(first->bytes, first->capacity);
    first->used = 0;
    arena->total = 0;
}

static size_t round_up(size_t size) {
    if (size > SIZE_MAX - ARENA_ALIGN)
        out_of_memory(size);
    return size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

void *arena_alloc(Arena *arena, size_t size_bytes) {
    size_t size = round_up(size_bytes);
    Block *block = arena->block;
    if (size > block->capacity - block->used) {
        size_t next = block->capacity < ARENA_BLOCK_MAX / 2 ? block->capacity * 2 : ARENA_BLOCK_MAX;
        block = arena->block = block_create(size > next / 2 ? size : next, block);
    }
    void *memory = block->bytes + block->used;
    UNPOISON(memory, size_bytes);
    block->used += size;
    arena->total += size;
    return memory;
}

void *arena_alloc_zero(Arena *arena, size_t size_bytes) {
    return memset(arena_alloc(arena, size_bytes), 0, size_bytes);
}

void *arena_alloc_array(Arena *arena, size_t count, size_t size_bytes) {
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total))
        out_of_memory(SIZE_MAX);
    return arena_alloc_zero(arena, total);
}

void *arena_grow(Arena *arena, void *old, size_t old_bytes, size_t new_bytes) {
    Block *block = arena->block;
    size_t old_size = round_up(old_bytes);
    size_t new_size = round_up(new_bytes);
    unsigned char *newest = block->used >= old_size ? block->bytes + block->used - old_size : NULL;
    if (old != NULL && old == newest && new_size <= block->capacity - (block->used - old_size)) {
        UNPOISON(old, new_bytes);
        block->used += new_size - old_size;
        arena->total += new_size - old_size;
        return old;
    }
    void *memory = arena_alloc(arena, new_bytes);
    if (old != NULL)
        memcpy(memory, old, old_bytes < new_bytes ? old_bytes : new_bytes);
    return memory;
}

void arena_defer(Arena *arena, ArenaDeferFn close_fn, void *handle) {
    Defer *defer = arena_alloc(arena, sizeof *defer);
    *defer = (Defer){arena->defers, close_fn, handle};
    arena->defers = defer;
}

ArenaMark arena_mark(Arena *arena) {
    return (ArenaMark){arena->block, arena->block->used, arena->defers};
}

void arena_rewind(Arena *arena, ArenaMark mark) {
    run_defers(arena, mark.defers);
    free_blocks(arena, mark.block);
    Block *block = arena->block;
    arena->total -= block->used - mark.used;
    POISON(block->bytes + mark.used, block->capacity - mark.used);
    block->used = mark.used;
}

size_t arena_used_bytes(const Arena *arena) {
    return arena->total;
}
