/* toml_parse.c - keys, tables and arrays of TOML 1.0, and its rules against saying things twice.
 *
 * A table remembers who made it, because that decides what may still be added:
 *
 *     IMPLICIT  a parent in [a.b.c]             may become HEADER once, or be entered by dotted
 * keys HEADER    [a] or one [[a]]                no second header, no dotted keys from elsewhere
 *     DOTTED    a part of a.b = 1               dotted keys of the same section only; no header,
 *                                               though headers below it are fine
 *     INLINE    { ... }                         nothing, once it is closed
 *
 * A "section" is what stands under one header, or inside one pair of braces.
 *
 * Nesting is capped at DEPTH_MAX, so that whoever walks the tree may recurse.
 *
 * Tested by: tests/unit/base/test_toml.c and the public toml-test cases (tests/toml). */
#include "base/toml.h"

#include "base/map.h"
#include "base/toml_scalar.h"
#include "base/toml_scan.h"
#include "base/vec.h"

/* The story above says what bounds the recursion. */
/* NOLINTBEGIN(misc-no-recursion) */

enum { DEPTH_MAX = 100 };

typedef enum Origin { ORIGIN_IMPLICIT, ORIGIN_HEADER, ORIGIN_DOTTED, ORIGIN_INLINE } Origin;

/* A table or an array while the tree is made; the TomlValue stays first. */
typedef struct Node {
    TomlValue value;
    uint32_t depth;
    size_t capacity;
    /* of a table */
    Origin origin;
    uint32_t section; /* ORIGIN_DOTTED */
    Map by_key;       /* to TomlValue */
    /* of an array */
    bool of_tables; /* [[a]], open to more of the same */
} Node;

typedef struct Parser {
    TomlScan scan;
    Arena *arena;
    Node *root;
    Node *table; /* where the keys of this section go */
    uint32_t section;
    uint32_t sections_made;
} Parser;

typedef struct KeyPart {
    Str text;
    TomlPlace place;
} KeyPart;
typedef VEC(KeyPart) Key;

static bool fail_key(const KeyPart *part, Err *err, const char *what, const TomlValue *first) {
    return toml_fail_at(part->place, err, "'%.*s' %s (line %u)", STR_ARG(utf8_clip(part->text, 80)),
                        what, first->line);
}

/* --- the tree ------------------------------------------------------------------------------- */

