/* mysql_types.c - the table of mysql_types.h, as code.
 *
 * Planned from the description that comes with the rows, not from the text of a declaration: what
 * is read then always agrees with what is sent. Two facts are not in it plainly. tinyint(1) is
 * known by its display width (1, and signed: what BOOL is an alias for; MySQL 8 keeps showing this
 * one width on purpose). MariaDB's uuid, inet4 and inet6 travel as binary strings or text and are
 * known by their extended type name.
 *
 * The number of digits of a decimal is its display width less the point and the sign. Expressions
 * may have a width that promises too little; such values come up as misfits and end as VARCHAR.
 *
 * Tested by: test_mysql_types.c, fuzz_mysql_row.c. */
#include "source/mysql_types.h"

#include "source/decimal_text.h"

enum { BITS_MAX = 64, SECOND_DIGITS = 6 };

static void store(MysqlColumn *column, MysqlStep step, ColumnType type) {
    column->step = step;
    column->type = type;
}

static void store_decimal(MysqlColumn *column, MysqlStep step, unsigned width, unsigned scale) {
    store(column, step, COLUMN_DECIMAL);
    column->width = (uint8_t)width;
    column->scale = (uint8_t)scale;
}

static void store_text(MysqlColumn *column) {
    store(column, MYSQL_TEXT, COLUMN_UTF8);
}

static void plan_small_integer(MysqlColumn *column, bool is_unsigned) {
    if (column->wire == MYSQL_WIRE_TINY)
        store(column, is_unsigned ? MYSQL_U8_I32 : MYSQL_I8_I32, COLUMN_INT32);
    else if (column->wire == MYSQL_WIRE_SHORT)
        store(column, is_unsigned ? MYSQL_U16_I32 : MYSQL_I16_I32, COLUMN_INT32);
    else
        store(column, MYSQL_I32_I32, COLUMN_INT32);
}

static void plan_integer(MysqlColumn *column, const MysqlField *field, bool reference) {
    if (column->wire == MYSQL_WIRE_TINY && field->length == 1 && !field->is_unsigned) {
        store(column, MYSQL_I8_BOOL, COLUMN_BOOL);
    } else if (column->wire == MYSQL_WIRE_LONG) {
        if (field->is_unsigned)
            store(column, reference ? MYSQL_U32_I32 : MYSQL_U32_I64,
                  reference ? COLUMN_INT32 : COLUMN_INT64);
        else
            store(column, MYSQL_I32_I32, COLUMN_INT32);
        column->own_type = !field->is_unsigned;
    } else if (column->wire == MYSQL_WIRE_LONGLONG) {
        if (!field->is_unsigned)
            store(column, MYSQL_I64_I64, COLUMN_INT64);
        else if (reference)
            store(column, MYSQL_U64_I64, COLUMN_INT64);
        else
            store_decimal(column, MYSQL_U64_I128, 20, 0);
        column->own_type = !field->is_unsigned;
    } else {
        plan_small_integer(column, field->is_unsigned);
    }
    column->comparable = true;
    column->print = MYSQL_PRINTS_CAST;
}

static unsigned decimal_digits(const MysqlField *field) {
    unsigned beside = (field->decimals > 0 ? 1u : 0u) + (field->is_unsigned ? 0u : 1u);
    return field->length > beside ? field->length - beside : 0;
}

static void plan_decimal(MysqlColumn *column, const MysqlField *field, bool reference) {
    unsigned digits = decimal_digits(field);
    column->print = MYSQL_PRINTS_CAST;
    if (reference) {
        store(column, MYSQL_DECIMAL_F64, COLUMN_FLOAT64);
    } else if (digits > 0 && digits <= DECIMAL_WIDTH_MAX && field->decimals <= digits) {
        store_decimal(column, MYSQL_DECIMAL_I128, digits, field->decimals);
        column->own_type = true;
        column->comparable = true;
    } else {
        store_text(column);
        column->comparable = true;
    }
}

