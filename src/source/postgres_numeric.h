/* postgres_numeric.h - PostgreSQL's numeric as its binary protocol sends it.
 *
 *     int16 digit count, int16 weight, uint16 sign, uint16 display scale, digits (int16 each)
 *
 * Digits are base 10000, the first one the most significant; the value is
 * sum(digit[i] * 10000^(weight - i)). All big-endian.
 *
 * Errors: none; a result says what the bytes turned out to be. Every length is checked.
 * Ownership: PgNumeric borrows the bytes.   Threads: pure functions. */
#ifndef SOURCE_POSTGRES_NUMERIC_H
#define SOURCE_POSTGRES_NUMERIC_H

#include "base/row_batch.h"

typedef enum PgNumericKind {
    PG_NUMERIC_BAD, /* not a numeric: wrong length, digit beyond 9999, unknown sign */
    PG_NUMERIC_FINITE,
    PG_NUMERIC_NAN,
    PG_NUMERIC_PLUS_INFINITY,
    PG_NUMERIC_MINUS_INFINITY
} PgNumericKind;

typedef struct PgNumeric {
    const unsigned char *digits; /* big-endian pairs */
    int count;                   /* of base-10000 digits */
    int weight;
    bool negative;
} PgNumeric;

PgNumericKind pg_numeric_read(const unsigned char *bytes, size_t length, PgNumeric *out);
/* value * 10^scale, exactly; false when it has digits beyond the scale or is `limit` or more. */
bool pg_numeric_to_decimal(const PgNumeric *numeric, uint8_t scale, Int128 limit, Int128 *out);
/* The nearest double. *out_exact: its shortest decimal digits are those of the numeric again, so
 * that nothing was lost on the way; false, too, for what overflows. */
double pg_numeric_to_double(const PgNumeric *numeric, bool *out_exact);
Int128 pg_numeric_limit(unsigned digits); /* 10^digits, up to 38 */

#endif
