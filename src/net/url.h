/* url.h - addresses of a server, and the paths and queries below it, built piece by piece.
 *
 *     UrlBuf url = url_begin(arena, base);
 *     url_path(&url, "/catalog/datasets");
 *     url_segment(&url, name);                 encoded: a '/' in the name stays a name
 *     url_param(&url, "limit", STR("10"));     first with '?', then with '&'
 *     Str whole = url_str(&url);
 *
 * Ownership: everything lives in the arena.   Threads: values; one thread at a time per UrlBuf. */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/err.h"
#include "base/str.h"

typedef struct UrlBuf {
    StrBuf text;
    bool has_query;
} UrlBuf;

UrlBuf url_begin(Arena *arena, Str base);
void url_path(UrlBuf *url, const char *path); /* as it stands; begins with '/' */
void url_segment(UrlBuf *url, Str segment);
void url_param(UrlBuf *url, const char *name, Str value);
Str url_str(const UrlBuf *url); /* valid until the next piece */

/* What a person types as an address, as a base for url_begin: "localhost:3100" and
 * "http://localhost:3100/" both become "http://localhost:3100". FAIL_INVALID for another scheme, a
 * missing host, a bad port, a name and password, a query, spaces or control characters. */
MUST_CHECK bool url_base(Str text, Arena *arena, Str *out_base, Err *err);

#endif
