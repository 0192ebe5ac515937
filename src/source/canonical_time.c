/* canonical_time.c - dates and times between their printed forms and one count.
 *
 * A text is read into days and microseconds and printed from them, so both sides end in one way of
 * writing. Decided here:
 *   - years have at least four digits, and as many more as they need ("12024-01-01");
 *   - the year before 1 is "0001-01-01 BC", as PostgreSQL prints it, behind time and zone; DuckDB's
 *     "(BC)" is read, too. There is no year 0: MySQL's 0000-00-00 is no date;
 *   - infinity and -infinity are values of dates and timestamps; no finite text reaches theirs;
 *   - 24:00:00 is a time of day of its own (PostgreSQL stores it, and so does DuckDB); in a
 *     timestamp it is refused, as no database prints it there. Second 60 is refused;
 *   - digits behind the microsecond must be zeros: otherwise the value would not come back;
 *   - a zone is +HH, +HHMM, +HH:MM, +HH:MM:SS or Z. A timestamp with time zone that is printed
 *     without one (MySQL's, in a session set to UTC) is in UTC; one without time zone may have
 * none.
 *
 * The calendar is Howard Hinnant's (howardhinnant.github.io/date_algorithms.html): years begin in
 * March, so that the leap day is a year's last.
 *
 * Tested by: test_canonical_time.c; fuzz_canonical_text.c. */
#include "source/canonical_time.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

enum { YEAR_DIGITS_MIN = 4, YEAR_DIGITS_MAX = 7, ERA_DAYS = 146097, ZONE_HOURS_MAX = 15 };

static const int64_t epoch_shift = 719468; /* days from 0000-03-01 to 1970-01-01 */

/* ---- the calendar ---- */

typedef struct Civil {
    int64_t year; /* 0 is 1 BC */
    unsigned month, day;
} Civil;

static int64_t days_of(Civil date) {
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - epoch_shift;
}

static Civil civil_of(int64_t days) {
    days += epoch_shift;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = days - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    Civil date = {.year = year + era * 400,
                  .month = (unsigned)(month < 10 ? month + 3 : month - 9),
                  .day = (unsigned)(of_year - (153 * month + 2) / 5 + 1)};
    date.year += date.month <= 2;
    return date;
}

