/* value_text.h - SQL values as text: exact, and the same in JSON and CSV.
 *
 * Numbers are decimal and read back to the same value; dates and times are ISO 8601 with 'T' (those
 * with a time zone in UTC, ending in 'Z'); years before 1 end in " (BC)", infinite ones are
 * "infinity" and "-infinity"; bytes are base64.
 *
 * Whether a number may stand bare in JSON is for text_number_is_exact to say: integers up to 2^53,
 * decimals up to 15 digits survive a reader that makes doubles of them; others become strings.
 *
 * Threads: pure functions. */
#ifndef QUERY_VALUE_TEXT_H
#define QUERY_VALUE_TEXT_H

#include <stdint.h>

#include "base/str.h"

__extension__ typedef __int128 TextInt128;
__extension__ typedef unsigned __int128 TextUint128;

enum { TEXT_NUMBER_BYTES = 64, TEXT_TIME_BYTES = 64 };

typedef enum TimeUnit { TIME_SECONDS, TIME_MILLIS, TIME_MICROS, TIME_NANOS } TimeUnit;

/* Each writes into `out` and returns what it wrote. */
Str text_int64(int64_t value, char out[TEXT_NUMBER_BYTES]);
Str text_int128(TextInt128 value, char out[TEXT_NUMBER_BYTES]);
Str text_uint128(TextUint128 value, char out[TEXT_NUMBER_BYTES]);
Str text_decimal(TextInt128 unscaled, uint8_t scale, char out[TEXT_NUMBER_BYTES]);
Str text_float(float value, char out[TEXT_NUMBER_BYTES]);   /* shortest; "NaN", "-Infinity" */
Str text_double(double value, char out[TEXT_NUMBER_BYTES]); /* the same */
Str text_date(int32_t days, char out[TEXT_TIME_BYTES]);
Str text_time(int64_t since_midnight, TimeUnit unit, char out[TEXT_TIME_BYTES]);
Str text_timestamp(int64_t since_1970, TimeUnit unit, bool utc, char out[TEXT_TIME_BYTES]);
Str text_uuid(TextUint128 value, char out[TEXT_TIME_BYTES]);

bool text_number_is_exact(TextInt128 unscaled, uint8_t scale);

void text_append_json_string(StrBuf *out, Str text); /* with its quotes */
void text_append_base64(StrBuf *out, Str bytes);

#endif
