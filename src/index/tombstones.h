/* tombstones.h - the ids of rows that are no longer part of an index, though still in a segment.
 *
 * One immutable object per published change, named by the head. Bytes, little-endian:
 *
 *     0   8  magic "LHTOMBS\n"
 *     8   4  version, 1
 *     12  4  CRC-32C of everything from byte 16 on
 *     16  8  count
 *     24  -  the ids in rising order: the first, then each one's distance to the one before, as
 *            LEB128 (7 bits a byte, low ones first, high bit set on all but the last)
 *
 * Runs of dead rows cost a byte each. Bytes that are not exactly this are FAIL_CORRUPT.
 *
 * Ownership: ids live in the caller's arena.   Threads: pure functions. */
#ifndef INDEX_TOMBSTONES_H
#define INDEX_TOMBSTONES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct RowIds {
    const uint64_t *ids; /* strictly rising */
    size_t count;
} RowIds;

Str tombstones_encode(RowIds rows, Arena *arena);
MUST_CHECK bool tombstones_decode(Str bytes, Arena *arena, RowIds *out, Err *err);

/* Sorts and removes repeats, in place. */
RowIds row_ids_make(uint64_t *ids, size_t count);
RowIds row_ids_union(RowIds a, RowIds b, Arena *arena);
bool row_ids_contain(RowIds rows, uint64_t id);
/* How many are in [from, to]; *out_first is the index of the first of them. */
size_t row_ids_within(RowIds rows, uint64_t from, uint64_t to, size_t *out_first);

#endif
