/* pii_detect_europe.c - identity numbers of European countries.
 *
 * Most carry a check digit or a date of birth, often both: PESEL, personnummer, codice fiscale,
 * NIR. An ISBN-10 has the very checksum of an NHS number, so bare NHS numbers need the column's
 * name.
 *
 * Tested by: test_pii_government.c. */
#include <string.h>

#include "pii/pii_checksum.h"
#include "pii/pii_detect.h"

/* Two letters (not D F I Q U V; the second not O; seven pairs not given out), 6 digits, A-D. */
PiiMatch pii_detect_nino(const PiiValue *value) {
    if (value->compact_length != 9 || value->wide_count > 0 ||
        !pii_marks_within(value, MARK_SPACE | MARK_DASH) ||
        !pii_shape((Str){value->compact, 9}, "AAddddddA"))
        return PII_MISS;
    static const char *const unused[] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    const char *text = value->compact;
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (memcmp(text, unused[i], 2) == 0)
            return PII_FAILED;
    bool good = strchr("DFIQUV", text[0]) == NULL && strchr("DFIOQUV", text[1]) == NULL &&
                text[8] >= 'A' && text[8] <= 'D';
    return good ? PII_SOLID : PII_FAILED;
}

PiiMatch pii_detect_nhs(const PiiValue *value) {
    static const uint8_t weights[10] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    if (value->digit_count != 10)
        return PII_MISS;
    bool written = pii_shape(value->text, "ddd ddd dddd") || pii_shape(value->text, "ddd-ddd-dddd");
    if (!written && !pii_only_digits(value, 10))
        return PII_MISS;
    if (pii_all_equal(value->digits, 10) || pii_weighted(value->digits, weights, 10, 11) != 0)
        return PII_FAILED;
    return written ? PII_SOLID : PII_WEAK;
}

/* Eleven digits, the first not 0; among the first ten one digit comes twice or three times. */
PiiMatch pii_detect_german_tax(const PiiValue *value) {
    if (value->digit_count != 11 || value->letter_count > 0 || value->wide_count > 0 ||
        !(value->text.length == 11 || pii_shape(value->text, "dd ddd ddd ddd")))
        return PII_MISS;
    unsigned seen[10] = {0}, repeated = 0;
    for (size_t i = 0; i < 10; i++)
        seen[value->digits[i] - '0']++;
    for (size_t i = 0; i < 10; i++)
        repeated += seen[i] > 3 ? 2 : seen[i] > 1;
    bool good = value->digits[0] != '0' && repeated == 1 && pii_mod11_10((Str){value->digits, 11});
    return good ? PII_SOLID : PII_FAILED;
}

/* Sex, year, month, department, municipality, order, key = 97 - rest; Corsica has 2A and 2B. */
PiiMatch pii_detect_nir(const PiiValue *value) {
    if (value->compact_length != 15 || value->wide_count > 0 || value->letter_count > 1 ||
        !pii_marks_within(value, MARK_SPACE | MARK_DOT))
        return PII_MISS;
    char digits[15];
    memcpy(digits, value->compact, 15);
    if (value->letter_count == 1) {
        if (digits[5] != '2' || (digits[6] != 'A' && digits[6] != 'B'))
            return PII_MISS;
        digits[6] = digits[6] == 'A' ? '9' : '8'; /* counts as 19 and 18 */
        digits[5] = '1';
    }
    unsigned month = pii_number(digits, 3, 2);
    if ((digits[0] != '1' && digits[0] != '2') || month == 0 || (month > 12 && month < 20) ||
        month > 42)
        return PII_MISS;
    unsigned rest = 0;
    for (size_t i = 0; i < 13; i++)
        rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
    return 97 - rest == pii_number(digits, 13, 2) ? PII_SOLID : PII_FAILED;
}

