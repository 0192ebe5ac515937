/* route_indexes.c - vector indexes: their records, and the long work of bringing them up to date.
 *
 * Tested by: tests/e2e/test_routes_indexes.py. */
#include "gateway/long_work.h"
#include "gateway/route_handlers.h"

/* --- records --------------------------------------------------------------------------------- */

bool route_index_list(RouteCall *call, HttpResponse *response, Err *err) {
    IndexRecord *records;
    size_t count;
    if (!index_list(call->services->indexes, call->arena, &records, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(list, index_record_to_json(&records[i], call->arena));
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "indexes", list);
    return respond_json(call, response, answer);
}

bool route_index_get(RouteCall *call, HttpResponse *response, Err *err) {
    IndexRecord record;
    return index_get(call->services->indexes, call_param(call, "index"), call->arena, &record,
                     err) &&
           respond_json(call, response, index_record_to_json(&record, call->arena));
}

bool route_index_delete(RouteCall *call, HttpResponse *response, Err *err) {
    return index_delete(call->services->indexes, call_param(call, "index"), err) &&
           respond_nothing(response);
}

bool route_index_patch(RouteCall *call, HttpResponse *response, Err *err) {
    (void)response;
    IndexRecord record;
    return index_get(call->services->indexes, call_param(call, "index"), call->arena, &record,
                     err) &&
           err_fail(err, FAIL_UNSUPPORTED,
                    "moving an index to another bucket is not available "
                    "yet");
}

/* --- refresh --------------------------------------------------------------------------------- */

typedef struct RefreshWork {
    LongWorkContext base;
    RefreshRequest request;
} RefreshWork;

static bool run_refresh(void *context, Progress *progress, Arena *arena, json_t **out_result,
                        Err *err) {
    RefreshWork *work = context;
    RefreshResult result;
    if (!index_refresh(work->base.services->indexes, &work->request, progress, arena, &result, err))
        return false;
    *out_result = json_keep(arena, refresh_result_to_json(&result));
    return true;
}

static bool read_refresh(RouteCall *call, RefreshRequest *request, Err *err) {
    const json_t *body = call->body;
    *request = (RefreshRequest){.dataset = call_param(call, "dataset"), .overlap = UINT32_MAX};
    bool fine = json_read_text(body, "index_name", &request->index_name, err) &&
                json_read_text(body, "id_column", &request->id_column, err) &&
                json_read_text(body, "text_column", &request->text_column, err) &&
                json_read_u32(body, "chunk_size", &request->chunk_size, err) &&
                json_read_u32(body, "overlap", &request->overlap, err) &&
                json_read_str(body, "model", JSON_OPTIONAL, &request->model, err) &&
                json_read_str(body, "backend", JSON_OPTIONAL, &request->backend, err) &&
                json_read_str(body, "bucket", JSON_OPTIONAL, &request->bucket, err) &&
                json_read_u64(body, "docs_max", JSON_OPTIONAL, &request->docs_max, err);
    if (!fine)
        return false;
    /* For the service a zero means "the default"; from a user it is a mistake. */
    bool zero_size = json_object_get(body, "chunk_size") != NULL && request->chunk_size == 0;
    if (zero_size) {
        err_fail(err, FAIL_INVALID, "'chunk_size' must be greater than 0");
        return err_field(err, "chunk_size");
    }
    return true;
}

/* The job may outlive the request, and the texts with it. */
static void copy_refresh(const RefreshRequest *from, RefreshWork *work) {
    Arena *arena = work->base.arena;
    work->request = *from;
    work->request.dataset = str_dup(arena, from->dataset);
    work->request.index_name = str_dup(arena, from->index_name);
    work->request.id_column = str_dup(arena, from->id_column);
    work->request.text_column = str_dup(arena, from->text_column);
    work->request.model = str_dup(arena, from->model);
    work->request.backend = str_dup(arena, from->backend);
    work->request.bucket = str_dup(arena, from->bucket);
}

bool route_index_refresh(RouteCall *call, HttpResponse *response, Err *err) {
    RefreshRequest request;
    if (!read_refresh(call, &request, err))
        return false;
    RefreshWork *work = long_work_context(call, sizeof *work);
    copy_refresh(&request, work);
    LongWork job = {"refresh", run_refresh, work, long_work_context_free};
    return long_work_run(call, &job, response, err);
}

/* --- build ----------------------------------------------------------------------------------- */

typedef struct BuildWork {
    LongWorkContext base;
    BuildRequest request;
} BuildWork;

static bool run_build(void *context, Progress *progress, Arena *arena, json_t **out_result,
                      Err *err) {
    BuildWork *work = context;
    BuildResult result;
    if (!index_build_hnsw(work->base.services->indexes, &work->request, progress, arena, &result,
                          err))
        return false;
    json_t *answer = json_keep(arena, json_object());
    json_set_str(answer, "index_name", work->request.index_name);
    json_object_set_new(answer, "build_time_secs", json_real(result.build_time_secs));
    json_set_u64(answer, "bytes", result.bytes);
    json_set_u64(answer, "rows", result.rows);
    json_set_u64(answer, "m", result.params.m);
    json_set_u64(answer, "ef_construction", result.params.ef_construction);
    json_set_u64(answer, "ef_search", result.params.ef_search);
    *out_result = answer;
    return true;
}

bool route_index_build(RouteCall *call, HttpResponse *response, Err *err) {
    BuildRequest request = {.index_name = call_param(call, "index"), .quantization = STR_EMPTY};
    if (!json_read_u32(call->body, "m", &request.m, err) ||
        !json_read_u32(call->body, "ef_construction", &request.ef_construction, err) ||
        !json_read_str(call->body, "quantization", JSON_OPTIONAL, &request.quantization, err))
        return false;
    BuildWork *work = long_work_context(call, sizeof *work);
    work->request = request;
    work->request.index_name = str_dup(work->base.arena, request.index_name);
    work->request.quantization = str_dup(work->base.arena, request.quantization);
    LongWork job = {"hnsw_build", run_build, work, long_work_context_free};
    return long_work_run(call, &job, response, err);
}
