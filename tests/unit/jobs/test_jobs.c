/* test_jobs.c - every arrow of the state machine, the bounds, and waiting without polling. */
#include "unit.h"

#include <pthread.h>

#include "jobs/jobs.h"

enum { LONG_MS = 20000 }; /* a deadline that only a broken runner meets */

/* A gate that a job waits at, so that tests decide how far it has come. */
typedef struct Gate {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool entered, open;
    int contexts_freed;
} Gate;

static void gate_init(Gate *gate) {
    *gate = (Gate){0};
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->moved, NULL);
}

static void gate_raise(Gate *gate, bool *flag) {
    pthread_mutex_lock(&gate->mutex);
    *flag = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->mutex);
}

static void gate_await(Gate *gate, const bool *flag) {
    pthread_mutex_lock(&gate->mutex);
    while (!*flag)
        pthread_cond_wait(&gate->moved, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

static void gate_context_free(void *context) {
    Gate *gate = context;
    pthread_mutex_lock(&gate->mutex);
    gate->contexts_freed++;
    pthread_mutex_unlock(&gate->mutex);
}

static bool wait_at_gate(void *context, Progress *progress, Arena *arena, json_t **out_result,
                         Err *err) {
    Gate *gate = context;
    progress_start(progress, "waiting", "gates", 2);
    progress_add(progress, 1);
    gate_raise(gate, &gate->entered);
    gate_await(gate, &gate->open);
    if (!progress_check(progress, err))
        return false;
    *out_result = json_keep(arena, json_pack("{s:i}", "answer", 42));
    return true;
}

static bool fail_at_once(void *context, Progress *progress, Arena *arena, json_t **out_result,
                         Err *err) {
    (void)context, (void)progress, (void)arena, (void)out_result;
    err_fail(err, FAIL_UPSTREAM, "the model is away");
    err_detail(err, "no way to 'mysql://bob:s3cret@h'");
    return err_field(err, "model");
}

static bool fail_silently(void *context, Progress *progress, Arena *arena, json_t **out_result,
                          Err *err) {
    (void)context, (void)progress, (void)arena, (void)out_result, (void)err;
    return false;
}

static bool do_nothing(void *context, Progress *progress, Arena *arena, json_t **out_result,
                       Err *err) {
    (void)context, (void)progress, (void)arena, (void)out_result, (void)err;
    return true;
}

static JobRunner *make_runner(size_t workers, size_t queue_max, size_t kept_max) {
    Err err = {0};
    JobRunner *runner = job_runner_create(&(JobsConfig){workers, queue_max, kept_max}, &err);
    assert_ok(runner != NULL, &err);
    return runner;
}

static JobView await_end(JobRunner *runner, Str id, Arena *arena) {
    Err err = {0};
    JobView view = {0};
    while (!job_state_final(view.state))
        assert_ok(job_wait(runner, id, view.version, LONG_MS, arena, &view, &err), &err);
    return view;
}

static void runs_to_done(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(1, 4, 4);
    Gate gate;
    gate_init(&gate);
    Err err = {0};
    Str id;
    JobView view;
    assert_ok(job_submit(runner, "test", wait_at_gate, &gate, gate_context_free, arena, &id, &err),
              &err);
    assert_int_equal(id.length, 32);
    gate_await(&gate, &gate.entered);
    assert_ok(job_view(runner, id, arena, &view, &err), &err);
    assert_int_equal(view.state, JOB_RUNNING);
    assert_int_equal(view.done, 1);
    assert_int_equal(view.total, 2);
    assert_string_equal(view.phase, "waiting");
    /* A time-out hands back the same version. */
    uint64_t version = view.version;
    assert_ok(job_wait(runner, id, version, 1, arena, &view, &err), &err);
    assert_int_equal(view.version, version);
    gate_raise(&gate, &gate.open);
    view = await_end(runner, id, arena);
    assert_int_equal(view.state, JOB_DONE);
    assert_str_equal(view.result_json, "{\"answer\":42}");
    assert_true(view.queued_us <= view.started_us && view.started_us <= view.finished_us);
    assert_int_equal(gate.contexts_freed, 1);
    assert_fails(job_cancel(runner, id, &err), &err, FAIL_CONFLICT);

    json_t *json = job_to_json(&view, arena);
    assert_string_equal(json_string_value(json_object_get(json, "state")), "done");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "result"), "answer")),
                     42);
    assert_true(json_is_null(json_object_get(json, "error")));
    assert_true(json_is_string(json_object_get(json, "finished_at")));
    job_runner_destroy(runner);
    arena_destroy(arena);
}

