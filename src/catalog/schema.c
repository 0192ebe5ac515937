/* schema.c - plan the next schema of a dataset from its current one and what a load brings.
 *
 * Columns are matched by name, never by place: a CSV with its columns in another order lands in the
 * right columns, and one with a column renamed adds a column instead of filling a wrong one.
 *
 * Tested by: tests/unit/catalog/test_schema.c. */
#include "catalog/schema.h"

#include "base/map.h"
#include "catalog/schema_types.h"

enum { COLUMNS_MAX = 10000 };

const SchemaColumn *schema_find(const Schema *schema, Str name) {
    for (size_t i = 0; i < schema->count; i++)
        if (str_eq(schema->columns[i].name, name))
            return &schema->columns[i];
    return NULL;
}

static Str lower_name(Str name, Arena *arena) {
    Str copy = str_dup(arena, name);
    char *data = (char *)(uintptr_t)copy.data;
    for (size_t i = 0; i < copy.length; i++)
        if (data[i] >= 'A' && data[i] <= 'Z')
            data[i] = (char)(data[i] + 32);
    return copy;
}

/* SQL takes "Id" and "id" for one name, so a dataset cannot hold both. */
static bool check_distinct(const Schema *current, const Schema *incoming, Arena *arena, Err *err) {
    Map seen = map_make(arena);
    const Schema *schemas[] = {current, incoming};
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; schemas[s] != NULL && i < schemas[s]->count; i++) {
            const SchemaColumn *column = &schemas[s]->columns[i];
            if (column->name.length == 0)
                return err_fail(err, FAIL_UNPROCESSABLE, "column %zu has no name", i + 1);
            const SchemaColumn *before =
                map_put(&seen, lower_name(column->name, arena), (void *)(uintptr_t)column);
            bool same_load = before != NULL && before >= incoming->columns &&
                             before < incoming->columns + incoming->count;
            if (before != NULL && (same_load || !str_eq(before->name, column->name)))
                return err_fail(err, FAIL_UNPROCESSABLE,
                                "the columns '%.*s' and '%.*s' have the same name in SQL",
                                STR_ARG(before->name), STR_ARG(column->name));
        }
    }
    return true;
}

static Str settled_type(Str type) {
    return str_eq_c(type, "\"NULL\"") ? STR("VARCHAR") : type;
}

/* The dataset's column, widened so that it also takes the incoming one. */
static bool merge_column(const SchemaColumn *current, const SchemaColumn *incoming, Arena *arena,
                         SchemaColumn *out, Err *err) {
    *out = *current;
    if (incoming == NULL) { /* this load has no values for it */
        out->nullable = true;
        return true;
    }
    out->nullable = current->nullable || incoming->nullable;
    if (type_widest(current->type, incoming->type, arena, &out->type))
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' is %.*s in the dataset and %.*s in this load",
             STR_ARG(current->name), STR_ARG(current->type), STR_ARG(incoming->type));
    return err_hint(err, "load it with that column's type, or replace the dataset");
}

static bool plan_extend(const Schema *current, const Schema *incoming, Arena *arena, Schema *out,
                        Err *err) {
    for (size_t i = 0; i < current->count; i++) {
        const SchemaColumn *match = schema_find(incoming, current->columns[i].name);
        if (!merge_column(&current->columns[i], match, arena, &out->columns[out->count++], err))
            return false;
    }
    for (size_t i = 0; i < incoming->count; i++) {
        if (schema_find(current, incoming->columns[i].name) != NULL)
            continue;
        SchemaColumn *added = &out->columns[out->count++];
        *added = incoming->columns[i];
        added->field_id = ++out->last_field_id;
        added->type = settled_type(added->type);
        added->nullable = true; /* the rows that are there already have no value */
    }
    return true;
}

