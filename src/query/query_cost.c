/* query_cost.c - price a statement before it is bound.
 *
 * What was measured on DuckDB 1.4.4 (times grow without end beyond):
 *   - constructs that bind an operand twice double the work with each level of nesting: BETWEEN
 *     (16 levels 14 s, 1.4 GB), scalar subqueries (exists: 20 levels 3.5 s), lambdas, macros that
 *     repeat an argument (nullif: 16 levels 7 s). `growth` is the product along a path.
 *   - the same through WITH queries: subqueries in one that read another (20 of them: minutes), and
 *     NOT MATERIALIZED, which copies a WITH query into each use (2^n);
 *   - aliases used in the same select list (a + a AS b, b + b AS c, ...: 2^n);
 *   - long chains of operators are folded in time cubic in their depth (900 terms 22 s);
 *   - joins are ordered in exponential time at worst (300: minutes), COLUMNS(*) + COLUMNS(*)...
 *     (100 times 100 columns: minutes);
 *   - columns double with SELECT *, * and with joins of a WITH query to itself (14 levels: 3.7 s).
 *
 * The walk keeps its own stack; see query_gate.c for the shape of the tree.
 *
 * Tested by: test_query_cost.c. */
#include "query/query_cost.h"

#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "query/query_functions.h"

/* Recursion follows types or trees whose depth was bounded before they got here. */
/* NOLINTBEGIN(misc-no-recursion) */

enum {
    GROWTH_MAX = 256,         /* 8 doublings on one path */
    GROWTH_SUM_MAX = 20000,   /* of all copied nodes: some 0.6 s */
    DEPTH_MAX = 200,          /* nested expressions */
    DEPTH_SUM_MAX = 10000000, /* of depth squared: some 3 s of folding */
    SUBQUERIES_MAX = 64,      /* as expressions */
    WITH_SUBQUERIES_MAX = 12, /* as expressions, inside WITH queries */
    JOINS_MAX = 64,
    STARS_MAX = 12,   /* beyond the first of each select list */
    WIDTH_MAX = 1024, /* tables that a WITH query comes to, those it reads put in */
    COLUMNS_MAX = 8,  /* COLUMNS(...) */
    ALIAS_SIZE_MAX = 10000,
};

typedef struct Pending {
    const json_t *value;
    uint32_t depth;  /* of expressions */
    uint32_t growth; /* how often it will be bound */
    bool in_with;    /* inside a WITH query */
} Pending;

typedef struct Price {
    Arena *arena;
    VEC(Pending) stack;
    uint64_t depth_sum, growth_sum;
    uint32_t subqueries, with_subqueries, joins, more_stars, columns;
    Err *err;
} Price;

static Str text_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return STR_EMPTY;
    return str_make(json_string_value(value), json_string_length(value));
}

static bool too_many(Price *price, uint32_t count, uint32_t most, const char *what) {
    if (count <= most)
        return false;
    err_fail(price->err, FAIL_INVALID, "more than %u %s in one statement", most, what);
    return true;
}

/* ---- aliases used in their own select list ---- */

