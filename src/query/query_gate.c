/* query_gate.c - walk a statement's parse tree and let only known, harmless things pass.
 *
 * The walk keeps its own stack, so no statement can exhaust ours, and stops after nodes_max values.
 * With each value goes the scope it stands in: a linked list of the WITH queries that its names can
 * reach. A WITH query reaches those before it, and itself only when it is recursive.
 *
 * An expression is an object with a "class"; a node (table reference, query, modifier, type
 * information) is one with a textual "type"; all others only hold such. Table functions are taken
 * apart by hand: their function object looks like a scalar function's.
 *
 * What a statement would cost to bind is looked at first, in query_cost.c.
 *
 * Refused on purpose: PIVOT and UNPIVOT (their binder rewrites itself into further statements),
 * FROM t AT (...) (use lake_at), exported aggregate states (bytes that users could forge), and
 * schema-qualified tables.
 *
 * Tested by: test_query_gate.c (hostile and honest statements), fuzz_query_gate.c. */
#include "query/query_gate.h"

#include <string.h>

#include "query/query_cost.h"
#include "query/query_functions.h"

enum {
    NODES_MAX = 500000, /* values in the tree: over 100,000 constants */
    NAMES_MAX = 256,    /* tables of one statement */
};

/* Expression classes and their types that may appear. */
static const char *const expression_classes[] = {
    "BETWEEN",   "CASE",        "CAST",     "COLLATE", "COLUMN_REF",           "COMPARISON",
    "CONSTANT",  "CONJUNCTION", "FUNCTION", "LAMBDA",  "LAMBDA_REF",           "OPERATOR",
    "PARAMETER", "STAR",        "SUBQUERY", "WINDOW",  "POSITIONAL_REFERENCE",
};

/* Values of "type" on objects without a class. */
static const char *const node_types[] = {
    /* queries and their modifiers */
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "RECURSIVE_CTE_NODE",
    "CTE_NODE",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "ORDER_MODIFIER",
    "DISTINCT_MODIFIER",
    "ASCENDING",
    "DESCENDING",
    "ORDER_DEFAULT",
    /* table references that need no look of their own */
    "EMPTY",
    "EXPRESSION_LIST",
    "JOIN",
    "SUBQUERY",
    "COLUMN_DATA",
    /* what types are made of */
    "ARRAY_TYPE_INFO",
    "DECIMAL_TYPE_INFO",
    "ENUM_TYPE_INFO",
    "LIST_TYPE_INFO",
    "STRUCT_TYPE_INFO",
    "STRING_TYPE_INFO",
    "USER_TYPE_INFO",
    "GENERIC_TYPE_INFO",
    "EXTRA_TYPE_INFO",
};

typedef struct Scope Scope;
struct Scope {
    const Scope *outer;
    Str name;
};

typedef struct Pending {
    const json_t *value;
    const Scope *scope;
} Pending;

typedef struct Walk {
    Str sql;
    Arena *arena;
    GateNames *names;
    VEC(Pending) stack;
    size_t seen;
    Err *err;
} Walk;

/* ---- small readers ---- */

static Str text_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return STR_EMPTY;
    return str_make(json_string_value(value), json_string_length(value));
}

static bool is_present(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value != NULL && !json_is_null(value);
}

/* Numbers of the tree are read as doubles: some locations are UINT64_MAX, which means none. False
 * for those, and for all that is no whole number up to 2^53. */
static bool number_of(const json_t *object, const char *key, uint64_t *out) {
    double value = json_real_value(json_object_get(object, key));
    if (!json_is_real(json_object_get(object, key)) || !(value >= 0 && value <= 9007199254740992.0))
        return false;
    *out = (uint64_t)value;
    return (double)*out == value;
}

static bool is_listed(Str name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, list[i]))
            return true;
    return false;
}

