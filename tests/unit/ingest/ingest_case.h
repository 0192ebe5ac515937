/* ingest_case.h - an ingest over a local store in a folder of its own, and short ways to load texts
 * and to look at what became of them. */
#ifndef TESTS_UNIT_INGEST_INGEST_CASE_H
#define TESTS_UNIT_INGEST_INGEST_CASE_H

#include "unit.h"

#include "ingest/ingest.h"

typedef struct IngestCase {
    Arena *arena;
    char *folder;
    ObjectStore *primary; /* a faulty store over a local store; harmless until told otherwise */
    BucketRegistry *buckets;
    Catalog *catalog;
    ObjectCache *cache;
    Budget *budget;
    Duck *duck;
    DuckSession *session;
    Ingest *ingest;
    IngestResult result; /* of the last load */
    Err err;
} IngestCase;

int ingest_case_set_up(void **state);
int ingest_case_tear_down(void **state);

/* Writes a file and returns its path. */
Str ingest_case_file(IngestCase *c, const char *name, Str bytes);
/* Loads bytes as a file of this name; the request may hold more wishes. */
bool ingest_case_try(IngestCase *c, const char *dataset, const char *name, Str bytes,
                     const IngestFileRequest *wishes);
/* The same, must succeed, with default wishes. */
void ingest_case_load(IngestCase *c, const char *dataset, const char *name, Str bytes);
#define ingest_case_load_text(c, dataset, name, literal)                                           \
    ingest_case_load((c), (dataset), (name), STR(literal))

/* "id BIGINT, name VARCHAR" */
Str ingest_case_types(IngestCase *c, const char *dataset);
/* The rows of a query over the dataset, which is `d` in it: "1|x\n2|NULL\n". */
Str ingest_case_rows(IngestCase *c, const char *dataset, const char *sql);
/* "3: name: reason\n": the rejects of the last load. */
Str ingest_case_rejects(IngestCase *c);
/* "name: rule: 3\n" */
Str ingest_case_coercions(IngestCase *c);
/* read, written, rejected of the last load, and that they add up. */
void ingest_case_expect(IngestCase *c, uint64_t read, uint64_t written, uint64_t rejected);

#endif
