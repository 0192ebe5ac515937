/* pii_sample.c - bottom-k by hash, pruned in bulk.
 *
 * The textbook keeps a heap. We collect up to twice as much as is wanted, then sort by hash, keep
 * the front and lower the limit to the first hash that fell out: no deletion from the table of
 * hashes, and the cost of a kept value is constant on average. The limit only ever falls, and
 * whatever lies above it could not be in the final front either, since the values below it only
 * grow in number and bytes: hence the independence of order.
 *
 * Tested by: test_pii_sample.c (against a sort of all distinct values, any order, byte bounds). */
#include "pii/pii_sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ENTRIES = 64, FIRST_BYTES = 1024 };

static void *must_grow(void *memory, size_t bytes) {
    void *grown = realloc(memory, bytes);
    if (grown == NULL) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    return grown;
}

void pii_sample_init(PiiSample *sample, size_t values_max, size_t bytes_max) {
    assert(values_max > 0 && bytes_max >= PII_VALUE_BYTES && bytes_max < UINT32_MAX / 4);
    *sample = (PiiSample){.limit = UINT64_MAX, .values_max = values_max, .bytes_max = bytes_max};
}

void pii_sample_deinit(PiiSample *sample) {
    free(sample->entries);
    free(sample->slots);
    free(sample->bytes);
    *sample = (PiiSample){0};
}

/* The slot of that hash, or the free one where it belongs. Small hashes are what we keep, so their
 * low bits spread them. */
static size_t find_slot(const PiiSample *sample, uint64_t hash) {
    size_t mask = sample->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (sample->slots[at] != 0 && sample->entries[sample->slots[at] - 1].hash != hash)
        at = (at + 1) & mask;
    return at;
}

static void fill_slots(PiiSample *sample) {
    memset(sample->slots, 0, sample->slot_count * sizeof *sample->slots);
    for (size_t i = 0; i < sample->count; i++)
        sample->slots[find_slot(sample, sample->entries[i].hash)] = (uint32_t)i + 1;
}

static void grow_entries(PiiSample *sample) {
    sample->capacity = sample->capacity == 0 ? FIRST_ENTRIES : sample->capacity * 2;
    sample->entries = must_grow(sample->entries, sample->capacity * sizeof *sample->entries);
    sample->slot_count = sample->capacity * 2;
    sample->slots = must_grow(sample->slots, sample->slot_count * sizeof *sample->slots);
    fill_slots(sample);
}

static int by_hash(const void *a, const void *b) {
    uint64_t left = ((const PiiSampled *)a)->hash, right = ((const PiiSampled *)b)->hash;
    return left < right ? -1 : left > right;
}

/* How many of the sorted entries may stay. */
static size_t front_count(const PiiSample *sample) {
    size_t bytes = 0;
    for (size_t i = 0; i < sample->count; i++) {
        bytes += sample->entries[i].length;
        if (i == sample->values_max || bytes > sample->bytes_max)
            return i;
    }
    return sample->count;
}

/* The bytes of the entries that stayed, and of no other. */
static void compact_bytes(PiiSample *sample) {
    char *bytes = must_grow(NULL, sample->bytes_capacity);
    size_t used = 0;
    for (size_t i = 0; i < sample->count; i++) {
        PiiSampled *entry = &sample->entries[i];
        memcpy(bytes + used, sample->bytes + entry->offset, entry->length);
        entry->offset = (uint32_t)used;
        used += entry->length;
    }
    free(sample->bytes);
    sample->bytes = bytes;
    sample->bytes_used = used;
}

void pii_sample_prune(PiiSample *sample) {
    if (sample->count == 0)
        return;
    qsort(sample->entries, sample->count, sizeof *sample->entries, by_hash);
    size_t front = front_count(sample);
    if (front < sample->count) {
        sample->limit = sample->entries[front].hash;
        sample->count = front;
        if (sample->bytes != NULL)
            compact_bytes(sample);
    }
    fill_slots(sample);
}

static uint32_t put_bytes(PiiSample *sample, Str value) {
    size_t wanted = sample->bytes_used + value.length;
    if (wanted > sample->bytes_capacity) {
        size_t capacity = sample->bytes_capacity == 0 ? FIRST_BYTES : sample->bytes_capacity;
        while (capacity < wanted)
            capacity *= 2;
        sample->bytes = must_grow(sample->bytes, capacity);
        sample->bytes_capacity = capacity;
    }
    if (value.length > 0)
        memcpy(sample->bytes + sample->bytes_used, value.data, value.length);
    uint32_t offset = (uint32_t)sample->bytes_used;
    sample->bytes_used = wanted;
    return offset;
}

void pii_sample_keep(PiiSample *sample, uint64_t hash, Str value) {
    if (sample->count == sample->capacity)
        grow_entries(sample);
    size_t slot = find_slot(sample, hash);
    if (sample->slots[slot] != 0)
        return;
    uint32_t offset = put_bytes(sample, value);
    sample->entries[sample->count++] = (PiiSampled){hash, offset, (uint32_t)value.length};
    sample->slots[slot] = (uint32_t)sample->count;
    if (sample->count == 2 * sample->values_max || sample->bytes_used > 2 * sample->bytes_max)
        pii_sample_prune(sample);
}
