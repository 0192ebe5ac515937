/* app.c - a server's life, from its options to its last log line.
 *
 *   block signals -> load and check settings -> build the parts -> listen -> tell the ready files
 *   -> warm the indexes (a job), watch folders -> wait for SIGTERM or SIGINT -> drain -> take the
 * parts down
 *
 * Signals are blocked before the first thread exists, so that only the wait below ever sees them.
 *
 * Tested by: tests/e2e/test_serve.py. */
#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/exe_dir.h"
#include "app/parts.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/log.h"
#include "gateway/gateway.h"

typedef struct Running {
    Arena *arena;
    AppConfig config;
    Parts parts;
    Gateway *gateway;
    atomic_bool warmed;
} Running;

static void block_signals(sigset_t *out_waited) {
    sigemptyset(out_waited);
    sigaddset(out_waited, SIGTERM);
    sigaddset(out_waited, SIGINT);
    pthread_sigmask(SIG_BLOCK, out_waited, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client that hangs up is an errno, not a death */
}

/* A reader of the file sees all of the address or no file. */
static bool write_ready_file(Str path, Str url, Arena *arena, Err *err) {
    Str staged = str_format(arena, "%.*s.new", STR_ARG(path));
    FILE *file = fopen(staged.data, "w");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot write the ready file '%.*s'", STR_ARG(path));
    bool written = fprintf(file, "%.*s\n", STR_ARG(url)) > 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(staged.data, str_to_c(arena, path)) != 0)
        return err_fail_errno(err, errno, "cannot write the ready file '%.*s'", STR_ARG(path));
    return true;
}

static bool warm_job(void *context, Progress *progress, Arena *arena, json_t **out_result,
                     Err *err) {
    Running *running = context;
    size_t failed = 0;
    bool done = index_warm(running->parts.indexes, progress, &failed, err);
    json_t *result = json_keep(arena, json_object());
    json_set_u64(result, "failed", failed);
    *out_result = result;
    atomic_store(&running->warmed, done);
    return done;
}

static bool is_ready(void *context) {
    Running *running = context;
    return atomic_load(&running->warmed);
}

static bool start_gateway(Running *running, Err *err) {
    GatewayServices services = {.buckets = running->parts.buckets,
                                .catalog = running->parts.catalog,
                                .query = running->parts.query,
                                .ingest = running->parts.ingest,
                                .indexes = running->parts.indexes,
                                .models = running->parts.models,
                                .jobs = running->parts.jobs,
                                .watcher = running->parts.watcher,
                                .version = app_version(running->arena),
                                .ready = is_ready,
                                .ready_context = running};
    GatewayConfig config;
    if (!settings_gateway(&running->config, &running->parts.dir, running->arena, &config, err))
        return false;
    running->gateway = gateway_start(&config, &services, err);
    return running->gateway != NULL;
}

static bool announce(Running *running, const AppOptions *options, Err *err) {
    Arena *arena = running->arena;
    Str url = gateway_url(running->gateway, arena);
    Str ready = str_format(arena, "%.*s/ready", STR_ARG(running->parts.dir.root));
    if (!write_ready_file(ready, url, arena, err))
        return false;
    if (options->ready_file.length > 0 && !write_ready_file(options->ready_file, url, arena, err))
        return false;
    log_event(LOG_INFO, "app", "listening", "url=%.*s data=%.*s version=%s", STR_ARG(url),
              STR_ARG(running->parts.dir.root), LAKEHOUSE_VERSION);
    Str job;
    return job_submit(running->parts.jobs, "warm", warm_job, running, NULL, arena, &job, err);
}

static void drain(Running *running) {
    uint32_t timeout_ms = running->config.server.drain_timeout_s * 1000;
    log_event(LOG_INFO, "app", "draining", "timeout_ms=%u", timeout_ms);
    uint64_t started = clock_monotonic_ns();
    watcher_stop(running->parts.watcher);
    gateway_drain(running->gateway, timeout_ms);
    double spent_ms = clock_seconds_since(started) * 1000;
    uint64_t left_ms = spent_ms < timeout_ms ? timeout_ms - (uint64_t)spent_ms : 0;
    bool finished = job_runner_drain(running->parts.jobs, left_ms);
    log_event(finished ? LOG_INFO : LOG_WARN, "app", finished ? "stopped" : "stopped with jobs cut",
              "seconds=%.3f", clock_seconds_since(started));
}

static bool serve(Running *running, const AppOptions *options, const sigset_t *waited, Err *err) {
    if (!settings_load(options, running->arena, &running->config, err) ||
        !parts_open(&running->parts, &running->config, err) || !start_gateway(running, err) ||
        !announce(running, options, err) || !watcher_start(running->parts.watcher, err))
        return false;
    int signal_number = 0;
    sigwait(waited, &signal_number);
    log_event(LOG_INFO, "app", "asked to stop", "signal=%d", signal_number);
    drain(running);
    Str ready = str_format(running->arena, "%.*s/ready", STR_ARG(running->parts.dir.root));
    unlink(ready.data);
    return true;
}

bool app_serve(const AppOptions *options, Err *err) {
    sigset_t waited;
    block_signals(&waited);
    Running running = {.arena = arena_create(), .parts = {.dir = {.lock_fd = -1}}};
    bool served = serve(&running, options, &waited, err);
    gateway_stop(running.gateway);
    parts_close(&running.parts);
    arena_destroy(running.arena);
    return served;
}