/* Spain: 8 digits, or X Y Z and 7, then the letter of the number modulo 23. */
PiiMatch pii_detect_dni(const PiiValue *value) {
    if (value->compact_length != 9 || value->wide_count > 0 ||
        !pii_marks_within(value, MARK_DASH | MARK_DOT | MARK_SPACE))
        return PII_MISS;
    char text[9];
    memcpy(text, value->compact, 9);
    if (text[0] >= 'X' && text[0] <= 'Z')
        text[0] = (char)('0' + (text[0] - 'X'));
    if (!pii_shape((Str){text, 9}, "ddddddddA"))
        return PII_MISS;
    return "TRWAGMYFPDXBNJZSQVHLCKE"[pii_number(text, 0, 8) % 23] == text[8] ? PII_SOLID
                                                                             : PII_FAILED;
}

/* Italy: what a letter or digit is worth in an odd place. */
static unsigned fiscal_odd(char c) {
    static const uint8_t worth[26] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                      20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    return worth[c >= 'A' ? c - 'A' : c - '0'];
}

static unsigned fiscal_even(char c) {
    return (unsigned)(c >= 'A' ? c - 'A' : c - '0');
}

PiiMatch pii_detect_fiscal_code(const PiiValue *value) {
    Str code = {value->compact, value->compact_length};
    if (value->text.length != 16 || code.length != 16 || !pii_shape(code, "AAAAAAxxAxxAxxxA"))
        return PII_MISS;
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++)
        sum += i % 2 == 0 ? fiscal_odd(code.data[i]) : fiscal_even(code.data[i]);
    bool month = strchr("ABCDEHLMPRST", code.data[8]) != NULL;
    return month && (char)('A' + sum % 26) == code.data[15] ? PII_SOLID : PII_FAILED;
}

/* Netherlands: the eleven test, with -1 for the last digit. */
PiiMatch pii_detect_bsn(const PiiValue *value) {
    static const uint8_t weights[9] = {9, 8, 7, 6, 5, 4, 3, 2, 10};
    if (!pii_only_digits(value, 9) && !pii_shape(value->text, "dddd.dd.ddd"))
        return PII_MISS;
    bool good =
        !pii_all_equal(value->digits, 9) && pii_weighted(value->digits, weights, 9, 11) == 0;
    return good ? PII_SOLID : PII_FAILED;
}

/* Poland: yymmdd with the century in the month, then a weighted sum. */
PiiMatch pii_detect_pesel(const PiiValue *value) {
    static const uint8_t weights[11] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    static const unsigned century[5] = {1900, 2000, 2100, 2200, 1800};
    if (!pii_only_digits(value, 11))
        return PII_MISS;
    unsigned month = pii_number(value->digits, 2, 2);
    unsigned year = century[month / 20 % 5] + pii_number(value->digits, 0, 2);
    bool good = pii_is_day(year, month % 20, pii_number(value->digits, 4, 2)) &&
                pii_weighted(value->digits, weights, 11, 10) == 0;
    return good ? PII_SOLID : PII_FAILED;
}

/* Sweden: yymmdd or yyyymmdd, dash (plus from the age of 100), 4 digits, Luhn over the last ten;
 * 60 is added to the day in coordination numbers. */
PiiMatch pii_detect_personnummer(const PiiValue *value) {
    size_t count = value->digit_count;
    if (value->letter_count > 0 || value->wide_count > 0 || (count != 10 && count != 12) ||
        !pii_marks_within(value, MARK_DASH | MARK_PLUS))
        return PII_MISS;
    bool written = value->text.length == count + 1;
    if (written && value->text.data[count - 4] != '-' && value->text.data[count - 4] != '+')
        return PII_MISS;
    if (!written && value->text.length != count)
        return PII_MISS;
    const char *digits = value->digits + (count - 10);
    unsigned day = pii_number(digits, 4, 2);
    bool good = pii_is_day(2000 + pii_number(digits, 0, 2), pii_number(digits, 2, 2),
                           day > 60 ? day - 60 : day) &&
                pii_luhn((Str){digits, 10});
    return !good ? PII_FAILED : written || count == 12 ? PII_SOLID : PII_WEAK;
}
