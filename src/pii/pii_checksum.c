/* pii_checksum.c - check digits, each as its standard has it.
 *
 * Luhn: ISO/IEC 7812-1 annex B. Modulo 97: ISO 13616. ABA: ANSI X9.13. Verhoeff: J. Verhoeff,
 * Error Detecting Decimal Codes (1969). Base58check and bech32: the Bitcoin wiki, BIP 173, BIP 350.
 *
 * Tested by: test_pii_checksum.c (published numbers; every single wrong digit is caught). */
#include "pii/pii_checksum.h"

#include <string.h>

#include "base/hash.h"

bool pii_luhn(Str digits) {
    unsigned sum = 0;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned)(digits.data[digits.length - 1 - i] - '0');
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return digits.length > 1 && sum % 10 == 0;
}

bool pii_mod97_iban(Str compact) {
    unsigned rest = 0;
    if (compact.length < 5)
        return false;
    for (size_t i = 0; i < compact.length; i++) {
        char c = compact.data[(i + 4) % compact.length];
        if (c >= '0' && c <= '9')
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else
            rest = (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
    }
    return rest == 1;
}

bool pii_verhoeff(Str digits) {
    static const uint8_t product[10][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
        {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
        {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
        {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
    static const uint8_t permuted[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    unsigned check = 0;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned)(digits.data[digits.length - 1 - i] - '0');
        check = product[check][permuted[i % 8][digit]];
    }
    return digits.length > 1 && check == 0;
}

unsigned pii_weighted(const char *digits, const uint8_t *weights, size_t count, unsigned modulus) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (unsigned)(digits[i] - '0') * weights[i];
    return sum % modulus;
}

bool pii_aba(Str nine_digits) {
    static const uint8_t weights[9] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    return nine_digits.length == 9 && pii_weighted(nine_digits.data, weights, 9, 10) == 0;
}

bool pii_mod11_10(Str digits) {
    unsigned product = 10;
    if (digits.length < 2)
        return false;
    for (size_t i = 0; i + 1 < digits.length; i++) {
        unsigned sum = ((unsigned)(digits.data[i] - '0') + product) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    unsigned check = (11 - product) % 10;
    return check == (unsigned)(digits.data[digits.length - 1] - '0');
}

/* ---- Bitcoin ---- */

enum { WALLET_BYTES = 25 };

static bool base58_decode(Str text, uint8_t out[WALLET_BYTES]) {
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    memset(out, 0, WALLET_BYTES);
    for (size_t i = 0; i < text.length; i++) {
        const char *digit = memchr(digits, text.data[i], sizeof digits - 1);
        if (digit == NULL)
            return false;
        unsigned carry = (unsigned)(digit - digits);
        for (size_t b = WALLET_BYTES; b-- > 0;) {
            carry += out[b] * 58u;
            out[b] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0)
            return false;
    }
    return true;
}

bool pii_base58check(Str text) {
    uint8_t address[WALLET_BYTES], once[32], twice[32];
    if (text.length < WALLET_BYTES || text.length > 35 || !base58_decode(text, address))
        return false;
    sha256(str_make(address, WALLET_BYTES - 4), once);
    sha256(str_make(once, sizeof once), twice);
    return memcmp(twice, address + WALLET_BYTES - 4, 4) == 0;
}

static uint32_t bech32_step(uint32_t check, uint32_t value) {
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = check >> 25;
    check = (check & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        check ^= (top >> i & 1) != 0 ? generator[i] : 0;
    return check;
}

bool pii_bech32(Str text) {
    static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    if (text.length < 14 || text.length > 74)
        return false;
    uint32_t check = 1;
    static const uint8_t prefix[] = {3, 3, 0, 2, 3}; /* "bc", expanded */
    for (size_t i = 0; i < sizeof prefix; i++)
        check = bech32_step(check, prefix[i]);
    for (size_t i = 3; i < text.length; i++) {
        char c = text.data[i];
        const char *digit = memchr(digits, c >= 'A' && c <= 'Z' ? c + 32 : c, sizeof digits - 1);
        if (digit == NULL)
            return false;
        check = bech32_step(check, (uint32_t)(digit - digits));
    }
    return check == 1 || check == 0x2bc830a3;
}
