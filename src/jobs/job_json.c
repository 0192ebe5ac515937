/* job_json.c - a job as the HTTP interface shows it.
 *
 * Every field is always there, null where there is nothing yet, so that a client can read them
 * without asking first. The result is the job's own JSON, put in as a value.
 *
 * Tested by: tests/unit/jobs/test_jobs.c. */
#include "jobs/jobs.h"

#include "base/clock.h"
#include "base/redact.h"

static void set(json_t *object, const char *field, json_t *value) {
    json_object_set_new(object, field, value);
}

static json_t *text_or_null(Str text) {
    return text.length == 0 ? json_null() : json_str(text);
}

static json_t *time_or_null(int64_t time_us) {
    char text[CLOCK_TEXT_MAX];
    return time_us == 0 ? json_null() : json_str(clock_print(time_us, text));
}

static json_t *progress_to_json(const JobView *view) {
    json_t *progress = json_object();
    json_set_u64(progress, "done", view->done);
    set(progress, "total", view->total == 0 ? json_null() : json_integer((json_int_t)view->total));
    set(progress, "unit", text_or_null(str_c(view->unit)));
    set(progress, "phase", text_or_null(str_c(view->phase)));
    return progress;
}

static json_t *error_to_json(const Err *error) {
    if (err_is(error, FAIL_NONE))
        return json_null();
    Err shown = *error;
    redact_err(&shown);
    json_t *object = json_object();
    json_set_str(object, "kind", str_c(err_kind_name(shown.kind)));
    json_set_u64(object, "status", (uint64_t)err_kind_status(shown.kind));
    json_set_str(object, "message", str_c(shown.message));
    set(object, "detail", text_or_null(str_c(shown.detail)));
    set(object, "field", text_or_null(str_c(shown.field)));
    set(object, "hint", text_or_null(str_c(shown.hint)));
    return object;
}

static json_t *result_to_json(const JobView *view, Arena *arena) {
    if (view->result_json.length == 0)
        return json_null();
    Err err = {0};
    json_t *result = json_parse(view->result_json, arena, &err);
    /* We printed it ourselves; if it does not read back, show its text rather than nothing. */
    return result == NULL ? json_str(view->result_json) : json_incref(result);
}

json_t *job_to_json(const JobView *view, Arena *arena) {
    json_t *job = json_keep(arena, json_object());
    json_set_str(job, "job_id", view->id);
    json_set_str(job, "kind", view->kind);
    json_set_str(job, "state", str_c(job_state_name(view->state)));
    set(job, "cancel_asked", json_boolean(view->cancel_asked));
    set(job, "progress", progress_to_json(view));
    set(job, "queued_at", time_or_null(view->queued_us));
    set(job, "started_at", time_or_null(view->started_us));
    set(job, "finished_at", time_or_null(view->finished_us));
    set(job, "result", result_to_json(view, arena));
    set(job, "error", error_to_json(&view->error));
    return job;
}
