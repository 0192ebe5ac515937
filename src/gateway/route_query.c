/* route_query.c - SQL in, rows out in the format that the client asked for.
 *
 * The engine pushes its answer; a pipe lets the connection pull it (body_pipe.h). So an error is a
 * proper problem as long as nothing was sent, a long answer needs no memory, and a client that
 * hangs up stops its query.
 *
 * Tested by: tests/e2e/test_routes_query.py. */
#include "base/vec.h"
#include "gateway/body_pipe.h"
#include "gateway/route_handlers.h"

typedef struct QueryRun {
    QueryEngine *engine;
    QueryRequest request;
} QueryRun;

static bool write_to_pipe(void *context, Str bytes, Err *err) {
    return body_pipe_write(context, bytes, err);
}

static bool run_query(void *context, BodyPipe *pipe, const atomic_bool *cancelled, Err *err) {
    QueryRun *run = context;
    run->request.cancelled = cancelled;
    ByteSink sink = {pipe, write_to_pipe};
    QueryStats stats;
    return query_run(run->engine, &run->request, &sink, &stats, err);
}

/* The first media type of Accept that we can make; JSON when there is none. */
static QueryFormat accepted_format(Str accept) {
    while (accept.length > 0) {
        Str item;
        Str type;
        accept = str_cut(accept, ',', &item);
        str_cut(item, ';', &type);
        type = str_trim(type);
        for (int format = QUERY_JSON; format <= QUERY_ARROW; format++) {
            Str own;
            str_cut(str_c(query_format_media_type((QueryFormat)format)), ';', &own);
            if (str_eq_nocase(type, own))
                return (QueryFormat)format;
        }
    }
    return QUERY_JSON;
}

static bool read_request(RouteCall *call, QueryRequest *request, Err *err) {
    Str format = {NULL, 0};
    uint32_t timeout_ms = 0;
    *request = (QueryRequest){.params = json_object_get(call->body, "params")};
    if (!json_read_text(call->body, "sql", &request->sql, err) ||
        !json_read_str(call->body, "format", JSON_OPTIONAL, &format, err) ||
        !json_read_u64(call->body, "limit", JSON_OPTIONAL, &request->limit, err) ||
        !json_read_u32(call->body, "timeout_ms", &timeout_ms, err))
        return false;
    request->timeout_ms = timeout_ms;
    if (json_is_null(request->params))
        request->params = NULL;
    if (request->params != NULL && !json_is_array(request->params) &&
        !json_is_object(request->params)) {
        err_fail(err, FAIL_INVALID, "'params' must be an array or an object");
        return err_field(err, "params");
    }
    if (format.data == NULL)
        request->format = accepted_format(http_request_header(call->request, "Accept"));
    else if (!query_format_parse(format, &request->format))
        return err_fail(err, FAIL_INVALID, "'format' is not known");
    bool unlimited = json_object_get(call->body, "limit") == NULL;
    if (unlimited && request->format == QUERY_JSON)
        request->limit = call->config->rows_max;
    return true;
}

bool route_query_sql(RouteCall *call, HttpResponse *response, Err *err) {
    QueryRun *run = ARENA_NEW(call->arena, QueryRun);
    run->engine = call->services->query;
    if (!read_request(call, &run->request, err))
        return false;
    BodyProducer producer = {run, run_query};
    if (!body_pipe_respond(call->request, &producer, response, err))
        return false;
    response->status = 200;
    http_response_header(response, "Content-Type",
                         str_c(query_format_media_type(run->request.format)));
    return true;
}
