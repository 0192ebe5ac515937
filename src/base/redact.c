/* redact.c - the choice of rule; each rule is a file of its own.
 *
 * Nothing here searches for secrets to take out: each rule builds a new text from what it has
 * understood. A DSN is parsed and printed again; when it cannot be parsed only the scheme is left,
 * and that only if it is one that we know.
 *
 * Tested by: tests/unit/base/test_redact.c, tests/unit/base/test_dsn_property.c,
 * fuzz/fuzz_redact.c. */
#include "base/redact.h"

#include <string.h>

#include "base/dsn.h"
#include "base/redact_rules.h"
#include "base/vec.h"

static void redact_dsn(Str text, StrBuf *out) {
    static const char *const schemes[] = {"postgresql://", "postgres://", "mysql://", "mariadb://"};
    Dsn dsn;
    Err err = {0};
    if (dsn_parse(text, out->arena, &dsn, &err)) {
        strbuf_append(out, dsn_show(&dsn, out->arena));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_eq_nocase(str_slice(text, 0, str_c(schemes[i]).length), str_c(schemes[i]))) {
            strbuf_append_c(out, schemes[i]);
            break;
        }
    strbuf_append_c(out, "...");
}

bool redact_is_plain_name(Str text) {
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '.' || c == '$' || c == ' ' || c == '-';
        if (!plain)
            return false;
    }
    return text.length > 0 && text.length <= 128;
}

static void clear_controls(char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
}

static Str without_controls(Str text, Arena *arena) {
    char *copy = str_to_c(arena, text);
    clear_controls(copy, text.length);
    return str_make(copy, text.length);
}

Str redact(RedactKind kind, Str text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    switch (kind) {
    case REDACT_DSN:
        redact_dsn(text, &out);
        break;
    case REDACT_URL:
        redact_url(text, &out);
        break;
    case REDACT_SQL: /* line ends are part of its grammar */
        redact_sql(text, &out);
        clear_controls(out.data, out.length);
        break;
    case REDACT_MESSAGE:
        redact_message(text, &out);
        break;
    case REDACT_SERVER:
        redact_server(without_controls(text, arena), &out);
        break;
    }
    return strbuf_str(&out);
}

/* The result is never longer than the text, but for the "..." that stands for less. */
static void redact_in_place(char *text, size_t capacity, Arena *arena) {
    Str shown = utf8_clip(redact(REDACT_MESSAGE, str_c(text), arena), capacity - 1);
    memcpy(text, shown.data, shown.length);
    text[shown.length] = '\0';
}

void redact_err(Err *err) {
    Arena *arena = arena_create();
    redact_in_place(err->message, sizeof err->message, arena);
    redact_in_place(err->detail, sizeof err->detail, arena);
    redact_in_place(err->hint, sizeof err->hint, arena);
    redact_in_place(err->field, sizeof err->field, arena);
    arena_destroy(arena);
}
