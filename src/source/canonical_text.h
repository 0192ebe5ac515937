/* canonical_text.h - one text for one value, however it was stored or printed.
 *
 * Two sides that hold the same value come to the same bytes: a database's own printing (read as
 * text) and a typed value of ours. By stored type:
 *
 *   BOOLEAN            true, false (from t, f, 1, 0)
 *   integers, DECIMAL  -12.5: no '+', no leading zeros, no zeros behind the last decimal, 0 for -0
 *   FLOAT, DOUBLE      the fewest digits, of 6 to 9 and 15 to 17, that give the same bits back;
 *                      nan, inf, -inf; -0 is -0
 *   DATE               2024-02-29; years beyond 9999 with all their digits, before 1 as
 *                      "0044-03-15 BC"; infinity, -infinity
 *   TIME, TIMESTAMP    2024-02-29 23:59:59.5: no zeros behind the last digit of a fraction; a time
 *                      of day may be 24:00:00
 *   TIMESTAMP WITH TIME ZONE   the same, in UTC, with "+00"; "0044-03-15 12:00:00+00 BC"
 *   BLOB               lower-case hex (from \x6162, HEX, or raw bytes)
 *   VARCHAR, all else  the bytes as they are
 *
 * Errors: FAIL_UNPROCESSABLE for a text that is no value of the type.
 * Ownership: appended to the caller's buffer.   Threads: pure functions. */
#ifndef SOURCE_CANONICAL_TEXT_H
#define SOURCE_CANONICAL_TEXT_H

#include "base/row_batch.h"

typedef enum CanonicalKind {
    CANONICAL_TEXT,
    CANONICAL_BOOL,
    CANONICAL_DECIMAL, /* integers, too */
    CANONICAL_FLOAT,
    CANONICAL_DOUBLE,
    CANONICAL_DATE,
    CANONICAL_TIME,
    CANONICAL_TIMESTAMP,
    CANONICAL_TIMESTAMPTZ,
    CANONICAL_BLOB
} CanonicalKind;

CanonicalKind canonical_kind(Str stored_type); /* "DECIMAL(10,2)" -> CANONICAL_DECIMAL */
/* A value that is not NULL, printed by its source. */
MUST_CHECK bool canonical_from_text(CanonicalKind kind, Str printed, StrBuf *out, Err *err);
/* A typed value that is not NULL; FLOAT32_LIST is not for here. */
void canonical_from_row(const RowColumn *column, size_t row, StrBuf *out);

#endif
