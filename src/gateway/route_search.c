/* route_search.c - the rows nearest to a text or a vector, with how they were found.
 *
 * What a request asks for and this version cannot do (filter, nprobes, refine) is answered with
 * 501; nothing is left out in silence.
 *
 * Tested by: tests/e2e/test_routes_search.py. */
#include "base/vec.h"
#include "gateway/route_handlers.h"
#include "gateway/vector_json.h"

enum { TOP_K_DEFAULT = 10, TOP_K_MAX = 10000 };

static bool refuse_unavailable(const json_t *body, Err *err) {
    static const char *const later[] = {"filter", "nprobes", "refine"};
    for (size_t i = 0; i < ARRAY_LEN(later); i++) {
        const json_t *value = json_object_get(body, later[i]);
        if (value == NULL || json_is_null(value))
            continue;
        err_fail(err, FAIL_UNSUPPORTED, "'%s' is not available yet", later[i]);
        return err_field(err, later[i]);
    }
    return true;
}

static bool read_query(RouteCall *call, IndexQuery *query, Err *err) {
    const json_t *vector;
    *query = (IndexQuery){.index_name = call_param(call, "index"), .top_k = TOP_K_DEFAULT};
    if (!refuse_unavailable(call->body, err) ||
        !json_read_str(call->body, "query", JSON_OPTIONAL, &query->text, err) ||
        !json_read_array(call->body, "vector", JSON_OPTIONAL, &vector, err) ||
        !vector_from_json(vector, "vector", call->arena, &query->vector, &query->dimension, err) ||
        !json_read_u32(call->body, "top_k", &query->top_k, err) ||
        !json_read_u32(call->body, "ef_search", &query->ef_search, err) ||
        !json_read_bool(call->body, "exact", JSON_OPTIONAL, &query->exact, err))
        return false;
    if (query->top_k == 0 || query->top_k > TOP_K_MAX) {
        err_fail(err, FAIL_INVALID, "'top_k' must be 1 to %d", TOP_K_MAX);
        return err_field(err, "top_k");
    }
    if ((query->text.length > 0) == (query->vector != NULL)) {
        err_fail(err, FAIL_INVALID,
                 query->vector != NULL ? "give 'query' or 'vector', not both"
                                       : "'query' or 'vector' is missing");
        return err_field(err, "query");
    }
    return true;
}

static json_t *hit_json(const IndexHit *hit) {
    json_t *object = json_object();
    json_set_str(object, "doc_id", hit->doc_id);
    json_object_set_new(object, "chunk_idx", json_integer(hit->chunk_idx));
    json_set_str(object, "chunk_text", hit->chunk_text);
    json_set_str(object, "source", hit->source);
    json_object_set_new(object, "score", float_to_json(hit->score));
    json_object_set_new(object, "distance", float_to_json(hit->distance));
    return object;
}

static json_t *snapshot_json(uint64_t id) {
    return id == 0 ? json_null() : json_integer((json_int_t)id);
}

static json_t *answer_json(const IndexAnswer *answer, Arena *arena) {
    json_t *hits = json_array();
    for (size_t i = 0; i < answer->hit_count; i++)
        json_array_append_new(hits, hit_json(&answer->hits[i]));
    json_t *index = json_object();
    json_set_str(index, "name", answer->index_name);
    json_set_str(index, "backend", answer->backend);
    json_object_set_new(index, "snapshot_id", snapshot_json(answer->snapshot_id));
    json_object_set_new(index, "fresh", json_boolean(answer->fresh));
    json_t *timings = json_object();
    json_object_set_new(timings, "embed_ms", json_real(answer->timings.embed_ms));
    json_object_set_new(timings, "search_ms", json_real(answer->timings.search_ms));
    json_object_set_new(timings, "fetch_ms", json_real(answer->timings.fetch_ms));
    json_object_set_new(timings, "total_ms", json_real(answer->timings.total_ms));
    json_t *object = json_keep(arena, json_object());
    json_object_set_new(object, "hits", hits);
    json_object_set_new(object, "index", index);
    json_set_str(object, "plan", answer->plan);
    json_object_set_new(object, "timings", timings);
    return object;
}

bool route_search(RouteCall *call, HttpResponse *response, Err *err) {
    IndexQuery query;
    IndexAnswer answer;
    return read_query(call, &query, err) &&
           index_search(call->services->indexes, &query, call->arena, &answer, err) &&
           respond_json(call, response, answer_json(&answer, call->arena));
}

bool route_document(RouteCall *call, HttpResponse *response, Err *err) {
    Str index = call_param(call, "index");
    Str doc_id = call_param(call, "doc_id");
    IndexHit *chunks;
    size_t count;
    if (!index_doc(call->services->indexes, index, doc_id, call->arena, &chunks, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *chunk = json_object();
        json_object_set_new(chunk, "chunk_idx", json_integer(chunks[i].chunk_idx));
        json_set_str(chunk, "chunk_text", chunks[i].chunk_text);
        json_set_str(chunk, "source", chunks[i].source);
        json_array_append_new(list, chunk);
    }
    json_t *answer = json_keep(call->arena, json_object());
    json_set_str(answer, "index_name", index);
    json_set_str(answer, "doc_id", doc_id);
    json_object_set_new(answer, "chunks", list);
    return respond_json(call, response, answer);
}
