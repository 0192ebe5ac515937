/* pii_checksum.h - the check digits that numbers about people carry.
 *
 * All take the digits (or letters and digits) alone, without separators; lengths are the caller's
 * to check where a number has one length. A random number passes Luhn, ABA and Verhoeff one time in
 * ten, modulo 11 one in eleven, modulo 97 one in a hundred: only a share of many values tells.
 *
 * Threads: any. */
#ifndef PII_PII_CHECKSUM_H
#define PII_PII_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

bool pii_luhn(Str digits);
/* ISO 7064 modulo 97-10 over letters and digits in upper case: the IBAN with its first four
 * characters moved to the end leaves 1. */
bool pii_mod97_iban(Str compact);
bool pii_verhoeff(Str digits);
bool pii_aba(Str nine_digits);
/* sum of digit * weight, modulo `modulus`, over `count` digits */
unsigned pii_weighted(const char *digits, const uint8_t *weights, size_t count, unsigned modulus);
/* ISO 7064 modulo 11,10: the German tax number. */
bool pii_mod11_10(Str digits);
/* Bitcoin's old addresses: 25 bytes in base 58, the last 4 being a double SHA-256 of the rest. */
bool pii_base58check(Str text);
/* Bitcoin's new ones (BIP 173, BIP 350), for the prefix "bc". */
bool pii_bech32(Str text);

#endif
