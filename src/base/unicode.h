/* unicode.h - the Unicode tables that we need, from libutf8proc, behind our own names.
 *
 * Threads: any. */
#ifndef BASE_UNICODE_H
#define BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef enum UnicodeClass {
    UNICODE_OTHER,
    UNICODE_LETTER,
    UNICODE_MARK, /* M*; nonspacing marks (Mn) answer unicode_is_nonspacing too */
    UNICODE_NUMBER,
    UNICODE_PUNCTUATION, /* P* */
    UNICODE_SYMBOL,
    UNICODE_SEPARATOR,
    UNICODE_CONTROL /* Cc, Cf, Cs, Co */
} UnicodeClass;

UnicodeClass unicode_class(uint32_t code_point);
bool unicode_is_nonspacing(uint32_t code_point); /* Mn */
bool unicode_is_space(uint32_t code_point);      /* White_Space property */
bool unicode_is_upper(uint32_t code_point);
uint32_t unicode_lower(uint32_t code_point);
/* Canonical decomposition (NFD) of one code point; returns how many were written (<= 8). */
size_t unicode_decompose(uint32_t code_point, uint32_t out[8]);
/* Columns of a terminal that the code point takes: 2 for wide East Asian characters and emoji, 0
 * for marks, controls and joiners, else 1. */
unsigned unicode_width(uint32_t code_point);
/* May a grapheme cluster end between these two? *state starts at 0 and is carried along. */
bool unicode_grapheme_break(uint32_t before, uint32_t after, int32_t *state);

#endif
