/* duck_type.c - walk DuckDB's logical types: the reading tree, and their names.
 *
 * Both walks recurse over the type, never deeper than VALUE_NODE_DEPTH_MAX; value_node_make comes
 * first and refuses deeper types, so that attach and the printers need no check of their own.
 *
 * Tested by: test_duck_print.c (every type of test_all_types()). */
#include "query/duck_type.h"

#include "base/vec.h"

/* The story above says what bounds the recursion. */
/* NOLINTBEGIN(misc-no-recursion) */

static const char *const scalar_names[] = {
    [DUCKDB_TYPE_BOOLEAN] = "BOOLEAN",
    [DUCKDB_TYPE_TINYINT] = "TINYINT",
    [DUCKDB_TYPE_SMALLINT] = "SMALLINT",
    [DUCKDB_TYPE_INTEGER] = "INTEGER",
    [DUCKDB_TYPE_BIGINT] = "BIGINT",
    [DUCKDB_TYPE_UTINYINT] = "UTINYINT",
    [DUCKDB_TYPE_USMALLINT] = "USMALLINT",
    [DUCKDB_TYPE_UINTEGER] = "UINTEGER",
    [DUCKDB_TYPE_UBIGINT] = "UBIGINT",
    [DUCKDB_TYPE_FLOAT] = "FLOAT",
    [DUCKDB_TYPE_DOUBLE] = "DOUBLE",
    [DUCKDB_TYPE_TIMESTAMP] = "TIMESTAMP",
    [DUCKDB_TYPE_DATE] = "DATE",
    [DUCKDB_TYPE_TIME] = "TIME",
    [DUCKDB_TYPE_INTERVAL] = "INTERVAL",
    [DUCKDB_TYPE_HUGEINT] = "HUGEINT",
    [DUCKDB_TYPE_UHUGEINT] = "UHUGEINT",
    [DUCKDB_TYPE_VARCHAR] = "VARCHAR",
    [DUCKDB_TYPE_BLOB] = "BLOB",
    [DUCKDB_TYPE_TIMESTAMP_S] = "TIMESTAMP_S",
    [DUCKDB_TYPE_TIMESTAMP_MS] = "TIMESTAMP_MS",
    [DUCKDB_TYPE_TIMESTAMP_NS] = "TIMESTAMP_NS",
    [DUCKDB_TYPE_UUID] = "UUID",
    [DUCKDB_TYPE_BIT] = "BIT",
    [DUCKDB_TYPE_TIME_TZ] = "TIME WITH TIME ZONE",
    [DUCKDB_TYPE_TIMESTAMP_TZ] = "TIMESTAMP WITH TIME ZONE",
    [DUCKDB_TYPE_BIGNUM] = "BIGNUM",
    [DUCKDB_TYPE_SQLNULL] = "NULL",
    [DUCKDB_TYPE_TIME_NS] = "TIME_NS",
};

static const char *scalar_name(duckdb_type type) {
    return (size_t)type < ARRAY_LEN(scalar_names) ? scalar_names[type] : NULL;
}

/* NOLINTBEGIN(misc-no-recursion): at most VALUE_NODE_DEPTH_MAX deep, see above */

/* ---- the reading tree ---- */

static Str take_string(char *text, Arena *arena) {
    Str copy = str_dup(arena, str_c(text));
    duckdb_free(text);
    return copy;
}

static bool make_node(duckdb_logical_type type, int depth, Arena *arena, ValueNode *out, Err *err);

/* Takes the child's logical type. */
static bool make_child(duckdb_logical_type type, int depth, Arena *arena, ValueNode *out,
                       Err *err) {
    bool ok = make_node(type, depth + 1, arena, out, err);
    duckdb_destroy_logical_type(&type);
    return ok;
}

/* A MAP is stored as a list of structs of key and value. */
static bool make_map(duckdb_logical_type type, int depth, Arena *arena, ValueNode *node, Err *err) {
    ValueNode *entry = ARENA_NEW(arena, ValueNode);
    entry->type = DUCKDB_TYPE_STRUCT;
    entry->child_count = 2;
    entry->children = ARENA_ARRAY(arena, ValueNode, 2);
    entry->names = ARENA_ARRAY(arena, Str, 2);
    entry->names[0] = STR("key");
    entry->names[1] = STR("value");
    node->children = entry;
    node->child_count = 1;
    return make_child(duckdb_map_type_key_type(type), depth, arena, &entry->children[0], err) &&
           make_child(duckdb_map_type_value_type(type), depth, arena, &entry->children[1], err);
}

