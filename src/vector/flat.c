/* flat.c - exact search: every allowed row is compared with the query.
 *
 * Without a filter, blocks are scanned in strips by the many-row kernel, which reads each part of
 * the query once for several rows. With a filter, the set bits of the bitmap lead from row to row,
 * and rows ahead are fetched early, since the processor cannot foresee the jumps.
 *
 * This is also the twin that graphs are tested against, and what they fall back on.
 *
 * Tested by: test_flat.c, against a sort over distances in double. */
#include "vector/flat.h"

#include <assert.h>
#include <stdlib.h>

#include "vector/top_k.h"

enum { STRIP_ROWS = 64 };

typedef struct FlatIndex {
    VectorIndex base;
    VectorRows rows;
} FlatIndex;

static void scan_all(const VectorRows *rows, const Distance *distance, const float *query,
                     TopK *top) {
    float raw[STRIP_ROWS];
    for (uint32_t b = 0; b < rows->block_count; b++) {
        const VectorBlock *block = &rows->blocks[b];
        for (uint32_t at = 0; at < block->row_count; at += STRIP_ROWS) {
            uint32_t count = block->row_count - at;
            if (count > STRIP_ROWS)
                count = STRIP_ROWS;
            distance->raw_rows(query, block->vectors + (size_t)at * rows->dimension, count,
                               rows->dimension, raw);
            uint32_t first_row = rows->block_starts[b] + at;
            for (uint32_t i = 0; i < count; i++)
                top_k_push(top, hit_key(distance_of_raw(distance, raw[i]), first_row + i));
        }
    }
}

/* The next set bit at or after `from`, or row_count. */
static uint32_t next_allowed(const uint64_t *allowed, uint32_t from, uint32_t row_count) {
    if (from >= row_count)
        return row_count;
    uint32_t word = from >> 6, words = (row_count + 63) >> 6;
    uint64_t bits = allowed[word] & (UINT64_MAX << (from & 63));
    while (bits == 0) {
        if (++word == words)
            return row_count;
        bits = allowed[word];
    }
    uint32_t row = (word << 6) + (uint32_t)__builtin_ctzll(bits);
    return row < row_count ? row : row_count;
}

static void scan_allowed(const VectorRows *rows, const Distance *distance,
                         const VectorSearch *request, TopK *top) {
    uint32_t row_count = rows->row_count;
    uint32_t row = next_allowed(request->allowed, 0, row_count);
    while (row < row_count) {
        uint32_t next = next_allowed(request->allowed, row + 1, row_count);
        if (next < row_count)
            vector_rows_prefetch(rows, next);
        float d = distance_between(distance, request->query, vector_rows_at(rows, row));
        top_k_push(top, hit_key(d, row));
        row = next;
    }
}

void flat_scan(const VectorRows *rows, const Distance *distance, const VectorSearch *request,
               Arena *arena, VectorHit **out_hits, size_t *out_count) {
    uint32_t capacity = request->k < rows->row_count ? request->k : rows->row_count;
    TopK top = {ARENA_ARRAY(arena, HitKey, capacity), 0, capacity};
    if (request->allowed == NULL)
        scan_all(rows, distance, request->query, &top);
    else
        scan_allowed(rows, distance, request, &top);
    top_k_take(&top, arena, out_hits, out_count);
}

static bool flat_search(const VectorIndex *index, const VectorSearch *request, Arena *arena,
                        VectorHit **out_hits, size_t *out_count, Err *err) {
    (void)err; /* an exact scan cannot fail */
    const FlatIndex *flat = (const FlatIndex *)index;
    Distance distance = distance_make(index->set.metric, index->set.dimension, kernels_get());
    flat_scan(&flat->rows, &distance, request, arena, out_hits, out_count);
    return true;
}

static bool flat_check(const VectorIndex *index, Err *err) {
    return vector_set_check(&index->set, err);
}

static uint64_t flat_bytes(const VectorIndex *index) {
    const FlatIndex *flat = (const FlatIndex *)index;
    return sizeof *flat + vector_rows_bytes(&flat->rows);
}

static void flat_destroy(VectorIndex *index) {
    FlatIndex *flat = (FlatIndex *)index;
    vector_rows_free(&flat->rows);
    free(flat);
}

static const VectorIndexOps flat_ops = {
    .name = "flat",
    .search = flat_search,
    .check = flat_check,
    .bytes = flat_bytes,
    .destroy = flat_destroy,
};

VectorIndex *flat_index_create(const VectorSet *set) {
    Err err = {0};
    bool sound = vector_set_check(set, &err);
    assert(sound && "a caller's bug: the set contradicts itself");
    (void)sound;
    FlatIndex *flat = calloc(1, sizeof *flat);
    if (flat == NULL)
        abort();
    flat->rows = vector_rows_make(set);
    flat->base = (VectorIndex){&flat_ops, vector_rows_set(&flat->rows, set)};
    return &flat->base;
}
