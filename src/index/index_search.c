/* index_search.c - the rows of an index nearest to a text or a vector.
 *
 *     check -> hold the current view -> query vector (remembered, or embedded) -> plan -> search
 *     -> fetch rows -> how fresh the answer is
 *
 * Plans: exact over all rows, where there is no graph or the caller asked for it; the graph, and
 * exactly over the rows that came after it. The two parts do not overlap, so merging their hits by
 * distance, then position, gives the nearest of both.
 *
 * Rows are not copied: the answer points into mappings that the view holds, and the view is held
 * until the caller's arena ends.
 *
 * Tested by: test_index_search.c. */
#include <math.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "index/embed_batch.h"
#include "index/index_state.h"

enum { TOP_K_MAX = 10000 };

typedef struct Search {
    IndexService *service;
    const IndexQuery *query;
    const IndexView *view;
    Arena *arena;
    float *vector;
    VectorHit *hits; /* rows are positions */
    size_t hit_count;
} Search;

static bool bad_field(const char *field, const char *text, Err *err) {
    err_fail(err, FAIL_INVALID, "'%s' %s", field, text);
    return err_field(err, field);
}

static bool check_query(const IndexQuery *query, Err *err) {
    bool text = !str_is_empty(query->text);
    bool vector = query->vector != NULL;
    if (!text && !vector)
        return bad_field("query", "or 'vector' is needed", err);
    if (text && vector)
        return bad_field("vector", "cannot be given together with 'query'", err);
    if (query->top_k < 1 || query->top_k > TOP_K_MAX)
        return bad_field("top_k", "must be 1 to 10000", err);
    if (text && !utf8_valid(query->text))
        return bad_field("query", "is not valid UTF-8", err);
    return true;
}

/* --- the query vector ----------------------------------------------------------------------- */

static bool embed_query(Search *search, Err *err) {
    const IndexRecord *record = &search->view->head.record;
    if (str_is_empty(record->model_name)) {
        err_fail(err, FAIL_UNPROCESSABLE, "index '%.*s' has no model to embed a text with",
                 STR_ARG(record->index_name));
        return err_hint(err, "search it with a vector");
    }
    QueryCache *cache = search->service->query_cache;
    Str text = search->query->text;
    if (query_cache_get(cache, record->model_fingerprint, text, record->dimensions,
                        search->vector)) {
        metric_add(METRIC_QUERY_CACHE_HITS, 1);
        return true;
    }
    Embedder *embedder;
    EmbedRequest request = {.role = EMBED_QUERY, .texts = &text, .count = 1};
    if (!model_set_get(search->service->deps.models, record->model_name, &embedder, err) ||
        !index_model_check(record, embedder, err) ||
        !embedder_embed(embedder, &request, search->vector, NULL, err))
        return false;
    query_cache_put(cache, record->model_fingerprint, text, record->dimensions, search->vector);
    return true;
}

static bool copy_vector(Search *search, Err *err) {
    const IndexQuery *query = search->query;
    const IndexRecord *record = &search->view->head.record;
    if (query->dimension != record->dimensions) {
        err_fail(err, FAIL_INVALID, "'vector' has %zu numbers, index '%.*s' has %u dimensions",
                 query->dimension, STR_ARG(record->index_name), record->dimensions);
        return err_field(err, "vector");
    }
    if (record->metric == METRIC_COSINE)
        return vector_scale_to_unit(query->vector, query->dimension, search->vector) ||
               bad_field("vector", "is zero or not finite", err);
    for (size_t i = 0; i < query->dimension; i++) {
        search->vector[i] = query->vector[i];
        if (!isfinite(query->vector[i]))
            return bad_field("vector", "holds a number that is not finite", err);
    }
    return true;
}

static bool query_vector(Search *search, Err *err) {
    search->vector = ARENA_ARRAY(search->arena, float, search->view->head.record.dimensions);
    return search->query->vector != NULL ? copy_vector(search, err) : embed_query(search, err);
}

/* --- searching ------------------------------------------------------------------------------ */

static bool search_part(const Search *search, const SearchPart *part, VectorHit **out_hits,
                        size_t *out_count, Err *err) {
    *out_hits = NULL;
    *out_count = 0;
    if (part->index == NULL || part->allowed_count == 0)
        return true;
    VectorSearch request = {
        .query = search->vector,
        .k = search->query->top_k,
        .effort = search->query->ef_search,
        .allowed = part->allowed,
        .allowed_count = part->allowed_count,
    };
    if (request.effort == 0 && part == &search->view->graph)
        request.effort = search->view->head.graph.params.ef_search;
    if (!vector_index_search(part->index, &request, search->arena, out_hits, out_count, err))
        return false;
    for (size_t i = 0; i < *out_count; i++)
        (*out_hits)[i].row += part->first;
    return true;
}

