/* schema.c - planning the next schema of a dataset, and its JSON.
 *
 * A plan is made before the data files are written, because they carry its field ids; by the time
 * of the commit another writer may have changed the dataset. schema_rebase then decides by ids and
 * names alone whether the files still mean what they say.
 *
 * Tested by: tests/unit/catalog/test_schema.c. */
#include "catalog/schema.h"

#include "base/map.h"
#include "base/vec.h"
#include "catalog/schema_types.h"

enum { COLUMNS_MAX = 10000, NAME_BYTES_MAX = 1024, FIELD_ID_MAX = 2147483447 };

typedef VEC(SchemaColumn) ColumnVec;

const SchemaColumn *schema_find(const Schema *schema, Str name) {
    for (size_t i = 0; i < schema->count; i++)
        if (str_eq(schema->columns[i].name, name))
            return &schema->columns[i];
    return NULL;
}

bool schema_storage_type(Str column, Str type, Arena *arena, Str *out_type, Err *err) {
    const TypeNode *found = type_parse(type, arena);
    const TypeNode *stored = found == NULL ? NULL : type_storage(found, arena);
    if (stored == NULL) {
        err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' has a type that cannot be stored: %.*s",
                 STR_ARG(column), STR_ARG(type));
        return err_hint(err, "cast it, or leave the column out");
    }
    *out_type = type_print(stored, arena);
    return true;
}

/* --- names ------------------------------------------------------------------------------- */

static Str lower_name(Str name, Arena *arena) {
    char *lower = str_to_c(arena, name);
    for (size_t i = 0; i < name.length; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] - 'A' + 'a');
    return (Str){lower, name.length};
}

static Map map_names(const Schema *schema, Arena *arena) {
    Map map = map_make(arena);
    for (size_t i = 0; i < schema->count; i++)
        map_put(&map, lower_name(schema->columns[i].name, arena), &schema->columns[i]);
    return map;
}

static bool check_name(Str name, size_t position, Err *err) {
    if (name.length > 0 && name.length <= NAME_BYTES_MAX && utf8_valid(name) &&
        str_find_char(name, '\0', 0) == SIZE_MAX)
        return true;
    return err_fail(err, FAIL_UNPROCESSABLE, "column %zu has no usable name", position + 1);
}

static bool check_columns(const Schema *incoming, Arena *arena, Err *err) {
    if (incoming->count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "there are no columns");
    if (incoming->count > COLUMNS_MAX)
        return err_fail(err, FAIL_UNPROCESSABLE, "there are more than %d columns", COLUMNS_MAX);
    Map seen = map_make(arena);
    for (size_t i = 0; i < incoming->count; i++) {
        SchemaColumn *column = &incoming->columns[i];
        if (!check_name(column->name, i, err))
            return false;
        const SchemaColumn *twin = map_put(&seen, lower_name(column->name, arena), column);
        if (twin == NULL)
            continue;
        if (str_eq(twin->name, column->name))
            return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' is there twice",
                            STR_ARG(column->name));
        return err_fail(err, FAIL_UNPROCESSABLE, "columns '%.*s' and '%.*s' differ only in case",
                        STR_ARG(twin->name), STR_ARG(column->name));
    }
    return true;
}

/* --- planning ---------------------------------------------------------------------------- */

/* Appends a column with ids of its own. */
static bool add_new(Schema *out, ColumnVec *columns, SchemaColumn column, Arena *arena, Err *err) {
    const TypeNode *type = type_settled(type_parse(column.type, arena), arena);
    column.type = type_print(type, arena);
    size_t taken = 1 + type_nested_count(type);
    if (out->last_field_id + taken > FIELD_ID_MAX)
        return err_fail(err, FAIL_LIMIT, "the dataset has used up its field ids");
    column.field_id = out->last_field_id + 1;
    out->last_field_id += (uint32_t)taken;
    *vec_push(columns, arena) = column;
    return true;
}

static bool type_clash(const SchemaColumn *old, Str type, Err *err) {
    err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' is %.*s in the dataset and cannot take %.*s",
             STR_ARG(old->name), STR_ARG(old->type), STR_ARG(type));
    return err_hint(err, "cast the column, or load in replace mode");
}

/* The type that holds both; false when there is none. */
static bool common_type(Str a, Str b, Arena *arena, Str *out) {
    const TypeNode *wider = type_wider(type_parse(a, arena), type_parse(b, arena), arena);
    if (wider == NULL)
        return false;
    *out = type_print(wider, arena);
    return true;
}

