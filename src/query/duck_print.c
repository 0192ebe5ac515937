/* duck_print.c - print one value of a DuckDB vector, nested ones too.
 *
 * DuckDB's C interface has no such printer: duckdb_value_varchar gives NULL for nested values, and
 * to_json prints NaN bare and rounds nothing but what doubles cannot hold. Kinds that are rare and
 * have odd rules (intervals, bit strings, times with zones, BIGNUM) are handed back to DuckDB as
 * values, so that they read as DuckDB prints them.
 *
 * Recursion follows the type, whose depth value_node_make has bounded.
 *
 * Tested by: test_duck_print.c. */
#include "query/duck_result.h"

#include <string.h>

#include "query/value_text.h"

/* The story above says what bounds the recursion. */
/* NOLINTBEGIN(misc-no-recursion) */

/* How scalars that are no numbers look: "text" in JSON, text in CSV. */
typedef enum Quoting { QUOTED, BARE } Quoting;

static void append_scalar(StrBuf *out, Str text, Quoting quoting) {
    if (quoting == QUOTED)
        text_append_json_string(out, text);
    else
        strbuf_append(out, text);
}

/* Digits, signs, 'T': nothing that JSON would escape. */
static void append_plain(StrBuf *out, Str text, Quoting quoting) {
    if (quoting == QUOTED)
        strbuf_append_char(out, '"');
    strbuf_append(out, text);
    if (quoting == QUOTED)
        strbuf_append_char(out, '"');
}

/* ---- reading numbers ---- */

static TextInt128 read_hugeint(const void *data, uint64_t row) {
    const duckdb_hugeint *value = (const duckdb_hugeint *)data + row;
    return (TextInt128)(((TextUint128)(uint64_t)value->upper << 64) | value->lower);
}

static TextUint128 read_uhugeint(const void *data, uint64_t row) {
    const duckdb_uhugeint *value = (const duckdb_uhugeint *)data + row;
    return ((TextUint128)value->upper << 64) | value->lower;
}

static int64_t read_signed(duckdb_type type, const void *data, uint64_t row) {
    if (type == DUCKDB_TYPE_TINYINT)
        return ((const int8_t *)data)[row];
    if (type == DUCKDB_TYPE_SMALLINT)
        return ((const int16_t *)data)[row];
    if (type == DUCKDB_TYPE_INTEGER)
        return ((const int32_t *)data)[row];
    return ((const int64_t *)data)[row];
}

static uint64_t read_unsigned(duckdb_type type, const void *data, uint64_t row) {
    if (type == DUCKDB_TYPE_UTINYINT)
        return ((const uint8_t *)data)[row];
    if (type == DUCKDB_TYPE_USMALLINT)
        return ((const uint16_t *)data)[row];
    if (type == DUCKDB_TYPE_UINTEGER)
        return ((const uint32_t *)data)[row];
    return ((const uint64_t *)data)[row];
}

static bool is_signed(duckdb_type type) {
    return type == DUCKDB_TYPE_TINYINT || type == DUCKDB_TYPE_SMALLINT ||
           type == DUCKDB_TYPE_INTEGER || type == DUCKDB_TYPE_BIGINT;
}

static bool is_unsigned(duckdb_type type) {
    return type == DUCKDB_TYPE_UTINYINT || type == DUCKDB_TYPE_USMALLINT ||
           type == DUCKDB_TYPE_UINTEGER || type == DUCKDB_TYPE_UBIGINT;
}

/* ---- scalars ---- */

static void print_number(StrBuf *out, TextInt128 unscaled, uint8_t scale, Quoting quoting) {
    char text[TEXT_NUMBER_BYTES];
    bool exact = text_number_is_exact(unscaled, scale);
    append_plain(out, text_decimal(unscaled, scale, text), exact ? BARE : quoting);
}

static void print_uhugeint(StrBuf *out, TextUint128 value, Quoting quoting) {
    char text[TEXT_NUMBER_BYTES];
    bool exact = value >> 64 == 0 && text_number_is_exact((TextInt128)value, 0);
    append_plain(out, text_uint128(value, text), exact ? BARE : quoting);
}

