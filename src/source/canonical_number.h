/* canonical_number.h - inside of canonical_text: numbers, exact and floating.
 *
 * Ownership: appended to the caller's buffer, and only on success.   Threads: pure functions. */
#ifndef SOURCE_CANONICAL_NUMBER_H
#define SOURCE_CANONICAL_NUMBER_H

#include "base/row_batch.h"

/* Exponents beyond it are refused: no text grows a thousandfold. */
enum { CANONICAL_EXPONENT_MAX = 400 };

void canonical_i64(int64_t value, StrBuf *out);
void canonical_u64(uint64_t value, StrBuf *out);
void canonical_i128(Int128 value, uint8_t scale, StrBuf *out);
void canonical_f64(double value, StrBuf *out);
void canonical_f32(float value, StrBuf *out);

/* False: the text is no such number. */
bool canonical_decimal_text(Str text, StrBuf *out);
bool canonical_f64_text(Str text, StrBuf *out); /* finite text beyond the range: false */
bool canonical_f32_text(Str text, StrBuf *out);

#endif
