/* duck_instance.h - one in-memory DuckDB with our settings, replaced by a fresh one once spoiled.
 *
 * An internal error of DuckDB invalidates the instance it happened in: every later statement there
 * fails. So sessions hold a counted reference to the instance they were opened on; the one that
 * meets such an error marks it spoiled, and the next acquire opens another. The old one closes
 * with its last session.
 *
 * Threads: any. */
#ifndef QUERY_DUCK_INSTANCE_H
#define QUERY_DUCK_INSTANCE_H

#include "query/duck_session.h"
#include "query/duck_source.h"

#include <duckdb.h>

typedef struct DuckInstance {
    duckdb_database database;
    StreamTable *streams; /* behind lake_stream() */
    /* The rest is the pool's, under its lock. */
    uint32_t references;
    bool spoiled;
} DuckInstance;

/* The instance in use now, opened when there is none or it is spoiled. */
DuckInstance *duck_instance_acquire(Duck *duck, Err *err);
void duck_instance_release(Duck *duck, DuckInstance *instance);
void duck_instance_spoil(Duck *duck, DuckInstance *instance);

#endif
