/* value_text.c - write SQL values as exact text.
 *
 * Floats are tried with the fewest digits that can be enough (6 or 15) and with more until they
 * read back to the same bits: 0.1 stays 0.1. The calendar is Howard Hinnant's days-to-civil
 * algorithm (howardhinnant.github.io/date_algorithms.html), good for every int32 day.
 *
 * Tested by: test_value_text.c. */
#include "query/value_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_INTEGER_MAX 9007199254740992 /* 2^53 */
#define EXACT_DECIMAL_MAX 999999999999999  /* 15 digits */
#define DAY_SECONDS       86400
#define DAYS_INFINITY     INT32_MAX /* as DuckDB has it; minus infinity is -INT32_MAX */
#define TIME_INFINITY     INT64_MAX

static Str written(const char *out, int length) {
    return str_make(out, (size_t)length);
}

/* ---- numbers ---- */

Str text_int64(int64_t value, char out[TEXT_NUMBER_BYTES]) {
    return written(out, snprintf(out, TEXT_NUMBER_BYTES, "%" PRId64, value));
}

/* 39 digits at most. */
static Str print_digits(TextUint128 value, char *out) {
    char digits[40];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    return str_make(out, count);
}

Str text_uint128(TextUint128 value, char out[TEXT_NUMBER_BYTES]) {
    return print_digits(value, out);
}

Str text_int128(TextInt128 value, char out[TEXT_NUMBER_BYTES]) {
    if (value >= 0)
        return text_uint128((TextUint128)value, out);
    out[0] = '-';
    Str digits = print_digits(-(TextUint128)value, out + 1);
    return str_make(out, digits.length + 1);
}

Str text_decimal(TextInt128 unscaled, uint8_t scale, char out[TEXT_NUMBER_BYTES]) {
    if (scale == 0)
        return text_int128(unscaled, out);
    char digits[TEXT_NUMBER_BYTES];
    bool negative = unscaled < 0;
    Str all = text_uint128(negative ? -(TextUint128)unscaled : (TextUint128)unscaled, digits);
    size_t length = 0;
    if (negative)
        out[length++] = '-';
    size_t whole = all.length > scale ? all.length - scale : 0;
    if (whole == 0)
        out[length++] = '0';
    memcpy(out + length, all.data, whole);
    length += whole;
    out[length++] = '.';
    for (size_t zeros = all.length; zeros < scale; zeros++)
        out[length++] = '0';
    memcpy(out + length, all.data + whole, all.length - whole);
    return str_make(out, length + all.length - whole);
}

bool text_number_is_exact(TextInt128 unscaled, uint8_t scale) {
    TextInt128 limit = scale == 0 ? EXACT_INTEGER_MAX : EXACT_DECIMAL_MAX;
    return unscaled <= limit && unscaled >= -limit;
}

static Str not_finite(double value, char out[TEXT_NUMBER_BYTES]) {
    const char *name = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return written(out, snprintf(out, TEXT_NUMBER_BYTES, "%s", name));
}

/* "5" would read back as an integer: DuckDB and we write 5.0. */
static Str with_point(char out[TEXT_NUMBER_BYTES], int length) {
    if (strpbrk(out, ".e") == NULL) {
        memcpy(out + length, ".0", 3);
        length += 2;
    }
    return written(out, length);
}

Str text_float(float value, char out[TEXT_NUMBER_BYTES]) {
    if (!isfinite(value))
        return not_finite((double)value, out);
    int length = 0;
    for (int digits = 6; digits <= 9; digits++) {
        length = snprintf(out, TEXT_NUMBER_BYTES, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value)
            break;
    }
    return with_point(out, length);
}

Str text_double(double value, char out[TEXT_NUMBER_BYTES]) {
    if (!isfinite(value))
        return not_finite(value, out);
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, TEXT_NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return with_point(out, length);
}

/* ---- dates and times ---- */

typedef struct Civil {
    int64_t year;
    int month, day;
} Civil;

static Civil civil_from_days(int64_t days) {
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    Civil civil = {.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
                   .month = (int)(month < 10 ? month + 3 : month - 9)};
    civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
    return civil;
}

/* Proleptic years: 0 is 1 BC. */
static int print_date(int64_t days, char *out, size_t size) {
    Civil civil = civil_from_days(days);
    int64_t year = civil.year > 0 ? civil.year : 1 - civil.year;
    return snprintf(out, size, "%04" PRId64 "-%02d-%02d", year, civil.month, civil.day);
}

static const char *era_suffix(int64_t days) {
    return civil_from_days(days).year > 0 ? "" : " (BC)";
}

