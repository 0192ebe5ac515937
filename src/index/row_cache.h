/* row_cache.h - a segment, decoded once into a local file that is mapped and used as it lies.
 *
 * Searching and fetching never decode Parquet: a row is a pointer addition, its vector a slice of
 * the mapping, and a document is found through a hash table in the file. The file is a copy; it is
 * named "<checksum of the segment>.rows", so it can be thrown away and made again at any time, and
 * never goes stale. It is written under a temporary name, synced, and renamed.
 *
 * Bytes (version 1), little-endian; every section starts at a multiple of 64:
 *
 *     0    8   magic "LHROWS\r\n"
 *     8    4   version, 1
 *     12   4   dimension: floats a row
 *     16   8   row_count
 *     24   8   doc_count
 *     32   8   slot_count, a power of two >= 2 * doc_count
 *     40   8   text_bytes
 *     48   8   file_bytes
 *     56   40  offsets of the sections vectors, texts, rows, docs, slots
 *     96   40  XXH3-64 of each section, in the same order
 *     136  112 zero
 *     248  8   XXH3-64 of bytes 0 .. 247
 *
 *     vectors  row_count * dimension f32
 *     texts    chunk texts, document ids and sources, one after another
 *     rows     row_count RowEntry of 32 bytes:
 *                  0 row_id u64, 8 text_at u64, 16 text_length u32, 20 chunk_idx i32,
 *                  24 doc u32, 28 zero u32                     row ids rise strictly
 *     docs     doc_count DocEntry of 56 bytes: a document as it was at one time; its rows lie
 *              together, and the documents cover all rows in order
 *                  0 id_at u64, 8 source_at u64, 16 id_length u32, 20 source_length u32,
 *                  24 content_hash u8[16] (low half first), 40 id_hash u64 (XXH3-64 of the id),
 *                  48 first_row u32, 52 row_count u32
 *     slots    slot_count u32: document + 1, 0 = free; found at id_hash mod slot_count, then the
 *              next slot. A document that is there twice (an old version and a new) has two slots.
 *
 * row_cache_open checks all of it, checksums included, before anything is used: FAIL_CORRUPT.
 *
 * Ownership: reference counted; rows and texts point into the mapping and live as long as it.
 * Threads: immutable once open; the counts are atomic. */
#ifndef INDEX_ROW_CACHE_H
#define INDEX_ROW_CACHE_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

/* One row of an index, as every backend stores it. */
typedef struct IndexRow {
    uint64_t row_id;
    Str doc_id;
    int32_t chunk_idx;
    Str chunk_text;
    Str source;
    Hash128 content_hash; /* of the whole document */
    const float *vector;
} IndexRow;

typedef struct RowDoc {
    Str id, source;
    Hash128 content_hash;
    uint32_t first_row, row_count;
} RowDoc;

typedef struct RowCache RowCache;

RowCache *row_cache_open(const char *path, Err *err);
RowCache *row_cache_retain(RowCache *cache);
void row_cache_release(RowCache *cache); /* NULL is fine */

uint32_t row_cache_rows(const RowCache *cache);
uint32_t row_cache_docs(const RowCache *cache);
uint32_t row_cache_dimension(const RowCache *cache);
uint64_t row_cache_bytes(const RowCache *cache);
const float *row_cache_vectors(const RowCache *cache);

IndexRow row_cache_row(const RowCache *cache, uint32_t row);
uint64_t row_cache_row_id(const RowCache *cache, uint32_t row);
uint32_t row_cache_doc_of(const RowCache *cache, uint32_t row);
RowDoc row_cache_doc(const RowCache *cache, uint32_t doc);
/* The row with this id; false when there is none. */
bool row_cache_find_row(const RowCache *cache, uint64_t row_id, uint32_t *out_row);

/* Walks the versions of a document: start with *cursor = 0, until it returns false. */
bool row_cache_find_doc(const RowCache *cache, Str doc_id, uint32_t *cursor, uint32_t *out_doc);

#endif
