/* vector_set.c - rows over blocks, and metrics as one multiply and add over two kernels.
 *
 * Cosine and dot share the inner product: 1 - dot and 0 - dot. Empty blocks are dropped, so that
 * every block begins at a row of its own.
 *
 * Tested by: test_vector_set.c. */
#include "vector/vector_set.h"

#include <assert.h>
#include <stdlib.h>

enum { FINGERPRINT_ROWS = 512 };

bool vector_set_check(const VectorSet *set, Err *err) {
    if (set->dimension == 0 || set->dimension > VECTOR_DIMENSION_MAX)
        return err_fail(err, FAIL_INVALID, "vectors of %u dimensions; 1 to %d are possible",
                        set->dimension, VECTOR_DIMENSION_MAX);
    if (set->row_count > VECTOR_ROWS_MAX)
        return err_fail(err, FAIL_INVALID, "%u vectors; an index takes at most %d", set->row_count,
                        VECTOR_ROWS_MAX);
    uint64_t rows = 0;
    for (size_t i = 0; i < set->block_count; i++) {
        if (set->blocks[i].row_count > 0 && set->blocks[i].vectors == NULL)
            return err_fail(err, FAIL_INVALID, "block %zu has %u rows but no vectors", i,
                            set->blocks[i].row_count);
        rows += set->blocks[i].row_count;
    }
    if (rows != set->row_count)
        return err_fail(err, FAIL_INVALID, "blocks hold %llu rows, the set says %u",
                        (unsigned long long)rows, set->row_count);
    return true;
}

static void *must_calloc(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL)
        abort(); /* a few bytes a block and a thousand rows: nothing is left if this fails */
    return memory;
}

VectorRows vector_rows_make(const VectorSet *set) {
    VectorRows rows = {.row_count = set->row_count, .dimension = set->dimension};
    size_t group_count = ((size_t)set->row_count >> VECTOR_ROW_GROUP_SHIFT) + 1;
    rows.blocks = must_calloc(set->block_count + 1, sizeof *rows.blocks);
    rows.block_starts = must_calloc(set->block_count + 1, sizeof *rows.block_starts);
    rows.group_blocks = must_calloc(group_count, sizeof *rows.group_blocks);
    uint32_t start = 0;
    for (size_t i = 0; i < set->block_count; i++) {
        if (set->blocks[i].row_count == 0)
            continue;
        rows.blocks[rows.block_count] = set->blocks[i];
        rows.block_starts[rows.block_count++] = start;
        start += set->blocks[i].row_count;
    }
    uint32_t block = 0;
    for (size_t group = 0; group < group_count && rows.block_count > 0; group++) {
        uint32_t row = (uint32_t)(group << VECTOR_ROW_GROUP_SHIFT);
        while (block + 1 < rows.block_count && rows.block_starts[block + 1] <= row)
            block++;
        rows.group_blocks[group] = block;
    }
    if (rows.block_count > 0) {
        rows.first_block = rows.blocks[0].vectors;
        rows.first_block_rows = rows.blocks[0].row_count;
    }
    return rows;
}

void vector_rows_free(VectorRows *rows) {
    free(rows->blocks);
    free(rows->block_starts);
    free(rows->group_blocks);
    *rows = (VectorRows){0};
}

uint64_t vector_rows_bytes(const VectorRows *rows) {
    return rows->block_count * (sizeof *rows->blocks + sizeof *rows->block_starts) +
           ((rows->row_count >> VECTOR_ROW_GROUP_SHIFT) + 1) * sizeof *rows->group_blocks;
}

VectorSet vector_rows_set(const VectorRows *rows, const VectorSet *set) {
    VectorSet ours = *set;
    ours.blocks = rows->blocks;
    ours.block_count = rows->block_count;
    return ours;
}

const float *vector_rows_find(const VectorRows *rows, uint32_t row) {
    uint32_t block = rows->group_blocks[row >> VECTOR_ROW_GROUP_SHIFT];
    while (block + 1 < rows->block_count && rows->block_starts[block + 1] <= row)
        block++;
    uint32_t within = row - rows->block_starts[block];
    assert(within < rows->blocks[block].row_count);
    return rows->blocks[block].vectors + (size_t)within * rows->dimension;
}

Hash128 vector_rows_fingerprint(const VectorRows *rows, uint32_t row_count) {
    HashStream *stream = hash_stream_create();
    uint32_t shape[2] = {row_count, rows->dimension};
    hash_stream_add(stream, str_make(shape, sizeof shape));
    uint32_t samples = row_count < FINGERPRINT_ROWS ? row_count : FINGERPRINT_ROWS;
    for (uint32_t i = 0; i < samples; i++) {
        uint64_t row = samples == 1 ? 0 : (uint64_t)i * (row_count - 1) / (samples - 1);
        hash_stream_add(stream, str_make(vector_rows_at(rows, (uint32_t)row),
                                         (size_t)rows->dimension * sizeof(float)));
    }
    Hash128 value = hash_stream_value(stream);
    hash_stream_destroy(stream);
    return value;
}

Distance distance_make(Metric metric, uint32_t dimension, const Kernels *kernels) {
    if (metric == METRIC_L2)
        return (Distance){kernels->l2_f32, kernels->l2_f32_rows, 0.0f, 1.0f, dimension};
    return (Distance){kernels->dot_f32, kernels->dot_f32_rows,
                      metric == METRIC_COSINE ? 1.0f : 0.0f, -1.0f, dimension};
}
