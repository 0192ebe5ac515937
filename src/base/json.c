/* json.c - thin and strict: every reader goes through field_find, so that "absent", "null" and
 * "wrong type" mean the same in every request body and stored record.
 *
 * Parsing refuses duplicate keys (which of two wins is a trap), U+0000 in strings, bad UTF-8,
 * integers beyond 64 bits and bytes behind the value. Printing goes through an own writer, because
 * jansson prints 0.1 as 0.10000000000000001: reals come out as the shortest text that reads back
 * to the same bits, and always look like reals (a point or an exponent).
 *
 * Tested by: tests/unit/base/test_json.c. */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_value(void *value) {
    json_decref(value);
}

/* jansson answers NULL only when memory is gone or for misuse; neither may pass in silence. */
static json_t *must(json_t *value) {
    if (value == NULL) {
        fprintf(stderr, "lakehouse: a JSON value could not be made\n");
        abort();
    }
    return value;
}

json_t *json_keep(Arena *arena, json_t *value) {
    arena_defer(arena, release_value, must(value));
    return value;
}

json_t *json_parse(Str bytes, Arena *arena, Err *err) {
    json_error_t error;
    json_t *value = json_loadb(bytes.data != NULL ? bytes.data : "", bytes.length,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        /* "... near 'x'": what stands there may be a secret. */
        Str what = str_slice(str_c(error.text), 0, str_find(str_c(error.text), STR(" near "), 0));
        err_fail(err, FAIL_INVALID, "not valid JSON");
        err_detail(err, "line %d, column %d: %.*s", error.line, error.column, STR_ARG(what));
        return NULL;
    }
    return json_keep(arena, value);
}

/* --- printing ------------------------------------------------------------------------------- */

static void print_string(StrBuf *out, const char *text, size_t length) {
    strbuf_append_char(out, '"');
    size_t plain_from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_append(out, (Str){text + plain_from, i - plain_from});
        plain_from = i + 1;
        static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        const char *form = NULL;
        for (size_t f = 0; f < sizeof short_forms - 1; f += 2)
            if ((unsigned char)short_forms[f] == c)
                form = &short_forms[f + 1];
        if (form != NULL) {
            strbuf_append_char(out, '\\');
            strbuf_append_char(out, *form);
        } else {
            strbuf_append_format(out, "\\u%04x", c);
        }
    }
    strbuf_append(out, (Str){text + plain_from, length - plain_from});
    strbuf_append_char(out, '"');
}

static void print_real(StrBuf *out, double value) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    strbuf_append_c(out, text);
    if (strpbrk(text, ".en") == NULL)
        strbuf_append_c(out, ".0");
}

static void print_line_break(StrBuf *out, bool pretty, size_t depth) {
    if (!pretty)
        return;
    strbuf_append_char(out, '\n');
    for (size_t i = 0; i < depth; i++)
        strbuf_append_c(out, "  ");
}

/* Recursion is as deep as the document, which PRINT_DEPTH_MAX bounds. */
/* NOLINTBEGIN(misc-no-recursion) */
static void print_value(StrBuf *out, const json_t *value, bool pretty, size_t depth);

static void print_object(StrBuf *out, const json_t *object, bool pretty, size_t depth) {
    const char *key;
    size_t key_length;
    json_t *item;
    bool first = true;
    strbuf_append_char(out, '{');
    json_object_keylen_foreach ((json_t *)(uintptr_t)object, key, key_length, item) {
        if (!first)
            strbuf_append_char(out, ',');
        first = false;
        print_line_break(out, pretty, depth + 1);
        print_string(out, key, key_length);
        strbuf_append_c(out, pretty ? ": " : ":");
        print_value(out, item, pretty, depth + 1);
    }
    if (!first)
        print_line_break(out, pretty, depth);
    strbuf_append_char(out, '}');
}

static void print_array(StrBuf *out, const json_t *array, bool pretty, size_t depth) {
    size_t count = json_array_size(array);
    strbuf_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        print_line_break(out, pretty, depth + 1);
        print_value(out, json_array_get(array, i), pretty, depth + 1);
    }
    if (count > 0)
        print_line_break(out, pretty, depth);
    strbuf_append_char(out, ']');
}

/* As deep as the parser lets a document be, plus what our own records wrap around one. */
enum { PRINT_DEPTH_MAX = 2 * 2048 };

static void print_value(StrBuf *out, const json_t *value, bool pretty, size_t depth) {
    assert(depth <= PRINT_DEPTH_MAX); /* a circle */
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        print_object(out, value, pretty, depth);
        return;
    case JSON_ARRAY:
        print_array(out, value, pretty, depth);
        return;
    case JSON_STRING:
        print_string(out, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        strbuf_append_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    case JSON_REAL:
        print_real(out, json_real_value(value));
        return;
    case JSON_TRUE:
        strbuf_append_c(out, "true");
        return;
    case JSON_FALSE:
        strbuf_append_c(out, "false");
        return;
    case JSON_NULL:
        break;
    }
    strbuf_append_c(out, "null");
}
/* NOLINTEND(misc-no-recursion) */

