/* route_feed.c - documents put into an index, or taken out of it, without a dataset.
 *
 * Tested by: tests/e2e/test_routes_feed.py. */
#include <stdio.h>

#include "gateway/route_handlers.h"
#include "gateway/vector_json.h"

static json_t *feed_json(const FeedResult *result, Arena *arena) {
    json_t *answer = json_keep(arena, json_object());
    json_set_u64(answer, "inserted", result->inserted);
    json_set_u64(answer, "updated", result->updated);
    json_set_u64(answer, "deleted", result->deleted);
    json_set_u64(answer, "rows", result->rows);
    return answer;
}

static bool read_row(const json_t *item, size_t index, Arena *arena, UpsertRow *row, Err *err) {
    const json_t *vector;
    char field[48];
    snprintf(field, sizeof field, "rows[%zu].vector", index);
    *row = (UpsertRow){.source = STR_EMPTY, .text = {NULL, 0}};
    if (!json_read_text(item, "doc_id", &row->doc_id, err) ||
        !json_read_str(item, "text", JSON_OPTIONAL, &row->text, err) ||
        !json_read_str(item, "source", JSON_OPTIONAL, &row->source, err) ||
        !json_read_array(item, "vector", JSON_OPTIONAL, &vector, err) ||
        !vector_from_json(vector, field, arena, &row->vector, &row->dimension, err))
        return false;
    row->has_text = row->text.data != NULL;
    if (row->has_text || row->vector != NULL)
        return true;
    err_fail(err, FAIL_INVALID, "rows[%zu] has neither text nor vector", index);
    snprintf(field, sizeof field, "rows[%zu]", index);
    return err_field(err, field);
}

static bool read_rows(RouteCall *call, UpsertRequest *request, Err *err) {
    const json_t *list;
    if (!json_read_array(call->body, "rows", JSON_REQUIRED, &list, err))
        return false;
    size_t count = json_array_size(list);
    if (count == 0) {
        err_fail(err, FAIL_INVALID, "'rows' is empty");
        return err_field(err, "rows");
    }
    UpsertRow *rows = ARENA_ARRAY(call->arena, UpsertRow, count);
    for (size_t i = 0; i < count; i++)
        if (!read_row(json_array_get(list, i), i, call->arena, &rows[i], err))
            return false;
    request->rows = rows;
    request->row_count = count;
    return true;
}

static bool read_create(RouteCall *call, UpsertRequest *request, Err *err) {
    const json_t *create;
    if (!json_read_object(call->body, "create", JSON_OPTIONAL, &create, err))
        return false;
    request->create = create != NULL;
    request->metric = METRIC_COSINE;
    if (create == NULL)
        return true;
    Str metric = STR_EMPTY;
    if (!json_read_u32(create, "dimensions", &request->dimensions, err) ||
        !json_read_str(create, "metric", JSON_OPTIONAL, &metric, err) ||
        !json_read_str(create, "backend", JSON_OPTIONAL, &request->backend, err) ||
        !json_read_str(create, "bucket", JSON_OPTIONAL, &request->bucket, err) ||
        !json_read_str(create, "model", JSON_OPTIONAL, &request->model, err))
        return false;
    return metric.length == 0 || metric_parse(metric, &request->metric) ||
           err_fail(err, FAIL_INVALID, "'create.metric' is not known");
}

bool route_index_upsert(RouteCall *call, HttpResponse *response, Err *err) {
    UpsertRequest request = {.index_name = call_param(call, "index")};
    FeedResult result;
    return read_rows(call, &request, err) && read_create(call, &request, err) &&
           index_upsert(call->services->indexes, &request, NULL, call->arena, &result, err) &&
           respond_json(call, response, feed_json(&result, call->arena));
}

bool route_index_delete_docs(RouteCall *call, HttpResponse *response, Err *err) {
    const json_t *list;
    if (!json_read_array(call->body, "doc_ids", JSON_REQUIRED, &list, err))
        return false;
    size_t count = json_array_size(list);
    Str *ids = ARENA_ARRAY(call->arena, Str, count == 0 ? 1 : count);
    for (size_t i = 0; i < count; i++) {
        const json_t *id = json_array_get(list, i);
        ids[i] = str_make(json_string_value(id), json_string_length(id));
    }
    FeedResult result;
    return index_delete_docs(call->services->indexes, call_param(call, "index"), ids, count,
                             call->arena, &result, err) &&
           respond_json(call, response, feed_json(&result, call->arena));
}
