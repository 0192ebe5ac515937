/* long_work.h - routes whose work is a job: waited for, or handed out.
 *
 * By default the request waits, and the answer is what the job made; a client that hangs up cancels
 * it. With "Prefer: respond-async" the answer is 202, the job's id and its Location.
 *
 * Ownership: `context` must not live in the request's arena, for the job may outlive the request;
 * it is ended with context_free in any case.   Threads: the request's own. */
#ifndef GATEWAY_LONG_WORK_H
#define GATEWAY_LONG_WORK_H

#include "gateway/route_call.h"

typedef struct LongWork {
    const char *kind; /* string literal: "refresh" */
    JobFn fn;
    void *context;
    void (*context_free)(void *context);
} LongWork;

MUST_CHECK bool long_work_run(RouteCall *call, const LongWork *work, HttpResponse *response,
                              Err *err);

/* What every context begins with: an arena that ends with it. */
typedef struct LongWorkContext {
    Arena *arena;
    const GatewayServices *services;
} LongWorkContext;

/* `size_bytes` of cleared memory that begins with a LongWorkContext. */
void *long_work_context(const RouteCall *call, size_t size_bytes);
void long_work_context_free(void *context);

#endif
