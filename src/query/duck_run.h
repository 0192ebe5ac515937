/* duck_run.h - inside of the trusted side: what a session is made of, and the one way to run. */
#ifndef QUERY_DUCK_RUN_H
#define QUERY_DUCK_RUN_H

#include "base/vec.h"
#include "query/duck_instance.h"
#include "query/duck_watch.h"

struct DuckSession {
    Duck *duck;
    DuckInstance *instance; /* one reference */
    duckdb_connection connection;
    uint64_t stream_token; /* 0 = no stream attached */
    bool reports;          /* the settings for progress are on */
};

typedef enum DuckRunMode {
    DUCK_RUN_WHOLE,
    DUCK_RUN_REPORTING, /* whole, and progress->done follows it */
    DUCK_RUN_STREAMING
} DuckRunMode;

/* Prepares and executes one statement; on success *out is the caller's to destroy. */
MUST_CHECK bool duck_run(DuckSession *session, Str sql, DuckRunMode mode, Progress *progress,
                         duckdb_result *out, Err *err);

/* The better of two tellings of one failure: the stream's, else DuckDB's. Spoils the instance when
 * it must. Returns false. */
bool session_fail(DuckSession *session, duckdb_error_type type, const char *text, Err *err);

#endif
