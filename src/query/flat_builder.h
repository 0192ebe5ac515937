/* flat_builder.h - write FlatBuffers (flatbuffers.dev/internals): tables, vectors, strings.
 *
 * The buffer grows downwards, children before parents, as the format wants it: every reference
 * points forward. A reference is the distance of an object from the buffer's end.
 *
 *     FlatRef name = flat_string(&b, STR("id"));
 *     flat_table_begin(&b);
 *     flat_table_ref(&b, 0, name);
 *     flat_table_i64(&b, 3, 17);
 *     Str bytes = flat_finish(&b, flat_table_end(&b));
 *
 * Ownership: bytes live in the arena.   Threads: one at a time. */
#ifndef QUERY_FLAT_BUILDER_H
#define QUERY_FLAT_BUILDER_H

#include "base/str.h"

typedef uint32_t FlatRef;

enum { FLAT_SLOTS_MAX = 8 };

typedef struct FlatBuilder {
    Arena *arena;
    uint8_t *data; /* bytes are in its last `size` */
    uint32_t capacity, size;
    uint32_t align;                 /* the largest asked for */
    uint32_t table_from;            /* size when the open table began */
    uint32_t slots[FLAT_SLOTS_MAX]; /* size just after each field; 0 = absent */
} FlatBuilder;

FlatBuilder flat_make(Arena *arena);

FlatRef flat_string(FlatBuilder *builder, Str text);
FlatRef flat_vector_refs(FlatBuilder *builder, const FlatRef *refs, size_t count);
FlatRef flat_vector_i32(FlatBuilder *builder, const int32_t *values, size_t count);
/* Structs of `words` 64-bit integers each. */
FlatRef flat_vector_words(FlatBuilder *builder, const int64_t *values, size_t count, size_t words);

/* One table at a time: its strings and vectors are made before it begins. */
void flat_table_begin(FlatBuilder *builder);
void flat_table_u8(FlatBuilder *builder, unsigned slot, uint8_t value);
void flat_table_i16(FlatBuilder *builder, unsigned slot, int16_t value);
void flat_table_i32(FlatBuilder *builder, unsigned slot, int32_t value);
void flat_table_i64(FlatBuilder *builder, unsigned slot, int64_t value);
void flat_table_ref(FlatBuilder *builder, unsigned slot, FlatRef ref);
FlatRef flat_table_end(FlatBuilder *builder);

Str flat_finish(FlatBuilder *builder, FlatRef root);

#endif
