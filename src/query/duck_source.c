/* duck_source.c - a table function in C that yields the rows of a RowStream.
 *
 *     attach: token -> entry        bind: the columns of its schema       (may run several times)
 *     init:   entry is claimed      scan: at most one vector (2048 rows) of the batch at hand,
 *                                         pulling the next batch when that one is used up
 *
 * This is how rows of ours become Parquet without a staging table: COPY (FROM lake_stream(7)) TO
 * ... keeps one row group in memory, whatever the number of rows.
 *
 * Departs from the usual table function in that it runs on one thread (a stream has one end), and
 * in keeping the stream's error aside.
 *
 * Tested by: test_duck_session.c. */
#include "query/duck_source.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "query/duck_batch.h"

typedef struct StreamEntry StreamEntry;
struct StreamEntry {
    StreamEntry *next;
    uint64_t token;
    RowStream *stream;
    RowBatch batch; /* what is being handed on, */
    size_t used;    /* and how many of its rows have been */
    bool claimed, ended;
    Err err;
};

struct StreamTable {
    pthread_mutex_t lock; /* protects the list and `claimed`; the rest is one scan's alone */
    StreamEntry *entries;
    uint64_t next_token;
};

StreamTable *stream_table_create(void) {
    StreamTable *table = calloc(1, sizeof *table);
    assert(table != NULL);
    pthread_mutex_init(&table->lock, NULL);
    table->next_token = 1;
    return table;
}

void stream_table_destroy(StreamTable *table) {
    if (table == NULL)
        return;
    assert(table->entries == NULL);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

uint64_t stream_table_add(StreamTable *table, RowStream *stream) {
    StreamEntry *entry = calloc(1, sizeof *entry);
    assert(entry != NULL);
    entry->stream = stream;
    pthread_mutex_lock(&table->lock);
    entry->token = table->next_token++;
    entry->next = table->entries;
    table->entries = entry;
    pthread_mutex_unlock(&table->lock);
    return entry->token;
}

void stream_table_remove(StreamTable *table, uint64_t token) {
    pthread_mutex_lock(&table->lock);
    StreamEntry **link = &table->entries;
    while (*link != NULL && (*link)->token != token)
        link = &(*link)->next;
    StreamEntry *entry = *link;
    assert(entry != NULL);
    *link = entry->next;
    pthread_mutex_unlock(&table->lock);
    free(entry);
}

static StreamEntry *find_entry(StreamTable *table, uint64_t token) {
    pthread_mutex_lock(&table->lock);
    StreamEntry *entry = table->entries;
    while (entry != NULL && entry->token != token)
        entry = entry->next;
    pthread_mutex_unlock(&table->lock);
    return entry;
}

bool stream_table_check(StreamTable *table, uint64_t token, Err *err) {
    const StreamEntry *entry = find_entry(table, token);
    assert(entry != NULL);
    if (entry->err.kind == FAIL_NONE)
        return true;
    *err = entry->err;
    return false;
}

/* The entry named by the statement's argument. The session that runs the statement also holds the
 * entry, so it stays while the statement runs. */
static StreamEntry *bound_entry(duckdb_bind_info info) {
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    bool given = value != NULL && !duckdb_is_null_value(value);
    uint64_t token = given ? (uint64_t)duckdb_get_int64(value) : 0;
    duckdb_destroy_value(&value);
    return find_entry(duckdb_bind_get_extra_info(info), token);
}

static void stream_bind(duckdb_bind_info info) {
    StreamEntry *entry = bound_entry(info);
    if (entry == NULL) {
        duckdb_bind_set_error(info, "no such stream");
        return;
    }
    Arena *arena = arena_create();
    const RowBatch *schema = &entry->stream->schema;
    for (size_t i = 0; i < schema->column_count; i++) {
        duckdb_logical_type type = batch_column_type(&schema->columns[i]);
        if (type == NULL) {
            duckdb_bind_set_error(info, "a stream's column has an impossible type");
            break;
        }
        duckdb_bind_add_result_column(info, str_to_c(arena, schema->columns[i].name), type);
        duckdb_destroy_logical_type(&type);
    }
    arena_destroy(arena);
    duckdb_bind_set_bind_data(info, entry, NULL);
}

static void stream_init(duckdb_init_info info) {
    StreamTable *table = duckdb_init_get_extra_info(info);
    StreamEntry *entry = duckdb_init_get_bind_data(info);
    pthread_mutex_lock(&table->lock);
    bool claimed = entry->claimed;
    entry->claimed = true;
    pthread_mutex_unlock(&table->lock);
    if (claimed)
        duckdb_init_set_error(info, "a stream can be read only once");
}

/* Makes sure that the entry's batch has a row left, or that the stream has ended. */
static bool pull_batch(StreamEntry *entry) {
    while (!entry->ended && entry->used == entry->batch.row_count) {
        entry->batch = (RowBatch){0};
        entry->used = 0;
        if (!entry->stream->next(entry->stream, &entry->batch, &entry->err))
            return false;
        entry->ended = entry->batch.row_count == 0;
        if (!entry->ended && entry->batch.column_count != entry->stream->schema.column_count)
            return err_fail(&entry->err, FAIL_INTERNAL, "a stream yields %zu columns, said %zu",
                            entry->batch.column_count, entry->stream->schema.column_count);
    }
    return true;
}

static bool scan_rows(StreamEntry *entry, duckdb_data_chunk chunk) {
    if (entry->err.kind != FAIL_NONE)
        return false;
    if (!pull_batch(entry))
        return false;
    size_t left = entry->ended ? 0 : entry->batch.row_count - entry->used;
    size_t count = left < duckdb_vector_size() ? left : (size_t)duckdb_vector_size();
    if (!batch_write(&entry->batch, entry->used, count, chunk, &entry->err))
        return false;
    entry->used += count;
    return true;
}

static void stream_scan(duckdb_function_info info, duckdb_data_chunk chunk) {
    StreamEntry *entry = duckdb_function_get_bind_data(info);
    if (!scan_rows(entry, chunk))
        duckdb_function_set_error(info, entry->err.message);
}

bool stream_table_register(StreamTable *table, duckdb_connection connection, Err *err) {
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_logical_type token_type = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_table_function_set_name(function, "lake_stream");
    duckdb_table_function_add_parameter(function, token_type);
    duckdb_table_function_set_extra_info(function, table, NULL);
    duckdb_table_function_set_bind(function, stream_bind);
    duckdb_table_function_set_init(function, stream_init);
    duckdb_table_function_set_function(function, stream_scan);
    bool ok = duckdb_register_table_function(connection, function) == DuckDBSuccess;
    duckdb_destroy_logical_type(&token_type);
    duckdb_destroy_table_function(&function);
    return ok || err_fail(err, FAIL_INTERNAL, "cannot register lake_stream");
}
