/* duck_params.c - bind JSON values to a prepared statement.
 *
 * A list's type must be known before its values are made, so it is looked for first: integers and
 * numbers mixed are DOUBLE, nulls fit anything, an empty list is a list of NULLs. Lists nest up to
 * LIST_DEPTH_MAX.
 *
 * Tested by: test_query_engine.c (parameters). */
#include "query/duck_params.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Recursion follows types or trees whose depth was bounded before they got here. */
/* NOLINTBEGIN(misc-no-recursion) */

enum { LIST_DEPTH_MAX = 16 };

/* What items of a list are; `depth` lists around `scalar`. */
typedef struct ItemType {
    duckdb_type scalar; /* DUCKDB_TYPE_SQLNULL: nothing but nulls seen */
    int depth;
} ItemType;

static bool refuse(Err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(Err *err, const char *format, ...) {
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_fail(err, FAIL_INVALID, "%s", text);
    return err_field(err, "params");
}

/* ---- types ---- */

static duckdb_type scalar_type(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return DUCKDB_TYPE_BOOLEAN;
    case JSON_INTEGER:
        return DUCKDB_TYPE_BIGINT;
    case JSON_REAL:
        return DUCKDB_TYPE_DOUBLE;
    case JSON_STRING:
        return DUCKDB_TYPE_VARCHAR;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return DUCKDB_TYPE_SQLNULL;
}

static bool is_numeric(duckdb_type type) {
    return type == DUCKDB_TYPE_BIGINT || type == DUCKDB_TYPE_DOUBLE;
}

/* Widens `type` so that it holds `other` too. */
static bool merge(ItemType *type, ItemType other, Err *err) {
    bool knows = type->scalar != DUCKDB_TYPE_SQLNULL || type->depth > 0;
    bool other_knows = other.scalar != DUCKDB_TYPE_SQLNULL || other.depth > 0;
    if (!other_knows)
        return true;
    if (!knows) {
        *type = other;
        return true;
    }
    if (type->depth != other.depth)
        return refuse(err, "a list parameter mixes lists and single values");
    if (other.scalar == DUCKDB_TYPE_SQLNULL || type->scalar == other.scalar)
        return true;
    if (type->scalar != DUCKDB_TYPE_SQLNULL &&
        !(is_numeric(type->scalar) && is_numeric(other.scalar)))
        return refuse(err, "a list parameter mixes types");
    type->scalar = type->scalar == DUCKDB_TYPE_SQLNULL ? other.scalar : DUCKDB_TYPE_DOUBLE;
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): at most LIST_DEPTH_MAX deep */

static bool find_type(const json_t *value, int depth, ItemType *out, Err *err) {
    *out = (ItemType){.scalar = scalar_type(value)};
    if (json_is_object(value))
        return refuse(err, "objects cannot be parameters");
    if (!json_is_array(value))
        return true;
    if (depth == LIST_DEPTH_MAX)
        return refuse(err, "a list parameter is nested more than %d deep", (int)LIST_DEPTH_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        ItemType item;
        if (!find_type(json_array_get(value, i), depth + 1, &item, err) || !merge(out, item, err))
            return false;
    }
    out->depth++;
    return true;
}

static duckdb_logical_type logical_type(ItemType type) {
    duckdb_logical_type made = duckdb_create_logical_type(type.scalar);
    for (int i = 0; i < type.depth; i++) {
        duckdb_logical_type list = duckdb_create_list_type(made);
        duckdb_destroy_logical_type(&made);
        made = list;
    }
    return made;
}

/* ---- values ---- */

static duckdb_value scalar_value(const json_t *value, duckdb_type wanted) {
    switch (json_typeof(value)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return duckdb_create_bool(json_is_true(value));
    case JSON_INTEGER:
        if (wanted == DUCKDB_TYPE_DOUBLE)
            return duckdb_create_double((double)json_integer_value(value));
        return duckdb_create_int64(json_integer_value(value));
    case JSON_REAL:
        return duckdb_create_double(json_real_value(value));
    case JSON_STRING:
        return duckdb_create_varchar_length(json_string_value(value), json_string_length(value));
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return duckdb_create_null_value();
}

static duckdb_value make_value(const json_t *value, ItemType type) {
    if (!json_is_array(value))
        return scalar_value(value, type.scalar);
    ItemType item = {type.scalar, type.depth - 1};
    size_t count = json_array_size(value);
    duckdb_value *items = calloc(count + 1, sizeof(duckdb_value));
    assert(items != NULL);
    for (size_t i = 0; i < count; i++)
        items[i] = make_value(json_array_get(value, i), item);
    duckdb_logical_type item_type = logical_type(item);
    duckdb_value list = duckdb_create_list_value(item_type, items, count);
    duckdb_destroy_logical_type(&item_type);
    for (size_t i = 0; i < count; i++)
        duckdb_destroy_value(&items[i]);
    free(items);
    return list;
}

/* NOLINTEND(misc-no-recursion) */

static bool bind_one(duckdb_prepared_statement statement, idx_t index, const json_t *value,
                     Err *err) {
    ItemType type;
    if (!find_type(value, 0, &type, err))
        return false;
    duckdb_value made = make_value(value, type);
    bool ok = made != NULL && duckdb_bind_value(statement, index, made) == DuckDBSuccess;
    duckdb_destroy_value(&made);
    return ok ? true : refuse(err, "parameter %d cannot be bound", (int)index);
}

/* ---- all of them ---- */

static bool bind_positional(duckdb_prepared_statement statement, const json_t *params, idx_t wanted,
                            Err *err) {
    size_t given = json_array_size(params);
    if (given != wanted)
        return refuse(err, "%zu parameters given, the statement has %zu", given, (size_t)wanted);
    for (idx_t i = 0; i < wanted; i++)
        if (!bind_one(statement, i + 1, json_array_get(params, i), err))
            return false;
    return true;
}

static bool bind_named(duckdb_prepared_statement statement, const json_t *params, idx_t wanted,
                       Err *err) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)params, name, value) {
        idx_t index;
        if (duckdb_bind_parameter_index(statement, &index, name) != DuckDBSuccess)
            return refuse(err, "the statement has no parameter $%s", name);
        if (!bind_one(statement, index, value, err))
            return false;
    }
    if (json_object_size(params) == wanted)
        return true;
    return refuse(err, "%zu parameters given, the statement has %zu", json_object_size(params),
                  (size_t)wanted);
}

bool duck_params_bind(duckdb_prepared_statement statement, const json_t *params, Err *err) {
    idx_t wanted = duckdb_nparams(statement);
    if (params == NULL || json_is_null(params))
        return wanted == 0 ? true
                           : refuse(err, "the statement has %zu parameters, none were given",
                                    (size_t)wanted);
    if (json_is_array(params))
        return bind_positional(statement, params, wanted, err);
    if (json_is_object(params))
        return bind_named(statement, params, wanted, err);
    return refuse(err, "params must be an array or an object");
}

/* NOLINTEND(misc-no-recursion) */
