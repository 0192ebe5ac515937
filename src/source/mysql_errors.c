/* mysql_errors.c - errno and SQLSTATE to a kind of failure.
 *
 * A few numbers are known by name; of the rest the SQLSTATE's class tells whether the statement is
 * at fault (42 syntax and access, 21 cardinality, 22 data) or the server. Numbers from 2000 to 2999
 * are the client library's own: connections.
 *
 * Tested by: test_mysql_errors.c. */
#include "source/mysql_errors.h"

#include <string.h>

#include "base/redact.h"
#include "base/vec.h"

static const struct {
    unsigned code;
    FailKind kind;
} known[] = {
    {1044, FAIL_DENIED},        /* database */
    {1045, FAIL_DENIED},        /* user or password */
    {1130, FAIL_DENIED},        /* host */
    {1142, FAIL_DENIED},        /* table */
    {1143, FAIL_DENIED},        /* column */
    {1227, FAIL_DENIED},        /* a privilege */
    {1345, FAIL_DENIED},        /* a view's own tables */
    {1356, FAIL_UNPROCESSABLE}, /* a view of tables that are gone */
    {1370, FAIL_DENIED},        /* a routine */
    {1698, FAIL_DENIED},        /* user, without a password */
    {1820, FAIL_DENIED},        /* the password must be changed first */
    {1862, FAIL_DENIED},        /* the password has expired */
    {3118, FAIL_DENIED},        /* account locked */
    {4151, FAIL_DENIED},        /* account locked, MariaDB */
    {1049, FAIL_NOT_FOUND},     /* database */
    {1051, FAIL_NOT_FOUND},     /* table */
    {1146, FAIL_NOT_FOUND},     /* table */
    {1412, FAIL_CONFLICT},      /* the table was altered behind the snapshot */
    {MYSQL_ERROR_INTERRUPTED, FAIL_UPSTREAM},
};

FailKind mysql_fail_kind(unsigned code, Str sqlstate) {
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i].code == code)
            return known[i].kind;
    if (code >= 2000 && code < 3000)
        return FAIL_UPSTREAM;
    Str class_of = str_slice(sqlstate, 0, 2);
    if (str_eq(class_of, STR("42")) || str_eq(class_of, STR("21")) || str_eq(class_of, STR("22")))
        return FAIL_UNPROCESSABLE;
    return str_eq(class_of, STR("28")) ? FAIL_DENIED : FAIL_UPSTREAM;
}

/* Messages of the client library quote nothing that helps and have slashes that redact() must take
 * for an address; those that people meet are said in our words. */
static Str client_text(unsigned code, Str message, Arena *arena) {
    switch (code) {
    case 2002:
    case 2003: {
        size_t open = str_find_char(message, '(', 0);
        uint64_t number = 0;
        for (; open != SIZE_MAX; open = str_find_char(message, '(', open + 1)) {
            size_t close = str_find_char(message, ')', open);
            if (close != SIZE_MAX && str_to_u64(str_slice(message, open + 1, close), &number) &&
                number <= INT32_MAX)
                return str_format(arena, "cannot connect: %s", strerror((int)number));
        }
        return STR("cannot connect");
    }
    case 2006:
    case 2013:
        return STR("the connection was lost");
    case MYSQL_ERROR_TLS: {
        Str prefix = STR("TLS/SSL error: ");
        Str rest = str_starts(message, prefix) ? str_slice(message, prefix.length, message.length)
                                               : message;
        return str_format(arena, "TLS: %.*s", STR_ARG(redact(REDACT_SERVER, rest, arena)));
    }
    default:
        return redact(REDACT_SERVER, message, arena);
    }
}

bool(mysql_fail)(unsigned code, const char *sqlstate, const char *message, Err *err) {
    Arena *arena = arena_create();
    Str shown = client_text(code, str_c(message), arena);
    err_fail(err, mysql_fail_kind(code, str_c(sqlstate)), "mysql: %.*s", STR_ARG(shown));
    err_detail(err, "error %u, SQLSTATE %.5s", code, sqlstate);
    arena_destroy(arena);
    return false;
}
