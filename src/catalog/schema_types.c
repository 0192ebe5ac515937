/* schema_types.c - a recursive-descent reader of type texts, and what follows from a type.
 *
 *     type  := base ("[" digits? "]")*
 *     base  := DECIMAL(p,s) | STRUCT(name type, ...) | MAP(type, type) | ENUM(...) | UNION(...)
 *            | words
 *
 * What can be stored is what an Iceberg table can hold; the rest is cast on the way in (smaller
 * integers to INTEGER, unsigned ones to the next type that holds all their values, fixed arrays to
 * lists, what has no counterpart to text), and the caller reports each such coercion.
 *
 * A type is a tree, and its functions recurse over it: at most DEPTH_MAX deep, which the reader
 * enforces.
 *
 * Tested by: tests/unit/catalog/test_schema_types.c. */
#include "catalog/schema_types.h"

#include "base/vec.h"

enum { DEPTH_MAX = 16, CHILDREN_MAX = 1000 };

/* NOLINTBEGIN(misc-no-recursion): at most DEPTH_MAX deep, see above. */

typedef struct Reader {
    Str text;
    size_t at;
    Arena *arena;
    unsigned depth;
} Reader;

/* --- reading ----------------------------------------------------------------------------- */

static bool peek(const Reader *reader, char c) {
    return reader->at < reader->text.length && reader->text.data[reader->at] == c;
}

static bool take(Reader *reader, char c) {
    if (!peek(reader, c))
        return false;
    reader->at++;
    return true;
}

static void skip_spaces(Reader *reader) {
    while (peek(reader, ' '))
        reader->at++;
}

/* Past a quoted piece whose quote is doubled inside; the reader stands on the opening quote. */
static bool skip_quoted(Reader *reader, char quote) {
    for (reader->at++; reader->at < reader->text.length; reader->at++)
        if (peek(reader, quote)) {
            reader->at++;
            if (!peek(reader, quote))
                return true;
        }
    return false;
}

/* Past everything up to the parenthesis that closes the one just opened. */
static bool skip_parenthesis(Reader *reader) {
    for (unsigned open = 1; reader->at < reader->text.length;) {
        char c = reader->text.data[reader->at];
        if (c == '\'' || c == '"') {
            if (!skip_quoted(reader, c))
                return false;
            continue;
        }
        reader->at++;
        open += c == '(' ? 1 : 0;
        open -= c == ')' ? 1 : 0;
        if (open == 0)
            return true;
    }
    return false;
}

static bool read_number(Reader *reader, unsigned *out) {
    size_t from = reader->at;
    while (reader->at < reader->text.length && reader->text.data[reader->at] >= '0' &&
           reader->text.data[reader->at] <= '9')
        reader->at++;
    uint64_t value;
    if (!str_to_u64(str_slice(reader->text, from, reader->at), &value) || value > 1000000000)
        return false;
    *out = (unsigned)value;
    return true;
}

static TypeNode *new_node(Reader *reader, TypeKind kind) {
    TypeNode *node = ARENA_NEW(reader->arena, TypeNode);
    node->kind = kind;
    return node;
}

static TypeNode *read_type(Reader *reader);

static TypeNode *read_decimal(Reader *reader) {
    TypeNode *node = new_node(reader, TYPE_DECIMAL);
    bool ok = read_number(reader, &node->precision) && take(reader, ',');
    skip_spaces(reader);
    ok = ok && read_number(reader, &node->scale) && take(reader, ')');
    return ok && node->precision >= 1 && node->precision <= 38 && node->scale <= node->precision
               ? node
               : NULL;
}

static bool read_field_name(Reader *reader, Str *out) {
    skip_spaces(reader);
    size_t from = reader->at;
    if (peek(reader, '"')) {
        if (!skip_quoted(reader, '"'))
            return false;
    } else {
        while (reader->at < reader->text.length && !peek(reader, ' ') && !peek(reader, ',') &&
               !peek(reader, ')') && !peek(reader, '('))
            reader->at++;
    }
    *out = str_slice(reader->text, from, reader->at);
    skip_spaces(reader);
    return out->length > 0;
}

