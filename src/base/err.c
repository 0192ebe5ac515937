/* err.c - one table of kinds, and formatting that never overflows and never cuts a character.
 *
 * Tested by: tests/unit/base/test_err.c. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
} kinds[FAIL_KIND_COUNT] = {
    [FAIL_NONE] = {"none", 200},
    [FAIL_INVALID] = {"invalid", 400},
    [FAIL_UNAUTHORIZED] = {"unauthorized", 401},
    [FAIL_DENIED] = {"denied", 403},
    [FAIL_NOT_FOUND] = {"not_found", 404},
    [FAIL_METHOD] = {"method_not_allowed", 405},
    [FAIL_EXISTS] = {"exists", 409},
    [FAIL_CONFLICT] = {"conflict", 409},
    [FAIL_PRECONDITION] = {"precondition_failed", 412},
    [FAIL_LIMIT] = {"limit", 413},
    [FAIL_MEDIA_TYPE] = {"media_type", 415},
    [FAIL_RANGE] = {"range", 416},
    [FAIL_UNPROCESSABLE] = {"unprocessable", 422},
    [FAIL_BUSY] = {"busy", 429},
    [FAIL_CANCELLED] = {"cancelled", 499},
    [FAIL_INTERNAL] = {"internal", 500},
    [FAIL_IO] = {"io", 500},
    [FAIL_CORRUPT] = {"corrupt", 500},
    [FAIL_UNSUPPORTED] = {"unsupported", 501},
    [FAIL_UPSTREAM] = {"upstream", 502},
    [FAIL_NO_MEMORY] = {"no_memory", 503},
    [FAIL_NOT_READY] = {"not_ready", 503},
    [FAIL_TIMEOUT] = {"timeout", 504},
};

/* Ends a cut text in "..." without leaving half a UTF-8 sequence before the dots. */
static void mark_cut(char *text, size_t capacity) {
    size_t end = capacity - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", 4);
}

static void format_into(char *text, size_t capacity, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void format_into(char *text, size_t capacity, const char *format, va_list args) {
    int length = vsnprintf(text, capacity, format, args);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= capacity)
        mark_cut(text, capacity);
}

bool err_set_at(Err *err, FailKind kind, const char *file, int line, const char *format, ...) {
    err_clear(err);
    err->kind = kind;
    err->file = file;
    err->line = line;
    va_list args;
    va_start(args, format);
    format_into(err->message, sizeof err->message, format, args);
    va_end(args);
    return false;
}

bool err_set_errno_at(Err *err, int errno_value, const char *file, int line, const char *format,
                      ...) {
    err_clear(err);
    err->kind = FAIL_IO;
    err->file = file;
    err->line = line;
    va_list args;
    va_start(args, format);
    format_into(err->message, sizeof err->message, format, args);
    va_end(args);
    char reason[96];
    err_detail(err, "%s", strerror_r(errno_value, reason, sizeof reason));
    return false;
}

bool(err_wrap)(Err *err, const char *format, ...) {
    char context[sizeof err->message];
    char joined[2 * sizeof err->message + 2];
    va_list args;
    va_start(args, format);
    format_into(context, sizeof context, format, args);
    va_end(args);
    snprintf(joined, sizeof joined, "%s: %s", context, err->message);
    size_t length = strlen(joined);
    bool cut = length >= sizeof err->message;
    size_t kept = cut ? sizeof err->message - 1 : length;
    memcpy(err->message, joined, kept);
    err->message[kept] = '\0';
    if (cut)
        mark_cut(err->message, sizeof err->message);
    return false;
}

bool(err_detail)(Err *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    format_into(err->detail, sizeof err->detail, format, args);
    va_end(args);
    return false;
}

bool(err_hint)(Err *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    format_into(err->hint, sizeof err->hint, format, args);
    va_end(args);
    return false;
}

bool(err_field)(Err *err, const char *field) {
    snprintf(err->field, sizeof err->field, "%s", field);
    return false;
}

void err_clear(Err *err) {
    err->kind = FAIL_NONE;
    err->message[0] = err->detail[0] = err->hint[0] = err->field[0] = '\0';
    err->file = NULL;
    err->line = 0;
}

bool err_is(const Err *err, FailKind kind) {
    return err->kind == kind;
}

int err_kind_status(FailKind kind) {
    return kind < FAIL_KIND_COUNT ? kinds[kind].status : 500;
}

const char *err_kind_name(FailKind kind) {
    return kind < FAIL_KIND_COUNT ? kinds[kind].name : "unknown";
}