Str text_date(int32_t days, char out[TEXT_TIME_BYTES]) {
    if (days == DAYS_INFINITY || days == -DAYS_INFINITY)
        return written(out, snprintf(out, TEXT_TIME_BYTES, "%sinfinity", days < 0 ? "-" : ""));
    int length = print_date(days, out, TEXT_TIME_BYTES);
    const char *era = era_suffix(days);
    return written(out,
                   length + snprintf(out + length, TEXT_TIME_BYTES - (size_t)length, "%s", era));
}

static int64_t unit_per_second(TimeUnit unit) {
    static const int64_t per_second[] = {[TIME_SECONDS] = 1,
                                         [TIME_MILLIS] = 1000,
                                         [TIME_MICROS] = 1000000,
                                         [TIME_NANOS] = 1000000000};
    return per_second[unit];
}

/* "12:00:00", with a fraction when there is one: 3, 6 or 9 digits, trailing zeros off. */
static int print_time(int64_t value, TimeUnit unit, char *out, size_t size) {
    int64_t per_second = unit_per_second(unit);
    int64_t seconds = value / per_second;
    int64_t fraction = value % per_second;
    int length = snprintf(out, size, "%02d:%02d:%02d", (int)(seconds / 3600),
                          (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (fraction == 0)
        return length;
    int digits = unit == TIME_MILLIS ? 3 : unit == TIME_MICROS ? 6 : 9;
    while (fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    return length + snprintf(out + length, size - (size_t)length, ".%0*" PRId64, digits, fraction);
}

Str text_time(int64_t since_midnight, TimeUnit unit, char out[TEXT_TIME_BYTES]) {
    return written(out, print_time(since_midnight, unit, out, TEXT_TIME_BYTES));
}

Str text_timestamp(int64_t since_1970, TimeUnit unit, bool utc, char out[TEXT_TIME_BYTES]) {
    if (since_1970 == TIME_INFINITY || since_1970 == -TIME_INFINITY)
        return written(out,
                       snprintf(out, TEXT_TIME_BYTES, "%sinfinity", since_1970 < 0 ? "-" : ""));
    int64_t per_day = DAY_SECONDS * unit_per_second(unit);
    int64_t days = since_1970 / per_day;
    int64_t rest = since_1970 % per_day;
    if (rest < 0) {
        rest += per_day;
        days--;
    }
    int length = print_date(days, out, TEXT_TIME_BYTES);
    out[length++] = 'T';
    length += print_time(rest, unit, out + length, TEXT_TIME_BYTES - (size_t)length);
    length += snprintf(out + length, TEXT_TIME_BYTES - (size_t)length, "%s%s", utc ? "Z" : "",
                       era_suffix(days));
    return written(out, length);
}

Str text_uuid(TextUint128 value, char out[TEXT_TIME_BYTES]) {
    uint64_t high = (uint64_t)(value >> 64);
    uint64_t low = (uint64_t)value;
    return written(
        out, snprintf(out, TEXT_TIME_BYTES,
                      "%08" PRIx32 "-%04" PRIx32 "-%04" PRIx32 "-%04" PRIx32 "-%012" PRIx64,
                      (uint32_t)(high >> 32), (uint32_t)(high >> 16 & 0xffff),
                      (uint32_t)(high & 0xffff), (uint32_t)(low >> 48), low & 0xffffffffffff));
}

/* ---- strings and bytes ---- */

void text_append_json_string(StrBuf *out, Str text) {
    strbuf_append_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_append(out, str_slice(text, from, i));
        from = i + 1;
        if (c == '"' || c == '\\') {
            strbuf_append_char(out, '\\');
            strbuf_append_char(out, (char)c);
        } else if (c == '\n') {
            strbuf_append_c(out, "\\n");
        } else if (c == '\t') {
            strbuf_append_c(out, "\\t");
        } else if (c == '\r') {
            strbuf_append_c(out, "\\r");
        } else {
            strbuf_append_format(out, "\\u%04x", c);
        }
    }
    strbuf_append(out, str_slice(text, from, text.length));
    strbuf_append_char(out, '"');
}

void text_append_base64(StrBuf *out, Str bytes) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.data;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t group = (uint32_t)in[i] << 16;
        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)in[i + 2] : 0;
        strbuf_append_char(out, letters[group >> 18]);
        strbuf_append_char(out, letters[group >> 12 & 63]);
        strbuf_append_char(out, left > 1 ? letters[group >> 6 & 63] : '=');
        strbuf_append_char(out, left > 2 ? letters[group & 63] : '=');
    }
}