/* Children of STRUCT (named) and MAP, up to the closing parenthesis. */
static bool read_children(Reader *reader, TypeNode *node) {
    VEC(TypeNode) children = {0};
    StrVec names = {0};
    do {
        Str name = STR_EMPTY;
        if (children.count == CHILDREN_MAX ||
            (node->kind == TYPE_STRUCT && !read_field_name(reader, &name)))
            return false;
        skip_spaces(reader);
        TypeNode *child = read_type(reader);
        if (child == NULL)
            return false;
        *vec_push(&children, reader->arena) = *child;
        *vec_push(&names, reader->arena) = name;
    } while (take(reader, ','));
    node->children = children.items;
    node->child_names = names.items;
    node->child_count = children.count;
    return take(reader, ')') && (node->kind != TYPE_MAP || children.count == 2);
}

static TypeNode *read_nested(Reader *reader, TypeKind kind) {
    TypeNode *node = new_node(reader, kind);
    return read_children(reader, node) ? node : NULL;
}

static bool is_word_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ' ' || c == '"';
}

static TypeNode *read_base(Reader *reader) {
    size_t from = reader->at;
    while (reader->at < reader->text.length && is_word_char(reader->text.data[reader->at]))
        reader->at++;
    Str name = str_trim(str_slice(reader->text, from, reader->at));
    if (name.length == 0)
        return NULL;
    if (!take(reader, '(')) {
        TypeNode *node = new_node(reader, TYPE_PLAIN);
        node->name = name;
        return node;
    }
    if (str_eq_c(name, "DECIMAL"))
        return read_decimal(reader);
    if (str_eq_c(name, "STRUCT"))
        return read_nested(reader, TYPE_STRUCT);
    if (str_eq_c(name, "MAP"))
        return read_nested(reader, TYPE_MAP);
    if ((str_eq_c(name, "ENUM") || str_eq_c(name, "UNION")) && skip_parenthesis(reader)) {
        TypeNode *node = new_node(reader, TYPE_TEXT);
        node->name = name;
        return node;
    }
    return NULL;
}

static TypeNode *list_of(Reader *reader, TypeKind kind, const TypeNode *element) {
    TypeNode *list = new_node(reader, kind);
    list->children = ARENA_NEW(reader->arena, TypeNode);
    list->children[0] = *element;
    list->child_count = 1;
    return list;
}

/* "[]" and "[3]" behind a type. */
static TypeNode *read_suffixes(Reader *reader, TypeNode *node) {
    for (unsigned levels = reader->depth; take(reader, '['); levels++) {
        unsigned size;
        bool fixed = !peek(reader, ']');
        if (levels >= DEPTH_MAX || (fixed && !read_number(reader, &size)) || !take(reader, ']'))
            return NULL;
        node = list_of(reader, fixed ? TYPE_ARRAY : TYPE_LIST, node);
    }
    return node;
}

static TypeNode *read_type(Reader *reader) {
    if (++reader->depth > DEPTH_MAX)
        return NULL;
    TypeNode *node = read_base(reader);
    if (node != NULL)
        node = read_suffixes(reader, node);
    reader->depth--;
    return node;
}

const TypeNode *type_parse(Str text, Arena *arena) {
    Reader reader = {.text = str_dup(arena, text), .arena = arena};
    const TypeNode *node = read_type(&reader);
    return reader.at == text.length ? node : NULL;
}

/* --- printing ---------------------------------------------------------------------------- */

