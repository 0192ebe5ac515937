/* cli_job.c - follow a job by its server-sent events.
 *
 *   GET /jobs/{id}/events -> each "progress" moves the bar -> "end" carries the result or the error
 *
 * A stream that breaks off without an end (a proxy that cuts long answers) is opened again, a few
 * times; the server going away shows when that fails. Ctrl-C asks the server to cancel and then
 * waits for the end a little, so that what we say is what happened; a second Ctrl-C does not wait.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_job.h"

#include "base/clock.h"
#include "cli/cli_json.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"

enum { STREAMS_MAX = 3, EVENT_BYTES_MAX = 64 << 20, IDLE_TIMEOUT_S = 60, CANCEL_WAIT_MS = 10000 };

typedef struct Follow {
    CliClient *client;
    Str job_id;
    Interrupt interrupt;
    bool interrupted; /* Ctrl-C broke the stream off */
    bool cancelling;
    ProgressBar bar;
    Arena *event_arena; /* of the events not yet read; made anew now and then */
    StrBuf pending;
    bool ended;
    Str end; /* the job's JSON */
} Follow;

/* --- events ---------------------------------------------------------------------------------- */

static void show_progress(Follow *follow, const json_t *job) {
    const json_t *progress = json_object_get(job, "progress");
    ProgressStep step = {.phase = field_text(progress, "phase"),
                         .unit = field_text(progress, "unit"),
                         .done = field_u64(progress, "done"),
                         .total = field_u64(progress, "total")};
    if (str_eq_c(field_text(job, "state"), "queued"))
        step.phase = STR("waiting for its turn");
    bar_show(&follow->bar, &step, clock_monotonic_ns());
}

/* One event: lines "event: name" and "data: json"; others (comments, ids) mean nothing to us. */
static bool read_event(Follow *follow, Str event, Err *err) {
    Str name = STR_EMPTY, data = STR_EMPTY;
    while (event.length > 0) {
        Str line;
        event = str_cut(event, '\n', &line);
        if (str_starts(line, STR("event:")))
            name = str_trim(str_slice(line, 6, line.length));
        else if (str_starts(line, STR("data:")))
            data = str_trim(str_slice(line, 5, line.length));
    }
    if (data.length == 0)
        return true;
    Arena *arena = arena_create();
    const json_t *job = json_parse(data, arena, err);
    if (job != NULL && str_eq_c(name, "end")) {
        follow->ended = true;
        follow->end = str_dup(follow->client->cli->arena, data);
    } else if (job != NULL)
        show_progress(follow, job);
    arena_destroy(arena);
    return job != NULL || err_wrap(err, "an event of job %.*s", STR_ARG(follow->job_id));
}

static void drop_read(Follow *follow, size_t read) {
    Str rest = str_slice(strbuf_str(&follow->pending), read, SIZE_MAX);
    Arena *fresh = arena_create();
    StrBuf pending = strbuf_make(fresh);
    strbuf_append(&pending, rest);
    arena_destroy(follow->event_arena);
    follow->event_arena = fresh;
    follow->pending = pending;
}

static bool take_events(void *context, Str bytes, Err *err) {
    Follow *follow = context;
    if (bytes.length > EVENT_BYTES_MAX - follow->pending.length)
        return err_fail(err, FAIL_LIMIT, "an event of job %.*s is too large",
                        STR_ARG(follow->job_id));
    strbuf_append(&follow->pending, bytes);
    Str text = strbuf_str(&follow->pending);
    size_t from = 0, end;
    while ((end = str_find(text, STR("\n\n"), from)) != SIZE_MAX) {
        if (!read_event(follow, str_slice(text, from, end), err))
            return false;
        from = end + 2;
    }
    if (from > 0)
        drop_read(follow, from);
    return true;
}

/* --- following ------------------------------------------------------------------------------- */

static bool look_up(void *context, uint64_t sent_bytes, Err *err) {
    (void)sent_bytes;
    Follow *follow = context;
    bar_tick(&follow->bar, clock_monotonic_ns());
    if (follow->interrupt.fd < 0 || !interrupt_take(&follow->interrupt))
        return true;
    follow->interrupted = true;
    return err_fail(err, FAIL_CANCELLED, "interrupted");
}

static bool read_stream(Follow *follow, Err *err) {
    CliClient *client = follow->client;
    Str path = str_format(client->cli->arena, "%.*s/events",
                          STR_ARG(client_url(client, "/jobs", follow->job_id)));
    drop_read(follow, SIZE_MAX);
    HttpCall call = {.method = "GET",
                     .url = path,
                     .sink = {follow, take_events},
                     .watch = {follow, look_up, follow->interrupt.fd},
                     .idle_timeout_s = IDLE_TIMEOUT_S,
                     .total_timeout_ms = follow->cancelling ? CANCEL_WAIT_MS : 0};
    HttpAnswer answer;
    return client_send(client, &call, &answer, err);
}