static void plan_float(MysqlColumn *column, bool reference) {
    column->print = MYSQL_PRINTS_FLOAT;
    if (column->wire == MYSQL_WIRE_DOUBLE)
        store(column, MYSQL_F64_F64, COLUMN_FLOAT64);
    else if (reference)
        store(column, MYSQL_F32_F64, COLUMN_FLOAT64);
    else
        store(column, MYSQL_F32_F32, COLUMN_FLOAT32);
    column->own_type = column->wire == MYSQL_WIRE_DOUBLE || !reference;
}

static void plan_bits(MysqlColumn *column, const MysqlField *field, bool reference) {
    column->print = MYSQL_PRINTS_BITS;
    if (reference)
        store(column, MYSQL_PRINT_BITS, COLUMN_UTF8);
    else if (field->length == 1)
        store(column, MYSQL_BITS_BOOL, COLUMN_BOOL);
    else if (field->length < BITS_MAX)
        store(column, MYSQL_BITS_I64, COLUMN_INT64);
    else
        store_decimal(column, MYSQL_BITS_I128, 20, 0);
}

static void plan_time(MysqlColumn *column, const MysqlField *field, bool reference) {
    column->print = MYSQL_PRINTS_CAST;
    column->decimals =
        field->decimals <= SECOND_DIGITS ? field->decimals : MYSQL_DECIMALS_AS_NEEDED;
    if (column->wire == MYSQL_WIRE_TIME) {
        store(column, reference ? MYSQL_PRINT_TIME : MYSQL_TIME_US,
              reference ? COLUMN_UTF8 : COLUMN_TIME_US);
    } else if (column->wire == MYSQL_WIRE_DATE || column->wire == MYSQL_WIRE_NEWDATE) {
        store(column, reference ? MYSQL_PRINT_DATE : MYSQL_DATE_DAYS,
              reference ? COLUMN_UTF8 : COLUMN_DATE32);
        column->comparable = true;
    } else {
        column->zoned = column->wire == MYSQL_WIRE_TIMESTAMP;
        store(column, reference ? MYSQL_PRINT_DATETIME : MYSQL_DATETIME_US,
              reference       ? COLUMN_UTF8
              : column->zoned ? COLUMN_TIMESTAMPTZ_US
                              : COLUMN_TIMESTAMP_US);
        column->comparable = true;
    }
    column->own_type = !reference;
}

static bool is_named_text(const MysqlField *field) {
    return str_eq_nocase(field->extended, STR("uuid")) ||
           str_eq_nocase(field->extended, STR("inet4")) ||
           str_eq_nocase(field->extended, STR("inet6"));
}

static bool is_text(const MysqlField *field) {
    if (field->wire == MYSQL_WIRE_GEOMETRY)
        return false;
    return field->wire == MYSQL_WIRE_JSON || field->is_enum || field->is_set ||
           is_named_text(field) || !field->is_binary;
}

static void plan_string(MysqlColumn *column, const MysqlField *field, bool reference) {
    bool listed = field->is_enum || field->is_set || field->wire == MYSQL_WIRE_ENUM ||
                  field->wire == MYSQL_WIRE_SET;
    if (is_text(field)) {
        bool named = is_named_text(field);
        store_text(column);
        column->own_type = !listed && !named && field->wire != MYSQL_WIRE_JSON &&
                           !str_eq_nocase(field->extended, STR("json"));
        column->comparable = column->own_type || str_eq_nocase(field->extended, STR("uuid"));
        column->print = named || listed ? MYSQL_PRINTS_CAST : MYSQL_PRINTS_ITSELF;
    } else {
        store(column, reference ? MYSQL_PRINT_BYTES : MYSQL_BYTES,
              reference ? COLUMN_UTF8 : COLUMN_BINARY);
        column->own_type = !reference && field->wire != MYSQL_WIRE_GEOMETRY;
        column->comparable = false; /* bytes have no spelling that positions share */
        column->print = MYSQL_PRINTS_HEX;
    }
}

static void plan_year(MysqlColumn *column, bool reference) {
    store(column, reference ? MYSQL_PRINT_YEAR : MYSQL_U16_I32,
          reference ? COLUMN_UTF8 : COLUMN_INT32);
    column->comparable = true;
    column->print = MYSQL_PRINTS_CAST;
}

