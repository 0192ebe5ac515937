/* hnsw_store.h - the file of a graph, byte by byte. Version 1.
 *
 * Little-endian. A header, then four sections; each begins at the next multiple of 64 after the one
 * before it, filled up with zeros, so that a mapped list lies as it would in memory.
 *
 *   offset size
 *        0    8  "LHHNSW\r\n": a transfer that mangles line ends is noticed
 *        8    4  version, 1
 *       12    4  size of this header, 256
 *       16    4  nodes = rows of the vector set
 *       20    4  dimension
 *       24    4  metric: 1 cosine, 2 l2, 3 dot
 *       28    4  m
 *       32    4  ef_construction
 *       36    4  ef_search
 *       40    8  seed
 *       48    4  entry node, 0xffffffff in an empty graph
 *       52    4  level of the entry
 *       56    8  upper lists
 *       64    8  fingerprint of the vectors, low half (vector_rows_fingerprint)
 *       72    8  and high half
 *       80    8  size of the file
 *       88    8  zero
 *       96   32  section "levels":       u8 for each node
 *      128   32  section "upper_starts": u32 for each node
 *      160   32  section "ground":       2 * m u32 for each node, 0xffffffff = free
 *      192   32  section "upper":        m u32 for each upper list
 *      224   24  zero
 *      248    8  XXH3 (64 bits) of bytes 0 .. 247
 * A section: u64 offset, u64 size, u64 XXH3 (64 bits) of its bytes, u64 zero.
 * What the lists mean stands in hnsw_graph.h.
 *
 * History: 1, the first. A reader takes every version it knows, and refuses others.
 *
 * Ownership: hnsw_open_bytes borrows the bytes for the life of the index.   Threads: any. */
#ifndef VECTOR_HNSW_STORE_H
#define VECTOR_HNSW_STORE_H

#include "vector/hnsw.h"

enum { HNSW_FILE_VERSION = 1, HNSW_FILE_HEADER_BYTES = 256, HNSW_FILE_ALIGN = 64 };

/* As hnsw_open, over a file already in memory; aligned to HNSW_FILE_ALIGN. */
VectorIndex *hnsw_open_bytes(const void *bytes, size_t size, const VectorSet *set, Err *err);
/* Writes true checksums over whatever the sections hold, for tests and fuzzers that change files
 * and want to get past them. Does nothing when the header's sections leave the file. */
void hnsw_file_seal(void *bytes, size_t size);

#endif
