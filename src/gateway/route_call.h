/* route_call.h - one request on its way through its route, and what every handler needs of it.
 *
 * Ownership: everything lives in call->arena, the request's.   Threads: the request's own. */
#ifndef GATEWAY_ROUTE_CALL_H
#define GATEWAY_ROUTE_CALL_H

#include "gateway/form_upload.h"
#include "gateway/gateway.h"
#include "gateway/http_server.h"
#include "gateway/router.h"

struct RouteCall {
    HttpRequest *request;
    const GatewayServices *services;
    const GatewayConfig *config;
    Arena *arena;
    RouteMatch match;
    QueryValues query;
    MemoryBody *memory;    /* JSON: as it came */
    json_t *body;          /* JSON: checked; an absent body is {} where nothing is required */
    Upload *upload;        /* BODY_BYTES, BODY_FILE; NULL when a BODY_JSON_OR_FILE is JSON */
    Str upload_name;       /* of the file in a form, or "" */
    Str upload_type;       /* its media type, or the request's, or "" */
    FormUpload *form;      /* BODY_FILE, when it came as a form */
    json_t *problem_extra; /* further members of the problem, should the handler fail */
};

Str call_param(const RouteCall *call, const char *name); /* must be in the pattern */
Str call_query(const RouteCall *call, const char *name); /* "" when absent */
uint64_t call_query_u64(const RouteCall *call, const char *name, uint64_t fallback);
bool call_query_flag(const RouteCall *call, const char *name); /* absent = false */

/* Answers. They return true, to end a handler's return line. */
bool respond_json(RouteCall *call, HttpResponse *response, const json_t *value);
bool respond_status_json(RouteCall *call, HttpResponse *response, unsigned status,
                         const json_t *value);
bool respond_text(HttpResponse *response, unsigned status, const char *media_type, Str text);
bool respond_nothing(HttpResponse *response); /* 204 */

/* null for 0 */
void json_set_time(json_t *object, const char *field, int64_t time_us, Arena *arena);
json_t *coercion_to_json(const Coercion *coercion, Arena *arena); /* kept by the arena */
/* Reads an optional integer into a u32; a greater one is FAIL_INVALID. */
MUST_CHECK bool json_read_u32(const json_t *object, const char *field, uint32_t *out, Err *err);
/* FAIL_INVALID when the value of a field is empty. */
MUST_CHECK bool json_read_text(const json_t *object, const char *field, Str *out, Err *err);

#endif