static void print_type(const TypeNode *type, StrBuf *out) {
    switch (type->kind) {
    case TYPE_PLAIN:
    case TYPE_TEXT:
        strbuf_append(out, type->name);
        return;
    case TYPE_DECIMAL:
        strbuf_append_format(out, "DECIMAL(%u,%u)", type->precision, type->scale);
        return;
    case TYPE_LIST:
    case TYPE_ARRAY:
        print_type(&type->children[0], out);
        strbuf_append_c(out, "[]");
        return;
    case TYPE_STRUCT:
    case TYPE_MAP:
        strbuf_append_c(out, type->kind == TYPE_MAP ? "MAP(" : "STRUCT(");
        for (size_t i = 0; i < type->child_count; i++) {
            strbuf_append_c(out, i == 0 ? "" : ", ");
            if (type->kind == TYPE_STRUCT) {
                strbuf_append(out, type->child_names[i]);
                strbuf_append_char(out, ' ');
            }
            print_type(&type->children[i], out);
        }
        strbuf_append_char(out, ')');
        return;
    }
}

Str type_print(const TypeNode *type, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    print_type(type, &out);
    return strbuf_str(&out);
}

static Str nested_name(const TypeNode *type, size_t child) {
    if (type->kind == TYPE_STRUCT)
        return type->child_names[child];
    if (type->kind == TYPE_MAP)
        return child == 0 ? STR("key") : STR("value");
    return STR("element");
}

void type_print_field_ids(const TypeNode *type, uint32_t id, StrBuf *out) {
    if (type->child_count == 0) {
        strbuf_append_format(out, "%u", id);
        return;
    }
    strbuf_append_format(out, "{__duckdb_field_id: %u", id);
    uint32_t next = id + 1;
    for (size_t i = 0; i < type->child_count; i++) {
        strbuf_append_c(out, ", ");
        strbuf_append(out, nested_name(type, i));
        strbuf_append_c(out, ": ");
        type_print_field_ids(&type->children[i], next, out);
        next += 1 + (uint32_t)type_nested_count(&type->children[i]);
    }
    strbuf_append_char(out, '}');
}

size_t type_nested_count(const TypeNode *type) {
    size_t count = type->child_count;
    for (size_t i = 0; i < type->child_count; i++)
        count += type_nested_count(&type->children[i]);
    return count;
}

/* --- judging ----------------------------------------------------------------------------- */

