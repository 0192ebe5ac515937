/* fuzz_redact.c - redacting twice changes nothing, text stays text, and a literal is never shown.
 *
 * The first byte chooses what the rest is taken for. A statement is made of code (letters, digits
 * and some punctuation of the bytes) with a literal between, whose inside is the bytes as they
 * are, quoted as its dialect asks, around a marker. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char marker[] = "Zq7Kw";

static Str redact_twice(RedactKind kind, Str text, Arena *arena) {
    Str once = redact(kind, text, arena);
    Str twice = redact(kind, once, arena);
    if (!str_eq(once, twice)) {
        fprintf(stderr, "'%.*s', then '%.*s'\n", STR_ARG(once), STR_ARG(twice));
        abort();
    }
    if (utf8_valid(text) && !utf8_valid(once))
        abort();
    for (size_t i = 0; i < once.length && kind != REDACT_MESSAGE; i++)
        if ((unsigned char)once.data[i] < 0x20)
            abort();
    return once;
}

static void append_code(StrBuf *out, Str bytes) {
    for (size_t i = 0; i < bytes.length; i++) {
        char c = bytes.data[i];
        bool code = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    (c != '\0' && strchr(" (),.=<>*;", c) != NULL);
        if (code)
            strbuf_append_char(out, c);
    }
    strbuf_append_char(out, ' ');
}

/* A literal as the dialect of that number writes it; bytes it cannot hold are left out. */
static void append_literal(StrBuf *out, unsigned dialect, Str inner) {
    static const struct {
        const char *open, *close, *doubled, *left_out;
    } forms[] = {
        {"'", "'", "'", ""},      {"E'", "'", "'\\", ""},  {"'", "'", "'\\", ""},
        {"\"", "\"", "\"\\", ""}, {"$t$", "$t$", "", "$"}, {"/* ", " */", "", "*/"},
        {"-- ", "\n", "", "\n"},  {"# ", "\n", "", "\n"},
    };
    size_t form = dialect % ARRAY_LEN(forms);
    strbuf_append_c(out, forms[form].open);
    for (size_t i = 0; i < inner.length; i++) {
        char c = inner.data[i];
        if (c == '\0' || strchr(forms[form].left_out, c) != NULL)
            continue;
        if (strchr(forms[form].doubled, c) != NULL)
            strbuf_append_char(out, c);
        strbuf_append_char(out, c);
    }
    strbuf_append_c(out, forms[form].close);
}

static void check_statement(unsigned dialect, Str code, Str inner, Arena *arena) {
    StrBuf statement = strbuf_make(arena);
    append_code(&statement, code);
    Str literal = str_format(arena, "%.*s=%s%.*s", STR_ARG(inner), marker, STR_ARG(inner));
    append_literal(&statement, dialect, literal);
    append_code(&statement, code);
    Str shown = redact_twice(REDACT_SQL, strbuf_str(&statement), arena);
    if (str_find(shown, str_c(marker), 0) == SIZE_MAX)
        return;
    fprintf(stderr, "'%.*s' shows '%.*s'\n", STR_ARG(strbuf_str(&statement)), STR_ARG(shown));
    abort();
}

static void check_message(Str inner, Arena *arena) {
    static const char *const formats[][2] = {
        {"invalid input syntax for type integer: \"", "\""},
        {"Incorrect integer value: '", "' for column 'a' at row 1"},
        {"Key (email)=(", ") already exists."},
        {"could not connect to postgresql://bob:", "@h/d: refused"},
        {"bad option password=", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        Str message =
            str_format(arena, "%s%s%.*s%s", formats[i][0], marker, STR_ARG(inner), formats[i][1]);
        if (str_find(redact_twice(REDACT_SERVER, message, arena), str_c(marker), 0) != SIZE_MAX)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    Arena *arena = arena_create();
    Str rest = str_make(data + 1, size - 1);
    for (RedactKind kind = REDACT_DSN; kind <= REDACT_MESSAGE; kind++)
        redact_twice(kind, rest, arena);
    Str code;
    Str inner = str_cut(rest, '\0', &code);
    check_statement(data[0], code, inner, arena);
    check_message(inner, arena);
    arena_destroy(arena);
    return 0;
}
