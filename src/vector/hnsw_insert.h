/* hnsw_insert.h - putting rows into a graph that is being made, batch by batch, on a pool.
 *
 * Building inserts all rows into an empty graph; extending inserts the new ones into a copy.
 *
 * Ownership: the builder borrows the index and owns its scratch.
 * Threads: one thread calls; the work runs on the pool. */
#ifndef VECTOR_HNSW_INSERT_H
#define VECTOR_HNSW_INSERT_H

#include "vector/hnsw_graph.h"

typedef struct HnswBuilder HnswBuilder;

/* The index has its slabs. A NULL pool works on this thread alone; the graph comes out the same. */
HnswBuilder *hnsw_builder_create(HnswIndex *index, ThreadPool *pool, Err *err);
void hnsw_builder_destroy(HnswBuilder *builder);

/* The level that a row gets: by the seed and the row alone. */
uint32_t hnsw_level_draw(const HnswParams *params, uint32_t row);
/* Inserts rows first .. node_count - 1 in an order shuffled by the seed. */
MUST_CHECK bool hnsw_insert_rows(HnswBuilder *builder, uint32_t first, Progress *progress,
                                 Err *err);

/* hnsw_join.c: links every node that the entry cannot reach to a near one that it can. */
MUST_CHECK bool hnsw_join(HnswIndex *index, HnswScratch *scratch, Err *err);
HnswScratch *hnsw_builder_scratch(HnswBuilder *builder); /* that of lane 0 */

#endif
