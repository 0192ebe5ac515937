/* index_fixture.h - a whole small lakehouse for the tests of this module: buckets, catalog, DuckDB,
 * a fake model, and an index service over them, in a folder of its own. */
#ifndef TESTS_UNIT_INDEX_INDEX_FIXTURE_H
#define TESTS_UNIT_INDEX_INDEX_FIXTURE_H

#include "index/index_service.h"
#include "index/index_state.h"

typedef struct Fixture {
    char *folder;
    Arena *arena;
    ObjectStore *faulty; /* stands in front of primary; no faults planned at first */
    BucketRegistry *buckets;
    Catalog *catalog;
    Duck *duck;
    ObjectCache *cache;
    ModelSet *models;
    ThreadPool *pool;
    Budget *budget;
    IndexConfig config;
    IndexService *service;
} Fixture;

/* Small numbers, so that batches, merges and graphs happen with few rows. */
Fixture *fixture_create(void);
void fixture_destroy(Fixture *fixture);
/* A new service over the same stores, as after a restart; the config may have been changed. */
void fixture_restart(Fixture *fixture);
/* As a restart with the decoded copies lost. */
void fixture_forget_copies(Fixture *fixture);

typedef struct FixtureDoc {
    const char *id, *text; /* NULL = null */
} FixtureDoc;

/* Loads rows as VARCHAR columns id and text. */
void fixture_load(Fixture *fixture, const char *dataset, CommitMode mode, const FixtureDoc *docs,
                  size_t count);
/* Loads what a SELECT gives; columns as "name TYPE" pairs. */
typedef struct FixtureColumn {
    const char *name, *type;
} FixtureColumn;
void fixture_load_select(Fixture *fixture, const char *dataset, CommitMode mode, const char *select,
                         const FixtureColumn *columns, size_t count);

/* id, text, chunk 500/50, model and bucket by default. */
RefreshRequest fixture_request(const char *dataset, const char *index_name);
RefreshResult fixture_refresh(Fixture *fixture, const char *dataset, const char *index_name);
/* Texts that the embedder was given so far. */
uint64_t fixture_embedded(void);
/* The first hit of an exact search for this text, "" when there is none. */
const char *fixture_first_hit(Fixture *fixture, const char *index_name, const char *text);
size_t fixture_chunks(Fixture *fixture, const char *index_name, const char *doc_id);
/* Loads the index as a stranger and checks every invariant. */
void fixture_check(Fixture *fixture, const char *index_name);
size_t fixture_count_objects(Fixture *fixture, const char *prefix);

#endif
