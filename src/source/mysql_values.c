/* mysql_values.c - bytes of a row into typed columns, without a copy on the way.
 *
 * The client library can do this too, into buffers that a caller binds; that costs a call through a
 * pointer and a copy per value, cuts long texts that must then be asked for again, and trusts the
 * lengths in the row. Here every length is held against the end of the bytes first.
 *
 * Each column's step was chosen when the statement was prepared, so a value costs one switch.
 *
 * Tested by: test_mysql_values.c, fuzz_mysql_row.c. */
#include "source/mysql_values.h"

#include <stdlib.h>
#include <string.h>

#include "source/decimal_text.h"
#include "source/mysql_print.h"
#include "source/sql_name.h"

enum { DECIMAL_TEXT_MAX = 127 };

typedef struct Cursor {
    const uint8_t *at, *end;
} Cursor;

static inline bool take_fixed(Cursor *cursor, void *out, size_t size) {
    if ((size_t)(cursor->end - cursor->at) < size)
        return false;
    memcpy(out, cursor->at, size);
    cursor->at += size;
    return true;
}

static bool take_bytes(Cursor *cursor, Str *out) {
    uint64_t length = 0;
    uint8_t first;
    if (!take_fixed(cursor, &first, 1) || first == 251 || first == 255)
        return false; /* 251 is NULL and 255 an error: neither has a place here */
    if (first < 251)
        length = first;
    else if (!take_fixed(cursor, &length, first == 252 ? 2 : first == 253 ? 3 : 8))
        return false;
    if (length > (size_t)(cursor->end - cursor->at))
        return false;
    *out = (Str){(const char *)cursor->at, (size_t)length};
    cursor->at += length;
    return true;
}

static bool take_moment(Cursor *cursor, MysqlMoment *out) {
    uint8_t length;
    uint8_t bytes[11] = {0};
    if (!take_fixed(cursor, &length, 1) ||
        (length != 0 && length != 4 && length != 7 && length != 11) ||
        !take_fixed(cursor, bytes, length))
        return false;
    uint32_t microsecond;
    memcpy(&microsecond, bytes + 7, 4);
    *out = (MysqlMoment){.year = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8,
                         .month = bytes[2],
                         .day = bytes[3],
                         .hour = bytes[4],
                         .minute = bytes[5],
                         .second = bytes[6],
                         .microsecond = microsecond};
    return out->year <= 9999 && microsecond <= 999999;
}

static bool take_duration(Cursor *cursor, MysqlMoment *out) {
    uint8_t length;
    uint8_t bytes[12] = {0};
    if (!take_fixed(cursor, &length, 1) || (length != 0 && length != 8 && length != 12) ||
        !take_fixed(cursor, bytes, length))
        return false;
    uint32_t days, microsecond;
    memcpy(&days, bytes + 1, 4);
    memcpy(&microsecond, bytes + 8, 4);
    if (days > 1000 || microsecond > 999999)
        return false;
    *out = (MysqlMoment){.negative = bytes[0] != 0,
                         .hour = days * 24 + bytes[5],
                         .minute = bytes[6],
                         .second = bytes[7],
                         .microsecond = microsecond};
    return true;
}

/* A bit field: up to eight bytes, most significant first. */
static bool take_bits(Cursor *cursor, uint64_t *out) {
    Str bytes;
    if (!take_bytes(cursor, &bytes) || bytes.length > 8)
        return false;
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes.length; i++)
        bits = bits << 8 | (uint8_t)bytes.data[i];
    *out = bits;
    return true;
}

static inline MysqlRowEnd misfit(MysqlRowTrouble *trouble, const char *reason) {
    trouble->reason = reason;
    return MYSQL_ROW_MISFIT;
}

static MysqlRowEnd put_printed(ColumnBuilder *out, const char *text, size_t length, Err *err) {
    return column_put_text(out, (Str){text, length}, err) ? MYSQL_ROW_PUT : MYSQL_ROW_FAILED;
}

static const char *moment_trouble(const MysqlMoment *moment) {
    if (moment->year == 0 && moment->month == 0 && moment->day == 0)
        return "zero date";
    if (moment->month == 0 || moment->day == 0)
        return "partial date";
    return moment->year == 0 ? "year 0000" : "no day of the calendar";
}

static MysqlRowEnd put_moment(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                              MysqlRowTrouble *trouble, Err *err) {
    MysqlMoment moment;
    char text[MYSQL_PRINTED_MAX];
    int32_t days;
    int64_t microseconds;
    if (!take_moment(cursor, &moment))
        return MYSQL_ROW_BROKEN;
    switch ((int)column->step) {
    case MYSQL_DATE_DAYS:
        if (!mysql_days(&moment, &days))
            return misfit(trouble, moment_trouble(&moment));
        column_put_i32(out, days);
        return MYSQL_ROW_PUT;
    case MYSQL_DATETIME_US:
        if (!mysql_datetime_us(&moment, &microseconds))
            return misfit(trouble, moment_trouble(&moment));
        column_put_i64(out, microseconds);
        return MYSQL_ROW_PUT;
    case MYSQL_PRINT_DATE:
        return put_printed(out, text, mysql_print_date(&moment, text), err);
    default:
        return put_printed(out, text, mysql_print_datetime(&moment, column->decimals, text), err);
    }
}

