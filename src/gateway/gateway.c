/* gateway.c - between the HTTP server and the routes: what happens to every request alike.
 *
 *     begin:  draining? foreign origin? -> find the row -> check query and head -> plan the body
 *     answer: parse and check the body -> the row's handler -> response, or problem
 *     done:   metrics and one line in the log
 *
 * Requests that a web page of another origin makes through somebody's browser are refused: without
 * that, any page could post to a server that listens on localhost.
 *
 * Tested by: tests/e2e/test_routes_service.py. */
#include "gateway/gateway.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/redact.h"
#include "base/vec.h"
#include "gateway/problem.h"
#include "gateway/route_call.h"

enum { DISCARD_BYTES_MAX = 16 << 20, HEAD_BYTES_MAX = 256 << 10 };

struct Gateway {
    Arena *arena;
    GatewayConfig config;
    GatewayServices services;
    HttpServer *server;
};

/* --- begin ----------------------------------------------------------------------------------- */

static bool origin_check(const HttpRequest *request, Err *err) {
    Str origin = http_request_header(request, "Origin");
    if (origin.length == 0)
        return true;
    size_t scheme_end = str_find(origin, STR("://"), 0);
    Str host = http_request_header(request, "Host");
    if (scheme_end != SIZE_MAX &&
        str_eq_nocase(str_slice(origin, scheme_end + 3, origin.length), host))
        return true;
    return err_fail(err, FAIL_DENIED, "requests from web pages of other origins are refused");
}

static Str media_type(const HttpRequest *request) {
    Str head;
    str_cut(http_request_header(request, "Content-Type"), ';', &head);
    return str_trim(head);
}

/* What curl -d and friends send by default passes as JSON; what claims to be something else, not.
 */
static bool json_type_check(const HttpRequest *request, Err *err) {
    static const char *const taken[] = {"", "application/json", "application/x-www-form-urlencoded",
                                        "application/octet-stream", "text/plain"};
    Str type = media_type(request);
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        if (str_eq_nocase(type, str_c(taken[i])))
            return true;
    if (str_ends(type, STR("+json")))
        return true;
    err_fail(err, FAIL_MEDIA_TYPE, "the body must be application/json, not '%.*s'",
             (int)(type.length < 80 ? type.length : 80), type.data);
    return false;
}

static bool plan_upload(Gateway *gateway, RouteCall *call, HttpBodyPlan *out_plan, Err *err) {
    Str type = http_request_header(call->request, "Content-Type");
    call->upload = upload_create(gateway->config.upload_directory, call->arena, err);
    if (call->upload == NULL)
        return false;
    out_plan->bytes_max = gateway->config.body_bytes_max;
    if (call->match.route->body == BODY_BYTES || !multipart_is_form(type)) {
        call->upload_type = media_type(call->request);
        out_plan->sink = upload_sink(call->upload);
        return true;
    }
    Str boundary;
    if (!multipart_boundary(type, call->arena, &boundary, err))
        return false;
    call->form = form_upload_create(call->upload, boundary, call->arena);
    out_plan->sink = form_upload_sink(call->form);
    return true;
}

/* Of a route that takes both: what says JSON, what curl -d sends by default, or nothing. */
static bool json_is_meant(const HttpRequest *request) {
    Str type = media_type(request);
    return type.length == 0 || str_eq_nocase(type, STR("application/json")) ||
           str_eq_nocase(type, STR("application/x-www-form-urlencoded"));
}

static bool plan_json(Gateway *gateway, RouteCall *call, HttpBodyPlan *out_plan) {
    call->memory = memory_body_create(call->arena);
    *out_plan = (HttpBodyPlan){gateway->config.json_body_bytes_max, memory_body_sink(call->memory)};
    return true;
}