static const struct {
    const char *found, *stored;
} plain_types[] = {
    {"BOOLEAN", "BOOLEAN"},
    {"TINYINT", "INTEGER"},
    {"SMALLINT", "INTEGER"},
    {"INTEGER", "INTEGER"},
    {"BIGINT", "BIGINT"},
    {"UTINYINT", "INTEGER"},
    {"USMALLINT", "INTEGER"},
    {"UINTEGER", "BIGINT"},
    {"UBIGINT", "DECIMAL(20,0)"},
    {"HUGEINT", "DECIMAL(38,0)"},
    {"UHUGEINT", "DECIMAL(38,0)"},
    {"FLOAT", "FLOAT"},
    {"DOUBLE", "DOUBLE"},
    {"DATE", "DATE"},
    {"TIME", "TIME"},
    {"TIME_NS", "TIME"},
    {"TIMESTAMP", "TIMESTAMP"},
    {"TIMESTAMP_S", "TIMESTAMP"},
    {"TIMESTAMP_MS", "TIMESTAMP"},
    {"TIMESTAMP_NS", "TIMESTAMP"},
    {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
    {"VARCHAR", "VARCHAR"},
    {"UUID", "UUID"},
    {"BLOB", "BLOB"},
    {"TIME WITH TIME ZONE", "VARCHAR"},
    {"JSON", "VARCHAR"},
    {"INTERVAL", "VARCHAR"},
    {"BIT", "VARCHAR"},
    {"BIGNUM", "VARCHAR"},
    {"VARINT", "VARCHAR"},
    {"\"NULL\"", "\"NULL\""}, /* no value seen yet: any type will do, see type_settled */
};

static const TypeNode *plain_storage(const TypeNode *type, Arena *arena) {
    for (size_t i = 0; i < ARRAY_LEN(plain_types); i++)
        if (str_eq_c(type->name, plain_types[i].found))
            return type_parse(str_c(plain_types[i].stored), arena);
    return NULL;
}

const TypeNode *type_storage(const TypeNode *type, Arena *arena) {
    if (type->kind == TYPE_PLAIN)
        return plain_storage(type, arena);
    if (type->kind == TYPE_TEXT)
        return type_parse(STR("VARCHAR"), arena);
    TypeNode *stored = ARENA_NEW(arena, TypeNode);
    *stored = *type;
    stored->kind = type->kind == TYPE_ARRAY ? TYPE_LIST : type->kind;
    stored->children = ARENA_ARRAY(arena, TypeNode, type->child_count);
    for (size_t i = 0; i < type->child_count; i++) {
        const TypeNode *child = type_storage(&type->children[i], arena);
        if (child == NULL)
            return NULL;
        stored->children[i] = *child;
    }
    return stored;
}

static bool is_null_type(const TypeNode *type) {
    return type->kind == TYPE_PLAIN && str_eq_c(type->name, "\"NULL\"");
}

const TypeNode *type_settled(const TypeNode *type, Arena *arena) {
    if (is_null_type(type))
        return type_parse(STR("VARCHAR"), arena);
    TypeNode *settled = ARENA_NEW(arena, TypeNode);
    *settled = *type;
    settled->children = ARENA_ARRAY(arena, TypeNode, type->child_count);
    for (size_t i = 0; i < type->child_count; i++)
        settled->children[i] = *type_settled(&type->children[i], arena);
    return settled;
}

bool type_equal(const TypeNode *a, const TypeNode *b) {
    if (a->kind != b->kind || a->child_count != b->child_count || a->precision != b->precision ||
        a->scale != b->scale || !str_eq(a->name, b->name))
        return false;
    for (size_t i = 0; i < a->child_count; i++)
        if ((a->kind == TYPE_STRUCT && !str_eq(a->child_names[i], b->child_names[i])) ||
            !type_equal(&a->children[i], &b->children[i]))
            return false;
    return true;
}

/* Place in a chain of types of which each holds the one before; 0 = in none. */
static int rank_in(const TypeNode *type, const char *const *chain, size_t count) {
    for (size_t i = 0; type->kind == TYPE_PLAIN && i < count; i++)
        if (str_eq_c(type->name, chain[i]))
            return (int)i + 1;
    return 0;
}

static const TypeNode *wider_plain(const TypeNode *a, const TypeNode *b) {
    static const char *const integers[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"};
    static const char *const floats[] = {"FLOAT", "DOUBLE"};
    int rank_a = rank_in(a, integers, ARRAY_LEN(integers));
    int rank_b = rank_in(b, integers, ARRAY_LEN(integers));
    if (rank_a == 0 || rank_b == 0) {
        rank_a = rank_in(a, floats, ARRAY_LEN(floats));
        rank_b = rank_in(b, floats, ARRAY_LEN(floats));
    }
    if (rank_a == 0 || rank_b == 0)
        return NULL;
    return rank_a >= rank_b ? a : b;
}

const TypeNode *type_wider(const TypeNode *a, const TypeNode *b, Arena *arena) {
    if (type_equal(a, b) || is_null_type(b))
        return a;
    if (is_null_type(a))
        return b;
    if (a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL && a->scale == b->scale)
        return a->precision > b->precision ? a : b;
    if (a->kind != TYPE_LIST || b->kind != TYPE_LIST)
        return wider_plain(a, b);
    const TypeNode *element = type_wider(&a->children[0], &b->children[0], arena);
    if (element == NULL)
        return NULL;
    return element == &a->children[0] ? a : b;
}
/* NOLINTEND(misc-no-recursion) */
