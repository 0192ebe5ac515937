/* clock.c - RFC 3339 text to and from microseconds, by the civil calendar's own arithmetic.
 *
 * days_from_civil and its inverse are Howard Hinnant's (howardhinnant.github.io/date_algorithms):
 * exact for every year, without the C library's time zones. clock_parse accepts years 0001 to
 * 9999, offsets up to 23:59 and up to nine digits of fraction (beyond six they are cut); it
 * refuses leap seconds (:60), which our microsecond count cannot hold.
 *
 * Tested by: tests/unit/base/test_clock.c. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static const int64_t us_per_second = 1000000;
static const int64_t seconds_per_day = 86400;

int64_t clock_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * us_per_second + now.tv_nsec / 1000;
}

uint64_t clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double clock_seconds_since(uint64_t start_ns) {
    return (double)(clock_monotonic_ns() - start_ns) * 1e-9;
}

typedef struct CivilDate {
    int64_t year;
    unsigned month, day;
} CivilDate;

static int64_t floor_div(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

static CivilDate civil_from_days(int64_t days) {
    days += 719468; /* from 1970-01-01 to 0000-03-01, where an era of 400 years begins */
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_shifted = (5 * day_of_year + 2) / 153; /* March is 0 */
    CivilDate date;
    date.day = (unsigned)(day_of_year - (153 * month_shifted + 2) / 5 + 1);
    date.month = (unsigned)(month_shifted < 10 ? month_shifted + 3 : month_shifted - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2);
    return date;
}

static int64_t days_from_civil(CivilDate date) {
    int64_t year = date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_shifted = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * month_shifted + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static unsigned days_in_month(int64_t year, unsigned month) {
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

Str clock_print(int64_t time_us, char out[CLOCK_TEXT_MAX]) {
    int64_t seconds = floor_div(time_us, us_per_second);
    int fraction = (int)(time_us % us_per_second);
    if (fraction < 0)
        fraction += (int)us_per_second;
    int64_t days = floor_div(seconds, seconds_per_day);
    int of_day = (int)(seconds - days * seconds_per_day);
    CivilDate date = civil_from_days(days);
    char suffix[12] = "";
    if (fraction != 0)
        snprintf(suffix, sizeof suffix, ".%06d", fraction);
    snprintf(out, CLOCK_TEXT_MAX, "%04d-%02u-%02uT%02d:%02d:%02d%sZ", (int)date.year, date.month,
             date.day, of_day / 3600, of_day / 60 % 60, of_day % 60, suffix);
    return str_c(out);
}

Str clock_format(int64_t time_us, Arena *arena) {
    char text[CLOCK_TEXT_MAX];
    return str_dup(arena, clock_print(time_us, text));
}

/* Exactly `digits` digits at *at, which moves behind them. */
static bool read_digits(Str text, size_t *at, size_t digits, unsigned *out) {
    if (text.length - *at < digits)
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[*at + i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *at += digits;
    *out = value;
    return true;
}

static bool read_char(Str text, size_t *at, char expected) {
    if (*at >= text.length || text.data[*at] != expected)
        return false;
    (*at)++;
    return true;
}

/* Optional ".123456789"; false for a point without digits or with more than nine. */
static bool read_fraction(Str text, size_t *at, int64_t *out_us) {
    *out_us = 0;
    if (!read_char(text, at, '.'))
        return true;
    int64_t scale = us_per_second / 10;
    size_t digits = 0;
    unsigned digit;
    for (; read_digits(text, at, 1, &digit); digits++, scale /= 10)
        *out_us += (int64_t)digit * scale;
    return digits >= 1 && digits <= 9;
}

static bool read_offset(Str text, size_t *at, int64_t *out_seconds) {
    *out_seconds = 0;
    if (read_char(text, at, 'Z') || read_char(text, at, 'z'))
        return true;
    int64_t sign = read_char(text, at, '-') ? -1 : 1;
    unsigned hours, minutes;
    if (sign > 0 && !read_char(text, at, '+'))
        return false;
    if (!read_digits(text, at, 2, &hours) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_seconds = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

bool clock_parse(Str text, int64_t *out_us) {
    size_t at = 0;
    unsigned year, month, day, hour, minute, second;
    int64_t fraction_us, offset_seconds;
    if (!read_digits(text, &at, 4, &year) || !read_char(text, &at, '-') ||
        !read_digits(text, &at, 2, &month) || !read_char(text, &at, '-') ||
        !read_digits(text, &at, 2, &day))
        return false;
    if (!read_char(text, &at, 'T') && !read_char(text, &at, 't') && !read_char(text, &at, ' '))
        return false;
    if (!read_digits(text, &at, 2, &hour) || !read_char(text, &at, ':') ||
        !read_digits(text, &at, 2, &minute) || !read_char(text, &at, ':') ||
        !read_digits(text, &at, 2, &second) || !read_fraction(text, &at, &fraction_us) ||
        !read_offset(text, &at, &offset_seconds) || at != text.length)
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t days = days_from_civil((CivilDate){year, month, day});
    int64_t seconds = days * seconds_per_day + (int64_t)(hour * 3600 + minute * 60 + second);
    *out_us = (seconds - offset_seconds) * us_per_second + fraction_us;
    return true;
}
