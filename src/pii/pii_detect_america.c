/* pii_detect_america.c - identity numbers of the United States, Canada and Brazil.
 *
 * A social security number written with separators speaks for itself; nine bare digits need the
 * column's name. Numbers that were printed in advertisements (078-05-1120, 219-09-9999, 98765432x)
 * were never a person's.
 *
 * Tested by: test_pii_government.c. */
#include <string.h>

#include "pii/pii_checksum.h"
#include "pii/pii_detect.h"

/* 3-2-4 digits with the same separator: dash, space or dot. */
static bool is_three_two_four(Str text) {
    return (pii_shape(text, "ddd-dd-dddd") || pii_shape(text, "ddd dd dddd") ||
            pii_shape(text, "ddd.dd.dddd"));
}

static bool is_ssn(const char *digits) {
    unsigned area = pii_number(digits, 0, 3);
    return area != 0 && area != 666 && area < 900 && pii_number(digits, 3, 2) != 0 &&
           pii_number(digits, 5, 4) != 0 && !pii_all_equal(digits, 9) &&
           memcmp(digits, "123456789", 9) != 0 && memcmp(digits, "98765432", 8) != 0 &&
           memcmp(digits, "078051120", 9) != 0 && memcmp(digits, "219099999", 9) != 0;
}

PiiMatch pii_detect_ssn(const PiiValue *value) {
    if (value->digit_count != 9)
        return PII_MISS;
    bool written = is_three_two_four(value->text);
    if (!written && !pii_only_digits(value, 9))
        return PII_MISS;
    return !is_ssn(value->digits) ? PII_FAILED : written ? PII_SOLID : PII_WEAK;
}

/* 9xx, then 50-65, 70-88, 90-92, 94-99. */
PiiMatch pii_detect_itin(const PiiValue *value) {
    if (value->digit_count != 9 || value->digits[0] != '9')
        return PII_MISS;
    bool written = is_three_two_four(value->text);
    if (!written && !pii_only_digits(value, 9))
        return PII_MISS;
    unsigned group = pii_number(value->digits, 3, 2);
    bool good = (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                (group >= 90 && group != 93);
    return !good ? PII_FAILED : written ? PII_SOLID : PII_WEAK;
}

/* Ten digits, Luhn with the prefix of the card issuer number 80840 in front. */
PiiMatch pii_detect_npi(const PiiValue *value) {
    if (!pii_only_digits(value, 10) || (value->digits[0] != '1' && value->digits[0] != '2'))
        return PII_MISS;
    char number[15] = "80840";
    memcpy(number + 5, value->digits, 10);
    return pii_luhn((Str){number, 15}) ? PII_SOLID : PII_FAILED;
}

/* 0 is not given out; 8 is not either. Other nine digits pass Luhn too, such as the numbers of
 * French companies, which are written with blanks: only dashes speak for themselves. */
PiiMatch pii_detect_sin(const PiiValue *value) {
    if (value->digit_count != 9)
        return PII_MISS;
    bool written = pii_shape(value->text, "ddd-ddd-ddd");
    if (!written && !pii_only_digits(value, 9) && !pii_shape(value->text, "ddd ddd ddd"))
        return PII_MISS;
    char first = value->digits[0];
    if (first == '0' || first == '8' || !pii_luhn((Str){value->digits, 9}))
        return PII_FAILED;
    return written ? PII_SOLID : PII_WEAK;
}

static char cpf_digit(const char *digits, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (unsigned)(digits[i] - '0') * (unsigned)(count + 1 - i);
    unsigned rest = sum % 11;
    return (char)('0' + (rest < 2 ? 0 : 11 - rest));
}

PiiMatch pii_detect_cpf(const PiiValue *value) {
    if (!pii_only_digits(value, 11) && !pii_shape(value->text, "ddd.ddd.ddd-dd"))
        return PII_MISS;
    const char *digits = value->digits;
    bool good = !pii_all_equal(digits, 11) && cpf_digit(digits, 9) == digits[9] &&
                cpf_digit(digits, 10) == digits[10];
    return good ? PII_SOLID : PII_FAILED;
}

/* No checksum of its own anywhere: 6 to 9 letters and digits, most of them digits. */
PiiMatch pii_detect_passport(const PiiValue *value) {
    bool shape = value->marks == 0 && value->wide_count == 0 && value->text.length >= 7 &&
                 value->text.length <= 9 && value->digit_count >= 6 && value->letter_count <= 3;
    return shape && !pii_all_equal(value->digits, value->digit_count) ? PII_WEAK : PII_MISS;
}

PiiMatch pii_detect_licence(const PiiValue *value) {
    bool shape = pii_marks_within(value, MARK_DASH | MARK_SPACE) && value->wide_count == 0 &&
                 value->text.length >= 6 && value->text.length <= 20 && value->digit_count >= 5;
    return shape ? PII_WEAK : PII_MISS;
}

PiiMatch pii_detect_identity(const PiiValue *value) {
    unsigned allowed = MARK_DASH | MARK_SPACE | MARK_DOT | MARK_SLASH;
    bool shape = pii_marks_within(value, allowed) && value->wide_count == 0 &&
                 value->text.length <= 20 && value->digit_count >= 6;
    return shape && !pii_all_equal(value->digits, value->digit_count) ? PII_WEAK : PII_MISS;
}
