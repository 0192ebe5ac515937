/* canonical_text.c - which way of writing a type has, and the types that need little.
 *
 * Each family is read into its value and printed from it (canonical_number.c, canonical_time.c).
 * Here: which family a stored type belongs to, truth values, bytes, and texts, which stay as they
 * are. Bytes come as PostgreSQL prints them (\x6162) or as MySQL's HEX does (6162), in any case.
 *
 * Tested by: test_canonical_text.c; fuzz_canonical_text.c. */
#include "source/canonical_text.h"

#include <assert.h>

#include "source/canonical_number.h"
#include "source/canonical_time.h"

CanonicalKind canonical_kind(Str stored_type) {
    static const struct {
        const char *type;
        CanonicalKind kind;
    } kinds[] = {
        {"BOOLEAN", CANONICAL_BOOL},        {"TINYINT", CANONICAL_DECIMAL},
        {"SMALLINT", CANONICAL_DECIMAL},    {"INTEGER", CANONICAL_DECIMAL},
        {"BIGINT", CANONICAL_DECIMAL},      {"HUGEINT", CANONICAL_DECIMAL},
        {"UTINYINT", CANONICAL_DECIMAL},    {"USMALLINT", CANONICAL_DECIMAL},
        {"UINTEGER", CANONICAL_DECIMAL},    {"UBIGINT", CANONICAL_DECIMAL},
        {"FLOAT", CANONICAL_FLOAT},         {"DOUBLE", CANONICAL_DOUBLE},
        {"DATE", CANONICAL_DATE},           {"TIME", CANONICAL_TIME},
        {"TIMESTAMP", CANONICAL_TIMESTAMP}, {"TIMESTAMP WITH TIME ZONE", CANONICAL_TIMESTAMPTZ},
        {"BLOB", CANONICAL_BLOB},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq_c(stored_type, kinds[i].type))
            return kinds[i].kind;
    bool decimal = str_starts(stored_type, STR("DECIMAL(")) && str_ends(stored_type, STR(")"));
    return decimal ? CANONICAL_DECIMAL : CANONICAL_TEXT;
}

/* ---- truth values and bytes ---- */

static void append_bool(bool value, StrBuf *out) {
    strbuf_append_c(out, value ? "true" : "false");
}

static bool bool_text(Str text, StrBuf *out) {
    static const char *const words[] = {"f", "t", "0", "1", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(text, str_c(words[i]))) {
            append_bool(i % 2 == 1, out);
            return true;
        }
    return false;
}

static void append_hex(Str bytes, StrBuf *out) {
    static const char digits[] = "0123456789abcdef";
    char *at = strbuf_reserve(out, 2 * bytes.length);
    for (size_t i = 0; i < bytes.length; i++) {
        *at++ = digits[(unsigned char)bytes.data[i] >> 4];
        *at++ = digits[(unsigned char)bytes.data[i] & 15];
    }
    out->length += 2 * bytes.length;
}

/* The lower-case form of a hex digit, or 0. */
static char hex_digit(char c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : '\0';
}

static bool hex_text(Str text, StrBuf *out) {
    if (str_starts(text, STR("\\x")))
        text = str_slice(text, 2, text.length);
    if (text.length % 2 != 0)
        return false;
    char *at = strbuf_reserve(out, text.length);
    for (size_t i = 0; i < text.length; i++) {
        at[i] = hex_digit(text.data[i]);
        if (at[i] == '\0')
            return false;
    }
    out->length += text.length;
    return true;
}

/* ---- dates and times ---- */

static bool date_text(Str text, StrBuf *out) {
    int32_t days;
    bool ok = canonical_date_read(text, &days);
    if (ok)
        canonical_date(days, out);
    return ok;
}

static bool time_text(Str text, StrBuf *out) {
    int64_t us;
    bool ok = canonical_time_read(text, &us);
    if (ok)
        canonical_time(us, out);
    return ok;
}

