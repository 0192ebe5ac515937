/* dsn.c - which spelling a DSN is in, whether a text is meant as one, and how it is shown.
 *
 * dsn_looks_like leans towards yes: a text taken for a DSN is refused without being repeated, while
 * one taken for a file is named in "no such file". So `bob:secret@host/db` and `password=x` are
 * DSNs, though malformed ones; a file of such a name is written ./bob:secret@host/db.
 *
 * dsn_show is an allow-list: names with characters that ordinary names do not have are "...", since
 * they may be a password that slipped into the wrong place.
 *
 * Tested by: tests/unit/base/test_dsn.c, tests/unit/base/test_dsn_property.c, fuzz/fuzz_dsn.c. */
#include "base/dsn.h"

#include <string.h>

#include "base/dsn_draft.h"
#include "base/percent.h"
#include "base/vec.h"

enum { SHOWN_NAME_BYTES_MAX = 128 };

static const struct {
    const char *name;
    DsnKind kind;
} schemes[] = {
    {"postgresql", DSN_POSTGRES},
    {"postgres", DSN_POSTGRES},
    {"mysql", DSN_MYSQL},
    {"mariadb", DSN_MYSQL},
};

/* The known scheme before the first ':', or NULL. */
static const char *known_scheme(Str text, DsnKind *out_kind) {
    Str head = str_slice(text, 0, str_find_char(text, ':', 0));
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (head.length == text.length || !str_eq_nocase(head, str_c(schemes[i].name)))
            continue;
        *out_kind = schemes[i].kind;
        return schemes[i].name;
    }
    return NULL;
}

/* A known option's name and '=' at `from`, perhaps with spaces between. */
static bool option_at(Str text, size_t from) {
    size_t end = from;
    while (end < text.length && text.data[end] != '=' && text.data[end] != ' ')
        end++;
    Str name = str_slice(text, from, end);
    while (end < text.length && text.data[end] == ' ')
        end++;
    return end < text.length && text.data[end] == '=' && dsn_option_known(name);
}

static bool has_secret_option(Str text) {
    for (size_t i = 0; i < text.length; i++) {
        bool starts = i == 0 || strchr(" ?&;,", text.data[i - 1]) != NULL;
        if (starts && option_at(text, i))
            return true;
    }
    return false;
}

bool dsn_looks_like(Str text) {
    DsnKind kind;
    Str trimmed = str_trim(text);
    if (str_starts(trimmed, STR("/")) || str_starts(trimmed, STR("./")) ||
        str_starts(trimmed, STR("../")))
        return false;
    if (known_scheme(trimmed, &kind) != NULL || str_find(trimmed, STR("://"), 0) != SIZE_MAX)
        return true;
    size_t colon = str_find_char(trimmed, ':', 0);
    if (colon != SIZE_MAX && str_find_char(trimmed, '@', colon) != SIZE_MAX)
        return true;
    return has_secret_option(str_slice(trimmed, 0, DSN_BYTES_MAX));
}

static bool fail_no_scheme(Err *err) {
    err_fail(err, FAIL_INVALID, "the dsn does not begin with a known scheme");
    return err_hint(err, "begin it with postgresql:// or mysql://, or write host=... user=... "
                         "(PostgreSQL); for a file put ./ before its name");
}

static bool check_text(Str text, Err *err) {
    if (text.length == 0)
        return err_fail(err, FAIL_INVALID, "the dsn is empty");
    if (text.length > DSN_BYTES_MAX)
        return err_fail(err, FAIL_INVALID, "the dsn is longer than %d bytes", DSN_BYTES_MAX);
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return err_fail(err, FAIL_INVALID, "the dsn holds a control character");
    return utf8_valid(text) || err_fail(err, FAIL_INVALID, "the dsn is not valid UTF-8");
}

static bool read_text(Str text, DsnDraft *draft, Err *err) {
    if (!check_text(text, err))
        return false;
    const char *scheme = known_scheme(text, &draft->kind);
    if (scheme != NULL) {
        Str rest = str_slice(text, strlen(scheme), text.length);
        if (!str_starts(rest, STR("://")))
            return err_fail(err, FAIL_INVALID, "the dsn's scheme is not followed by '://'");
        return dsn_url_read(str_slice(rest, 3, rest.length), draft, err);
    }
    if (!option_at(str_trim(text), 0))
        return fail_no_scheme(err);
    draft->kind = DSN_POSTGRES;
    return dsn_keywords_read(text, draft, err);
}

bool dsn_parse(Str text, Arena *arena, Dsn *out, Err *err) {
    DsnDraft draft = {.arena = arena};
    for (size_t i = 0; i < DSN_PART_COUNT; i++)
        draft.values[i] = STR_EMPTY;
    if (!read_text(text, &draft, err) || !dsn_draft_finish(&draft, out, err))
        return err_field(err, "dsn");
    return true;
}

/* --- showing it ------------------------------------------------------------------------------ */

static bool is_shown_byte(char c, const char *also) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || strchr(also, c) != NULL;
}

static void append_name(StrBuf *out, Str name, const char *also) {
    bool shown = name.length <= SHOWN_NAME_BYTES_MAX;
    for (size_t i = 0; i < name.length && shown; i++)
        shown = is_shown_byte(name.data[i], also);
    strbuf_append(out,
                  shown ? percent_encode(name, PERCENT_KEEP_UNRESERVED, out->arena) : STR("..."));
}

static void append_host(StrBuf *out, Str host) {
    if (str_find_char(host, ':', 0) == SIZE_MAX || str_starts(host, STR("/"))) {
        strbuf_append(out, percent_encode(host, PERCENT_KEEP_UNRESERVED, out->arena));
        return;
    }
    Str address;
    Str zone = str_cut(host, '%', &address);
    strbuf_append_format(out, "[%.*s", STR_ARG(address));
    if (zone.length > 0)
        strbuf_append_format(out, "%%25%.*s", STR_ARG(zone));
    strbuf_append_char(out, ']');
}

Str dsn_show(const Dsn *dsn, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_c(&out, dsn->kind == DSN_MYSQL ? "mysql://" : "postgresql://");
    if (dsn->user.length > 0) {
        append_name(&out, dsn->user, "_.$-+ @");
        strbuf_append_char(&out, '@');
    }
    append_host(&out, dsn->host);
    if (dsn->port != 0)
        strbuf_append_format(&out, ":%u", (unsigned)dsn->port);
    if (dsn->database.length > 0) {
        strbuf_append_char(&out, '/');
        append_name(&out, dsn->database, "_.$-+ ");
    }
    return strbuf_str(&out);
}
