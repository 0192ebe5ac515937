/* http_server.c - our requests and responses over libmicrohttpd, thread per connection with poll.
 *
 * A request's way, each arrow one call by the library on the connection's thread:
 *
 *     on_uri -> on_request (head)  -> begin:  wanted  -> TAKING
 *                                             refused -> DISCARDING, or answered at once
 *               on_request (piece) -> TAKING: to the sink; a failure makes it DISCARDING
 *                                     DISCARDING: dropped, at most discard_max bytes
 *               on_request (end)   -> answer -> queued -> on_pull ... -> on_completed -> done
 *
 * Why a refusal reads on: closing a socket with unread bytes makes the kernel send a reset, and a
 * client that is still sending then never sees our answer. So a refused body is drained as long as
 * that is cheap; a client that waits for "100 Continue" hears the refusal at once, and what is too
 * long to drain is answered by hand on the socket before it is closed (cut_off).
 *
 * What the library gets wrong for us (0.9.75): its inactivity clock also runs while a handler or a
 * pull source works, and would drop the connection when they took longer than the idle time, so it
 * is stopped around them (pause_idle_clock). It unescapes the URI in place, which loses %2F and
 * %00, so we take the raw URI and leave decoding to the router. Answers to requests that are not
 * HTTP at all (400, 431) are its own.
 *
 * Tested by: tests/unit/gateway/test_http_server.c, tests/e2e/. */
#include "gateway/http_server.h"

#include <assert.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/vec.h"
#include "gateway/connection_watch.h"
#include "gateway/listen_socket.h"

enum {
    REQUEST_ID_MAX = 64,
    THREAD_STACK_BYTES = 4 << 20, /* address space only; pages are used as they are touched */
    PULL_BLOCK_BYTES = 64 << 10,
    CUT_OFF_LINGER_MS = 1000,
    CUT_OFF_LINGER_BYTES = 8 << 20,
    LAST_WORDS_MS = 2000 /* for requests that were told to stop to say so */
};

typedef enum Stage { STAGE_HEAD, STAGE_TAKING, STAGE_DISCARDING, STAGE_ANSWERED } Stage;

typedef struct Exchange {
    HttpRequest request; /* first: a request is cast back to its exchange */
    HttpServer *server;
    struct MHD_Connection *connection;
    int fd;
    Stage stage;
    bool body_paced; /* body_started_ns is set */
    uint64_t body_started_ns;
    uint64_t discarded;
    HttpBodyPlan plan;
    HttpResponse response;
    HttpOutcome outcome;
} Exchange;

struct HttpServer {
    HttpServerConfig config;
    HttpHandlers handlers;
    struct MHD_Daemon *daemon;
    ConnectionWatch *watch;
    int listen_fd;
    uint16_t port;
    atomic_bool draining, stopping;
    pthread_mutex_t lock; /* active */
    pthread_cond_t idle;
    uint32_t active; /* requests between begin and done */
};

HttpServerConfig http_server_config_default(void) {
    return (HttpServerConfig){.host = STR("127.0.0.1"),
                              .port = 3100,
                              .connections_max = 512,
                              .idle_timeout_ms = 60000,
                              .head_timeout_ms = 15000,
                              .body_timeout_ms = 3600000,
                              .body_rate_min = 1024,
                              .body_grace_ms = 10000,
                              .discard_max = 16 << 20,
                              .head_bytes_max = 256 << 10};
}

/* --- small services for callers -------------------------------------------------------------- */

bool http_request_gone(const HttpRequest *request) {
    const Exchange *exchange = (const Exchange *)request;
    if (atomic_load_explicit(&exchange->server->stopping, memory_order_relaxed))
        return true;
    struct pollfd poll_fd = {.fd = exchange->fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

Str http_request_header(const HttpRequest *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (str_eq_nocase(request->headers[i].name, str_c(name)))
            return request->headers[i].value;
    return (Str){NULL, 0};
}

void http_response_header(HttpResponse *response, const char *name, Str value) {
    assert(response->header_count < HTTP_RESPONSE_HEADERS_MAX && value.length > 0);
    response->headers[response->header_count++] = (HttpHeader){str_c(name), value};
}

/* --- the head -------------------------------------------------------------------------------- */

static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection) {
    HttpServer *server = context;
    Arena *arena = arena_create();
    Exchange *exchange = ARENA_NEW(arena, Exchange);
    exchange->server = server;
    exchange->connection = connection;
    exchange->request.arena = arena;
    exchange->request.started_ns = clock_monotonic_ns();
    exchange->request.query = str_cut(str_dup(arena, str_c(uri)), '?', &exchange->request.path);
    return exchange;
}

static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

typedef struct HeaderCollector {
    Arena *arena;
    VEC(HttpHeader) found;
} HeaderCollector;

static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      size_t name_length, const char *value, size_t value_length) {
    (void)kind;
    HeaderCollector *collector = context;
    *vec_push(&collector->found, collector->arena) =
        (HttpHeader){str_dup(collector->arena, str_make(name, name_length)),
                     str_dup(collector->arena, str_make(value == NULL ? "" : value, value_length))};
    return MHD_YES;
}