static MysqlRowEnd put_duration(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                                MysqlRowTrouble *trouble, Err *err) {
    MysqlMoment moment;
    char text[MYSQL_PRINTED_MAX];
    int64_t microseconds;
    if (!take_duration(cursor, &moment))
        return MYSQL_ROW_BROKEN;
    if (column->step == MYSQL_PRINT_TIME)
        return put_printed(out, text, mysql_print_time(&moment, column->decimals, text), err);
    if (!mysql_time_us(&moment, &microseconds))
        return misfit(trouble, moment.negative ? "negative time" : "24 hours or more");
    column_put_i64(out, microseconds);
    return MYSQL_ROW_PUT;
}

static MysqlRowEnd put_bits(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                            Err *err) {
    uint64_t bits;
    char text[MYSQL_PRINTED_MAX];
    if (!take_bits(cursor, &bits))
        return MYSQL_ROW_BROKEN;
    switch ((int)column->step) {
    case MYSQL_BITS_BOOL:
        column_put_bool(out, bits != 0);
        return MYSQL_ROW_PUT;
    case MYSQL_BITS_I64:
        if (bits > INT64_MAX)
            return MYSQL_ROW_BROKEN;
        column_put_i64(out, (int64_t)bits);
        return MYSQL_ROW_PUT;
    case MYSQL_BITS_I128:
        column_put_i128(out, (Int128)bits);
        return MYSQL_ROW_PUT;
    default:
        return put_printed(out, text, mysql_print_integer(bits, false, 0, text), err);
    }
}

/* The nearest double of a decimal's text, which has at most 65 digits. */
static bool decimal_to_f64(Str text, double *out) {
    char copy[DECIMAL_TEXT_MAX + 1];
    char *end;
    if (text.length == 0 || text.length > DECIMAL_TEXT_MAX || !sql_is_number(text))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    *out = strtod(copy, &end);
    return end == copy + text.length;
}

/* "\x6162": as PostgreSQL prints bytes, and no text can be taken for it by its first two. */
static MysqlRowEnd put_hex(Str bytes, ColumnBuilder *out, Err *err) {
    static const char digits[] = "0123456789abcdef";
    char *room = column_put_room(out, 2 + bytes.length * 2, err);
    if (room == NULL)
        return MYSQL_ROW_FAILED;
    *room++ = '\\';
    *room++ = 'x';
    for (size_t i = 0; i < bytes.length; i++) {
        *room++ = digits[(uint8_t)bytes.data[i] >> 4];
        *room++ = digits[(uint8_t)bytes.data[i] & 15];
    }
    return MYSQL_ROW_PUT;
}

static MysqlRowEnd put_bytes(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                             MysqlRowTrouble *trouble, Err *err) {
    Str bytes;
    if (!take_bytes(cursor, &bytes))
        return MYSQL_ROW_BROKEN;
    Int128 decimal;
    double number;
    switch ((int)column->step) {
    case MYSQL_DECIMAL_I128:
        if (!decimal_from_text(bytes, column->width, column->scale, &decimal))
            return misfit(trouble, "more digits than its declaration has");
        column_put_i128(out, decimal);
        return MYSQL_ROW_PUT;
    case MYSQL_DECIMAL_F64:
        if (!decimal_to_f64(bytes, &number))
            return misfit(trouble, "no number");
        column_put_f64(out, number);
        return MYSQL_ROW_PUT;
    case MYSQL_PRINT_BYTES:
        return put_hex(bytes, out, err);
    case MYSQL_TEXT:
        if (!utf8_valid(bytes)) {
            trouble->reason = "not valid UTF-8";
            return MYSQL_ROW_REJECT;
        }
        break;
    default:
        break;
    }
    return column_put_text(out, bytes, err) ? MYSQL_ROW_PUT : MYSQL_ROW_FAILED;
}

#define TAKE(Type, name)                                                                           \
    Type name;                                                                                     \
    if (!take_fixed(cursor, &name, sizeof name))                                                   \
    return MYSQL_ROW_BROKEN

