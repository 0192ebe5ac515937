/* duck_type.h - a result column's type as a tree, with the data of the chunk at hand hung in.
 *
 * The tree is made once per result; value_node_attach points it at a chunk's vectors, so that
 * printing a value is pointer arithmetic. Nesting is capped: DuckDB has no limit of its own.
 *
 * Ownership: the tree lives in its arena; attached data as long as the chunk.
 * Threads: one at a time. */
#ifndef QUERY_DUCK_TYPE_H
#define QUERY_DUCK_TYPE_H

#include <duckdb.h>

#include "base/err.h"
#include "base/str.h"

enum { VALUE_NODE_DEPTH_MAX = 64 };

typedef struct ValueNode ValueNode;
struct ValueNode {
    duckdb_type type;
    duckdb_type storage; /* DECIMAL, ENUM: the integer type of its values */
    uint8_t scale;       /* DECIMAL */
    uint64_t array_size; /* ARRAY */
    ValueNode *children; /* LIST, ARRAY, MAP: 1; STRUCT: fields; UNION: members, tag apart */
    size_t child_count;
    Str *names;       /* STRUCT, UNION */
    Str *enum_values; /* ENUM */
    size_t enum_count;
    /* of the chunk at hand */
    const void *data;
    const uint64_t *validity; /* NULL = all valid */
    const uint8_t *tags;      /* UNION: which member */
};

/* FAIL_UNSUPPORTED when nested too deeply or of a type that we do not know. */
MUST_CHECK bool value_node_make(duckdb_logical_type type, Arena *arena, ValueNode *out, Err *err);
void value_node_attach(ValueNode *node, duckdb_vector vector);

/* "DECIMAL(18,3)", "STRUCT(a INTEGER, \"b c\" VARCHAR)[]", "ENUM('x', 'y')". */
Str duck_type_name(duckdb_logical_type type, Arena *arena);

/* The same, with types that a Parquet file would hold less exactly than we have them (HUGEINT as
 * DOUBLE, INTERVAL in milliseconds) or not at all replaced by ones that keep every value:
 * DECIMAL(38,0) or VARCHAR. */
Str duck_type_file_name(duckdb_logical_type type, Arena *arena);

static inline bool value_node_is_null(const ValueNode *node, uint64_t row) {
    return node->validity != NULL && (node->validity[row >> 6] >> (row & 63) & 1) == 0;
}

#endif
