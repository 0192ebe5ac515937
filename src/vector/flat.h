/* flat.h - the exact scan, for the flat index and for graphs that fall back on it.
 *
 * Threads: any. */
#ifndef VECTOR_FLAT_H
#define VECTOR_FLAT_H

#include "vector/vector_set.h"

/* The k nearest among the allowed rows; results in `arena`. */
void flat_scan(const VectorRows *rows, const Distance *distance, const VectorSearch *request,
               Arena *arena, VectorHit **out_hits, size_t *out_count);

#endif