static Str folded(Arena *arena, Str name) {
    char *out = str_to_c(arena, name);
    for (size_t i = 0; i < name.length; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    return str_make(out, name.length);
}

/* The size of the alias that a column reference may mean; 0 = none. */
static uint64_t alias_size(const Map *aliases, const json_t *node, Arena *arena) {
    const json_t *names = json_object_get(node, "column_names");
    if (!str_eq_c(text_of(node, "class"), "COLUMN_REF") || json_array_size(names) != 1)
        return 0;
    const json_t *name = json_array_get(names, 0);
    Str text = str_make(json_string_value(name), json_string_length(name));
    const uint64_t *size = map_get(aliases, folded(arena, text));
    return size == NULL ? 0 : *size;
}

/* Nodes of one expression once the aliases before it are put in; beyond `most` it stops counting.
 */
static uint64_t expanded_size(const json_t *item, const Map *aliases, uint64_t most, Arena *arena) {
    VEC(Pending) stack = {0};
    uint64_t size = 1;
    *vec_push(&stack, arena) = (Pending){.value = item};
    while (stack.count > 0 && size <= most) {
        const json_t *value = stack.items[--stack.count].value;
        if (json_is_object(value)) {
            const char *key;
            json_t *member;
            size += 1 + alias_size(aliases, value, arena);
            json_object_foreach ((json_t *)value, key, member) {
                *vec_push(&stack, arena) = (Pending){.value = member};
            }
        }
        for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
            *vec_push(&stack, arena) = (Pending){.value = json_array_get(value, i)};
    }
    return size;
}

static bool check_aliases(Price *price, const json_t *node) {
    const json_t *list = json_object_get(node, "select_list");
    size_t count = json_array_size(list);
    Arena *scratch = arena_create();
    Map aliases = map_make(scratch);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        const json_t *item = json_array_get(list, i);
        Map none = map_make(scratch);
        uint64_t *size = ARENA_NEW(scratch, uint64_t);
        uint64_t most = expanded_size(item, &none, UINT64_MAX, scratch) + ALIAS_SIZE_MAX;
        *size = expanded_size(item, &aliases, most, scratch);
        ok = *size <= most;
        Str alias = text_of(item, "alias");
        if (!str_is_empty(alias))
            map_put(&aliases, folded(scratch, alias), size);
    }
    arena_destroy(scratch);
    return ok ? true
              : err_fail(price->err, FAIL_INVALID,
                         "aliases of a select list that use each other grow too large");
}

static bool check_stars(Price *price, const json_t *node) {
    const json_t *list = json_object_get(node, "select_list");
    uint32_t stars = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        stars += str_eq_c(text_of(json_array_get(list, i), "class"), "STAR") ? 1 : 0;
    price->more_stars += stars > 1 ? stars - 1 : 0;
    return !too_many(price, price->more_stars, STARS_MAX, "stars beside others");
}

/* ---- how many tables it comes to ---- */

typedef struct WithSize WithSize;
struct WithSize {
    const WithSize *outer;
    Str name;
    uint64_t width;
};

static uint64_t table_width(const WithSize *with, Str name) {
    for (; with != NULL; with = with->outer)
        if (str_eq_nocase(with->name, name))
            return with->width;
    return 1;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the JSON, see below */

static uint64_t width_of(const json_t *value, const WithSize *with);

static uint64_t width_of_members(const json_t *object, const WithSize *with) {
    uint64_t width = 0;
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)object, key, member) {
        if (width <= WIDTH_MAX && strcmp(key, "cte_map") != 0)
            width += width_of(member, with);
    }
    return width;
}

/* The body of a query whose WITH queries from `next` on are still to be measured. */
static uint64_t width_after(const json_t *node, size_t next, const WithSize *with) {
    const json_t *entries = json_object_get(json_object_get(node, "cte_map"), "map");
    const json_t *entry = json_array_get(entries, next);
    if (entry == NULL)
        return width_of_members(node, with);
    WithSize inner = {with, text_of(entry, "key"), 0};
    inner.width = width_of(json_object_get(entry, "value"), with);
    inner.width += inner.width == 0 ? 1 : 0; /* SELECT 1 has columns too */
    return width_after(node, next + 1, &inner);
}

/* Tables that a part of the tree reads, each WITH query counted as what it reads itself. The
 * recursion is as deep as the JSON (jansson stops at 2048) and the WITH queries (query_lex.c stops
 * at 100) make it; sums stop growing soon after WIDTH_MAX. */
static uint64_t width_of(const json_t *value, const WithSize *with) {
    uint64_t width = 0;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value) && width <= WIDTH_MAX;
         i++)
        width += width_of(json_array_get(value, i), with);
    if (!json_is_object(value))
        return width;
    if (str_eq_c(text_of(value, "type"), "BASE_TABLE"))
        return table_width(with, text_of(value, "table_name"));
    return width_after(value, 0, with);
}

/* NOLINTEND(misc-no-recursion) */

/* ---- expressions ---- */

