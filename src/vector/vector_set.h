/* vector_set.h - how an index reads its vectors: rows over blocks, distances, and keys that order.
 *
 * VectorRows finds the floats of a row. Over one block that is a multiplication; over several, a
 * small table says which block a group of rows begins in, and at most a few steps lead on.
 *
 * Distance is one metric over one table of kernels. Searches compare keys, not floats: the distance
 * mapped to an integer of the same order stands above the row, so one comparison orders by distance
 * and then by row. A distance that is not a number (it takes infinities or overflow) counts as
 * infinitely far.
 *
 * Ownership: VectorRows copies the blocks and borrows their floats.   Threads: immutable. */
#ifndef VECTOR_VECTOR_SET_H
#define VECTOR_VECTOR_SET_H

#include <string.h>

#include "base/hash.h"
#include "vector/kernels.h"
#include "vector/vector_index.h"

enum {
    VECTOR_DIMENSION_MAX = 65536,
    VECTOR_ROWS_MAX = INT32_MAX, /* a key keeps one bit for itself */
    VECTOR_ROW_GROUP_SHIFT = 10,
};

typedef struct VectorRows {
    const float *first_block; /* for rows below first_block_rows */
    uint32_t first_block_rows;
    uint32_t row_count;
    uint32_t dimension;
    uint32_t block_count;
    VectorBlock *blocks;    /* ours; only blocks that have rows */
    uint32_t *block_starts; /* first row of each */
    uint32_t *group_blocks; /* block of the first row of each group of 1 << SHIFT rows */
} VectorRows;

/* Block sums, dimension and pointers agree: FAIL_INVALID otherwise. */
MUST_CHECK bool vector_set_check(const VectorSet *set, Err *err);

VectorRows vector_rows_make(const VectorSet *set); /* of a checked set */
void vector_rows_free(VectorRows *rows);
uint64_t vector_rows_bytes(const VectorRows *rows); /* beside the floats */
/* `set` with its blocks taken from `rows`, so that the caller's array may go. */
VectorSet vector_rows_set(const VectorRows *rows, const VectorSet *set);
const float *vector_rows_find(const VectorRows *rows, uint32_t row); /* any block */

/* What tells one set of vectors from another: the count, the dimension, and the first, the last and
 * evenly spread rows between them of the first row_count rows. */
Hash128 vector_rows_fingerprint(const VectorRows *rows, uint32_t row_count);

static inline const float *vector_rows_at(const VectorRows *rows, uint32_t row) {
    if (row < rows->first_block_rows)
        return rows->first_block + (size_t)row * rows->dimension;
    return vector_rows_find(rows, row);
}

/* Asks for a row that will be read soon; of a long one only the beginning. */
static inline void vector_rows_prefetch(const VectorRows *rows, uint32_t row) {
    enum { LINE_BYTES = 64, BYTES_MAX = 4096 };
    const char *vector = (const char *)vector_rows_at(rows, row);
    size_t bytes = rows->dimension * sizeof(float);
    for (size_t at = 0; at < bytes && at < BYTES_MAX; at += LINE_BYTES)
        __builtin_prefetch(vector + at);
}

typedef struct Distance {
    float (*raw)(const float *a, const float *b, size_t dimension);
    void (*raw_rows)(const float *query, const float *rows, size_t count, size_t dimension,
                     float *out);
    float offset, scale; /* distance = offset + scale * raw */
    size_t dimension;
} Distance;

Distance distance_make(Metric metric, uint32_t dimension, const Kernels *kernels);

static inline float distance_of_raw(const Distance *distance, float raw) {
    return distance->offset + distance->scale * raw;
}

static inline float distance_between(const Distance *distance, const float *a, const float *b) {
    return distance_of_raw(distance, distance->raw(a, b, distance->dimension));
}

/* The key's low bit is free for its holder (a beam marks what it has expanded). */
typedef uint64_t HitKey;
enum { HIT_KEY_MARK = 1 };

static inline HitKey hit_key(float distance, uint32_t row) {
    if (!(distance == distance))
        distance = __builtin_inff();
    distance += 0.0f; /* minus zero becomes zero: they are one distance */
    uint32_t bits;
    memcpy(&bits, &distance, sizeof bits);
    bits = (bits & 0x80000000u) ? ~bits : bits | 0x80000000u;
    return (uint64_t)bits << 32 | (uint64_t)row << 1;
}

static inline uint32_t hit_key_row(HitKey key) {
    return (uint32_t)key >> 1;
}

static inline float hit_key_distance(HitKey key) {
    uint32_t bits = (uint32_t)(key >> 32);
    bits = (bits & 0x80000000u) ? bits & 0x7fffffffu : ~bits;
    float distance;
    memcpy(&distance, &bits, sizeof distance);
    return distance;
}

static inline bool row_allowed(const uint64_t *allowed, uint32_t row) {
    return allowed == NULL || (allowed[row >> 6] >> (row & 63) & 1) != 0;
}

#endif
