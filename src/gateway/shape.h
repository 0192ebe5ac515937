/* shape.h - the JSON objects that routes take and give: one description for checking and for docs.
 *
 * A shape lists fields by name, type and need. Request bodies are checked against theirs before a
 * handler sees them (unknown field, missing field, wrong type: FAIL_INVALID naming it, nested ones
 * as "create.metric"), and /openapi.json prints the same rows.
 *
 * Threads: constant tables and pure functions. */
#ifndef GATEWAY_SHAPE_H
#define GATEWAY_SHAPE_H

#include "base/json.h"

typedef enum FieldType {
    FIELD_STRING,
    FIELD_INTEGER, /* 0 or greater */
    FIELD_NUMBER,
    FIELD_BOOL,
    FIELD_TIME, /* RFC 3339 */
    FIELD_OBJECT,
    FIELD_STRINGS, /* arrays of ... */
    FIELD_NUMBERS,
    FIELD_OBJECTS,
    FIELD_ANY
} FieldType;

typedef enum FieldNeed { FIELD_OPTIONAL, FIELD_REQUIRED } FieldNeed;

typedef struct Shape Shape;
typedef struct Field {
    const char *name;
    FieldType type;
    FieldNeed need;
    const char *summary;
    const char *choices; /* "a|b|c": what a string may be; NULL = anything */
    const Shape *shape;  /* of FIELD_OBJECT, FIELD_OBJECTS; NULL = free */
} Field;

struct Shape {
    const char *name; /* "RefreshRequest" */
    const Field *fields;
    size_t field_count;
};

MUST_CHECK bool shape_check(const Shape *shape, const json_t *value, Err *err);
const Field *shape_field(const Field *fields, size_t count, Str name); /* NULL when absent */
bool field_choice_allowed(const char *choices, Str value);
/* The field as a JSON Schema; nested shapes as references. Kept by the arena. */
json_t *field_schema(const Field *field, Arena *arena);
json_t *shape_schema(const Shape *shape, Arena *arena);

#endif
