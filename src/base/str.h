/* str.h - text and bytes with a length: Str looks, StrBuf owns.
 *
 * A Str may hold any bytes, NUL too. str_dup and str_format end theirs in a NUL as a courtesy to
 * C interfaces; other Strs promise none. UTF-8 is checked where bytes enter, by utf8_valid.
 *
 * Ownership: a Str borrows; a StrBuf grows inside the arena it was made with.
 * Threads: values; one thread at a time per StrBuf. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct Str {
    const char *data;
    size_t length;
} Str;

#define STR(literal)  ((Str){"" literal, sizeof(literal) - 1})
#define STR_EMPTY     ((Str){"", 0})
#define STR_ARG(text) ((int)(text).length), ((text).data)

Str str_c(const char *text); /* borrows a C string; NULL is empty */
Str str_make(const void *data, size_t length);
Str str_dup(Arena *arena, Str text);    /* NUL-ended copy */
char *str_to_c(Arena *arena, Str text); /* NUL-ended copy as a C string */
Str str_format(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool str_eq(Str a, Str b);
bool str_eq_c(Str a, const char *b);
bool str_eq_nocase(Str a, Str b); /* ASCII only */
int str_compare(Str a, Str b);    /* by bytes, then by length */
bool str_starts(Str text, Str prefix);
bool str_ends(Str text, Str suffix);
bool str_is_empty(Str text);

Str str_slice(Str text, size_t from, size_t to); /* both clamped to the length */
Str str_trim(Str text);                          /* ASCII white space at both ends */
/* Index of the first occurrence at or after `from`, or SIZE_MAX. */
size_t str_find(Str text, Str needle, size_t from);
size_t str_find_char(Str text, char c, size_t from);
/* Cuts `text` at the first `separator`: *out_head before it, the rest is returned; without one
 * the whole text is the head and the rest is empty. */
Str str_cut(Str text, char separator, Str *out_head);

/* Whole text as a number; false on anything else (sign, spaces, overflow included). */
bool str_to_u64(Str text, uint64_t *out);
bool str_to_i64(Str text, int64_t *out); /* optional leading '-' */
bool str_to_f64(Str text, double *out);  /* finite decimal only */

bool utf8_valid(Str text);
size_t utf8_count(Str text); /* code points of valid text */
/* Decodes one code point at `at` of any bytes; *out_length >= 1; U+FFFD for a bad sequence. */
uint32_t utf8_decode(Str text, size_t at, size_t *out_length);
/* Writes 1 to 4 bytes, returns how many. */
size_t utf8_encode(uint32_t code_point, char out[4]);
/* Longest prefix of at most bytes_max bytes that does not cut a code point. */
Str utf8_clip(Str text, size_t bytes_max);

typedef struct StrBuf {
    Arena *arena;
    char *data;
    size_t length;
    size_t capacity;
} StrBuf;

StrBuf strbuf_make(Arena *arena);
void strbuf_append(StrBuf *buf, Str text);
void strbuf_append_c(StrBuf *buf, const char *text);
void strbuf_append_char(StrBuf *buf, char c);
void strbuf_append_format(StrBuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes, to be written at the returned place and counted with
 * buf->length += written. */
char *strbuf_reserve(StrBuf *buf, size_t size);
void strbuf_clear(StrBuf *buf);
Str strbuf_str(const StrBuf *buf); /* what was written; valid until the next append */

#endif
