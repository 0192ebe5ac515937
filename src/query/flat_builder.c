/* flat_builder.c - FlatBuffers from the end to the front.
 *
 * A table is: its fields, then (in front of them, so pushed later) the distance to its vtable, then
 * the vtable itself: its own size, the table's size, and for each slot the field's distance from
 * the table's start. Equal vtables are not shared; the format allows that and our tables are few.
 *
 * Little-endian machines only, as the whole program.
 *
 * Tested by: test_query_formats.c, tests/e2e/test_sql_formats.py (pyarrow reads it). */
#include "query/flat_builder.h"

#include <assert.h>
#include <string.h>

enum { FIRST_BYTES = 1024, BYTES_MAX = 1 << 30 };

FlatBuilder flat_make(Arena *arena) {
    FlatBuilder builder = {.arena = arena, .capacity = FIRST_BYTES, .align = 4};
    builder.data = arena_alloc_zero(arena, FIRST_BYTES);
    return builder;
}

static void make_room(FlatBuilder *builder, uint32_t bytes) {
    uint32_t wanted = builder->capacity;
    while (wanted - builder->size < bytes) {
        assert(wanted < BYTES_MAX);
        wanted *= 2;
    }
    if (wanted == builder->capacity)
        return;
    uint8_t *moved = arena_alloc_zero(builder->arena, wanted);
    memcpy(moved + wanted - builder->size, builder->data + builder->capacity - builder->size,
           builder->size);
    builder->data = moved;
    builder->capacity = wanted;
}

static void push(FlatBuilder *builder, const void *bytes, uint32_t count) {
    make_room(builder, count);
    builder->size += count;
    if (count > 0)
        memcpy(builder->data + builder->capacity - builder->size, bytes, count);
}

/* Pads so that after `more` further bytes the end is aligned. */
static void align(FlatBuilder *builder, uint32_t to, uint32_t more) {
    static const uint8_t zeros[8];
    if (to > builder->align)
        builder->align = to;
    push(builder, zeros, (to - (builder->size + more) % to) % to);
}

static void push_u32(FlatBuilder *builder, uint32_t value) {
    push(builder, &value, sizeof value);
}

/* A reference holds the way from itself to the object. */
static void push_ref(FlatBuilder *builder, FlatRef ref) {
    align(builder, 4, 0);
    push_u32(builder, builder->size + 4 - ref);
}

FlatRef flat_string(FlatBuilder *builder, Str text) {
    align(builder, 4, (uint32_t)text.length + 1);
    push(builder, "", 1);
    push(builder, text.data, (uint32_t)text.length);
    push_u32(builder, (uint32_t)text.length);
    return builder->size;
}

FlatRef flat_vector_refs(FlatBuilder *builder, const FlatRef *refs, size_t count) {
    align(builder, 4, 0);
    for (size_t i = count; i > 0; i--)
        push_ref(builder, refs[i - 1]);
    push_u32(builder, (uint32_t)count);
    return builder->size;
}

FlatRef flat_vector_i32(FlatBuilder *builder, const int32_t *values, size_t count) {
    align(builder, 4, 0);
    push(builder, values, (uint32_t)(count * sizeof *values));
    push_u32(builder, (uint32_t)count);
    return builder->size;
}

FlatRef flat_vector_words(FlatBuilder *builder, const int64_t *values, size_t count, size_t words) {
    uint32_t bytes = (uint32_t)(count * words * sizeof *values);
    align(builder, 8, bytes);
    push(builder, values, bytes);
    push_u32(builder, (uint32_t)count);
    return builder->size;
}

/* ---- tables ---- */

void flat_table_begin(FlatBuilder *builder) {
    builder->table_from = builder->size;
    memset(builder->slots, 0, sizeof builder->slots);
}

static void push_field(FlatBuilder *builder, unsigned slot, const void *value, uint32_t bytes) {
    assert(slot < FLAT_SLOTS_MAX);
    align(builder, bytes, 0);
    push(builder, value, bytes);
    builder->slots[slot] = builder->size;
}

void flat_table_u8(FlatBuilder *builder, unsigned slot, uint8_t value) {
    push_field(builder, slot, &value, sizeof value);
}

void flat_table_i16(FlatBuilder *builder, unsigned slot, int16_t value) {
    push_field(builder, slot, &value, sizeof value);
}

void flat_table_i32(FlatBuilder *builder, unsigned slot, int32_t value) {
    push_field(builder, slot, &value, sizeof value);
}

void flat_table_i64(FlatBuilder *builder, unsigned slot, int64_t value) {
    push_field(builder, slot, &value, sizeof value);
}

void flat_table_ref(FlatBuilder *builder, unsigned slot, FlatRef ref) {
    push_ref(builder, ref);
    builder->slots[slot] = builder->size;
}

FlatRef flat_table_end(FlatBuilder *builder) {
    align(builder, 4, 0);
    push_u32(builder, 0); /* the way to the vtable, filled in below */
    FlatRef table = builder->size;
    unsigned count = FLAT_SLOTS_MAX;
    while (count > 0 && builder->slots[count - 1] == 0)
        count--;
    uint16_t vtable[FLAT_SLOTS_MAX + 2];
    vtable[0] = (uint16_t)((count + 2) * sizeof *vtable);
    vtable[1] = (uint16_t)(table - builder->table_from);
    for (unsigned i = 0; i < count; i++)
        vtable[i + 2] = (uint16_t)(builder->slots[i] == 0 ? 0 : table - builder->slots[i]);
    align(builder, 2, vtable[0]);
    push(builder, vtable, vtable[0]);
    int32_t way = (int32_t)(builder->size - table);
    memcpy(builder->data + builder->capacity - table, &way, sizeof way);
    return table;
}

Str flat_finish(FlatBuilder *builder, FlatRef root) {
    align(builder, builder->align, 4);
    push_ref(builder, root);
    return str_make(builder->data + builder->capacity - builder->size, builder->size);
}
