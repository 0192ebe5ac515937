#include "unit.h"

#include "vector_contract.h"

#include <math.h>

#include "base/vec.h"
#include "vector_data.h"

static VectorIndex *make(const IndexKind *kind, const VectorSet *set) {
    Err err = {0};
    VectorIndex *index = kind->make(set, &err);
    if (index == NULL)
        fail_msg("%s: %s", kind->name, err.message);
    assert_ok(vector_index_check(index, &err), &err);
    return index;
}

/* Searches, and checks what every answer owes: count, order, filter, no row twice, true distances.
 * Returns the recall. */
static double search_checked(const IndexKind *kind, const VectorIndex *index,
                             const VectorSearch *request, Arena *arena) {
    Err err = {0};
    VectorHit *hits, *truth;
    size_t count, expected = naive_search(&index->set, request, arena, &truth);
    assert_ok(vector_index_search(index, request, arena, &hits, &count, &err), &err);
    if (count != expected)
        fail_msg("%s: %zu hits, %zu expected (k %u, allowed %u of %u)", kind->name, count, expected,
                 request->k, request->allowed_count, index->set.row_count);
    uint64_t *seen = bitmap_make(index->set.row_count, arena);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = hits[i].row;
        assert_true(row < index->set.row_count);
        assert_true(request->allowed == NULL || (request->allowed[row / 64] >> (row % 64) & 1));
        assert_false(seen[row / 64] >> (row % 64) & 1);
        bitmap_set(seen, row);
        double exact = naive_distance(&index->set, request->query, row);
        assert_true(fabs(hits[i].distance - exact) <= 1e-4 * (fabs(exact) + 1));
        if (i > 0)
            assert_true(hits[i - 1].distance < hits[i].distance ||
                        (hits[i - 1].distance == hits[i].distance && hits[i - 1].row < row));
    }
    double recall = recall_at_k(&index->set, request, truth, hits, count);
    if (kind->exact && recall < 1)
        fail_msg("%s is exact, but recall was %.3f", kind->name, recall);
    return recall;
}

static void case_every_metric(const IndexKind *kind, Arena *arena) {
    static const uint32_t dimensions[] = {1, 2, 17, 64};
    static const uint32_t sizes[] = {300, 0, 1, 900};
    for (Metric metric = METRIC_COSINE; metric <= METRIC_DOT; metric++) {
        for (size_t d = 0; d < ARRAY_LEN(dimensions); d++) {
            DataSpec spec = {.rows = 1500,
                             .dimension = dimensions[d],
                             .topics = 20,
                             .latent = 8,
                             .spread = 0.4,
                             .metric = metric,
                             .seed = 5,
                             .rows_seed = 6};
            float *vectors = data_make(&spec, arena);
            spec.rows_seed = 7;
            spec.rows = 20;
            float *queries = data_make(&spec, arena);
            VectorSet set = data_set(vectors, 1500, spec.dimension, metric, sizes, 4, arena);
            VectorIndex *index = make(kind, &set);
            double recall = 0;
            for (uint32_t q = 0; q < 20; q++) {
                VectorSearch request = {.query = queries + (size_t)q * spec.dimension, .k = 10};
                recall += search_checked(kind, index, &request, arena) / 20;
            }
            if (recall < kind->recall_floor)
                fail_msg("%s, %s, %u dimensions: recall %.3f", kind->name, metric_name(metric),
                         spec.dimension, recall);
            vector_index_destroy(index);
        }
    }
}

static void case_small_sets(const IndexKind *kind, Arena *arena) {
    DataSpec spec = {.rows = 40, .dimension = 5, .metric = METRIC_L2, .rows_seed = 8};
    float *vectors = data_make(&spec, arena);
    for (uint32_t rows = 0; rows <= 40; rows = rows < 4 ? rows + 1 : rows * 2) {
        VectorSet set = data_set(vectors, rows, 5, METRIC_L2, NULL, 0, arena);
        VectorIndex *index = make(kind, &set);
        static const uint32_t ks[] = {0, 1, 3, 40, 1000, UINT32_MAX};
        for (size_t i = 0; i < ARRAY_LEN(ks); i++) {
            VectorSearch request = {.query = vectors, .k = ks[i]};
            assert_true(search_checked(kind, index, &request, arena) == 1);
        }
        vector_index_destroy(index);
    }
}