static bool make_struct(duckdb_logical_type type, int depth, Arena *arena, ValueNode *node,
                        Err *err) {
    bool is_union = node->type == DUCKDB_TYPE_UNION;
    node->child_count = (size_t)(is_union ? duckdb_union_type_member_count(type)
                                          : duckdb_struct_type_child_count(type));
    node->children = ARENA_ARRAY(arena, ValueNode, node->child_count);
    node->names = ARENA_ARRAY(arena, Str, node->child_count);
    for (size_t i = 0; i < node->child_count; i++) {
        node->names[i] = take_string(is_union ? duckdb_union_type_member_name(type, i)
                                              : duckdb_struct_type_child_name(type, i),
                                     arena);
        duckdb_logical_type child = is_union ? duckdb_union_type_member_type(type, i)
                                             : duckdb_struct_type_child_type(type, i);
        if (!make_child(child, depth, arena, &node->children[i], err))
            return false;
    }
    return true;
}

static bool make_list(duckdb_logical_type type, int depth, Arena *arena, ValueNode *node,
                      Err *err) {
    bool is_array = node->type == DUCKDB_TYPE_ARRAY;
    node->array_size = is_array ? duckdb_array_type_array_size(type) : 0;
    node->children = ARENA_NEW(arena, ValueNode);
    node->child_count = 1;
    return make_child(is_array ? duckdb_array_type_child_type(type)
                               : duckdb_list_type_child_type(type),
                      depth, arena, node->children, err);
}

static void make_enum(duckdb_logical_type type, Arena *arena, ValueNode *node) {
    node->storage = duckdb_enum_internal_type(type);
    node->enum_count = duckdb_enum_dictionary_size(type);
    node->enum_values = ARENA_ARRAY(arena, Str, node->enum_count);
    for (size_t i = 0; i < node->enum_count; i++)
        node->enum_values[i] = take_string(duckdb_enum_dictionary_value(type, i), arena);
}

static bool make_node(duckdb_logical_type type, int depth, Arena *arena, ValueNode *out, Err *err) {
    if (depth > VALUE_NODE_DEPTH_MAX)
        return err_fail(err, FAIL_UNSUPPORTED, "a type nested more than %d levels deep",
                        (int)VALUE_NODE_DEPTH_MAX);
    *out = (ValueNode){.type = duckdb_get_type_id(type)};
    if (out->type == DUCKDB_TYPE_STRUCT || out->type == DUCKDB_TYPE_UNION)
        return make_struct(type, depth, arena, out, err);
    if (out->type == DUCKDB_TYPE_MAP)
        return make_map(type, depth, arena, out, err);
    if (out->type == DUCKDB_TYPE_LIST || out->type == DUCKDB_TYPE_ARRAY)
        return make_list(type, depth, arena, out, err);
    if (out->type == DUCKDB_TYPE_ENUM) {
        make_enum(type, arena, out);
        return true;
    }
    if (out->type == DUCKDB_TYPE_DECIMAL) {
        out->storage = duckdb_decimal_internal_type(type);
        out->scale = duckdb_decimal_scale(type);
        return true;
    }
    if (scalar_name(out->type) == NULL)
        return err_fail(err, FAIL_UNSUPPORTED, "a column of a type that cannot be shown (%d)",
                        (int)out->type);
    return true;
}

bool value_node_make(duckdb_logical_type type, Arena *arena, ValueNode *out, Err *err) {
    return make_node(type, 0, arena, out, err);
}

void value_node_attach(ValueNode *node, duckdb_vector vector) {
    node->data = duckdb_vector_get_data(vector);
    node->validity = duckdb_vector_get_validity(vector);
    if (node->type == DUCKDB_TYPE_LIST || node->type == DUCKDB_TYPE_MAP) {
        value_node_attach(node->children, duckdb_list_vector_get_child(vector));
    } else if (node->type == DUCKDB_TYPE_ARRAY) {
        value_node_attach(node->children, duckdb_array_vector_get_child(vector));
    } else if (node->type == DUCKDB_TYPE_STRUCT) {
        for (size_t i = 0; i < node->child_count; i++)
            value_node_attach(&node->children[i], duckdb_struct_vector_get_child(vector, i));
    } else if (node->type == DUCKDB_TYPE_UNION) {
        node->tags = duckdb_vector_get_data(duckdb_struct_vector_get_child(vector, 0));
        for (size_t i = 0; i < node->child_count; i++)
            value_node_attach(&node->children[i], duckdb_struct_vector_get_child(vector, i + 1));
    }
}

/* ---- names ---- */

static void append_quoted(StrBuf *out, Str text, char quote) {
    strbuf_append_char(out, quote);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == quote)
            strbuf_append_char(out, quote);
        strbuf_append_char(out, text.data[i]);
    }
    strbuf_append_char(out, quote);
}

static void append_identifier(StrBuf *out, Str name) {
    bool plain = name.length > 0 && !(name.data[0] >= '0' && name.data[0] <= '9');
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_');
    }
    if (plain)
        strbuf_append(out, name);
    else
        append_quoted(out, name, '"');
}

/* Names of scalar types: what DuckDB calls them, or what a file holds them as. */
typedef const char *(*ScalarNameFn)(duckdb_type type);

typedef struct TypePrinter {
    StrBuf out;
    ScalarNameFn scalar;
} TypePrinter;

