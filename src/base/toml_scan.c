/* toml_scan.c - the characters of TOML 1.0: what a line is, what a string holds.
 *
 * The text is checked to be UTF-8 once, at the start; after that only control characters need a
 * look. A carriage return counts only in front of a line feed. In strings of many lines both kinds
 * of line end become one line feed, so that a file means the same wherever it was edited.
 *
 * Tested by: tests/unit/base/test_toml.c and the public toml-test cases (tests/toml). */
#include "base/toml_scan.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 16 << 20 };

TomlPlace toml_place(const TomlScan *scan) {
    Str before = str_slice(scan->text, scan->line_start, scan->at);
    return (TomlPlace){scan->line, (uint32_t)utf8_count(before) + 1};
}

bool toml_fail_at(TomlPlace place, Err *err, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_fail(err, FAIL_INVALID, "line %u, column %u: %s", place.line, place.column, text);
}

bool toml_fail_unexpected(const TomlScan *scan, const char *expected, Err *err) {
    if (toml_at_end(scan))
        return toml_fail_at(toml_place(scan), err, "the file ends, expected %s", expected);
    size_t length;
    uint32_t code_point = utf8_decode(scan->text, scan->at, &length);
    if (code_point == '\n' || code_point == '\r')
        return toml_fail_at(toml_place(scan), err, "the line ends, expected %s", expected);
    if (code_point < 0x20 || code_point == 0x7F)
        return toml_fail_at(toml_place(scan), err, "control character U+%04X, expected %s",
                            (unsigned)code_point, expected);
    return toml_fail_at(toml_place(scan), err, "unexpected '%.*s', expected %s", (int)length,
                        scan->text.data + scan->at, expected);
}

bool toml_scan_open(Str text, Arena *arena, TomlScan *out, Err *err) {
    if (text.length > TEXT_MAX_BYTES)
        return err_fail(err, FAIL_INVALID, "the text has %zu bytes, %d are allowed", text.length,
                        TEXT_MAX_BYTES);
    TomlScan scan = {.text = text, .line = 1, .arena = arena};
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        scan.at = scan.line_start = 3;
    if (!utf8_valid(text)) {
        size_t length;
        while (utf8_decode(text, scan.at, &length) != 0xFFFD || length == 3) {
            if (text.data[scan.at] == '\n') {
                scan.line++;
                scan.line_start = scan.at + 1;
            }
            scan.at += length;
        }
        return toml_fail_at(toml_place(&scan), err, "byte 0x%02X is not valid UTF-8",
                            (unsigned)(unsigned char)text.data[scan.at]);
    }
    *out = scan;
    return true;
}

bool toml_at_end(const TomlScan *scan) {
    return scan->at >= scan->text.length;
}

char toml_peek(const TomlScan *scan) {
    return toml_at_end(scan) ? '\0' : scan->text.data[scan->at];
}

bool toml_take(TomlScan *scan, char c) {
    if (toml_at_end(scan) || scan->text.data[scan->at] != c)
        return false;
    scan->at++;
    return true;
}

static bool take_text(TomlScan *scan, Str expected) {
    if (!str_starts(str_slice(scan->text, scan->at, scan->text.length), expected))
        return false;
    scan->at += expected.length;
    return true;
}

static bool take_newline(TomlScan *scan) {
    if (!take_text(scan, STR("\n")) && !take_text(scan, STR("\r\n")))
        return false;
    scan->line++;
    scan->line_start = scan->at;
    return true;
}

void toml_skip_blanks(TomlScan *scan) {
    while (toml_take(scan, ' ') || toml_take(scan, '\t')) {
    }
}

/* Control characters that no comment and no string may hold; line ends are the caller's affair. */
static bool is_forbidden(char c) {
    unsigned char byte = (unsigned char)c;
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

static bool skip_comment(TomlScan *scan, Err *err) {
    if (!toml_take(scan, '#'))
        return true;
    while (!toml_at_end(scan) && !is_forbidden(toml_peek(scan)))
        scan->at++;
    bool ends_well = toml_at_end(scan) || toml_peek(scan) == '\n' ||
                     str_starts(str_slice(scan->text, scan->at, scan->text.length), STR("\r\n"));
    return ends_well || toml_fail_unexpected(scan, "the rest of a comment", err);
}

bool toml_skip_void(TomlScan *scan, Err *err) {
    do {
        toml_skip_blanks(scan);
        if (!skip_comment(scan, err))
            return false;
    } while (take_newline(scan));
    return true;
}

bool toml_end_line(TomlScan *scan, Err *err) {
    toml_skip_blanks(scan);
    if (!skip_comment(scan, err))
        return false;
    if (toml_at_end(scan) || take_newline(scan))
        return true;
    return toml_fail_unexpected(scan, "the end of the line", err);
}

/* --- strings -------------------------------------------------------------------------------- */

bool toml_at_quote(const TomlScan *scan) {
    return toml_peek(scan) == '"' || toml_peek(scan) == '\'';
}

/* \uXXXX and \UXXXXXXXX: a Unicode scalar value. */
static bool scan_code_point(TomlScan *scan, size_t digits, TomlPlace place, StrBuf *out, Err *err) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++, scan->at++) {
        char c = toml_peek(scan);
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return toml_fail_at(place, err, "the escape needs %zu hexadecimal digits", digits);
        value = value << 4 | digit;
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return toml_fail_at(place, err, "U+%X is not a Unicode scalar value", (unsigned)value);
    char bytes[4];
    strbuf_append(out, (Str){bytes, utf8_encode(value, bytes)});
    return true;
}

