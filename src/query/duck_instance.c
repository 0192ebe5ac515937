/* duck_instance.c - open the trusted DuckDB and set it up; count who uses it.
 *
 * Settings, each for a reason: memory_limit and temp_directory so that large loads spill instead of
 * growing; extensions are never fetched (without this a name like fts makes a statement wait for
 * the network); the time zone is UTC so that what we write never depends on where we run;
 * preserve_insertion_order stays on, since row numbers of a load are told to users.
 *
 * The memory limit is DuckDB's own and not a hard one: single huge values escape it.
 *
 * Tested by: test_duck_session.c. */
#include "query/duck_instance.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct Duck {
    pthread_mutex_t lock; /* protects `current` and the counts of every instance */
    Arena *arena;
    DuckConfig config;
    DuckInstance *current; /* counted as one reference */
};

static bool set_option(duckdb_config options, const char *name, const char *value, Err *err) {
    if (duckdb_set_config(options, name, value) == DuckDBSuccess)
        return true;
    return err_fail(err, FAIL_INTERNAL, "the query engine knows no option %s", name);
}

static bool set_options(duckdb_config options, const DuckConfig *config, Err *err) {
    char memory[40], threads[24];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t count = config->threads != 0 ? config->threads : cores > 0 ? (uint32_t)cores : 1;
    snprintf(memory, sizeof memory, "%" PRIu64 "B", config->memory_bytes);
    snprintf(threads, sizeof threads, "%" PRIu32, count);
    return set_option(options, "memory_limit", memory, err) &&
           set_option(options, "threads", threads, err) &&
           set_option(options, "temp_directory", config->temp_directory.data, err) &&
           set_option(options, "autoinstall_known_extensions", "false", err) &&
           set_option(options, "autoload_known_extensions", "false", err);
}

static bool open_database(const DuckConfig *config, duckdb_database *out, Err *err) {
    duckdb_config options = NULL;
    if (duckdb_create_config(&options) != DuckDBSuccess)
        return err_fail(err, FAIL_NO_MEMORY, "no memory for the query engine's options");
    bool ok = set_options(options, config, err);
    char *text = NULL;
    if (ok && duckdb_open_ext(NULL, out, options, &text) != DuckDBSuccess) {
        ok = err_fail(err, FAIL_INTERNAL, "the query engine does not start");
        err_detail(err, "%s", text != NULL ? text : "no reason given");
    }
    duckdb_free(text);
    duckdb_destroy_config(&options);
    return ok;
}

/* What only SQL can set, and our own functions. */
static bool prepare_database(DuckInstance *instance, Err *err) {
    duckdb_connection connection = NULL;
    if (duckdb_connect(instance->database, &connection) != DuckDBSuccess)
        return err_fail(err, FAIL_INTERNAL, "cannot connect to the query engine");
    bool ok = duckdb_query(connection, "SET GLOBAL TimeZone = 'UTC'", NULL) == DuckDBSuccess;
    if (!ok)
        err_fail(err, FAIL_INTERNAL, "cannot set the query engine's time zone");
    ok = ok && stream_table_register(instance->streams, connection, err);
    duckdb_disconnect(&connection);
    return ok;
}

static void instance_destroy(DuckInstance *instance) {
    if (instance->database != NULL)
        duckdb_close(&instance->database);
    stream_table_destroy(instance->streams);
    free(instance);
}

static DuckInstance *instance_create(const DuckConfig *config, Err *err) {
    DuckInstance *instance = calloc(1, sizeof *instance);
    assert(instance != NULL);
    instance->streams = stream_table_create();
    instance->references = 1;
    if (open_database(config, &instance->database, err) && prepare_database(instance, err))
        return instance;
    instance_destroy(instance);
    return NULL;
}

Duck *duck_open(const DuckConfig *config, Err *err) {
    DuckInstance *first = instance_create(config, err);
    if (first == NULL)
        return NULL;
    Arena *arena = arena_create();
    Duck *duck = ARENA_NEW(arena, Duck);
    duck->arena = arena;
    duck->config = *config;
    duck->config.temp_directory = str_dup(arena, config->temp_directory);
    duck->current = first;
    pthread_mutex_init(&duck->lock, NULL);
    return duck;
}

static void release_locked(DuckInstance *instance) {
    assert(instance->references > 0);
    if (--instance->references == 0)
        instance_destroy(instance);
}

void duck_close(Duck *duck) {
    if (duck == NULL)
        return;
    if (duck->current != NULL) {
        assert(duck->current->references == 1); /* every session was closed */
        release_locked(duck->current);
    }
    pthread_mutex_destroy(&duck->lock);
    arena_destroy(duck->arena);
}

DuckInstance *duck_instance_acquire(Duck *duck, Err *err) {
    pthread_mutex_lock(&duck->lock);
    if (duck->current == NULL)
        duck->current = instance_create(&duck->config, err);
    DuckInstance *instance = duck->current;
    if (instance != NULL)
        instance->references++;
    pthread_mutex_unlock(&duck->lock);
    return instance;
}

void duck_instance_release(Duck *duck, DuckInstance *instance) {
    pthread_mutex_lock(&duck->lock);
    release_locked(instance);
    pthread_mutex_unlock(&duck->lock);
}

void duck_instance_spoil(Duck *duck, DuckInstance *instance) {
    pthread_mutex_lock(&duck->lock);
    if (!instance->spoiled && duck->current == instance) {
        instance->spoiled = true;
        duck->current = NULL;
        release_locked(instance);
    }
    pthread_mutex_unlock(&duck->lock);
}