static bool comes_first(const VectorHit *a, const VectorHit *b) {
    return a->distance < b->distance || (a->distance == b->distance && a->row < b->row);
}

static void merge_hits(Search *search, const VectorHit *a, size_t a_count, const VectorHit *b,
                       size_t b_count) {
    size_t most = a_count + b_count;
    if (most > search->query->top_k)
        most = search->query->top_k;
    search->hits = ARENA_ARRAY(search->arena, VectorHit, most);
    size_t i = 0;
    size_t j = 0;
    while (search->hit_count < most) {
        bool from_a = j == b_count || (i < a_count && comes_first(&a[i], &b[j]));
        search->hits[search->hit_count++] = from_a ? a[i++] : b[j++];
    }
}

static bool search_graph(Search *search, Str *out_plan, Err *err) {
    const IndexView *view = search->view;
    VectorHit *near_hits;
    VectorHit *tail_hits;
    size_t near_count;
    size_t tail_count;
    if (!search_part(search, &view->graph, &near_hits, &near_count, err) ||
        !search_part(search, &view->tail, &tail_hits, &tail_count, err))
        return false;
    merge_hits(search, near_hits, near_count, tail_hits, tail_count);
    uint32_t ef = search->query->ef_search;
    if (ef == 0)
        ef = view->head.graph.params.ef_search;
    *out_plan = str_format(search->arena, "hnsw ef=%u", ef);
    if (view->tail.allowed_count > 0)
        *out_plan = str_format(search->arena, "%.*s + exact tail of %u rows", STR_ARG(*out_plan),
                               view->tail.allowed_count);
    return true;
}

static bool find_hits(Search *search, Str *out_plan, Err *err) {
    const IndexView *view = search->view;
    bool graph_wanted = !search->query->exact && !str_is_empty(view->head.graph.key);
    if (graph_wanted && view->shared_graph == NULL) {
        *err = view->graph_error;
        return err_hint(err, "build the graph again, or search with exact");
    }
    if (graph_wanted)
        return search_graph(search, out_plan, err);
    *out_plan = STR("exact");
    return search_part(search, &view->exact, &search->hits, &search->hit_count, err);
}

/* --- the answer ----------------------------------------------------------------------------- */

static float score_of(Metric metric, float distance) {
    return metric == METRIC_COSINE ? 1.0f - distance : -distance;
}

static void fetch_rows(const Search *search, IndexAnswer *answer) {
    Metric metric = search->view->head.record.metric;
    answer->hits = ARENA_ARRAY(search->arena, IndexHit, search->hit_count);
    answer->hit_count = search->hit_count;
    for (size_t i = 0; i < search->hit_count; i++) {
        IndexRow row = index_view_row(search->view, search->hits[i].row);
        answer->hits[i] = (IndexHit){
            .doc_id = row.doc_id,
            .chunk_idx = row.chunk_idx,
            .chunk_text = row.chunk_text,
            .source = row.source,
            .score = score_of(metric, search->hits[i].distance),
            .distance = search->hits[i].distance,
        };
    }
}

static double milliseconds(uint64_t from_ns, uint64_t to_ns) {
    return (double)(to_ns - from_ns) / 1e6;
}

static bool answer_query(Search *search, uint64_t start, IndexAnswer *answer, Err *err) {
    const IndexRecord *record = &search->view->head.record;
    if (!query_vector(search, err))
        return false;
    uint64_t embedded = clock_monotonic_ns();
    if (!find_hits(search, &answer->plan, err))
        return false;
    uint64_t searched = clock_monotonic_ns();
    fetch_rows(search, answer);
    answer->index_name = record->index_name;
    answer->backend = record->vector_backend;
    answer->snapshot_id = record->snapshot_id;
    if (!index_freshness(search->service, record, &answer->fresh, err))
        return false;
    uint64_t end = clock_monotonic_ns();
    answer->timings = (SearchTimings){
        .embed_ms = milliseconds(start, embedded),
        .search_ms = milliseconds(embedded, searched),
        .fetch_ms = milliseconds(searched, end),
        .total_ms = milliseconds(start, end),
    };
    metric_add(METRIC_SEARCHES, 1);
    metric_observe(METRIC_SEARCH_SECONDS,
                   (answer->timings.total_ms - answer->timings.embed_ms) / 1e3);
    return true;
}

bool index_search(IndexService *service, const IndexQuery *query, Arena *arena, IndexAnswer *out,
                  Err *err) {
    uint64_t start = clock_monotonic_ns();
    IndexView *view;
    if (!index_name_check(query->index_name, err) || !check_query(query, err) ||
        !index_registry_view(service->registry, query->index_name, &view, err))
        return false;
    arena_defer(arena, index_view_release_defer, view);
    Search search = {.service = service, .query = query, .view = view, .arena = arena};
    IndexAnswer answer = {0};
    if (!answer_query(&search, start, &answer, err))
        return false;
    *out = answer;
    return true;
}
