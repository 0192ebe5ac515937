/* postgres_client.h - what the PostgreSQL source needs of a connection.
 *
 * A table of functions, so that everything but the wire (source_postgres.c, over libpq) is tested
 * against a scripted connection. One statement at a time; waiting ends when the load is cancelled.
 *
 * Errors: as row_source.h says; texts of the server come redacted and with their SQLSTATE.
 * Ownership: results in the caller's arena; a chunk of a COPY until the next call.
 * Threads: one at a time. */
#ifndef SOURCE_POSTGRES_CLIENT_H
#define SOURCE_POSTGRES_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct PgField {
    Str name;
    uint32_t type_oid; /* a domain's base type */
    int32_t typmod;
    int16_t attribute; /* number of the table's column, or 0 */
} PgField;

/* rows * columns texts, row by row; a NULL has data == NULL. */
typedef struct PgTable {
    size_t row_count, column_count;
    const Str *cells;
} PgTable;

static inline Str pg_table_cell(const PgTable *table, size_t row, size_t column) {
    return table->cells[row * table->column_count + column];
}

typedef struct PgClient PgClient;

typedef struct PgClientOps {
    /* Statements without parameters and results; several, with ';' between them. */
    bool (*run)(PgClient *client, const char *sql, Err *err);
    /* Exactly one statement; $1 ... are `params`. */
    bool (*query)(PgClient *client, const char *sql, const Str *params, size_t param_count,
                  Arena *arena, PgTable *out, Err *err);
    /* Has the server parse exactly one statement, and tells its columns. */
    bool (*describe)(PgClient *client, const char *sql, Arena *arena, PgField **out,
                     size_t *out_count, Err *err);
    bool (*copy_begin)(PgClient *client, const char *sql, Err *err);
    /* The next piece; length 0: the end, and the server reported no late error. */
    bool (*copy_read)(PgClient *client, Str *out_chunk, Err *err);
    void (*copy_stop)(PgClient *client); /* also when none is under way */
    void (*close)(PgClient *client);
} PgClientOps;

struct PgClient {
    const PgClientOps *ops;
    int server_version; /* 150020 */
    Str version_text;   /* "15.20" */
};

#endif