static unsigned month_days(int64_t year, unsigned month) {
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* ---- printing ---- */

static void append_padded(uint64_t value, size_t digits_min, StrBuf *out) {
    char room[24], *end = room + sizeof room, *at = end;
    for (; value > 0 || (size_t)(end - at) < digits_min; value /= 10)
        *--at = (char)('0' + value % 10);
    strbuf_append(out, str_make(at, (size_t)(end - at)));
}

static void append_civil(Civil date, StrBuf *out) {
    append_padded((uint64_t)(date.year > 0 ? date.year : 1 - date.year), YEAR_DIGITS_MIN, out);
    strbuf_append_char(out, '-');
    append_padded(date.month, 2, out);
    strbuf_append_char(out, '-');
    append_padded(date.day, 2, out);
}

void canonical_time(int64_t us, StrBuf *out) {
    uint64_t seconds = (uint64_t)(us / SECOND_US), fraction = (uint64_t)(us % SECOND_US);
    append_padded(seconds / 3600, 2, out);
    strbuf_append_char(out, ':');
    append_padded(seconds / 60 % 60, 2, out);
    strbuf_append_char(out, ':');
    append_padded(seconds % 60, 2, out);
    if (fraction == 0)
        return;
    size_t digits = 6;
    for (; fraction % 10 == 0; fraction /= 10)
        digits--;
    strbuf_append_char(out, '.');
    append_padded(fraction, digits, out);
}

static void append_infinity(bool positive, StrBuf *out) {
    strbuf_append_c(out, positive ? "infinity" : "-infinity");
}

void canonical_date(int32_t days, StrBuf *out) {
    if (days == INT32_MAX || days == -INT32_MAX) {
        append_infinity(days > 0, out);
        return;
    }
    Civil date = civil_of(days);
    append_civil(date, out);
    if (date.year <= 0)
        strbuf_append_c(out, " BC");
}

void canonical_timestamp(int64_t us, CanonicalZone zone, StrBuf *out) {
    if (us == INT64_MAX || us == -INT64_MAX) {
        append_infinity(us > 0, out);
        return;
    }
    int64_t of_day = us % DAY_US, days = us / DAY_US;
    if (of_day < 0) {
        of_day += DAY_US;
        days--;
    }
    Civil date = civil_of(days);
    append_civil(date, out);
    strbuf_append_char(out, ' ');
    canonical_time(of_day, out);
    if (zone == CANONICAL_UTC)
        strbuf_append_c(out, "+00");
    if (date.year <= 0)
        strbuf_append_c(out, " BC");
}

/* ---- reading ---- */

/* What is left to read. */
typedef struct Reader {
    Str rest;
} Reader;

static bool read_char(Reader *reader, char c) {
    if (reader->rest.length == 0 || reader->rest.data[0] != c)
        return false;
    reader->rest = str_slice(reader->rest, 1, reader->rest.length);
    return true;
}

static size_t read_digits(Reader *reader, size_t digits_max, uint64_t *out) {
    size_t count = 0;
    uint64_t value = 0;
    while (count < digits_max && count < reader->rest.length && reader->rest.data[count] >= '0' &&
           reader->rest.data[count] <= '9')
        value = value * 10 + (uint64_t)(reader->rest.data[count++] - '0');
    reader->rest = str_slice(reader->rest, count, reader->rest.length);
    *out = value;
    return count;
}

static bool read_two(Reader *reader, uint64_t limit, uint64_t *out) {
    return read_digits(reader, 2, out) == 2 && *out <= limit;
}

/* Takes "BC" off the end; a date without it is one of our era. */
static bool cut_era(Str *text) {
    static const char *const words[] = {" BC", " (BC)"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ends(*text, str_c(words[i]))) {
            *text = str_slice(*text, 0, text->length - str_c(words[i]).length);
            return true;
        }
    return false;
}

static bool read_days(Reader *reader, bool before_christ, int64_t *out_days) {
    uint64_t year, month, day;
    if (read_digits(reader, YEAR_DIGITS_MAX, &year) < YEAR_DIGITS_MIN || year == 0 ||
        !read_char(reader, '-') || !read_two(reader, 12, &month) || month == 0 ||
        !read_char(reader, '-') || !read_two(reader, 31, &day) || day == 0)
        return false;
    Civil date = {.year = before_christ ? 1 - (int64_t)year : (int64_t)year,
                  .month = (unsigned)month,
                  .day = (unsigned)day};
    *out_days = days_of(date);
    return date.day <= month_days(date.year, date.month);
}

/* .5, .500000, .5000000 */
static bool read_fraction(Reader *reader, int64_t *out_us) {
    uint64_t value, beyond = 0;
    size_t digits = read_digits(reader, 6, &value);
    if (digits == 0)
        return false;
    for (; digits < 6; digits++)
        value *= 10;
    *out_us = (int64_t)value;
    while (read_digits(reader, 1, &beyond) == 1)
        if (beyond != 0)
            return false;
    return true;
}

/* HH:MM[:SS[.ffffff]] */
static bool read_time(Reader *reader, int64_t *out_us) {
    uint64_t hour, minute, second = 0;
    int64_t fraction = 0;
    if (!read_two(reader, 24, &hour) || !read_char(reader, ':') || !read_two(reader, 59, &minute))
        return false;
    if (read_char(reader, ':') && !read_two(reader, 59, &second))
        return false;
    if (read_char(reader, '.') && !read_fraction(reader, &fraction))
        return false;
    *out_us = (int64_t)(hour * 3600 + minute * 60 + second) * SECOND_US + fraction;
    return *out_us <= DAY_US;
}

/* What is to be taken from the time to have it in UTC. No zone: nothing. */
static bool read_zone(Reader *reader, int64_t *out_us) {
    uint64_t hour, minute = 0, second = 0;
    *out_us = 0;
    if (reader->rest.length == 0 || read_char(reader, 'Z'))
        return true;
    bool west = read_char(reader, '-');
    if (!west && !read_char(reader, '+'))
        return false;
    if (!read_two(reader, ZONE_HOURS_MAX, &hour))
        return false;
    bool colon = read_char(reader, ':');
    if ((colon || reader->rest.length > 0) && !read_two(reader, 59, &minute))
        return false;
    colon = read_char(reader, ':');
    if ((colon || reader->rest.length > 0) && !read_two(reader, 59, &second))
        return false;
    int64_t shift = (int64_t)(hour * 3600 + minute * 60 + second) * SECOND_US;
    *out_us = west ? -shift : shift;
    return true;
}

static bool read_infinity(Str text, bool *out_positive) {
    *out_positive = text.length > 0 && text.data[0] != '-';
    return str_eq_c(text, "infinity") || str_eq_c(text, "-infinity");
}

bool canonical_date_read(Str text, int32_t *out_days) {
    bool positive;
    int64_t days;
    if (read_infinity(text, &positive)) {
        *out_days = positive ? INT32_MAX : -INT32_MAX;
        return true;
    }
    bool before_christ = cut_era(&text);
    Reader reader = {text};
    if (!read_days(&reader, before_christ, &days) || reader.rest.length > 0 || days >= INT32_MAX ||
        days <= -INT32_MAX)
        return false;
    *out_days = (int32_t)days;
    return true;
}

bool canonical_time_read(Str text, int64_t *out_us) {
    Reader reader = {text};
    int64_t us;
    if (!read_time(&reader, &us) || reader.rest.length > 0)
        return false;
    *out_us = us;
    return true;
}

bool canonical_timestamp_read(Str text, CanonicalZone zone, int64_t *out_us) {
    bool positive;
    int64_t days, of_day = 0, shift = 0, us;
    if (read_infinity(text, &positive)) {
        *out_us = positive ? INT64_MAX : -INT64_MAX;
        return true;
    }
    bool before_christ = cut_era(&text);
    Reader reader = {text};
    if (!read_days(&reader, before_christ, &days))
        return false;
    if (reader.rest.length > 0 && ((!read_char(&reader, ' ') && !read_char(&reader, 'T')) ||
                                   !read_time(&reader, &of_day) || of_day == DAY_US))
        return false;
    if (zone == CANONICAL_UTC && !read_zone(&reader, &shift))
        return false;
    if (reader.rest.length > 0 || __builtin_mul_overflow(days, DAY_US, &us) ||
        __builtin_add_overflow(us, of_day - shift, &us) || us == INT64_MAX || us <= -INT64_MAX)
        return false;
    *out_us = us;
    return true;
}
