/* openlineage.c - a queue, a thread, and a file or a server at the end.
 *
 *     start, finish --> queue (bounded by events and bytes) --> thread --> append | POST, retried
 *
 * One thread keeps the order. A POST is tried a few times with growing pauses; an answer that says
 * "not like this" (4xx but 408 and 429) is not tried again. On destroy what is queued gets
 * drain_ms; the pause or POST that runs then is cut short.
 *
 * A line is written by one write(2) to a file opened for appending each time, so that the file may
 * be rotated away; a line that fits only in part (a full disk) is taken back.
 *
 * Tested by: tests/unit/ingest/test_openlineage.c, tests/e2e/test_openlineage.py. */
#include "ingest/openlineage.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/vec.h"
#include "ingest/openlineage_event.h"
#include "net/http_client.h"

enum {
    QUEUE_MAX_DEFAULT = 1024,
    QUEUE_BYTES_MAX = 16 << 20,
    TIMEOUT_MS_DEFAULT = 5000,
    RETRY_MS_DEFAULT = 500,
    DRAIN_MS_DEFAULT = 3000,
    TRIES_MAX = 4,
    TELL_EVERY_S = 60,
    ANSWER_BYTES_MAX = 64 << 10,
};

typedef struct QueuedEvent {
    char *text; /* malloc */
    size_t length;
} QueuedEvent;

struct LineageEvents {
    Arena *arena;
    LineageEventsConfig config;
    bool to_url;
    Str url;
    HttpClient *client; /* the thread's own */
    pthread_t thread;
    bool has_thread;

    pthread_mutex_t mutex; /* protects what follows */
    pthread_cond_t wake;   /* something was queued, or closing */
    QueuedEvent *queue;    /* a ring of queue_max */
    size_t head, count, bytes;
    uint64_t lost_untold;
    bool closing;
    uint64_t deadline_ns; /* when closing */

    /* the thread's own */
    Err last_failure;
    uint64_t told_ns; /* 0 = never */
};

/* --- delivery -------------------------------------------------------------------------------- */

static bool out_of_time(LineageEvents *events) {
    pthread_mutex_lock(&events->mutex);
    bool over = events->closing && clock_monotonic_ns() >= events->deadline_ns;
    pthread_mutex_unlock(&events->mutex);
    return over;
}

static struct timespec at_ns(uint64_t monotonic_ns) {
    return (struct timespec){.tv_sec = (time_t)(monotonic_ns / 1000000000u),
                             .tv_nsec = (long)(monotonic_ns % 1000000000u)};
}

static void pause_ms(LineageEvents *events, uint32_t wait_ms) {
    uint64_t until_ns = clock_monotonic_ns() + (uint64_t)wait_ms * 1000000;
    pthread_mutex_lock(&events->mutex);
    for (;;) {
        uint64_t end_ns =
            events->closing && events->deadline_ns < until_ns ? events->deadline_ns : until_ns;
        if (clock_monotonic_ns() >= end_ns)
            break;
        struct timespec end = at_ns(end_ns);
        pthread_cond_timedwait(&events->wake, &events->mutex, &end);
    }
    pthread_mutex_unlock(&events->mutex);
}

static bool watch_time(void *context, uint64_t sent_bytes, Err *err) {
    (void)sent_bytes;
    return !out_of_time(context) ||
           err_fail(err, FAIL_CANCELLED, "the server stops before its lineage is told");
}

static bool post(LineageEvents *events, Str text, bool *out_hopeless, Err *err) {
    Arena *arena = arena_create();
    HttpField fields[2] = {{STR("Content-Type"), STR("application/json")}};
    size_t count = 1;
    if (events->config.api_key.length > 0)
        fields[count++] =
            (HttpField){STR("Authorization"),
                        str_format(arena, "Bearer %.*s", STR_ARG(events->config.api_key))};
    HttpCall call = {.method = "POST",
                     .url = events->url,
                     .fields = fields,
                     .field_count = count,
                     .body = text,
                     .answer_bytes_max = ANSWER_BYTES_MAX,
                     .connect_timeout_ms = events->config.timeout_ms,
                     .total_timeout_ms = events->config.timeout_ms,
                     .watch = {events, watch_time, -1}};
    HttpAnswer answer;
    bool ok = http_client_run(events->client, &call, arena, &answer, err);
    if (ok && (answer.status < 200 || answer.status > 299)) {
        ok = err_fail(err, FAIL_UPSTREAM, "the lineage service answered %d", answer.status);
        *out_hopeless = answer.status < 500 && answer.status != 408 && answer.status != 429;
    } else if (!ok) {
        *out_hopeless = err_is(err, FAIL_INVALID) || err_is(err, FAIL_CANCELLED);
    }
    arena_destroy(arena);
    return ok;
}

