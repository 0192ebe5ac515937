/* long_work.c - submit, then wait with one eye on the client.
 *
 * When the client has gone, or the server is being stopped, the job is asked to stop and left to
 * itself: all it needs is its own.
 *
 * Tested by: tests/e2e/test_routes_jobs.py. */
#include "gateway/long_work.h"

#include "base/log.h"

enum { CLIENT_LOOK_MS = 250 };

void *long_work_context(const RouteCall *call, size_t size_bytes) {
    Arena *arena = arena_create();
    LongWorkContext *context = arena_alloc_zero(arena, size_bytes);
    context->arena = arena;
    context->services = call->services;
    return context;
}

void long_work_context_free(void *context) {
    arena_destroy(((LongWorkContext *)context)->arena);
}

static bool answer_with_id(RouteCall *call, Str job_id, HttpResponse *response) {
    json_t *answer = json_keep(call->arena, json_object());
    json_set_str(answer, "job_id", job_id);
    http_response_header(response, "Location",
                         str_format(call->arena, "/jobs/%.*s", STR_ARG(job_id)));
    http_response_header(response, "Preference-Applied", STR("respond-async"));
    return respond_status_json(call, response, 202, answer);
}

static bool wait_for_end(RouteCall *call, Str job_id, JobView *out_view, Err *err) {
    JobRunner *jobs = call->services->jobs;
    Arena *scratch = arena_create();
    bool fine = true;
    uint64_t version = 0;
    for (bool ended = false; !ended && fine;) {
        JobView view;
        arena_reset(scratch);
        fine = job_wait(jobs, job_id, version, CLIENT_LOOK_MS, scratch, &view, err);
        ended = fine && job_state_final(view.state);
        version = fine ? view.version : 0;
        if (!fine || ended || !http_request_gone(call->request))
            continue;
        Err too_late = {0};
        if (!job_cancel(jobs, job_id, &too_late) && !err_is(&too_late, FAIL_CONFLICT))
            log_failure(LOG_WARN, "gateway", "cancel_failed", call->request->id, &too_late);
        fine = err_fail(err, FAIL_CANCELLED, "the client has gone");
    }
    arena_destroy(scratch);
    return fine && job_view(jobs, job_id, call->arena, out_view, err);
}

bool long_work_run(RouteCall *call, const LongWork *work, HttpResponse *response, Err *err) {
    Str job_id;
    if (!job_submit(call->services->jobs, work->kind, work->fn, work->context, work->context_free,
                    call->arena, &job_id, err)) {
        work->context_free(work->context);
        return false;
    }
    Str preference = http_request_header(call->request, "Prefer");
    if (str_find(preference, STR("respond-async"), 0) != SIZE_MAX)
        return answer_with_id(call, job_id, response);
    http_response_header(response, "X-Job-Id", job_id);
    JobView view;
    if (!wait_for_end(call, job_id, &view, err))
        return false;
    if (view.state != JOB_DONE) {
        *err = view.error;
        return false;
    }
    return respond_text(response, call->match.route->status, "application/json", view.result_json);
}