/* Asks the server to stop the job; one that has just finished is fine. */
static bool cancel(Follow *follow, Err *err) {
    bar_end(&follow->bar);
    screen_print(&follow->client->cli->err, "cancelling job %.*s\n", STR_ARG(follow->job_id));
    follow->cancelling = true;
    Str answer;
    err_clear(err);
    if (client_ask(follow->client, "DELETE", client_url(follow->client, "/jobs", follow->job_id),
                   NULL, &answer, err))
        return true;
    if (!err_is(err, FAIL_CONFLICT))
        return err_wrap(err, "cancel job %.*s", STR_ARG(follow->job_id));
    err_clear(err);
    follow->client->cli->said = (ServerSaid){0};
    return true;
}

static bool lost(const Follow *follow, Err *err) {
    if (follow->cancelling)
        return err_fail(err, FAIL_CANCELLED, "interrupted: job %.*s has been asked to stop",
                        STR_ARG(follow->job_id));
    if (err_is(err, FAIL_UPSTREAM) || err_is(err, FAIL_TIMEOUT))
        err_hint(err, "the job may go on: 'lakehouse jobs watch %.*s' follows it",
                 STR_ARG(follow->job_id));
    return false;
}

static bool follow_to_end(Follow *follow, Err *err) {
    for (int broken = 0; !follow->ended; broken++) {
        bool whole = read_stream(follow, err);
        if (whole && broken < STREAMS_MAX)
            continue;
        if (follow->interrupted && !follow->cancelling) {
            if (!cancel(follow, err))
                return false;
        } else if (whole)
            return err_fail(err, FAIL_UPSTREAM, "job %.*s does not come to an end",
                            STR_ARG(follow->job_id));
        else if (follow->cancelling || !err_is(err, FAIL_UPSTREAM) || broken >= STREAMS_MAX ||
                 follow->client->cli->said.status > 0)
            return lost(follow, err);
    }
    return true;
}

/* --- the end --------------------------------------------------------------------------------- */

static bool fail_as_job(Cli *cli, Str job_id, Str state, const json_t *error, Err *err) {
    bool cancelled = str_eq_c(state, "cancelled");
    Str message = field_text(error, "message");
    Str detail = field_text(error, "detail");
    err_fail(err, cancelled ? FAIL_CANCELLED : FAIL_UPSTREAM, "job %.*s: %.*s", STR_ARG(job_id),
             STR_ARG(message.length > 0 ? message : state));
    if (!cancelled && detail.length > 0)
        cli->said.text = str_format(cli->arena, "%.*s: %.*s", STR_ARG(message), STR_ARG(detail));
    else if (!cancelled && message.length > 0)
        cli->said.text = message;
    err_hint(err, "%.*s", STR_ARG(field_text(error, "hint")));
    return err_field(err, str_to_c(cli->arena, field_text(error, "field")));
}

static bool read_end(Follow *follow, Str *out_result, Err *err) {
    Cli *cli = follow->client->cli;
    const json_t *job = json_parse(follow->end, cli->arena, err);
    if (job == NULL)
        return false;
    Str state = field_text(job, "state");
    if (!str_eq_c(state, "done"))
        return fail_as_job(cli, follow->job_id, state, json_object_get(job, "error"), err);
    *out_result = json_print(json_object_get(job, "result"), cli->arena);
    return true;
}

bool job_follow(CliClient *client, Str job_id, JobCtrlC ctrl_c, Str *out_result, Err *err) {
    Cli *cli = client->cli;
    Follow follow = {.client = client,
                     .job_id = job_id,
                     .interrupt = {.fd = -1},
                     .event_arena = arena_create(),
                     .bar = bar_begin(&cli->err, cli->quiet, clock_monotonic_ns())};
    follow.pending = strbuf_make(follow.event_arena);
    bool ours = ctrl_c == JOB_CTRL_C_CANCELS;
    bool fine = (!ours || interrupt_open(&follow.interrupt, err)) && follow_to_end(&follow, err);
    interrupt_close(&follow.interrupt);
    bar_end(&follow.bar);
    arena_destroy(follow.event_arena);
    return fine && read_end(&follow, out_result, err);
}

bool job_started(const HttpAnswer *answer, Arena *arena, JobAnswer *out, Err *err) {
    *out = (JobAnswer){STR_EMPTY, answer->body};
    if (answer->status != 202)
        return true;
    const json_t *started = json_parse(answer->body, arena, err);
    return started != NULL && json_read_str(started, "job_id", JSON_REQUIRED, &out->job_id, err);
}

bool job_run(CliClient *client, const HttpCall *call, bool detach, Str *out_result, Err *err) {
    HttpAnswer answer;
    JobAnswer started;
    if (!client_send(client, call, &answer, err) ||
        !job_started(&answer, client->cli->arena, &started, err))
        return false;
    *out_result = started.result;
    return started.job_id.length == 0 || detach ||
           job_follow(client, started.job_id, JOB_CTRL_C_CANCELS, out_result, err);
}