static void plan_replace(const Schema *current, const Schema *incoming, Arena *arena, Schema *out) {
    for (size_t i = 0; i < incoming->count; i++) {
        SchemaColumn *column = &out->columns[out->count++];
        *column = incoming->columns[i];
        const SchemaColumn *before = current == NULL ? NULL : schema_find(current, column->name);
        Str widest;
        /* The id says "the same column": older snapshots must read under the newer type too. */
        bool kept = before != NULL && type_widest(before->type, column->type, arena, &widest) &&
                    (str_eq(widest, column->type) || str_eq_c(column->type, "\"NULL\""));
        column->type = settled_type(kept ? widest : column->type);
        column->field_id = kept ? before->field_id : ++out->last_field_id;
    }
}

bool schema_plan(const Schema *current, const Schema *incoming, SchemaChange change, Arena *arena,
                 Schema *out, Err *err) {
    size_t most = incoming->count + (current == NULL ? 0 : current->count);
    if (incoming->count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "the load has no columns");
    if (most > COLUMNS_MAX)
        return err_fail(err, FAIL_LIMIT, "%zu columns; a dataset holds at most %d", most,
                        COLUMNS_MAX);
    bool extend = change == SCHEMA_EXTEND && current != NULL;
    if (!check_distinct(extend ? current : NULL, incoming, arena, err))
        return false;
    Schema planned = {.columns = ARENA_ARRAY(arena, SchemaColumn, most),
                      .last_field_id = current == NULL ? 0 : current->last_field_id};
    if (!extend)
        plan_replace(current, incoming, arena, &planned);
    else if (!plan_extend(current, incoming, arena, &planned, err))
        return false;
    *out = planned;
    return true;
}

json_t *schema_to_json(const Schema *schema) {
    json_t *columns = json_array();
    for (size_t i = 0; i < schema->count; i++) {
        json_t *column = json_object();
        json_set_u64(column, "field_id", schema->columns[i].field_id);
        json_set_str(column, "name", schema->columns[i].name);
        json_set_str(column, "type", schema->columns[i].type);
        json_object_set_new(column, "nullable", json_boolean(schema->columns[i].nullable));
        json_array_append_new(columns, column);
    }
    json_t *value = json_object();
    json_set_u64(value, "last_field_id", schema->last_field_id);
    json_object_set_new(value, "columns", columns);
    return value;
}

static bool column_from_json(const json_t *value, uint64_t last_field_id, Arena *arena,
                             SchemaColumn *out, Err *err) {
    uint64_t id;
    Str name, type;
    if (!json_read_u64(value, "field_id", JSON_REQUIRED, &id, err) ||
        !json_read_str(value, "name", JSON_REQUIRED, &name, err) ||
        !json_read_str(value, "type", JSON_REQUIRED, &type, err) ||
        !json_read_bool(value, "nullable", JSON_REQUIRED, &out->nullable, err))
        return false;
    if (id == 0 || id > last_field_id)
        return err_fail(err, FAIL_CORRUPT, "column '%.*s' has the field id %llu", STR_ARG(name),
                        (unsigned long long)id);
    out->field_id = (uint32_t)id;
    out->name = str_dup(arena, name);
    out->type = str_dup(arena, type);
    return true;
}

bool schema_from_json(const json_t *value, Arena *arena, Schema *out, Err *err) {
    uint64_t last;
    const json_t *columns;
    if (!json_read_u64(value, "last_field_id", JSON_REQUIRED, &last, err) ||
        !json_read_array(value, "columns", JSON_REQUIRED, &columns, err))
        return false;
    if (last > UINT32_MAX || json_array_size(columns) > COLUMNS_MAX)
        return err_fail(err, FAIL_CORRUPT, "the schema is larger than any that is written");
    Schema schema = {.count = json_array_size(columns), .last_field_id = (uint32_t)last};
    schema.columns = ARENA_ARRAY(arena, SchemaColumn, schema.count);
    for (size_t i = 0; i < schema.count; i++)
        if (!column_from_json(json_array_get(columns, i), last, arena, &schema.columns[i], err))
            return false;
    *out = schema;
    return true;
}
