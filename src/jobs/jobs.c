/* jobs.c - one mutex, two conditions, and two lists: all jobs, and those that wait.
 *
 * All jobs hang in one list, newest first; those that wait also hang in the queue. The mutex is
 * held only to move a job between states and to copy views; the work, the printing of its result
 * and the freeing of its arena happen outside. A job's error and result are written by its worker
 * before it is published as finished, and never after.
 *
 * A waiter pins its job, so that one which is forgotten in the meantime (kept_max) is freed by the
 * last waiter instead. Waiting uses the monotonic clock: setting the wall clock moves no deadline.
 *
 * Not here: order between jobs, retries, jobs that survive a restart. What a job must not lose, it
 * keeps in storage itself (checkpoints).
 *
 * Tested by: tests/unit/jobs/test_jobs.c (also under the thread sanitizer). */
#include "jobs/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/rng.h"

enum { ID_LENGTH = 32 };

typedef struct Job {
    char id[ID_LENGTH + 1];
    const char *kind;
    JobFn fn;
    void *context;
    void (*context_free)(void *);
    Progress progress;

    /* Protected by the runner's mutex. */
    struct Job *newer, *older;
    struct Job *next_queued;
    JobState state;
    uint64_t version;
    size_t pins; /* waiters, and the worker that runs it */
    bool forgotten;
    bool cancel_asked;
    int64_t queued_us, started_us, finished_us;
    char *result_json; /* malloc */
    Err error;
} Job;

struct JobRunner {
    JobsConfig config;
    pthread_mutex_t mutex; /* everything below, and what Job says above */
    pthread_cond_t work_waits;
    pthread_cond_t changed; /* some job changed its state */
    Job *newest, *oldest;
    Job *queue_head, *queue_tail;
    size_t queued, running, finished;
    bool draining, closing;
    size_t worker_count;
    pthread_t workers[];
};

bool job_state_final(JobState state) {
    return state == JOB_DONE || state == JOB_FAILED || state == JOB_CANCELLED;
}

const char *job_state_name(JobState state) {
    static const char *const names[] = {"queued", "running", "done", "failed", "cancelled"};
    return names[state];
}

static void *must_calloc(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    return memory;
}

/* --- lists ---------------------------------------------------------------------------------- */

static Job *find_locked(const JobRunner *runner, Str id) {
    for (Job *job = runner->newest; job != NULL; job = job->older)
        if (str_eq_c(id, job->id))
            return job;
    return NULL;
}

static bool find_or_fail_locked(const JobRunner *runner, Str id, Job **out, Err *err) {
    *out = find_locked(runner, id);
    if (*out == NULL)
        return err_fail(err, FAIL_NOT_FOUND, "no job '%.*s'", STR_ARG(utf8_clip(id, 64)));
    return true;
}

static void queue_push_locked(JobRunner *runner, Job *job) {
    if (runner->queue_tail == NULL)
        runner->queue_head = job;
    else
        runner->queue_tail->next_queued = job;
    runner->queue_tail = job;
    runner->queued++;
}

static void queue_remove_locked(JobRunner *runner, Job *job) {
    Job *before = NULL;
    for (Job *at = runner->queue_head; at != job; at = at->next_queued)
        before = at;
    if (before == NULL)
        runner->queue_head = job->next_queued;
    else
        before->next_queued = job->next_queued;
    if (runner->queue_tail == job)
        runner->queue_tail = before;
    job->next_queued = NULL;
    runner->queued--;
}

static void job_free(Job *job) {
    free(job->result_json);
    free(job);
}

static void unpin_locked(Job *job) {
    if (--job->pins == 0 && job->forgotten)
        job_free(job);
}

static void forget_locked(JobRunner *runner, Job *job) {
    *(job->newer != NULL ? &job->newer->older : &runner->newest) = job->older;
    *(job->older != NULL ? &job->older->newer : &runner->oldest) = job->newer;
    job->forgotten = true;
    job->pins++;
    unpin_locked(job);
}

static void publish_gauges_locked(const JobRunner *runner) {
    metric_set(METRIC_JOBS_QUEUED, (int64_t)runner->queued);
    metric_set(METRIC_JOBS_RUNNING, (int64_t)runner->running);
}