/* The columns that are there already, in their order. */
static bool extend_old(const Schema *current, const Schema *stored, Arena *arena,
                       ColumnVec *columns, Err *err) {
    Map arriving = map_names(stored, arena);
    for (size_t i = 0; i < current->count; i++) {
        SchemaColumn column = current->columns[i];
        const SchemaColumn *next = map_get(&arriving, lower_name(column.name, arena));
        if (next != NULL && !str_eq(next->name, column.name))
            return err_fail(err, FAIL_UNPROCESSABLE,
                            "column '%.*s' differs from the dataset's '%.*s' only in case",
                            STR_ARG(next->name), STR_ARG(column.name));
        if (next != NULL && !common_type(column.type, next->type, arena, &column.type))
            return type_clash(&column, next->type, err);
        column.nullable |= next == NULL || next->nullable;
        *vec_push(columns, arena) = column;
    }
    return true;
}

static bool plan_extend(const Schema *current, const Schema *stored, Arena *arena, Schema *out,
                        ColumnVec *columns, Err *err) {
    if (!extend_old(current, stored, arena, columns, err))
        return false;
    Map known = map_names(current, arena);
    for (size_t i = 0; i < stored->count; i++) {
        SchemaColumn column = stored->columns[i];
        if (map_get(&known, lower_name(column.name, arena)) != NULL)
            continue;
        column.nullable |= current->last_field_id > 0; /* rows without it may be there */
        if (!add_new(out, columns, column, arena, err))
            return false;
    }
    return true;
}

/* A column keeps its id when old values are values of the new type, or there is no new value. */
static bool keep_id(const SchemaColumn *old, SchemaColumn *column, Arena *arena) {
    Str wider;
    if (old == NULL || !str_eq(old->name, column->name) ||
        !common_type(old->type, column->type, arena, &wider))
        return false;
    Str settled = type_print(type_settled(type_parse(column->type, arena), arena), arena);
    if (!str_eq(wider, column->type) && str_eq(settled, column->type))
        return false;
    column->field_id = old->field_id;
    column->type = wider;
    return true;
}

static bool plan_replace(const Schema *current, const Schema *stored, Arena *arena, Schema *out,
                         ColumnVec *columns, Err *err) {
    Map known = map_names(current, arena);
    for (size_t i = 0; i < stored->count; i++) {
        SchemaColumn column = stored->columns[i];
        const SchemaColumn *old = map_get(&known, lower_name(column.name, arena));
        if (keep_id(old, &column, arena))
            *vec_push(columns, arena) = column;
        else if (!add_new(out, columns, column, arena, err))
            return false;
    }
    return true;
}

bool schema_plan(const Schema *current, const Schema *incoming, SchemaChange change, Arena *arena,
                 Schema *out, Err *err) {
    static const Schema nothing = {0};
    if (current == NULL)
        current = &nothing;
    if (!check_columns(incoming, arena, err))
        return false;
    Schema stored = {ARENA_ARRAY(arena, SchemaColumn, incoming->count), incoming->count, 0};
    for (size_t i = 0; i < incoming->count; i++) {
        SchemaColumn *column = &stored.columns[i];
        *column = incoming->columns[i];
        column->name = str_dup(arena, column->name);
        if (!schema_storage_type(column->name, column->type, arena, &column->type, err))
            return false;
    }
    Schema planned = {.last_field_id = current->last_field_id};
    ColumnVec columns = {0};
    bool ok = change == SCHEMA_EXTEND
                  ? plan_extend(current, &stored, arena, &planned, &columns, err)
                  : plan_replace(current, &stored, arena, &planned, &columns, err);
    if (!ok)
        return false;
    planned.columns = columns.items;
    planned.count = columns.count;
    *out = planned;
    return true;
}

/* --- rebasing ---------------------------------------------------------------------------- */

static bool outdated(const SchemaColumn *column, Err *err) {
    err_fail(err, FAIL_CONFLICT, "the dataset's column '%.*s' has been changed meanwhile",
             STR_ARG(column->name));
    return err_hint(err, "try again");
}

/* May `column`, which the files were written with, stand in a dataset whose head is `head`?
 * Fills its type in the dataset. */
static bool fits(const Schema *head, const Map *names, SchemaColumn *column, SchemaChange change,
                 Arena *arena, Err *err) {
    const SchemaColumn *old = map_get(names, lower_name(column->name, arena));
    if (column->field_id > head->last_field_id) /* new: nobody else has the id */
        return (old == NULL || change == SCHEMA_REPLACE) || outdated(column, err);
    if (old == NULL || old->field_id != column->field_id || !str_eq(old->name, column->name))
        return outdated(column, err);
    Str wider;
    if (!common_type(old->type, column->type, arena, &wider))
        return outdated(column, err);
    column->type = wider;
    column->nullable |= change == SCHEMA_EXTEND && old->nullable;
    return true;
}

