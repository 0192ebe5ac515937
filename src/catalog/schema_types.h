/* schema_types.h - DuckDB's type texts, read into a small tree and judged.
 *
 * Ownership: trees and texts live in the caller's arena.   Threads: pure functions. */
#ifndef CATALOG_SCHEMA_TYPES_H
#define CATALOG_SCHEMA_TYPES_H

#include "base/arena.h"
#include "base/str.h"

typedef enum TypeKind {
    TYPE_PLAIN,   /* name: "BIGINT", "TIMESTAMP WITH TIME ZONE" */
    TYPE_DECIMAL, /* precision, scale */
    TYPE_LIST,    /* one child */
    TYPE_ARRAY,   /* one child; a fixed size that we do not keep */
    TYPE_STRUCT,  /* named children */
    TYPE_MAP,     /* key, value */
    TYPE_TEXT     /* ENUM(...), UNION(...): what is only stored as text */
} TypeKind;

typedef struct TypeNode TypeNode;
struct TypeNode {
    TypeKind kind;
    Str name;
    unsigned precision, scale;
    TypeNode *children;
    Str *child_names; /* as printed, quoted where DuckDB quotes them; TYPE_STRUCT only */
    size_t child_count;
};

/* NULL when the text is no type, or nested deeper than 16. */
const TypeNode *type_parse(Str text, Arena *arena);
Str type_print(const TypeNode *type, Arena *arena);

/* What it is stored as; NULL when it cannot be stored. */
const TypeNode *type_storage(const TypeNode *type, Arena *arena);
/* With text for what had no value to show its type ("NULL"). */
const TypeNode *type_settled(const TypeNode *type, Arena *arena);
/* The wider of two, when every value of one is a value of the other; NULL otherwise. */
const TypeNode *type_wider(const TypeNode *a, const TypeNode *b, Arena *arena);
bool type_equal(const TypeNode *a, const TypeNode *b);

/* How many nested fields (list elements, struct fields, map keys and values) need ids. */
size_t type_nested_count(const TypeNode *type);
/* What COPY's FIELD_IDS wants for a column whose id is `id` and whose nested fields have the ids
 * that follow it, depth first: "7", or "{__duckdb_field_id: 7, element: 8}". */
void type_print_field_ids(const TypeNode *type, uint32_t id, StrBuf *out);

#endif
