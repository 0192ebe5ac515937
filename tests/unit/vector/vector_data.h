/* vector_data.h - vectors made by a seed, and the slow and certain answers about them. */
#ifndef TESTS_UNIT_VECTOR_DATA_H
#define TESTS_UNIT_VECTOR_DATA_H

#include "base/arena.h"
#include "base/rng.h"
#include "vector/vector_index.h"

/* Sanitizers look for errors of another kind than wrong answers, and make everything slow: tests
 * that measure take fewer rows or cases for them. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#else
#define UNDER_SANITIZER 0
#endif

typedef struct DataSpec {
    uint32_t rows, dimension;
    uint32_t topics;    /* clusters; 0 = none, every coordinate on its own */
    uint32_t latent;    /* dimensions of the space the topics lie in; 0 = dimension */
    double spread;      /* of rows around their topic */
    Metric metric;      /* cosine rows come normalised */
    uint64_t seed;      /* of the topics */
    uint64_t rows_seed; /* of the rows, so that queries can come from the same topics */
} DataSpec;

/* Rows as one array in `arena`. */
float *data_make(const DataSpec *spec, Arena *arena);
/* Looks at `vectors` as a set of blocks; sizes[i] rows each, the last takes what is left. */
VectorSet data_set(const float *vectors, uint32_t rows, uint32_t dimension, Metric metric,
                   const uint32_t *sizes, size_t size_count, Arena *arena);
VectorSet data_set_whole(const float *vectors, const DataSpec *spec, Arena *arena);
void data_normalise(float *vector, uint32_t dimension);

/* Distances in double, fully sorted: the truth. */
size_t naive_search(const VectorSet *set, const VectorSearch *request, Arena *arena,
                    VectorHit **out_hits);
double naive_distance(const VectorSet *set, const float *query, uint32_t row);
/* Part of the true k nearest that the hits contain; a hit as near as the k-th counts. */
double recall_at_k(const VectorSet *set, const VectorSearch *request, const VectorHit *truth,
                   const VectorHit *hits, size_t count);

uint64_t *bitmap_make(uint32_t rows, Arena *arena);
void bitmap_set(uint64_t *bitmap, uint32_t row);
/* Each row with probability `share`; *out_count set bits. */
uint64_t *bitmap_random(uint32_t rows, double share, Rng *rng, Arena *arena, uint32_t *out_count);

/* Seeds of property tests: VECTOR_TEST_SEED repeats a run that failed, otherwise a fixed one. */
uint64_t property_seed(const char *test);

#endif
