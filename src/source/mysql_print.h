/* mysql_print.h - dates and times as the server itself prints them.
 *
 * Needed for what no typed column holds: 0000-00-00, 2024-02-00, -838:59:59.
 *
 * Threads: pure functions. */
#ifndef SOURCE_MYSQL_PRINT_H
#define SOURCE_MYSQL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A date, a point in time, or a duration (hours up to 838, days 0), taken out of a row. */
typedef struct MysqlMoment {
    uint32_t year, month, day, hour, minute, second, microsecond;
    bool negative;
} MysqlMoment;

enum { MYSQL_PRINTED_MAX = 48 };

/* All return the length. `decimals`: 0 to 6 digits of a fraction; beyond that six, or none when it
 * is 0. */
size_t mysql_print_date(const MysqlMoment *moment, char out[MYSQL_PRINTED_MAX]);
size_t mysql_print_datetime(const MysqlMoment *moment, unsigned decimals,
                            char out[MYSQL_PRINTED_MAX]);
size_t mysql_print_time(const MysqlMoment *moment, unsigned decimals, char out[MYSQL_PRINTED_MAX]);
/* With leading zeros up to `width` digits; the sign is not one of them. */
size_t mysql_print_integer(uint64_t magnitude, bool negative, unsigned width,
                           char out[MYSQL_PRINTED_MAX]);

/* Days since 1970-01-01; false for what is no day of the calendar, and for the year 0000 (which
 * sorts before 0001 but is printed as no other system prints it). */
bool mysql_days(const MysqlMoment *moment, int32_t *out);
/* Microseconds since midnight; false below zero and from 24:00:00 on. */
bool mysql_time_us(const MysqlMoment *moment, int64_t *out);
bool mysql_datetime_us(const MysqlMoment *moment, int64_t *out);

#endif