static bool timestamp_text(Str text, CanonicalZone zone, StrBuf *out) {
    int64_t us;
    bool ok = canonical_timestamp_read(text, zone, &us);
    if (ok)
        canonical_timestamp(us, zone, out);
    return ok;
}

/* ---- both ways in ---- */

static bool any_text(CanonicalKind kind, Str text, StrBuf *out) {
    switch (kind) {
    case CANONICAL_BOOL:
        return bool_text(text, out);
    case CANONICAL_DECIMAL:
        return canonical_decimal_text(text, out);
    case CANONICAL_FLOAT:
        return canonical_f32_text(text, out);
    case CANONICAL_DOUBLE:
        return canonical_f64_text(text, out);
    case CANONICAL_DATE:
        return date_text(text, out);
    case CANONICAL_TIME:
        return time_text(text, out);
    case CANONICAL_TIMESTAMP:
        return timestamp_text(text, CANONICAL_NO_ZONE, out);
    case CANONICAL_TIMESTAMPTZ:
        return timestamp_text(text, CANONICAL_UTC, out);
    case CANONICAL_BLOB:
        return hex_text(text, out);
    case CANONICAL_TEXT:
        break;
    }
    strbuf_append(out, text);
    return true;
}

static const char *kind_name(CanonicalKind kind) {
    static const char *const names[] = {"a text",
                                        "a truth value",
                                        "a number",
                                        "a floating-point number",
                                        "a floating-point number",
                                        "a date",
                                        "a time",
                                        "a timestamp",
                                        "a timestamp with time zone",
                                        "bytes in hex"};
    return names[kind];
}

bool canonical_from_text(CanonicalKind kind, Str printed, StrBuf *out, Err *err) {
    return any_text(kind, printed, out) ||
           err_fail(err, FAIL_UNPROCESSABLE, "a value is not %s", kind_name(kind));
}

void canonical_from_row(const RowColumn *column, size_t row, StrBuf *out) {
    const void *values = column->values;
    switch (column->type) {
    case COLUMN_BOOL:
        append_bool(((const uint8_t *)values)[row] != 0, out);
        return;
    case COLUMN_INT8:
        canonical_i64(((const int8_t *)values)[row], out);
        return;
    case COLUMN_INT16:
        canonical_i64(((const int16_t *)values)[row], out);
        return;
    case COLUMN_INT32:
        canonical_i64(((const int32_t *)values)[row], out);
        return;
    case COLUMN_INT64:
        canonical_i64(((const int64_t *)values)[row], out);
        return;
    case COLUMN_UINT8:
        canonical_u64(((const uint8_t *)values)[row], out);
        return;
    case COLUMN_UINT16:
        canonical_u64(((const uint16_t *)values)[row], out);
        return;
    case COLUMN_UINT32:
        canonical_u64(((const uint32_t *)values)[row], out);
        return;
    case COLUMN_UINT64:
        canonical_u64(((const uint64_t *)values)[row], out);
        return;
    case COLUMN_FLOAT32:
        canonical_f32(((const float *)values)[row], out);
        return;
    case COLUMN_FLOAT64:
        canonical_f64(((const double *)values)[row], out);
        return;
    case COLUMN_UTF8:
        strbuf_append(out, row_text(column, row));
        return;
    case COLUMN_BINARY:
        append_hex(row_text(column, row), out);
        return;
    case COLUMN_DATE32:
        canonical_date(((const int32_t *)values)[row], out);
        return;
    case COLUMN_TIME_US:
        canonical_time(((const int64_t *)values)[row], out);
        return;
    case COLUMN_TIMESTAMP_US:
        canonical_timestamp(((const int64_t *)values)[row], CANONICAL_NO_ZONE, out);
        return;
    case COLUMN_TIMESTAMPTZ_US:
        canonical_timestamp(((const int64_t *)values)[row], CANONICAL_UTC, out);
        return;
    case COLUMN_DECIMAL:
        canonical_i128(((const Int128 *)values)[row], column->scale, out);
        return;
    case COLUMN_FLOAT32_LIST:
        break;
    }
    assert(false && "a list has no canonical text");
}
