/* router.h - the table of routes and the way from a method and a path to one row of it.
 *
 * Dispatch, the answers 404 and 405, the check of query parameters and bodies, /openapi.json and
 * the test of the tests all come from these rows. A pattern is made of literal segments, {name}
 * (one segment) and, last, {name...} (the rest, slashes included).
 *
 * Threads: constant tables and pure functions. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H

#include "gateway/http_server.h"
#include "gateway/shape.h"

typedef struct RouteCall RouteCall;
/* Fills the response, or returns false: the Err becomes a problem. */
typedef bool (*RouteHandler)(RouteCall *call, HttpResponse *response, Err *err);

/* Looks at the head alone, so that a request that cannot succeed is refused before its body. */
typedef bool (*RouteCheck)(RouteCall *call, Err *err);

typedef enum RouteScope { SCOPE_PUBLIC, SCOPE_READ, SCOPE_WRITE, SCOPE_ADMIN } RouteScope;

typedef enum RouteBody {
    BODY_NONE,        /* one that comes anyway is refused */
    BODY_JSON,        /* checked against `request` */
    BODY_BYTES,       /* any bytes, to a temporary file */
    BODY_FILE,        /* the same, or a multipart/form-data with one file */
    BODY_JSON_OR_FILE /* by Content-Type: `request` as JSON, else as BODY_FILE */
} RouteBody;

typedef struct Route {
    const char *method;
    const char *pattern;
    RouteHandler handler;
    RouteCheck check; /* may be NULL */
    RouteScope scope;
    RouteBody body;
    unsigned status;   /* of success */
    bool may_be_async; /* Prefer: respond-async is heard */
    const char *tag;
    const char *summary;
    const Shape *request;
    const Shape *response; /* NULL: `media`, or no body */
    const char *media;     /* of an answer that is not JSON */
    const Field *query;    /* parameters */
    size_t query_count;
} Route;

extern const Route routes[];
extern const size_t route_count;

enum { ROUTE_PARAMS_MAX = 4 };

typedef struct RouteMatch {
    const Route *route;
    Str names[ROUTE_PARAMS_MAX];
    Str values[ROUTE_PARAMS_MAX]; /* decoded; may hold any byte */
    size_t param_count;
} RouteMatch;

/* FAIL_NOT_FOUND, FAIL_METHOD (then *out_allow lists the methods), FAIL_INVALID for a path that
 * does not decode. HEAD is answered by GET's row. */
MUST_CHECK bool router_match(const Route *table, size_t count, Str method, Str path, Arena *arena,
                             RouteMatch *out_match, Str *out_allow, Err *err);

typedef struct QueryValue {
    const Field *field;
    Str value; /* decoded, valid UTF-8 */
} QueryValue;

typedef struct QueryValues {
    QueryValue *items;
    size_t count;
    size_t capacity;
} QueryValues;

/* FAIL_INVALID naming a parameter that is unknown, given twice, or of the wrong type. */
MUST_CHECK bool query_parse(const Route *route, Str query, Arena *arena, QueryValues *out,
                            Err *err);
/* Adds one value, checked the same way. */
MUST_CHECK bool query_add(const Route *route, Str name, Str value, Arena *arena,
                          QueryValues *values, Err *err);

#endif