MysqlColumn mysql_plan(const MysqlField *field, SourceTypes types) {
    MysqlColumn column = {.name = field->name, .wire = field->wire};
    bool reference = types == SOURCE_REFERENCE;
    switch (field->wire) {
    case MYSQL_WIRE_TINY:
    case MYSQL_WIRE_SHORT:
    case MYSQL_WIRE_INT24:
    case MYSQL_WIRE_LONG:
    case MYSQL_WIRE_LONGLONG:
        plan_integer(&column, field, reference);
        break;
    case MYSQL_WIRE_YEAR:
        plan_year(&column, reference);
        break;
    case MYSQL_WIRE_DECIMAL:
    case MYSQL_WIRE_NEWDECIMAL:
        plan_decimal(&column, field, reference);
        break;
    case MYSQL_WIRE_FLOAT:
    case MYSQL_WIRE_DOUBLE:
        plan_float(&column, reference);
        break;
    case MYSQL_WIRE_BIT:
        plan_bits(&column, field, reference);
        break;
    case MYSQL_WIRE_DATE:
    case MYSQL_WIRE_NEWDATE:
    case MYSQL_WIRE_DATETIME:
    case MYSQL_WIRE_TIMESTAMP:
    case MYSQL_WIRE_TIME:
        plan_time(&column, field, reference);
        break;
    case MYSQL_WIRE_NULL: /* SELECT NULL: no value ever comes */
        store_text(&column);
        column.own_type = true;
        break;
    case MYSQL_WIRE_VARCHAR:
    case MYSQL_WIRE_JSON:
    case MYSQL_WIRE_ENUM:
    case MYSQL_WIRE_SET:
    case MYSQL_WIRE_TINY_BLOB:
    case MYSQL_WIRE_MEDIUM_BLOB:
    case MYSQL_WIRE_LONG_BLOB:
    case MYSQL_WIRE_BLOB:
    case MYSQL_WIRE_VAR_STRING:
    case MYSQL_WIRE_STRING:
    case MYSQL_WIRE_GEOMETRY:
    default: /* a type of the future: text, or bytes where it says so */
        plan_string(&column, field, reference);
        break;
    }
    return column;
}

static bool widen(MysqlColumn *column, MysqlStep step, ColumnType type) {
    store(column, step, type);
    column->own_type = false;
    return true;
}

bool mysql_plan_wider(MysqlColumn *column) {
    switch ((int)column->step) {
    case MYSQL_I8_BOOL:
        return widen(column, MYSQL_I8_I32, COLUMN_INT32);
    case MYSQL_U32_I32:
        return widen(column, MYSQL_U32_I64, COLUMN_INT64);
    case MYSQL_U64_I64:
        store_decimal(column, MYSQL_U64_I128, 20, 0);
        return true;
    case MYSQL_DECIMAL_I128:
    case MYSQL_DECIMAL_F64:
        return widen(column, MYSQL_TEXT, COLUMN_UTF8);
    case MYSQL_DATE_DAYS:
        return widen(column, MYSQL_PRINT_DATE, COLUMN_UTF8);
    case MYSQL_DATETIME_US:
        return widen(column, MYSQL_PRINT_DATETIME, COLUMN_UTF8);
    case MYSQL_TIME_US:
        return widen(column, MYSQL_PRINT_TIME, COLUMN_UTF8);
    default:
        return false;
    }
}

MysqlColumn mysql_plan_printed(const MysqlColumn *column) {
    MysqlColumn printed = {.name = column->name, .wire = MYSQL_WIRE_VAR_STRING, .own_type = true};
    store_text(&printed);
    return printed;
}

static bool is_bytes(MysqlWire wire) {
    return wire == MYSQL_WIRE_VARCHAR || wire == MYSQL_WIRE_JSON || wire >= MYSQL_WIRE_ENUM;
}

bool mysql_reads(const MysqlField *planned, const MysqlField *field) {
    if (is_bytes(planned->wire))
        return is_bytes(field->wire);
    return planned->wire == field->wire && planned->is_unsigned == field->is_unsigned;
}