static void keeps_the_error(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(2, 4, 4);
    Err err = {0};
    Str id;
    assert_ok(job_submit(runner, "test", fail_at_once, NULL, NULL, arena, &id, &err), &err);
    JobView view = await_end(runner, id, arena);
    assert_int_equal(view.state, JOB_FAILED);
    assert_int_equal(view.error.kind, FAIL_UPSTREAM);
    json_t *error = json_object_get(job_to_json(&view, arena), "error");
    assert_string_equal(json_string_value(json_object_get(error, "kind")), "upstream");
    assert_string_equal(json_string_value(json_object_get(error, "field")), "model");
    assert_int_equal(json_integer_value(json_object_get(error, "status")), 502);
    assert_string_equal(json_string_value(json_object_get(error, "detail")), "no way to ...");

    assert_ok(job_submit(runner, "test", fail_silently, NULL, NULL, arena, &id, &err), &err);
    view = await_end(runner, id, arena);
    assert_int_equal(view.state, JOB_FAILED);
    assert_int_equal(view.error.kind, FAIL_INTERNAL);
    assert_fails(job_view(runner, STR("nobody"), arena, &view, &err), &err, FAIL_NOT_FOUND);
    assert_fails(job_cancel(runner, STR("nobody"), &err), &err, FAIL_NOT_FOUND);
    assert_fails(job_wait(runner, STR("nobody"), 0, 1, arena, &view, &err), &err, FAIL_NOT_FOUND);
    job_runner_destroy(runner);
    arena_destroy(arena);
}

static void bounds_the_queue_and_cancels(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(1, 2, 8);
    Gate first, second;
    gate_init(&first);
    gate_init(&second);
    Err err = {0};
    Str running, waiting, last, refused = STR("untouched");
    assert_ok(
        job_submit(runner, "a", wait_at_gate, &first, gate_context_free, arena, &running, &err),
        &err);
    gate_await(&first, &first.entered);
    assert_ok(
        job_submit(runner, "b", wait_at_gate, &second, gate_context_free, arena, &waiting, &err),
        &err);
    assert_ok(job_submit(runner, "c", do_nothing, NULL, NULL, arena, &last, &err), &err);
    assert_fails(
        job_submit(runner, "d", do_nothing, &second, gate_context_free, arena, &refused, &err),
        &err, FAIL_BUSY);
    assert_str_equal(refused, "untouched");
    assert_int_equal(second.contexts_freed, 0); /* refused: still the caller's */

    assert_ok(job_cancel(runner, waiting, &err), &err);
    JobView view;
    assert_ok(job_view(runner, waiting, arena, &view, &err), &err);
    assert_int_equal(view.state, JOB_CANCELLED);
    assert_int_equal(view.error.kind, FAIL_CANCELLED);
    assert_int_equal(second.contexts_freed, 1);
    assert_false(second.entered);

    assert_ok(job_cancel(runner, running, &err), &err);
    assert_ok(job_cancel(runner, running, &err), &err);
    assert_ok(job_view(runner, running, arena, &view, &err), &err);
    assert_int_equal(view.state, JOB_RUNNING);
    assert_true(view.cancel_asked);
    gate_raise(&first, &first.open);
    assert_int_equal(await_end(runner, running, arena).state, JOB_CANCELLED);
    assert_int_equal(await_end(runner, last, arena).state, JOB_DONE);

    JobView *views;
    size_t count;
    job_list(runner, arena, &views, &count);
    assert_int_equal(count, 3);
    assert_str_equal(views[0].kind, "c");
    assert_str_equal(views[2].kind, "a");
    job_runner_destroy(runner);
    arena_destroy(arena);
}

