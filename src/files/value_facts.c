/* value_facts.c - classify each text once, and keep what all texts of a column have in common.
 *
 * A classification is a set of kinds; the column's set is the intersection. Once it is empty the
 * column is text and later values are only counted. DuckDB's casts are laxer than our kinds ("1.5"
 * to BIGINT rounds, "1e400" to DOUBLE is infinite), so a cast runs only on values that were looked
 * at here.
 *
 * A decimal text of up to 15 significant digits always survives a double; of 16 or 17 digits many
 * do, and each is tried: print the double with as many digits and compare. That is how dumps of
 * doubles come as DOUBLE, and "12345678901234567.89" does not.
 *
 * Tested by: test_value_facts.c (tables), test_ingest_csv.c (what DuckDB makes of them). */
#include "files/value_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KIND_BOOL = 1 << 0,
    KIND_INT64 = 1 << 1,
    KIND_INT128 = 1 << 2,     /* up to 38 digits */
    KIND_DOUBLE = 1 << 3,     /* comes back as it was written */
    KIND_DOUBLE_LAX = 1 << 4, /* comes back but for trailing zeros */
    KIND_DECIMAL = 1 << 5,    /* digits and at most one point */
    KIND_NO_PADDING = 1 << 6, /* as decimal: no trailing zeros */
    KIND_DATE = 1 << 7,
    KIND_TIME = 1 << 8,
    KIND_TIMESTAMP = 1 << 9,
    KIND_TIMESTAMPTZ = 1 << 10,
    KIND_TEMPORAL = KIND_DATE | KIND_TIME | KIND_TIMESTAMP | KIND_TIMESTAMPTZ,
    KIND_ALL = (1 << 11) - 1
};

enum { DECIMAL_DIGITS_MAX = 38, EXACT_DIGITS = 15, DOUBLE_DIGITS_MAX = 17, NUMBER_CHARS_MAX = 400 };

typedef struct Shape {
    uint32_t kinds;
    int64_t integer; /* KIND_INT64 */
    bool padded;
    uint32_t whole_digits, scale, scale_needed;
} Shape;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t count_digits(Str text, size_t at) {
    size_t from = at;
    while (at < text.length && is_digit(text.data[at]))
        at++;
    return at - from;
}

/* ---- numbers ---- */

/* A number taken apart: [-]whole[.fraction][e[sign]digits] */
typedef struct Number {
    bool negative, has_point, has_exponent, exponent_signed;
    Str whole, fraction;
} Number;

