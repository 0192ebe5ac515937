/* pii_detect_asia.c - identity numbers of India and Japan.
 *
 * Tested by: test_pii_government.c. */
#include <string.h>

#include "pii/pii_checksum.h"
#include "pii/pii_detect.h"

/* India: 12 digits, not beginning with 0 or 1, Verhoeff. */
PiiMatch pii_detect_aadhaar(const PiiValue *value) {
    if (!pii_only_digits(value, 12) && !pii_shape(value->text, "dddd dddd dddd") &&
        !pii_shape(value->text, "dddd-dddd-dddd"))
        return PII_MISS;
    bool good = value->digits[0] >= '2' && !pii_all_equal(value->digits, 12) &&
                pii_verhoeff((Str){value->digits, 12});
    return good ? PII_SOLID : PII_FAILED;
}

/* India's tax number: 5 letters (the fourth says what kind of holder), 4 digits, a letter. */
PiiMatch pii_detect_pan(const PiiValue *value) {
    if (!pii_shape(value->text, "AAAAAddddA"))
        return PII_MISS;
    return strchr("PCHABGJLFT", value->compact[3]) != NULL ? PII_SOLID : PII_FAILED;
}

/* Japan: 12 digits, the last from a weighted sum modulo 11. */
PiiMatch pii_detect_my_number(const PiiValue *value) {
    static const uint8_t weights[11] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    if (!pii_only_digits(value, 12) && !pii_shape(value->text, "dddd dddd dddd") &&
        !pii_shape(value->text, "dddd-dddd-dddd"))
        return PII_MISS;
    unsigned rest = pii_weighted(value->digits, weights, 11, 11);
    unsigned check = rest <= 1 ? 0 : 11 - rest;
    bool good = !pii_all_equal(value->digits, 12) && check == (unsigned)(value->digits[11] - '0');
    return good ? PII_SOLID : PII_FAILED;
}