Str json_print(const json_t *value, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    print_value(&out, value, false, 0);
    return strbuf_str(&out);
}

Str json_print_pretty(const json_t *value, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    print_value(&out, value, true, 0);
    return strbuf_str(&out);
}

/* --- reading fields ------------------------------------------------------------------------- */

static const char *type_name(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool fail_type(const char *field, const char *wanted, const json_t *seen, Err *err) {
    err_fail(err, FAIL_INVALID, "field '%s' must be %s, not %s", field, wanted, type_name(seen));
    return err_field(err, field);
}

/* *out is NULL when the field is absent or null and that is allowed. */
static bool field_find(const json_t *object, const char *field, JsonNeed need, const json_t **out,
                       Err *err) {
    if (!json_is_object(object))
        return err_fail(err, FAIL_INVALID, "expected a JSON object, not %s",
                        object == NULL ? "nothing" : type_name(object));
    const json_t *value = json_object_get(object, field);
    if (value != NULL && json_is_null(value))
        value = NULL;
    if (value == NULL && need == JSON_REQUIRED) {
        err_fail(err, FAIL_INVALID, "field '%s' is missing", field);
        return err_field(err, field);
    }
    *out = value;
    return true;
}

bool json_read_str(const json_t *object, const char *field, JsonNeed need, Str *out, Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return fail_type(field, "a string", value, err);
    *out = (Str){json_string_value(value), json_string_length(value)};
    return true;
}

bool json_read_u64(const json_t *object, const char *field, JsonNeed need, uint64_t *out,
                   Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return fail_type(field, "a whole number", value, err);
    if (json_integer_value(value) < 0) {
        err_fail(err, FAIL_INVALID, "field '%s' must not be negative, it is %" JSON_INTEGER_FORMAT,
                 field, json_integer_value(value));
        return err_field(err, field);
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

bool json_read_i64(const json_t *object, const char *field, JsonNeed need, int64_t *out, Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return fail_type(field, "a whole number", value, err);
    *out = json_integer_value(value);
    return true;
}

bool json_read_f64(const json_t *object, const char *field, JsonNeed need, double *out, Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_number(value))
        return fail_type(field, "a number", value, err);
    *out = json_number_value(value);
    return true;
}

bool json_read_bool(const json_t *object, const char *field, JsonNeed need, bool *out, Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_boolean(value))
        return fail_type(field, "true or false", value, err);
    *out = json_is_true(value);
    return true;
}

bool json_read_array(const json_t *object, const char *field, JsonNeed need, const json_t **out,
                     Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value != NULL && !json_is_array(value))
        return fail_type(field, "an array", value, err);
    *out = value;
    return true;
}

bool json_read_object(const json_t *object, const char *field, JsonNeed need, const json_t **out,
                      Err *err) {
    const json_t *value;
    if (!field_find(object, field, need, &value, err))
        return false;
    if (value != NULL && !json_is_object(value))
        return fail_type(field, "an object", value, err);
    *out = value;
    return true;
}

bool json_allow_fields(const json_t *object, const char *const *allowed, size_t count, Err *err) {
    if (!json_is_object(object))
        return err_fail(err, FAIL_INVALID, "expected a JSON object, not %s",
                        object == NULL ? "nothing" : type_name(object));
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = strcmp(key, allowed[i]) == 0;
        if (!known) {
            err_fail(err, FAIL_INVALID, "unknown field '%s'", key);
            return err_field(err, key);
        }
    }
    return true;
}

/* --- building ------------------------------------------------------------------------------- */

/* Bytes that are not UTF-8 have no business here, but a reply must not die of them: each bad
 * sequence becomes U+FFFD, and U+0000 stays. */
static json_t *repaired_string(Str text) {
    Arena *arena = arena_create();
    StrBuf repaired = strbuf_make(arena);
    size_t length;
    for (size_t at = 0; at < text.length; at += length) {
        char bytes[4];
        uint32_t code_point = utf8_decode(text, at, &length);
        strbuf_append(&repaired, (Str){bytes, utf8_encode(code_point, bytes)});
    }
    Str whole = strbuf_str(&repaired);
    json_t *value = json_stringn(whole.data, whole.length);
    arena_destroy(arena);
    return value;
}

json_t *json_str(Str text) {
    if (text.length == 0)
        return must(json_stringn("", 0));
    return must(utf8_valid(text) ? json_stringn(text.data, text.length) : repaired_string(text));
}

void json_set_str(json_t *object, const char *field, Str text) {
    if (json_object_set_new(object, field, json_str(text)) != 0)
        must(NULL);
}

void json_set_u64(json_t *object, const char *field, uint64_t value) {
    assert(value <= INT64_MAX); /* jansson holds int64; identities are hexadecimal text instead */
    if (json_object_set_new(object, field, must(json_integer((json_int_t)value))) != 0)
        must(NULL);
}