static bool plan_body(Gateway *gateway, RouteCall *call, HttpBodyPlan *out_plan, Err *err) {
    switch (call->match.route->body) {
    case BODY_NONE:
        return call->request->body_declared == 0 ||
               err_fail(err, FAIL_INVALID, "this route takes no body");
    case BODY_JSON:
        return json_type_check(call->request, err) && plan_json(gateway, call, out_plan);
    case BODY_JSON_OR_FILE:
        if (json_is_meant(call->request))
            return plan_json(gateway, call, out_plan);
        break;
    case BODY_BYTES:
    case BODY_FILE:
        break;
    }
    return plan_upload(gateway, call, out_plan, err);
}

static bool admit(Gateway *gateway, RouteCall *call, HttpBodyPlan *out_plan, Str *out_allow,
                  Err *err) {
    HttpRequest *request = call->request;
    if (http_server_draining(gateway->server))
        return err_fail(err, FAIL_NOT_READY, "the server is shutting down");
    return origin_check(request, err) &&
           router_match(routes, route_count, request->method, request->path, call->arena,
                        &call->match, out_allow, err) &&
           query_parse(call->match.route, request->query, call->arena, &call->query, err) &&
           (call->match.route->check == NULL || call->match.route->check(call, err)) &&
           plan_body(gateway, call, out_plan, err);
}

static bool on_begin(void *context, HttpRequest *request, HttpBodyPlan *out_plan,
                     HttpResponse *response) {
    Gateway *gateway = context;
    RouteCall *call = ARENA_NEW(request->arena, RouteCall);
    call->request = request;
    call->services = &gateway->services;
    call->config = &gateway->config;
    call->arena = request->arena;
    request->user = call;
    Err err = {0};
    Str allowed = STR_EMPTY; /* 405: the methods that there are */
    if (admit(gateway, call, out_plan, &allowed, &err))
        return true;
    problem_respond(&err, request, NULL, response);
    if (allowed.length > 0)
        http_response_header(response, "Allow", allowed);
    return false;
}

/* --- answer ---------------------------------------------------------------------------------- */

static bool parse_json_body(RouteCall *call, Err *err) {
    const Shape *shape = call->match.route->request;
    Str bytes = str_trim(strbuf_str(&call->memory->bytes));
    call->body = bytes.length > 0 ? json_parse(bytes, call->arena, err)
                                  : json_keep(call->arena, json_object());
    if (call->body == NULL)
        return err_wrap(err, "request body");
    return shape == NULL || shape_check(shape, call->body, err);
}

/* Fields of a form count as query parameters. */
static bool merge_form(RouteCall *call, Err *err) {
    if (!form_upload_finish(call->form, err))
        return false;
    call->upload_name = call->form->file_name;
    call->upload_type = call->form->file_type;
    for (size_t i = 0; i < call->form->fields.count; i++) {
        const FormField *field = &call->form->fields.items[i];
        if (!query_add(call->match.route, field->name, field->value, call->arena, &call->query,
                       err))
            return false;
    }
    return true;
}

static bool run_handler(RouteCall *call, HttpResponse *response, Err *err) {
    if (call->memory != NULL && !parse_json_body(call, err))
        return false;
    if (call->upload != NULL && !upload_finish(call->upload, err))
        return false;
    if (call->form != NULL && !merge_form(call, err))
        return false;
    return call->match.route->handler(call, response, err);
}

static void on_fail(void *context, HttpRequest *request, const Err *err, HttpResponse *response) {
    (void)context;
    RouteCall *call = request->user;
    int status = err_kind_status(err->kind);
    if (status >= 500) /* 500: somebody must act; the rest says itself what is missing */
        log_failure(status == 500 ? LOG_ERROR : LOG_WARN, "gateway", "request_failed", request->id,
                    err);
    problem_respond(err, request, call->problem_extra, response);
}