static int open_target(const LineageEvents *events) {
    return open(events->config.target.data, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static bool append(const LineageEvents *events, Str line, Err *err) {
    int fd = open_target(events);
    struct stat before;
    if (fd < 0 || fstat(fd, &before) != 0) {
        err_fail_errno(err, errno, "cannot open the lineage file");
        if (fd >= 0)
            close(fd);
        return false;
    }
    ssize_t wrote = write(fd, line.data, line.length);
    bool whole = wrote == (ssize_t)line.length;
    if (!whole) {
        err_fail_errno(err, wrote < 0 ? errno : ENOSPC, "cannot write the lineage file");
        if (wrote > 0 && S_ISREG(before.st_mode) && ftruncate(fd, before.st_size) != 0)
            err_detail(err, "a part of an event stays in it");
    }
    close(fd);
    return whole;
}

static bool deliver(LineageEvents *events, Str line, Err *err) {
    if (!events->to_url)
        return append(events, line, err);
    Str text = str_slice(line, 0, line.length - 1);
    uint32_t wait_ms = events->config.retry_ms;
    for (int tries = 1;; tries++) {
        bool hopeless = false;
        if (post(events, text, &hopeless, err))
            return true;
        if (hopeless || tries == TRIES_MAX || out_of_time(events))
            return false;
        pause_ms(events, wait_ms);
        wait_ms *= 2;
    }
}

/* --- the thread ------------------------------------------------------------------------------ */

static void count_lost_locked(LineageEvents *events, uint64_t count) {
    events->lost_untold += count;
    metric_add(METRIC_LINEAGE_DROPPED, count);
}

/* At once when it begins, then once a minute, and at the end. */
static void tell_lost(LineageEvents *events, bool at_end) {
    uint64_t now_ns = clock_monotonic_ns();
    bool due = at_end || events->told_ns == 0 ||
               now_ns - events->told_ns >= (uint64_t)TELL_EVERY_S * 1000000000u;
    pthread_mutex_lock(&events->mutex);
    uint64_t lost = due ? events->lost_untold : 0;
    events->lost_untold -= lost;
    pthread_mutex_unlock(&events->mutex);
    if (lost == 0)
        return;
    events->told_ns = now_ns;
    if (events->last_failure.kind == FAIL_NONE)
        err_fail(&events->last_failure, FAIL_BUSY, "the queue of lineage events is full");
    if (events->config.lost != NULL)
        events->config.lost(events->config.context, lost, &events->last_failure);
    err_clear(&events->last_failure);
}

/* False when there is nothing left to do. */
static bool next_event(LineageEvents *events, QueuedEvent *out) {
    pthread_mutex_lock(&events->mutex);
    while (events->count == 0 && !events->closing)
        pthread_cond_wait(&events->wake, &events->mutex);
    bool over = events->closing && clock_monotonic_ns() >= events->deadline_ns;
    bool got = events->count > 0 && !over;
    if (got) {
        *out = events->queue[events->head];
        events->head = (events->head + 1) % events->config.queue_max;
        events->count--;
        events->bytes -= out->length;
    }
    pthread_mutex_unlock(&events->mutex);
    return got;
}

static void drop_rest(LineageEvents *events) {
    pthread_mutex_lock(&events->mutex);
    count_lost_locked(events, events->count);
    for (; events->count > 0; events->count--) {
        free(events->queue[events->head].text);
        events->head = (events->head + 1) % events->config.queue_max;
    }
    pthread_mutex_unlock(&events->mutex);
}

static void *events_main(void *argument) {
    LineageEvents *events = argument;
    QueuedEvent event;
    while (next_event(events, &event)) {
        Err err = {0};
        if (deliver(events, str_make(event.text, event.length), &err)) {
            metric_add(METRIC_LINEAGE_SENT, 1);
        } else {
            events->last_failure = err;
            pthread_mutex_lock(&events->mutex);
            count_lost_locked(events, 1);
            pthread_mutex_unlock(&events->mutex);
        }
        free(event.text);
        tell_lost(events, false);
    }
    drop_rest(events);
    tell_lost(events, true);
    return NULL;
}

static void put(LineageEvents *events, Str text) {
    QueuedEvent event = {malloc(text.length + 1), text.length + 1};
    if (event.text != NULL) {
        memcpy(event.text, text.data, text.length);
        event.text[text.length] = '\n';
    }
    pthread_mutex_lock(&events->mutex);
    bool fits = event.text != NULL && events->count < events->config.queue_max &&
                event.length <= QUEUE_BYTES_MAX - events->bytes;
    if (fits) {
        events->queue[(events->head + events->count) % events->config.queue_max] = event;
        events->count++;
        events->bytes += event.length;
        pthread_cond_signal(&events->wake);
    } else {
        count_lost_locked(events, 1);
    }
    pthread_mutex_unlock(&events->mutex);
    if (!fits)
        free(event.text);
}

/* --- life ------------------------------------------------------------------------------------ */

/* A bare address gets the path that all OpenLineage clients use. */
static Str whole_url(Str target, Arena *arena) {
    size_t host = str_find(target, STR("://"), 0) + 3;
    size_t path = str_find_char(target, '/', host);
    bool bare = path == SIZE_MAX || path + 1 == target.length;
    bool has_query = str_find_char(target, '?', host) != SIZE_MAX;
    return bare && !has_query
               ? str_format(arena, "%.*s/api/v1/lineage", STR_ARG(str_slice(target, 0, path)))
               : target;
}

static bool check_target(LineageEvents *events, Err *err) {
    Str target = events->config.target;
    events->to_url = str_starts(target, STR("http://")) || str_starts(target, STR("https://"));
    if (events->to_url) {
        events->url = whole_url(target, events->arena);
        events->client = http_client_create(err);
        return events->client != NULL;
    }
    if (str_find(target, STR("://"), 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID,
                        "lineage goes to a file or to an http:// or https:// address");
    int fd = open_target(events);
    if (fd < 0)
        return err_fail_errno(err, errno, "cannot open the lineage file '%.*s'", STR_ARG(target));
    close(fd);
    return true;
}

static bool start_thread(LineageEvents *events, Err *err) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    events->has_thread = pthread_create(&events->thread, NULL, events_main, events) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!events->has_thread)
        return err_fail(err, FAIL_INTERNAL, "the thread for lineage events could not be started");
    pthread_setname_np(events->thread, "lineage");
    return true;
}

static void set_defaults(LineageEventsConfig *config, Arena *arena) {
    config->target = str_dup(arena, config->target);
    config->namespace_name = str_dup(arena, config->namespace_name);
    config->api_key = str_dup(arena, config->api_key);
    if (config->queue_max == 0)
        config->queue_max = QUEUE_MAX_DEFAULT;
    if (config->timeout_ms == 0)
        config->timeout_ms = TIMEOUT_MS_DEFAULT;
    if (config->retry_ms == 0)
        config->retry_ms = RETRY_MS_DEFAULT;
    if (config->drain_ms == 0)
        config->drain_ms = DRAIN_MS_DEFAULT;
}

LineageEvents *lineage_events_create(const LineageEventsConfig *config, Err *err) {
    Arena *arena = arena_create();
    LineageEvents *events = ARENA_NEW(arena, LineageEvents);
    events->arena = arena;
    events->config = *config;
    set_defaults(&events->config, arena);
    events->queue = ARENA_ARRAY(arena, QueuedEvent, events->config.queue_max);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&events->mutex, NULL);
    pthread_cond_init(&events->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (check_target(events, err) && start_thread(events, err))
        return events;
    lineage_events_destroy(events);
    return NULL;
}

void lineage_events_destroy(LineageEvents *events) {
    if (events == NULL)
        return;
    if (events->has_thread) {
        pthread_mutex_lock(&events->mutex);
        events->closing = true;
        events->deadline_ns = clock_monotonic_ns() + (uint64_t)events->config.drain_ms * 1000000;
        pthread_cond_broadcast(&events->wake);
        pthread_mutex_unlock(&events->mutex);
        pthread_join(events->thread, NULL);
    }
    http_client_destroy(events->client);
    pthread_cond_destroy(&events->wake);
    pthread_mutex_destroy(&events->mutex);
    arena_destroy(events->arena);
}

/* --- runs ------------------------------------------------------------------------------------ */

static void tell(const LineageRun *run, const LineageOutcome *outcome) {
    Arena *arena = arena_create();
    put(run->events, openlineage_event(run->events->config.namespace_name, run, outcome, arena));
    arena_destroy(arena);
}

LineageRun lineage_events_start(LineageEvents *events, const LineageLoad *load) {
    LineageRun run = {.events = events, .load = *load};
    if (events != NULL) {
        openlineage_run_id(run.id);
        tell(&run, NULL);
    }
    return run;
}

void lineage_events_finish(LineageRun *run, const LineageOutcome *outcome) {
    if (run->events != NULL)
        tell(run, outcome);
    run->events = NULL;
}
