/* shape.c - walks a value and its description side by side.
 *
 * The depth of the walk is that of the tables, not of the input. null counts as absent, as it does
 * for the readers in base/json.h. Finer rules (ranges, one of two fields) are the handlers'.
 *
 * Tested by: tests/unit/gateway/test_shape.c. */
#include "gateway/shape.h"

#include <stdio.h>

const Field *shape_field(const Field *fields, size_t count, Str name) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, fields[i].name))
            return &fields[i];
    return NULL;
}

bool field_choice_allowed(const char *choices, Str value) {
    Str rest = str_c(choices);
    while (rest.length > 0) {
        Str choice;
        rest = str_cut(rest, '|', &choice);
        if (str_eq(choice, value))
            return true;
    }
    return false;
}

/* Where in the body we are: "create.metric". */
typedef struct FieldPath {
    char text[sizeof((Err *)NULL)->field];
} FieldPath;

static FieldPath path_of(const char *prefix, const char *name) {
    FieldPath path;
    int wanted = snprintf(path.text, sizeof path.text, "%s%s%.40s", prefix,
                          prefix[0] == '\0' ? "" : ".", name);
    if (wanted < 0)
        path.text[0] = '\0';
    return path;
}

static bool wrong_type(const FieldPath *path, const char *wanted, Err *err) {
    err_fail(err, FAIL_INVALID, "'%s' must be %s", path->text, wanted);
    return err_field(err, path->text);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the constant tables are */
static bool check_shape(const Shape *shape, const json_t *value, const char *prefix, Err *err);

static bool check_items(const Field *field, const json_t *value, const FieldPath *path, Err *err) {
    if (!json_is_array(value))
        return wrong_type(path, "an array", err);
    size_t index;
    json_t *item;
    json_array_foreach ((json_t *)(uintptr_t)value, index, item) {
        if (field->type == FIELD_STRINGS && !json_is_string(item))
            return wrong_type(path, "an array of strings", err);
        if (field->type == FIELD_NUMBERS && !json_is_number(item))
            return wrong_type(path, "an array of numbers", err);
        if (field->type != FIELD_OBJECTS)
            continue;
        FieldPath at;
        if (snprintf(at.text, sizeof at.text, "%.48s[%zu]", path->text, index) < 0)
            at.text[0] = '\0';
        if (!json_is_object(item))
            return wrong_type(&at, "an object", err);
        if (field->shape != NULL && !check_shape(field->shape, item, at.text, err))
            return false;
    }
    return true;
}

static bool check_string(const Field *field, const json_t *value, const FieldPath *path, Err *err) {
    if (!json_is_string(value))
        return wrong_type(path, "a string", err);
    Str text = str_make(json_string_value(value), json_string_length(value));
    if (field->choices == NULL || field_choice_allowed(field->choices, text))
        return true;
    err_fail(err, FAIL_INVALID, "'%s' cannot be '%.*s'", path->text,
             (int)(text.length < 64 ? text.length : 64), text.data);
    err_detail(err, "one of %s", field->choices);
    return err_field(err, path->text);
}

static bool check_field(const Field *field, const json_t *value, const FieldPath *path, Err *err) {
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_TIME:
        return check_string(field, value, path, err);
    case FIELD_INTEGER:
        return (json_is_integer(value) && json_integer_value(value) >= 0) ||
               wrong_type(path, "an integer, 0 or greater", err);
    case FIELD_NUMBER:
        return json_is_number(value) || wrong_type(path, "a number", err);
    case FIELD_BOOL:
        return json_is_boolean(value) || wrong_type(path, "true or false", err);
    case FIELD_OBJECT:
        if (!json_is_object(value))
            return wrong_type(path, "an object", err);
        return field->shape == NULL || check_shape(field->shape, value, path->text, err);
    case FIELD_STRINGS:
    case FIELD_NUMBERS:
    case FIELD_OBJECTS:
        return check_items(field, value, path, err);
    case FIELD_ANY:
        break;
    }
    return true;
}

