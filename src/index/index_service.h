/* index_service.h - vector indexes as users know them: made, kept fresh, searched, dropped.
 *
 * An index lives wholly in its home bucket:
 *
 *     vectors/<index>/head.json                record: source dataset, model, chunking, the
 * snapshot it reflects, segments, graph, counts vectors/<index>/rows/<seg>.parquet       row store:
 * append = one new segment vectors/<index>/tombstones/<id>.bin      rows that are in a segment and
 * no longer count vectors/<index>/builds/<id>.hnsw         persisted graph
 *     vectors/<index>/staging/<refresh>/       checkpoint of a refresh under way: the segments
 * under rows/ that it has embedded so far
 *
 * The head is swapped last; readers hold an immutable, reference-counted view, so a search sees the
 * old index or the new one, never half. A head that is there but cannot be read is an error, never
 * "no index". docs/formats.md specifies the bytes.
 *
 * Fresh is derived: the head's snapshot is its dataset's newest. An index fed by upserts alone has
 * no dataset and is always fresh.
 *
 * Errors: FAIL_NOT_FOUND names the index, FAIL_INVALID names the field, FAIL_UNPROCESSABLE (unknown
 * column, wrong type, other model), FAIL_CORRUPT names the object, FAIL_CONFLICT (a refresh of the
 * same index is under way).
 *
 * Ownership: results live in the caller's arena.   Threads: any; one writer per index at a time. */
#ifndef INDEX_INDEX_SERVICE_H
#define INDEX_INDEX_SERVICE_H

#include "base/budget.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/thread_pool.h"
#include "catalog/catalog.h"
#include "embed/model_set.h"
#include "query/duck_session.h"
#include "storage/object_cache.h"
#include "vector/hnsw.h"

typedef struct IndexService IndexService;

typedef struct IndexConfig {
    Str row_cache_directory;      /* absolute; decoded segments, rebuildable at any time */
    uint32_t chunk_size, overlap; /* defaults of a refresh: 500, 50 */
    uint32_t embed_batch;         /* texts a batch: 32 */
    uint32_t checkpoint_texts;    /* staged as one segment: 2048 */
    uint32_t graph_rows_min;      /* with fewer rows searches are exact: 20000 */
    uint32_t segments_max;        /* more are merged after a refresh: 16 */
    uint32_t query_cache_entries; /* remembered query vectors: 1024 */
    HnswParams hnsw;
} IndexConfig;

typedef struct IndexDeps {
    BucketRegistry *buckets;
    Catalog *catalog;
    Duck *duck;
    ObjectCache *cache;
    ModelSet *models;
    ThreadPool *pool;
    Budget *budget;
} IndexDeps;

IndexService *index_service_create(const IndexConfig *config, const IndexDeps *deps, Err *err);
void index_service_destroy(IndexService *service);

/* --- records ------------------------------------------------------------------------------- */

typedef struct IndexRecord {
    Str index_name;
    Str source; /* dataset; "" for an index fed directly */
    Str id_column, text_column;
    Str model_name, model_version, model_fingerprint;
    uint32_t dimensions;
    Metric metric;
    uint64_t chunk_count, doc_count;
    uint32_t chunk_size, overlap;
    Str bucket, vector_backend, storage_key;
    int64_t created_at_us, updated_at_us;
    double build_time_secs, chunks_per_sec; /* of the last build of vectors */
    uint64_t snapshot_id;                   /* of the source that it reflects; 0 = none */
    bool fresh;
    /* live_config: how it is searched now. */
    Str live_kind; /* "exact" or "hnsw" */
    HnswParams live_hnsw;
    uint64_t live_bytes;
    uint64_t segment_count, tombstone_count;
} IndexRecord;

/* The fields of GET /vectors/indexes/{index}; kept by the arena. */
json_t *index_record_to_json(const IndexRecord *record, Arena *arena);

MUST_CHECK bool index_list(IndexService *service, Arena *arena, IndexRecord **out_records,
                           size_t *out_count, Err *err);
MUST_CHECK bool index_get(IndexService *service, Str name, Arena *arena, IndexRecord *out_record,
                          Err *err);
MUST_CHECK bool index_delete(IndexService *service, Str name, Err *err);
MUST_CHECK bool index_name_check(Str name, Err *err);

/* --- refresh: bring an index up to date with its dataset ------------------------------------ */

typedef struct RefreshRequest {
    Str dataset, index_name, id_column, text_column;
    uint32_t chunk_size; /* 0 = default or the record's */
    uint32_t overlap;    /* UINT32_MAX = default or the record's */
    Str model;           /* "" = default or the record's */
    Str backend;         /* "" or "parquet" */
    Str bucket;          /* "" = primary, or the record's */
    /* Embed at most so many documents now (0 = all); the rest at the next refresh, and the index
     * stays stale until then. For demonstrations and trickle feeding. */
    uint64_t docs_max;
} RefreshRequest;

