/* toml_datetime.c - the four kinds of RFC 3339 dates and times in TOML.
 *
 * They are kept as normalised text: 'T' between date and time, 'Z' in capitals, the fraction as it
 * was written. A second of 60 is let through, as RFC 3339 does for leap seconds.
 *
 * Tested by: tests/unit/base/test_toml.c and the public toml-test cases (tests/toml). */
#include "base/toml_scalar.h"

typedef struct Digits {
    Str text;
    size_t at;
} Digits;

static bool take(Digits *in, char c) {
    if (in->at >= in->text.length || in->text.data[in->at] != c)
        return false;
    in->at++;
    return true;
}

static bool take_number(Digits *in, size_t digits, unsigned *out) {
    uint64_t value;
    Str piece = str_slice(in->text, in->at, in->at + digits);
    if (piece.length != digits || !str_to_u64(piece, &value))
        return false;
    in->at += digits;
    *out = (unsigned)value;
    return true;
}

static bool at_end(const Digits *in) {
    return in->at == in->text.length;
}

static unsigned month_days(unsigned year, unsigned month) {
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(Digits *in, const char **out_reason) {
    unsigned year, month, day;
    *out_reason = "a date is written YYYY-MM-DD";
    if (!take_number(in, 4, &year) || !take(in, '-') || !take_number(in, 2, &month) ||
        !take(in, '-') || !take_number(in, 2, &day))
        return false;
    *out_reason = "there is no such day";
    return month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
}

static bool take_time(Digits *in, const char **out_reason) {
    unsigned hour, minute, second, digit;
    *out_reason = "a time is written hh:mm:ss or hh:mm:ss.fraction";
    if (!take_number(in, 2, &hour) || !take(in, ':') || !take_number(in, 2, &minute) ||
        !take(in, ':') || !take_number(in, 2, &second))
        return false;
    if (take(in, '.')) {
        if (!take_number(in, 1, &digit))
            return false;
        while (take_number(in, 1, &digit)) {
        }
    }
    *out_reason = "there is no such time of day";
    return hour <= 23 && minute <= 59 && second <= 60;
}

static bool take_offset(Digits *in, const char **out_reason) {
    unsigned hour, minute;
    if (take(in, 'Z') || take(in, 'z'))
        return true;
    *out_reason = "an offset is written Z, +hh:mm or -hh:mm";
    return (take(in, '+') || take(in, '-')) && take_number(in, 2, &hour) && take(in, ':') &&
           take_number(in, 2, &minute) && hour <= 23 && minute <= 59;
}

static bool looks_like_date(Str token) {
    return token.length >= 5 && token.data[4] == '-' && token.data[0] != '-' &&
           token.data[0] != '+';
}

static bool looks_like_time(Str token) {
    return token.length >= 3 && token.data[2] == ':';
}

static bool classify(Digits *in, TomlKind *out_kind, const char **out_reason) {
    if (looks_like_time(in->text)) {
        *out_kind = TOML_LOCAL_TIME;
        return take_time(in, out_reason);
    }
    *out_kind = TOML_LOCAL_DATE;
    if (!take_date(in, out_reason))
        return false;
    if (at_end(in))
        return true;
    *out_reason = "between date and time stands a T or one space";
    if (!take(in, 'T') && !take(in, 't') && !take(in, ' '))
        return false;
    *out_kind = TOML_LOCAL_DATETIME;
    if (!take_time(in, out_reason))
        return false;
    if (at_end(in))
        return true;
    *out_kind = TOML_OFFSET_DATETIME;
    return take_offset(in, out_reason);
}

static Str normalised(Str token, TomlKind kind, Arena *arena) {
    char *text = str_to_c(arena, token);
    if (kind == TOML_OFFSET_DATETIME || kind == TOML_LOCAL_DATETIME)
        text[10] = 'T';
    if (text[token.length - 1] == 'z')
        text[token.length - 1] = 'Z';
    return (Str){text, token.length};
}

bool toml_datetime_parse(Str token, Arena *arena, TomlValue *out, const char **out_reason) {
    *out_reason = NULL;
    if (!looks_like_date(token) && !looks_like_time(token))
        return false;
    Digits in = {.text = token};
    TomlKind kind;
    if (!classify(&in, &kind, out_reason))
        return false;
    if (!at_end(&in)) {
        *out_reason = "something stands behind the date or time";
        return false;
    }
    out->kind = kind;
    out->text = normalised(token, kind, arena);
    return true;
}
