/* mysql_print.c - moments to text, to days and to microseconds.
 *
 * Digits are written by hand, not by snprintf: where a column of dates ended as VARCHAR, this runs
 * once a value. Days are counted by the civil calendar's closed form (Howard Hinnant, "chrono
 * -Compatible Low-Level Date Algorithms"), restricted to years from 1 on.
 *
 * Tested by: test_mysql_print.c. */
#include "source/mysql_print.h"

enum { SECOND_DIGITS = 6, HOURS_A_DAY = 24, INTEGER_DIGITS_MAX = 40 };

/* `width` digits, more when the value has more. */
static size_t put_digits(uint64_t value, size_t width, char *out) {
    size_t digits = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10)
        digits++;
    if (digits < width)
        digits = width;
    for (size_t i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return digits;
}

static size_t put_fraction(uint32_t microsecond, unsigned decimals, char *out) {
    if (decimals > SECOND_DIGITS)
        decimals = microsecond == 0 ? 0 : SECOND_DIGITS;
    if (decimals == 0)
        return 0;
    out[0] = '.';
    put_digits(microsecond, SECOND_DIGITS, out + 1);
    return 1 + decimals;
}

static size_t put_clock(const MysqlMoment *moment, unsigned decimals, char *out) {
    size_t length = put_digits(moment->hour, 2, out);
    out[length++] = ':';
    length += put_digits(moment->minute, 2, out + length);
    out[length++] = ':';
    length += put_digits(moment->second, 2, out + length);
    return length + put_fraction(moment->microsecond, decimals, out + length);
}

size_t mysql_print_date(const MysqlMoment *moment, char out[MYSQL_PRINTED_MAX]) {
    size_t length = put_digits(moment->year, 4, out);
    out[length++] = '-';
    length += put_digits(moment->month, 2, out + length);
    out[length++] = '-';
    return length + put_digits(moment->day, 2, out + length);
}

size_t mysql_print_datetime(const MysqlMoment *moment, unsigned decimals,
                            char out[MYSQL_PRINTED_MAX]) {
    size_t length = mysql_print_date(moment, out);
    out[length++] = ' ';
    return length + put_clock(moment, decimals, out + length);
}

size_t mysql_print_time(const MysqlMoment *moment, unsigned decimals, char out[MYSQL_PRINTED_MAX]) {
    out[0] = '-';
    return moment->negative + put_clock(moment, decimals, out + moment->negative);
}

size_t mysql_print_integer(uint64_t magnitude, bool negative, unsigned width,
                           char out[MYSQL_PRINTED_MAX]) {
    out[0] = '-';
    return negative + put_digits(magnitude, width < INTEGER_DIGITS_MAX ? width : INTEGER_DIGITS_MAX,
                                 out + negative);
}

static bool is_leap(uint32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool mysql_days(const MysqlMoment *moment, int32_t *out) {
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (moment->year < 1 || moment->year > 9999 || moment->month < 1 || moment->month > 12)
        return false;
    uint32_t last = month_days[moment->month - 1];
    if (moment->month == 2 && is_leap(moment->year))
        last++;
    if (moment->day < 1 || moment->day > last)
        return false;
    /* Years begin in March, so that the leap day is the last. */
    int32_t year = (int32_t)moment->year - (moment->month <= 2);
    int32_t month = (int32_t)(moment->month + (moment->month > 2 ? 0u : 12u)) - 3;
    int32_t era = year / 400;
    int32_t year_of_era = year - era * 400;
    int32_t day_of_year = (153 * month + 2) / 5 + (int32_t)moment->day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *out = era * 146097 + day_of_era - 719468;
    return true;
}

static bool clock_us(const MysqlMoment *moment, int64_t *out) {
    if (moment->minute > 59 || moment->second > 59 || moment->microsecond > 999999)
        return false;
    *out =
        ((int64_t)moment->hour * 3600 + (int64_t)moment->minute * 60 + moment->second) * 1000000 +
        moment->microsecond;
    return true;
}

bool mysql_time_us(const MysqlMoment *moment, int64_t *out) {
    return !moment->negative && moment->hour < HOURS_A_DAY && clock_us(moment, out);
}

bool mysql_datetime_us(const MysqlMoment *moment, int64_t *out) {
    int32_t days;
    int64_t clock;
    if (!mysql_days(moment, &days) || moment->hour >= HOURS_A_DAY || !clock_us(moment, &clock))
        return false;
    *out = (int64_t)days * 86400 * 1000000 + clock;
    return true;
}