static void set_state_locked(JobRunner *runner, Job *job, JobState state) {
    job->state = state;
    job->version++;
    publish_gauges_locked(runner);
    pthread_cond_broadcast(&runner->changed);
}

/* The job's texts are complete; from here on it only gets read. Forgets the oldest beyond
 * kept_max. */
static void finish_locked(JobRunner *runner, Job *job, JobState state) {
    job->finished_us = clock_now_us();
    runner->finished++;
    set_state_locked(runner, job, state);
    for (Job *at = runner->oldest; at != NULL && runner->finished > runner->config.kept_max;) {
        Job *newer = at->newer;
        if (job_state_final(at->state)) {
            runner->finished--;
            forget_locked(runner, at);
        }
        at = newer;
    }
}

/* --- running -------------------------------------------------------------------------------- */

static void free_context(Job *job) {
    if (job->context_free != NULL)
        job->context_free(job->context);
    job->context = NULL;
    job->context_free = NULL;
}

static void log_finished(const Job *job, JobState state, const Err *error, uint64_t start_ns) {
    if (state == JOB_FAILED) {
        log_failure(LOG_ERROR, "jobs", "failed", str_c(job->id), error);
        metric_add(METRIC_JOBS_FAILED, 1);
        return;
    }
    log_event(LOG_INFO, "jobs", state == JOB_DONE ? "finished" : "cancelled",
              "job=%s kind=%s seconds=%.3f", job->id, job->kind, clock_seconds_since(start_ns));
}

/* Runs the work with no lock held and returns how it ended. */
static JobState run_job(Job *job) {
    uint64_t start_ns = clock_monotonic_ns();
    log_event(LOG_INFO, "jobs", "started", "job=%s kind=%s", job->id, job->kind);
    Arena *arena = arena_create();
    json_t *result = NULL;
    Err err = {0};
    bool ok = job->fn(job->context, &job->progress, arena, &result, &err);
    JobState state = ok ? JOB_DONE : JOB_FAILED;
    if (!ok && err_is(&err, FAIL_CANCELLED) && atomic_load(&job->progress.cancel))
        state = JOB_CANCELLED;
    if (ok) {
        Str text = result == NULL ? STR("null") : json_print(result, arena);
        job->result_json = must_calloc(text.length + 1, 1);
        memcpy(job->result_json, text.data, text.length);
    } else {
        if (err_is(&err, FAIL_NONE)) /* a JobFn that broke its contract must not look fine */
            err_fail(&err, FAIL_INTERNAL, "the job failed without saying why");
        job->error = err;
    }
    free_context(job);
    arena_destroy(arena);
    log_finished(job, state, &err, start_ns);
    return state;
}

