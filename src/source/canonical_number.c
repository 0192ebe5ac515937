/* canonical_number.c - one text a number: exact ones by their digits, floating ones by their bits.
 *
 * Exact numbers never pass through a machine type: a text of a thousand digits keeps them all. Its
 * sign, its zeros in front and behind, and its exponent are only ways of writing and go.
 *
 * A floating number is read into its bits first, then printed from them, so any printing that the
 * bits come back from ("1e20", "1e+20", "100000000000000000000") ends in the same text. Up to 15
 * digits (6 for a float) always survive, 17 (9) always suffice: the first precision that gives the
 * bits back is taken. All NaNs are one; -0 is not 0, since its bits differ.
 *
 * Refuses: hexadecimal floats, blanks, digits grouped by anything; a finite text that a double
 * cannot hold ("1e999" is not infinity). What is too small becomes 0, as every database rounds it.
 *
 * Tested by: test_canonical_number.c; fuzz_canonical_text.c. */
#include "source/canonical_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 UInt128;

enum { NUMBER_CHARS = 48, F64_DIGITS = 15, F32_DIGITS = 6, MORE_DIGITS = 3 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* ---- reading ---- */

/* [+-] whole [. fraction] [e [+-] exponent] */
typedef struct NumberText {
    bool negative;
    Str whole, fraction;
    int exponent; /* clamped to one beyond CANONICAL_EXPONENT_MAX */
} NumberText;

static Str take_digits(Str text, size_t *at) {
    size_t from = *at;
    while (*at < text.length && is_digit(text.data[*at]))
        (*at)++;
    return str_slice(text, from, *at);
}

static bool take_sign(Str text, size_t *at) {
    bool signed_text = *at < text.length && (text.data[*at] == '-' || text.data[*at] == '+');
    return signed_text && text.data[(*at)++] == '-';
}

static bool take_exponent(Str text, size_t *at, int *out) {
    (*at)++;
    bool negative = take_sign(text, at);
    Str digits = take_digits(text, at);
    int value = 0;
    for (size_t i = 0; i < digits.length && value <= CANONICAL_EXPONENT_MAX; i++)
        value = value * 10 + (digits.data[i] - '0');
    if (value > CANONICAL_EXPONENT_MAX)
        value = CANONICAL_EXPONENT_MAX + 1;
    *out = negative ? -value : value;
    return digits.length > 0;
}

static bool number_read(Str text, NumberText *out) {
    size_t at = 0;
    NumberText number = {.fraction = STR_EMPTY};
    number.negative = take_sign(text, &at);
    number.whole = take_digits(text, &at);
    if (at < text.length && text.data[at] == '.') {
        at++;
        number.fraction = take_digits(text, &at);
    }
    if (number.whole.length + number.fraction.length == 0)
        return false;
    if (at < text.length && (text.data[at] == 'e' || text.data[at] == 'E') &&
        !take_exponent(text, &at, &number.exponent))
        return false;
    *out = number;
    return at == text.length;
}

/* ---- exact numbers ---- */

static char digit_at(const NumberText *number, size_t i) {
    return i < number->whole.length ? number->whole.data[i]
                                    : number->fraction.data[i - number->whole.length];
}

/* Digits from .. to, as they stand; at most two pieces. */
static void append_digits(const NumberText *number, size_t from, size_t to, StrBuf *out) {
    size_t wall = number->whole.length;
    strbuf_append(out, str_slice(number->whole, from, to));
    if (to > wall)
        strbuf_append(out, str_slice(number->fraction, from > wall ? from - wall : 0, to - wall));
}

static void append_zeros(size_t count, StrBuf *out) {
    if (count > 0)
        memset(strbuf_reserve(out, count), '0', count);
    out->length += count;
}

bool canonical_decimal_text(Str text, StrBuf *out) {
    NumberText number;
    if (!number_read(text, &number) || abs(number.exponent) > CANONICAL_EXPONENT_MAX)
        return false;
    size_t from = 0, to = number.whole.length + number.fraction.length;
    while (from < to && digit_at(&number, from) == '0')
        from++;
    while (to > from && digit_at(&number, to - 1) == '0')
        to--;
    if (from == to) {
        strbuf_append_char(out, '0');
        return true;
    }
    /* The point stands before digit `point`, which may be left or right of all digits. */
    int64_t point = (int64_t)number.whole.length + number.exponent;
    int64_t first = (int64_t)from, end = (int64_t)to;
    if (number.negative)
        strbuf_append_char(out, '-');
    if (point <= first) {
        strbuf_append_c(out, "0.");
        append_zeros((size_t)(first - point), out);
        append_digits(&number, from, to, out);
    } else if (point >= end) {
        append_digits(&number, from, to, out);
        append_zeros((size_t)(point - end), out);
    } else {
        append_digits(&number, from, (size_t)point, out);
        strbuf_append_char(out, '.');
        append_digits(&number, (size_t)point, to, out);
    }
    return true;
}

/* The digits of a magnitude at the end of `room`; returns where they begin. */
static char *print_digits(UInt128 value, char *end) {
    for (; value > UINT64_MAX; value /= 10)
        *--end = (char)('0' + (int)(value % 10));
    uint64_t rest = (uint64_t)value;
    do {
        *--end = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0);
    return end;
}

static void append_magnitude(bool negative, UInt128 magnitude, StrBuf *out) {
    char room[NUMBER_CHARS], *end = room + sizeof room;
    char *at = print_digits(magnitude, end);
    if (negative)
        *--at = '-';
    strbuf_append(out, str_make(at, (size_t)(end - at)));
}

void canonical_i64(int64_t value, StrBuf *out) {
    append_magnitude(value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, out);
}

void canonical_u64(uint64_t value, StrBuf *out) {
    append_magnitude(false, value, out);
}

void canonical_i128(Int128 value, uint8_t scale, StrBuf *out) {
    UInt128 magnitude = value < 0 ? 0 - (UInt128)value : (UInt128)value;
    char room[NUMBER_CHARS + UINT8_MAX], *end = room + sizeof room;
    while (scale > 0 && magnitude % 10 == 0) {
        magnitude /= 10;
        scale--;
    }
    if (scale == 0) {
        append_magnitude(value < 0, magnitude, out);
        return;
    }
    char *at = print_digits(magnitude, end);
    while (end - at <= scale)
        *--at = '0';
    if (value < 0)
        strbuf_append_char(out, '-');
    strbuf_append(out, str_make(at, (size_t)(end - at) - scale));
    strbuf_append_char(out, '.');
    strbuf_append(out, str_make(end - scale, scale));
}

/* ---- floating numbers ---- */

static bool append_special(double value, StrBuf *out) {
    if (isnan(value))
        strbuf_append_c(out, "nan");
    else if (isinf(value))
        strbuf_append_c(out, value > 0 ? "inf" : "-inf");
    else if (value == 0)
        strbuf_append_c(out, signbit(value) ? "-0" : "0");
    else
        return false;
    return true;
}

/* What "%.15g" would print, sooner. */
static bool append_whole(double value, double limit, StrBuf *out) {
    if (fabs(value) >= limit || trunc(value) != value)
        return false;
    canonical_i64((int64_t)value, out);
    return true;
}

void canonical_f64(double value, StrBuf *out) {
    char text[NUMBER_CHARS];
    if (append_special(value, out) || append_whole(value, 1e15, out))
        return;
    for (int digits = F64_DIGITS; digits < F64_DIGITS + MORE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    strbuf_append_c(out, text);
}

void canonical_f32(float value, StrBuf *out) {
    char text[NUMBER_CHARS];
    if (append_special((double)value, out) || append_whole((double)value, 1e6, out))
        return;
    for (int digits = F32_DIGITS; digits <= F32_DIGITS + MORE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    strbuf_append_c(out, text);
}

static bool read_special(Str text, double *out) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan", (double)NAN},
                 {"inf", (double)INFINITY},
                 {"infinity", (double)INFINITY},
                 {"+inf", (double)INFINITY},
                 {"+infinity", (double)INFINITY},
                 {"-inf", (double)-INFINITY},
                 {"-infinity", (double)-INFINITY},
                 {"-nan", (double)NAN}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(text, str_c(words[i].word))) {
            *out = words[i].value;
            return true;
        }
    return false;
}

/* A checked number as a C string at the end of the buffer; the length stays as it was. */
static const char *borrow_c(Str text, StrBuf *out) {
    char *copy = strbuf_reserve(out, text.length + 1);
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

bool canonical_f64_text(Str text, StrBuf *out) {
    NumberText number;
    double value;
    if (!read_special(text, &value)) {
        if (!number_read(text, &number))
            return false;
        value = strtod(borrow_c(text, out), NULL);
        if (!isfinite(value))
            return false;
    }
    canonical_f64(value, out);
    return true;
}

bool canonical_f32_text(Str text, StrBuf *out) {
    NumberText number;
    double special;
    if (read_special(text, &special))
        return append_special(special, out);
    if (!number_read(text, &number))
        return false;
    float value = strtof(borrow_c(text, out), NULL);
    if (!isfinite(value))
        return false;
    canonical_f32(value, out);
    return true;
}
