/* url.c - the little that we need to know of URLs; libcurl parses the rest when it connects.
 *
 * url_base is strict on purpose: what is wrong with an address is said before a connection is
 * tried, in words about the address. A name and password in it are refused, since they would end
 * up in logs and process lists.
 *
 * Tested by: tests/unit/net/test_url.c. */
#include "net/url.h"

#include "base/percent.h"
#include "base/redact.h"

UrlBuf url_begin(Arena *arena, Str base) {
    UrlBuf url = {.text = strbuf_make(arena)};
    strbuf_append(&url.text, base);
    return url;
}

void url_path(UrlBuf *url, const char *path) {
    strbuf_append_c(&url->text, path);
}

void url_segment(UrlBuf *url, Str segment) {
    strbuf_append_char(&url->text, '/');
    strbuf_append(&url->text, percent_encode(segment, PERCENT_KEEP_UNRESERVED, url->text.arena));
}

void url_param(UrlBuf *url, const char *name, Str value) {
    strbuf_append_char(&url->text, url->has_query ? '&' : '?');
    url->has_query = true;
    strbuf_append_c(&url->text, name);
    strbuf_append_char(&url->text, '=');
    strbuf_append(&url->text, percent_encode(value, PERCENT_KEEP_UNRESERVED, url->text.arena));
}

Str url_str(const UrlBuf *url) {
    return strbuf_str(&url->text);
}

/* --- the address of a server ----------------------------------------------------------------- */

static bool check_port(Str port) {
    uint64_t number;
    return str_to_u64(port, &number) && number >= 1 && number <= 65535;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool check_authority(Str authority) {
    size_t host_end;
    if (str_starts(authority, STR("["))) {
        size_t close = str_find_char(authority, ']', 0);
        if (close == SIZE_MAX || close == 1)
            return false;
        host_end = close + 1;
    } else {
        size_t colon = str_find_char(authority, ':', 0);
        host_end = colon == SIZE_MAX ? authority.length : colon;
    }
    if (host_end == 0)
        return false;
    Str rest = str_slice(authority, host_end, authority.length);
    return rest.length == 0 || (rest.data[0] == ':' && check_port(str_slice(rest, 1, rest.length)));
}

static bool has_odd_byte(Str text) {
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
            return true;
    return false;
}

bool url_base(Str text, Arena *arena, Str *out_base, Err *err) {
    Str scheme = STR("http");
    Str rest = text;
    size_t separator = str_find(text, STR("://"), 0);
    if (separator != SIZE_MAX) {
        scheme = str_slice(text, 0, separator);
        rest = str_slice(text, separator + 3, text.length);
    }
    bool secure = str_eq_nocase(scheme, STR("https"));
    if (!secure && !str_eq_nocase(scheme, STR("http"))) {
        err_fail(err, FAIL_INVALID, "'%.*s' begins with neither http:// nor https://",
                 STR_ARG(redact(REDACT_MESSAGE, text, arena)));
        return err_hint(err, "for example http://127.0.0.1:3100");
    }
    while (str_ends(rest, STR("/")))
        rest = str_slice(rest, 0, rest.length - 1);
    Str authority;
    str_cut(rest, '/', &authority);
    if (str_find_char(authority, '@', 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID, "an address must not hold a name and password");
    bool plain = !has_odd_byte(rest) && str_find_char(rest, '?', 0) == SIZE_MAX &&
                 str_find_char(rest, '#', 0) == SIZE_MAX;
    if (!plain || !check_authority(authority)) {
        err_fail(err, FAIL_INVALID, "'%.*s' is not the address of a server",
                 STR_ARG(redact(REDACT_MESSAGE, text, arena)));
        return err_hint(err, "for example http://127.0.0.1:3100");
    }
    *out_base = str_format(arena, "%s://%.*s", secure ? "https" : "http", STR_ARG(rest));
    return true;
}
