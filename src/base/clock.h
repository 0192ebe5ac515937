/* clock.h - the time, and how we print it. Durations come from the monotonic clock.
 *
 * Threads: any. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/str.h"

int64_t clock_now_us(void); /* microseconds since 1970-01-01 UTC */
uint64_t clock_monotonic_ns(void);
double clock_seconds_since(uint64_t start_ns); /* from clock_monotonic_ns */
/* "2026-01-31T12:00:00.123456Z" (RFC 3339; the fraction is left out when it is zero). */
Str clock_format(int64_t time_us, Arena *arena);
enum { CLOCK_TEXT_MAX = 64 };
Str clock_print(int64_t time_us, char out[CLOCK_TEXT_MAX]); /* the same, without an arena */
bool clock_parse(Str text, int64_t *out_us); /* what clock_format prints, with Z or an offset */

#endif
