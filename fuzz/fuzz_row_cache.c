/* fuzz_row_cache.c - hostile row cache files whose checksums were made to fit: refused, or safe to
 * read from end to end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/row_cache.h"
#include "index/row_cache_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only sections that lie in the file get a checksum. */
static void repair(char *bytes, size_t size) {
    RowCacheHeader header;
    memcpy(&header, bytes, sizeof header);
    const uint64_t sizes[SECTION_COUNT] = {header.row_count * header.dimension * sizeof(float),
                                           header.text_bytes, header.row_count * sizeof(RowEntry),
                                           header.doc_count * sizeof(DocEntry),
                                           header.slot_count * sizeof(uint32_t)};
    for (int i = 0; i < SECTION_COUNT; i++)
        if (header.offsets[i] <= size && sizes[i] <= size - header.offsets[i])
            header.checksums[i] = hash64(str_make(bytes + header.offsets[i], sizes[i]));
    header.header_checksum = hash64(str_make(&header, offsetof(RowCacheHeader, header_checksum)));
    memcpy(bytes, &header, sizeof header);
}

static uint64_t read_all(const RowCache *cache) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < row_cache_rows(cache); i++) {
        IndexRow row = row_cache_row(cache, i);
        sum += hash64(row.doc_id) + hash64(row.chunk_text) + hash64(row.source);
        sum += hash64(str_make(row.vector, row_cache_dimension(cache) * sizeof(float)));
        uint32_t found = 0;
        uint32_t cursor = 0;
        if (!row_cache_find_row(cache, row.row_id, &found) || found != i)
            abort();
        sum += row_cache_find_doc(cache, row.doc_id, &cursor, &found);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[] = "/tmp/fuzz-row-cache-XXXXXX";
    char *bytes = malloc(size + 1);
    int fd = mkstemp(path);
    if (fd < 0 || bytes == NULL)
        abort();
    memcpy(bytes, data, size);
    if (size >= sizeof(RowCacheHeader))
        repair(bytes, size);
    if (write(fd, bytes, size) != (ssize_t)size)
        abort();
    close(fd);
    free(bytes);
    Err err = {0};
    RowCache *cache = row_cache_open(path, &err);
    if (cache != NULL)
        (void)read_all(cache); /* for the sanitizers to watch */
    else if (err.kind != FAIL_CORRUPT)
        abort();
    row_cache_release(cache);
    unlink(path);
    return 0;
}
