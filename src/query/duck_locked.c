/* duck_locked.c - open, lock, count and replace the instance that users' SQL runs on.
 *
 * The order of the settings matters: DuckDB refuses allowed_directories once external access is
 * off, and everything once the configuration is locked. Each setting was tried one by one against
 * the attacks of docs/adr/0006-sql-sandbox.md; test_duck_locked.c tries them again.
 *
 * The allow-list of directories is lexical and for reading and writing: nothing but the gate keeps
 * a statement from writing there, and no symbolic link in there may point outside.
 *
 * An instance is opened outside the lock, by the first query that needs it; others that come
 * meanwhile wait for it instead of opening their own.
 *
 * Tested by: test_duck_locked.c. */
#include "query/duck_locked.h"

#include <duckdb.h>

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "query/duck_error.h"
#include "query/sql_text.h"

struct LockedInstance {
    duckdb_database database;
    uint32_t references; /* the list of the rest: under DuckLocked.lock */
};

struct DuckLocked {
    LockedConfig config;
    Arena *arena;
    pthread_mutex_t lock; /* protects `current`, `opening`, `generation`, references */
    pthread_cond_t opened;
    LockedInstance *current; /* counted as one reference; NULL: open one */
    bool opening;
    uint64_t generation; /* raised by every retirement */
};

/* ---- one instance ---- */

static bool run(duckdb_connection connection, Str sql, Err *err) {
    duckdb_result result;
    bool ok = duckdb_query(connection, sql.data, &result) == DuckDBSuccess;
    if (!ok) {
        duck_error_result(err, &result, STR_EMPTY);
        err_wrap(err, "set up the query sandbox");
    }
    duckdb_destroy_result(&result);
    return ok;
}

static Str list_literal(const StrVec *items, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_char(&out, '[');
    for (size_t i = 0; i < items->count; i++) {
        strbuf_append_c(&out, i > 0 ? ", " : "");
        sql_append_literal(&out, items->items[i]);
    }
    strbuf_append_char(&out, ']');
    return strbuf_str(&out);
}

static uint32_t thread_count(const LockedConfig *config) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return config->threads != 0 ? config->threads : cores > 0 ? (uint32_t)cores : 1;
}

static Str settings_sql(const LockedConfig *config, const StrVec *roots, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SET autoinstall_known_extensions=false;"
                          "SET autoload_known_extensions=false;"
                          "SET allow_community_extensions=false;"
                          "SET allow_persistent_secrets=false;"
                          "SET GLOBAL TimeZone='UTC';");
    strbuf_append_format(&sql, "SET memory_limit='%" PRIu64 "B';SET threads=%" PRIu32 ";",
                         config->memory_bytes, thread_count(config));
    strbuf_append_c(&sql, "SET temp_directory=");
    sql_append_literal(&sql, config->temp_directory);
    strbuf_append_c(&sql, ";SET allowed_directories=");
    strbuf_append(&sql, list_literal(roots, arena));
    strbuf_append_char(&sql, ';');
    return str_dup(arena, strbuf_str(&sql));
}

static const Str lock_sql = {"SET enable_external_access=false;SET lock_configuration=true;", 61};

static bool set_up(const LockedConfig *config, duckdb_connection connection, Err *err) {
    Arena *arena = arena_create();
    StrVec roots = {0};
    bool ok = config->roots(config->context, arena, &roots, err) &&
              run(connection, settings_sql(config, &roots, arena), err) &&
              config->install(config->context, connection, err) && run(connection, lock_sql, err);
    arena_destroy(arena);
    return ok;
}

static void instance_close(LockedInstance *instance) {
    duckdb_close(&instance->database);
    free(instance);
}

static LockedInstance *instance_open(const LockedConfig *config, Err *err) {
    LockedInstance *instance = calloc(1, sizeof *instance);
    assert(instance != NULL);
    instance->references = 1;
    if (duckdb_open(NULL, &instance->database) != DuckDBSuccess) {
        free(instance);
        err_fail(err, FAIL_INTERNAL, "the query engine does not start");
        return NULL;
    }
    duckdb_connection connection = NULL;
    bool ok = duckdb_connect(instance->database, &connection) == DuckDBSuccess;
    if (!ok)
        err_fail(err, FAIL_INTERNAL, "cannot connect to the query engine");
    ok = ok && set_up(config, connection, err);
    duckdb_disconnect(&connection);
    if (ok)
        return instance;
    instance_close(instance);
    return NULL;
}

struct _duckdb_database *locked_instance_database(const LockedInstance *instance) {
    return instance->database;
}

/* ---- who uses which ---- */

/* Returns the instance when nobody uses it any more: close it outside the lock. */
static LockedInstance *drop_locked(LockedInstance *instance) {
    assert(instance->references > 0);
    return --instance->references == 0 ? instance : NULL;
}

/* Opens an instance while the lock is not held. One that was retired while it was being opened
 * (the roots changed again) still serves its opener, but is not kept. */
static LockedInstance *open_next_locked(DuckLocked *locked, Err *err) {
    uint64_t generation = locked->generation;
    locked->opening = true;
    pthread_mutex_unlock(&locked->lock);
    LockedInstance *fresh = instance_open(&locked->config, err);
    pthread_mutex_lock(&locked->lock);
    locked->opening = false;
    if (fresh != NULL && locked->generation == generation) {
        locked->current = fresh;
        fresh->references++;
    }
    pthread_cond_broadcast(&locked->opened);
    return fresh;
}

LockedInstance *duck_locked_acquire(DuckLocked *locked, Err *err) {
    pthread_mutex_lock(&locked->lock);
    while (locked->opening)
        pthread_cond_wait(&locked->opened, &locked->lock);
    LockedInstance *instance = locked->current;
    if (instance != NULL)
        instance->references++;
    else
        instance = open_next_locked(locked, err);
    pthread_mutex_unlock(&locked->lock);
    return instance;
}

void duck_locked_release(DuckLocked *locked, LockedInstance *instance) {
    pthread_mutex_lock(&locked->lock);
    LockedInstance *unused = drop_locked(instance);
    pthread_mutex_unlock(&locked->lock);
    if (unused != NULL)
        instance_close(unused);
}

void duck_locked_retire(DuckLocked *locked, LockedInstance *instance) {
    LockedInstance *unused = NULL;
    pthread_mutex_lock(&locked->lock);
    if (instance == NULL)
        locked->generation++;
    if (locked->current != NULL && (instance == NULL || instance == locked->current)) {
        unused = drop_locked(locked->current);
        locked->current = NULL;
    }
    pthread_mutex_unlock(&locked->lock);
    if (unused != NULL)
        instance_close(unused);
}

DuckLocked *duck_locked_create(const LockedConfig *config, Err *err) {
    LockedInstance *first = instance_open(config, err);
    if (first == NULL)
        return NULL;
    Arena *arena = arena_create();
    DuckLocked *locked = ARENA_NEW(arena, DuckLocked);
    locked->arena = arena;
    locked->config = *config;
    locked->config.temp_directory = str_dup(arena, config->temp_directory);
    locked->current = first;
    pthread_mutex_init(&locked->lock, NULL);
    pthread_cond_init(&locked->opened, NULL);
    return locked;
}

void duck_locked_destroy(DuckLocked *locked) {
    if (locked == NULL)
        return;
    duck_locked_retire(locked, NULL);
    pthread_cond_destroy(&locked->opened);
    pthread_mutex_destroy(&locked->lock);
    arena_destroy(locked->arena);
}