static void print_float(StrBuf *out, Str text, Quoting quoting) {
    char last = text.data[text.length - 1];
    append_plain(out, text, last >= '0' && last <= '9' ? BARE : quoting);
}

static void print_decimal(const ValueNode *node, uint64_t row, StrBuf *out, Quoting quoting) {
    TextInt128 unscaled = node->storage == DUCKDB_TYPE_HUGEINT
                              ? read_hugeint(node->data, row)
                              : read_signed(node->storage, node->data, row);
    print_number(out, unscaled, node->scale, quoting);
}

static void print_bytes(const ValueNode *node, uint64_t row, StrBuf *out, Quoting quoting) {
    duckdb_string_t *text = (duckdb_string_t *)node->data + row;
    Str bytes = str_make(duckdb_string_t_data(text), duckdb_string_t_length(*text));
    if (node->type == DUCKDB_TYPE_VARCHAR) {
        append_scalar(out, bytes, quoting);
        return;
    }
    if (quoting == QUOTED)
        strbuf_append_char(out, '"');
    text_append_base64(out, bytes);
    if (quoting == QUOTED)
        strbuf_append_char(out, '"');
}

static void print_enum(const ValueNode *node, uint64_t row, StrBuf *out, Quoting quoting) {
    uint64_t code = read_unsigned(node->storage, node->data, row);
    append_scalar(out, code < node->enum_count ? node->enum_values[code] : STR_EMPTY, quoting);
}

/* A UUID is stored with its top bit turned, so that it sorts as a signed number. */
static Str uuid_text(const ValueNode *node, uint64_t row, char text[TEXT_TIME_BYTES]) {
    TextUint128 flip = (TextUint128)1 << 127;
    return text_uuid((TextUint128)read_hugeint(node->data, row) ^ flip, text);
}

static bool timestamp_unit(duckdb_type type, TimeUnit *out) {
    static const struct {
        duckdb_type type;
        TimeUnit unit;
    } units[] = {
        {DUCKDB_TYPE_TIMESTAMP, TIME_MICROS},    {DUCKDB_TYPE_TIMESTAMP_TZ, TIME_MICROS},
        {DUCKDB_TYPE_TIMESTAMP_S, TIME_SECONDS}, {DUCKDB_TYPE_TIMESTAMP_MS, TIME_MILLIS},
        {DUCKDB_TYPE_TIMESTAMP_NS, TIME_NANOS},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].type == type) {
            *out = units[i].unit;
            return true;
        }
    }
    return false;
}

/* Dates, times, UUIDs; false for other types. */
static bool print_time_like(const ValueNode *node, uint64_t row, StrBuf *out, Quoting quoting) {
    char text[TEXT_TIME_BYTES];
    const int64_t *wide = node->data;
    TimeUnit unit;
    Str shown;
    if (timestamp_unit(node->type, &unit))
        shown = text_timestamp(wide[row], unit, node->type == DUCKDB_TYPE_TIMESTAMP_TZ, text);
    else if (node->type == DUCKDB_TYPE_DATE)
        shown = text_date(((const int32_t *)node->data)[row], text);
    else if (node->type == DUCKDB_TYPE_TIME)
        shown = text_time(wide[row], TIME_MICROS, text);
    else if (node->type == DUCKDB_TYPE_TIME_NS)
        shown = text_time(wide[row], TIME_NANOS, text);
    else if (node->type == DUCKDB_TYPE_UUID)
        shown = uuid_text(node, row, text);
    else
        return false;
    append_plain(out, shown, quoting);
    return true;
}

/* A BIGNUM is stored as a header of 3 bytes, whose top bit is clear when it is negative, and its
 * magnitude from the highest byte, every bit turned when negative. duckdb_bignum wants the
 * magnitude in the same order (duckdb.h 1.4 says the opposite; test_duck_print.c knows). */
