/* Opens any bytes as a graph over fixed vectors; whatever is let in must be safe to search, check
 * and extend. The first byte says whether checksums are made good first: with them, mutations reach
 * the checks behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vector/hnsw_store.h"

enum { ROWS = 96, MORE_ROWS = 104, DIMENSION = 3, SIZE_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static VectorSet make_set(const VectorBlock *block) {
    return (VectorSet){block, 1, block->row_count, DIMENSION, METRIC_L2};
}

static void use(VectorIndex *index, const float *vectors) {
    Arena *arena = arena_create();
    Err err = {0};
    uint64_t allowed[2] = {UINT64_C(0x5555555555555555), 0xff};
    VectorSearch requests[] = {
        {.query = vectors, .k = 5, .effort = 1},
        {.query = vectors + 9, .k = ROWS, .effort = 5},
        {.query = vectors, .k = 7, .effort = 1, .allowed = allowed, .allowed_count = 40},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        VectorHit *hits;
        size_t count;
        if (!vector_index_search(index, &requests[i], arena, &hits, &count, &err) ||
            count != requests[i].k)
            abort();
    }
    if (!vector_index_check(index, &err) && err.kind != FAIL_CORRUPT)
        abort();
    VectorBlock block = {vectors, MORE_ROWS};
    VectorSet longer = make_set(&block);
    VectorIndex *extended = hnsw_extend(index, &longer, NULL, NULL, &err);
    vector_index_destroy(extended);
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    float vectors[MORE_ROWS * DIMENSION];
    for (int i = 0; i < MORE_ROWS * DIMENSION; i++)
        vectors[i] = (float)((i * 37 + i / DIMENSION * 11) % 101);
    VectorBlock block = {vectors, ROWS};
    VectorSet set = make_set(&block);
    if (size < 1 || size > SIZE_MAX_BYTES)
        return 0;
    uint8_t *bytes = NULL; /* aligned as a mapping is, and exactly as long */
    if (posix_memalign((void **)&bytes, HNSW_FILE_ALIGN, size) != 0)
        return 0;
    memcpy(bytes, data + 1, size - 1);
    if ((data[0] & 1) != 0)
        hnsw_file_seal(bytes, size - 1);
    Err err = {0};
    VectorIndex *index = hnsw_open_bytes(bytes, size - 1, &set, &err);
    if (index != NULL)
        use(index, vectors);
    else if (err.kind != FAIL_CORRUPT && err.kind != FAIL_UNSUPPORTED)
        abort();
    vector_index_destroy(index);
    free(bytes);
    return 0;
}
