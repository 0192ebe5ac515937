/* http_client.h - one HTTP request at a time, over libcurl. Only net/ knows that library.
 *
 *     HttpClient *client = http_client_create(err);
 *     HttpCall call = {.method = "POST", .url = url, .body = bytes};
 *     HttpAnswer answer;
 *     if (!http_client_run(client, &call, arena, &answer, err)) ...   nobody answered
 *     if (answer.status >= 400) ...                                  somebody said no
 *
 * A true return means that a whole answer was read, whatever its status. Redirects are answers too:
 * none is followed. Only http and https are spoken. The connection is kept for the next call.
 *
 * Errors: FAIL_UPSTREAM (nobody answers, the connection broke), FAIL_TIMEOUT, FAIL_LIMIT (answer
 * larger than answer_bytes_max), FAIL_CANCELLED (a watch said so), FAIL_INVALID (a URL or method
 * that cannot be), FAIL_IO (the file to send), or what the sink failed with.
 *
 * Ownership: a call is borrowed while it runs; the answer lives in the arena.
 * Threads: one at a time per client. */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

typedef struct HttpClient HttpClient;

typedef struct HttpField {
    Str name, value;
} HttpField;

#define HTTP_SIZE_UNKNOWN UINT64_MAX

/* A body read while it is sent. */
typedef struct HttpUploadFile {
    FILE *file;          /* read from where it stands; NULL = send `body` */
    uint64_t size_bytes; /* HTTP_SIZE_UNKNOWN: sent in chunks */
} HttpUploadFile;

/* Takes the body of a successful answer (2xx) piece by piece; bodies of others are for reading. */
typedef struct HttpSink {
    void *context;
    bool (*write)(void *context, Str bytes, Err *err); /* false stops the call */
} HttpSink;

/* Called several times a second while a call runs, and at once when wake_fd becomes readable. */
typedef struct HttpWatch {
    void *context;
    bool (*look)(void *context, uint64_t sent_bytes, Err *err); /* false stops the call */
    int wake_fd;                                                /* -1 = none */
} HttpWatch;

typedef struct HttpCall {
    const char *method;
    Str url;
    const HttpField *fields;
    size_t field_count;
    Str body;
    HttpUploadFile upload;
    HttpSink sink;               /* write NULL: the body goes to memory */
    uint64_t answer_bytes_max;   /* in memory; 0 = 64 MiB */
    HttpWatch watch;             /* look NULL: none */
    uint32_t connect_timeout_ms; /* 0 = 10 s */
    uint32_t total_timeout_ms;   /* 0 = none */
    uint32_t idle_timeout_s;     /* without a byte in either direction; 0 = none */
    bool direct;                 /* pass by any proxy that the environment names */
} HttpCall;

typedef struct HttpAnswer {
    int status;
    Str body; /* empty when a sink took it */
    HttpField *fields;
    size_t field_count;
} HttpAnswer;

HttpClient *http_client_create(Err *err);
void http_client_destroy(HttpClient *client); /* NULL is fine */

MUST_CHECK bool http_client_run(HttpClient *client, const HttpCall *call, Arena *arena,
                                HttpAnswer *out, Err *err);

/* A header of the answer, without regard to case; empty when absent. */
Str http_answer_field(const HttpAnswer *answer, const char *name);

#endif
