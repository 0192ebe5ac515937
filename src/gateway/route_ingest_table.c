/* route_ingest_table.c - a table, or one SELECT, of a database becomes rows of a dataset.
 *
 * What can be told from the request alone is refused before a job is made, so that an asynchronous
 * load that can never work is a 400 at once and not a job that fails later. The DSN lives in the
 * job's memory and nowhere else: it is never stored, logged or answered.
 *
 * Without a mode the dataset becomes what the table is (replace); a load with a cursor only brings
 * what is new, so there the rows are added.
 *
 * Tested by: tests/e2e/test_ingest_table.py, test_ingest_postgres.py, test_ingest_mysql.py. */
#include "gateway/ingest_json.h"
#include "gateway/long_work.h"
#include "gateway/route_handlers.h"

typedef struct TableWork {
    LongWorkContext base;
    IngestTableRequest request;
} TableWork;

static bool run_table(void *context, Progress *progress, Arena *arena, json_t **out_result,
                      Err *err) {
    TableWork *work = context;
    IngestResult result;
    if (!ingest_table(work->base.services->ingest, &work->request, progress, arena, &result, err))
        return false;
    *out_result = ingest_result_to_json(&result, arena);
    return true;
}

/* --- the request ----------------------------------------------------------------------------- */

static bool invalid(Err *err, const char *field, const char *message) {
    err_fail(err, FAIL_INVALID, "%s", message);
    return err_field(err, field);
}

static bool read_fields(const json_t *body, IngestTableRequest *request, Str *out_mode,
                        Str *out_types, Err *err) {
    return json_read_text(body, "dsn", &request->dsn, err) &&
           json_read_text(body, "dataset", &request->dataset, err) &&
           json_read_str(body, "table", JSON_OPTIONAL, &request->table, err) &&
           json_read_str(body, "query", JSON_OPTIONAL, &request->query, err) &&
           json_read_str(body, "bucket", JSON_OPTIONAL, &request->bucket, err) &&
           json_read_str(body, "key", JSON_OPTIONAL, &request->key, err) &&
           json_read_str(body, "cursor", JSON_OPTIONAL, &request->cursor, err) &&
           json_read_u64(body, "batch_rows", JSON_OPTIONAL, &request->batch_rows, err) &&
           json_read_bool(body, "restart", JSON_OPTIONAL, &request->restart, err) &&
           json_read_str(body, "mode", JSON_OPTIONAL, out_mode, err) &&
           json_read_str(body, "types", JSON_OPTIONAL, out_types, err);
}

static bool check_fields(const json_t *body, const IngestTableRequest *request, Err *err) {
    if ((request->table.length > 0) == (request->query.length > 0))
        return invalid(err, "table", "give either 'table' or 'query'");
    if (request->mode == INGEST_UPSERT && request->key.length == 0)
        return invalid(err, "key", "'key' is missing: an upsert needs the key columns");
    if (json_object_get(body, "batch_rows") != NULL && request->batch_rows == 0)
        return invalid(err, "batch_rows", "'batch_rows' must be greater than 0");
    return catalog_name_check(request->dataset, err);
}

/* A MySQL address on PostgreSQL's route is a mistake, not a wish. */
static bool check_dsn(const IngestTableRequest *request, Arena *arena, Err *err) {
    Dsn dsn;
    if (!dsn_parse(request->dsn, arena, &dsn, err))
        return false;
    if (dsn.kind == request->kind)
        return true;
    bool wants_mysql = request->kind == DSN_MYSQL;
    invalid(err, "dsn",
            wants_mysql ? "this route reads MySQL and MariaDB, and the DSN is of PostgreSQL"
                        : "this route reads PostgreSQL, and the DSN is of MySQL or MariaDB");
    return err_hint(err, "%s", wants_mysql ? "POST /ingest/db" : "POST /ingest/mysql");
}

/* Into memory of the job, for the body ends with the request. */
static void keep_texts(IngestTableRequest *request, Arena *arena) {
    Str *texts[] = {&request->dataset, &request->bucket, &request->key,   &request->dsn,
                    &request->table,   &request->query,  &request->cursor};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = str_dup(arena, *texts[i]);
}

static bool read_request(const RouteCall *call, DsnKind kind, TableWork *work, Err *err) {
    IngestTableRequest *request = &work->request;
    Str mode = STR_EMPTY, types = STR_EMPTY;
    request->kind = kind;
    if (!read_fields(call->body, request, &mode, &types, err))
        return false;
    request->mode = request->cursor.length > 0 ? INGEST_APPEND : INGEST_REPLACE;
    if (mode.length > 0 && !ingest_mode_parse(mode, &request->mode))
        return invalid(err, "mode", "this mode is not known");
    request->types = str_eq_c(types, "reference") ? SOURCE_REFERENCE : SOURCE_EXACT;
    if (!check_fields(call->body, request, err) || !check_dsn(request, call->arena, err))
        return false;
    keep_texts(request, work->base.arena);
    return true;
}

static bool ingest_from(RouteCall *call, DsnKind kind, HttpResponse *response, Err *err) {
    TableWork *work = long_work_context(call, sizeof *work);
    if (!read_request(call, kind, work, err)) {
        long_work_context_free(work);
        return false;
    }
    LongWork job = {"ingest", run_table, work, long_work_context_free};
    return long_work_run(call, &job, response, err);
}

bool route_ingest_postgres(RouteCall *call, HttpResponse *response, Err *err) {
    return ingest_from(call, DSN_POSTGRES, response, err);
}

bool route_ingest_mysql(RouteCall *call, HttpResponse *response, Err *err) {
    return ingest_from(call, DSN_MYSQL, response, err);
}
