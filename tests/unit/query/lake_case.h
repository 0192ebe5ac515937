/* lake_case.h - a small real lake in a temporary directory: buckets, catalog, engine, datasets. */
#ifndef TESTS_UNIT_QUERY_LAKE_CASE_H
#define TESTS_UNIT_QUERY_LAKE_CASE_H

#include "query/duck_session.h"
#include "query/query_engine.h"

typedef struct LakeCase {
    Arena *arena;
    char root[64];
    BucketRegistry *buckets;
    Catalog *catalog;
    ObjectCache *cache;
    Duck *duck; /* trusted: writes the datasets' files */
    Str bucket; /* where new datasets go */
    QueryConfig config;
    QueryHooks hooks;
    QueryEngine *engine;
    Err err;
} LakeCase;

int lake_case_set_up(void **state);
int lake_case_tear_down(void **state);
/* A new engine after a change of config or hooks. */
void lake_case_reopen(LakeCase *c);

/* Loads the rows of a SELECT as a commit; returns the snapshot. */
uint64_t lake_case_load(LakeCase *c, const char *dataset, CommitMode mode, const char *select);
/* Commits a snapshot without files, in replace mode. */
uint64_t lake_case_empty(LakeCase *c, const char *dataset);

/* Runs a statement; the whole answer is in the arena. */
bool lake_case_run(LakeCase *c, const QueryRequest *request, Str *out, QueryStats *stats, Err *err);
/* The same in JSON, without limits; fails the test when the query fails. */
json_t *lake_case_query(LakeCase *c, const char *sql);
/* Its "rows" as compact JSON: [[1,"a"]]. */
Str lake_case_rows(LakeCase *c, const char *sql);

#define assert_rows(c, sql, expected) assert_str_equal(lake_case_rows((c), (sql)), (expected))

#endif
