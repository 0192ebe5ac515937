/* toml_scan.h - a cursor over TOML text: blanks, comments, line ends, strings, places.
 *
 * Inside base only. Every function that fails has said where, as "line 3, column 7: ...".
 *
 * Ownership: strings live in the arena.   Threads: one at a time. */
#ifndef BASE_TOML_SCAN_H
#define BASE_TOML_SCAN_H

#include "base/err.h"
#include "base/str.h"

typedef struct TomlPlace {
    uint32_t line, column; /* from 1; a column is a code point */
} TomlPlace;

typedef struct TomlScan {
    Str text; /* valid UTF-8 */
    size_t at;
    uint32_t line;
    size_t line_start;
    Arena *arena;
} TomlScan;

/* Refuses text that is not UTF-8 or too large; skips a byte order mark. */
MUST_CHECK bool toml_scan_open(Str text, Arena *arena, TomlScan *out, Err *err);

TomlPlace toml_place(const TomlScan *scan);
bool toml_fail_at(TomlPlace place, Err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "unexpected 'x', expected ..." at the cursor. */
bool toml_fail_unexpected(const TomlScan *scan, const char *expected, Err *err);

bool toml_at_end(const TomlScan *scan);
char toml_peek(const TomlScan *scan); /* '\0' at the end */
bool toml_take(TomlScan *scan, char c);
void toml_skip_blanks(TomlScan *scan);
/* Blanks, comments and line ends, as between the items of an array. */
MUST_CHECK bool toml_skip_void(TomlScan *scan, Err *err);
/* Nothing but blanks and a comment may be left of this line. */
MUST_CHECK bool toml_end_line(TomlScan *scan, Err *err);

bool toml_at_quote(const TomlScan *scan);
/* Any of the four kinds of string; the two of many lines only if allowed (keys may not). */
MUST_CHECK bool toml_scan_string(TomlScan *scan, bool allow_lines, Str *out, Err *err);
/* The longest run of characters that bare keys are made of; may be empty. */
Str toml_scan_bare_key(TomlScan *scan);
/* The longest run that a number, a date or a word can be; may be empty. */
Str toml_scan_token(TomlScan *scan);

#endif