static MysqlRowEnd put_8_or_16(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                               MysqlRowTrouble *trouble, Err *err) {
    if (column->wire == MYSQL_WIRE_TINY) {
        TAKE(int8_t, value);
        if (column->step == MYSQL_I8_BOOL) {
            if (value != 0 && value != 1)
                return misfit(trouble, "neither 0 nor 1");
            column_put_bool(out, value != 0);
            return MYSQL_ROW_PUT;
        }
        column_put_i32(out, column->step == MYSQL_I8_I32 ? value : (int32_t)(uint8_t)value);
        return MYSQL_ROW_PUT;
    }
    TAKE(int16_t, value);
    if (column->step == MYSQL_PRINT_YEAR) {
        char text[MYSQL_PRINTED_MAX];
        size_t length = mysql_print_integer((uint16_t)value, false, 4, text);
        return put_printed(out, text, length, err);
    }
    column_put_i32(out, column->step == MYSQL_I16_I32 ? value : (int32_t)(uint16_t)value);
    return MYSQL_ROW_PUT;
}

static MysqlRowEnd put_32(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                          MysqlRowTrouble *trouble) {
    TAKE(uint32_t, value);
    switch ((int)column->step) {
    case MYSQL_U32_I32:
        if (value > INT32_MAX)
            return misfit(trouble, "beyond 32 bits with a sign");
        column_put_i32(out, (int32_t)value);
        return MYSQL_ROW_PUT;
    case MYSQL_U32_I64:
        column_put_i64(out, (int64_t)value);
        return MYSQL_ROW_PUT;
    default:
        column_put_i32(out, (int32_t)value);
        return MYSQL_ROW_PUT;
    }
}

static MysqlRowEnd put_64(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                          MysqlRowTrouble *trouble) {
    TAKE(uint64_t, value);
    if (column->step == MYSQL_U64_I128) {
        column_put_i128(out, (Int128)value);
        return MYSQL_ROW_PUT;
    }
    if (column->step == MYSQL_U64_I64 && value > INT64_MAX)
        return misfit(trouble, "beyond 64 bits with a sign");
    column_put_i64(out, (int64_t)value);
    return MYSQL_ROW_PUT;
}

static MysqlRowEnd put_float(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out) {
    if (column->wire == MYSQL_WIRE_DOUBLE) {
        TAKE(double, value);
        column_put_f64(out, value);
        return MYSQL_ROW_PUT;
    }
    TAKE(float, value);
    if (column->step == MYSQL_F32_F64)
        column_put_f64(out, (double)value);
    else
        column_put_f32(out, value);
    return MYSQL_ROW_PUT;
}

static MysqlRowEnd put_value(const MysqlColumn *column, Cursor *cursor, ColumnBuilder *out,
                             MysqlRowTrouble *trouble, Err *err) {
    switch ((int)column->wire) {
    case MYSQL_WIRE_LONG:
    case MYSQL_WIRE_INT24:
        return put_32(column, cursor, out, trouble);
    case MYSQL_WIRE_LONGLONG:
        return put_64(column, cursor, out, trouble);
    case MYSQL_WIRE_TINY:
    case MYSQL_WIRE_SHORT:
    case MYSQL_WIRE_YEAR:
        return put_8_or_16(column, cursor, out, trouble, err);
    case MYSQL_WIRE_FLOAT:
    case MYSQL_WIRE_DOUBLE:
        return put_float(column, cursor, out);
    case MYSQL_WIRE_DATE:
    case MYSQL_WIRE_NEWDATE:
    case MYSQL_WIRE_DATETIME:
    case MYSQL_WIRE_TIMESTAMP:
        return put_moment(column, cursor, out, trouble, err);
    case MYSQL_WIRE_TIME:
        return put_duration(column, cursor, out, trouble, err);
    case MYSQL_WIRE_BIT:
        return put_bits(column, cursor, out, err);
    case MYSQL_WIRE_NULL:
        return MYSQL_ROW_BROKEN;
    default:
        return put_bytes(column, cursor, out, trouble, err);
    }
}

MysqlRowEnd mysql_row_put(const MysqlColumn *columns, size_t column_count, const uint8_t *row,
                          const uint8_t *end, RowBuilder *rows, MysqlRowTrouble *out_trouble,
                          Err *err) {
    size_t bitmap_bytes = (column_count + 9) / 8;
    if ((size_t)(end - row) < 1 + bitmap_bytes || row[0] != 0)
        return MYSQL_ROW_BROKEN;
    const uint8_t *nulls = row + 1;
    Cursor cursor = {nulls + bitmap_bytes, end};
    for (size_t i = 0; i < column_count; i++) {
        if ((nulls[(i + 2) >> 3] >> ((i + 2) & 7) & 1) != 0) {
            column_put_null(&rows->columns[i]);
            continue;
        }
        MysqlRowEnd result = put_value(&columns[i], &cursor, &rows->columns[i], out_trouble, err);
        if (result != MYSQL_ROW_PUT) {
            out_trouble->column = i;
            return result;
        }
    }
    row_builder_end_row(rows);
    return MYSQL_ROW_PUT;
}
