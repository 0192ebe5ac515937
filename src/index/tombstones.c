/* tombstones.c - sorted sets of row ids, and their bytes.
 *
 * Tested by: tests/unit/index/test_tombstones.c. */
#include "index/tombstones.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { VERSION = 1, PREFIX_BYTES = 16, HEADER_BYTES = 24, VARINT_MAX = 10 };
static const char magic[8] = "LHTOMBS\n";

static int compare_ids(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

RowIds row_ids_make(uint64_t *ids, size_t count) {
    if (count > 1)
        qsort(ids, count, sizeof *ids, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    return (RowIds){ids, kept};
}

RowIds row_ids_union(RowIds a, RowIds b, Arena *arena) {
    uint64_t *merged = ARENA_ARRAY(arena, uint64_t, a.count + b.count);
    size_t count = 0;
    size_t i = 0;
    size_t j = 0;
    while (i < a.count || j < b.count) {
        bool from_a = j == b.count || (i < a.count && a.ids[i] <= b.ids[j]);
        uint64_t id = from_a ? a.ids[i++] : b.ids[j++];
        if (count == 0 || merged[count - 1] != id)
            merged[count++] = id;
    }
    return (RowIds){merged, count};
}

static size_t lower_bound(RowIds rows, uint64_t id) {
    size_t from = 0;
    size_t to = rows.count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (rows.ids[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

bool row_ids_contain(RowIds rows, uint64_t id) {
    size_t at = lower_bound(rows, id);
    return at < rows.count && rows.ids[at] == id;
}

size_t row_ids_within(RowIds rows, uint64_t from, uint64_t to, size_t *out_first) {
    *out_first = lower_bound(rows, from);
    size_t end = to == UINT64_MAX ? rows.count : lower_bound(rows, to + 1);
    return end > *out_first ? end - *out_first : 0;
}

static void put_u32(char *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (8 * i) & 0xff);
}

static uint64_t get_le(const char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    return value;
}

static size_t put_varint(char *at, uint64_t value) {
    size_t length = 0;
    while (value >= 0x80) {
        at[length++] = (char)(value | 0x80);
        value >>= 7;
    }
    at[length++] = (char)value;
    return length;
}

Str tombstones_encode(RowIds rows, Arena *arena) {
    char *bytes = arena_alloc(arena, HEADER_BYTES + rows.count * VARINT_MAX);
    memcpy(bytes, magic, sizeof magic);
    put_u32(bytes + 8, VERSION);
    put_u32(bytes + 16, (uint32_t)(rows.count & UINT32_MAX));
    put_u32(bytes + 20, (uint32_t)((uint64_t)rows.count >> 32));
    size_t length = HEADER_BYTES;
    uint64_t previous = 0;
    for (size_t i = 0; i < rows.count; i++) {
        length += put_varint(bytes + length, rows.ids[i] - previous);
        previous = rows.ids[i];
    }
    put_u32(bytes + 12, crc32c(0, str_make(bytes + PREFIX_BYTES, length - PREFIX_BYTES)));
    return str_make(bytes, length);
}

/* False when the number does not end within the bytes or does not fit 64 bits. */
static bool get_varint(Str bytes, size_t *at, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && *at < bytes.length; shift += 7) {
        unsigned char byte = (unsigned char)bytes.data[(*at)++];
        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool tombstones_decode(Str bytes, Arena *arena, RowIds *out, Err *err) {
    if (bytes.length < HEADER_BYTES || memcmp(bytes.data, magic, sizeof magic) != 0)
        return err_fail(err, FAIL_CORRUPT, "not a list of deleted rows");
    if (get_le(bytes.data + 8, 4) != VERSION)
        return err_fail(err, FAIL_CORRUPT, "version %llu is not one that we know (1)",
                        (unsigned long long)get_le(bytes.data + 8, 4));
    Str body = str_slice(bytes, PREFIX_BYTES, bytes.length);
    if (crc32c(0, body) != get_le(bytes.data + 12, 4))
        return err_fail(err, FAIL_CORRUPT, "checksum does not match");
    uint64_t count = get_le(bytes.data + 16, 8);
    if (count > bytes.length - HEADER_BYTES) /* a byte each at least */
        return err_fail(err, FAIL_CORRUPT, "holds fewer ids than it says");
    uint64_t *ids = ARENA_ARRAY(arena, uint64_t, count);
    size_t at = HEADER_BYTES;
    uint64_t previous = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t step = 0;
        if (!get_varint(bytes, &at, &step) || step > UINT64_MAX - previous || (i > 0 && step == 0))
            return err_fail(err, FAIL_CORRUPT, "id %zu is damaged", i);
        ids[i] = previous += step;
    }
    if (at != bytes.length)
        return err_fail(err, FAIL_CORRUPT, "%zu bytes follow the last id", bytes.length - at);
    *out = (RowIds){ids, (size_t)count};
    return true;
}
