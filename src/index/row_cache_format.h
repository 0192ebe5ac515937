/* row_cache_format.h - the structs of a row cache file, shared by its writer and its reader.
 *
 * The layout is specified in row_cache.h; these structs are it, on a little-endian machine. */
#ifndef INDEX_ROW_CACHE_FORMAT_H
#define INDEX_ROW_CACHE_FORMAT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "row cache files are mapped as they lie: little-endian machines only"
#endif

#define ROW_CACHE_MAGIC "LHROWS\r\n"
enum { ROW_CACHE_VERSION = 1, ROW_CACHE_ALIGN = 64 };

typedef enum RowCacheSection {
    SECTION_VECTORS,
    SECTION_TEXTS,
    SECTION_ROWS,
    SECTION_DOCS,
    SECTION_SLOTS,
    SECTION_COUNT
} RowCacheSection;

typedef struct RowCacheHeader {
    char magic[8];
    uint32_t version, dimension;
    uint64_t row_count, doc_count, slot_count, text_bytes, file_bytes;
    uint64_t offsets[SECTION_COUNT];
    uint64_t checksums[SECTION_COUNT];
    uint8_t zero[112];
    uint64_t header_checksum;
} RowCacheHeader;

typedef struct RowEntry {
    uint64_t row_id, text_at;
    uint32_t text_length;
    int32_t chunk_idx;
    uint32_t doc, zero;
} RowEntry;

typedef struct DocEntry {
    uint64_t id_at, source_at;
    uint32_t id_length, source_length;
    uint64_t content_low, content_high;
    uint64_t id_hash;
    uint32_t first_row, row_count;
} DocEntry;

_Static_assert(sizeof(RowCacheHeader) == 256, "as specified");
_Static_assert(sizeof(RowEntry) == 32, "as specified");
_Static_assert(sizeof(DocEntry) == 56, "as specified");

static inline uint64_t row_cache_align(uint64_t offset) {
    return (offset + ROW_CACHE_ALIGN - 1) & ~(uint64_t)(ROW_CACHE_ALIGN - 1);
}

#endif
