/* postgres_catalog.h - what the server knows of the table or query that is to be read.
 *
 * Errors: FAIL_NOT_FOUND (no such table), FAIL_INVALID, FAIL_DENIED, FAIL_UNPROCESSABLE with field
 * "table" or "query"; FAIL_UPSTREAM.
 * Ownership: the caller's arena.   Threads: one at a time. */
#ifndef SOURCE_POSTGRES_CATALOG_H
#define SOURCE_POSTGRES_CATALOG_H

#include "source/postgres_client.h"
#include "source/postgres_types.h"

typedef struct PgRelation {
    Str shown;            /* sales."Orders"; "" for a query */
    Str oid;              /* "16385"; "0" for a query */
    Str from;             /* the FROM item: columns are q.c1, q.c2, ... */
    bool is_foreign;      /* its server has no part in our snapshot */
    bool has_constraints; /* NOT NULL and unique hold for every row that it shows */
    PgField *fields;
    PgType *types;
    Str *casts; /* types[i].cast_name */
    bool *nullable;
    size_t column_count;
} PgRelation;

/* One of `table`, `query` is not empty. Takes the locks that keep the relation as it is. */
MUST_CHECK bool pg_relation_open(PgClient *client, Str table, Str query, Arena *arena,
                                 PgRelation *out, Err *err);
/* Gives every plan that needs_digits its final form, by one scan for all of them. */
MUST_CHECK bool pg_relation_digits(PgClient *client, const PgRelation *relation, PgPlan *plans,
                                   Arena *arena, Err *err);
/* Primary key, else the first unique index that is as good: immediate, whole, of columns that are
 * not null. Only of types and collations under which a printed key can be compared again. */
MUST_CHECK bool pg_relation_key(PgClient *client, const PgRelation *relation, const PgPlan *plans,
                                Arena *arena, const size_t **out_columns, size_t *out_count,
                                Err *err);
/* By the planner. */
MUST_CHECK bool pg_relation_estimate(PgClient *client, const PgRelation *relation,
                                     uint64_t *out_rows, Err *err);

#endif