static Str lower(Arena *arena, Str name) {
    char *out = str_to_c(arena, name);
    for (size_t i = 0; i < name.length; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    return str_make(out, name.length);
}

static void push(Walk *walk, const json_t *value, const Scope *scope) {
    if (json_is_object(value) || json_is_array(value))
        *vec_push(&walk->stack, walk->arena) = (Pending){value, scope};
}

static const Scope *with_name(Walk *walk, const Scope *outer, Str name) {
    Scope *scope = ARENA_NEW(walk->arena, Scope);
    *scope = (Scope){outer, name};
    return scope;
}

static bool in_scope(const Scope *scope, Str name) {
    for (; scope != NULL; scope = scope->outer)
        if (str_eq_nocase(scope->name, name))
            return true;
    return false;
}

/* ---- refusals ---- */

/* Adds "line 1, column 9" when the node knows where it stands. Returns false. */
static bool at_node(Walk *walk, const json_t *node) {
    uint64_t at;
    if (!number_of(node, "query_location", &at) || at > walk->sql.length)
        return false;
    size_t line = 1;
    size_t from = 0;
    for (size_t i = 0; i < at; i++) {
        if (walk->sql.data[i] == '\n') {
            line++;
            from = i + 1;
        }
    }
    size_t column = utf8_count(str_slice(walk->sql, from, (size_t)at)) + 1;
    return err_detail(walk->err, "line %zu, column %zu", line, column);
}

static bool refuse_function(Walk *walk, const json_t *function, FunctionVerdict verdict) {
    Str name = text_of(function, "function_name");
    switch (verdict) {
    case FUNCTION_FILE:
        err_fail(walk->err, FAIL_DENIED, "function '%.*s' reads files: not open to queries",
                 STR_ARG(name));
        err_hint(walk->err, "load the file as a dataset, then query it by name");
        break;
    case FUNCTION_SETTING:
        err_fail(walk->err, FAIL_DENIED, "function '%.*s' shows settings: not open to queries",
                 STR_ARG(name));
        break;
    case FUNCTION_ENGINE:
        err_fail(walk->err, FAIL_DENIED,
                 "function '%.*s' reaches into the engine: not open to queries", STR_ARG(name));
        break;
    case FUNCTION_UNKNOWN:
    case FUNCTION_ALLOW:
    case FUNCTION_COPIES:
    case FUNCTION_GUARD:
    case FUNCTION_LAKE:
        err_fail(walk->err, FAIL_UNPROCESSABLE, "no function '%.*s'", STR_ARG(name));
        break;
    }
    return at_node(walk, function);
}

/* ---- names ---- */

static bool add_name(Walk *walk, StrVec *list, Str name) {
    Str folded = lower(walk->arena, name);
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], folded))
            return true;
    if (list->count == NAMES_MAX)
        return err_fail(walk->err, FAIL_INVALID, "more than %d tables in one statement",
                        (int)NAMES_MAX);
    *vec_push(list, walk->arena) = folded;
    return true;
}

/* The characters of dataset names, as catalog.h has them. */
static bool is_plain_name(Str name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return name.length > 0;
}

static bool check_base_table(Walk *walk, const json_t *node, const Scope *scope) {
    Str schema = text_of(node, "schema_name");
    Str catalog = text_of(node, "catalog_name");
    Str name = text_of(node, "table_name");
    if (is_present(node, "at_clause")) {
        err_fail(walk->err, FAIL_INVALID, "AT (...) is not supported");
        err_hint(walk->err, "use lake_at('%.*s', snapshot_id)", STR_ARG(utf8_clip(name, 63)));
        return at_node(walk, node);
    }
    bool recurring = str_eq_nocase(schema, STR("recurring")) && in_scope(scope, name);
    if (!recurring && (!str_is_empty(schema) || !str_is_empty(catalog))) {
        err_fail(walk->err, FAIL_DENIED, "table '%.*s.%.*s': datasets have no schema",
                 STR_ARG(str_is_empty(schema) ? catalog : schema), STR_ARG(name));
        err_hint(walk->err, "name the dataset alone; lake_datasets() lists them");
        return at_node(walk, node);
    }
    if (in_scope(scope, name))
        return add_name(walk, &walk->names->with_names, name);
    if (!is_plain_name(name)) {
        err_fail(walk->err, FAIL_DENIED,
                 "'%.*s' is no dataset's name, and files are not open to "
                 "queries",
                 STR_ARG(utf8_clip(name, 80)));
        err_hint(walk->err, "load the file as a dataset, then query it by name");
        return at_node(walk, node);
    }
    return add_name(walk, &walk->names->datasets, name);
}