typedef struct RefreshResult {
    Str index_name, dataset_name;
    uint64_t pre_existing_docs, dataset_docs;
    uint64_t new_docs_embedded, changed_docs_embedded, deleted_docs;
    uint64_t new_chunks_embedded; /* by this run; those of a stopped one are in `resumed` */
    uint64_t total_embeddings_after;
    uint64_t skipped_null_id, skipped_null_text, skipped_blank_text;
    uint64_t duplicate_ids, truncated_chunks;
    uint64_t resumed;      /* chunks taken over from a stopped refresh, not embedded again */
    uint64_t pending_docs; /* left out by docs_max */
    bool stale_cleared;
    uint64_t snapshot_id;
    double duration_secs;
} RefreshResult;

MUST_CHECK bool index_refresh(IndexService *service, const RefreshRequest *request,
                              Progress *progress, Arena *arena, RefreshResult *out, Err *err);
json_t *refresh_result_to_json(const RefreshResult *result);

/* --- indexes fed directly --------------------------------------------------------------------- */

typedef struct UpsertRow {
    Str doc_id;
    bool has_text;
    Str text;            /* chunked and embedded when there is no vector */
    const float *vector; /* or NULL; one row, chunk 0 */
    size_t dimension;
    Str source;
} UpsertRow;

typedef struct UpsertRequest {
    Str index_name;
    const UpsertRow *rows;
    size_t row_count;
    bool create;         /* make it when missing, with: */
    uint32_t dimensions; /* 0 = the model's */
    Metric metric;
    Str backend, bucket, model;
} UpsertRequest;

typedef struct FeedResult {
    uint64_t inserted, updated, deleted; /* documents */
    uint64_t rows;                       /* in the index afterwards */
} FeedResult;

MUST_CHECK bool index_upsert(IndexService *service, const UpsertRequest *request,
                             Progress *progress, Arena *arena, FeedResult *out, Err *err);
MUST_CHECK bool index_delete_docs(IndexService *service, Str name, const Str *doc_ids, size_t count,
                                  Arena *arena, FeedResult *out, Err *err);

/* --- search -------------------------------------------------------------------------------- */

typedef struct IndexQuery {
    Str index_name;
    Str text;            /* or: */
    const float *vector; /* normalised by us where the metric is cosine */
    size_t dimension;
    uint32_t top_k;     /* 1 .. 10000 */
    uint32_t ef_search; /* 0 = the live configuration's */
    bool exact;
} IndexQuery;

typedef struct IndexHit {
    Str doc_id;
    int32_t chunk_idx;
    Str chunk_text;
    Str source;
    float score;    /* greater is better: cosine, dot product, or -distance for l2 */
    float distance; /* smaller is nearer; l2: squared */
} IndexHit;

typedef struct SearchTimings {
    double embed_ms, search_ms, fetch_ms, total_ms;
} SearchTimings;

typedef struct IndexAnswer {
    IndexHit *hits;
    size_t hit_count;
    Str index_name, backend;
    uint64_t snapshot_id;
    bool fresh;
    Str plan; /* "exact", "hnsw ef=64", "hnsw ef=64 + exact tail of 120 rows" */
    SearchTimings timings;
} IndexAnswer;

MUST_CHECK bool index_search(IndexService *service, const IndexQuery *query, Arena *arena,
                             IndexAnswer *out, Err *err);
/* All chunks of a document, in order; FAIL_NOT_FOUND names it. score and distance are 0. */
MUST_CHECK bool index_doc(IndexService *service, Str name, Str doc_id, Arena *arena,
                          IndexHit **out_chunks, size_t *out_count, Err *err);

/* --- graph --------------------------------------------------------------------------------- */

typedef struct BuildRequest {
    Str index_name;
    uint32_t m, ef_construction; /* 0 = configured */
    Str quantization;            /* "" or "none"; "int8" and "bit" come later: FAIL_UNSUPPORTED */
} BuildRequest;

typedef struct BuildResult {
    double build_time_secs;
    uint64_t bytes, rows;
    HnswParams params;
} BuildResult;

MUST_CHECK bool index_build_hnsw(IndexService *service, const BuildRequest *request,
                                 Progress *progress, Arena *arena, BuildResult *out, Err *err);

/* What `lakehouse doctor` wants to know of one index. */
typedef struct IndexCheck {
    Str bucket;
    uint64_t rows;
    Str live_kind; /* "exact" or "hnsw" */
    Str *keys;     /* every object in its bucket that the index names, staging included */
    size_t key_count;
} IndexCheck;

/* Loads the index and checks every invariant: record, segments, tombstones, graph. */
MUST_CHECK bool index_check(IndexService *service, Str name, Arena *arena, IndexCheck *out,
                            Err *err);

/* Names of indexes that use a dataset, or live in a bucket; either may be "" = any. */
MUST_CHECK bool index_references(IndexService *service, Str dataset, Str bucket, Arena *arena,
                                 Str **out_names, size_t *out_count, Err *err);
/* Opens every index once so that the first search is fast; counts what failed. For /readyz. */
MUST_CHECK bool index_warm(IndexService *service, Progress *progress, size_t *out_failed, Err *err);

#endif
