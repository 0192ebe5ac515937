/* route_verify.c - is a dataset what its source holds? The source is named in JSON, or is the body.
 *
 * A difference is an answer (200, "equal": false), not a problem. The DSN goes to the job and
 * nowhere else: neither answer nor log shows it.
 *
 * Tested by: tests/e2e/test_verify.py. */
#include "base/vec.h"
#include "gateway/file_request.h"
#include "gateway/long_work.h"
#include "gateway/route_handlers.h"
#include "verify/verify.h"

typedef struct VerifyWork {
    LongWorkContext base;
    VerifyRequest request;
    Upload *upload; /* NULL: a database */
} VerifyWork;

/* --- the answer ------------------------------------------------------------------------------ */

static json_t *counts_json(uint64_t source, uint64_t dataset) {
    json_t *counts = json_object();
    json_set_u64(counts, "source", source);
    json_set_u64(counts, "dataset", dataset);
    return counts;
}

static json_t *columns_json(const VerifyResult *result) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->column_count; i++) {
        const VerifyColumn *column = &result->columns[i];
        json_t *checksum = json_object(), *item = json_object();
        json_set_str(checksum, "source", column->source_checksum);
        json_set_str(checksum, "dataset", column->dataset_checksum);
        json_set_str(item, "name", column->name);
        json_object_set_new(item, "equal", json_boolean(column->equal));
        json_object_set_new(item, "in_source", json_boolean(column->in_source));
        json_object_set_new(item, "in_dataset", json_boolean(column->in_dataset));
        json_object_set_new(item, "nulls",
                            counts_json(column->source_nulls, column->dataset_nulls));
        json_object_set_new(item, "checksum", checksum);
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *strings_json(const StrVec *texts) {
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(list, json_stringn(texts->items[i].data, texts->items[i].length));
    return list;
}

static json_t *differences_json(const VerifyResult *result) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->difference_count; i++) {
        const VerifyDifference *difference = &result->differences[i];
        json_t *item = json_object();
        json_set_str(item, "key", difference->key);
        json_set_str(item, "side", difference->side);
        json_object_set_new(item, "columns", strings_json(&difference->columns));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *result_json(const VerifyResult *result, Arena *arena) {
    json_t *answer = json_keep(arena, json_object());
    json_object_set_new(answer, "equal", json_boolean(result->equal));
    json_set_str(answer, "dataset", result->dataset);
    json_set_u64(answer, "snapshot_id", result->snapshot_id);
    json_set_str(answer, "source_system", result->source_system);
    json_set_str(answer, "source", result->source);
    json_object_set_new(answer, "rows", counts_json(result->source_rows, result->dataset_rows));
    json_object_set_new(answer, "columns", columns_json(result));
    json_object_set_new(answer, "differences", differences_json(result));
    json_object_set_new(answer, "notes", strings_json(&result->notes));
    json_object_set_new(answer, "duration_secs", json_real(result->duration_secs));
    return answer;
}

static bool run_verify(void *context, Progress *progress, Arena *arena, json_t **out_result,
                       Err *err) {
    VerifyWork *work = context;
    VerifyResult result;
    if (!ingest_verify(work->base.services->ingest, &work->request, progress, arena, &result, err))
        return false;
    *out_result = result_json(&result, arena);
    return true;
}

/* --- the request ----------------------------------------------------------------------------- */

static bool read_json(const RouteCall *call, VerifyWork *work, Err *err) {
    Arena *arena = work->base.arena;
    VerifyRequest *request = &work->request;
    struct {
        const char *name;
        Str *out;
    } texts[] = {{"dsn", &request->dsn},
                 {"table", &request->table},
                 {"query", &request->query},
                 {"key", &request->key}};
    if (call->query.count > 0)
        return err_fail(err, FAIL_INVALID, "with a JSON body the parameters belong into the body");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!json_read_str(call->body, texts[i].name, JSON_OPTIONAL, texts[i].out, err))
            return false;
        *texts[i].out = str_dup(arena, *texts[i].out);
    }
    uint64_t differences_max = 0;
    if (!json_read_u64(call->body, "differences_max", JSON_OPTIONAL, &differences_max, err))
        return false;
    request->differences_max = (size_t)differences_max;
    return true;
}

static bool read_file(const RouteCall *call, VerifyWork *work, Err *err) {
    Arena *arena = work->base.arena;
    Str format = call_query(call, "format");
    VerifyRequest *request = &work->request;
    request->key = str_dup(arena, call_query(call, "key"));
    request->differences_max = (size_t)call_query_u64(call, "differences_max", 0);
    request->source_name = str_dup(arena, upload_source_name(call));
    request->csv = upload_dialect(call, arena);
    request->format = upload_format(call);
    if (format.length > 0 && !file_format_parse(format, &request->format))
        return err_fail(err, FAIL_INVALID, "this format is not known");
    if (call->upload->size_bytes == 0)
        return err_fail(err, FAIL_INVALID, "the file is empty");
    work->upload = upload_move(call->upload, arena);
    request->path = str_c(work->upload->path);
    return true;
}

bool route_verify(RouteCall *call, HttpResponse *response, Err *err) {
    VerifyWork *work = long_work_context(call, sizeof *work);
    work->request.dataset = str_dup(work->base.arena, call_param(call, "dataset"));
    bool fine = catalog_name_check(work->request.dataset, err) &&
                (call->upload != NULL ? read_file(call, work, err) : read_json(call, work, err));
    if (!fine) {
        long_work_context_free(work);
        return false;
    }
    LongWork job = {"verify", run_verify, work, long_work_context_free};
    return long_work_run(call, &job, response, err);
}
