/* Moments at the ends of what MySQL holds: printed, counted, refused. */
#include "unit.h"

#include "source/mysql_print.h"

int suite_test_mysql_print(void);

static Str text(size_t length, const char *data) {
    return (Str){data, length};
}

static void dates(void **state) {
    (void)state;
    char out[MYSQL_PRINTED_MAX];
    MysqlMoment moment = {.year = 2024, .month = 2, .day = 9, .hour = 3, .microsecond = 120000};
    assert_str_equal(text(mysql_print_date(&moment, out), out), "2024-02-09");
    assert_str_equal(text(mysql_print_datetime(&moment, 0, out), out), "2024-02-09 03:00:00");
    assert_str_equal(text(mysql_print_datetime(&moment, 3, out), out), "2024-02-09 03:00:00.120");
    assert_str_equal(text(mysql_print_datetime(&moment, 7, out), out),
                     "2024-02-09 03:00:00.120000");
    moment = (MysqlMoment){.month = 0};
    assert_str_equal(text(mysql_print_datetime(&moment, 7, out), out), "0000-00-00 00:00:00");
    assert_str_equal(text(mysql_print_date(&moment, out), out), "0000-00-00");
}

static void times(void **state) {
    (void)state;
    char out[MYSQL_PRINTED_MAX];
    MysqlMoment moment = {.hour = 838, .minute = 59, .second = 59, .negative = true};
    assert_str_equal(text(mysql_print_time(&moment, 0, out), out), "-838:59:59");
    assert_str_equal(text(mysql_print_time(&moment, 6, out), out), "-838:59:59.000000");
    moment = (MysqlMoment){.microsecond = 1};
    assert_str_equal(text(mysql_print_time(&moment, 6, out), out), "00:00:00.000001");
}

static void integers(void **state) {
    (void)state;
    char out[MYSQL_PRINTED_MAX];
    assert_str_equal(text(mysql_print_integer(UINT64_MAX, true, 0, out), out),
                     "-18446744073709551615");
    assert_str_equal(text(mysql_print_integer(42, false, 8, out), out), "00000042");
    assert_int_equal(mysql_print_integer(0, false, 255, out), 40);
}

static void days(void **state) {
    (void)state;
    static const struct {
        MysqlMoment moment;
        int32_t days;
    } known[] = {{{.year = 1970, .month = 1, .day = 1}, 0},
                 {{.year = 1969, .month = 12, .day = 31}, -1},
                 {{.year = 2000, .month = 2, .day = 29}, 11016},
                 {{.year = 2024, .month = 3, .day = 1}, 19783},
                 {{.year = 1, .month = 1, .day = 1}, -719162},
                 {{.year = 9999, .month = 12, .day = 31}, 2932896}};
    int32_t count;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(mysql_days(&known[i].moment, &count));
        assert_int_equal(count, known[i].days);
    }
    static const MysqlMoment none[] = {{0},
                                       {.year = 2024},
                                       {.year = 2024, .month = 2},
                                       {.year = 2023, .month = 2, .day = 29},
                                       {.year = 1900, .month = 2, .day = 29},
                                       {.year = 2024, .month = 2, .day = 30},
                                       {.year = 2024, .month = 13, .day = 1},
                                       {.year = 2024, .month = 4, .day = 31},
                                       {.year = 0, .month = 1, .day = 1},
                                       {.year = 10000, .month = 1, .day = 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(mysql_days(&none[i], &count));
}

/* Day by day over 9999 years there is neither a gap nor a repetition. */
static void days_are_consecutive(void **state) {
    (void)state;
    int32_t expected = -719162, count = 0;
    for (uint32_t year = 1; year <= 9999; year++)
        for (uint32_t month = 1; month <= 12; month++)
            for (uint32_t day = 1; day <= 31; day++) {
                MysqlMoment moment = {.year = year, .month = month, .day = day};
                if (mysql_days(&moment, &count) && count != expected++)
                    fail_msg("%u-%u-%u is %d", year, month, day, count);
            }
    assert_int_equal(expected, 2932897);
}

static void microseconds(void **state) {
    (void)state;
    int64_t us;
    MysqlMoment moment = {.hour = 23, .minute = 59, .second = 59, .microsecond = 999999};
    assert_true(mysql_time_us(&moment, &us) && us == 86399999999);
    moment.hour = 24;
    assert_false(mysql_time_us(&moment, &us));
    moment = (MysqlMoment){.negative = true, .microsecond = 1};
    assert_false(mysql_time_us(&moment, &us));
    moment = (MysqlMoment){.year = 9999,
                           .month = 12,
                           .day = 31,
                           .hour = 23,
                           .minute = 59,
                           .second = 59,
                           .microsecond = 999999};
    assert_true(mysql_datetime_us(&moment, &us) && us == 253402300799999999);
    moment = (MysqlMoment){.year = 1969, .month = 12, .day = 31, .hour = 23, .minute = 59};
    assert_true(mysql_datetime_us(&moment, &us) && us == -60000000);
    moment.minute = 60;
    assert_false(mysql_datetime_us(&moment, &us));
}

int suite_test_mysql_print(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(dates),
                                       cmocka_unit_test(times),
                                       cmocka_unit_test(integers),
                                       cmocka_unit_test(days),
                                       cmocka_unit_test(days_are_consecutive),
                                       cmocka_unit_test(microseconds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