static const json_t *constant_of(const json_t *expression) {
    bool is_constant = str_eq_c(text_of(expression, "class"), "CONSTANT");
    return is_constant ? json_object_get(expression, "value") : NULL;
}

/* lake_at('dataset', snapshot_id): both must be constants, since they are looked up now. */
static bool check_lake_at(Walk *walk, const json_t *function) {
    const json_t *children = json_object_get(function, "children");
    const json_t *name = constant_of(json_array_get(children, 0));
    const json_t *id = constant_of(json_array_get(children, 1));
    Str dataset = text_of(name, "value");
    Str type = text_of(json_object_get(id, "type"), "id"); /* 1.5 has the value 15 here */
    uint64_t snapshot_id = 0;
    bool fits = json_array_size(children) == 2 && is_plain_name(dataset) &&
                (str_eq_c(type, "INTEGER") || str_eq_c(type, "BIGINT")) &&
                number_of(id, "value", &snapshot_id) && snapshot_id > 0;
    if (!fits) {
        err_fail(walk->err, FAIL_INVALID,
                 "lake_at takes a dataset's name and a snapshot id, both "
                 "as constants");
        return at_node(walk, function);
    }
    GatePin pin = {lower(walk->arena, dataset), snapshot_id};
    for (size_t i = 0; i < walk->names->pins.count; i++) {
        const GatePin *old = &walk->names->pins.items[i];
        if (str_eq(old->dataset, pin.dataset) && old->snapshot_id == pin.snapshot_id)
            return true;
    }
    if (walk->names->pins.count == NAMES_MAX)
        return err_fail(walk->err, FAIL_INVALID, "more than %d uses of lake_at", (int)NAMES_MAX);
    *vec_push(&walk->names->pins, walk->arena) = pin;
    return true;
}

/* ---- nodes ---- */

static bool check_table_function(Walk *walk, const json_t *node, const Scope *scope) {
    const json_t *function = json_object_get(node, "function");
    if (!str_eq_c(text_of(function, "class"), "FUNCTION"))
        return err_fail(walk->err, FAIL_DENIED, "a table function of an unknown kind");
    FunctionVerdict verdict = query_table_function_verdict(text_of(function, "function_name"));
    bool qualified = !str_is_empty(text_of(function, "schema"));
    if (verdict == FUNCTION_LAKE) {
        if (qualified)
            return refuse_function(walk, function, FUNCTION_UNKNOWN);
        if (!check_lake_at(walk, function))
            return false;
    } else if (verdict != FUNCTION_ALLOW) {
        return refuse_function(walk, function, verdict);
    }
    push(walk, json_object_get(function, "children"), scope);
    push(walk, json_object_get(function, "filter"), scope);
    push(walk, json_object_get(function, "order_bys"), scope);
    push(walk, json_object_get(node, "sample"), scope);
    return true;
}

/* DESCRIBE and SUMMARIZE hold a query; SHOW TABLES and its kin hold a word instead. */
static bool check_show(Walk *walk, const json_t *node, const Scope *scope) {
    if (is_present(node, "query")) {
        push(walk, json_object_get(node, "query"), scope);
        return true;
    }
    err_fail(walk->err, FAIL_DENIED, "SHOW of the engine's own lists is not open to queries");
    return err_hint(walk->err, "use FROM lake_datasets()");
}

/* The WITH queries of one query node: each walks in the scope of those before it. Returns the scope
 * of the node's body. */