/* A backslash that ends its line swallows white space up to the next visible character. */
static bool skip_line_ending_backslash(TomlScan *scan) {
    TomlScan ahead = *scan;
    toml_skip_blanks(&ahead);
    if (!take_newline(&ahead))
        return false;
    do
        toml_skip_blanks(&ahead);
    while (take_newline(&ahead));
    *scan = ahead;
    return true;
}

static bool scan_escape(TomlScan *scan, bool many_lines, StrBuf *out, Err *err) {
    TomlPlace place = toml_place(scan);
    scan->at++; /* the backslash */
    if (many_lines && skip_line_ending_backslash(scan))
        return true;
    static const char simple[] = "b\bt\tn\nf\fr\r\"\"\\\\";
    char c = toml_peek(scan);
    for (size_t i = 0; i < sizeof simple - 1; i += 2) {
        if (c == simple[i]) {
            scan->at++;
            strbuf_append_char(out, simple[i + 1]);
            return true;
        }
    }
    if (toml_take(scan, 'u'))
        return scan_code_point(scan, 4, place, out, err);
    if (toml_take(scan, 'U'))
        return scan_code_point(scan, 8, place, out, err);
    return toml_fail_at(place, err,
                        "unknown escape; there are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX "
                        "\\UXXXXXXXX, and '...' strings have none");
}

/* Up to five quotes in a row may end a string of many lines: the last three close it. */
static bool take_closing_quotes(TomlScan *scan, char quote, StrBuf *out) {
    size_t run = 0;
    while (run < 5 && scan->at + run < scan->text.length &&
           scan->text.data[scan->at + run] == quote)
        run++;
    if (run < 3)
        return false;
    strbuf_append(out, str_slice(scan->text, scan->at, scan->at + run - 3));
    scan->at += run;
    return true;
}

static bool scan_string_body(TomlScan *scan, char quote, bool many_lines, TomlPlace begin,
                             StrBuf *out, Err *err) {
    for (;;) {
        size_t from = scan->at;
        while (!toml_at_end(scan) && toml_peek(scan) != quote && toml_peek(scan) != '\\' &&
               !is_forbidden(toml_peek(scan)))
            scan->at++;
        strbuf_append(out, str_slice(scan->text, from, scan->at));
        if (toml_at_end(scan))
            return toml_fail_at(begin, err, "the string is never closed");
        char c = toml_peek(scan);
        if (c == quote) {
            if (many_lines ? take_closing_quotes(scan, quote, out) : toml_take(scan, quote))
                return true;
            toml_take(scan, quote);
            strbuf_append_char(out, quote);
        } else if (c == '\\' && quote == '"') {
            if (!scan_escape(scan, many_lines, out, err))
                return false;
        } else if (c == '\\') {
            toml_take(scan, c);
            strbuf_append_char(out, c);
        } else if (many_lines && take_newline(scan)) {
            strbuf_append_char(out, '\n');
        } else {
            return toml_fail_unexpected(scan, "the rest of a string", err);
        }
    }
}

bool toml_scan_string(TomlScan *scan, bool allow_lines, Str *out, Err *err) {
    TomlPlace begin = toml_place(scan);
    char quote = toml_peek(scan);
    Str opening = quote == '"' ? STR("\"\"\"") : STR("'''");
    bool many_lines = take_text(scan, opening);
    if (many_lines && !allow_lines)
        return toml_fail_at(begin, err, "a key cannot be a string of many lines");
    if (many_lines)
        take_newline(scan); /* one right behind the quotes does not count */
    else
        scan->at++;
    StrBuf text = strbuf_make(scan->arena);
    if (!scan_string_body(scan, quote, many_lines, begin, &text, err))
        return false;
    *out = str_dup(scan->arena, strbuf_str(&text));
    return true;
}

/* --- runs of characters --------------------------------------------------------------------- */

static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

Str toml_scan_bare_key(TomlScan *scan) {
    size_t from = scan->at;
    while (is_bare(toml_peek(scan)))
        scan->at++;
    return str_slice(scan->text, from, scan->at);
}

static bool is_digit_at(const TomlScan *scan, size_t at) {
    return at < scan->text.length && scan->text.data[at] >= '0' && scan->text.data[at] <= '9';
}

Str toml_scan_token(TomlScan *scan) {
    size_t from = scan->at;
    for (;;) {
        char c = toml_peek(scan);
        bool date_so_far = scan->at - from == 10 && scan->text.data[from + 4] == '-' &&
                           scan->text.data[from + 7] == '-';
        if (!is_bare(c) && c != '+' && c != '.' && c != ':' &&
            !(c == ' ' && date_so_far && is_digit_at(scan, scan->at + 1)))
            return str_slice(scan->text, from, scan->at);
        scan->at++;
    }
}
