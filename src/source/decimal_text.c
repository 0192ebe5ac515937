/* decimal_text.c - decimal digits into 128 bits.
 *
 * Digits are gathered 18 at a time in 64 bits, because 128-bit multiplication is what this would
 * otherwise spend its time on; most values need one such group.
 *
 * Tested by: test_decimal_text.c, fuzz_decimal_text.c. */
#include "source/decimal_text.h"

enum { GROUP_DIGITS = 18 };

static const uint64_t powers[GROUP_DIGITS + 1] = {1u,
                                                  10u,
                                                  100u,
                                                  1000u,
                                                  10000u,
                                                  100000u,
                                                  1000000u,
                                                  10000000u,
                                                  100000000u,
                                                  1000000000u,
                                                  10000000000u,
                                                  100000000000u,
                                                  1000000000000u,
                                                  10000000000000u,
                                                  100000000000000u,
                                                  1000000000000000u,
                                                  10000000000000000u,
                                                  100000000000000000u,
                                                  1000000000000000000u};

typedef struct Digits {
    Int128 value;   /* of the groups that are full */
    uint64_t group; /* the digits since */
    unsigned group_digits;
    unsigned count; /* digits from the first that is not 0 */
} Digits;

static inline void put_digit(Digits *digits, unsigned digit) {
    digits->group = digits->group * 10 + digit;
    digits->count += digits->count > 0 || digit > 0;
    if (++digits->group_digits == GROUP_DIGITS) {
        digits->value = digits->value * (Int128)powers[GROUP_DIGITS] + (Int128)digits->group;
        digits->group = 0;
        digits->group_digits = 0;
    }
}

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool decimal_from_text(Str text, uint8_t width, uint8_t scale, Int128 *out) {
    if (width > DECIMAL_WIDTH_MAX || scale > width)
        return false;
    const char *at = text.data;
    const char *end = text.data + text.length;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return false;
    Digits digits = {0};
    for (; at < end && is_digit(*at) && digits.count <= width; at++)
        put_digit(&digits, (unsigned)(*at - '0'));
    unsigned decimals = 0;
    if (at < end && *at == '.') {
        at++;
        if (at == end)
            return false;
        for (; at < end && is_digit(*at) && digits.count <= width && decimals < scale; decimals++)
            put_digit(&digits, (unsigned)(*at++ - '0'));
        while (at < end && *at == '0') /* zeros beyond the scale say nothing */
            at++;
    }
    if (at != end)
        return false;
    for (; decimals < scale && digits.count <= width; decimals++)
        put_digit(&digits, 0);
    if (digits.count > width)
        return false;
    Int128 value = digits.value * (Int128)powers[digits.group_digits] + (Int128)digits.group;
    *out = negative ? -value : value;
    return true;
}
