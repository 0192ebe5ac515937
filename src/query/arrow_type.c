/* arrow_type.c - format strings ("l", "d:18,3", "tsu:UTC", "+w:2") to types of Schema.fbs.
 *
 * Codes and slots are those of Schema.fbs, version V5 of the format
 * (github.com/apache/arrow/blob/main/format/Schema.fbs). Only formats that DuckDB gives are known;
 * 64-bit offsets and views are not among them at our settings.
 *
 * Tested by: test_query_formats.c, tests/e2e/test_sql_formats.py. */
#include "query/arrow_type.h"

#include <stdlib.h>
#include <string.h>

/* Codes of the union Type. */
enum {
    TYPE_NULL = 1,
    TYPE_INT,
    TYPE_FLOATING_POINT,
    TYPE_BINARY,
    TYPE_UTF8,
    TYPE_BOOL,
    TYPE_DECIMAL,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_TIMESTAMP,
    TYPE_INTERVAL,
    TYPE_LIST,
    TYPE_STRUCT,
    TYPE_UNION,
    TYPE_FIXED_SIZE_BINARY,
    TYPE_FIXED_SIZE_LIST,
    TYPE_MAP,
    TYPE_DURATION
};

typedef struct FormatRow {
    const char *format;
    ArrowType type;
} FormatRow;

/* first, second: Int bits and sign; FloatingPoint precision; Date, Time, Interval, Duration unit
 * and bits. */
static const FormatRow formats[] = {
    {"n", {.layout = ARROW_LAYOUT_NULL, .code = TYPE_NULL}},
    {"b", {.layout = ARROW_LAYOUT_BITS, .code = TYPE_BOOL}},
    {"c", {ARROW_LAYOUT_FIXED, 1, TYPE_INT, 8, 1, 0, {0}}},
    {"C", {ARROW_LAYOUT_FIXED, 1, TYPE_INT, 8, 0, 0, {0}}},
    {"s", {ARROW_LAYOUT_FIXED, 2, TYPE_INT, 16, 1, 0, {0}}},
    {"S", {ARROW_LAYOUT_FIXED, 2, TYPE_INT, 16, 0, 0, {0}}},
    {"i", {ARROW_LAYOUT_FIXED, 4, TYPE_INT, 32, 1, 0, {0}}},
    {"I", {ARROW_LAYOUT_FIXED, 4, TYPE_INT, 32, 0, 0, {0}}},
    {"l", {ARROW_LAYOUT_FIXED, 8, TYPE_INT, 64, 1, 0, {0}}},
    {"L", {ARROW_LAYOUT_FIXED, 8, TYPE_INT, 64, 0, 0, {0}}},
    {"e", {ARROW_LAYOUT_FIXED, 2, TYPE_FLOATING_POINT, 0, 0, 0, {0}}},
    {"f", {ARROW_LAYOUT_FIXED, 4, TYPE_FLOATING_POINT, 1, 0, 0, {0}}},
    {"g", {ARROW_LAYOUT_FIXED, 8, TYPE_FLOATING_POINT, 2, 0, 0, {0}}},
    {"u", {.layout = ARROW_LAYOUT_BYTES, .code = TYPE_UTF8}},
    {"z", {.layout = ARROW_LAYOUT_BYTES, .code = TYPE_BINARY}},
    {"tdD", {ARROW_LAYOUT_FIXED, 4, TYPE_DATE, 0, 0, 0, {0}}},
    {"tts", {ARROW_LAYOUT_FIXED, 4, TYPE_TIME, 0, 32, 0, {0}}},
    {"ttm", {ARROW_LAYOUT_FIXED, 4, TYPE_TIME, 1, 32, 0, {0}}},
    {"ttu", {ARROW_LAYOUT_FIXED, 8, TYPE_TIME, 2, 64, 0, {0}}},
    {"ttn", {ARROW_LAYOUT_FIXED, 8, TYPE_TIME, 3, 64, 0, {0}}},
    {"tDs", {ARROW_LAYOUT_FIXED, 8, TYPE_DURATION, 0, 0, 0, {0}}},
    {"tDm", {ARROW_LAYOUT_FIXED, 8, TYPE_DURATION, 1, 0, 0, {0}}},
    {"tDu", {ARROW_LAYOUT_FIXED, 8, TYPE_DURATION, 2, 0, 0, {0}}},
    {"tDn", {ARROW_LAYOUT_FIXED, 8, TYPE_DURATION, 3, 0, 0, {0}}},
    {"tiM", {ARROW_LAYOUT_FIXED, 4, TYPE_INTERVAL, 0, 0, 0, {0}}},
    {"tiD", {ARROW_LAYOUT_FIXED, 8, TYPE_INTERVAL, 1, 0, 0, {0}}},
    {"tin", {ARROW_LAYOUT_FIXED, 16, TYPE_INTERVAL, 2, 0, 0, {0}}},
    {"+l", {.layout = ARROW_LAYOUT_LIST, .code = TYPE_LIST}},
    {"+s", {.layout = ARROW_LAYOUT_STRUCT, .code = TYPE_STRUCT}},
    {"+m", {.layout = ARROW_LAYOUT_LIST, .code = TYPE_MAP}},
};