static duckdb_value bignum_value(Str stored, Arena *scratch) {
    const uint8_t *bytes = (const uint8_t *)stored.data;
    size_t count = stored.length > 3 ? stored.length - 3 : 0;
    bool negative = stored.length > 0 && (bytes[0] & 0x80) == 0;
    uint8_t *magnitude = arena_alloc(scratch, count + 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = bytes[3 + i];
        magnitude[i] = negative ? (uint8_t)~byte : byte;
    }
    return duckdb_create_bignum((duckdb_bignum){magnitude, count, negative});
}

/* What DuckDB prints by rules of its own. */
static duckdb_value odd_value(const ValueNode *node, uint64_t row, Arena *scratch) {
    if (node->type == DUCKDB_TYPE_INTERVAL)
        return duckdb_create_interval(((const duckdb_interval *)node->data)[row]);
    if (node->type == DUCKDB_TYPE_TIME_TZ)
        return duckdb_create_time_tz_value(((const duckdb_time_tz *)node->data)[row]);
    duckdb_string_t *text = (duckdb_string_t *)node->data + row;
    Str stored = str_make(duckdb_string_t_data(text), duckdb_string_t_length(*text));
    if (node->type == DUCKDB_TYPE_BIGNUM)
        return bignum_value(stored, scratch);
    return duckdb_create_bit((duckdb_bit){(uint8_t *)stored.data, stored.length});
}

static void print_through_duckdb(const ValueNode *node, uint64_t row, StrBuf *out,
                                 Quoting quoting) {
    Arena *scratch = arena_create();
    duckdb_value value = odd_value(node, row, scratch);
    char *text = value == NULL ? NULL : duckdb_get_varchar(value);
    append_scalar(out, str_c(text), quoting);
    duckdb_free(text);
    duckdb_destroy_value(&value);
    arena_destroy(scratch);
}

static void print_scalar(const ValueNode *node, uint64_t row, StrBuf *out, Quoting quoting) {
    char text[TEXT_NUMBER_BYTES];
    if (node->type == DUCKDB_TYPE_VARCHAR || node->type == DUCKDB_TYPE_BLOB)
        print_bytes(node, row, out, quoting);
    else if (is_signed(node->type))
        print_number(out, read_signed(node->type, node->data, row), 0, quoting);
    else if (is_unsigned(node->type))
        print_uhugeint(out, read_unsigned(node->type, node->data, row), quoting);
    else if (node->type == DUCKDB_TYPE_DOUBLE)
        print_float(out, text_double(((const double *)node->data)[row], text), quoting);
    else if (node->type == DUCKDB_TYPE_FLOAT)
        print_float(out, text_float(((const float *)node->data)[row], text), quoting);
    else if (node->type == DUCKDB_TYPE_BOOLEAN)
        strbuf_append_c(out, ((const bool *)node->data)[row] ? "true" : "false");
    else if (node->type == DUCKDB_TYPE_DECIMAL)
        print_decimal(node, row, out, quoting);
    else if (node->type == DUCKDB_TYPE_HUGEINT)
        print_number(out, read_hugeint(node->data, row), 0, quoting);
    else if (node->type == DUCKDB_TYPE_UHUGEINT)
        print_uhugeint(out, read_uhugeint(node->data, row), quoting);
    else if (node->type == DUCKDB_TYPE_ENUM)
        print_enum(node, row, out, quoting);
    else if (!print_time_like(node, row, out, quoting))
        print_through_duckdb(node, row, out, quoting);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the type, see above */

/* ---- nested values, always as JSON ---- */

static void print_value(const ValueNode *node, uint64_t row, StrBuf *out);

static void print_items(const ValueNode *child, uint64_t from, uint64_t count, StrBuf *out) {
    strbuf_append_char(out, '[');
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        print_value(child, from + i, out);
    }
    strbuf_append_char(out, ']');
}

/* row(1, 2) has fields without names: an array. */
static void print_struct(const ValueNode *node, uint64_t row, StrBuf *out) {
    bool named = node->child_count > 0 && !str_is_empty(node->names[0]);
    strbuf_append_char(out, named ? '{' : '[');
    for (size_t i = 0; i < node->child_count; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        if (named) {
            text_append_json_string(out, node->names[i]);
            strbuf_append_char(out, ':');
        }
        print_value(&node->children[i], row, out);
    }
    strbuf_append_char(out, named ? '}' : ']');
}

