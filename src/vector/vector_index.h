/* vector_index.h - find the rows nearest to a vector: the trait behind flat search and graphs.
 *
 * Rows are numbered 0 .. count-1 in the order of the VectorSet that the index was made from. All
 * metrics are turned into a distance, smaller is nearer: cosine -> 1 - cos (vectors are normalised
 * by the caller), l2 -> squared distance, dot -> -dot. Ties are broken by row number, so the same
 * search gives the same answer.
 *
 * With k allowed rows in the index, k come back, whatever the filter.
 *
 * Ownership: an index borrows the VectorSet's floats for its whole life.
 * Threads: search from any threads at once; indexes are immutable once built. */
#ifndef VECTOR_VECTOR_INDEX_H
#define VECTOR_VECTOR_INDEX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"

typedef enum Metric { METRIC_COSINE, METRIC_L2, METRIC_DOT } Metric;

const char *metric_name(Metric metric); /* "cosine", "l2", "dot" */
bool metric_parse(Str name, Metric *out_metric);

/* A block of rows that lie one after another; an index spans several, so that appended segments
 * need no copy. */
typedef struct VectorBlock {
    const float *vectors; /* row_count * dimension */
    uint32_t row_count;
} VectorBlock;

typedef struct VectorSet {
    const VectorBlock *blocks;
    size_t block_count;
    uint32_t row_count; /* sum over the blocks */
    uint32_t dimension;
    Metric metric;
} VectorSet;

typedef struct VectorHit {
    uint32_t row;
    float distance;
} VectorHit;

typedef struct VectorSearch {
    const float *query; /* dimension floats; normalised by the caller for cosine */
    uint32_t k;
    uint32_t effort;         /* beam width (ef); 0 = the index's default; raised to k */
    const uint64_t *allowed; /* bitmap of rows that may be answers, or NULL = all */
    uint32_t allowed_count;  /* bits set in it */
} VectorSearch;

typedef struct VectorIndex VectorIndex;
typedef struct VectorIndexOps {
    const char *name; /* "flat", "hnsw": as stored and as shown */
    bool (*search)(const VectorIndex *index, const VectorSearch *request, Arena *arena,
                   VectorHit **out_hits, size_t *out_count, Err *err);
    bool (*check)(const VectorIndex *index, Err *err); /* every invariant; tests, fuzzers, doctor */
    uint64_t (*bytes)(const VectorIndex *index);       /* memory beside the vectors */
    void (*destroy)(VectorIndex *index);
} VectorIndexOps;

struct VectorIndex {
    const VectorIndexOps *ops;
    VectorSet set;
};

/* Nearest first; *out_count = min(k, allowed rows). */
MUST_CHECK bool vector_index_search(const VectorIndex *index, const VectorSearch *request,
                                    Arena *arena, VectorHit **out_hits, size_t *out_count,
                                    Err *err);
MUST_CHECK bool vector_index_check(const VectorIndex *index, Err *err);
uint64_t vector_index_bytes(const VectorIndex *index);
void vector_index_destroy(VectorIndex *index); /* NULL is fine */

VectorIndex *flat_index_create(const VectorSet *set); /* exact: compares with every row */

#endif
