/* hand_graph.h - small graphs written down link by link. */
#ifndef TESTS_UNIT_HAND_GRAPH_H
#define TESTS_UNIT_HAND_GRAPH_H

#include "vector/hnsw_graph.h"

/* An index without links over `set`, with m = `m`; the caller destroys &index->base. */
HnswIndex *hand_graph(const VectorSet *set, uint32_t m, const uint8_t *levels, uint32_t entry);
/* Adds from -> to at the end of the list; there has to be room. */
void hand_link(HnswIndex *index, uint32_t layer, uint32_t from, uint32_t to);
void hand_link_both(HnswIndex *index, uint32_t layer, uint32_t one, uint32_t other);

#endif