/* Columns of the head that the plan does not know stay, and may be null from now on. */
static void keep_unplanned(const Schema *head, const Schema *planned, Arena *arena,
                           ColumnVec *columns) {
    Map names = map_names(planned, arena);
    for (size_t i = 0; i < head->count; i++) {
        if (map_get(&names, lower_name(head->columns[i].name, arena)) != NULL)
            continue;
        SchemaColumn column = head->columns[i];
        column.nullable = true;
        *vec_push(columns, arena) = column;
    }
}

bool schema_rebase(const Schema *head, const Schema *planned, SchemaChange change, Arena *arena,
                   Schema *out, Err *err) {
    Map names = map_names(head, arena);
    ColumnVec columns = {0};
    for (size_t i = 0; i < planned->count; i++) {
        SchemaColumn column = planned->columns[i];
        if (!fits(head, &names, &column, change, arena, err))
            return false;
        *vec_push(&columns, arena) = column;
    }
    if (change == SCHEMA_EXTEND)
        keep_unplanned(head, planned, arena, &columns);
    uint32_t last =
        planned->last_field_id > head->last_field_id ? planned->last_field_id : head->last_field_id;
    *out = (Schema){columns.items, columns.count, last};
    return true;
}

/* --- texts ------------------------------------------------------------------------------- */

Str schema_field_ids(const Schema *schema, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaColumn *column = &schema->columns[i];
        strbuf_append_c(&out, i == 0 ? "{\"" : ", \"");
        for (size_t c = 0; c < column->name.length; c++) {
            if (column->name.data[c] == '"')
                strbuf_append_char(&out, '"');
            strbuf_append_char(&out, column->name.data[c]);
        }
        strbuf_append_c(&out, "\": ");
        type_print_field_ids(type_parse(column->type, arena), column->field_id, &out);
    }
    strbuf_append_char(&out, '}');
    return strbuf_str(&out);
}

json_t *schema_to_json(const Schema *schema) {
    json_t *value = json_object();
    json_set_u64(value, "last_field_id", schema->last_field_id);
    json_t *columns = json_array();
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaColumn *column = &schema->columns[i];
        json_t *item = json_object();
        json_set_u64(item, "field_id", column->field_id);
        json_set_str(item, "name", column->name);
        json_set_str(item, "type", column->type);
        json_object_set_new(item, "nullable", json_boolean(column->nullable));
        json_array_append_new(columns, item);
    }
    json_object_set_new(value, "columns", columns);
    return value;
}

static bool read_column(const json_t *item, Arena *arena, SchemaColumn *out, Err *err) {
    uint64_t field_id;
    if (!json_read_u64(item, "field_id", JSON_REQUIRED, &field_id, err) ||
        !json_read_str(item, "name", JSON_REQUIRED, &out->name, err) ||
        !json_read_str(item, "type", JSON_REQUIRED, &out->type, err) ||
        !json_read_bool(item, "nullable", JSON_REQUIRED, &out->nullable, err))
        return false;
    const TypeNode *type = type_parse(out->type, arena);
    if (type == NULL || field_id == 0 || field_id > FIELD_ID_MAX)
        return err_fail(err, FAIL_INVALID, "column '%.*s' has no usable type or id",
                        STR_ARG(out->name));
    out->field_id = (uint32_t)field_id;
    out->name = str_dup(arena, out->name);
    out->type = str_dup(arena, out->type);
    return true;
}

bool schema_from_json(const json_t *value, Arena *arena, Schema *out, Err *err) {
    const json_t *items;
    uint64_t last;
    if (!json_read_u64(value, "last_field_id", JSON_REQUIRED, &last, err) ||
        !json_read_array(value, "columns", JSON_REQUIRED, &items, err))
        return false;
    size_t count = json_array_size(items);
    if (count > COLUMNS_MAX || last > FIELD_ID_MAX)
        return err_fail(err, FAIL_INVALID, "the schema is beyond its limits");
    Schema schema = {ARENA_ARRAY(arena, SchemaColumn, count), count, (uint32_t)last};
    for (size_t i = 0; i < count; i++) {
        if (!read_column(json_array_get(items, i), arena, &schema.columns[i], err))
            return false;
        if (schema.columns[i].field_id > last)
            return err_fail(err, FAIL_INVALID, "a field id is above 'last_field_id'");
    }
    *out = schema;
    return true;
}
