/* postgres_numeric.c - base-10000 digits to integers and doubles.
 *
 * A DECIMAL(p,s) is value * 10^s, so digits are taken from the most significant one down to the
 * group that holds the s-th decimal; what remains of that group, and every digit behind it, must be
 * zero. Four groups fit 64 bits (10^16), which is how most values are read; nine fit 128 bits
 * without a check, and longer numbers are checked digit group by digit group.
 *
 * Doubles: up to 15 significant digits with a small power of ten are one exact division (both
 * operands are exact, so the result is correctly rounded). Everything else is printed without a
 * decimal point (strtod's depends on the locale) and read by strtod. A numeric may have 147,000
 * digits; beyond DIGITS_KEPT only "is there more" matters for rounding.
 *
 * Tested by: test_postgres_numeric.c, fuzz_postgres_copy.c. */
#include "source/postgres_numeric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_BYTES = 8,
    SIGN_MINUS = 0x4000,
    SIGN_NAN = 0xC000,
    SIGN_PLUS_INFINITY = 0xD000,
    SIGN_MINUS_INFINITY = 0xF000,
    DIGITS_KEPT = 800 /* 767 decide a double */
};

__extension__ typedef unsigned __int128 Uint128;

static unsigned read_u16(const unsigned char *bytes) {
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static unsigned digit_at(const PgNumeric *numeric, int index) {
    return index < 0 || index >= numeric->count ? 0 : read_u16(numeric->digits + 2 * index);
}

PgNumericKind pg_numeric_read(const unsigned char *bytes, size_t length, PgNumeric *out) {
    if (length < HEADER_BYTES)
        return PG_NUMERIC_BAD;
    unsigned count = read_u16(bytes);
    if (length != HEADER_BYTES + 2 * (size_t)count)
        return PG_NUMERIC_BAD;
    switch (read_u16(bytes + 4)) {
    case 0:
    case SIGN_MINUS:
        break;
    case SIGN_NAN:
        return PG_NUMERIC_NAN;
    case SIGN_PLUS_INFINITY:
        return PG_NUMERIC_PLUS_INFINITY;
    case SIGN_MINUS_INFINITY:
        return PG_NUMERIC_MINUS_INFINITY;
    default:
        return PG_NUMERIC_BAD;
    }
    *out = (PgNumeric){bytes + HEADER_BYTES, (int)count, (int16_t)read_u16(bytes + 2),
                       read_u16(bytes + 4) == SIGN_MINUS};
    for (int i = 0; i < out->count; i++)
        if (digit_at(out, i) > 9999)
            return PG_NUMERIC_BAD;
    return PG_NUMERIC_FINITE;
}

Int128 pg_numeric_limit(unsigned digits) {
    Int128 limit = 1;
    for (unsigned i = 0; i < digits && i < 38; i++)
        limit *= 10;
    return limit;
}

/* The first `count` groups as one number, count <= 9: below 10^36, so nothing can overflow. */
static Uint128 join_groups(const PgNumeric *numeric, int count) {
    Uint128 sum = 0;
    for (int at = 0; at < count;) {
        uint64_t part = 0;
        uint64_t factor = 1;
        for (int i = 0; i < 4 && at < count; i++, at++) {
            part = part * 10000 + digit_at(numeric, at);
            factor *= 10000;
        }
        sum = sum * factor + part;
    }
    return sum;
}

/* *sum = *sum * factor + part; false when that is `limit` (at most 10^38) or more. */
static bool append_digits(Uint128 *sum, unsigned factor, unsigned part, Uint128 limit) {
    if (*sum > (limit - 1) / factor)
        return false;
    Uint128 product = *sum * factor;
    if (part > limit - 1 - product)
        return false;
    *sum = product + part;
    return true;
}

bool pg_numeric_to_decimal(const PgNumeric *numeric, uint8_t scale, Int128 limit, Int128 *out) {
    static const unsigned tens[4] = {1, 10, 100, 1000};
    int fraction_groups = (scale + 3) / 4;
    int last = numeric->weight + fraction_groups; /* the group with the last decimal */
    unsigned cut = tens[fraction_groups * 4 - scale];
    for (int i = last < 0 ? 0 : last + 1; i < numeric->count; i++)
        if (digit_at(numeric, i) != 0)
            return false;
    if (numeric->count == 0 || last < 0) {
        *out = 0;
        return true;
    }
    /* The last group's own surplus decimals must be zero; it is appended without them. */
    unsigned tail = digit_at(numeric, last);
    if (cut > 1 && tail % cut != 0)
        return false;
    int plain = last < 8 ? last : 8;
    Uint128 sum = join_groups(numeric, plain);
    for (int i = plain; i < last; i++)
        if (!append_digits(&sum, 10000, digit_at(numeric, i), (Uint128)limit))
            return false;
    if (last == plain) {
        sum = sum * (10000 / cut) + tail / cut;
        if (sum >= (Uint128)limit)
            return false;
    } else if (!append_digits(&sum, 10000 / cut, tail / cut, (Uint128)limit)) {
        return false;
    }
    *out = numeric->negative ? -(Int128)sum : (Int128)sum;
    return true;
}

/* Significant decimal digits without zeros at either end: value = 0.digits * 10^*out_point. */
static size_t print_digits(const PgNumeric *numeric, char out[DIGITS_KEPT + 1], int *out_point,
                           bool *out_more) {
    size_t length = 0;
    int point = 0;
    *out_more = false;
    for (int i = 0; i < numeric->count; i++) {
        unsigned group = digit_at(numeric, i);
        for (unsigned unit = 1000, place = 0; unit > 0; unit /= 10, place++) {
            unsigned digit = group / unit % 10;
            if (length == 0 && digit == 0)
                continue;
            if (length == 0)
                point = (numeric->weight - i + 1) * 4 - (int)place;
            if (length < DIGITS_KEPT)
                out[length++] = (char)('0' + digit);
            else
                *out_more |= digit != 0;
        }
    }
    while (length > 0 && out[length - 1] == '0' && !*out_more)
        length--;
    out[length] = '\0';
    *out_point = point;
    return length;
}

/* Are these the shortest digits that give the same double back? */
static bool is_shortest(double value, const char *digits, size_t length, int point) {
    for (int places = 14; places <= 16; places++) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", places, value);
        if (strtod(text, NULL) != value && places < 16)
            continue;
        char *exponent = strchr(text, 'e');
        int printed_point = (int)strtol(exponent + 1, NULL, 10) + 1;
        size_t count = 0;
        char printed[40] = "";
        for (const char *c = text; c < exponent; c++)
            if (*c >= '0' && *c <= '9')
                printed[count++] = *c;
        while (count > 1 && printed[count - 1] == '0')
            count--;
        return printed_point == point && count == length && memcmp(printed, digits, count) == 0;
    }
    return false;
}

static double read_digits(const char *digits, size_t length, int point, bool more) {
    char text[DIGITS_KEPT + 40];
    snprintf(text, sizeof text, "%s%se%d", digits, more ? "1" : "",
             point - (int)length - (more ? 1 : 0));
    return strtod(text, NULL);
}

double pg_numeric_to_double(const PgNumeric *numeric, bool *out_exact) {
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char digits[DIGITS_KEPT + 1];
    int point = 0;
    bool more = false;
    size_t length = print_digits(numeric, digits, &point, &more);
    double value = 0;
    *out_exact = true;
    int exponent = point - (int)length;
    if (length > 0 && length <= 15 && exponent <= 0 && exponent >= -22) {
        uint64_t whole = 0;
        for (size_t i = 0; i < length; i++)
            whole = whole * 10 + (uint64_t)(digits[i] - '0');
        value = (double)whole / tens[-exponent];
    } else if (length > 0) {
        value = read_digits(digits, length, point, more);
        *out_exact =
            length <= 17 && !more && isfinite(value) && is_shortest(value, digits, length, point);
    }
    return numeric->negative ? -value : value;
}