static void append_type(TypePrinter *printer, duckdb_logical_type type, int depth);

static void append_child(TypePrinter *printer, duckdb_logical_type type, int depth) {
    append_type(printer, type, depth + 1);
    duckdb_destroy_logical_type(&type);
}

static void append_members(TypePrinter *printer, duckdb_logical_type type, bool is_union,
                           int depth) {
    StrBuf *out = &printer->out;
    idx_t count =
        is_union ? duckdb_union_type_member_count(type) : duckdb_struct_type_child_count(type);
    strbuf_append_c(out, is_union ? "UNION(" : "STRUCT(");
    for (idx_t i = 0; i < count; i++) {
        char *name = is_union ? duckdb_union_type_member_name(type, i)
                              : duckdb_struct_type_child_name(type, i);
        strbuf_append_c(out, i > 0 ? ", " : "");
        append_identifier(out, str_c(name));
        duckdb_free(name);
        strbuf_append_char(out, ' ');
        append_child(printer,
                     is_union ? duckdb_union_type_member_type(type, i)
                              : duckdb_struct_type_child_type(type, i),
                     depth);
    }
    strbuf_append_char(out, ')');
}

static void append_enum(StrBuf *out, duckdb_logical_type type) {
    uint32_t count = duckdb_enum_dictionary_size(type);
    strbuf_append_c(out, "ENUM(");
    for (uint32_t i = 0; i < count; i++) {
        char *value = duckdb_enum_dictionary_value(type, i);
        strbuf_append_c(out, i > 0 ? ", " : "");
        append_quoted(out, str_c(value), '\'');
        duckdb_free(value);
    }
    strbuf_append_char(out, ')');
}

static void append_nested(TypePrinter *printer, duckdb_logical_type type, duckdb_type id,
                          int depth) {
    StrBuf *out = &printer->out;
    if (id == DUCKDB_TYPE_LIST) {
        append_child(printer, duckdb_list_type_child_type(type), depth);
        strbuf_append_c(out, "[]");
    } else if (id == DUCKDB_TYPE_ARRAY) {
        append_child(printer, duckdb_array_type_child_type(type), depth);
        strbuf_append_format(out, "[%llu]", (unsigned long long)duckdb_array_type_array_size(type));
    } else if (id == DUCKDB_TYPE_MAP) {
        strbuf_append_c(out, "MAP(");
        append_child(printer, duckdb_map_type_key_type(type), depth);
        strbuf_append_c(out, ", ");
        append_child(printer, duckdb_map_type_value_type(type), depth);
        strbuf_append_char(out, ')');
    } else {
        append_members(printer, type, id == DUCKDB_TYPE_UNION, depth);
    }
}

static void append_type(TypePrinter *printer, duckdb_logical_type type, int depth) {
    StrBuf *out = &printer->out;
    duckdb_type id = duckdb_get_type_id(type);
    char *alias = duckdb_logical_type_get_alias(type); /* "JSON", a VARCHAR */
    if (alias != NULL && printer->scalar == scalar_name)
        strbuf_append_c(out, alias);
    else if (printer->scalar(id) != NULL) {
        strbuf_append_c(out, printer->scalar(id));
    } else if (id == DUCKDB_TYPE_DECIMAL) {
        strbuf_append_format(out, "DECIMAL(%d,%d)", duckdb_decimal_width(type),
                             duckdb_decimal_scale(type));
    } else if (id == DUCKDB_TYPE_ENUM) {
        append_enum(out, type);
    } else if (depth > VALUE_NODE_DEPTH_MAX) {
        strbuf_append_c(out, "...");
    } else {
        append_nested(printer, type, id, depth);
    }
    duckdb_free(alias);
}

Str duck_type_name(duckdb_logical_type type, Arena *arena) {
    TypePrinter printer = {strbuf_make(arena), scalar_name};
    append_type(&printer, type, 0);
    return strbuf_str(&printer.out);
}

static const char *scalar_file_name(duckdb_type type) {
    if (type == DUCKDB_TYPE_HUGEINT || type == DUCKDB_TYPE_UHUGEINT)
        return "DECIMAL(38,0)";
    if (type == DUCKDB_TYPE_INTERVAL || type == DUCKDB_TYPE_BIT || type == DUCKDB_TYPE_BIGNUM ||
        type == DUCKDB_TYPE_TIME_TZ || type == DUCKDB_TYPE_TIME_NS || type == DUCKDB_TYPE_UNION)
        return "VARCHAR";
    return type == DUCKDB_TYPE_SQLNULL ? "INTEGER" : scalar_name(type);
}

Str duck_type_file_name(duckdb_logical_type type, Arena *arena) {
    TypePrinter printer = {strbuf_make(arena), scalar_file_name};
    append_type(&printer, type, 0);
    return strbuf_str(&printer.out);
}

/* NOLINTEND(misc-no-recursion) */
