/* jobs.h - long work with an id: queued, run by a few workers, watched, cancelled, remembered.
 *
 *     queued --worker_main--> running --finish--> done | failed | cancelled
 *     queued --job_cancel--> cancelled
 *
 * The queue is bounded: a full one refuses with FAIL_BUSY (429). A finished job is kept until
 * kept_max later ones have finished, then forgotten. Progress counters may be read at any time;
 * what wakes a waiter is a change of state (each raises `version`), so a watcher that also wants to
 * show the counters moving waits with the time-out of his choice and looks again.
 *
 * A JobFn gets an arena that ends with the job. It makes its result with json_keep in that arena
 * (NULL: no result); the runner prints it before the arena ends. It calls progress_check at least
 * once a batch; returning FAIL_CANCELLED after a cancel makes the job "cancelled". A job that
 * finishes although it was asked to stop counts as done: its work is there.
 *
 * Ownership: job_submit takes the context over when it succeeds and ends it with context_free
 * (NULL: nothing to do), before the job counts as finished. Views are copies in the caller's arena.
 * Threads: any; job_runner_destroy after every other call has returned. */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "base/json.h"
#include "base/progress.h"

typedef struct JobRunner JobRunner;

typedef bool (*JobFn)(void *context, Progress *progress, Arena *arena, json_t **out_result,
                      Err *err);

typedef enum JobState { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED } JobState;

typedef struct JobsConfig {
    size_t workers;   /* at least 1 */
    size_t queue_max; /* jobs that wait; at least 1 */
    size_t kept_max;  /* finished jobs that are remembered; at least 1 */
} JobsConfig;

typedef struct JobView {
    Str id;   /* 32 hex digits */
    Str kind; /* "ingest", "refresh": as given to job_submit */
    JobState state;
    uint64_t version; /* grows with every change of state */
    uint64_t done, total;
    const char *unit, *phase;                   /* "" when not known */
    int64_t queued_us, started_us, finished_us; /* since 1970; 0 = not yet */
    bool cancel_asked;
    Str result_json; /* JOB_DONE: compact text, "null" when it had none; else empty */
    Err error;       /* JOB_FAILED, JOB_CANCELLED */
} JobView;

/* Aborts only when memory is gone; FAIL_INVALID for a zero, FAIL_INTERNAL when no thread starts. */
JobRunner *job_runner_create(const JobsConfig *config, Err *err);
/* Refuses new jobs (FAIL_NOT_READY) and waits for the others. True when all have finished by
 * themselves in time; otherwise the rest is cancelled and it returns false at once. */
bool job_runner_drain(JobRunner *runner, uint64_t timeout_ms);
/* Cancels what is left and joins the workers. NULL is fine. */
void job_runner_destroy(JobRunner *runner);

/* `kind` must be a string literal. FAIL_BUSY when the queue is full. */
MUST_CHECK bool job_submit(JobRunner *runner, const char *kind, JobFn fn, void *context,
                           void (*context_free)(void *), Arena *arena, Str *out_job_id, Err *err);

/* These three: FAIL_NOT_FOUND for an id never seen or forgotten. */
MUST_CHECK bool job_view(JobRunner *runner, Str id, Arena *arena, JobView *out, Err *err);
/* A queued job ends at once, a running one is asked to stop; asking twice is fine. FAIL_CONFLICT
 * once it has finished. */
MUST_CHECK bool job_cancel(JobRunner *runner, Str id, Err *err);
/* Returns when the job's version differs from seen_version (0: at once), or at the time-out; the
 * view tells which. */
MUST_CHECK bool job_wait(JobRunner *runner, Str id, uint64_t seen_version, uint64_t timeout_ms,
                         Arena *arena, JobView *out, Err *err);

/* Newest first. */
void job_list(JobRunner *runner, Arena *arena, JobView **out_views, size_t *out_count);

bool job_state_final(JobState state);
const char *job_state_name(JobState state); /* "queued" ... */
/* {job_id, kind, state, progress: {done, total, unit, phase}, queued_at, started_at, finished_at,
 * result, error: {kind, status, message, detail, field, hint}}; nulls for what is not yet. Kept by
 * the arena. */
json_t *job_to_json(const JobView *view, Arena *arena);

#endif