static void case_no_blocks(const IndexKind *kind, Arena *arena) {
    VectorSet set = {.dimension = 4, .metric = METRIC_COSINE};
    VectorIndex *index = make(kind, &set);
    float query[4] = {1, 0, 0, 0};
    VectorSearch request = {.query = query, .k = 3};
    (void)search_checked(kind, index, &request, arena);
    vector_index_destroy(index);
}

static void case_duplicates_and_zeros(const IndexKind *kind, Arena *arena) {
    enum { ROWS = 2400, DIMENSION = 12 };
    for (Metric metric = METRIC_COSINE; metric <= METRIC_DOT; metric++) {
        DataSpec spec = {.rows = ROWS, .dimension = DIMENSION, .metric = metric, .rows_seed = 9};
        float *vectors = data_make(&spec, arena);
        for (size_t row = 0; row < ROWS; row += 3) /* a third of all rows is one vector */
            memcpy(vectors + row * DIMENSION, vectors, DIMENSION * sizeof *vectors);
        for (size_t row = 1; row < ROWS; row += 3) /* another third is zero */
            memset(vectors + row * DIMENSION, 0, DIMENSION * sizeof *vectors);
        VectorSet set = data_set(vectors, ROWS, DIMENSION, metric, NULL, 0, arena);
        VectorIndex *index = make(kind, &set);
        float zero[DIMENSION] = {0};
        const float *queries[] = {vectors, zero, vectors + 2 * DIMENSION};
        static const uint32_t ks[] = {1, 10, 900, ROWS};
        for (size_t q = 0; q < ARRAY_LEN(queries); q++)
            for (size_t i = 0; i < ARRAY_LEN(ks); i++) {
                VectorSearch request = {.query = queries[q], .k = ks[i]};
                double recall = search_checked(kind, index, &request, arena);
                if (recall < kind->recall_floor)
                    fail_msg("%s, %s, duplicates, k %u: recall %.3f", kind->name,
                             metric_name(metric), ks[i], recall);
            }
        vector_index_destroy(index);
    }
}

static void case_all_equal(const IndexKind *kind, Arena *arena) {
    enum { ROWS = 3000 };
    float *vectors = ARENA_ARRAY(arena, float, ROWS * 2);
    for (size_t i = 0; i < (size_t)ROWS * 2; i++)
        vectors[i] = 0.5f;
    VectorSet set = data_set(vectors, ROWS, 2, METRIC_L2, NULL, 0, arena);
    VectorIndex *index = make(kind, &set);
    VectorSearch request = {.query = vectors, .k = 50};
    assert_true(search_checked(kind, index, &request, arena) == 1);
    request.k = ROWS;
    assert_true(search_checked(kind, index, &request, arena) == 1);
    vector_index_destroy(index);
}

static void case_filters(const IndexKind *kind, Arena *arena) {
    DataSpec spec = {.rows = 4000,
                     .dimension = 24,
                     .topics = 30,
                     .latent = 10,
                     .spread = 0.4,
                     .metric = METRIC_COSINE,
                     .seed = 10,
                     .rows_seed = 11};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    VectorIndex *index = make(kind, &set);
    static const double shares[] = {0, 0.0005, 0.002, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999, 1};
    Rng rng = rng_seeded(property_seed(kind->name));
    for (size_t s = 0; s < ARRAY_LEN(shares); s++) {
        double recall = 0;
        for (uint32_t q = 0; q < 20; q++) {
            ArenaMark mark = arena_mark(arena);
            VectorSearch request = {.query = vectors + rng_below(&rng, spec.rows) * spec.dimension,
                                    .k = q % 2 == 0 ? 10 : 100};
            request.allowed =
                bitmap_random(spec.rows, shares[s], &rng, arena, &request.allowed_count);
            recall += search_checked(kind, index, &request, arena) / 20;
            arena_rewind(arena, mark);
        }
        if (recall < kind->recall_floor)
            fail_msg("%s, filter of %g: recall %.3f", kind->name, shares[s], recall);
    }
    vector_index_destroy(index);
}

