/* err.h - how a function says that it failed, and why, to a caller and finally to a person.
 *
 * A fallible function returns bool (or a pointer, NULL = failed) and fills the caller's Err. The
 * text is written once, where the fact is known, in lower case and with the values involved;
 * callers on the way up may add context with err_wrap; the top (gateway, cli, jobs) shows it.
 *
 *     if (!store_get(store, key, arena, &bytes, err))
 *         return err_wrap(err, "load catalog");
 *     return err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(name));
 *
 * message, detail and hint may be shown to users: no path of the server, no SQL of ours and no
 * secret belongs in them. Long texts are cut, at a code point, and end in "...".
 *
 * Ownership: an Err is a plain value on the caller's stack.   Threads: one thread at a time. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Chosen by what the caller can do about it. err_kind_status() maps each to an HTTP status. */
typedef enum FailKind {
    FAIL_NONE = 0,
    FAIL_INVALID,       /* 400 malformed or missing input; `field` names it */
    FAIL_UNAUTHORIZED,  /* 401 */
    FAIL_DENIED,        /* 403 */
    FAIL_NOT_FOUND,     /* 404 */
    FAIL_METHOD,        /* 405 there is such a path, but not with this method */
    FAIL_EXISTS,        /* 409 put_if_absent: it is there already */
    FAIL_CONFLICT,      /* 409 somebody else changed it, or it is in use */
    FAIL_PRECONDITION,  /* 412 If-Match or If-None-Match did not hold */
    FAIL_LIMIT,         /* 413 too large */
    FAIL_MEDIA_TYPE,    /* 415 */
    FAIL_RANGE,         /* 416 */
    FAIL_UNPROCESSABLE, /* 422 well-formed but impossible: unknown column, wrong type */
    FAIL_BUSY,          /* 429 a queue is full; try again */
    FAIL_CANCELLED,     /* 499 the client or the job's owner went away */
    FAIL_INTERNAL,      /* 500 a bug of ours */
    FAIL_IO,            /* 500 disk */
    FAIL_CORRUPT,       /* 500 stored bytes are not what we wrote */
    FAIL_UNSUPPORTED,   /* 501 */
    FAIL_UPSTREAM,      /* 502 a model server, database or object store failed */
    FAIL_NO_MEMORY,     /* 503 the memory budget is spent */
    FAIL_NOT_READY,     /* 503 still starting, or draining */
    FAIL_TIMEOUT,       /* 504 */
    FAIL_KIND_COUNT
} FailKind;

typedef struct Err {
    FailKind kind;
    char message[320]; /* the fact */
    char detail[512];  /* what was seen, positions, values */
    char hint[160];    /* what to do */
    char field[64];    /* the request field at fault, or "" */
    const char *file;  /* where it was raised, for the log only */
    int line;
} Err;

/* Lets a reader of one file, a static analyser too, see that the calls below return false. */
static inline bool err_false(bool ignored) {
    (void)ignored;
    return false;
}

/* Sets the error and returns false. */
#define err_fail(err, kind, ...)                                                                   \
    err_false(err_set_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__))
/* As err_fail, for FAIL_IO: appends the text of an errno that the caller saved at once. */
#define err_fail_errno(err, errno_value, ...)                                                      \
    err_false(err_set_errno_at((err), (errno_value), __FILE__, __LINE__, __VA_ARGS__))

bool err_set_at(Err *err, FailKind kind, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool err_set_errno_at(Err *err, int errno_value, const char *file, int line, const char *format,
                      ...) __attribute__((format(printf, 5, 6)));

/* Puts "context: " before the message; keeps kind and place. Returns false. */
bool err_wrap(Err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fill the other texts of an error already set. Return false, so they can end a return line. */
bool err_detail(Err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool err_hint(Err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool err_field(Err *err, const char *field);
#define err_wrap(...)   err_false((err_wrap)(__VA_ARGS__))
#define err_detail(...) err_false((err_detail)(__VA_ARGS__))
#define err_hint(...)   err_false((err_hint)(__VA_ARGS__))
#define err_field(...)  err_false((err_field)(__VA_ARGS__))

void err_clear(Err *err);
bool err_is(const Err *err, FailKind kind);

int err_kind_status(FailKind kind);       /* HTTP status; FAIL_NONE is 200 */
const char *err_kind_name(FailKind kind); /* "not_found": for logs, metrics and problem types */

#endif
