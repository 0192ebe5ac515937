/* pii_sample.h - a uniform sample of the distinct values of a column, in bounded memory.
 *
 * Bottom-k: of all values ever added those with the smallest hashes stay. Kept are the distinct
 * values in the order of their hashes as long as there are at most `values_max` of them with
 * `bytes_max` bytes; so the result depends on the set of values alone, neither on their order nor
 * on how often each came. Once the sample is full, a value costs one hash and one comparison.
 *
 * A value counts by its first PII_VALUE_BYTES. Two values with one 64-bit hash are taken for one.
 *
 * Ownership: copies what it keeps.   Threads: one at a time. */
#ifndef PII_PII_SAMPLE_H
#define PII_PII_SAMPLE_H

#include "base/hash.h"

enum { PII_VALUE_BYTES = 4096 };

/* Fixed, so that a column scanned twice is judged by the same values. */
#define PII_SAMPLE_SEED 0x70e5c0de5a3b1e05ull

typedef struct PiiSampled {
    uint64_t hash;
    uint32_t offset, length;
} PiiSampled;

typedef struct PiiSample {
    uint64_t limit; /* a value with this hash or a greater one is of no interest */
    size_t values_max, bytes_max;
    PiiSampled *entries; /* up to twice values_max between two prunings */
    size_t count, capacity;
    uint32_t *slots; /* by hash: index of an entry + 1, 0 = free */
    size_t slot_count;
    char *bytes;
    size_t bytes_used, bytes_capacity;
} PiiSample;

void pii_sample_init(PiiSample *sample, size_t values_max, size_t bytes_max);
void pii_sample_deinit(PiiSample *sample);
void pii_sample_keep(PiiSample *sample, uint64_t hash, Str value);
/* To what is to be kept, in the order of hashes; before reading the entries. */
void pii_sample_prune(PiiSample *sample);

static inline void pii_sample_add(PiiSample *sample, Str value) {
    if (value.length > PII_VALUE_BYTES)
        value.length = PII_VALUE_BYTES;
    uint64_t hash = hash64_seeded(value, PII_SAMPLE_SEED);
    if (hash < sample->limit)
        pii_sample_keep(sample, hash, value);
}

static inline Str pii_sample_value(const PiiSample *sample, size_t index) {
    return str_make(sample->bytes + sample->entries[index].offset, sample->entries[index].length);
}

#endif