static bool request_id_sane(Str id) {
    if (id.length == 0 || id.length > REQUEST_ID_MAX)
        return false;
    for (size_t i = 0; i < id.length; i++) {
        char c = id.data[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
        if (!fine)
            return false;
    }
    return true;
}

static uint64_t declared_length(const HttpRequest *request) {
    if (http_request_header(request, "Transfer-Encoding").data != NULL)
        return HTTP_LENGTH_UNKNOWN;
    uint64_t length = 0;
    Str text = http_request_header(request, "Content-Length");
    return text.data != NULL && !str_to_u64(text, &length) ? HTTP_LENGTH_UNKNOWN : length;
}

static void read_head(Exchange *exchange, const char *method) {
    HttpRequest *request = &exchange->request;
    HeaderCollector collector = {.arena = request->arena};
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, collect_header, &collector);
    request->headers = collector.found.items;
    request->header_count = collector.found.count;
    request->method = str_dup(request->arena, str_c(method));
    Str id = http_request_header(request, "X-Request-Id");
    request->id = request_id_sane(id) ? id : random_id(request->arena);
    request->body_declared = declared_length(request);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    exchange->fd = info->connect_fd;
    info = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    connection_watch_busy(info->socket_context);
}

static void enter(HttpServer *server) {
    pthread_mutex_lock(&server->lock);
    server->active++;
    pthread_mutex_unlock(&server->lock);
}

