/* pii_detect_payment.c - cards, IBANs, bank accounts, wallets.
 *
 * A card must have an issuer's prefix with its length and pass Luhn; 13 digits beginning with 1 are
 * milliseconds since 1970. An IBAN must have its country's length and leave 1 modulo 97. A routing
 * number has one of the Federal Reserve's prefixes and the ABA checksum. An account number is bare
 * digits and needs the column's name.
 *
 * Tested by: test_pii_payment.c. */
#include <string.h>

#include "pii/pii_checksum.h"
#include "pii/pii_detect.h"

/* ---- cards ---- */

static bool is_issued(const char *digits, size_t count) {
    unsigned two = pii_number(digits, 0, 2), three = pii_number(digits, 0, 3);
    unsigned four = pii_number(digits, 0, 4);
    switch (count) {
    case 13:
        return digits[0] == '4';
    case 14:
        return (three >= 300 && three <= 305) || two == 36 || two == 38;
    case 15:
        return two == 34 || two == 37;
    case 16:
        return digits[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
               four == 6011 || (three >= 644 && three <= 649) || two == 65 ||
               (four >= 3528 && four <= 3589);
    case 19:
        return digits[0] == '4' || two == 65;
    default:
        return false;
    }
}

/* Groups as on cards: one separator throughout, no group shorter than 3 ("4111 1111 1111 1111"). */
static bool is_grouped(Str text) {
    size_t group = 0;
    char separator = '\0';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c >= '0' && c <= '9') {
            group++;
            continue;
        }
        if (group < 3 || (separator != '\0' && c != separator))
            return false;
        separator = c;
        group = 0;
    }
    return group >= 3;
}

PiiMatch pii_detect_card(const PiiValue *value) {
    if (value->digit_count < 13 || value->digit_count > 19 || value->letter_count > 0 ||
        value->wide_count > 0 || !pii_marks_within(value, MARK_DASH | MARK_SPACE) ||
        !is_grouped(value->text))
        return PII_MISS;
    Str digits = {value->digits, value->digit_count};
    return is_issued(value->digits, value->digit_count) &&
                   !pii_all_equal(value->digits, value->digit_count) && pii_luhn(digits)
               ? PII_SOLID
               : PII_FAILED;
}

/* ---- IBAN ---- */

/* The registry of ISO 13616: country, length. */
static const char iban_lengths[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

static size_t iban_length(const char *country) {
    for (size_t i = 0; i + 4 < sizeof iban_lengths; i += 4)
        if (memcmp(iban_lengths + i, country, 2) == 0)
            return pii_number(iban_lengths, i + 2, 2);
    return 0;
}

PiiMatch pii_detect_iban(const PiiValue *value) {
    Str compact = {value->compact, value->compact_length};
    if (compact.length < 15 || compact.length > 33 || value->wide_count > 0 ||
        !pii_marks_within(value, MARK_SPACE | MARK_DASH) ||
        !pii_shape(str_slice(compact, 0, 4), "AAdd"))
        return PII_MISS;
    if (iban_length(compact.data) != compact.length)
        return PII_MISS;
    return pii_mod97_iban(compact) ? PII_SOLID : PII_FAILED;
}

/* ---- bank accounts ---- */

PiiMatch pii_detect_bank(const PiiValue *value) {
    bool digits = value->letter_count == 0 && value->digit_count >= 6 && value->digit_count <= 18 &&
                  value->wide_count == 0 && pii_marks_within(value, MARK_SPACE | MARK_DASH);
    return digits && !pii_all_equal(value->digits, value->digit_count) ? PII_WEAK : PII_MISS;
}

/* 00 is the government, 61-72 electronic, 80 traveller's cheques. */
static bool is_reserve_district(unsigned two) {
    return two <= 12 || (two >= 21 && two <= 32) || (two >= 61 && two <= 72) || two == 80;
}

PiiMatch pii_detect_routing(const PiiValue *value) {
    if (!pii_only_digits(value, 9))
        return PII_MISS;
    bool good = is_reserve_district(pii_number(value->digits, 0, 2)) &&
                !pii_all_equal(value->digits, 9) && pii_aba((Str){value->digits, 9});
    return good ? PII_SOLID : PII_FAILED;
}

/* ---- wallets ---- */

PiiMatch pii_detect_wallet(const PiiValue *value) {
    Str text = value->text;
    if (value->marks != 0 || value->wide_count > 0 || text.length < 14 || text.length > 74)
        return PII_MISS;
    if ((text.data[0] == '1' || text.data[0] == '3') && text.length >= 25 && text.length <= 35)
        return value->letter_count == 0 ? PII_MISS : pii_base58check(text) ? PII_SOLID : PII_FAILED;
    if (str_eq_nocase(str_slice(text, 0, 3), STR("bc1")))
        return pii_bech32(text) ? PII_SOLID : PII_FAILED;
    if (text.length == 42 && str_starts(text, STR("0x")) &&
        pii_shape(text, "0xhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"))
        return PII_WEAK; /* Ethereum: any 20 bytes */
    return PII_MISS;
}
