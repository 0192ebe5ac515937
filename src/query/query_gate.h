/* query_gate.h - may this statement run? A walk over its parse tree, before anything is bound.
 *
 * The tree is the JSON that DuckDB's json_serialize_sql gives; DuckDB itself is not touched here.
 * Everything is refused that is not known to be harmless: node and expression types, functions and
 * table names all come from allow-lists, so what a new version of DuckDB adds is refused until
 * somebody has looked at it.
 *
 * What passes names tables in three ways, and the engine must bind each of them to a relation of
 * its own, so that no name is ever left to DuckDB's own search (files, system views):
 *   - datasets: names in FROM outside the reach of any WITH query of that name;
 *   - with_names: names in FROM that mean a WITH query;
 *   - pins: lake_at('dataset', snapshot_id).
 *
 * Errors: FAIL_INVALID (does not parse, not one SELECT, unsupported), FAIL_DENIED (files, settings,
 * engine), FAIL_UNPROCESSABLE (no such function); the place of the node is in the detail.
 *
 * Ownership: results live in the caller's arena.   Threads: pure function. */
#ifndef QUERY_QUERY_GATE_H
#define QUERY_QUERY_GATE_H

#include "base/json.h"
#include "base/vec.h"

typedef struct GatePin {
    Str dataset; /* lower case */
    uint64_t snapshot_id;
} GatePin;

typedef struct GateNames {
    StrVec datasets;   /* lower case, each once */
    StrVec with_names; /* lower case, each once */
    VEC(GatePin) pins; /* each once */
    bool show_tables;  /* the whole statement is SHOW TABLES */
} GateNames;

/* `sql` is the statement, for places in errors; `tree` what json_serialize_sql answered. */
MUST_CHECK bool query_gate_check(Str sql, Str tree, Arena *arena, GateNames *out, Err *err);

#endif