static void on_answer(void *context, HttpRequest *request, HttpResponse *response) {
    Gateway *gateway = context;
    RouteCall *call = request->user;
    Err err = {0};
    if (run_handler(call, response, &err))
        return;
    /* Work that was cut off by our own end, not by its client: somebody still listens. */
    if (err_is(&err, FAIL_CANCELLED) && http_server_draining(gateway->server))
        err_fail(&err, FAIL_NOT_READY, "the server is shutting down");
    on_fail(context, request, &err, response);
}

/* --- done ------------------------------------------------------------------------------------ */

static void on_done(void *context, const HttpRequest *request, const HttpOutcome *outcome) {
    Gateway *gateway = context;
    const RouteCall *call = request->user;
    double seconds = clock_seconds_since(request->started_ns);
    metric_add(METRIC_HTTP_REQUESTS, 1);
    metric_observe(METRIC_HTTP_SECONDS, seconds);
    metric_set(METRIC_HTTP_CONNECTIONS, http_server_connections(gateway->server));
    if (outcome->status >= 500)
        metric_add(METRIC_HTTP_FAILURES, 1);
    const Route *route = call == NULL ? NULL : call->match.route;
    bool quiet = route != NULL && route->scope == SCOPE_PUBLIC && outcome->status < 500;
    /* Of queries nothing is logged; a DSN in the place of a name is not, either. */
    Str path = redact(REDACT_MESSAGE, request->path, request->arena);
    log_event(quiet ? LOG_DEBUG : LOG_INFO, "gateway", "request",
              "id=%.*s method=%.*s path=%.*s status=%u ms=%.1f in=%llu out=%llu%s",
              STR_ARG(request->id), STR_ARG(log_quote(request->method, request->arena)),
              STR_ARG(log_quote(path, request->arena)), outcome->status, seconds * 1000,
              (unsigned long long)request->body_length, (unsigned long long)outcome->bytes_sent,
              outcome->complete ? "" : " complete=false");
}

/* --- life ------------------------------------------------------------------------------------ */

static HttpServerConfig server_config(const GatewayConfig *config) {
    HttpServerConfig server = http_server_config_default();
    server.host = config->host;
    server.port = config->port;
    server.connections_max = config->connections_max;
    server.connections_per_ip_max = config->connections_per_ip_max;
    server.idle_timeout_ms = config->idle_timeout_ms;
    server.head_timeout_ms = config->head_timeout_ms;
    server.body_timeout_ms = config->body_timeout_ms;
    server.discard_max = DISCARD_BYTES_MAX;
    server.head_bytes_max = HEAD_BYTES_MAX;
    return server;
}

Gateway *gateway_start(const GatewayConfig *config, const GatewayServices *services, Err *err) {
    Arena *arena = arena_create();
    Gateway *gateway = ARENA_NEW(arena, Gateway);
    gateway->arena = arena;
    gateway->config = *config;
    gateway->config.host = str_dup(arena, config->host);
    gateway->config.upload_directory = str_dup(arena, config->upload_directory);
    gateway->services = *services;
    HttpHandlers handlers = {gateway, on_begin, on_answer, on_fail, on_done};
    HttpServerConfig server = server_config(&gateway->config);
    gateway->server = http_server_create(&server, &handlers);
    if (http_server_start(gateway->server, err))
        return gateway;
    gateway_stop(gateway);
    return NULL;
}

Str gateway_url(const Gateway *gateway, Arena *arena) {
    Str host = gateway->config.host;
    bool is_ipv6 = str_find_char(host, ':', 0) != SIZE_MAX;
    return str_format(arena, is_ipv6 ? "http://[%.*s]:%u" : "http://%.*s:%u", STR_ARG(host),
                      http_server_port(gateway->server));
}

void gateway_drain(Gateway *gateway, uint32_t timeout_ms) {
    http_server_drain(gateway->server, timeout_ms);
}

void gateway_stop(Gateway *gateway) {
    if (gateway == NULL)
        return;
    http_server_stop(gateway->server);
    arena_destroy(gateway->arena);
}
