/* table_case.h - loads of tables that a test gives, on top of an ingest_case. */
#ifndef TESTS_UNIT_INGEST_TABLE_CASE_H
#define TESTS_UNIT_INGEST_TABLE_CASE_H

#include "ingest_case.h"

#include "source/source_memory.h"

/* One load; c->result and c->err. */
bool table_case_try(IngestCase *c, const IngestTableRequest *request, const MemoryTable *table);
/* The same, must succeed. */
void table_case_load(IngestCase *c, const IngestTableRequest *request, const MemoryTable *table);

/* id INTEGER -> BIGINT, v VARCHAR: rows 1..count, v = "<prefix><id>", NULL where id % 7 == 0. The
 * rows come in an order of their own; the key is id. Lives in the case's arena. */
MemoryTable table_case_numbers(IngestCase *c, size_t count, const char *prefix);

/* Objects under a prefix of the primary bucket. */
size_t table_case_objects(IngestCase *c, const char *prefix);
Snapshot table_case_snapshot(IngestCase *c, const char *dataset);
/* Nothing that a load stored is left but what the newest snapshots name. */
void table_case_expect_tidy(IngestCase *c, const char *dataset);
bool table_case_has_note(IngestCase *c, const char *part);

#endif
