/* query_resolve.h - the names of a statement become views over one snapshot each.
 *
 * For every dataset that the gate found there is one statement, CREATE TEMP VIEW name, over the
 * exact list of files of the snapshot that is newest now; for every lake_at('name', id) one over
 * that snapshot, called by resolve_pin_name; for every name of a WITH query one that fails when it
 * is read. Temporary relations come before all others in DuckDB's search, so no name is left to
 * file scans or system views. They belong to one connection: queries do not see each other's.
 *
 * Columns are the schema's, in its order, cast to its types, matched by field id: a file written
 * before a column came has NULLs there, and no file can put a value into another column.
 *
 * Errors: FAIL_NOT_FOUND (dataset, snapshot), FAIL_CORRUPT, FAIL_IO.
 * Ownership: everything, the cached files of remote buckets too, lives in the arena.
 * Threads: any. */
#ifndef QUERY_QUERY_RESOLVE_H
#define QUERY_QUERY_RESOLVE_H

#include "catalog/catalog.h"
#include "query/query_gate.h"
#include "storage/object_cache.h"

typedef struct ResolveLake {
    Catalog *catalog;
    BucketRegistry *buckets;
    ObjectCache *cache;
} ResolveLake;

MUST_CHECK bool query_resolve(const ResolveLake *lake, const GateNames *names, Arena *arena,
                              StrVec *out_statements, Err *err);

/* "lake_at$resumes$17": what the macro lake_at looks for. */
Str resolve_pin_name(Str dataset, uint64_t snapshot_id, Arena *arena);
/* CREATE MACRO lake_at: looks the view of a pin up by its name. */
extern const char resolve_lake_at_macro[];
/* The view of one snapshot over local files (one path each). */
Str resolve_view_sql(Str name, const Schema *schema, const StrVec *paths, Arena *arena);

#endif
