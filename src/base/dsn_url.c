/* dsn_url.c - user:password@host:port/database?options, with passwords as people type them.
 *
 * RFC 3986 wants '@', '/', '?', '#' and ':' in a password percent-encoded, and people forget. So we
 * try every '@' as the end of the password, and none, and keep the readings in which the text after
 * it could be a host, a port, a database and options. With one reading left we take it. With more
 * we refuse: in a wrong one a piece of the password would be the host, and hosts are shown.
 *
 * What counts as a reading is judged generously (any option name, several hosts, a port of
 * 99999), so that a text meant in a way we refuse is not taken in another way instead.
 *
 * Tested by: tests/unit/base/test_dsn.c, tests/unit/base/test_dsn_property.c, fuzz/fuzz_dsn.c. */
#include <string.h>

#include "base/dsn_draft.h"
#include "base/percent.h"

typedef struct UrlReading {
    bool has_user, has_password;
    Str user, password; /* everything still encoded */
    Str hosts;          /* "host:port", perhaps several with commas */
    bool has_database, has_options;
    Str database, options;
} UrlReading;

static bool has_any(Str text, const char *characters) {
    for (size_t i = 0; i < text.length; i++)
        if (strchr(characters, text.data[i]) != NULL)
            return true;
    return false;
}

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool all_digits(Str text) {
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* Splits "name:port" and "[address]:port"; false when what follows is not a port. */
static bool split_port(Str text, Str *out_host, Str *out_port) {
    size_t end = 0;
    if (text.length > 0 && text.data[0] == '[') {
        end = str_find_char(text, ']', 0);
        if (end == SIZE_MAX)
            return false;
        end++;
    } else {
        end = str_find_char(text, ':', 0);
        if (end == SIZE_MAX)
            end = text.length;
    }
    *out_host = str_slice(text, 0, end);
    Str rest = str_slice(text, end, text.length);
    if (rest.length > 0 && rest.data[0] != ':')
        return false;
    *out_port = str_slice(rest, 1, rest.length);
    return all_digits(*out_port);
}

static bool could_be_hosts(Str hosts) {
    for (size_t i = 0; i < hosts.length; i++)
        if (!is_alnum(hosts.data[i]) && strchr("._-~%,:[]", hosts.data[i]) == NULL)
            return false;
    for (Str rest = hosts; rest.length > 0;) {
        Str one;
        Str host;
        Str port;
        rest = str_cut(rest, ',', &one);
        if (!split_port(one, &host, &port))
            return false;
    }
    return true;
}

/* "name=" first, or nothing at all. */
static bool could_be_options(Str options) {
    size_t i = 0;
    while (i < options.length &&
           (is_alnum(options.data[i]) || strchr("_-.%", options.data[i]) != NULL))
        i++;
    return options.length == 0 || (i > 0 && i < options.length && options.data[i] == '=');
}

static void split_user(Str text, UrlReading *reading) {
    size_t colon = str_find_char(text, ':', 0);
    reading->has_user = true;
    reading->has_password = colon != SIZE_MAX;
    reading->user = str_slice(text, 0, colon);
    reading->password = reading->has_password ? str_slice(text, colon + 1, text.length) : STR_EMPTY;
}

/* The reading in which the '@' at `at` ends user and password (SIZE_MAX: there are none). */
static bool read_at(Str rest, size_t at, UrlReading *out) {
    UrlReading reading = {0};
    Str tail = rest;
    if (at != SIZE_MAX) {
        split_user(str_slice(rest, 0, at), &reading);
        tail = str_slice(rest, at + 1, rest.length);
    }
    if (has_any(reading.user, "/?#[]"))
        return false;
    size_t end = 0;
    while (end < tail.length && tail.data[end] != '/' && tail.data[end] != '?')
        end++;
    reading.hosts = str_slice(tail, 0, end);
    tail = str_slice(tail, end, tail.length);
    if (tail.length > 0 && tail.data[0] == '/') {
        size_t mark = str_find_char(tail, '?', 0);
        reading.has_database = true;
        reading.database = str_slice(tail, 1, mark);
        tail = mark == SIZE_MAX ? STR_EMPTY : str_slice(tail, mark, tail.length);
    }
    if (tail.length > 0) {
        reading.has_options = true;
        reading.options = str_slice(tail, 1, tail.length);
    }
    if (!could_be_hosts(reading.hosts) || has_any(reading.database, "@/:#") ||
        !could_be_options(reading.options))
        return false;
    *out = reading;
    return true;
}

static bool find_reading(Str rest, UrlReading *out, Err *err) {
    size_t found = read_at(rest, SIZE_MAX, out) ? 1 : 0;
    for (size_t at = str_find_char(rest, '@', 0); at != SIZE_MAX && found < 2;
         at = str_find_char(rest, '@', at + 1)) {
        UrlReading reading;
        if (!read_at(rest, at, &reading))
            continue;
        *out = reading;
        found++;
    }
    if (found == 1)
        return true;
    err_fail(err, FAIL_INVALID, "%s",
             found == 0
                 ? "the dsn cannot be read as user, password, host, port, database and options"
                 : "the dsn can be read in more than one way");
    return err_hint(err, "in a user, password or option write @ as %%40, / as %%2F, ? as %%3F, "
                         "# as %%23, : as %%3A, %% as %%25");
}

static bool put_decoded(DsnDraft *draft, DsnPart part, Str text, Err *err) {
    Str value;
    if (!percent_decode(text, PERCENT_PLUS_IS_PLUS, draft->arena, &value))
        return err_fail(err, FAIL_INVALID,
                        "the dsn's %s has a '%%' without two hexadecimal digits after it",
                        dsn_part_name(part));
    return dsn_draft_put(draft, part, value, err);
}

static bool put_host(DsnDraft *draft, Str hosts, Err *err) {
    Str host;
    Str port;
    if (str_find_char(hosts, ',', 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID, "the dsn names several hosts; give one");
    if (!split_port(hosts, &host, &port))
        return err_fail(err, FAIL_INVALID, "the dsn's port is not a number");
    if (host.length > 0 && host.data[0] == '[') {
        host = str_slice(host, 1, host.length - 1);
        if (str_find_char(host, ':', 0) == SIZE_MAX)
            return err_fail(err, FAIL_INVALID, "the dsn's host in brackets is not an address");
    }
    if (host.length > 0 && !put_decoded(draft, DSN_PART_HOST, host, err))
        return false;
    return port.length == 0 || dsn_draft_put(draft, DSN_PART_PORT, port, err);
}

static bool put_options(DsnDraft *draft, Str options, Err *err) {
    size_t ordinal = 0;
    while (options.length > 0) {
        Str option;
        Str name;
        Str value;
        options = str_cut(options, '&', &option);
        ordinal++;
        size_t equals = str_find_char(option, '=', 0);
        if (equals == SIZE_MAX)
            return err_fail(err, FAIL_INVALID, "option %zu of the dsn has no '='", ordinal);
        if (!percent_decode(str_slice(option, 0, equals), PERCENT_PLUS_IS_PLUS, draft->arena,
                            &name) ||
            !percent_decode(str_slice(option, equals + 1, option.length), PERCENT_PLUS_IS_PLUS,
                            draft->arena, &value))
            return err_fail(err, FAIL_INVALID,
                            "option %zu of the dsn has a '%%' without two hexadecimal digits "
                            "after it",
                            ordinal);
        if (!dsn_draft_option(draft, name, ordinal, value, err))
            return false;
    }
    return true;
}

bool dsn_url_read(Str rest, DsnDraft *draft, Err *err) {
    UrlReading reading;
    if (!find_reading(rest, &reading, err))
        return false;
    if (reading.user.length > 0 && !put_decoded(draft, DSN_PART_USER, reading.user, err))
        return false;
    if (reading.has_password && !put_decoded(draft, DSN_PART_PASSWORD, reading.password, err))
        return false;
    if (!put_host(draft, reading.hosts, err))
        return false;
    if (reading.database.length > 0 &&
        !put_decoded(draft, DSN_PART_DATABASE, reading.database, err))
        return false;
    return put_options(draft, reading.options, err);
}
