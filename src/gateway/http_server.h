/* http_server.h - HTTP/1.1 in, HTTP/1.1 out, and nothing of what the requests mean.
 *
 * The server reads a request's head, asks `begin` where its body may go and how long it may be,
 * feeds the body there piece by piece, asks `answer` for a response, sends it, and tells `done`.
 * One thread a connection: every callback may block. Limits and deadlines of our own guard each
 * step, because the library below only knows inactivity.
 *
 * Ownership: a request, its arena and whatever hangs on it live until `done` has returned. Bytes
 * and pull sources of a response must live in the request's arena.
 * Threads: the callbacks of one request run one after another; those of different requests at once.
 */
#ifndef GATEWAY_HTTP_SERVER_H
#define GATEWAY_HTTP_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct HttpServer HttpServer;

typedef struct HttpHeader {
    Str name, value;
} HttpHeader;

typedef struct HttpRequest {
    Arena *arena;
    Str id;     /* X-Request-Id: the client's when it is sane, else made here */
    Str method; /* "GET" */
    Str path;   /* as sent, percent-encoded, without the query */
    Str query;  /* as sent, without the '?' */
    const HttpHeader *headers;
    size_t header_count;
    uint64_t started_ns;    /* clock_monotonic_ns when the request line arrived */
    uint64_t body_length;   /* bytes that came so far */
    uint64_t body_declared; /* Content-Length, or HTTP_LENGTH_UNKNOWN; 0 = no body */
    void *user;             /* of the callbacks */
} HttpRequest;

#define HTTP_LENGTH_UNKNOWN UINT64_MAX

/* Where a request's body goes. The first false return ends the reading; its Err is answered. */
typedef struct HttpBodySink {
    void *context;
    bool (*write)(void *context, Str bytes, Err *err);
} HttpBodySink;

typedef struct HttpBodyPlan {
    uint64_t bytes_max; /* more is answered with FAIL_LIMIT */
    HttpBodySink sink;
} HttpBodyPlan;

/* A body that is made while it is sent. read fills at least one byte, blocking as long as it needs;
 * *out_length 0 is the end. A false return breaks the connection off, so that nobody takes the part
 * for the whole. */
typedef struct HttpPull {
    void *context;
    bool (*read)(void *context, char *buffer, size_t capacity, size_t *out_length, Err *err);
    uint64_t length; /* HTTP_LENGTH_UNKNOWN: sent chunked */
} HttpPull;

enum { HTTP_RESPONSE_HEADERS_MAX = 16 };

typedef struct HttpResponse {
    unsigned status;
    HttpHeader headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t header_count;
    Str bytes;     /* the body, unless: */
    HttpPull pull; /* pull.read is set */
    bool close_connection;
} HttpResponse;

typedef struct HttpOutcome {
    unsigned status;
    uint64_t bytes_sent; /* of the body, as far as handed to the connection */
    bool complete;       /* false: the client went away, or the body broke off */
} HttpOutcome;

typedef struct HttpHandlers {
    void *context;
    /* The head is in. True: fill the plan. False: the response is filled, the body not wanted. */
    bool (*begin)(void *context, HttpRequest *request, HttpBodyPlan *out_plan,
                  HttpResponse *response);
    /* The body is in. */
    void (*answer)(void *context, HttpRequest *request, HttpResponse *response);
    /* Reading the body failed: too long, too slow, or the sink refused it. */
    void (*fail)(void *context, HttpRequest *request, const Err *err, HttpResponse *response);
    /* All is over: the last look at the request. */
    void (*done)(void *context, const HttpRequest *request, const HttpOutcome *outcome);
} HttpHandlers;

typedef struct HttpServerConfig {
    Str host;                        /* "127.0.0.1", "::1", "0.0.0.0", a name */
    uint16_t port;                   /* 0 picks a free one */
    uint32_t connections_max;        /* more are closed as they come */
    uint32_t connections_per_ip_max; /* 0 = no limit */
    uint32_t idle_timeout_ms;        /* without a byte in either direction */
    uint32_t head_timeout_ms;        /* for a request's head, beyond the idle timeout */
    uint32_t body_timeout_ms;        /* for a whole body */
    uint32_t body_rate_min;          /* bytes a second, after body_grace_ms */
    uint32_t body_grace_ms;          /* before the rate is looked at */
    uint64_t discard_max;            /* bytes read and dropped so that a refusal can be heard */
    uint32_t head_bytes_max;         /* request line and headers */
} HttpServerConfig;

HttpServerConfig http_server_config_default(void);

HttpServer *http_server_create(const HttpServerConfig *config, const HttpHandlers *handlers);
/* Listens and answers from now on. FAIL_CONFLICT: the address is in use; FAIL_INVALID: it is none.
 */
MUST_CHECK bool http_server_start(HttpServer *server, Err *err);
uint16_t http_server_port(const HttpServer *server);
/* Stops listening and waits for running requests, at most so long; what still runs then is told
 * through http_request_gone, and has a moment to answer. Requests on connections still open reach
 * `begin` until http_server_stop: refuse them there (http_server_draining). */
void http_server_drain(HttpServer *server, uint32_t timeout_ms);
bool http_server_draining(const HttpServer *server);
/* Ends all connections, joins their threads, frees the server, started or not. NULL is fine. */
void http_server_stop(HttpServer *server);
uint32_t http_server_connections(const HttpServer *server);

/* Has the client hung up, or is the server being stopped? For long work to give up by. */
bool http_request_gone(const HttpRequest *request);
/* The first header of that name, without regard to case; an empty Str with NULL data if absent. */
Str http_request_header(const HttpRequest *request, const char *name);

void http_response_header(HttpResponse *response, const char *name, Str value);

#endif
