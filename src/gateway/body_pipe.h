/* body_pipe.h - an answer that is pushed by its maker, sent by the connection that pulls.
 *
 * query_run and its like write to a sink until they are done; the HTTP server asks for bytes when
 * the socket can take some. A producer thread and a bounded buffer stand between. As long as the
 * buffer has not run full nothing was sent, so a failure until then is answered with its proper
 * status, and a short answer goes out whole, with its length. After that a failure breaks the
 * connection off.
 *
 * While the connection waits it looks whether the client is still there; `cancelled` is set when it
 * is not, and the sink refuses further bytes with FAIL_CANCELLED.
 *
 * Ownership: the producer's context must live in the request's arena (or longer); the arena's end
 * cancels and joins the producer.   Threads: the producer runs on its own thread. */
#ifndef GATEWAY_BODY_PIPE_H
#define GATEWAY_BODY_PIPE_H

#include <stdatomic.h>

#include "gateway/http_server.h"

typedef struct BodyPipe BodyPipe;

typedef struct BodyProducer {
    void *context;
    /* Writes the whole body with body_pipe_write; `cancelled` may be polled or handed on. */
    bool (*produce)(void *context, BodyPipe *pipe, const atomic_bool *cancelled, Err *err);
} BodyProducer;

/* Runs on the producer's thread. False: the client is gone (FAIL_CANCELLED). */
MUST_CHECK bool body_pipe_write(BodyPipe *pipe, Str bytes, Err *err);

/* Starts the producer and waits for its first bytes. True: the response's body is set (status and
 * headers are the caller's). False: it failed before anything was sent. */
MUST_CHECK bool body_pipe_respond(const HttpRequest *request, const BodyProducer *producer,
                                  HttpResponse *response, Err *err);

#endif