/* "tsu:UTC" */
static bool parse_timestamp(const char *format, ArrowType *out) {
    static const char units[] = "smun";
    const char *unit = strchr(units, format[2]);
    if (format[2] == '\0' || unit == NULL || format[3] != ':')
        return false;
    *out = (ArrowType){.layout = ARROW_LAYOUT_FIXED,
                       .width = 8,
                       .code = TYPE_TIMESTAMP,
                       .first = (int32_t)(unit - units),
                       .text = str_c(format + 4)};
    return true;
}

/* "d:18,3" or "d:18,3,128" */
static bool parse_decimal(const char *format, ArrowType *out) {
    char *end;
    long precision = strtol(format + 2, &end, 10);
    if (*end != ',')
        return false;
    long scale = strtol(end + 1, &end, 10);
    long bits = *end == ',' ? strtol(end + 1, &end, 10) : 128;
    if (*end != '\0' || (bits != 32 && bits != 64 && bits != 128 && bits != 256))
        return false;
    *out = (ArrowType){.layout = ARROW_LAYOUT_FIXED,
                       .width = (uint32_t)bits / 8,
                       .code = TYPE_DECIMAL,
                       .first = (int32_t)precision,
                       .second = (int32_t)scale,
                       .third = (int32_t)bits};
    return true;
}

static bool parse_with_arguments(const char *format, ArrowType *out) {
    if (strncmp(format, "ts", 2) == 0)
        return parse_timestamp(format, out);
    if (strncmp(format, "d:", 2) == 0)
        return parse_decimal(format, out);
    if (strncmp(format, "w:", 2) == 0) {
        int32_t width = (int32_t)strtol(format + 2, NULL, 10);
        *out = (ArrowType){.layout = ARROW_LAYOUT_FIXED,
                           .width = (uint32_t)width,
                           .code = TYPE_FIXED_SIZE_BINARY,
                           .first = width};
        return width > 0;
    }
    if (strncmp(format, "+w:", 3) == 0) {
        *out = (ArrowType){.layout = ARROW_LAYOUT_STRUCT,
                           .code = TYPE_FIXED_SIZE_LIST,
                           .first = (int32_t)strtol(format + 3, NULL, 10)};
        return true;
    }
    if (strncmp(format, "+us:", 4) == 0) {
        *out = (ArrowType){
            .layout = ARROW_LAYOUT_UNION, .code = TYPE_UNION, .text = str_c(format + 4)};
        return true;
    }
    return false;
}

bool arrow_type_parse(const char *format, ArrowType *out, Err *err) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].format, format) == 0) {
            *out = formats[i].type;
            return true;
        }
    }
    return parse_with_arguments(format, out)
               ? true
               : err_fail(err, FAIL_UNSUPPORTED, "a type that has no Arrow form here (%s)", format);
}

/* ---- the table of a type ---- */

static FlatRef write_union(FlatBuilder *builder, Str type_ids) {
    int32_t ids[256];
    size_t count = 0;
    Str id;
    while (!str_is_empty(type_ids) && count < 256) {
        uint64_t value = 0;
        type_ids = str_cut(type_ids, ',', &id);
        (void)str_to_u64(id, &value);
        ids[count++] = (int32_t)value;
    }
    FlatRef vector = flat_vector_i32(builder, ids, count);
    flat_table_begin(builder);
    flat_table_i16(builder, 0, 0); /* sparse */
    flat_table_ref(builder, 1, vector);
    return flat_table_end(builder);
}

static FlatRef write_timestamp(FlatBuilder *builder, const ArrowType *type) {
    FlatRef zone = str_is_empty(type->text) ? 0 : flat_string(builder, type->text);
    flat_table_begin(builder);
    flat_table_i16(builder, 0, (int16_t)type->first);
    if (zone != 0)
        flat_table_ref(builder, 1, zone);
    return flat_table_end(builder);
}

FlatRef arrow_type_write(FlatBuilder *builder, const ArrowType *type, int64_t flags) {
    if (type->code == TYPE_UNION)
        return write_union(builder, type->text);
    if (type->code == TYPE_TIMESTAMP)
        return write_timestamp(builder, type);
    flat_table_begin(builder);
    if (type->code == TYPE_INT) {
        flat_table_i32(builder, 0, type->first);
        flat_table_u8(builder, 1, (uint8_t)type->second);
    } else if (type->code == TYPE_DECIMAL) {
        flat_table_i32(builder, 0, type->first);
        flat_table_i32(builder, 1, type->second);
        flat_table_i32(builder, 2, type->third);
    } else if (type->code == TYPE_TIME) {
        flat_table_i16(builder, 0, (int16_t)type->first);
        flat_table_i32(builder, 1, type->second);
    } else if (type->code == TYPE_FLOATING_POINT || type->code == TYPE_DATE ||
               type->code == TYPE_INTERVAL || type->code == TYPE_DURATION) {
        flat_table_i16(builder, 0, (int16_t)type->first);
    } else if (type->code == TYPE_FIXED_SIZE_BINARY || type->code == TYPE_FIXED_SIZE_LIST) {
        flat_table_i32(builder, 0, type->first);
    } else if (type->code == TYPE_MAP) {
        flat_table_u8(builder, 0, (flags & ARROW_MAP_KEYS_SORTED) != 0);
    }
    return flat_table_end(builder);
}
