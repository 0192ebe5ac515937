/* dsn_keywords.c - host=db.example user=bob password='p w': libpq's other form.
 *
 * Names and values around '=' (spaces may surround it), separated by white space. A value with
 * spaces stands in single quotes; a backslash takes the next character as it is, in quotes and
 * outside. What libpq would forgive (a quote that is never closed does not exist there either) we
 * do not forgive more.
 *
 * Tested by: tests/unit/base/test_dsn.c, fuzz/fuzz_dsn.c. */
#include "base/dsn_draft.h"

typedef struct KeywordReader {
    Str text;
    size_t at;
    size_t ordinal;
} KeywordReader;

static bool at_end(const KeywordReader *reader) {
    return reader->at >= reader->text.length;
}

static char here(const KeywordReader *reader) {
    return reader->text.data[reader->at];
}

static void skip_spaces(KeywordReader *reader) {
    while (!at_end(reader) && here(reader) == ' ')
        reader->at++;
}

static bool read_name(KeywordReader *reader, Str *out, Err *err) {
    size_t from = reader->at;
    while (!at_end(reader) && here(reader) != '=' && here(reader) != ' ')
        reader->at++;
    *out = str_slice(reader->text, from, reader->at);
    skip_spaces(reader);
    if (at_end(reader) || here(reader) != '=' || out->length == 0)
        return err_fail(err, FAIL_INVALID, "option %zu of the dsn is not written name=value",
                        reader->ordinal);
    reader->at++;
    skip_spaces(reader);
    return true;
}

static bool read_value(KeywordReader *reader, Arena *arena, Str *out, Err *err) {
    StrBuf value = strbuf_make(arena);
    bool quoted = !at_end(reader) && here(reader) == '\'';
    if (quoted)
        reader->at++;
    for (; !at_end(reader); reader->at++) {
        char c = here(reader);
        if (c == (quoted ? '\'' : ' '))
            break;
        if (c == '\\') {
            reader->at++;
            if (at_end(reader))
                return err_fail(err, FAIL_INVALID, "option %zu of the dsn ends in a backslash",
                                reader->ordinal);
            c = here(reader);
        }
        strbuf_append_char(&value, c);
    }
    if (quoted) {
        if (at_end(reader))
            return err_fail(err, FAIL_INVALID, "option %zu of the dsn has a quote without an end",
                            reader->ordinal);
        reader->at++;
        if (!at_end(reader) && here(reader) != ' ')
            return err_fail(err, FAIL_INVALID,
                            "option %zu of the dsn goes on after its closing quote",
                            reader->ordinal);
    }
    *out = strbuf_str(&value);
    return true;
}

bool dsn_keywords_read(Str text, DsnDraft *draft, Err *err) {
    KeywordReader reader = {.text = text};
    for (;;) {
        Str name;
        Str value;
        skip_spaces(&reader);
        if (at_end(&reader))
            return true;
        reader.ordinal++;
        if (!read_name(&reader, &name, err) || !read_value(&reader, draft->arena, &value, err) ||
            !dsn_draft_option(draft, name, reader.ordinal, value, err))
            return false;
    }
}
