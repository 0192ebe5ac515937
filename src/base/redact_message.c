/* redact_message.c - a second net under our own error messages.
 *
 * Our messages name things that people typed: a file, a dataset, a route, a choice. Somebody who
 * puts a DSN where a name belongs would find it repeated, password and all. Wherever an Err
 * becomes visible (problem answers, jobs, the log, the command line) its texts pass through here:
 * from the first word on that begins like a DSN with a secret the rest of the text is "...".
 *
 * This one is a search, so it is no excuse: whoever handles a DSN shows it by dsn_show alone.
 *
 * Tested by: tests/unit/base/test_redact.c, fuzz/fuzz_redact.c. */
#include <string.h>

#include "base/percent.h"
#include "base/redact.h"
#include "base/redact_rules.h"
#include "base/vec.h"

enum { LONG_WORD_BYTES_MIN = 48 };

/* Quotes and brackets that our messages put around what they name. */
static Str without_wrapping(Str word) {
    while (word.length > 0 && strchr("'\"(`<[", word.data[0]) != NULL)
        word = str_slice(word, 1, word.length);
    while (word.length > 0 && strchr("'\")`>],.;:", word.data[word.length - 1]) != NULL)
        word.length--;
    return word;
}

static bool has_secret_option(Str word) {
    static const char *const names[] = {"password=", "passwd=", "pwd="};
    for (size_t i = 0; i < word.length; i++)
        for (size_t n = 0; n < ARRAY_LEN(names); n++) {
            Str here = str_slice(word, i, i + strlen(names[n]));
            if (str_eq_nocase(here, str_c(names[n])) && i + here.length < word.length)
                return true;
        }
    return false;
}

static bool is_shown_form(Str word, Arena *arena) {
    return str_eq(redact(REDACT_DSN, word, arena), word) ||
           str_eq(redact(REDACT_URL, word, arena), word);
}

/* "bob:pw@host"; in a statement a::jsonb@>b is none. */
static bool has_user_and_host(Str word) {
    size_t colon = str_find_char(word, ':', 0);
    if (colon == SIZE_MAX)
        return false;
    for (size_t at = str_find_char(word, '@', colon); at != SIZE_MAX;
         at = str_find_char(word, '@', at + 1))
        if (at + 1 == word.length || strchr(">@<=", word.data[at + 1]) == NULL)
            return true;
    return false;
}

/* A cast (x::INTEGER) is no sign of anything. */
static bool has_lone_colon(Str word) {
    for (size_t i = 0; i < word.length; i++) {
        bool double_colon =
            (i > 0 && word.data[i - 1] == ':') || (i + 1 < word.length && word.data[i + 1] == ':');
        if (word.data[i] == ':' && !double_colon)
            return true;
    }
    return false;
}

/* The '@' may be missing, because the message was cut before it. */
static bool begins_secret(Str word, Str rest, Arena *arena) {
    Str bare = without_wrapping(word);
    if (has_secret_option(bare))
        return true;
    size_t scheme = str_find(bare, STR("://"), 0);
    if (scheme != SIZE_MAX) {
        /* With an '@' further on, the password may have a space in it. */
        bool goes_on = redact_has_lone_at(str_slice(rest, word.length, rest.length));
        bool has_user = str_find_char(bare, '@', 0) != SIZE_MAX ||
                        str_find_char(bare, ':', scheme + 3) != SIZE_MAX;
        return goes_on || (has_user && !is_shown_form(bare, arena));
    }
    return has_user_and_host(bare) || (bare.length >= LONG_WORD_BYTES_MIN && has_lone_colon(bare));
}

/* A path of a request names things percent-encoded. */
static bool begins_encoded_secret(Str word, Arena *arena) {
    Str decoded;
    Str bare = without_wrapping(word);
    size_t last = bare.length;
    while (last > 0 && bare.data[last - 1] != '%')
        last--;
    if (last == 0 || is_shown_form(bare, arena))
        return false;
    /* The second try is for an escape that was cut in two. */
    return (percent_decode(bare, PERCENT_PLUS_IS_PLUS, arena, &decoded) ||
            percent_decode(str_slice(bare, 0, last - 1), PERCENT_PLUS_IS_PLUS, arena, &decoded)) &&
           begins_secret(decoded, decoded, arena);
}

void redact_message(Str message, StrBuf *out) {
    for (size_t at = 0; at < message.length;) {
        size_t end = at;
        while (end < message.length && (unsigned char)message.data[end] > ' ')
            end++;
        Str word = str_slice(message, at, end);
        if (begins_secret(word, str_slice(message, at, message.length), out->arena) ||
            begins_encoded_secret(word, out->arena)) {
            strbuf_append_c(out, "...");
            return;
        }
        strbuf_append(out, word);
        if (end < message.length)
            strbuf_append_char(out, message.data[end]);
        at = end + 1;
    }
}
