/* route_service.c - is it alive, is it ready, what is it, how does it do.
 *
 * Alive means that this answer comes. Ready means that work will succeed: every bucket can be
 * reached and the indexes are loaded; what is missing is named in the 503.
 *
 * Tested by: tests/e2e/test_routes_service.py. */
#include "base/metrics.h"
#include "gateway/route_handlers.h"

bool route_health(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "status", json_string("ok"));
    return respond_json(call, response, answer);
}

bool route_ready(RouteCall *call, HttpResponse *response, Err *err) {
    const GatewayServices *services = call->services;
    BucketInfo *infos;
    size_t count;
    if (!bucket_list(services->buckets, call->arena, &infos, &count, err))
        return false;
    json_t *reached = json_keep(call->arena, json_array());
    for (size_t i = 0; i < count; i++) {
        if (!infos[i].healthy)
            return err_fail(err, FAIL_NOT_READY, "bucket '%.*s' cannot be reached",
                            STR_ARG(infos[i].name));
        json_array_append_new(reached, json_str(infos[i].name));
    }
    if (!services->ready(services->ready_context))
        return err_fail(err, FAIL_NOT_READY, "the indexes are still being loaded");
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "status", json_string("ready"));
    json_object_set(answer, "buckets", reached);
    json_object_set_new(answer, "indexes_loaded", json_true());
    return respond_json(call, response, answer);
}

bool route_version(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    return respond_json(call, response, call->services->version);
}

bool route_metrics(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    StrBuf text = strbuf_make(call->arena);
    metrics_render(&text);
    return respond_text(response, 200, "text/plain; version=0.0.4; charset=utf-8",
                        strbuf_str(&text));
}

bool route_openapi(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    const char *version = json_string_value(json_object_get(call->services->version, "version"));
    return respond_json(call, response,
                        gateway_openapi(version == NULL ? "" : version, call->arena));
}
