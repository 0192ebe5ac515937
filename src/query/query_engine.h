/* query_engine.h - SQL from users: read-only, boxed in, on one consistent view of the datasets.
 *
 * A statement passes four gates before it runs: it must parse to exactly one SELECT-like
 * statement; its parse tree may only call table functions on our allow-list and name datasets; the
 * instance it runs on is locked (no files but the buckets' data, no network, no settings); a
 * watchdog interrupts it at its time limit, when its client is gone, or when it is cancelled.
 * docs/adr/ on the SQL sandbox says why each is needed.
 *
 * Datasets are tables by name (without regard to case, as SQL has it). All names of one statement
 * are resolved to snapshots once, before it is prepared: a query sees one state of each dataset
 * even while loads go on. `lake_at('name', id)` reads an older snapshot.
 *
 * Functions for users: vector_search(index, query_text_or_vector, k, ef := n) in FROM;
 * lake_datasets(); lake_indexes().
 *
 * Errors: FAIL_INVALID (does not parse, more than one statement, not a SELECT; position in the
 * detail), FAIL_DENIED (files, settings, extensions), FAIL_NOT_FOUND (no such dataset or index),
 * FAIL_UNPROCESSABLE (unknown column, bad cast), FAIL_TIMEOUT, FAIL_CANCELLED, FAIL_BUSY (too many
 * at once), FAIL_NO_MEMORY. Messages hold no paths of the server.
 *
 * Threads: any number of queries at once, bounded by concurrency_max. */
#ifndef QUERY_QUERY_ENGINE_H
#define QUERY_QUERY_ENGINE_H

#include <stdatomic.h>

#include "base/json.h"
#include "catalog/catalog.h"
#include "storage/object_cache.h"

typedef struct QueryEngine QueryEngine;

typedef struct QueryConfig {
    uint64_t memory_bytes;
    uint32_t threads; /* 0 = one per core */
    uint32_t concurrency_max;
    uint32_t queue_wait_ms; /* how long one waits for a place before FAIL_BUSY */
    uint32_t timeout_ms_default;
    uint32_t timeout_ms_max;
    Str temp_directory; /* absolute */
} QueryConfig;

/* What vector_search and lake_indexes call; given by app, since indexes live above us. */
typedef struct QuerySearchHit {
    Str doc_id;
    int32_t chunk_idx;
    Str chunk_text;
    Str source;
    float score, distance;
} QuerySearchHit;

typedef struct QueryHooks {
    void *context;
    /* Exactly one of text and vector is given (vector NULL or text empty). */
    bool (*vector_search)(void *context, Str index, Str text, const float *vector, size_t dimension,
                          uint32_t k, uint32_t effort, Arena *arena, QuerySearchHit **out_hits,
                          size_t *out_count, Err *err);
    /* A JSON array of index records, fields as in GET /vectors/indexes. */
    bool (*list_indexes)(void *context, Arena *arena, json_t **out_records, Err *err);
} QueryHooks;

typedef enum QueryFormat {
    QUERY_JSON,
    QUERY_NDJSON,
    QUERY_CSV,
    QUERY_PARQUET,
    QUERY_ARROW
} QueryFormat;

bool query_format_parse(Str name, QueryFormat *out);
const char *query_format_media_type(QueryFormat format);

typedef struct QueryRequest {
    Str sql;
    const json_t *params; /* array (positional) or object (named), or NULL */
    QueryFormat format;
    uint64_t limit;               /* rows at most; 0 = no limit */
    uint32_t timeout_ms;          /* 0 = default */
    const atomic_bool *cancelled; /* polled by the watchdog; may be NULL */
} QueryRequest;

/* Where the answer goes, piece by piece. A false return (client gone) stops the query. */
typedef struct ByteSink {
    void *context;
    bool (*write)(void *context, Str bytes, Err *err);
} ByteSink;

typedef struct QueryStats {
    uint64_t rows;
    bool truncated; /* limit cut it */
    double duration_ms;
} QueryStats;

QueryEngine *query_engine_create(const QueryConfig *config, Catalog *catalog,
                                 BucketRegistry *buckets, ObjectCache *cache,
                                 const QueryHooks *hooks, Err *err);
void query_engine_destroy(QueryEngine *engine);

/* Runs to the end, writing to the sink. When it fails after bytes were written, the caller must
 * break the answer off so that nobody takes the part for the whole. JSON:
 * {"columns":[{"name","type"}],"rows":[[...]],"row_count","truncated","duration_ms"}; integers and
 * decimals beyond 2^53 are strings, NaN and infinities are strings, nested values are JSON. */
MUST_CHECK bool query_run(QueryEngine *engine, const QueryRequest *request, const ByteSink *sink,
                          QueryStats *out_stats, Err *err);

/* The set of buckets changed: queries to come see the new roots. */
void query_engine_roots_changed(QueryEngine *engine);

#endif