static const Scope *enter_with(Walk *walk, const json_t *node, const Scope *scope) {
    const json_t *entries = json_object_get(json_object_get(node, "cte_map"), "map");
    size_t count = json_array_size(entries);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        push(walk, json_object_get(entry, "value"), scope);
        scope = with_name(walk, scope, text_of(entry, "key"));
    }
    return scope;
}

static bool check_query_node(Walk *walk, const json_t *node, const Scope *scope) {
    scope = enter_with(walk, node, scope);
    Str cte = text_of(node, "cte_name"); /* RECURSIVE_CTE_NODE: its own name is in reach */
    if (!str_is_empty(cte))
        scope = with_name(walk, scope, cte);
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)node, key, value) {
        if (strcmp(key, "cte_map") != 0)
            push(walk, value, scope);
    }
    return true;
}

static void push_members(Walk *walk, const json_t *object, const Scope *scope) {
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        push(walk, value, scope);
    }
}

static bool check_node(Walk *walk, const json_t *node, Str type, const Scope *scope) {
    if (str_eq_c(type, "BASE_TABLE")) {
        push(walk, json_object_get(node, "sample"), scope);
        return check_base_table(walk, node, scope);
    }
    if (str_eq_c(type, "TABLE_FUNCTION"))
        return check_table_function(walk, node, scope);
    if (str_eq_c(type, "SHOW_REF"))
        return check_show(walk, node, scope);
    if (str_eq_c(type, "PIVOT")) {
        err_fail(walk->err, FAIL_INVALID, "PIVOT and UNPIVOT are not supported");
        return err_hint(walk->err, "use aggregates with FILTER (WHERE ...), or unnest");
    }
    if (!is_listed(type, node_types, ARRAY_LEN(node_types)))
        return err_fail(walk->err, FAIL_DENIED, "%.*s is not supported in queries", STR_ARG(type));
    if (str_ends(type, STR("_NODE")))
        return check_query_node(walk, node, scope);
    push_members(walk, node, scope);
    return true;
}

static bool check_call(Walk *walk, const json_t *function) {
    FunctionVerdict verdict = query_function_verdict(text_of(function, "function_name"));
    if (json_is_true(json_object_get(function, "export_state")))
        return err_fail(walk->err, FAIL_DENIED, "EXPORT_STATE is not open to queries");
    bool qualified =
        !str_is_empty(text_of(function, "schema")) || !str_is_empty(text_of(function, "catalog"));
    if (verdict == FUNCTION_GUARD && qualified) {
        Str name = text_of(function, "function_name");
        err_fail(walk->err, FAIL_DENIED, "'%.*s' must be called by its name alone", STR_ARG(name));
        return at_node(walk, function);
    }
    if (verdict == FUNCTION_ALLOW || verdict == FUNCTION_COPIES || verdict == FUNCTION_GUARD)
        return true;
    return refuse_function(walk, function, verdict);
}

static bool check_expression(Walk *walk, const json_t *node, Str class, const Scope *scope) {
    if (!is_listed(class, expression_classes, ARRAY_LEN(expression_classes))) {
        err_fail(walk->err, FAIL_DENIED, "%.*s is not supported in queries", STR_ARG(class));
        return at_node(walk, node);
    }
    /* Other window functions (row_number, lag) are types of their own without a free name. */
    bool named = str_eq_c(class, "FUNCTION") ||
                 (str_eq_c(class, "WINDOW") && str_eq_c(text_of(node, "type"), "WINDOW_AGGREGATE"));
    if (named && !check_call(walk, node))
        return false;
    push_members(walk, node, scope);
    return true;
}

static bool check_value(Walk *walk, const Pending *at) {
    if (json_is_array(at->value)) {
        for (size_t i = 0; i < json_array_size(at->value); i++)
            push(walk, json_array_get(at->value, i), at->scope);
        return true;
    }
    Str class = text_of(at->value, "class");
    if (!str_is_empty(class))
        return check_expression(walk, at->value, class, at->scope);
    Str type = text_of(at->value, "type");
    if (!str_is_empty(type))
        return check_node(walk, at->value, type, at->scope);
    push_members(walk, at->value, at->scope);
    return true;
}