static void forgets_the_oldest(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(1, 1, 2);
    Err err = {0};
    Str ids[4];
    JobView view;
    for (size_t i = 0; i < 4; i++) {
        assert_ok(job_submit(runner, "test", do_nothing, NULL, NULL, arena, &ids[i], &err), &err);
        await_end(runner, ids[i], arena);
    }
    assert_fails(job_view(runner, ids[0], arena, &view, &err), &err, FAIL_NOT_FOUND);
    assert_fails(job_view(runner, ids[1], arena, &view, &err), &err, FAIL_NOT_FOUND);
    assert_ok(job_view(runner, ids[2], arena, &view, &err), &err);
    assert_ok(job_view(runner, ids[3], arena, &view, &err), &err);
    job_runner_destroy(runner);
    arena_destroy(arena);
}

static void drains(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(1, 4, 4);
    Gate gate, waiting;
    gate_init(&gate);
    gate_init(&waiting);
    Err err = {0};
    Str id, queued;
    assert_ok(job_submit(runner, "a", wait_at_gate, &gate, gate_context_free, arena, &id, &err),
              &err);
    gate_await(&gate, &gate.entered);
    assert_ok(
        job_submit(runner, "b", wait_at_gate, &waiting, gate_context_free, arena, &queued, &err),
        &err);
    assert_false(job_runner_drain(runner, 1));
    assert_fails(job_submit(runner, "c", do_nothing, NULL, NULL, arena, &id, &err), &err,
                 FAIL_NOT_READY);
    JobView view;
    assert_ok(job_view(runner, queued, arena, &view, &err), &err);
    assert_int_equal(view.state, JOB_CANCELLED);
    assert_int_equal(waiting.contexts_freed, 1);
    gate_raise(&gate, &gate.open);
    assert_int_equal(await_end(runner, id, arena).state, JOB_CANCELLED);
    assert_true(job_runner_drain(runner, LONG_MS));
    job_runner_destroy(runner);
    job_runner_destroy(NULL);
    arena_destroy(arena);
}

static void refuses_empty_configs(void **state) {
    (void)state;
    Err err = {0};
    assert_fails(job_runner_create(&(JobsConfig){0, 1, 1}, &err) != NULL, &err, FAIL_INVALID);
    assert_fails(job_runner_create(&(JobsConfig){1, 0, 1}, &err) != NULL, &err, FAIL_INVALID);
    assert_fails(job_runner_create(&(JobsConfig){1, 1, 0}, &err) != NULL, &err, FAIL_INVALID);
}

typedef struct Watcher {
    JobRunner *runner;
    Str id;
    JobState ended;
} Watcher;

static void *watch(void *argument) {
    Watcher *watcher = argument;
    Arena *arena = arena_create();
    Err err = {0};
    JobView view = {0};
    while (!job_state_final(view.state) &&
           job_wait(watcher->runner, watcher->id, view.version, LONG_MS, arena, &view, &err)) {
    }
    watcher->ended = view.state;
    arena_destroy(arena);
    return NULL;
}

/* Many watchers of one job while others come, go and are forgotten. */
static void wakes_every_watcher(void **state) {
    (void)state;
    enum { WATCHERS = 6 };
    Arena *arena = arena_create();
    JobRunner *runner = make_runner(2, 64, 1);
    Gate gate;
    gate_init(&gate);
    Err err = {0};
    Str id, other;
    assert_ok(job_submit(runner, "a", wait_at_gate, &gate, NULL, arena, &id, &err), &err);
    pthread_t threads[WATCHERS];
    Watcher watchers[WATCHERS];
    for (size_t i = 0; i < WATCHERS; i++) {
        watchers[i] = (Watcher){.runner = runner, .id = id};
        assert_int_equal(pthread_create(&threads[i], NULL, watch, &watchers[i]), 0);
    }
    for (size_t i = 0; i < 20; i++)
        assert_ok(job_submit(runner, "b", do_nothing, NULL, NULL, arena, &other, &err), &err);
    gate_await(&gate, &gate.entered);
    gate_raise(&gate, &gate.open);
    /* A watcher that comes late may find the job forgotten already: then it saw no end. */
    for (size_t i = 0; i < WATCHERS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(watchers[i].ended == JOB_DONE || !job_state_final(watchers[i].ended));
    }
    assert_true(job_runner_drain(runner, LONG_MS));
    job_runner_destroy(runner);
    arena_destroy(arena);
}

int suite_test_jobs(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_to_done),
        cmocka_unit_test(keeps_the_error),
        cmocka_unit_test(bounds_the_queue_and_cancels),
        cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(drains),
        cmocka_unit_test(refuses_empty_configs),
        cmocka_unit_test(wakes_every_watcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
