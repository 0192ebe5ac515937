/* route_call.c - looking things up in a call, and putting answers together.
 *
 * Tested by: tests/e2e/ (every route). */
#include "gateway/route_call.h"

#include <assert.h>

#include "base/clock.h"

Str call_param(const RouteCall *call, const char *name) {
    for (size_t i = 0; i < call->match.param_count; i++)
        if (str_eq_c(call->match.names[i], name))
            return call->match.values[i];
    assert(false && "a handler asked for a parameter that its pattern does not have");
    return STR_EMPTY;
}

Str call_query(const RouteCall *call, const char *name) {
    const Route *route = call->match.route;
    const Field *field = shape_field(route->query, route->query_count, str_c(name));
    assert(field != NULL);
    for (size_t i = 0; i < call->query.count; i++)
        if (call->query.items[i].field == field)
            return call->query.items[i].value;
    return STR_EMPTY;
}

uint64_t call_query_u64(const RouteCall *call, const char *name, uint64_t fallback) {
    uint64_t number;
    return str_to_u64(call_query(call, name), &number) ? number : fallback;
}

bool call_query_flag(const RouteCall *call, const char *name) {
    return str_eq_c(call_query(call, name), "true");
}

bool respond_text(HttpResponse *response, unsigned status, const char *media_type, Str text) {
    response->status = status;
    response->bytes = text;
    http_response_header(response, "Content-Type", str_c(media_type));
    return true;
}

bool respond_status_json(RouteCall *call, HttpResponse *response, unsigned status,
                         const json_t *value) {
    return respond_text(response, status, "application/json", json_print(value, call->arena));
}

bool respond_json(RouteCall *call, HttpResponse *response, const json_t *value) {
    return respond_status_json(call, response, call->match.route->status, value);
}

bool respond_nothing(HttpResponse *response) {
    response->status = 204;
    return true;
}

void json_set_time(json_t *object, const char *field, int64_t time_us, Arena *arena) {
    if (time_us == 0)
        json_object_set_new(object, field, json_null());
    else
        json_set_str(object, field, clock_format(time_us, arena));
}

json_t *coercion_to_json(const Coercion *coercion, Arena *arena) {
    json_t *object = json_keep(arena, json_object());
    json_set_str(object, "column", coercion->column);
    json_set_str(object, "rule", coercion->rule);
    json_set_u64(object, "count", coercion->count);
    return object;
}

bool json_read_u32(const json_t *object, const char *field, uint32_t *out, Err *err) {
    uint64_t number = *out;
    if (!json_read_u64(object, field, JSON_OPTIONAL, &number, err))
        return false;
    if (number > UINT32_MAX) {
        err_fail(err, FAIL_INVALID, "'%s' is too large", field);
        return err_field(err, field);
    }
    *out = (uint32_t)number;
    return true;
}

bool json_read_text(const json_t *object, const char *field, Str *out, Err *err) {
    if (!json_read_str(object, field, JSON_REQUIRED, out, err))
        return false;
    if (out->length > 0)
        return true;
    err_fail(err, FAIL_INVALID, "'%s' is empty", field);
    return err_field(err, field);
}