static bool walk_tree(Walk *walk) {
    while (walk->stack.count > 0) {
        Pending at = walk->stack.items[--walk->stack.count];
        if (++walk->seen > NODES_MAX)
            return err_fail(walk->err, FAIL_INVALID, "the statement is too long");
        if (!check_value(walk, &at))
            return false;
    }
    return true;
}

/* ---- the statement ---- */

static bool refuse_statement(Walk *walk, const json_t *answer) {
    Str kind = text_of(answer, "error_type");
    Str message = text_of(answer, "error_message");
    if (str_eq_c(kind, "not implemented") && str_starts(message, STR("Only SELECT"))) {
        err_fail(walk->err, FAIL_INVALID, "only SELECT statements can be run");
        return err_hint(walk->err, "SELECT, FROM, WITH, VALUES, DESCRIBE and SUMMARIZE work");
    }
    if (str_is_empty(message))
        return err_fail(walk->err, FAIL_INVALID, "the statement cannot be parsed");
    err_fail(walk->err, FAIL_INVALID, "%.*s", STR_ARG(message));
    uint64_t at;
    if (!str_to_u64(text_of(answer, "position"), &at) || at > walk->sql.length)
        return false;
    json_t *place = json_object();
    json_object_set_new(place, "query_location", json_real((double)at));
    at_node(walk, place);
    json_decref(place);
    return false;
}

/* SHOW TABLES alone: SELECT * over SHOW_REF "tables", and nothing else. */
static bool is_show_tables(const json_t *statement) {
    const json_t *node = json_object_get(statement, "node");
    const json_t *from = json_object_get(node, "from_table");
    const json_t *selected = json_object_get(node, "select_list");
    return str_eq_c(text_of(from, "type"), "SHOW_REF") && !is_present(from, "query") &&
           str_eq_c(text_of(from, "table_name"), "\"tables\"") && json_array_size(selected) == 1 &&
           str_eq_c(text_of(json_array_get(selected, 0), "class"), "STAR") &&
           !is_present(node, "where_clause") &&
           json_array_size(json_object_get(node, "modifiers")) == 0;
}

static const json_t *only_statement(Walk *walk, const json_t *answer) {
    if (!json_is_false(json_object_get(answer, "error"))) {
        refuse_statement(walk, answer);
        return NULL;
    }
    const json_t *statements = json_object_get(answer, "statements");
    size_t count = json_array_size(statements);
    if (count == 1)
        return json_array_get(statements, 0);
    if (count == 0)
        err_fail(walk->err, FAIL_INVALID, "there is no statement in the text");
    else
        err_fail(walk->err, FAIL_INVALID, "%zu statements given, one can be run at a time", count);
    return NULL;
}

static json_t *read_tree(Str tree, Arena *arena, Err *err) {
    json_error_t at;
    json_t *answer =
        json_loadb(tree.data, tree.length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &at);
    if (answer != NULL)
        return json_keep(arena, answer);
    if (json_error_code(&at) == json_error_stack_overflow)
        err_fail(err, FAIL_INVALID, "the statement is nested too deeply");
    else
        err_fail(err, FAIL_INVALID, "the statement holds a value that cannot be checked");
    return NULL;
}

static bool check_answer(Walk *walk, const json_t *answer) {
    const json_t *statement = only_statement(walk, answer);
    if (statement == NULL)
        return false;
    if (!query_cost_check(statement, walk->arena, walk->err))
        return false;
    walk->names->show_tables = is_show_tables(statement);
    push(walk, statement, NULL);
    return walk->names->show_tables || walk_tree(walk);
}

bool query_gate_check(Str sql, Str tree, Arena *arena, GateNames *out, Err *err) {
    GateNames names = {0};
    Walk walk = {.sql = sql, .arena = arena, .names = &names, .err = err};
    const json_t *answer = read_tree(tree, arena, err);
    if (answer == NULL || !check_answer(&walk, answer))
        return err_field(err, "sql");
    *out = names;
    return true;
}
