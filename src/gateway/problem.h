/* problem.h - failures as application/problem+json (RFC 9457).
 *
 *     {"type","title","status","detail","request_id"} and where known "field", "hint".
 *
 * Texts of internal failures stay in the log: the client gets the request id to ask with. What
 * disk and damage have to say is shown without the server's paths (object keys are fine).
 *
 * Ownership: the body lives in the request's arena.   Threads: pure functions. */
#ifndef GATEWAY_PROBLEM_H
#define GATEWAY_PROBLEM_H

#include "base/json.h"
#include "gateway/http_server.h"

/* `extra` (may be NULL): further members, as {"references": [...]}. */
void problem_respond(const Err *err, const HttpRequest *request, const json_t *extra,
                     HttpResponse *response);

/* `text` with every absolute path replaced by "[path]". */
Str problem_hide_paths(Str text, Arena *arena);

#endif
