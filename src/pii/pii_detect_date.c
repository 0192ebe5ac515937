/* pii_detect_date.c - days on which somebody may have been born.
 *
 * A date alone is no personal data: all matches are weak and count only where the column's name
 * speaks of birth. A day must exist and lie between 1900 and the end of this year.
 *
 * Tested by: test_pii_network.c. */
#include <string.h>
#include <time.h>

#include "pii/pii_detect.h"

enum { YEAR_MIN = 1900 };

static unsigned this_year(void) {
    time_t now = time(NULL);
    struct tm utc;
    return gmtime_r(&now, &utc) != NULL ? (unsigned)(utc.tm_year + 1900) : 2100;
}

static PiiMatch judge(unsigned year, unsigned month, unsigned day) {
    bool good = year >= YEAR_MIN && year <= this_year() && pii_is_day(year, month, day);
    return good ? PII_WEAK : PII_FAILED;
}

PiiMatch pii_birth_of_days(int64_t days_since_1970) {
    enum { DAYS_TO_1900 = -25567 };
    int64_t today = (int64_t)(time(NULL) / 86400);
    return days_since_1970 >= DAYS_TO_1900 && days_since_1970 <= today ? PII_WEAK : PII_FAILED;
}

/* "12 Mar 1980", "March 12, 1980": the month's number, or 0. */
static unsigned month_of(Str text) {
    static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    for (size_t i = 0; i < text.length; i++) {
        char c = (char)(text.data[i] & ~32);
        if (c < 'A' || c > 'Z' || i + 3 > text.length)
            continue;
        char word[3] = {c, (char)(text.data[i + 1] & ~32), (char)(text.data[i + 2] & ~32)};
        for (unsigned m = 0; m < 12; m++)
            if (memcmp(months + m * 3, word, 3) == 0)
                return m + 1;
        return 0;
    }
    return 0;
}

static PiiMatch detect_named_month(const PiiValue *value) {
    size_t count = value->digit_count;
    unsigned month = month_of(value->text);
    if (month == 0 || count < 5 || count > 6)
        return PII_MISS;
    return judge(pii_number(value->digits, count - 4, 4), month,
                 pii_number(value->digits, 0, count - 4));
}

/* d/m/y and m/d/y with one or two digits each: either reading may be a day. */
static PiiMatch detect_year_last(const PiiValue *value) {
    unsigned part[3] = {0}, parts = 0;
    size_t digits = 0;
    for (size_t i = 0; i < value->text.length; i++) {
        char c = value->text.data[i];
        if (c >= '0' && c <= '9') {
            part[parts] = part[parts] * 10 + (unsigned)(c - '0');
            digits++;
            if (digits > 4)
                return PII_MISS;
        } else if (digits > 0 && digits < 3 && parts < 2) {
            parts++;
            digits = 0;
        } else {
            return PII_MISS;
        }
    }
    if (parts != 2 || digits != 4)
        return PII_MISS;
    PiiMatch european = judge(part[2], part[1], part[0]);
    return european == PII_WEAK ? PII_WEAK : judge(part[2], part[0], part[1]);
}

PiiMatch pii_detect_birth(const PiiValue *value) {
    Str day = str_slice(value->text, 0, 10);
    if (!value->is_short || value->wide_count > 0 || value->text.length < 8 ||
        value->text.length > 40)
        return PII_MISS;
    bool iso = pii_shape(day, "dddd-dd-dd") || pii_shape(day, "dddd/dd/dd") ||
               pii_shape(day, "dddd.dd.dd");
    char next = value->text.length > 10 ? value->text.data[10] : ' ';
    bool ends = next == ' ' || next == 'T';
    const char *digits = value->digits;
    if ((iso && ends) || pii_only_digits(value, 8))
        return judge(pii_number(digits, 0, 4), pii_number(digits, 4, 2), pii_number(digits, 6, 2));
    if (value->letter_count > 0)
        return detect_named_month(value);
    return pii_marks_within(value, MARK_DASH | MARK_DOT | MARK_SLASH) ? detect_year_last(value)
                                                                      : PII_MISS;
}