static void *worker_main(void *argument) {
    JobRunner *runner = argument;
    pthread_mutex_lock(&runner->mutex);
    for (;;) {
        Job *job = runner->queue_head;
        if (job == NULL && runner->closing)
            break;
        if (job == NULL) {
            pthread_cond_wait(&runner->work_waits, &runner->mutex);
            continue;
        }
        queue_remove_locked(runner, job);
        runner->running++;
        job->pins++;
        job->started_us = clock_now_us();
        set_state_locked(runner, job, JOB_RUNNING);
        pthread_mutex_unlock(&runner->mutex);

        JobState state = run_job(job);

        pthread_mutex_lock(&runner->mutex);
        runner->running--;
        finish_locked(runner, job, state);
        unpin_locked(job);
    }
    pthread_mutex_unlock(&runner->mutex);
    return NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

/* Signals are for the threads that expect them, so workers start with all of them blocked. */
static void start_workers(JobRunner *runner) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; runner->worker_count < runner->config.workers; runner->worker_count++) {
        pthread_t *thread = &runner->workers[runner->worker_count];
        if (pthread_create(thread, NULL, worker_main, runner) != 0)
            break;
        pthread_setname_np(*thread, "job-worker");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

JobRunner *job_runner_create(const JobsConfig *config, Err *err) {
    if (config->workers == 0 || config->queue_max == 0 || config->kept_max == 0) {
        err_fail(err, FAIL_INVALID, "jobs: workers, queue_max and kept_max must be at least 1");
        return NULL;
    }
    JobRunner *runner = must_calloc(1, sizeof *runner + config->workers * sizeof(pthread_t));
    runner->config = *config;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&runner->mutex, NULL);
    pthread_cond_init(&runner->work_waits, NULL);
    pthread_cond_init(&runner->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    start_workers(runner);
    if (runner->worker_count < config->workers) {
        size_t started = runner->worker_count;
        job_runner_destroy(runner);
        err_fail(err, FAIL_INTERNAL, "only %zu of %zu job workers could be started", started,
                 config->workers);
        return NULL;
    }
    return runner;
}

static struct timespec deadline_after(uint64_t timeout_ms) {
    enum { ONE_YEAR_S = 366 * 24 * 3600 };
    uint64_t seconds = timeout_ms / 1000 < ONE_YEAR_S ? timeout_ms / 1000 : ONE_YEAR_S;
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)seconds;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

/* A queued job never ran, so its context is ended here; the caller does that without the lock. */
static void cancel_queued_locked(JobRunner *runner, Job *job, const char *why) {
    queue_remove_locked(runner, job);
    job->cancel_asked = true;
    err_fail(&job->error, FAIL_CANCELLED, "%s", why);
    finish_locked(runner, job, JOB_CANCELLED);
}

/* Contexts of queued jobs are freed with the lock held: nobody else can want it for long, since
 * the runner takes no more work. */
static void cancel_all_locked(JobRunner *runner) {
    while (runner->queue_head != NULL) {
        free_context(runner->queue_head);
        cancel_queued_locked(runner, runner->queue_head, "cancelled: the server is stopping");
    }
    for (Job *job = runner->newest; job != NULL; job = job->older) {
        if (job->state == JOB_RUNNING) {
            job->cancel_asked = true;
            atomic_store(&job->progress.cancel, true);
        }
    }
}

bool job_runner_drain(JobRunner *runner, uint64_t timeout_ms) {
    struct timespec deadline = deadline_after(timeout_ms);
    pthread_mutex_lock(&runner->mutex);
    runner->draining = true;
    int waited = 0;
    while (runner->queued + runner->running > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&runner->changed, &runner->mutex, &deadline);
    bool finished = runner->queued + runner->running == 0;
    if (!finished)
        cancel_all_locked(runner);
    pthread_mutex_unlock(&runner->mutex);
    return finished;
}

void job_runner_destroy(JobRunner *runner) {
    if (runner == NULL)
        return;
    pthread_mutex_lock(&runner->mutex);
    runner->draining = runner->closing = true;
    cancel_all_locked(runner);
    pthread_cond_broadcast(&runner->work_waits);
    pthread_mutex_unlock(&runner->mutex);
    for (size_t i = 0; i < runner->worker_count; i++)
        pthread_join(runner->workers[i], NULL);
    for (Job *job = runner->newest; job != NULL;) {
        Job *older = job->older;
        forget_locked(runner, job);
        job = older;
    }
    pthread_cond_destroy(&runner->changed);
    pthread_cond_destroy(&runner->work_waits);
    pthread_mutex_destroy(&runner->mutex);
    free(runner);
}

/* --- verbs ---------------------------------------------------------------------------------- */

static bool may_submit_locked(const JobRunner *runner, Err *err) {
    if (runner->draining)
        return err_fail(err, FAIL_NOT_READY, "the server is stopping and takes no new jobs");
    if (runner->queued >= runner->config.queue_max) {
        err_fail(err, FAIL_BUSY, "%zu jobs are waiting, which is the limit", runner->queued);
        return err_hint(err, "try again later, or raise jobs.queue_max");
    }
    return true;
}

bool job_submit(JobRunner *runner, const char *kind, JobFn fn, void *context,
                void (*context_free)(void *), Arena *arena, Str *out_job_id, Err *err) {
    Str id = random_id(arena);
    Job *job = must_calloc(1, sizeof *job);
    memcpy(job->id, id.data, ID_LENGTH);
    job->kind = kind;
    job->fn = fn;
    job->context = context;
    job->context_free = context_free;
    job->queued_us = clock_now_us();

    pthread_mutex_lock(&runner->mutex);
    bool accepted = may_submit_locked(runner, err);
    if (accepted) {
        job->older = runner->newest;
        *(job->older != NULL ? &job->older->newer : &runner->oldest) = job;
        runner->newest = job;
        queue_push_locked(runner, job);
        set_state_locked(runner, job, JOB_QUEUED);
        pthread_cond_signal(&runner->work_waits);
    }
    pthread_mutex_unlock(&runner->mutex);
    if (accepted)
        *out_job_id = id;
    else
        free(job);
    return accepted;
}

static JobView copy_view_locked(const Job *job, Arena *arena) {
    const char *unit = atomic_load(&job->progress.unit);
    const char *phase = atomic_load(&job->progress.phase);
    return (JobView){
        .id = str_dup(arena, str_c(job->id)),
        .kind = str_c(job->kind),
        .state = job->state,
        .version = job->version,
        .done = atomic_load(&job->progress.done),
        .total = atomic_load(&job->progress.total),
        .unit = unit != NULL ? unit : "",
        .phase = phase != NULL ? phase : "",
        .queued_us = job->queued_us,
        .started_us = job->started_us,
        .finished_us = job->finished_us,
        .cancel_asked = job->cancel_asked,
        .result_json = job->state == JOB_DONE ? str_dup(arena, str_c(job->result_json)) : STR_EMPTY,
        .error = job_state_final(job->state) ? job->error : (Err){0},
    };
}

bool job_view(JobRunner *runner, Str id, Arena *arena, JobView *out, Err *err) {
    Job *job;
    pthread_mutex_lock(&runner->mutex);
    bool found = find_or_fail_locked(runner, id, &job, err);
    if (found)
        *out = copy_view_locked(job, arena);
    pthread_mutex_unlock(&runner->mutex);
    return found;
}

bool job_cancel(JobRunner *runner, Str id, Err *err) {
    Job *job;
    void *context = NULL;
    void (*context_free)(void *) = NULL;
    pthread_mutex_lock(&runner->mutex);
    bool ok = find_or_fail_locked(runner, id, &job, err);
    if (ok && job_state_final(job->state)) {
        ok = err_fail(err, FAIL_CONFLICT, "job '%s' has already finished: it is %s", job->id,
                      job_state_name(job->state));
    } else if (ok && job->state == JOB_RUNNING) {
        job->cancel_asked = true;
        atomic_store(&job->progress.cancel, true);
    } else if (ok) {
        context = job->context;
        context_free = job->context_free;
        cancel_queued_locked(runner, job, "cancelled before it began");
    }
    pthread_mutex_unlock(&runner->mutex);
    if (context_free != NULL)
        context_free(context);
    return ok;
}

bool job_wait(JobRunner *runner, Str id, uint64_t seen_version, uint64_t timeout_ms, Arena *arena,
              JobView *out, Err *err) {
    struct timespec deadline = deadline_after(timeout_ms);
    Job *job;
    pthread_mutex_lock(&runner->mutex);
    bool found = find_or_fail_locked(runner, id, &job, err);
    if (found) {
        job->pins++;
        int waited = 0;
        while (job->version == seen_version && !job_state_final(job->state) && waited != ETIMEDOUT)
            waited = pthread_cond_timedwait(&runner->changed, &runner->mutex, &deadline);
        *out = copy_view_locked(job, arena);
        unpin_locked(job);
    }
    pthread_mutex_unlock(&runner->mutex);
    return found;
}

void job_list(JobRunner *runner, Arena *arena, JobView **out_views, size_t *out_count) {
    pthread_mutex_lock(&runner->mutex);
    size_t count = runner->queued + runner->running + runner->finished;
    JobView *views = ARENA_ARRAY(arena, JobView, count);
    size_t at = 0;
    for (const Job *job = runner->newest; job != NULL; job = job->older)
        views[at++] = copy_view_locked(job, arena);
    pthread_mutex_unlock(&runner->mutex);
    *out_views = views;
    *out_count = count;
}