/* The allowed rows are those furthest from the query: a walk finds none of them by chance. */
static void case_filter_far_away(const IndexKind *kind, Arena *arena) {
    DataSpec spec = {.rows = 4000, .dimension = 16, .metric = METRIC_L2, .rows_seed = 12};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    VectorIndex *index = make(kind, &set);
    VectorSearch everything = {.query = vectors, .k = spec.rows};
    VectorHit *sorted;
    size_t count = naive_search(&set, &everything, arena, &sorted);
    static const uint32_t sizes[] = {1, 9, 10, 500, 2000, 3000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t *allowed = bitmap_make(spec.rows, arena);
        for (size_t far = count - sizes[i]; far < count; far++)
            bitmap_set(allowed, sorted[far].row);
        VectorSearch request = {
            .query = vectors, .k = 10, .allowed = allowed, .allowed_count = sizes[i]};
        double recall = search_checked(kind, index, &request, arena);
        assert_true(recall >= kind->recall_floor - 0.2);
    }
    vector_index_destroy(index);
}

static void case_same_answer_twice(const IndexKind *kind, Arena *arena) {
    DataSpec spec = {.rows = 3000,
                     .dimension = 8,
                     .topics = 10,
                     .spread = 0.3,
                     .metric = METRIC_DOT,
                     .seed = 13,
                     .rows_seed = 14};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    VectorIndex *index = make(kind, &set);
    for (uint32_t q = 0; q < 50; q++) {
        VectorSearch request = {.query = vectors + (size_t)q * 8, .k = 20};
        VectorHit *first, *second;
        size_t first_count, second_count;
        Err err = {0};
        assert_ok(vector_index_search(index, &request, arena, &first, &first_count, &err), &err);
        assert_ok(vector_index_search(index, &request, arena, &second, &second_count, &err), &err);
        assert_int_equal(first_count, second_count);
        assert_memory_equal(first, second, first_count * sizeof *first);
    }
    vector_index_destroy(index);
}

static void case_wild_queries(const IndexKind *kind, Arena *arena) {
    DataSpec spec = {.rows = 2000, .dimension = 6, .metric = METRIC_L2, .rows_seed = 15};
    float *vectors = data_make(&spec, arena);
    VectorSet set = data_set_whole(vectors, &spec, arena);
    VectorIndex *index = make(kind, &set);
    float query[6] = {1, 2, NAN, 4, 5, 6};
    VectorSearch request = {.query = query, .k = 5};
    VectorHit *hits = NULL;
    size_t count = 77;
    Err err = {0};
    assert_fails(vector_index_search(index, &request, arena, &hits, &count, &err), &err,
                 FAIL_INVALID);
    query[2] = -INFINITY;
    assert_fails(vector_index_search(index, &request, arena, &hits, &count, &err), &err,
                 FAIL_INVALID);
    assert_true(hits == NULL && count == 77);
    for (size_t i = 0; i < 6; i++)
        query[i] = 3e38f; /* finite, but its squares are not */
    assert_ok(vector_index_search(index, &request, arena, &hits, &count, &err), &err);
    assert_int_equal(count, 5);
    vector_index_destroy(index);
}

void contract_run(const IndexKind *kind) {
    static void (*const cases[])(const IndexKind *, Arena *) = {
        case_every_metric,         case_small_sets,        case_no_blocks,
        case_duplicates_and_zeros, case_all_equal,         case_filters,
        case_filter_far_away,      case_same_answer_twice, case_wild_queries,
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena *arena = arena_create();
        cases[i](kind, arena);
        arena_destroy(arena);
    }
}
