/* catalog_case.h - a catalog over memory stores, and short ways to write and look at datasets. */
#ifndef TESTS_UNIT_CATALOG_CATALOG_CASE_H
#define TESTS_UNIT_CATALOG_CATALOG_CASE_H

#include "unit.h"

#include "catalog/catalog.h"

typedef struct CatalogCase {
    Arena *arena;
    ObjectStore *primary; /* a faulty store over a memory store; harmless until told otherwise */
    ObjectStore *team;    /* the bucket "team", memory */
    BucketRegistry *buckets;
    Catalog *catalog;
    Err err;
} CatalogCase;

int catalog_case_set_up(void **state);
int catalog_case_tear_down(void **state);
/* A new server over the same stores. */
void catalog_case_restart(CatalogCase *c);

/* "id BIGINT, name VARCHAR" -> a planned schema on top of `current` (NULL: none). */
Schema catalog_case_plan(CatalogCase *c, const Schema *current, SchemaChange change,
                         const char *columns);
/* Stores a data file of so many rows and describes it. */
DataFile catalog_case_file(CatalogCase *c, ObjectStore *store, const char *dataset, uint64_t rows);
/* An append of one file of `rows` rows with these columns, planned on the newest snapshot; any
 * call of the store may fail. */
bool catalog_case_append(CatalogCase *c, const char *dataset, const char *columns, uint64_t rows,
                         Snapshot *out, Err *err);
void catalog_case_expect_rows(CatalogCase *c, const char *dataset, uint64_t rows, size_t files);

#endif
