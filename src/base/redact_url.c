/* redact_url.c - of a URL: scheme, host, port and path.
 *
 * A raw '@', '/' or '?' in a password makes a URL with two readings, as in dsn_url.c. An '@' behind
 * the first '/', '?' or '#' is such a sign when something before it could be the beginning of a
 * user and a password; then only the scheme is shown. Without one (https://example.org/@name) it
 * costs the path.
 *
 * Tested by: tests/unit/base/test_redact.c, fuzz/fuzz_redact.c. */
#include <string.h>

#include "base/percent.h"
#include "base/redact_rules.h"
#include "base/vec.h"

static const char *const schemes[] = {"https",      "http",     "s3",    "file",
                                      "postgresql", "postgres", "mysql", "mariadb"};

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool only(Str text, const char *also) {
    for (size_t i = 0; i < text.length; i++)
        if (!is_alnum(text.data[i]) && (text.data[i] == '\0' || !strchr(also, text.data[i])))
            return false;
    return true;
}

static bool is_port(Str text) {
    uint64_t port;
    return str_to_u64(text, &port) && port <= UINT16_MAX;
}

/* "name", "name:port", "[address]:port"; a name of dots only is our own "...". */
static bool is_host(Str text) {
    Str host = STR_EMPTY; /* of an address in brackets there is nothing more to check */
    Str port = STR_EMPTY;
    size_t colon = SIZE_MAX;
    if (str_starts(text, STR("["))) {
        size_t close = str_find_char(text, ']', 0);
        if (close == SIZE_MAX || !only(str_slice(text, 1, close), ":.%-_"))
            return false;
        colon = close + 1 < text.length ? close + 1 : SIZE_MAX;
    } else {
        colon = str_find_char(text, ':', 0);
        host = str_slice(text, 0, colon);
        if (host.length == 0 || !is_alnum(host.data[0]))
            return false;
    }
    if (colon != SIZE_MAX) {
        if (text.data[colon] != ':')
            return false;
        port = str_slice(text, colon + 1, text.length);
    }
    return host.length <= 253 && only(host, "._-") && (colon == SIZE_MAX || is_port(port));
}

static bool is_path(Str path, Arena *arena) {
    Str decoded;
    return path.length <= 1024 && only(path, "._~/%+,-") &&
           percent_decode(path, PERCENT_PLUS_IS_PLUS, arena, &decoded) && only(decoded, "._~/+,- ");
}

static void append_place(Str rest, StrBuf *out) {
    size_t end = 0;
    while (end < rest.length && strchr("/?#", rest.data[end]) == NULL)
        end++;
    Str authority = str_slice(rest, 0, end);
    Str after = str_slice(rest, end, rest.length);
    bool late_at = str_find_char(after, '@', 0) != SIZE_MAX;
    bool early_secret = str_find_char(authority, ':', 0) != SIZE_MAX ||
                        str_find_char(authority, '@', 0) != SIZE_MAX;
    Str host = authority;
    for (size_t at = str_find_char(host, '@', 0); at != SIZE_MAX; at = str_find_char(host, '@', 0))
        host = str_slice(host, at + 1, host.length);
    if ((late_at && early_secret) || !is_host(host)) {
        strbuf_append_c(out, "...");
        return;
    }
    strbuf_append(out, host);
    size_t path_end = 0;
    while (path_end < after.length && after.data[path_end] != '?' && after.data[path_end] != '#')
        path_end++;
    Str path = str_slice(after, 0, path_end);
    strbuf_append(out, !late_at && is_path(path, out->arena) ? path : STR("/..."));
}

void redact_url(Str url, StrBuf *out) {
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        Str head = str_format(out->arena, "%s://", schemes[i]);
        if (!str_eq_nocase(str_slice(url, 0, head.length), head))
            continue;
        strbuf_append(out, head);
        append_place(str_slice(url, head.length, url.length), out);
        return;
    }
    strbuf_append_c(out, "...");
}
