/* cli_json.c - lenient readers of answers.
 *
 * Tested by: tests/unit/cli/test_cli_json.c. */
#include "cli/cli_json.h"

#include "cli/screen.h"

Str field_text(const json_t *object, const char *field) {
    const json_t *value = json_object_get(object, field);
    return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value))
                                 : STR_EMPTY;
}

uint64_t field_u64(const json_t *object, const char *field) {
    const json_t *value = json_object_get(object, field);
    json_int_t number = json_integer_value(value);
    return json_is_integer(value) && number > 0 ? (uint64_t)number : 0;
}

double field_f64(const json_t *object, const char *field) {
    return json_number_value(json_object_get(object, field));
}

bool field_bool(const json_t *object, const char *field) {
    return json_is_true(json_object_get(object, field));
}

const json_t *field_array(const json_t *object, const char *field) {
    const json_t *value = json_object_get(object, field);
    return json_is_array(value) ? value : NULL;
}

Str value_text(const json_t *value, Arena *arena) {
    if (value == NULL || json_is_null(value))
        return STR_EMPTY;
    if (json_is_string(value))
        return str_make(json_string_value(value), json_string_length(value));
    if (json_is_real(value))
        return screen_number(json_real_value(value), arena);
    return json_print(value, arena);
}

Str value_time(Str rfc3339, Arena *arena) {
    if (rfc3339.length < 19 || rfc3339.data[10] != 'T')
        return rfc3339;
    return str_format(arena, "%.*s %.*s", 10, rfc3339.data, 8, rfc3339.data + 11);
}
