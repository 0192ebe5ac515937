/* memory_value.c - see memory_value.h. Only what canonical_text.h would print is read; anything
 * else is no value.
 *
 * Tested by: test_row_source_contract.c. */
#include "source/memory_value.h"

#include "base/vec.h"

/* Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant's days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, in_era = year - era * 400;
    int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool digits_at(Str text, size_t at, size_t count, int64_t *out) {
    uint64_t number;
    if (at + count > text.length || !str_to_u64(str_slice(text, at, at + count), &number))
        return false;
    *out = (int64_t)number;
    return true;
}

static bool parse_date(Str text, int64_t *out_days) {
    int64_t year, month, day;
    if (text.length != 10 || text.data[4] != '-' || text.data[7] != '-' ||
        !digits_at(text, 0, 4, &year) || !digits_at(text, 5, 2, &month) ||
        !digits_at(text, 8, 2, &day) || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *out_days = days_of(year, month, day);
    return true;
}

static bool parse_timestamp(Str text, int64_t *out_us) {
    int64_t days, hour, minute, second, fraction = 0;
    if (text.length < 19 || text.data[10] != ' ' || text.data[13] != ':' || text.data[16] != ':' ||
        !parse_date(str_slice(text, 0, 10), &days) || !digits_at(text, 11, 2, &hour) ||
        !digits_at(text, 14, 2, &minute) || !digits_at(text, 17, 2, &second))
        return false;
    if (text.length > 19) {
        size_t count = text.length - 20;
        if (text.data[19] != '.' || count < 1 || count > 6 ||
            !digits_at(text, 20, count, &fraction))
            return false;
        for (size_t i = count; i < 6; i++)
            fraction *= 10;
    }
    *out_us = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + fraction;
    return true;
}

static bool parse_decimal(Str text, const RowColumn *shape, Int128 *out) {
    bool negative = text.length > 0 && text.data[0] == '-';
    Str digits = str_slice(text, negative, text.length), whole;
    Str decimals = str_cut(digits, '.', &whole);
    if (whole.length == 0 || decimals.length > shape->scale ||
        whole.length + shape->scale > (size_t)shape->width)
        return false;
    Int128 value = 0;
    for (size_t i = 0; i < whole.length + shape->scale; i++) {
        size_t behind = i - whole.length;
        char digit = i < whole.length           ? whole.data[i]
                     : behind < decimals.length ? decimals.data[behind]
                                                : '0';
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + (digit - '0');
    }
    *out = negative ? -value : value;
    return true;
}

/* One a type: false when the text is no value of it. */
typedef bool (*PutFn)(Str text, ColumnBuilder *column);

static bool put_bool(Str text, ColumnBuilder *column) {
    if (!str_eq_c(text, "true") && !str_eq_c(text, "false"))
        return false;
    column_put_bool(column, str_eq_c(text, "true"));
    return true;
}

static bool put_i32(Str text, ColumnBuilder *column) {
    int64_t number;
    if (!str_to_i64(text, &number) || number < INT32_MIN || number > INT32_MAX)
        return false;
    column_put_i32(column, (int32_t)number);
    return true;
}

static bool put_i64(Str text, ColumnBuilder *column) {
    int64_t number;
    if (!str_to_i64(text, &number))
        return false;
    column_put_i64(column, number);
    return true;
}

static bool put_f64(Str text, ColumnBuilder *column) {
    double number;
    if (!str_to_f64(text, &number))
        return false;
    column_put_f64(column, number);
    return true;
}

static bool put_date(Str text, ColumnBuilder *column) {
    int64_t days;
    if (!parse_date(text, &days))
        return false;
    column_put_i32(column, (int32_t)days);
    return true;
}

static bool put_timestamp(Str text, ColumnBuilder *column) {
    int64_t time_us;
    if (!parse_timestamp(text, &time_us))
        return false;
    column_put_i64(column, time_us);
    return true;
}

static bool put_decimal(Str text, ColumnBuilder *column) {
    Int128 number;
    if (!parse_decimal(text, &column->shape, &number))
        return false;
    column_put_i128(column, number);
    return true;
}

static const struct {
    const char *name;
    ColumnType type;
    bool is_number;
    PutFn put;
} types[] = {{"BOOLEAN", COLUMN_BOOL, false, put_bool},
             {"INTEGER", COLUMN_INT32, true, put_i32},
             {"BIGINT", COLUMN_INT64, true, put_i64},
             {"DOUBLE", COLUMN_FLOAT64, true, put_f64},
             {"DATE", COLUMN_DATE32, false, put_date},
             {"TIMESTAMP", COLUMN_TIMESTAMP_US, false, put_timestamp},
             {"DECIMAL", COLUMN_DECIMAL, true, put_decimal}};

RowColumn memory_value_shape(Str name, Str type) {
    RowColumn shape = {.name = name, .type = COLUMN_UTF8};
    uint64_t width, scale;
    Str head, first;
    Str rest = str_cut(type, '(', &head);
    Str second = str_cut(str_slice(rest, 0, rest.length - (rest.length > 0)), ',', &first);
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq_c(head, types[i].name))
            shape.type = types[i].type;
    if (str_to_u64(first, &width) && str_to_u64(second, &scale)) {
        shape.width = (uint8_t)width;
        shape.scale = (uint8_t)scale;
    }
    return shape;
}

bool memory_value_put(Str text, ColumnBuilder *column, Err *err) {
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].type == column->shape.type)
            return types[i].put(text, column) ||
                   err_fail(err, FAIL_UNPROCESSABLE, "a value of column '%.*s' does not fit",
                            STR_ARG(column->shape.name));
    return column_put_text(column, text, err);
}

static bool is_number(const char *type) {
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].is_number && str_starts(str_c(type), str_c(types[i].name)))
            return true;
    return false;
}

int memory_value_compare(const char *type, Str a, Str b) {
    double left, right;
    if (!is_number(type) || !str_to_f64(a, &left) || !str_to_f64(b, &right))
        return str_compare(a, b);
    return (left > right) - (left < right);
}