static bool check_shape(const Shape *shape, const json_t *value, const char *prefix, Err *err) {
    const char *name;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)value, name, item) {
        const Field *field = shape_field(shape->fields, shape->field_count, str_c(name));
        FieldPath path = path_of(prefix, name);
        if (field == NULL) {
            err_fail(err, FAIL_INVALID, "unknown field '%s'", path.text);
            return err_field(err, path.text);
        }
        if (!json_is_null(item) && !check_field(field, item, &path, err))
            return false;
    }
    for (size_t i = 0; i < shape->field_count; i++) {
        const Field *field = &shape->fields[i];
        const json_t *present = json_object_get(value, field->name);
        if (field->need == FIELD_OPTIONAL || (present != NULL && !json_is_null(present)))
            continue;
        FieldPath path = path_of(prefix, field->name);
        err_fail(err, FAIL_INVALID, "'%s' is missing", path.text);
        return err_field(err, path.text);
    }
    return true;
}

/* NOLINTEND(misc-no-recursion) */

bool shape_check(const Shape *shape, const json_t *value, Err *err) {
    if (!json_is_object(value))
        return err_fail(err, FAIL_INVALID, "the body must be a JSON object");
    return check_shape(shape, value, "", err);
}

/* --- as JSON Schema -------------------------------------------------------------------------- */

static json_t *typed(const char *type) {
    json_t *schema = json_object();
    json_object_set_new(schema, "type", json_string(type));
    return schema;
}

static json_t *array_of(json_t *items) {
    json_t *schema = typed("array");
    json_object_set_new(schema, "items", items);
    return schema;
}

static json_t *object_schema(const Shape *shape, Arena *arena) {
    if (shape == NULL)
        return typed("object");
    json_t *schema = json_object();
    json_set_str(schema, "$ref", str_format(arena, "#/components/schemas/%s", shape->name));
    return schema;
}

static json_t *choices_json(const char *choices) {
    json_t *list = json_array();
    Str rest = str_c(choices);
    while (rest.length > 0) {
        Str choice;
        rest = str_cut(rest, '|', &choice);
        json_array_append_new(list, json_str(choice));
    }
    return list;
}

static json_t *type_schema(const Field *field, Arena *arena) {
    json_t *schema = NULL;
    switch (field->type) {
    case FIELD_STRING:
        schema = typed("string");
        if (field->choices != NULL)
            json_object_set_new(schema, "enum", choices_json(field->choices));
        return schema;
    case FIELD_TIME:
        schema = typed("string");
        json_object_set_new(schema, "format", json_string("date-time"));
        return schema;
    case FIELD_INTEGER:
        schema = typed("integer");
        json_object_set_new(schema, "minimum", json_integer(0));
        return schema;
    case FIELD_NUMBER:
        return typed("number");
    case FIELD_BOOL:
        return typed("boolean");
    case FIELD_OBJECT:
        return object_schema(field->shape, arena);
    case FIELD_STRINGS:
        return array_of(typed("string"));
    case FIELD_NUMBERS:
        return array_of(typed("number"));
    case FIELD_OBJECTS:
        return array_of(object_schema(field->shape, arena));
    case FIELD_ANY:
        break;
    }
    return json_object();
}

json_t *field_schema(const Field *field, Arena *arena) {
    json_t *schema = json_keep(arena, type_schema(field, arena));
    if (field->summary != NULL && json_object_get(schema, "$ref") == NULL)
        json_object_set_new(schema, "description", json_string(field->summary));
    return schema;
}

json_t *shape_schema(const Shape *shape, Arena *arena) {
    json_t *schema = json_keep(arena, typed("object"));
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < shape->field_count; i++) {
        const Field *field = &shape->fields[i];
        json_object_set(properties, field->name, field_schema(field, arena));
        if (field->need == FIELD_REQUIRED)
            json_array_append_new(required, json_string(field->name));
    }
    json_object_set_new(schema, "properties", properties);
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}
