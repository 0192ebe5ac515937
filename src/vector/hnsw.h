/* hnsw.h - the navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320) as a
 * VectorIndex.
 *
 * Life: hnsw_build makes a graph over a VectorSet, on a pool; hnsw_save writes it to one file that
 * hnsw_open maps back without decoding, over the same vectors; hnsw_extend makes a new graph that
 * also covers rows appended to the set. The format stands in hnsw_store.h.
 *
 * Threads: a build uses the pool; a built graph is immutable. */
#ifndef VECTOR_HNSW_H
#define VECTOR_HNSW_H

#include "base/thread_pool.h"
#include "vector/vector_index.h"

typedef struct HnswParams {
    uint32_t m;               /* links a node and layer; twice that on the ground layer. 16 */
    uint32_t ef_construction; /* beam width while building. 200 */
    uint32_t ef_search;       /* default beam width of searches. 64 */
    uint64_t seed;            /* of the level draw */
} HnswParams;

HnswParams hnsw_params_default(void);
MUST_CHECK bool hnsw_params_check(const HnswParams *params, Err *err); /* FAIL_INVALID with field */

VectorIndex *hnsw_build(const VectorSet *set, const HnswParams *params, ThreadPool *pool,
                        Progress *progress, Err *err);
/* A new graph over `set`, whose first rows are those of `base`, in the same order. */
VectorIndex *hnsw_extend(const VectorIndex *base, const VectorSet *set, ThreadPool *pool,
                         Progress *progress, Err *err);
const HnswParams *hnsw_params(const VectorIndex *index);
uint64_t hnsw_bytes_estimate(uint32_t rows, const HnswParams *params); /* before building */

/* Writes and fsyncs `path` (the caller renames or uploads it); never the file that the index was
 * opened from. Half a file is removed. */
MUST_CHECK bool hnsw_save(const VectorIndex *index, const char *path, Err *err);
/* Maps the file; every offset, id and checksum is checked before use: FAIL_CORRUPT otherwise. */
VectorIndex *hnsw_open(const char *path, const VectorSet *set, Err *err);

#endif
