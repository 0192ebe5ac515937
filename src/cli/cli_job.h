/* cli_job.h - long work on the server: started, watched with a progress bar, called off by Ctrl-C.
 *
 * A call that carries `Prefer: respond-async` is answered with a job's id; job_finish follows it
 * to its end and gives its result. A server that answers at once is fine too: then the answer is
 * the result.
 *
 * Errors: what the job failed with, as the server words it; FAIL_CANCELLED after Ctrl-C or when
 * somebody else cancelled it; FAIL_UPSTREAM when the server went away (the job's id is in the
 * hint, since it may go on).
 *
 * Ownership: results live in the client's arena.   Threads: one. */
#ifndef CLI_CLI_JOB_H
#define CLI_CLI_JOB_H

#include "cli/cli_client.h"

/* The header to send. */
#define JOB_PREFER_ASYNC ((HttpField){STR("Prefer"), STR("respond-async")})

typedef struct JobAnswer {
    Str job_id; /* of a job that goes on; empty: it is done */
    Str result; /* JSON */
} JobAnswer;

/* Reads what came back from a call with JOB_PREFER_ASYNC. */
MUST_CHECK bool job_started(const HttpAnswer *answer, Arena *arena, JobAnswer *out, Err *err);
typedef enum JobCtrlC {
    JOB_CTRL_C_CANCELS, /* it is our own work */
    JOB_CTRL_C_LEAVES   /* somebody else's: Ctrl-C ends the watching, as it ends any program */
} JobCtrlC;

/* Follows job_id to its end. */
MUST_CHECK bool job_follow(CliClient *client, Str job_id, JobCtrlC ctrl_c, Str *out_result,
                           Err *err);
/* Posts `call` (with its Prefer header) and follows what it starts, unless `detach`: then
 * *out_result is {"job_id"}. */
MUST_CHECK bool job_run(CliClient *client, const HttpCall *call, bool detach, Str *out_result,
                        Err *err);

#endif
