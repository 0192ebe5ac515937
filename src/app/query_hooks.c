/* query_hooks.c - vector_search and lake_indexes of SQL, answered by the index service.
 *
 * The same index_search serves the HTTP route, so both give the same hits.
 *
 * Tested by: tests/e2e/test_search.py. */
#include "app/query_hooks.h"

static bool hook_search(void *context, Str index, Str text, const float *vector, size_t dimension,
                        uint32_t k, uint32_t effort, Arena *arena, QuerySearchHit **out_hits,
                        size_t *out_count, Err *err) {
    IndexQuery query = {.index_name = index,
                        .text = text,
                        .vector = vector,
                        .dimension = dimension,
                        .top_k = k,
                        .ef_search = effort};
    IndexAnswer answer;
    if (!index_search(context, &query, arena, &answer, err))
        return false;
    QuerySearchHit *hits = ARENA_ARRAY(arena, QuerySearchHit, answer.hit_count);
    for (size_t i = 0; i < answer.hit_count; i++) {
        const IndexHit *hit = &answer.hits[i];
        hits[i] = (QuerySearchHit){.doc_id = hit->doc_id,
                                   .chunk_idx = hit->chunk_idx,
                                   .chunk_text = hit->chunk_text,
                                   .source = hit->source,
                                   .score = hit->score,
                                   .distance = hit->distance};
    }
    *out_hits = hits;
    *out_count = answer.hit_count;
    return true;
}

static bool hook_list(void *context, Arena *arena, json_t **out_records, Err *err) {
    IndexRecord *records;
    size_t count;
    if (!index_list(context, arena, &records, &count, err))
        return false;
    json_t *list = json_keep(arena, json_array());
    for (size_t i = 0; i < count; i++)
        json_array_append(list, index_record_to_json(&records[i], arena));
    *out_records = list;
    return true;
}

QueryHooks query_hooks_make(IndexService *indexes) {
    return (QueryHooks){
        .context = indexes, .vector_search = hook_search, .list_indexes = hook_list};
}
