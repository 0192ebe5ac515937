/* sql_name.c - names split, names quoted.
 *
 * What comes out of sql_name_parse is the name itself, without quotes; whoever builds a statement
 * puts it through sql_append_name, so that no text of a request ever stands in a statement bare.
 *
 * Tested by: test_sql_name.c, fuzz_sql_name.c. */
#include "source/sql_name.h"

static bool name_fails(Err *err, const char *why) {
    err_fail(err, FAIL_INVALID, "the table's name %s", why);
    return err_field(err, "table");
}

/* From behind the opening quote at `at`; *at is then behind the closing one. */
static bool parse_quoted(Str text, size_t *at, Arena *arena, Str *out, Err *err) {
    char quote = text.data[(*at)++];
    StrBuf name = strbuf_make(arena);
    for (;;) {
        if (*at == text.length)
            return name_fails(err, "has a quote that is not closed");
        char c = text.data[(*at)++];
        if (c == quote) {
            if (*at == text.length || text.data[*at] != quote)
                break;
            (*at)++;
        }
        strbuf_append_char(&name, c);
    }
    *out = strbuf_str(&name);
    return true;
}

static bool parse_plain(Str text, size_t *at, Str *out, Err *err) {
    size_t from = *at;
    while (*at < text.length && text.data[*at] != '.') {
        char c = text.data[(*at)++];
        if (c == '"' || c == '`')
            return name_fails(err, "has a quote inside a part that does not begin with one");
    }
    *out = str_trim(str_slice(text, from, *at));
    return true;
}

static void skip_blanks(Str text, size_t *at) {
    while (*at < text.length && (text.data[*at] == ' ' || text.data[*at] == '\t'))
        (*at)++;
}

bool sql_name_parse(Str text, Arena *arena, SqlName *out, Err *err) {
    SqlName name = {.count = 0};
    size_t at = 0;
    if (!utf8_valid(text))
        return name_fails(err, "is not UTF-8");
    for (;;) {
        if (name.count == SQL_NAME_PARTS_MAX)
            return name_fails(err, "has more than three parts");
        skip_blanks(text, &at);
        Str part;
        bool quoted = at < text.length && (text.data[at] == '"' || text.data[at] == '`');
        if (!(quoted ? parse_quoted(text, &at, arena, &part, err)
                     : parse_plain(text, &at, &part, err)))
            return false;
        if (part.length == 0)
            return name_fails(err, "is empty, or has an empty part");
        if (part.length > SQL_NAME_BYTES_MAX)
            return name_fails(err, "is longer than any table's");
        if (str_find_char(part, '\0', 0) != SIZE_MAX)
            return name_fails(err, "holds a NUL");
        name.parts[name.count] = part;
        name.quoted[name.count++] = quoted;
        skip_blanks(text, &at);
        if (at == text.length)
            break;
        if (text.data[at++] != '.')
            return name_fails(err, "goes on behind a closing quote");
    }
    *out = name;
    return true;
}

void sql_append_name(StrBuf *sql, char quote, Str name) {
    strbuf_append_char(sql, quote);
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == quote)
            strbuf_append_char(sql, quote);
        strbuf_append_char(sql, name.data[i]);
    }
    strbuf_append_char(sql, quote);
}

static bool is_plain(Str name) {
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '$' && c != '-')
            return false;
    }
    return name.length > 0;
}

void sql_append_readable_name(StrBuf *text, char quote, Str name) {
    if (is_plain(name))
        strbuf_append(text, name);
    else
        sql_append_name(text, quote, name);
}

void sql_append_hex(StrBuf *sql, Str bytes) {
    static const char digits[] = "0123456789abcdef";
    char *room = strbuf_reserve(sql, bytes.length * 2);
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        room[2 * i] = digits[byte >> 4];
        room[2 * i + 1] = digits[byte & 15];
    }
    sql->length += bytes.length * 2;
}

static size_t skip_digits(Str text, size_t at) {
    while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

bool sql_is_number(Str text) {
    size_t from = text.length > 0 && text.data[0] == '-' ? 1 : 0;
    size_t at = skip_digits(text, from);
    if (at == from)
        return false;
    if (at < text.length && text.data[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(text, fraction);
        if (at == fraction)
            return false;
    }
    return at == text.length;
}