static bool binds_twice(const json_t *node, Str class) {
    if (str_eq_c(class, "FUNCTION")) {
        FunctionVerdict verdict = query_function_verdict(text_of(node, "function_name"));
        return verdict == FUNCTION_COPIES || verdict == FUNCTION_GUARD;
    }
    return str_eq_c(class, "BETWEEN") || str_eq_c(class, "SUBQUERY") || str_eq_c(class, "LAMBDA");
}

static bool count_kind(Price *price, const json_t *node, Str class, bool in_with) {
    if (str_eq_c(class, "SUBQUERY")) {
        price->subqueries++;
        price->with_subqueries += in_with ? 1 : 0;
    } else if (str_eq_c(class, "STAR")) {
        price->columns += json_is_true(json_object_get(node, "columns")) ? 1 : 0;
    }
    return !too_many(price, price->subqueries, SUBQUERIES_MAX, "subqueries") &&
           !too_many(price, price->with_subqueries, WITH_SUBQUERIES_MAX,
                     "subqueries within WITH queries") &&
           !too_many(price, price->columns, COLUMNS_MAX, "uses of COLUMNS");
}

static bool price_expression(Price *price, const json_t *node, Str class, Pending *at) {
    at->depth++;
    price->depth_sum += (uint64_t)at->depth * at->depth;
    if (binds_twice(node, class))
        at->growth *= 2;
    if (at->growth > 1)
        price->growth_sum += at->growth;
    if (at->depth > DEPTH_MAX || price->depth_sum > DEPTH_SUM_MAX)
        return err_fail(price->err, FAIL_INVALID, "expressions are nested too deeply");
    if (at->growth > GROWTH_MAX || price->growth_sum > GROWTH_SUM_MAX)
        return err_fail(price->err, FAIL_INVALID,
                        "subqueries, BETWEEN or lambdas are nested too deeply");
    return count_kind(price, node, class, at->in_with);
}

/* ---- nodes ---- */

static bool price_node(Price *price, const json_t *node, Pending *at) {
    Str type = text_of(node, "type");
    if (str_eq_c(type, "JOIN")) {
        price->joins++;
        return !too_many(price, price->joins, JOINS_MAX, "joins");
    }
    if (str_eq_c(type, "SELECT_NODE"))
        return check_aliases(price, node) && check_stars(price, node);
    if (str_eq_c(text_of(node, "materialized"), "CTE_MATERIALIZE_NEVER")) {
        err_fail(price->err, FAIL_INVALID, "NOT MATERIALIZED is not supported");
        return err_hint(price->err, "leave it out");
    }
    /* An entry of a cte_map. */
    if (json_object_get(node, "materialized") != NULL)
        at->in_with = true;
    return true;
}

static bool price_value(Price *price, Pending at) {
    if (json_is_array(at.value)) {
        for (size_t i = 0; i < json_array_size(at.value); i++)
            *vec_push(&price->stack, price->arena) =
                (Pending){json_array_get(at.value, i), at.depth, at.growth, at.in_with};
        return true;
    }
    Str class = text_of(at.value, "class");
    bool ok = str_is_empty(class) ? price_node(price, at.value, &at)
                                  : price_expression(price, at.value, class, &at);
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)at.value, key, member) {
        if (json_is_object(member) || json_is_array(member))
            *vec_push(&price->stack, price->arena) =
                (Pending){member, at.depth, at.growth, at.in_with};
    }
    return ok;
}

bool query_cost_check(const json_t *statement, Arena *arena, Err *err) {
    Price price = {.arena = arena, .err = err};
    if (width_of(statement, NULL) > WIDTH_MAX)
        return err_fail(err, FAIL_INVALID, "WITH queries that read each other grow too large");
    *vec_push(&price.stack, arena) = (Pending){.value = statement, .growth = 1};
    while (price.stack.count > 0) {
        Pending at = price.stack.items[--price.stack.count];
        if (!json_is_object(at.value) && !json_is_array(at.value))
            continue;
        if (!price_value(&price, at))
            return false;
    }
    return true;
}

/* NOLINTEND(misc-no-recursion) */
