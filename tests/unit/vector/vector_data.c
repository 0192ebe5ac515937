#include "unit.h"

#include "vector_data.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

void data_normalise(float *vector, uint32_t dimension) {
    double square = 0;
    for (uint32_t i = 0; i < dimension; i++)
        square += (double)vector[i] * vector[i];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (uint32_t i = 0; i < dimension; i++)
        vector[i] = (float)(vector[i] * scale);
}

static float *normals(size_t count, uint64_t seed, Arena *arena) {
    Rng rng = rng_seeded(seed);
    float *out = ARENA_ARRAY(arena, float, count);
    for (size_t i = 0; i < count; i++)
        out[i] = (float)rng_normal(&rng);
    return out;
}

float *data_make(const DataSpec *spec, Arena *arena) {
    uint32_t dimension = spec->dimension, latent = spec->latent > 0 ? spec->latent : dimension;
    float *out = normals((size_t)spec->rows * dimension, spec->rows_seed + 1, arena);
    if (spec->topics > 0) {
        float *centres = normals((size_t)spec->topics * latent, spec->seed + 2, arena);
        float *map = normals((size_t)latent * dimension, spec->seed + 3, arena);
        Rng rng = rng_seeded(spec->rows_seed + 4);
        float *point = ARENA_ARRAY(arena, float, latent);
        float noise = (float)(0.1 * spec->spread);
        for (uint32_t row = 0; row < spec->rows; row++) {
            const float *centre = centres + rng_below(&rng, spec->topics) * latent;
            float *vector = out + (size_t)row * dimension;
            for (uint32_t l = 0; l < latent; l++)
                point[l] = centre[l] + (float)(spec->spread * rng_normal(&rng));
            for (uint32_t d = 0; d < dimension; d++)
                vector[d] *= noise;
            for (uint32_t l = 0; l < latent; l++)
                for (uint32_t d = 0; d < dimension; d++)
                    vector[d] += point[l] * map[(size_t)l * dimension + d];
        }
    }
    if (spec->metric == METRIC_COSINE)
        for (uint32_t row = 0; row < spec->rows; row++)
            data_normalise(out + (size_t)row * dimension, dimension);
    return out;
}

VectorSet data_set(const float *vectors, uint32_t rows, uint32_t dimension, Metric metric,
                   const uint32_t *sizes, size_t size_count, Arena *arena) {
    VectorBlock *blocks = ARENA_ARRAY(arena, VectorBlock, size_count + 1);
    uint32_t row = 0;
    for (size_t i = 0; i < size_count; i++) {
        blocks[i] = (VectorBlock){vectors + (size_t)row * dimension, sizes[i]};
        row += sizes[i];
    }
    blocks[size_count] = (VectorBlock){vectors + (size_t)row * dimension, rows - row};
    return (VectorSet){blocks, size_count + 1, rows, dimension, metric};
}

VectorSet data_set_whole(const float *vectors, const DataSpec *spec, Arena *arena) {
    return data_set(vectors, spec->rows, spec->dimension, spec->metric, NULL, 0, arena);
}

static const float *naive_row(const VectorSet *set, uint32_t row) {
    size_t block = 0;
    while (row >= set->blocks[block].row_count)
        row -= set->blocks[block++].row_count;
    return set->blocks[block].vectors + (size_t)row * set->dimension;
}

double naive_distance(const VectorSet *set, const float *query, uint32_t row) {
    const float *vector = naive_row(set, row);
    double dot = 0, square = 0;
    for (uint32_t i = 0; i < set->dimension; i++) {
        double difference = (double)query[i] - vector[i];
        dot += (double)query[i] * vector[i];
        square += difference * difference;
    }
    switch (set->metric) {
    case METRIC_L2:
        return square;
    case METRIC_DOT:
        return -dot;
    case METRIC_COSINE:
        return 1 - dot;
    }
    return NAN;
}

typedef struct NaiveHit {
    double distance;
    uint32_t row;
} NaiveHit;

static int compare_naive(const void *left, const void *right) {
    const NaiveHit *a = left, *b = right;
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

size_t naive_search(const VectorSet *set, const VectorSearch *request, Arena *arena,
                    VectorHit **out_hits) {
    NaiveHit *all = ARENA_ARRAY(arena, NaiveHit, set->row_count);
    size_t count = 0;
    for (uint32_t row = 0; row < set->row_count; row++)
        if (request->allowed == NULL || (request->allowed[row / 64] >> (row % 64) & 1) != 0)
            all[count++] = (NaiveHit){naive_distance(set, request->query, row), row};
    qsort(all, count, sizeof *all, compare_naive);
    if (count > request->k)
        count = request->k;
    VectorHit *hits = ARENA_ARRAY(arena, VectorHit, count);
    for (size_t i = 0; i < count; i++)
        hits[i] = (VectorHit){all[i].row, (float)all[i].distance};
    *out_hits = hits;
    return count;
}

double recall_at_k(const VectorSet *set, const VectorSearch *request, const VectorHit *truth,
                   const VectorHit *hits, size_t count) {
    if (count == 0)
        return 1;
    double furthest = naive_distance(set, request->query, truth[count - 1].row);
    double slack = 1e-5 * (fabs(furthest) + 1);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += naive_distance(set, request->query, hits[i].row) <= furthest + slack;
    return (double)found / (double)count;
}

uint64_t *bitmap_make(uint32_t rows, Arena *arena) {
    return ARENA_ARRAY(arena, uint64_t, (size_t)rows / 64 + 1);
}

void bitmap_set(uint64_t *bitmap, uint32_t row) {
    bitmap[row / 64] |= UINT64_C(1) << (row % 64);
}

uint64_t *bitmap_random(uint32_t rows, double share, Rng *rng, Arena *arena, uint32_t *out_count) {
    uint64_t *bitmap = bitmap_make(rows, arena);
    uint32_t count = 0;
    for (uint32_t row = 0; row < rows; row++) {
        if (rng_unit(rng) < share) {
            bitmap_set(bitmap, row);
            count++;
        }
    }
    *out_count = count;
    return bitmap;
}

uint64_t property_seed(const char *test) {
    const char *given = getenv("VECTOR_TEST_SEED");
    uint64_t seed = 20240607;
    if (given != NULL && !str_to_u64(str_c(given), &seed))
        fail_msg("VECTOR_TEST_SEED is not a number: %s", given);
    print_message("%s: VECTOR_TEST_SEED=%llu\n", test, (unsigned long long)seed);
    return seed;
}
