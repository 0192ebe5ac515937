/* route_jobs.c - long work from outside: look at it, stop it, follow it.
 *
 * Events are server-sent ("event: progress" while it goes on, then one "event: end" with the whole
 * job). The reader waits on the job's state with a short time-out, so that moving counters are
 * shown too, and sends a comment now and then, so that a dead client is noticed.
 *
 * Tested by: tests/e2e/test_routes_jobs.py. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/route_handlers.h"

enum { EVENT_LOOK_MS = 200, EVENT_KEEPALIVE_MS = 10000 };

bool route_job_list(RouteCall *call, HttpResponse *response, Err *err) {
    (void)err;
    JobView *views;
    size_t count;
    job_list(call->services->jobs, call->arena, &views, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(list, job_to_json(&views[i], call->arena));
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "jobs", list);
    return respond_json(call, response, answer);
}

bool route_job_get(RouteCall *call, HttpResponse *response, Err *err) {
    JobView view;
    return job_view(call->services->jobs, call_param(call, "id"), call->arena, &view, err) &&
           respond_json(call, response, job_to_json(&view, call->arena));
}

bool route_job_cancel(RouteCall *call, HttpResponse *response, Err *err) {
    return job_cancel(call->services->jobs, call_param(call, "id"), err) &&
           route_job_get(call, response, err);
}

/* --- events ---------------------------------------------------------------------------------- */

typedef struct JobEvents {
    const HttpRequest *request;
    JobRunner *jobs;
    Str id;
    bool began, ended;
    uint64_t version, done, total; /* as last told */
    const char *phase;
    uint64_t told_ns;
    Arena *arena; /* of the text being sent; reset for each */
    Str text;     /* not yet taken */
} JobEvents;

static void events_close(void *handle) {
    JobEvents *events = handle;
    arena_destroy(events->arena);
}

static bool moved(const JobEvents *events, const JobView *view) {
    return !events->began || view->version != events->version || view->done != events->done ||
           view->total != events->total || view->phase != events->phase;
}

/* Waits until there is something to tell, and puts its text into events->text. */
static bool next_event(JobEvents *events, Err *err) {
    for (;;) {
        arena_reset(events->arena);
        if (http_request_gone(events->request))
            return err_fail(err, FAIL_CANCELLED, "the client has gone");
        JobView view;
        uint64_t wait_ms = events->began ? EVENT_LOOK_MS : 0;
        if (!job_wait(events->jobs, events->id, events->version, wait_ms, events->arena, &view,
                      err))
            return false;
        uint64_t now = clock_monotonic_ns();
        if (moved(events, &view)) {
            events->ended = job_state_final(view.state);
            Str data = json_print(job_to_json(&view, events->arena), events->arena);
            events->text = str_format(events->arena, "event: %s\ndata: %.*s\n\n",
                                      events->ended ? "end" : "progress", STR_ARG(data));
            events->began = true;
            events->version = view.version;
            events->done = view.done;
            events->total = view.total;
            events->phase = view.phase;
            events->told_ns = now;
            return true;
        }
        if (now - events->told_ns > (uint64_t)EVENT_KEEPALIVE_MS * 1000000) {
            events->text = STR(": still here\n\n");
            events->told_ns = now;
            return true;
        }
    }
}

static bool events_read(void *context, char *buffer, size_t capacity, size_t *out_length,
                        Err *err) {
    JobEvents *events = context;
    if (events->text.length == 0 && events->ended) {
        *out_length = 0;
        return true;
    }
    if (events->text.length == 0 && !next_event(events, err))
        return false;
    size_t length = events->text.length < capacity ? events->text.length : capacity;
    memcpy(buffer, events->text.data, length);
    events->text = str_slice(events->text, length, events->text.length);
    *out_length = length;
    return true;
}

bool route_job_events(RouteCall *call, HttpResponse *response, Err *err) {
    JobView view;
    Str id = call_param(call, "id");
    if (!job_view(call->services->jobs, id, call->arena, &view, err))
        return false;
    JobEvents *events = ARENA_NEW(call->arena, JobEvents);
    events->request = call->request;
    events->jobs = call->services->jobs;
    events->id = id;
    events->arena = arena_create();
    arena_defer(call->arena, events_close, events);
    response->status = 200;
    response->pull = (HttpPull){events, events_read, HTTP_LENGTH_UNKNOWN};
    http_response_header(response, "Content-Type", STR("text/event-stream"));
    http_response_header(response, "Cache-Control", STR("no-store"));
    return true;
}