static bool split_number(Str text, Number *out) {
    size_t at = 0;
    *out = (Number){0};
    if (text.length > NUMBER_CHARS_MAX)
        return false;
    if (text.data[at] == '-') {
        out->negative = true;
        at++;
    }
    out->whole = str_make(text.data + at, count_digits(text, at));
    at += out->whole.length;
    if (at < text.length && text.data[at] == '.') {
        out->has_point = true;
        at++;
        out->fraction = str_make(text.data + at, count_digits(text, at));
        at += out->fraction.length;
        if (out->fraction.length == 0)
            return false;
    } else if (out->whole.length == 0) {
        return false;
    }
    if (at < text.length && (text.data[at] == 'e' || text.data[at] == 'E')) {
        out->has_exponent = true;
        at++;
        if (at < text.length && (text.data[at] == '+' || text.data[at] == '-')) {
            out->exponent_signed = true;
            at++;
        }
        size_t digits = count_digits(text, at);
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == text.length;
}

/* The significant digits of a number, without zeros in front and, in the count, behind. */
static size_t significant_digits(const Number *number, char digits[NUMBER_CHARS_MAX + 1]) {
    size_t count = 0, last = 0;
    for (size_t i = 0; i < number->whole.length + number->fraction.length; i++) {
        char c = i < number->whole.length ? number->whole.data[i]
                                          : number->fraction.data[i - number->whole.length];
        if (count == 0 && c == '0')
            continue;
        digits[count++] = c;
        if (c != '0')
            last = count;
    }
    digits[last] = '\0';
    return last;
}

/* Would the nearest double print these digits again? */
static bool double_keeps(Str text, const Number *number) {
    char digits[NUMBER_CHARS_MAX + 1];
    size_t count = significant_digits(number, digits);
    if (count > DOUBLE_DIGITS_MAX)
        return false;
    bool small = number->whole.length + number->fraction.length <= 200 && !number->has_exponent;
    if (count <= EXACT_DIGITS && small)
        return true;
    char copy[NUMBER_CHARS_MAX + 1], printed[64];
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    double value = strtod(copy, NULL);
    if (!isfinite(value) || (value == 0) != (count == 0) || (value != 0 && fabs(value) < 1e-300))
        return false;
    if (count <= EXACT_DIGITS)
        return true;
    snprintf(printed, sizeof printed, "%.*e", (int)count - 1, fabs(value));
    /* d.ddde+xx: drop the point, compare */
    return printed[0] == digits[0] && strncmp(printed + 2, digits + 1, count - 1) == 0;
}

/* Parses up to 19 digits; false when it does not fit. */
static bool to_int64(const Number *number, int64_t *out) {
    uint64_t value = 0;
    if (number->whole.length > 19)
        return false;
    for (size_t i = 0; i < number->whole.length; i++)
        value = value * 10 + (uint64_t)(number->whole.data[i] - '0');
    uint64_t limit = number->negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (value > limit)
        return false;
    *out = number->negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static void shape_integer(Str text, const Number *number, Shape *out) {
    bool zero = number->whole.length == 1 && number->whole.data[0] == '0';
    out->whole_digits = zero ? 0 : (uint32_t)number->whole.length;
    bool minus_zero = zero && number->negative;
    if (!minus_zero && number->whole.length <= DECIMAL_DIGITS_MAX)
        out->kinds |= KIND_INT128 | KIND_DECIMAL | KIND_NO_PADDING;
    if (!minus_zero && to_int64(number, &out->integer))
        out->kinds |= KIND_INT64;
    if (number->whole.length <= EXACT_DIGITS || double_keeps(text, number))
        out->kinds |= KIND_DOUBLE | KIND_DOUBLE_LAX;
}

static void shape_fraction(Str text, const Number *number, bool lax, Shape *out) {
    Str fraction = number->fraction;
    size_t needed = fraction.length;
    while (needed > 0 && fraction.data[needed - 1] == '0')
        needed--;
    bool whole_zero = number->whole.length == 0 || number->whole.data[0] == '0';
    out->whole_digits = whole_zero ? 0 : (uint32_t)number->whole.length;
    out->scale = (uint32_t)fraction.length;
    out->scale_needed = (uint32_t)needed;
    bool padded = needed < fraction.length;
    bool minus_zero = number->negative && whole_zero && needed == 0;
    if (!minus_zero && out->whole_digits + out->scale <= DECIMAL_DIGITS_MAX)
        out->kinds |= KIND_DECIMAL | (padded ? 0u : KIND_NO_PADDING);
    if (!double_keeps(text, number))
        return;
    out->kinds |= KIND_DOUBLE_LAX;
    if (!padded || lax || (fraction.length == 1 && needed == 0))
        out->kinds |= KIND_DOUBLE;
}

/* `lax`: a JSON number, which cannot be anything but a number. */
static bool shape_number(Str text, bool lax, Shape *out) {
    Number number;
    if (!split_number(text, &number))
        return false;
    if (number.whole.length > 1 && number.whole.data[0] == '0')
        return false; /* a code, not a number */
    if (number.has_exponent) {
        bool plain_word = !number.has_point && !number.exponent_signed; /* 12E5 may be a code */
        if ((lax || !plain_word) && double_keeps(text, &number))
            out->kinds |= KIND_DOUBLE | KIND_DOUBLE_LAX;
    } else if (number.has_point) {
        shape_fraction(text, &number, lax, out);
    } else {
        shape_integer(text, &number, out);
    }
    return true;
}

/* ---- dates and times ---- */

static bool two_digits(Str text, size_t at, unsigned *out) {
    if (at + 2 > text.length || !is_digit(text.data[at]) || !is_digit(text.data[at + 1]))
        return false;
    *out = (unsigned)(text.data[at] - '0') * 10 + (unsigned)(text.data[at + 1] - '0');
    return true;
}

/* YYYY-MM-DD at the start of the text. */
static bool is_date(Str text) {
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned century, year, month, day;
    if (text.length < 10 || text.data[4] != '-' || text.data[7] != '-' ||
        !two_digits(text, 0, &century) || !two_digits(text, 2, &year) ||
        !two_digits(text, 5, &month) || !two_digits(text, 8, &day))
        return false;
    year += century * 100;
    if (year == 0 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* HH:MM[:SS[.ffffff]] from `at` on; returns where it ends, 0 when it is none. */
static size_t time_end(Str text, size_t at, bool *out_has_seconds) {
    unsigned hour, minute, second;
    *out_has_seconds = false;
    if (!two_digits(text, at, &hour) || hour > 23 || at + 5 > text.length ||
        text.data[at + 2] != ':' || !two_digits(text, at + 3, &minute) || minute > 59)
        return 0;
    at += 5;
    if (at == text.length || text.data[at] != ':')
        return at;
    if (!two_digits(text, at + 1, &second) || second > 59)
        return 0;
    *out_has_seconds = true;
    at += 3;
    if (at == text.length || text.data[at] != '.')
        return at;
    size_t digits = count_digits(text, at + 1);
    return digits >= 1 && digits <= 6 ? at + 1 + digits : 0;
}

/* Z, +HH, +HHMM or +HH:MM up to the end of the text. */
static bool is_zone(Str text) {
    unsigned hour, minute = 0;
    if (str_eq(text, STR("Z")))
        return true;
    if (text.length < 3 || (text.data[0] != '+' && text.data[0] != '-') ||
        !two_digits(text, 1, &hour) || hour > 15)
        return false;
    if (text.length == 3)
        return true;
    size_t at = text.data[3] == ':' ? 4 : 3;
    return two_digits(text, at, &minute) && minute < 60 && text.length == at + 2;
}

static uint32_t temporal_kinds(Str text) {
    bool has_seconds;
    if (text.length >= 8 && text.data[2] == ':')
        return time_end(text, 0, &has_seconds) == text.length && has_seconds ? KIND_TIME : 0;
    if (!is_date(text))
        return 0;
    if (text.length == 10)
        return KIND_DATE;
    if (text.data[10] != ' ' && text.data[10] != 'T')
        return 0;
    size_t end = time_end(text, 11, &has_seconds);
    if (end == 0)
        return 0;
    if (end == text.length)
        return KIND_TIMESTAMP;
    return is_zone(str_slice(text, end, text.length)) ? KIND_TIMESTAMPTZ : 0;
}

/* ---- one value ---- */

static bool is_word(Str text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(text, str_c(words[i])))
            return true;
    return false;
}

static Shape classify(Str text) {
    static const char *const bools[] = {"true", "false"};
    static const char *const specials[] = {"nan", "inf", "-inf", "infinity", "-infinity"};
    Shape shape = {0};
    size_t length = text.length;
    text = str_trim(text);
    shape.padded = text.length < length;
    if (text.length == 0)
        return shape;
    char first = text.data[0];
    if (is_digit(first) || first == '-' || first == '.') {
        if (shape_number(text, false, &shape))
            return shape;
        shape.kinds = temporal_kinds(text);
    }
    if (text.length <= 9 && shape.kinds == 0 && !is_digit(first)) {
        if (is_word(text, bools, 2))
            shape.kinds = KIND_BOOL;
        else if (is_word(text, specials, 5))
            shape.kinds = KIND_DOUBLE | KIND_DOUBLE_LAX;
    }
    return shape;
}

bool value_is_typed(Str text) {
    Shape shape = classify(text);
    return shape.kinds != 0;
}

/* ---- the column ---- */

void value_facts_init(ValueFacts *facts) {
    *facts = (ValueFacts){
        .kinds = KIND_ALL, .int_min = INT64_MAX, .int_max = INT64_MIN, .scale_min = UINT32_MAX};
}

void value_facts_add_null(ValueFacts *facts) {
    facts->nulls++;
}

static void remember_text(ValueFacts *facts, Str text, uint64_t line) {
    Str clipped = utf8_clip(text, sizeof facts->text_sample - 1);
    memcpy(facts->text_sample, clipped.data, clipped.length);
    facts->text_sample[clipped.length] = '\0';
    facts->text_line = line;
}

static void add_shape(ValueFacts *facts, const Shape *shape, Str text, uint64_t line) {
    facts->kinds &= shape->kinds;
    if (facts->kinds == 0) {
        remember_text(facts, text, line);
        return;
    }
    facts->padded = facts->padded || shape->padded;
    if ((shape->kinds & KIND_INT64) != 0) {
        facts->int_min = shape->integer < facts->int_min ? shape->integer : facts->int_min;
        facts->int_max = shape->integer > facts->int_max ? shape->integer : facts->int_max;
    }
    if ((shape->kinds & KIND_DECIMAL) == 0)
        return;
    if (shape->whole_digits > facts->whole_digits_max)
        facts->whole_digits_max = shape->whole_digits;
    if (shape->scale < facts->scale_min)
        facts->scale_min = shape->scale;
    if (shape->scale > facts->scale_max)
        facts->scale_max = shape->scale;
    if (shape->scale_needed > facts->scale_needed_max)
        facts->scale_needed_max = shape->scale_needed;
}

void value_facts_add(ValueFacts *facts, Str text, uint64_t line) {
    if (text.length == 0) {
        facts->empties++;
        return;
    }
    facts->values++;
    if (facts->kinds == 0)
        return;
    Shape shape = classify(text);
    add_shape(facts, &shape, text, line);
}

void value_facts_add_json(ValueFacts *facts, JsonKind kind, Str text, uint64_t line) {
    facts->values++;
    facts->json_kinds |= kind;
    if (facts->kinds == 0)
        return;
    Shape shape = {0};
    if (kind == JSON_KIND_NUMBER)
        (void)shape_number(text, true, &shape); /* the JSON grammar was checked before */
    else if (kind == JSON_KIND_STRING)
        shape.kinds = temporal_kinds(text);
    else if (kind == JSON_KIND_BOOL)
        shape.kinds = KIND_BOOL;
    add_shape(facts, &shape, text, line);
}

/* ---- the verdict ---- */

static bool fits_decimal(const ValueFacts *facts, uint32_t width, uint32_t scale) {
    return (facts->kinds & KIND_DECIMAL) != 0 && facts->scale_needed_max <= scale &&
           facts->whole_digits_max <= width - scale;
}

/* Decimal types that give every value back: "" when there is none. */
static Str decimal_type(const ValueFacts *facts, Arena *arena) {
    bool uniform = facts->scale_min == facts->scale_max;
    bool unpadded = (facts->kinds & KIND_NO_PADDING) != 0;
    uint32_t scale = facts->scale_max;
    if ((facts->kinds & KIND_DECIMAL) == 0 || !(uniform || unpadded) ||
        facts->whole_digits_max + scale > DECIMAL_DIGITS_MAX)
        return STR_EMPTY;
    uint32_t width = facts->whole_digits_max + scale <= 18 ? 18 : 38;
    return str_format(arena, "DECIMAL(%u,%u)", width, scale);
}

Str value_type(const ValueFacts *facts, Arena *arena) {
    uint32_t kinds = facts->values == 0 ? 0 : facts->kinds;
    bool json_number = facts->json_kinds == JSON_KIND_NUMBER;
    if ((kinds & KIND_BOOL) != 0)
        return STR("BOOLEAN");
    if ((kinds & KIND_INT64) != 0)
        return STR("BIGINT");
    if ((kinds & KIND_INT128) != 0)
        return STR("DECIMAL(38,0)");
    if ((kinds & KIND_DOUBLE) != 0 || (json_number && (kinds & KIND_DOUBLE_LAX) != 0))
        return STR("DOUBLE");
    if ((kinds & KIND_DECIMAL) != 0) {
        Str decimal = decimal_type(facts, arena);
        if (!str_is_empty(decimal))
            return decimal;
    }
    if ((kinds & KIND_DATE) != 0)
        return STR("DATE");
    if ((kinds & KIND_TIME) != 0)
        return STR("TIME");
    if ((kinds & KIND_TIMESTAMP) != 0)
        return STR("TIMESTAMP");
    if ((kinds & KIND_TIMESTAMPTZ) != 0)
        return STR("TIMESTAMP WITH TIME ZONE");
    return STR("VARCHAR");
}

/* "DECIMAL(18,2)" -> 18, 2. */
static bool parse_decimal(Str type, uint32_t *out_width, uint32_t *out_scale) {
    uint64_t width, scale;
    Str head;
    if (!str_starts(type, STR("DECIMAL(")) || !str_ends(type, STR(")")))
        return false;
    Str rest = str_cut(str_slice(type, 8, type.length - 1), ',', &head);
    if (!str_to_u64(str_trim(head), &width) || !str_to_u64(str_trim(rest), &scale) ||
        width > DECIMAL_DIGITS_MAX || scale > width)
        return false;
    *out_width = (uint32_t)width;
    *out_scale = (uint32_t)scale;
    return true;
}

bool value_fits(const ValueFacts *facts, Str type) {
    static const struct {
        const char *type;
        uint32_t kind;
    } plain[] = {
        {"BOOLEAN", KIND_BOOL},
        {"BIGINT", KIND_INT64},
        {"DOUBLE", KIND_DOUBLE_LAX},
        {"DATE", KIND_DATE},
        {"TIME", KIND_TIME},
        {"TIMESTAMP", KIND_TIMESTAMP | KIND_DATE},
        {"TIMESTAMP WITH TIME ZONE", KIND_TIMESTAMPTZ},
    };
    uint32_t width, scale;
    if (facts->values == 0 || str_eq_c(type, "VARCHAR"))
        return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (str_eq_c(type, plain[i].type))
            return (facts->kinds & plain[i].kind) != 0;
    if (str_eq_c(type, "INTEGER"))
        return (facts->kinds & KIND_INT64) != 0 && facts->int_min >= INT32_MIN &&
               facts->int_max <= INT32_MAX;
    return parse_decimal(type, &width, &scale) && fits_decimal(facts, width, scale);
}

uint64_t value_null_count(const ValueFacts *facts, Str type) {
    return facts->nulls + (str_eq_c(type, "VARCHAR") ? 0 : facts->empties);
}
