/* route_ingest.c - a file over HTTP becomes rows of a dataset.
 *
 * By the time the handler runs the body lies in a temporary file; the job takes it over, so that an
 * asynchronous load outlives its request.
 *
 * Tested by: tests/e2e/test_routes_ingest.py. */
#include "base/vec.h"
#include "gateway/file_request.h"
#include "gateway/ingest_json.h"
#include "gateway/long_work.h"
#include "gateway/route_handlers.h"

typedef struct IngestWork {
    LongWorkContext base;
    IngestFileRequest request;
    Upload *upload;
} IngestWork;

static bool run_ingest(void *context, Progress *progress, Arena *arena, json_t **out_result,
                       Err *err) {
    IngestWork *work = context;
    IngestResult result;
    if (!ingest_file(work->base.services->ingest, &work->request, progress, arena, &result, err))
        return false;
    *out_result = ingest_result_to_json(&result, arena);
    return true;
}

/* --- the request ----------------------------------------------------------------------------- */

/* {"amount": "DECIMAL(10,2)", ...} */
static bool read_types(const RouteCall *call, Arena *arena, IngestFileRequest *request, Err *err) {
    Str text = call_query(call, "types");
    if (text.length == 0)
        return true;
    json_t *types = json_parse(text, call->arena, err);
    if (types == NULL || !json_is_object(types)) {
        err_fail(err, FAIL_INVALID, "'types' must be a JSON object of column to SQL type");
        return err_field(err, "types");
    }
    VEC(ColumnOverride) overrides = {0};
    const char *column;
    json_t *type;
    json_object_foreach (types, column, type) {
        if (!json_is_string(type)) {
            err_fail(err, FAIL_INVALID, "the type of column '%.60s' must be a string", column);
            return err_field(err, "types");
        }
        *vec_push(&overrides, arena) = (ColumnOverride){
            str_dup(arena, str_c(column)), str_dup(arena, str_c(json_string_value(type)))};
    }
    request->types = overrides.items;
    request->type_count = overrides.count;
    return true;
}

static bool read_request(RouteCall *call, IngestWork *work, Err *err) {
    Arena *arena = work->base.arena;
    IngestFileRequest *request = &work->request;
    Str dataset = call_query(call, "dataset");
    Str mode = call_query(call, "mode");
    Str format = call_query(call, "format");
    if (dataset.length == 0) {
        err_fail(err, FAIL_INVALID, "'dataset' is missing");
        return err_field(err, "dataset");
    }
    *request = (IngestFileRequest){
        .dataset = str_dup(arena, dataset),
        .bucket = str_dup(arena, call_query(call, "bucket")),
        .mode = INGEST_APPEND,
        .key = str_dup(arena, call_query(call, "key")),
        .format = upload_format(call),
        .source_name = str_dup(arena, upload_source_name(call)),
        .csv = upload_dialect(call, arena),
    };
    bool known = (mode.length == 0 || ingest_mode_parse(mode, &request->mode)) &&
                 (format.length == 0 || file_format_parse(format, &request->format));
    if (!known)
        return err_fail(err, FAIL_INVALID, "this mode or format is not known");
    if (request->mode == INGEST_UPSERT && request->key.length == 0) {
        err_fail(err, FAIL_INVALID, "'key' is missing: an upsert needs the key columns");
        return err_field(err, "key");
    }
    if (call->upload->size_bytes == 0)
        return err_fail(err, FAIL_INVALID, "the file is empty");
    return catalog_name_check(dataset, err) && read_types(call, arena, request, err);
}

bool route_ingest_file(RouteCall *call, HttpResponse *response, Err *err) {
    IngestWork *work = long_work_context(call, sizeof *work);
    if (!read_request(call, work, err)) {
        long_work_context_free(work);
        return false;
    }
    work->upload = upload_move(call->upload, work->base.arena);
    work->request.path = str_c(work->upload->path);
    LongWork job = {"ingest", run_ingest, work, long_work_context_free};
    return long_work_run(call, &job, response, err);
}
