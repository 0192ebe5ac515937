/* pii_value.h - one value as the detectors look at it: what it is made of, measured once.
 *
 * Ownership: the text is borrowed.   Threads: values. */
#ifndef PII_PII_VALUE_H
#define PII_PII_VALUE_H

#include "base/str.h"

enum { PII_DIGITS_MAX = 40, PII_COMPACT_MAX = 48, PII_SHORT_BYTES = 320 };

/* Characters that are neither letter nor digit. */
typedef enum PiiMark {
    MARK_SPACE = 1,
    MARK_DASH = 2,
    MARK_DOT = 4,
    MARK_SLASH = 8,
    MARK_PAREN = 16,
    MARK_PLUS = 32,
    MARK_COLON = 64,
    MARK_AT = 128,
    MARK_COMMA = 256,
    MARK_STAR = 512,
    MARK_OTHER = 1024
} PiiMark;

typedef struct PiiValue {
    Str text;      /* without blanks around it */
    bool is_short; /* PII_SHORT_BYTES at most; else only `text` is filled */
    unsigned marks;
    size_t digit_count, letter_count;  /* letters: ASCII */
    size_t wide_count;                 /* bytes beyond ASCII */
    char digits[PII_DIGITS_MAX + 1];   /* all digits in order, as far as there is room */
    char compact[PII_COMPACT_MAX + 1]; /* letters (in upper case) and digits in order */
    size_t compact_length;
} PiiValue;

PiiValue pii_value_make(Str text);

/* d: a digit, A: an ASCII letter, x: either, h: a hexadecimal digit; others stand for themselves.
 * "ddd-dd-dddd" */
bool pii_shape(Str text, const char *shape);
bool pii_only_digits(const PiiValue *value, size_t count);
/* The value's marks are all among those. */
bool pii_marks_within(const PiiValue *value, unsigned allowed);
bool pii_all_equal(const char *digits, size_t count);
/* Two digits at `at` as a number, and the same for any count. */
unsigned pii_number(const char *digits, size_t at, size_t count);
/* A day that exists; years are not judged. */
bool pii_is_day(unsigned year, unsigned month, unsigned day);

#endif
