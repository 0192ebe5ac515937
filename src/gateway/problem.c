/* problem.c - one table of titles, and what of an error may be shown.
 *
 * `type` is a URN made of the kind's name, so that programs can switch on it; `title` never varies
 * with the case at hand, `detail` says what it was.
 *
 * Tested by: tests/unit/gateway/test_problem.c. */
#include "gateway/problem.h"

#include <assert.h>

#include "base/redact.h"

static const char *const titles[FAIL_KIND_COUNT] = {
    [FAIL_NONE] = "No error",
    [FAIL_INVALID] = "The request is malformed",
    [FAIL_UNAUTHORIZED] = "Who are you?",
    [FAIL_DENIED] = "Not allowed",
    [FAIL_NOT_FOUND] = "Not found",
    [FAIL_METHOD] = "This path has no such method",
    [FAIL_EXISTS] = "It exists already",
    [FAIL_CONFLICT] = "In conflict with the current state",
    [FAIL_PRECONDITION] = "A precondition does not hold",
    [FAIL_LIMIT] = "Too large",
    [FAIL_MEDIA_TYPE] = "This media type is not understood here",
    [FAIL_RANGE] = "The range lies outside of the object",
    [FAIL_UNPROCESSABLE] = "Well-formed, but impossible",
    [FAIL_BUSY] = "Too busy",
    [FAIL_CANCELLED] = "Cancelled",
    [FAIL_INTERNAL] = "Internal failure",
    [FAIL_IO] = "Storage failed",
    [FAIL_CORRUPT] = "Stored data is damaged",
    [FAIL_UNSUPPORTED] = "Not supported",
    [FAIL_UPSTREAM] = "A server that we depend on failed",
    [FAIL_NO_MEMORY] = "Out of memory",
    [FAIL_NOT_READY] = "Not ready",
    [FAIL_TIMEOUT] = "Timed out",
};

enum { RETRY_AFTER_BUSY_SECS = 1, RETRY_AFTER_NOT_READY_SECS = 2 };

static bool begins_path(Str text, size_t at) {
    if (text.data[at] != '/')
        return false;
    char before = at == 0 ? ' ' : text.data[at - 1];
    bool after_gap = before == ' ' || before == '\'' || before == '"' || before == '(' ||
                     before == '=' || before == ':' || before == '`' || before == '[';
    return after_gap && at + 1 < text.length && text.data[at + 1] != ' ' &&
           !(before == ':' && text.data[at + 1] == '/'); /* "http://": an address, not a path */
}

static bool ends_path(char c) {
    return c == ' ' || c == '\'' || c == '"' || c == ')' || c == ',' || c == ';' || c == '\n' ||
           c == '`' || c == ']';
}

Str problem_hide_paths(Str text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < text.length; i++) {
        if (!begins_path(text, i)) {
            strbuf_append_char(&out, text.data[i]);
            continue;
        }
        strbuf_append_c(&out, "[path]");
        while (i + 1 < text.length && !ends_path(text.data[i + 1]))
            i++;
    }
    return strbuf_str(&out);
}

static Str shown_detail(const Err *err, Arena *arena) {
    if (err->kind == FAIL_INTERNAL)
        return STR("something went wrong inside the server; its log tells what, under this "
                   "request id");
    Str text = err->detail[0] == '\0' ? str_c(err->message)
                                      : str_format(arena, "%s: %s", err->message, err->detail);
    bool hides = err->kind == FAIL_IO || err->kind == FAIL_CORRUPT;
    return hides ? problem_hide_paths(text, arena) : text;
}

static json_t *problem_json(const Err *err, unsigned status, const HttpRequest *request,
                            const json_t *extra) {
    Arena *arena = request->arena;
    json_t *problem = json_keep(arena, json_object());
    json_set_str(problem, "type", str_format(arena, "urn:lakehouse:%s", err_kind_name(err->kind)));
    json_set_str(problem, "title", str_c(titles[err->kind]));
    json_set_u64(problem, "status", status);
    json_set_str(problem, "detail", shown_detail(err, arena));
    json_set_str(problem, "request_id", request->id);
    if (err->field[0] != '\0')
        json_set_str(problem, "field", str_c(err->field));
    if (err->hint[0] != '\0')
        json_set_str(problem, "hint", str_c(err->hint));
    if (extra != NULL)
        json_object_update_missing(problem, (json_t *)(uintptr_t)extra);
    return problem;
}

void problem_respond(const Err *err, const HttpRequest *request, const json_t *extra,
                     HttpResponse *response) {
    assert(err->kind > FAIL_NONE && err->kind < FAIL_KIND_COUNT);
    unsigned status = (unsigned)err_kind_status(err->kind);
    bool close_connection = response->close_connection;
    Err shown = *err;
    redact_err(&shown);
    HttpResponse fresh = {.status = status, .close_connection = close_connection};
    *response = fresh;
    response->bytes = json_print(problem_json(&shown, status, request, extra), request->arena);
    http_response_header(response, "Content-Type", STR("application/problem+json"));
    if (status == 429 || err->kind == FAIL_NOT_READY) {
        int seconds = status == 429 ? RETRY_AFTER_BUSY_SECS : RETRY_AFTER_NOT_READY_SECS;
        http_response_header(response, "Retry-After", str_format(request->arena, "%d", seconds));
    }
}
