/* duck_locked.h - the DuckDB that users' SQL runs on: no files but the data, no network, no
 * settings.
 *
 * An instance is opened with full rights, set up (directories, limits, our functions) and then
 * locked for good; what may change (the directories) or breaks (an internal error of DuckDB spoils
 * the instance) is met by opening another one. Queries hold a counted reference: those that run
 * finish on the old instance, new ones get the new. For that time there are two instances, each
 * with the whole memory limit.
 *
 * The lock alone is not enough, see query_gate.h.
 *
 * Threads: any. */
#ifndef QUERY_DUCK_LOCKED_H
#define QUERY_DUCK_LOCKED_H

#include "base/err.h"
#include "base/vec.h"

/* DuckDB's own handles, named here so that this header needs not include its. */
struct _duckdb_connection;
struct _duckdb_database;

typedef struct DuckLocked DuckLocked;

/* Reached by the functions that users call; both live longer than every instance. */
typedef struct LockedConfig {
    uint64_t memory_bytes;
    uint32_t threads;   /* 0 = one per core */
    Str temp_directory; /* absolute */
    void *context;
    /* Directories that may be read, absolute; asked whenever an instance is opened. */
    bool (*roots)(void *context, Arena *arena, StrVec *out_roots, Err *err);
    /* Adds our functions to a fresh instance. */
    bool (*install)(void *context, struct _duckdb_connection *connection, Err *err);
} LockedConfig;

typedef struct LockedInstance LockedInstance;

DuckLocked *duck_locked_create(const LockedConfig *config, Err *err);
void duck_locked_destroy(DuckLocked *locked); /* after the last release */

LockedInstance *duck_locked_acquire(DuckLocked *locked, Err *err);
void duck_locked_release(DuckLocked *locked, LockedInstance *instance);
struct _duckdb_database *locked_instance_database(const LockedInstance *instance);
/* The next acquire opens another instance. NULL: whatever is current is out of date. */
void duck_locked_retire(DuckLocked *locked, LockedInstance *instance);

#endif