Str mysql_stored_type(const MysqlColumn *column, Arena *arena) {
    switch ((int)column->type) {
    case COLUMN_BOOL:
        return STR("BOOLEAN");
    case COLUMN_INT32:
        return STR("INTEGER");
    case COLUMN_INT64:
        return STR("BIGINT");
    case COLUMN_FLOAT32:
        return STR("FLOAT");
    case COLUMN_FLOAT64:
        return STR("DOUBLE");
    case COLUMN_DECIMAL:
        return str_format(arena, "DECIMAL(%u,%u)", column->width, column->scale);
    case COLUMN_DATE32:
        return STR("DATE");
    case COLUMN_TIME_US:
        return STR("TIME");
    case COLUMN_TIMESTAMP_US:
        return STR("TIMESTAMP");
    case COLUMN_TIMESTAMPTZ_US:
        return STR("TIMESTAMP WITH TIME ZONE");
    case COLUMN_BINARY:
        return STR("BLOB");
    default:
        return STR("VARCHAR");
    }
}

static const char *wire_name(const MysqlField *field) {
    switch (field->wire) {
    case MYSQL_WIRE_TINY:
        return field->length == 1 && !field->is_unsigned ? "tinyint(1)" : "tinyint";
    case MYSQL_WIRE_SHORT:
        return "smallint";
    case MYSQL_WIRE_INT24:
        return "mediumint";
    case MYSQL_WIRE_LONG:
        return "int";
    case MYSQL_WIRE_LONGLONG:
        return "bigint";
    case MYSQL_WIRE_YEAR:
        return "year";
    case MYSQL_WIRE_FLOAT:
        return "float";
    case MYSQL_WIRE_DOUBLE:
        return "double";
    case MYSQL_WIRE_DATE:
    case MYSQL_WIRE_NEWDATE:
        return "date";
    case MYSQL_WIRE_DATETIME:
        return "datetime";
    case MYSQL_WIRE_TIMESTAMP:
        return "timestamp";
    case MYSQL_WIRE_TIME:
        return "time";
    case MYSQL_WIRE_NULL:
        return "null";
    case MYSQL_WIRE_JSON:
        return "json";
    case MYSQL_WIRE_GEOMETRY:
        return "geometry";
    case MYSQL_WIRE_TINY_BLOB:
    case MYSQL_WIRE_MEDIUM_BLOB:
    case MYSQL_WIRE_LONG_BLOB:
    case MYSQL_WIRE_BLOB:
        return field->is_binary ? "blob" : "text";
    case MYSQL_WIRE_DECIMAL:
    case MYSQL_WIRE_NEWDECIMAL:
    case MYSQL_WIRE_BIT:
    case MYSQL_WIRE_ENUM:
    case MYSQL_WIRE_SET:
    case MYSQL_WIRE_VARCHAR:
    case MYSQL_WIRE_VAR_STRING:
    case MYSQL_WIRE_STRING:
    default:
        return field->is_binary ? "varbinary" : "varchar";
    }
}

Str mysql_field_type(const MysqlField *field, Arena *arena) {
    const char *is_unsigned = field->is_unsigned ? " unsigned" : "";
    if (field->wire == MYSQL_WIRE_NEWDECIMAL || field->wire == MYSQL_WIRE_DECIMAL)
        return str_format(arena, "decimal(%u,%u)%s", decimal_digits(field), field->decimals,
                          is_unsigned);
    if (field->wire == MYSQL_WIRE_BIT)
        return str_format(arena, "bit(%u)", field->length);
    if (field->is_enum || field->wire == MYSQL_WIRE_ENUM)
        return STR("enum");
    if (field->is_set || field->wire == MYSQL_WIRE_SET)
        return STR("set");
    if (field->extended.length > 0)
        return str_dup(arena, field->extended);
    bool counts = field->wire == MYSQL_WIRE_TINY || field->wire == MYSQL_WIRE_SHORT ||
                  field->wire == MYSQL_WIRE_INT24 || field->wire == MYSQL_WIRE_LONG ||
                  field->wire == MYSQL_WIRE_LONGLONG;
    return str_format(arena, "%s%s", wire_name(field), counts ? is_unsigned : "");
}
