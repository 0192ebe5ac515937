/* vector_index.c - the trait's wrappers: what every index may rely on is checked here, once.
 *
 * Tested by: vector_contract.c, the cases that every kind of index has to pass. */
#include "vector/vector_index.h"

#include <assert.h>
#include <math.h>

static const char *const metric_names[] = {
    [METRIC_COSINE] = "cosine",
    [METRIC_L2] = "l2",
    [METRIC_DOT] = "dot",
};

const char *metric_name(Metric metric) {
    return metric_names[metric];
}

bool metric_parse(Str name, Metric *out_metric) {
    for (size_t i = 0; i < sizeof metric_names / sizeof *metric_names; i++) {
        if (str_eq_c(name, metric_names[i])) {
            *out_metric = (Metric)i;
            return true;
        }
    }
    return false;
}

bool vector_index_search(const VectorIndex *index, const VectorSearch *request, Arena *arena,
                         VectorHit **out_hits, size_t *out_count, Err *err) {
    for (uint32_t i = 0; i < index->set.dimension; i++) {
        if (!isfinite(request->query[i])) {
            (void)err_fail(err, FAIL_INVALID, "query vector holds a value that is not finite");
            return err_detail(err, "position %u of %u", i, index->set.dimension);
        }
    }
    VectorSearch bounded = *request;
    if (bounded.allowed == NULL || bounded.allowed_count > index->set.row_count)
        bounded.allowed_count = index->set.row_count;
    if (bounded.k > bounded.allowed_count)
        bounded.k = bounded.allowed_count;
    if (bounded.k == 0) {
        *out_hits = NULL;
        *out_count = 0;
        return true;
    }
    return index->ops->search(index, &bounded, arena, out_hits, out_count, err);
}

bool vector_index_check(const VectorIndex *index, Err *err) {
    return index->ops->check(index, err);
}

uint64_t vector_index_bytes(const VectorIndex *index) {
    return index->ops->bytes(index);
}

void vector_index_destroy(VectorIndex *index) {
    if (index != NULL)
        index->ops->destroy(index);
}
