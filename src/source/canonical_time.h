/* canonical_time.h - inside of canonical_text: dates and times, both ways.
 *
 * Days and microseconds count from 1970-01-01, in the proleptic Gregorian calendar. Infinity is
 * DuckDB's: INT32_MAX and -INT32_MAX days, INT64_MAX and -INT64_MAX microseconds.
 *
 * Ownership: appended to the caller's buffer.   Threads: pure functions. */
#ifndef SOURCE_CANONICAL_TIME_H
#define SOURCE_CANONICAL_TIME_H

#include "base/str.h"

typedef enum CanonicalZone { CANONICAL_NO_ZONE, CANONICAL_UTC } CanonicalZone;

void canonical_date(int32_t days, StrBuf *out);
void canonical_time(int64_t us, StrBuf *out);
void canonical_timestamp(int64_t us, CanonicalZone zone, StrBuf *out);

/* False: the text is none, or beyond what the numbers hold. */
bool canonical_date_read(Str text, int32_t *out_days);
bool canonical_time_read(Str text, int64_t *out_us);
/* CANONICAL_UTC: a zone may stand behind the time; without one the text is taken for UTC. */
bool canonical_timestamp_read(Str text, CanonicalZone zone, int64_t *out_us);

#endif