static Node *node_new(Parser *parser, TomlKind kind, TomlPlace place, uint32_t depth, Err *err) {
    if (depth > DEPTH_MAX) {
        toml_fail_at(place, err, "nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    Node *node = ARENA_NEW(parser->arena, Node);
    node->value.kind = kind;
    node->value.line = place.line;
    node->value.column = place.column;
    node->depth = depth;
    node->by_key = map_make(parser->arena);
    return node;
}

static void table_add(Parser *parser, Node *table, Str key, TomlValue *value) {
    TomlValue *self = &table->value;
    self->entries = vec_make_room(parser->arena, self->entries, self->count, &table->capacity,
                                  sizeof *self->entries);
    self->entries[self->count++] = (TomlEntry){key, value};
    map_put(&table->by_key, key, value);
}

static void array_add(Parser *parser, Node *array, TomlValue *value) {
    TomlValue *self = &array->value;
    self->items = vec_make_room(parser->arena, self->items, self->count, &array->capacity,
                                sizeof *self->items);
    self->items[self->count++] = value;
}

static Node *new_table_in(Parser *parser, Node *parent, const KeyPart *part, Origin origin,
                          Err *err) {
    Node *table = node_new(parser, TOML_TABLE, part->place, parent->depth + 1, err);
    if (table == NULL)
        return NULL;
    table->origin = origin;
    table->section = parser->section;
    table_add(parser, parent, part->text, &table->value);
    return table;
}

/* --- keys ----------------------------------------------------------------------------------- */

static bool parse_key_part(Parser *parser, KeyPart *out, Err *err) {
    TomlScan *scan = &parser->scan;
    out->place = toml_place(scan);
    if (toml_at_quote(scan))
        return toml_scan_string(scan, false, &out->text, err);
    out->text = toml_scan_bare_key(scan);
    return out->text.length > 0 || toml_fail_unexpected(scan, "a key", err);
}

/* One or more parts with dots between them; the cursor ends behind the blanks that follow. */
static bool parse_key(Parser *parser, Key *out, Err *err) {
    do {
        toml_skip_blanks(&parser->scan);
        KeyPart part;
        if (!parse_key_part(parser, &part, err))
            return false;
        if (out->count == DEPTH_MAX)
            return toml_fail_at(part.place, err, "a key of more than %d parts", DEPTH_MAX);
        *vec_push(out, parser->arena) = part;
        toml_skip_blanks(&parser->scan);
    } while (toml_take(&parser->scan, '.'));
    return true;
}

/* The table in which the last part of a dotted key is to be set. */
static Node *enter_dotted(Parser *parser, Node *table, const Key *key, Err *err) {
    for (size_t i = 0; i + 1 < key->count; i++) {
        const KeyPart *part = &key->items[i];
        TomlValue *found = map_get(&table->by_key, part->text);
        if (found == NULL) {
            table = new_table_in(parser, table, part, ORIGIN_DOTTED, err);
            if (table == NULL)
                return NULL;
            continue;
        }
        Node *next = (Node *)(void *)found;
        bool open = found->kind == TOML_TABLE &&
                    (next->origin == ORIGIN_IMPLICIT ||
                     (next->origin == ORIGIN_DOTTED && next->section == parser->section));
        if (!open) {
            fail_key(part, err, "is defined already and cannot be added to here", found);
            return NULL;
        }
        next->origin = ORIGIN_DOTTED;
        next->section = parser->section;
        table = next;
    }
    return table;
}

/* --- values --------------------------------------------------------------------------------- */

static TomlValue *parse_value(Parser *parser, uint32_t depth, Err *err);

static TomlValue *parse_array(Parser *parser, uint32_t depth, Err *err) {
    TomlScan *scan = &parser->scan;
    Node *array = node_new(parser, TOML_ARRAY, toml_place(scan), depth, err);
    if (array == NULL)
        return NULL;
    toml_take(scan, '[');
    for (;;) {
        if (!toml_skip_void(scan, err))
            return NULL;
        if (toml_take(scan, ']'))
            return &array->value;
        TomlValue *item = parse_value(parser, depth + 1, err);
        if (item == NULL)
            return NULL;
        array_add(parser, array, item);
        if (!toml_skip_void(scan, err))
            return NULL;
        if (!toml_take(scan, ',') && toml_peek(scan) != ']') {
            toml_fail_unexpected(scan, "',' or ']'", err);
            return NULL;
        }
    }
}

static bool parse_key_value(Parser *parser, Node *table, Err *err) {
    Key key = {0};
    if (!parse_key(parser, &key, err))
        return false;
    if (!toml_take(&parser->scan, '='))
        return toml_fail_unexpected(&parser->scan, "'='", err);
    toml_skip_blanks(&parser->scan);
    Node *home = enter_dotted(parser, table, &key, err);
    if (home == NULL)
        return false;
    const KeyPart *last = &key.items[key.count - 1];
    const TomlValue *before = map_get(&home->by_key, last->text);
    if (before != NULL)
        return fail_key(last, err, "is defined already", before);
    TomlValue *value = parse_value(parser, home->depth + 1, err);
    if (value == NULL)
        return false;
    table_add(parser, home, last->text, value);
    return true;
}

static bool parse_inline_entries(Parser *parser, Node *table, Err *err) {
    TomlScan *scan = &parser->scan;
    toml_skip_blanks(scan);
    if (toml_take(scan, '}'))
        return true;
    do {
        if (!parse_key_value(parser, table, err))
            return false;
        toml_skip_blanks(scan);
    } while (toml_take(scan, ','));
    return toml_take(scan, '}') || toml_fail_unexpected(scan, "',' or '}'", err);
}

static TomlValue *parse_inline_table(Parser *parser, uint32_t depth, Err *err) {
    Node *table = node_new(parser, TOML_TABLE, toml_place(&parser->scan), depth, err);
    if (table == NULL)
        return NULL;
    table->origin = ORIGIN_INLINE;
    toml_take(&parser->scan, '{');
    uint32_t outer_section = parser->section;
    parser->section = ++parser->sections_made;
    bool ok = parse_inline_entries(parser, table, err);
    parser->section = outer_section;
    return ok ? &table->value : NULL;
}

static TomlValue *parse_scalar(Parser *parser, Err *err) {
    TomlScan *scan = &parser->scan;
    TomlPlace place = toml_place(scan);
    TomlValue *value = ARENA_NEW(parser->arena, TomlValue);
    value->line = place.line;
    value->column = place.column;
    if (toml_at_quote(scan)) {
        value->kind = TOML_STRING;
        return toml_scan_string(scan, true, &value->text, err) ? value : NULL;
    }
    Str token = toml_scan_token(scan);
    if (token.length == 0) {
        toml_fail_unexpected(scan, "a value", err);
        return NULL;
    }
    const char *reason = NULL;
    if (!toml_scalar_parse(token, parser->arena, value, &reason)) {
        toml_fail_at(place, err, "%s: %.*s", reason, STR_ARG(utf8_clip(token, 80)));
        return NULL;
    }
    return value;
}

static TomlValue *parse_value(Parser *parser, uint32_t depth, Err *err) {
    switch (toml_peek(&parser->scan)) {
    case '[':
        return parse_array(parser, depth, err);
    case '{':
        return parse_inline_table(parser, depth, err);
    default:
        return parse_scalar(parser, err);
    }
}

/* --- headers -------------------------------------------------------------------------------- */

/* From the root through all parts but the last, making what is missing. */
static Node *enter_header_parents(Parser *parser, const Key *key, Err *err) {
    Node *table = parser->root;
    for (size_t i = 0; i + 1 < key->count; i++) {
        const KeyPart *part = &key->items[i];
        TomlValue *found = map_get(&table->by_key, part->text);
        if (found == NULL) {
            table = new_table_in(parser, table, part, ORIGIN_IMPLICIT, err);
            if (table == NULL)
                return NULL;
            continue;
        }
        Node *next = (Node *)(void *)found;
        if (found->kind == TOML_ARRAY && next->of_tables)
            next = (Node *)(void *)found->items[found->count - 1];
        else if (found->kind != TOML_TABLE || next->origin == ORIGIN_INLINE) {
            fail_key(part, err, "is defined already and is no table that can be added to", found);
            return NULL;
        }
        table = next;
    }
    return table;
}

static bool open_table(Parser *parser, Node *parent, const KeyPart *name, Err *err) {
    TomlValue *found = map_get(&parent->by_key, name->text);
    if (found == NULL) {
        parser->table = new_table_in(parser, parent, name, ORIGIN_HEADER, err);
        return parser->table != NULL;
    }
    Node *table = (Node *)(void *)found;
    if (found->kind != TOML_TABLE || table->origin != ORIGIN_IMPLICIT)
        return fail_key(name, err, "is defined already", found);
    table->origin = ORIGIN_HEADER;
    found->line = name->place.line;
    found->column = name->place.column;
    parser->table = table;
    return true;
}

static bool open_array_item(Parser *parser, Node *parent, const KeyPart *name, Err *err) {
    TomlValue *found = map_get(&parent->by_key, name->text);
    Node *array = (Node *)(void *)found;
    if (found != NULL && (found->kind != TOML_ARRAY || !array->of_tables))
        return fail_key(name, err, "is defined already and is not an array of tables", found);
    if (found == NULL) {
        array = node_new(parser, TOML_ARRAY, name->place, parent->depth + 1, err);
        if (array == NULL)
            return false;
        array->of_tables = true;
        table_add(parser, parent, name->text, &array->value);
    }
    Node *item = node_new(parser, TOML_TABLE, name->place, array->depth + 1, err);
    if (item == NULL)
        return false;
    item->origin = ORIGIN_HEADER;
    array_add(parser, array, &item->value);
    parser->table = item;
    return true;
}

static bool parse_header(Parser *parser, Err *err) {
    TomlScan *scan = &parser->scan;
    toml_take(scan, '[');
    bool of_array = toml_take(scan, '[');
    Key key = {0};
    if (!parse_key(parser, &key, err))
        return false;
    if (!toml_take(scan, ']') || (of_array && !toml_take(scan, ']')))
        return toml_fail_unexpected(scan, of_array ? "']]'" : "']'", err);
    parser->section = ++parser->sections_made;
    Node *parent = enter_header_parents(parser, &key, err);
    if (parent == NULL)
        return false;
    const KeyPart *last = &key.items[key.count - 1];
    return of_array ? open_array_item(parser, parent, last, err)
                    : open_table(parser, parent, last, err);
}

TomlValue *toml_parse(Str text, Arena *arena, Err *err) {
    Parser parser = {.arena = arena};
    if (!toml_scan_open(text, arena, &parser.scan, err))
        return NULL;
    parser.root = parser.table = node_new(&parser, TOML_TABLE, (TomlPlace){1, 1}, 0, err);
    for (;;) {
        if (!toml_skip_void(&parser.scan, err))
            return NULL;
        if (toml_at_end(&parser.scan))
            return &parser.root->value;
        bool ok = toml_peek(&parser.scan) == '[' ? parse_header(&parser, err)
                                                 : parse_key_value(&parser, parser.table, err);
        if (!ok || !toml_end_line(&parser.scan, err))
            return NULL;
    }
}

/* --- looking things up ---------------------------------------------------------------------- */

static const TomlValue *get(const TomlValue *table, Str key) {
    if (table == NULL || table->kind != TOML_TABLE)
        return NULL;
    for (size_t i = 0; i < table->count; i++)
        if (str_eq(table->entries[i].key, key))
            return table->entries[i].value;
    return NULL;
}

const TomlValue *toml_get(const TomlValue *table, const char *key) {
    return get(table, str_c(key));
}

const TomlValue *toml_path(const TomlValue *table, const char *dotted) {
    Str rest = str_c(dotted);
    while (rest.length > 0 && table != NULL) {
        Str part;
        rest = str_cut(rest, '.', &part);
        table = get(table, part);
    }
    return table;
}

/* NOLINTEND(misc-no-recursion) */
