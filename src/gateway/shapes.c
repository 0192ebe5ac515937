/* shapes.c - one table a JSON object. The words here are what users read in /openapi.json.
 *
 * Tested by: tests/unit/gateway/test_routes.c, and every route's tests. */
#include "gateway/shapes.h"

#include "base/vec.h"

#define SHAPE(variable, public_name, ...)                                                          \
    static const Field variable##_fields[] = {__VA_ARGS__};                                        \
    const Shape shape_##variable = {public_name, variable##_fields, ARRAY_LEN(variable##_fields)}
/* One that only other shapes mention. */
#define INNER_SHAPE(variable, public_name, ...)                                                    \
    static const Field variable##_fields[] = {__VA_ARGS__};                                        \
    static const Shape shape_##variable = {public_name, variable##_fields,                         \
                                           ARRAY_LEN(variable##_fields)}
#define FIELD(field_name, field_type, field_need, field_summary)                                   \
    {                                                                                              \
        .name = (field_name), .type = FIELD_##field_type, .need = FIELD_##field_need,              \
        .summary = (field_summary)                                                                 \
    }
#define CHOICE(field_name, field_need, field_summary, words)                                       \
    {                                                                                              \
        .name = (field_name), .type = FIELD_STRING, .need = FIELD_##field_need,                    \
        .summary = (field_summary), .choices = (words)                                             \
    }
#define NESTED(field_name, field_type, field_need, field_summary, inner)                           \
    {                                                                                              \
        .name = (field_name), .type = FIELD_##field_type, .need = FIELD_##field_need,              \
        .summary = (field_summary), .shape = &shape_##inner                                        \
    }

/* --- service --------------------------------------------------------------------------------- */

SHAPE(problem, "Problem",
      FIELD("type", STRING, REQUIRED, "URN of the kind of failure: urn:lakehouse:not_found"),
      FIELD("title", STRING, REQUIRED, "the kind in words; never varies"),
      FIELD("status", INTEGER, REQUIRED, "the HTTP status"),
      FIELD("detail", STRING, REQUIRED, "what was wrong this time"),
      FIELD("request_id", STRING, REQUIRED, "as in X-Request-Id; the log knows more under it"),
      FIELD("field", STRING, OPTIONAL, "the field or parameter at fault"),
      FIELD("hint", STRING, OPTIONAL, "what to do about it"),
      FIELD("references", STRINGS, OPTIONAL, "409: what still uses the thing"));

SHAPE(health, "Health", FIELD("status", STRING, REQUIRED, "ok"));

SHAPE(readiness, "Readiness", FIELD("status", STRING, REQUIRED, "ready"),
      FIELD("buckets", STRINGS, REQUIRED, "buckets that were reached"),
      FIELD("indexes_loaded", BOOL, REQUIRED, NULL));

SHAPE(version, "Version", FIELD("name", STRING, REQUIRED, NULL),
      FIELD("version", STRING, REQUIRED, NULL),
      FIELD("libraries", OBJECT, OPTIONAL, "name and version of each"));

INNER_SHAPE(job_progress, "JobProgress", FIELD("done", INTEGER, REQUIRED, NULL),
            FIELD("total", INTEGER, REQUIRED, "0 when not known"),
            FIELD("unit", STRING, REQUIRED, "rows, chunks, bytes"),
            FIELD("phase", STRING, OPTIONAL, "what it is at now"));

SHAPE(job, "Job", FIELD("job_id", STRING, REQUIRED, NULL),
      FIELD("kind", STRING, REQUIRED, "ingest, refresh, hnsw_build"),
      CHOICE("state", REQUIRED, NULL, "queued|running|done|failed|cancelled"),
      NESTED("progress", OBJECT, REQUIRED, NULL, job_progress),
      FIELD("queued_at", TIME, OPTIONAL, NULL), FIELD("started_at", TIME, OPTIONAL, NULL),
      FIELD("finished_at", TIME, OPTIONAL, NULL),
      FIELD("result", ANY, OPTIONAL, "what the synchronous call would have answered"),
      FIELD("error", OBJECT, OPTIONAL, "why it failed"));

SHAPE(job_list, "JobList", NESTED("jobs", OBJECTS, REQUIRED, "newest first", job));

/* --- storage --------------------------------------------------------------------------------- */

SHAPE(bucket, "Bucket", FIELD("name", STRING, REQUIRED, NULL),
      CHOICE("backend", REQUIRED, NULL, "local|s3|memory"),
      CHOICE("role", REQUIRED, NULL, "primary|rescue|profile|user"),
      FIELD("root", STRING, OPTIONAL, "local: the directory"),
      FIELD("created_at", TIME, OPTIONAL, NULL),
      FIELD("healthy", BOOL, REQUIRED, "can it be reached and written now"));

SHAPE(bucket_list, "BucketList", NESTED("buckets", OBJECTS, REQUIRED, NULL, bucket));

SHAPE(bucket_create, "BucketCreate", FIELD("name", STRING, REQUIRED, "1 to 63 of a-z 0-9 - _"),
      CHOICE("backend", REQUIRED, NULL, "local|s3"),
      FIELD("root", STRING, OPTIONAL, "local: the directory, made when missing"),
      FIELD("endpoint", STRING, OPTIONAL, "s3"), FIELD("region", STRING, OPTIONAL, "s3"),
      FIELD("bucket", STRING, OPTIONAL, "s3"), FIELD("prefix", STRING, OPTIONAL, "s3"),
      FIELD("access_key_env", STRING, OPTIONAL, "s3: name of the environment variable"),
      FIELD("secret_key_env", STRING, OPTIONAL, "s3: name of the environment variable"));

INNER_SHAPE(object, "Object", FIELD("key", STRING, REQUIRED, NULL),
            FIELD("size", INTEGER, REQUIRED, "bytes"), FIELD("etag", STRING, REQUIRED, NULL),
            FIELD("modified_at", TIME, REQUIRED, NULL));

SHAPE(object_list, "ObjectList",
      NESTED("objects", OBJECTS, REQUIRED, "in byte order of their keys", object),
      FIELD("next_cursor", STRING, OPTIONAL, "null at the end"));

SHAPE(object_put, "ObjectPut", FIELD("key", STRING, REQUIRED, NULL),
      FIELD("etag", STRING, REQUIRED, NULL), FIELD("size", INTEGER, REQUIRED, "bytes"));

/* --- catalog --------------------------------------------------------------------------------- */

INNER_SHAPE(pii_tag, "PiiTag", FIELD("kind", STRING, REQUIRED, NULL),
            FIELD("score", NUMBER, REQUIRED, NULL), FIELD("basis", STRING, REQUIRED, NULL));

INNER_SHAPE(column, "Column", FIELD("name", STRING, REQUIRED, NULL),
            FIELD("type", STRING, REQUIRED, "as SQL writes it"),
            FIELD("nullable", BOOL, REQUIRED, NULL),
            NESTED("pii", OBJECTS, REQUIRED, NULL, pii_tag));

INNER_SHAPE(data_object, "DataObject", FIELD("key", STRING, REQUIRED, NULL),
            FIELD("rows", INTEGER, REQUIRED, NULL), FIELD("bytes", INTEGER, REQUIRED, NULL));

INNER_SHAPE(dataset_index, "DatasetIndex", FIELD("index_name", STRING, REQUIRED, NULL),
            FIELD("fresh", BOOL, REQUIRED, NULL));

SHAPE(dataset, "Dataset", FIELD("name", STRING, REQUIRED, NULL),
      FIELD("description", STRING, REQUIRED, NULL), FIELD("bucket", STRING, REQUIRED, NULL),
      FIELD("snapshot_id", INTEGER, REQUIRED, NULL), FIELD("rows", INTEGER, REQUIRED, NULL),
      FIELD("bytes", INTEGER, REQUIRED, NULL), NESTED("columns", OBJECTS, REQUIRED, NULL, column),
      NESTED("objects", OBJECTS, REQUIRED, NULL, data_object),
      NESTED("indexes", OBJECTS, REQUIRED, NULL, dataset_index),
      FIELD("created_at", TIME, REQUIRED, NULL), FIELD("updated_at", TIME, REQUIRED, NULL));

SHAPE(dataset_list, "DatasetList", NESTED("datasets", OBJECTS, REQUIRED, NULL, dataset));

SHAPE(dataset_patch, "DatasetPatch", FIELD("description", STRING, OPTIONAL, NULL),
      FIELD("pii", OBJECT, OPTIONAL, "column to kind, or to null: nothing personal"));

INNER_SHAPE(snapshot, "Snapshot", FIELD("snapshot_id", INTEGER, REQUIRED, NULL),
            FIELD("parent_id", INTEGER, OPTIONAL, "null for the first"),
            FIELD("mode", STRING, REQUIRED, NULL), FIELD("rows", INTEGER, REQUIRED, NULL),
            FIELD("bytes", INTEGER, REQUIRED, NULL),
            FIELD("objects", INTEGER, REQUIRED, "how many"),
            FIELD("created_at", TIME, REQUIRED, NULL));

SHAPE(snapshot_list, "SnapshotList",
      NESTED("snapshots", OBJECTS, REQUIRED, "newest first", snapshot));

INNER_SHAPE(coercion, "Coercion", FIELD("column", STRING, REQUIRED, NULL),
            FIELD("rule", STRING, REQUIRED, NULL), FIELD("count", INTEGER, REQUIRED, NULL));

INNER_SHAPE(lineage, "LineageEntry", FIELD("snapshot_id", INTEGER, REQUIRED, NULL),
            CHOICE("source_system", REQUIRED, NULL, "file|postgresql|mysql|watch|sql"),
            FIELD("source", STRING, REQUIRED, "without secrets"),
            FIELD("relation", STRING, REQUIRED, "of a database; null: a query or a file"),
            FIELD("query", STRING, REQUIRED, "without its literals; null: none"),
            FIELD("types", STRING, REQUIRED, "exact or reference; null: a file"),
            FIELD("mode", STRING, REQUIRED, NULL),
            FIELD("key", STRING, REQUIRED, "of an upsert, else null"),
            FIELD("rows", INTEGER, REQUIRED, NULL), FIELD("rejected", INTEGER, REQUIRED, NULL),
            FIELD("resumed_rows", INTEGER, REQUIRED, "taken over from a load that was stopped"),
            NESTED("coercions", OBJECTS, REQUIRED, NULL, coercion),
            FIELD("duration_secs", NUMBER, REQUIRED, NULL),
            FIELD("predecessor", INTEGER, REQUIRED, "snapshot it was made from; null: the first"),
            FIELD("at", TIME, REQUIRED, NULL));

SHAPE(lineage_list, "Lineage", NESTED("entries", OBJECTS, REQUIRED, "newest first", lineage));

/* --- ingest and SQL -------------------------------------------------------------------------- */

INNER_SHAPE(reject, "RejectedRow",
            FIELD("line", INTEGER, REQUIRED,
                  "of the file, from 1; the record where lines mean nothing"),
            FIELD("column", STRING, OPTIONAL, NULL), FIELD("reason", STRING, REQUIRED, NULL));

SHAPE(ingest_table_request, "IngestTableRequest",
      FIELD("dsn", STRING, REQUIRED, "postgresql://..., mysql://...; never stored"),
      FIELD("table", STRING, OPTIONAL, "as in SQL: orders, sales.orders; or give a query"),
      FIELD("query", STRING, OPTIONAL, "one SELECT"),
      FIELD("dataset", STRING, REQUIRED, "made when there is none"),
      CHOICE("mode", OPTIONAL, "replace when absent; append with a cursor",
             "append|replace|upsert"),
      FIELD("key", STRING, OPTIONAL, "upsert: key columns, with commas"),
      FIELD("cursor", STRING, OPTIONAL,
            "column that grows: only rows beyond the last load's greatest are read"),
      CHOICE("types", OPTIONAL, "exact when absent: nothing is lost", "exact|reference"),
      FIELD("batch_rows", INTEGER, OPTIONAL,
            "rows to a data file, kept should the load be stopped; 1000000 when absent"),
      FIELD("bucket", STRING, OPTIONAL, "home of a new dataset"),
      FIELD("restart", BOOL, OPTIONAL, "forget what a stopped load left"));

INNER_SHAPE(pii_finding, "PiiFinding", FIELD("column", STRING, REQUIRED, NULL),
            FIELD("kind", STRING, REQUIRED, NULL), FIELD("score", NUMBER, REQUIRED, "0 to 1"),
            FIELD("basis", STRING, REQUIRED, "what told: value, name, both"));

SHAPE(ingest_result, "IngestResult", FIELD("dataset", STRING, REQUIRED, NULL),
      FIELD("snapshot_id", INTEGER, REQUIRED, NULL),
      FIELD("rows_read", INTEGER, REQUIRED, "rows_written + rows_rejected, always"),
      FIELD("rows_written", INTEGER, REQUIRED, NULL),
      FIELD("rows_rejected", INTEGER, REQUIRED, NULL),
      NESTED("rejects", OBJECTS, REQUIRED, "the first ones", reject),
      NESTED("coercions", OBJECTS, REQUIRED, NULL, coercion),
      NESTED("pii", OBJECTS, REQUIRED, "columns that look personal", pii_finding),
      FIELD("source_system", STRING, REQUIRED, NULL),
      FIELD("source", STRING, REQUIRED, "without secrets"),
      FIELD("cursor_value", STRING, REQUIRED, "where the next load goes on; null: no cursor"),
      FIELD("resumed_rows", INTEGER, REQUIRED, "taken over from a load that was stopped"),
      FIELD("notes", STRINGS, REQUIRED, "what one should know besides"),
      FIELD("duration_secs", NUMBER, REQUIRED, NULL));

SHAPE(verify_request, "VerifyRequest",
      FIELD("dsn", STRING, OPTIONAL, "database: again, since secrets are not stored"),
      FIELD("table", STRING, OPTIONAL, "else that of the last load"),
      FIELD("query", STRING, OPTIONAL, "the text that was loaded; must be given again"),
      FIELD("key", STRING, OPTIONAL, "columns with commas: names rows; else the source's key"),
      FIELD("differences_max", INTEGER, OPTIONAL, "rows named; 10 when absent, 1000 at most"));

INNER_SHAPE(verify_counts, "VerifyCounts", FIELD("source", INTEGER, REQUIRED, NULL),
            FIELD("dataset", INTEGER, REQUIRED, NULL));

INNER_SHAPE(verify_checksums, "VerifyChecksums",
            FIELD("source", STRING, REQUIRED, "32 hex digits, whatever the order of rows"),
            FIELD("dataset", STRING, REQUIRED, NULL));

INNER_SHAPE(verify_column, "VerifyColumn", FIELD("name", STRING, REQUIRED, NULL),
            FIELD("equal", BOOL, REQUIRED, NULL),
            FIELD("in_source", BOOL, REQUIRED, "the source has such a column"),
            FIELD("in_dataset", BOOL, REQUIRED, "the dataset has such a column"),
            NESTED("nulls", OBJECT, REQUIRED, NULL, verify_counts),
            NESTED("checksum", OBJECT, REQUIRED, NULL, verify_checksums));

INNER_SHAPE(verify_difference, "VerifyDifference", FIELD("key", STRING, REQUIRED, "id=7"),
            CHOICE("side", REQUIRED, "has the row, or has it more often; both: other values",
                   "source|dataset|both"),
            FIELD("columns", STRINGS, REQUIRED, "that differ, for both"));

SHAPE(verify_result, "VerifyResult", FIELD("equal", BOOL, REQUIRED, NULL),
      FIELD("dataset", STRING, REQUIRED, NULL), FIELD("snapshot_id", INTEGER, REQUIRED, NULL),
      FIELD("source_system", STRING, REQUIRED, "postgresql, mysql, file"),
      FIELD("source", STRING, REQUIRED, "without secrets"),
      NESTED("rows", OBJECT, REQUIRED, NULL, verify_counts),
      NESTED("columns", OBJECTS, REQUIRED, NULL, verify_column),
      NESTED("differences", OBJECTS, REQUIRED, "the first rows that differ", verify_difference),
      FIELD("notes", STRINGS, REQUIRED, "what else was seen"),
      FIELD("duration_secs", NUMBER, REQUIRED, NULL));

INNER_SHAPE(
    watch, "Watch", FIELD("name", STRING, REQUIRED, NULL), FIELD("folder", STRING, REQUIRED, NULL),
    FIELD("dataset", STRING, REQUIRED, NULL), FIELD("glob", STRING, REQUIRED, NULL),
    CHOICE("mode", REQUIRED, NULL, "append|replace|upsert"),
    CHOICE("mode_of_watching", REQUIRED, "what tells of new files", "inotify+scan|scan"),
    FIELD("running", BOOL, REQUIRED, "false while a failure is waited out: last_error says which"),
    FIELD("files_taken", INTEGER, REQUIRED, NULL), FIELD("files_failed", INTEGER, REQUIRED, NULL),
    FIELD("files_pending", INTEGER, REQUIRED, "seen, and not yet taken"),
    FIELD("duplicates", INTEGER, REQUIRED, "files whose content was taken before"),
    FIELD("rows", INTEGER, REQUIRED, "written"), FIELD("rejected", INTEGER, REQUIRED, "refused"),
    FIELD("last_file", STRING, OPTIONAL, "taken"), FIELD("last_error", STRING, OPTIONAL, NULL),
    FIELD("last_scan_at", TIME, OPTIONAL, NULL));

INNER_SHAPE(watched_file, "WatchedFile", FIELD("watch", STRING, REQUIRED, NULL),
            FIELD("file", STRING, REQUIRED, NULL),
            CHOICE("state", REQUIRED, NULL, "taken|failed|duplicate"),
            FIELD("rows", INTEGER, REQUIRED, NULL), FIELD("rejected", INTEGER, REQUIRED, NULL),
            FIELD("snapshot_id", INTEGER, OPTIONAL, "taken: the snapshot with its rows"),
            FIELD("error", STRING, OPTIONAL, NULL), FIELD("at", TIME, REQUIRED, NULL));

SHAPE(watch_report, "WatchReport", NESTED("watches", OBJECTS, REQUIRED, NULL, watch),
      NESTED("recent", OBJECTS, REQUIRED, "newest first, since the start", watched_file),
      FIELD("taken", INTEGER, REQUIRED, "sums over the watches"),
      FIELD("failed", INTEGER, REQUIRED, NULL), FIELD("pending", INTEGER, REQUIRED, NULL));

SHAPE(sql_request, "SqlRequest", FIELD("sql", STRING, REQUIRED, "one SELECT-like statement"),
      FIELD("params", ANY, OPTIONAL, "array for ? and $1, object for $name"),
      CHOICE("format", OPTIONAL, "else by Accept, else json", "json|ndjson|csv|parquet|arrow"),
      FIELD("limit", INTEGER, OPTIONAL, "rows at most; the answer says when it cut"),
      FIELD("timeout_ms", INTEGER, OPTIONAL, NULL));

INNER_SHAPE(sql_column, "SqlColumn", FIELD("name", STRING, REQUIRED, NULL),
            FIELD("type", STRING, REQUIRED, NULL));

SHAPE(sql_result, "SqlResult", NESTED("columns", OBJECTS, REQUIRED, NULL, sql_column),
      FIELD("rows", ANY, REQUIRED, "an array of arrays; integers beyond 2^53 are strings"),
      FIELD("row_count", INTEGER, REQUIRED, NULL),
      FIELD("truncated", BOOL, REQUIRED, "the limit cut it"),
      FIELD("duration_ms", NUMBER, REQUIRED, NULL));

/* --- vector indexes -------------------------------------------------------------------------- */

SHAPE(refresh_request, "RefreshRequest",
      FIELD("index_name", STRING, REQUIRED, "made when there is none"),
      FIELD("id_column", STRING, REQUIRED, "VARCHAR, INTEGER or BIGINT"),
      FIELD("text_column", STRING, REQUIRED, "VARCHAR"),
      FIELD("chunk_size", INTEGER, OPTIONAL, "characters; 500 for a new index"),
      FIELD("overlap", INTEGER, OPTIONAL, "characters; 50 for a new index"),
      FIELD("model", STRING, OPTIONAL, "as configured; the default model when absent"),
      CHOICE("backend", OPTIONAL, NULL, "parquet|lance"),
      FIELD("bucket", STRING, OPTIONAL, "home of a new index; primary when absent"),
      FIELD("docs_max", INTEGER, OPTIONAL, "embed at most so many documents now"));

INNER_SHAPE(skipped_rows, "SkippedRows", FIELD("null_id", INTEGER, REQUIRED, NULL),
            FIELD("null_text", INTEGER, REQUIRED, NULL),
            FIELD("blank_text", INTEGER, REQUIRED, NULL));

SHAPE(refresh_result, "RefreshResult", FIELD("index_name", STRING, REQUIRED, NULL),
      FIELD("dataset_name", STRING, REQUIRED, NULL),
      FIELD("pre_existing_docs", INTEGER, REQUIRED, "distinct ids before"),
      FIELD("dataset_docs", INTEGER, REQUIRED, "documents in the dataset now"),
      FIELD("new_docs_embedded", INTEGER, REQUIRED, NULL),
      FIELD("new_chunks_embedded", INTEGER, REQUIRED, NULL),
      FIELD("total_embeddings_after", INTEGER, REQUIRED, "chunks"),
      FIELD("duration_secs", NUMBER, REQUIRED, NULL), FIELD("stale_cleared", BOOL, REQUIRED, NULL),
      FIELD("changed_docs_embedded", INTEGER, REQUIRED, NULL),
      FIELD("deleted_docs", INTEGER, REQUIRED, NULL),
      NESTED("skipped_rows", OBJECT, REQUIRED, NULL, skipped_rows),
      FIELD("duplicate_ids", INTEGER, REQUIRED, "rows whose id came again; the last one counts"),
      FIELD("truncated_chunks", INTEGER, REQUIRED, "longer than the model reads"),
      FIELD("resumed", INTEGER, REQUIRED, "chunks taken over from a stopped refresh"),
      FIELD("snapshot_id", INTEGER, REQUIRED, "of the dataset"));

INNER_SHAPE(upsert_row, "UpsertRow", FIELD("doc_id", STRING, REQUIRED, NULL),
            FIELD("text", STRING, OPTIONAL, "chunked and embedded when no vector comes with it"),
            FIELD("vector", NUMBERS, OPTIONAL, NULL), FIELD("source", STRING, OPTIONAL, NULL));

INNER_SHAPE(index_create, "IndexCreate", FIELD("dimensions", INTEGER, OPTIONAL, "else the model's"),
            CHOICE("metric", OPTIONAL, NULL, "cosine|l2|dot"),
            CHOICE("backend", OPTIONAL, NULL, "parquet|lance"),
            FIELD("bucket", STRING, OPTIONAL, NULL), FIELD("model", STRING, OPTIONAL, NULL));

SHAPE(upsert_request, "UpsertRequest", NESTED("rows", OBJECTS, REQUIRED, NULL, upsert_row),
      NESTED("create", OBJECT, OPTIONAL, "make the index when there is none", index_create));

SHAPE(delete_docs_request, "DeleteDocsRequest", FIELD("doc_ids", STRINGS, REQUIRED, NULL));

SHAPE(feed_result, "FeedResult", FIELD("inserted", INTEGER, REQUIRED, "documents"),
      FIELD("updated", INTEGER, REQUIRED, "documents"),
      FIELD("deleted", INTEGER, REQUIRED, "documents"),
      FIELD("rows", INTEGER, REQUIRED, "in the index now"));

SHAPE(index, "Index", FIELD("index_name", STRING, REQUIRED, NULL),
      FIELD("source", STRING, REQUIRED, "dataset, or null when fed directly"),
      FIELD("model_name", STRING, REQUIRED, NULL), FIELD("model_version", STRING, REQUIRED, NULL),
      FIELD("model_fingerprint", STRING, REQUIRED, NULL),
      FIELD("dimensions", INTEGER, REQUIRED, NULL), FIELD("chunk_count", INTEGER, REQUIRED, NULL),
      FIELD("doc_count", INTEGER, REQUIRED, NULL), FIELD("chunk_size", INTEGER, REQUIRED, NULL),
      FIELD("overlap", INTEGER, REQUIRED, NULL), FIELD("bucket", STRING, REQUIRED, NULL),
      FIELD("vector_backend", STRING, REQUIRED, NULL), FIELD("storage_key", STRING, REQUIRED, NULL),
      FIELD("created_at", TIME, REQUIRED, NULL), FIELD("build_time_secs", NUMBER, REQUIRED, NULL),
      FIELD("chunks_per_sec", NUMBER, REQUIRED, NULL),
      FIELD("snapshot_id", INTEGER, OPTIONAL, "of the dataset that it reflects"),
      FIELD("fresh", BOOL, REQUIRED, "does it reflect the newest snapshot"),
      FIELD("live_config", OBJECT, REQUIRED, "how it is searched now"));

SHAPE(index_list, "IndexList", NESTED("indexes", OBJECTS, REQUIRED, NULL, index));

SHAPE(index_patch, "IndexPatch", FIELD("bucket", STRING, REQUIRED, "the new home"));

SHAPE(search_request, "SearchRequest", FIELD("query", STRING, OPTIONAL, "a text; or give a vector"),
      FIELD("vector", NUMBERS, OPTIONAL, NULL),
      FIELD("top_k", INTEGER, OPTIONAL, "1 to 10000; 10 when absent"),
      FIELD("filter", STRING, OPTIONAL, "SQL predicate over the source; not available yet"),
      FIELD("ef_search", INTEGER, OPTIONAL, "beam width of the graph search"),
      FIELD("nprobes", INTEGER, OPTIONAL, "lance backend; not available yet"),
      FIELD("refine", INTEGER, OPTIONAL, "lance backend; not available yet"),
      FIELD("exact", BOOL, OPTIONAL, "compare with every row"),
      FIELD("explain", BOOL, OPTIONAL, "tell more about the plan"));

INNER_SHAPE(hit, "Hit", FIELD("doc_id", STRING, REQUIRED, NULL),
            FIELD("chunk_idx", INTEGER, REQUIRED, NULL),
            FIELD("chunk_text", STRING, REQUIRED, NULL), FIELD("source", STRING, REQUIRED, NULL),
            FIELD("score", NUMBER, REQUIRED, "greater is better"),
            FIELD("distance", NUMBER, REQUIRED, "smaller is nearer"));

INNER_SHAPE(search_index, "SearchedIndex", FIELD("name", STRING, REQUIRED, NULL),
            FIELD("backend", STRING, REQUIRED, NULL), FIELD("snapshot_id", INTEGER, OPTIONAL, NULL),
            FIELD("fresh", BOOL, REQUIRED, NULL));

INNER_SHAPE(timings, "SearchTimings", FIELD("embed_ms", NUMBER, REQUIRED, NULL),
            FIELD("search_ms", NUMBER, REQUIRED, NULL), FIELD("fetch_ms", NUMBER, REQUIRED, NULL),
            FIELD("total_ms", NUMBER, REQUIRED, NULL));

SHAPE(search_result, "SearchResult", NESTED("hits", OBJECTS, REQUIRED, "best first", hit),
      NESTED("index", OBJECT, REQUIRED, NULL, search_index),
      FIELD("plan", STRING, REQUIRED, "exact, or hnsw with its effort"),
      NESTED("timings", OBJECT, REQUIRED, NULL, timings));

INNER_SHAPE(chunk, "DocumentChunk", FIELD("chunk_idx", INTEGER, REQUIRED, NULL),
            FIELD("chunk_text", STRING, REQUIRED, NULL), FIELD("source", STRING, REQUIRED, NULL));

SHAPE(document, "Document", FIELD("doc_id", STRING, REQUIRED, NULL),
      FIELD("index_name", STRING, REQUIRED, NULL),
      NESTED("chunks", OBJECTS, REQUIRED, "in order", chunk));

SHAPE(build_request, "BuildRequest", FIELD("m", INTEGER, OPTIONAL, "links a node"),
      FIELD("ef_construction", INTEGER, OPTIONAL, "beam width while building"),
      CHOICE("quantization", OPTIONAL, NULL, "none|int8|bit"));

SHAPE(build_result, "BuildResult", FIELD("index_name", STRING, REQUIRED, NULL),
      FIELD("build_time_secs", NUMBER, REQUIRED, NULL), FIELD("bytes", INTEGER, REQUIRED, NULL),
      FIELD("rows", INTEGER, REQUIRED, NULL), FIELD("m", INTEGER, REQUIRED, NULL),
      FIELD("ef_construction", INTEGER, REQUIRED, NULL),
      FIELD("ef_search", INTEGER, REQUIRED, NULL));

/* --- models ---------------------------------------------------------------------------------- */

SHAPE(embed_request, "EmbedRequest", FIELD("texts", STRINGS, REQUIRED, NULL),
      FIELD("model", STRING, OPTIONAL, "the default model when absent"));

SHAPE(embed_result, "EmbedResult", FIELD("model", STRING, REQUIRED, NULL),
      FIELD("dimensions", INTEGER, REQUIRED, NULL),
      FIELD("embeddings", ANY, REQUIRED, "an array of numbers for each text"));

SHAPE(openai_request, "OpenAiEmbeddingRequest",
      FIELD("input", ANY, REQUIRED, "a string, or an array of strings"),
      FIELD("model", STRING, OPTIONAL, "the default model when absent"),
      CHOICE("encoding_format", OPTIONAL, NULL, "float|base64"),
      FIELD("dimensions", INTEGER, OPTIONAL, "must be the model's own"),
      FIELD("user", STRING, OPTIONAL, "ignored"));

INNER_SHAPE(openai_embedding, "OpenAiEmbedding", FIELD("object", STRING, REQUIRED, "embedding"),
            FIELD("index", INTEGER, REQUIRED, NULL),
            FIELD("embedding", ANY, REQUIRED, "numbers, or base64 of little-endian floats"));

INNER_SHAPE(openai_usage, "OpenAiUsage", FIELD("prompt_tokens", INTEGER, REQUIRED, NULL),
            FIELD("total_tokens", INTEGER, REQUIRED, NULL));

SHAPE(openai_result, "OpenAiEmbeddingResult", FIELD("object", STRING, REQUIRED, "list"),
      FIELD("model", STRING, REQUIRED, NULL),
      NESTED("data", OBJECTS, REQUIRED, NULL, openai_embedding),
      NESTED("usage", OBJECT, REQUIRED, NULL, openai_usage));

const Shape *const shapes[] = {
    &shape_problem,
    &shape_health,
    &shape_readiness,
    &shape_version,
    &shape_job_progress,
    &shape_job,
    &shape_job_list,
    &shape_bucket,
    &shape_bucket_list,
    &shape_bucket_create,
    &shape_object,
    &shape_object_list,
    &shape_object_put,
    &shape_pii_tag,
    &shape_column,
    &shape_data_object,
    &shape_dataset_index,
    &shape_dataset,
    &shape_dataset_list,
    &shape_dataset_patch,
    &shape_snapshot,
    &shape_snapshot_list,
    &shape_coercion,
    &shape_lineage,
    &shape_lineage_list,
    &shape_reject,
    &shape_ingest_table_request,
    &shape_pii_finding,
    &shape_ingest_result,
    &shape_verify_request,
    &shape_verify_counts,
    &shape_verify_checksums,
    &shape_verify_column,
    &shape_verify_difference,
    &shape_verify_result,
    &shape_watch,
    &shape_watched_file,
    &shape_watch_report,
    &shape_sql_request,
    &shape_sql_column,
    &shape_sql_result,
    &shape_refresh_request,
    &shape_skipped_rows,
    &shape_refresh_result,
    &shape_upsert_row,
    &shape_index_create,
    &shape_upsert_request,
    &shape_delete_docs_request,
    &shape_feed_result,
    &shape_index,
    &shape_index_list,
    &shape_index_patch,
    &shape_search_request,
    &shape_hit,
    &shape_search_index,
    &shape_timings,
    &shape_search_result,
    &shape_chunk,
    &shape_document,
    &shape_build_request,
    &shape_build_result,
    &shape_embed_request,
    &shape_embed_result,
    &shape_openai_request,
    &shape_openai_embedding,
    &shape_openai_usage,
    &shape_openai_result,
    NULL,
};