static void leave(HttpServer *server) {
    pthread_mutex_lock(&server->lock);
    if (--server->active == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

/* --- sending --------------------------------------------------------------------------------- */

/* See the top of this file. Setting a time-out on a connection that has none restarts its clock. */
static void pause_idle_clock(Exchange *exchange) {
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
}

static void resume_idle_clock(Exchange *exchange) {
    unsigned seconds = (exchange->server->config.idle_timeout_ms + 999) / 1000;
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static ssize_t on_pull(void *context, uint64_t position, char *buffer, size_t capacity) {
    (void)position;
    Exchange *exchange = context;
    HttpPull *pull = &exchange->response.pull;
    Err err = {0};
    size_t length = 0;
    pause_idle_clock(exchange);
    bool fine = pull->read(pull->context, buffer, capacity, &length, &err);
    resume_idle_clock(exchange);
    if (!fine) {
        LogLevel level = err_is(&err, FAIL_CANCELLED) ? LOG_DEBUG : LOG_WARN;
        log_failure(level, "gateway", "answer_broken_off", exchange->request.id, &err);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    assert(length <= capacity);
    exchange->outcome.bytes_sent += length;
    return length == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)length;
}

static struct MHD_Response *make_body(Exchange *exchange) {
    const HttpResponse *response = &exchange->response;
    if (response->pull.read == NULL) {
        exchange->outcome.bytes_sent = response->bytes.length;
        return MHD_create_response_from_buffer(response->bytes.length,
                                               (void *)(uintptr_t)response->bytes.data,
                                               MHD_RESPMEM_PERSISTENT);
    }
    uint64_t length = response->pull.length;
    return MHD_create_response_from_callback(length == HTTP_LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN
                                                                           : length,
                                             PULL_BLOCK_BYTES, on_pull, exchange, NULL);
}

static enum MHD_Result queue_response(Exchange *exchange) {
    Arena *arena = exchange->request.arena;
    HttpResponse *response = &exchange->response;
    exchange->stage = STAGE_ANSWERED;
    exchange->outcome.status = response->status;
    if (response->close_connection || http_server_draining(exchange->server))
        http_response_header(response, "Connection", STR("close"));
    struct MHD_Response *message = make_body(exchange);
    if (message == NULL)
        return MHD_NO;
    enum MHD_Result queued =
        MHD_add_response_header(message, "X-Request-Id", str_to_c(arena, exchange->request.id));
    for (size_t i = 0; i < response->header_count && queued == MHD_YES; i++)
        queued = MHD_add_response_header(message, str_to_c(arena, response->headers[i].name),
                                         str_to_c(arena, response->headers[i].value));
    if (queued == MHD_YES)
        queued = MHD_queue_response(exchange->connection, response->status, message);
    MHD_destroy_response(message); /* the connection holds its own reference */
    return queued;
}

/* --- the body -------------------------------------------------------------------------------- */

/* Says the refusal by hand and ends the connection: the library cannot answer inside a body. */
static enum MHD_Result cut_off(Exchange *exchange) {
    const HttpResponse *response = &exchange->response;
    Str head = str_format(exchange->request.arena,
                          "HTTP/1.1 %u %s\r\nConnection: close\r\nX-Request-Id: %.*s\r\n"
                          "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n\r\n",
                          response->status, MHD_get_reason_phrase_for(response->status),
                          STR_ARG(exchange->request.id), response->bytes.length);
    exchange->outcome.status = response->status;
    if (send(exchange->fd, head.data, head.length, MSG_NOSIGNAL) != (ssize_t)head.length ||
        send(exchange->fd, response->bytes.data, response->bytes.length, MSG_NOSIGNAL) < 0)
        return MHD_NO; /* it is gone; nothing left to say */
    shutdown(exchange->fd, SHUT_WR);
    /* Reads on for a moment, so that the reset does not overtake the answer. */
    char dropped[16384];
    uint64_t until = clock_monotonic_ns() + (uint64_t)CUT_OFF_LINGER_MS * 1000000;
    struct pollfd poll_fd = {.fd = exchange->fd, .events = POLLIN};
    ssize_t got = 1;
    for (size_t left = CUT_OFF_LINGER_BYTES; got > 0 && left > sizeof dropped;
         left -= (size_t)got) {
        if (clock_monotonic_ns() > until || poll(&poll_fd, 1, CUT_OFF_LINGER_MS) <= 0)
            break;
        got = recv(exchange->fd, dropped, sizeof dropped, MSG_DONTWAIT);
    }
    return MHD_NO;
}

/* The response holds a refusal: now, or after the body has been drained? */
static enum MHD_Result refuse(Exchange *exchange) {
    const HttpRequest *request = &exchange->request;
    uint64_t discard_max = exchange->server->config.discard_max;
    exchange->stage = STAGE_DISCARDING;
    if (request->body_declared == 0)
        return MHD_YES; /* nothing will come: answered at the end, and the connection lives on */
    bool waits = http_request_header(request, "Expect").data != NULL;
    bool endless =
        request->body_declared != HTTP_LENGTH_UNKNOWN && request->body_declared > discard_max;
    exchange->response.close_connection = true;
    return waits || endless ? queue_response(exchange) : MHD_YES;
}

static enum MHD_Result begin(Exchange *exchange, const char *method) {
    HttpServer *server = exchange->server;
    HttpRequest *request = &exchange->request;
    read_head(exchange, method);
    enter(server);
    exchange->stage = STAGE_TAKING;
    if (!server->handlers.begin(server->handlers.context, request, &exchange->plan,
                                &exchange->response))
        return refuse(exchange);
    if (request->body_declared == HTTP_LENGTH_UNKNOWN ||
        request->body_declared <= exchange->plan.bytes_max)
        return MHD_YES;
    Err err = {0};
    err_fail(&err, FAIL_LIMIT, "the request body is too large");
    err_detail(&err, "%llu bytes; at most %llu are taken here",
               (unsigned long long)request->body_declared,
               (unsigned long long)exchange->plan.bytes_max);
    server->handlers.fail(server->handlers.context, request, &err, &exchange->response);
    return refuse(exchange);
}

static bool body_pace_check(Exchange *exchange, Err *err) {
    const HttpServerConfig *config = &exchange->server->config;
    uint64_t now = clock_monotonic_ns();
    if (!exchange->body_paced) {
        exchange->body_paced = true;
        exchange->body_started_ns = now;
    }
    uint64_t elapsed_ms = (now - exchange->body_started_ns) / 1000000;
    if (elapsed_ms > config->body_timeout_ms)
        return err_fail(err, FAIL_TIMEOUT, "the request body took longer than %u seconds",
                        config->body_timeout_ms / 1000);
    if (elapsed_ms > config->body_grace_ms &&
        exchange->request.body_length * 1000 / elapsed_ms < config->body_rate_min)
        return err_fail(err, FAIL_TIMEOUT, "the request body came with less than %u bytes a second",
                        config->body_rate_min);
    return true;
}

static bool take(Exchange *exchange, Str piece, Err *err) {
    exchange->request.body_length += piece.length;
    if (exchange->request.body_length > exchange->plan.bytes_max) {
        err_fail(err, FAIL_LIMIT, "the request body is too large");
        return err_detail(err, "at most %llu bytes are taken here",
                          (unsigned long long)exchange->plan.bytes_max);
    }
    return body_pace_check(exchange, err) &&
           exchange->plan.sink.write(exchange->plan.sink.context, piece, err);
}

static enum MHD_Result take_or_discard(Exchange *exchange, Str piece) {
    HttpServer *server = exchange->server;
    if (exchange->stage == STAGE_TAKING) {
        Err err = {0};
        if (take(exchange, piece, &err))
            return MHD_YES;
        server->handlers.fail(server->handlers.context, &exchange->request, &err,
                              &exchange->response);
        exchange->response.close_connection = true;
        exchange->stage = STAGE_DISCARDING;
        if (err_is(&err, FAIL_TIMEOUT)) /* whoever sends so slowly is not waited for */
            return cut_off(exchange);
    }
    exchange->discarded += piece.length;
    return exchange->discarded > server->config.discard_max ? cut_off(exchange) : MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **per_request) {
    (void)connection;
    (void)url;
    (void)version;
    HttpServer *server = context;
    Exchange *exchange = *per_request;
    if (exchange == NULL)
        return MHD_NO;
    if (exchange->stage == STAGE_HEAD)
        return begin(exchange, method);
    if (*upload_size > 0) {
        enum MHD_Result result = take_or_discard(exchange, str_make(upload, *upload_size));
        *upload_size = 0;
        return result;
    }
    if (exchange->stage == STAGE_TAKING) {
        pause_idle_clock(exchange);
        server->handlers.answer(server->handlers.context, &exchange->request, &exchange->response);
        resume_idle_clock(exchange);
    }
    return queue_response(exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **per_request,
                         enum MHD_RequestTerminationCode code) {
    HttpServer *server = context;
    Exchange *exchange = *per_request;
    *per_request = NULL;
    if (exchange == NULL)
        return;
    if (exchange->stage != STAGE_HEAD) {
        exchange->outcome.complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
        server->handlers.done(server->handlers.context, &exchange->request, &exchange->outcome);
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        connection_watch_waiting(info->socket_context);
        leave(server);
    }
    arena_destroy(exchange->request.arena);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **per_connection,
                          enum MHD_ConnectionNotificationCode code) {
    HttpServer *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *per_connection = connection_watch_add(server->watch, info->connect_fd);
    } else {
        connection_watch_remove(server->watch, *per_connection);
        *per_connection = NULL;
    }
}

/* --- life ------------------------------------------------------------------------------------ */

static void on_library_message(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_library_message(void *context, const char *format, va_list args) {
    (void)context;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_event(LOG_DEBUG, "gateway", "http_library", "text=\"%s\"", text);
}

static bool start_daemon(HttpServer *server, Err *err) {
    const HttpServerConfig *config = &server->config;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        flags, server->port, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
        on_library_message, NULL, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_CONNECTION_LIMIT, config->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->connections_per_ip_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (config->idle_timeout_ms + 999) / 1000,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)config->head_bytes_max,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    return server->daemon != NULL || err_fail(err, FAIL_IO, "the HTTP server did not start");
}

HttpServer *http_server_create(const HttpServerConfig *config, const HttpHandlers *handlers) {
    HttpServer *server = calloc(1, sizeof *server);
    if (server == NULL)
        abort();
    server->config = *config;
    server->handlers = *handlers;
    server->listen_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->idle, &attributes);
    pthread_condattr_destroy(&attributes);
    return server;
}

bool http_server_start(HttpServer *server, Err *err) {
    const HttpServerConfig *config = &server->config;
    ListenAddress address = {config->host, config->port};
    server->watch = connection_watch_start(config->idle_timeout_ms + config->head_timeout_ms, err);
    return server->watch != NULL &&
           listen_socket_open(&address, &server->listen_fd, &server->port, err) &&
           start_daemon(server, err);
}

uint16_t http_server_port(const HttpServer *server) {
    return server->port;
}

uint32_t http_server_connections(const HttpServer *server) {
    return connection_watch_count(server->watch);
}

bool http_server_draining(const HttpServer *server) {
    return atomic_load_explicit(&server->draining, memory_order_relaxed);
}

/* With the lock held: until no request runs, or the time is over. */
static void wait_until_idle(HttpServer *server, uint32_t timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int waited = 0;
    while (server->active > 0 && waited == 0)
        waited = pthread_cond_timedwait(&server->idle, &server->lock, &until);
}

void http_server_drain(HttpServer *server, uint32_t timeout_ms) {
    atomic_store(&server->draining, true);
    MHD_quiesce_daemon(server->daemon);
    shutdown(server->listen_fd, SHUT_RDWR); /* refuses; closed once no thread polls it any more */
    pthread_mutex_lock(&server->lock);
    wait_until_idle(server, timeout_ms);
    atomic_store(&server->stopping, true);
    wait_until_idle(server, LAST_WORDS_MS);
    pthread_mutex_unlock(&server->lock);
}

void http_server_stop(HttpServer *server) {
    if (server == NULL)
        return;
    if (server->daemon != NULL) {
        http_server_drain(server, 0);
        MHD_stop_daemon(server->daemon);
    }
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    connection_watch_stop(server->watch);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
