/* toml_scalar.c - words and numbers: the grammar is checked by hand, the value comes from libc.
 *
 * strtod alone would take too much ("0x1p3", ".5", "infinity") and underscores too little, so a
 * number is first matched against TOML's grammar while its underscores are dropped. Integers
 * beyond 64 bits are refused, never rounded.
 *
 * Tested by: tests/unit/base/test_toml.c and the public toml-test cases (tests/toml). */
#include "base/toml_scalar.h"

#include <math.h>
#include <stdlib.h>

typedef struct Number {
    Str token;
    size_t at;
    char *plain; /* the token without underscores, NUL-ended */
    size_t plain_length;
} Number;

static char next_char(const Number *number) {
    return number->at < number->token.length ? number->token.data[number->at] : '\0';
}

static void keep_char(Number *number) {
    number->plain[number->plain_length++] = number->token.data[number->at++];
}

static bool is_digit(char c, unsigned base) {
    unsigned value = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                            : 99;
    return value < base;
}

/* One or more digits; underscores only between two of them. */
static bool take_digits(Number *number, unsigned base, const char **out_reason) {
    if (!is_digit(next_char(number), base)) {
        *out_reason = next_char(number) == '_' ? "an underscore must stand between two digits"
                                               : "a digit is missing in this number";
        return false;
    }
    while (is_digit(next_char(number), base)) {
        keep_char(number);
        if (next_char(number) == '_') {
            number->at++;
            if (!is_digit(next_char(number), base)) {
                *out_reason = "an underscore must stand between two digits";
                return false;
            }
        }
    }
    return true;
}

static bool finish_integer(Number *number, size_t digits_from, unsigned base, TomlValue *out,
                           const char **out_reason) {
    *out_reason = "the number does not fit into 64 bits";
    bool negative = number->plain[0] == '-';
    uint64_t magnitude = 0;
    for (size_t i = digits_from; i < number->plain_length; i++) {
        char c = number->plain[i];
        uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (__builtin_mul_overflow(magnitude, (uint64_t)base, &magnitude) ||
            __builtin_add_overflow(magnitude, digit, &magnitude))
            return false;
    }
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    out->kind = TOML_INTEGER;
    out->integer = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    out->number = (double)out->integer;
    return true;
}

static bool parse_based(Number *number, unsigned base, TomlValue *out, const char **out_reason) {
    number->at += 2; /* 0x, 0o, 0b */
    if (!take_digits(number, base, out_reason))
        return false;
    if (number->at != number->token.length) {
        *out_reason = "this digit does not belong to the number's base";
        return false;
    }
    return finish_integer(number, 0, base, out, out_reason);
}

static bool parse_fraction_and_exponent(Number *number, const char **out_reason) {
    if (next_char(number) == '.') {
        keep_char(number);
        if (!take_digits(number, 10, out_reason))
            return false;
    }
    if (next_char(number) == 'e' || next_char(number) == 'E') {
        keep_char(number);
        if (next_char(number) == '+' || next_char(number) == '-')
            keep_char(number);
        if (!take_digits(number, 10, out_reason))
            return false;
    }
    return true;
}

static bool parse_decimal(Number *number, TomlValue *out, const char **out_reason) {
    size_t sign = next_char(number) == '+' || next_char(number) == '-';
    if (sign != 0)
        keep_char(number);
    if (!take_digits(number, 10, out_reason))
        return false;
    if (number->plain[sign] == '0' && number->plain_length > sign + 1) {
        *out_reason = "a number does not begin with zeros";
        return false;
    }
    if (number->at == number->token.length)
        return finish_integer(number, sign, 10, out, out_reason);
    if (!parse_fraction_and_exponent(number, out_reason))
        return false;
    if (number->at != number->token.length) {
        *out_reason = "this is not a number; text needs quotes";
        return false;
    }
    number->plain[number->plain_length] = '\0';
    out->kind = TOML_FLOAT;
    out->number = strtod(number->plain, NULL);
    return true;
}

static bool parse_word(Str token, TomlValue *out) {
    Str bare = str_starts(token, STR("+")) || str_starts(token, STR("-"))
                   ? str_slice(token, 1, token.length)
                   : token;
    double sign = str_starts(token, STR("-")) ? -1.0 : 1.0;
    if (str_eq(token, STR("true")) || str_eq(token, STR("false"))) {
        out->kind = TOML_BOOL;
        out->boolean = token.data[0] == 't';
        return true;
    }
    if (str_eq(bare, STR("inf")) || str_eq(bare, STR("nan"))) {
        out->kind = TOML_FLOAT;
        out->number = copysign(bare.data[0] == 'i' ? (double)INFINITY : (double)NAN, sign);
        return true;
    }
    return false;
}

bool toml_scalar_parse(Str token, Arena *arena, TomlValue *out, const char **out_reason) {
    if (parse_word(token, out) || toml_datetime_parse(token, arena, out, out_reason))
        return true;
    if (*out_reason != NULL)
        return false;
    *out_reason = "this is not a value; text needs quotes";
    char first = token.length > 0 ? token.data[0] : '\0';
    if (!is_digit(first, 10) && first != '+' && first != '-')
        return false;
    Number number = {.token = token, .plain = arena_alloc(arena, token.length + 1)};
    if (str_starts(token, STR("0x")))
        return parse_based(&number, 16, out, out_reason);
    if (str_starts(token, STR("0o")))
        return parse_based(&number, 8, out, out_reason);
    if (str_starts(token, STR("0b")))
        return parse_based(&number, 2, out, out_reason);
    return parse_decimal(&number, out, out_reason);
}