static bool is_nested(duckdb_type type) {
    return type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_ARRAY || type == DUCKDB_TYPE_MAP ||
           type == DUCKDB_TYPE_STRUCT || type == DUCKDB_TYPE_UNION;
}

/* Keys of JSON objects are strings: a nested key is its JSON text as one. */
static void print_key(const ValueNode *key, uint64_t row, StrBuf *out) {
    if (!is_nested(key->type) && key->type != DUCKDB_TYPE_VARCHAR &&
        key->type != DUCKDB_TYPE_ENUM) {
        strbuf_append_char(out, '"');
        print_scalar(key, row, out, BARE);
        strbuf_append_char(out, '"');
        return;
    }
    if (!is_nested(key->type)) {
        print_scalar(key, row, out, QUOTED);
        return;
    }
    Arena *scratch = arena_create();
    StrBuf text = strbuf_make(scratch);
    print_value(key, row, &text);
    text_append_json_string(out, strbuf_str(&text));
    arena_destroy(scratch);
}

static void print_map(const ValueNode *node, uint64_t row, StrBuf *out) {
    const duckdb_list_entry *entry = (const duckdb_list_entry *)node->data + row;
    const ValueNode *pair = node->children;
    strbuf_append_char(out, '{');
    for (uint64_t i = 0; i < entry->length; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        print_key(&pair->children[0], entry->offset + i, out);
        strbuf_append_char(out, ':');
        print_value(&pair->children[1], entry->offset + i, out);
    }
    strbuf_append_char(out, '}');
}

static void print_union(const ValueNode *node, uint64_t row, StrBuf *out) {
    size_t tag = node->tags[row];
    if (tag >= node->child_count) {
        strbuf_append_c(out, "null");
        return;
    }
    strbuf_append_char(out, '{');
    text_append_json_string(out, node->names[tag]);
    strbuf_append_char(out, ':');
    print_value(&node->children[tag], row, out);
    strbuf_append_char(out, '}');
}

static void print_nested(const ValueNode *node, uint64_t row, StrBuf *out) {
    const duckdb_list_entry *lists = node->data;
    if (node->type == DUCKDB_TYPE_LIST)
        print_items(node->children, lists[row].offset, lists[row].length, out);
    else if (node->type == DUCKDB_TYPE_ARRAY)
        print_items(node->children, row * node->array_size, node->array_size, out);
    else if (node->type == DUCKDB_TYPE_MAP)
        print_map(node, row, out);
    else if (node->type == DUCKDB_TYPE_UNION)
        print_union(node, row, out);
    else
        print_struct(node, row, out);
}

static void print_value(const ValueNode *node, uint64_t row, StrBuf *out) {
    if (node->type == DUCKDB_TYPE_SQLNULL || value_node_is_null(node, row))
        strbuf_append_c(out, "null");
    else if (is_nested(node->type))
        print_nested(node, row, out);
    else
        print_scalar(node, row, out, QUOTED);
}

/* NOLINTEND(misc-no-recursion) */

/* ---- query_result.h ---- */

size_t result_chunk_rows(const ResultChunk *chunk) {
    return chunk->rows;
}

void result_chunk_cut(ResultChunk *chunk, size_t rows) {
    if (rows >= chunk->rows)
        return;
    chunk->rows = rows;
    duckdb_data_chunk_set_size(chunk->chunk, rows);
}

void result_value_json(const ResultChunk *chunk, size_t column, size_t row, StrBuf *out) {
    print_value(&chunk->nodes[column], row, out);
}

bool result_value_text(const ResultChunk *chunk, size_t column, size_t row, StrBuf *out) {
    const ValueNode *node = &chunk->nodes[column];
    if (node->type == DUCKDB_TYPE_SQLNULL || value_node_is_null(node, row))
        return false;
    if (is_nested(node->type))
        print_nested(node, row, out);
    else
        print_scalar(node, row, out, BARE);
    return true;
}

/* NOLINTEND(misc-no-recursion) */
