/* pii_value.c - a value taken apart in one pass.
 *
 * Most detectors ask the same: how many digits, which separators, what is left without them. Asking
 * once keeps a value's cost small although some thirty kinds are tried.
 *
 * Tested by: test_pii_value.c. */
#include "pii/pii_value.h"

#include <string.h>

static unsigned mark_of(char c) {
    switch (c) {
    case ' ':
        return MARK_SPACE;
    case '-':
        return MARK_DASH;
    case '.':
        return MARK_DOT;
    case '/':
        return MARK_SLASH;
    case '(':
    case ')':
        return MARK_PAREN;
    case '+':
        return MARK_PLUS;
    case ':':
        return MARK_COLON;
    case '@':
        return MARK_AT;
    case ',':
        return MARK_COMMA;
    case '*':
        return MARK_STAR;
    default:
        return MARK_OTHER;
    }
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void put_compact(PiiValue *value, char c) {
    if (value->compact_length < PII_COMPACT_MAX)
        value->compact[value->compact_length++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

PiiValue pii_value_make(Str text) {
    PiiValue value = {.text = str_trim(text)};
    value.is_short = value.text.length <= PII_SHORT_BYTES;
    if (!value.is_short)
        return value;
    for (size_t i = 0; i < value.text.length; i++) {
        char c = value.text.data[i];
        if (is_digit(c)) {
            if (value.digit_count < PII_DIGITS_MAX)
                value.digits[value.digit_count] = c;
            value.digit_count++;
            put_compact(&value, c);
        } else if (is_letter(c)) {
            value.letter_count++;
            put_compact(&value, c);
        } else if ((unsigned char)c >= 0x80) {
            value.wide_count++;
        } else {
            value.marks |= mark_of(c);
        }
    }
    return value;
}

static bool fits(char c, char shape) {
    switch (shape) {
    case 'd':
        return is_digit(c);
    case 'A':
        return is_letter(c);
    case 'x':
        return is_digit(c) || is_letter(c);
    case 'h':
        return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
    default:
        return c == shape;
    }
}

bool pii_shape(Str text, const char *shape) {
    for (size_t i = 0; i < text.length; i++)
        if (shape[i] == '\0' || !fits(text.data[i], shape[i]))
            return false;
    return shape[text.length] == '\0';
}

bool pii_only_digits(const PiiValue *value, size_t count) {
    return value->digit_count == count && value->text.length == count;
}

bool pii_marks_within(const PiiValue *value, unsigned allowed) {
    return value->is_short && (value->marks & ~allowed) == 0;
}

bool pii_all_equal(const char *digits, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (digits[i] != digits[0])
            return false;
    return true;
}

unsigned pii_number(const char *digits, size_t at, size_t count) {
    unsigned number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (unsigned)(digits[at + i] - '0');
    return number;
}

bool pii_is_day(unsigned year, unsigned month, unsigned day) {
    static const uint8_t days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || leap);
}
