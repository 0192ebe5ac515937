/* sql_text.c - the only two ways in which a value or a name enters a statement of ours.
 *
 * Both double their quote; DuckDB knows no escapes inside. NUL cannot be in an SQL text: callers
 * pass names and paths, which never hold one.
 *
 * Tested by: test_value_text.c. */
#include "query/sql_text.h"

static void append_quoted(StrBuf *out, Str text, char quote) {
    strbuf_append_char(out, quote);
    size_t from = 0;
    for (size_t at = str_find_char(text, quote, 0); at != SIZE_MAX;
         at = str_find_char(text, quote, at + 1)) {
        strbuf_append(out, str_slice(text, from, at + 1));
        from = at; /* once more with the quote */
    }
    strbuf_append(out, str_slice(text, from, text.length));
    strbuf_append_char(out, quote);
}

void sql_append_literal(StrBuf *out, Str text) {
    append_quoted(out, text, '\'');
}

void sql_append_identifier(StrBuf *out, Str name) {
    append_quoted(out, name, '"');
}
