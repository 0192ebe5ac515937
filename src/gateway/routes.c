/* routes.c - the table of routes: all that the server answers to, in the order of the API's pages.
 *
 * A new route is a row here and a handler in a route_*.c. tools/check_routes.py fails when one has
 * no test in tests/e2e/.
 *
 * Tested by: tests/unit/gateway/test_routes.c, tests/e2e/. */
#include "gateway/route_handlers.h"
#include "gateway/shapes.h"

#define PARAMETERS(list) .query = (list), .query_count = ARRAY_LEN(list)

static const Field force_parameters[] = {
    {.name = "force", .type = FIELD_BOOL, .summary = "even if something still uses it"},
};
static const Field object_list_parameters[] = {
    {.name = "prefix", .type = FIELD_STRING, .summary = "of the keys"},
    {.name = "limit", .type = FIELD_INTEGER, .summary = "1 to 10000; 1000 when absent"},
    {.name = "cursor", .type = FIELD_STRING, .summary = "next_cursor of the page before"},
};
static const Field history_parameters[] = {
    {.name = "limit", .type = FIELD_INTEGER, .summary = "1 to 1000; 100 when absent"},
};
static const Field ingest_parameters[] = {
    {.name = "dataset", .type = FIELD_STRING, .summary = "made when there is none"},
    {.name = "mode",
     .type = FIELD_STRING,
     .choices = "append|replace|upsert",
     .summary = "append when absent"},
    {.name = "key", .type = FIELD_STRING, .summary = "upsert: key columns, with commas"},
    {.name = "format",
     .type = FIELD_STRING,
     .choices = "auto|csv|json|ndjson|parquet",
     .summary = "else by Content-Type, name or first bytes"},
    {.name = "bucket", .type = FIELD_STRING, .summary = "home of a new dataset"},
    {.name = "source", .type = FIELD_STRING, .summary = "name of the file, for lineage"},
    {.name = "delimiter", .type = FIELD_STRING, .summary = "CSV: one character, or \\t"},
    {.name = "quote", .type = FIELD_STRING, .summary = "CSV: one character"},
    {.name = "escape", .type = FIELD_STRING, .summary = "CSV: one character"},
    {.name = "null", .type = FIELD_STRING, .summary = "CSV: text that means NULL"},
    {.name = "header", .type = FIELD_BOOL, .summary = "CSV: is the first line a header"},
    {.name = "types",
     .type = FIELD_STRING,
     .summary = "overrides: JSON object of column to SQL type"},
};
/* With a file; a database's request is JSON. */
static const Field verify_parameters[] = {
    {.name = "key", .type = FIELD_STRING, .summary = "columns with commas: names rows"},
    {.name = "differences_max",
     .type = FIELD_INTEGER,
     .summary = "rows named; 10 when absent, 1000 at most"},
    {.name = "format",
     .type = FIELD_STRING,
     .choices = "auto|csv|json|ndjson|parquet",
     .summary = "else by Content-Type, name or first bytes"},
    {.name = "source", .type = FIELD_STRING, .summary = "name of the file, for the answer"},
    {.name = "delimiter", .type = FIELD_STRING, .summary = "CSV: one character, or \\t"},
    {.name = "quote", .type = FIELD_STRING, .summary = "CSV: one character"},
    {.name = "escape", .type = FIELD_STRING, .summary = "CSV: one character"},
    {.name = "null", .type = FIELD_STRING, .summary = "CSV: text that means NULL"},
    {.name = "header", .type = FIELD_BOOL, .summary = "CSV: is the first line a header"},
};

const Route routes[] = {
    /* service */
    {"GET", "/healthz", route_health, .scope = SCOPE_PUBLIC, .status = 200, .tag = "service",
     .summary = "The process is alive", .response = &shape_health},
    {"GET", "/readyz", route_ready, .scope = SCOPE_PUBLIC, .status = 200, .tag = "service",
     .summary = "Buckets are reachable and indexes loaded", .response = &shape_readiness},
    {"GET", "/version", route_version, .scope = SCOPE_PUBLIC, .status = 200, .tag = "service",
     .summary = "Build and library versions", .response = &shape_version},
    {"GET", "/metrics", route_metrics, .scope = SCOPE_PUBLIC, .status = 200, .tag = "service",
     .summary = "Prometheus metrics", .media = "text/plain"},
    {"GET", "/openapi.json", route_openapi, .scope = SCOPE_PUBLIC, .status = 200, .tag = "service",
     .summary = "This document", .media = "application/json"},
    {"GET", "/jobs", route_job_list, .scope = SCOPE_READ, .status = 200, .tag = "jobs",
     .summary = "Jobs that wait, run, or ran lately", .response = &shape_job_list},
    {"GET", "/jobs/{id}", route_job_get, .scope = SCOPE_READ, .status = 200, .tag = "jobs",
     .summary = "One job", .response = &shape_job},
    {"DELETE", "/jobs/{id}", route_job_cancel, .scope = SCOPE_WRITE, .status = 200, .tag = "jobs",
     .summary = "Cancel a job", .response = &shape_job},
    {"GET", "/jobs/{id}/events", route_job_events, .scope = SCOPE_READ, .status = 200,
     .tag = "jobs", .summary = "Progress as server-sent events until it ends",
     .media = "text/event-stream"},

    /* storage */
    {"GET", "/storage/buckets", route_bucket_list, .scope = SCOPE_READ, .status = 200,
     .tag = "storage", .summary = "The named object stores", .response = &shape_bucket_list},
    {"POST", "/storage/buckets", route_bucket_create, .scope = SCOPE_ADMIN, .body = BODY_JSON,
     .status = 201, .tag = "storage", .summary = "Register a bucket",
     .request = &shape_bucket_create, .response = &shape_bucket},
    {"DELETE", "/storage/buckets/{name}", route_bucket_delete, .scope = SCOPE_ADMIN, .status = 204,
     .tag = "storage", .summary = "Unregister a bucket; its data stays",
     PARAMETERS(force_parameters)},
    {"GET", "/storage/buckets/{name}/objects", route_object_list, .scope = SCOPE_READ,
     .status = 200, .tag = "storage", .summary = "Objects of a bucket, by page",
     .response = &shape_object_list, PARAMETERS(object_list_parameters)},
    {"GET", "/storage/buckets/{name}/objects/{key...}", route_object_get, .scope = SCOPE_READ,
     .status = 200, .tag = "storage", .summary = "An object's bytes, or a range of them",
     .media = "application/octet-stream"},
    {"PUT", "/storage/buckets/{name}/objects/{key...}", route_object_put,
     .check = route_object_put_check, .scope = SCOPE_WRITE, .body = BODY_BYTES, .status = 200,
     .tag = "storage", .summary = "Write an object", .response = &shape_object_put},
    {"DELETE", "/storage/buckets/{name}/objects/{key...}", route_object_delete,
     .scope = SCOPE_WRITE, .status = 204, .tag = "storage", .summary = "Remove an object"},

    /* catalog */
    {"GET", "/catalog/datasets", route_dataset_list, .scope = SCOPE_READ, .status = 200,
     .tag = "catalog", .summary = "All datasets", .response = &shape_dataset_list},
    {"GET", "/catalog/datasets/{name}", route_dataset_get, .scope = SCOPE_READ, .status = 200,
     .tag = "catalog", .summary = "One dataset", .response = &shape_dataset},
    {"GET", "/catalog/datasets/{name}/snapshots", route_dataset_snapshots, .scope = SCOPE_READ,
     .status = 200, .tag = "catalog", .summary = "How it was before",
     .response = &shape_snapshot_list, PARAMETERS(history_parameters)},
    {"GET", "/catalog/datasets/{name}/lineage", route_dataset_lineage, .scope = SCOPE_READ,
     .status = 200, .tag = "catalog", .summary = "Where its rows came from",
     .response = &shape_lineage_list, PARAMETERS(history_parameters)},
    {"PATCH", "/catalog/datasets/{name}", route_dataset_patch, .scope = SCOPE_WRITE,
     .body = BODY_JSON, .status = 200, .tag = "catalog", .summary = "Describe a dataset",
     .request = &shape_dataset_patch, .response = &shape_dataset},
    {"DELETE", "/catalog/datasets/{name}", route_dataset_delete, .scope = SCOPE_WRITE,
     .status = 204, .tag = "catalog", .summary = "Drop a dataset", PARAMETERS(force_parameters)},

    /* ingest and SQL */
    {"POST", "/ingest/file", route_ingest_file, .scope = SCOPE_WRITE, .body = BODY_FILE,
     .status = 200, .may_be_async = true, .tag = "ingest", .summary = "Load a file into a dataset",
     .response = &shape_ingest_result, PARAMETERS(ingest_parameters)},
    {"POST", "/ingest/db", route_ingest_postgres, .scope = SCOPE_WRITE, .body = BODY_JSON,
     .status = 200, .may_be_async = true, .tag = "ingest",
     .summary = "Load a table or a query of PostgreSQL into a dataset",
     .request = &shape_ingest_table_request, .response = &shape_ingest_result},
    {"POST", "/ingest/mysql", route_ingest_mysql, .scope = SCOPE_WRITE, .body = BODY_JSON,
     .status = 200, .may_be_async = true, .tag = "ingest",
     .summary = "Load a table or a query of MySQL or MariaDB into a dataset",
     .request = &shape_ingest_table_request, .response = &shape_ingest_result},
    {"POST", "/ingest/verify/{dataset}", route_verify, .scope = SCOPE_WRITE,
     .body = BODY_JSON_OR_FILE, .status = 200, .may_be_async = true, .tag = "ingest",
     .summary = "Compare a dataset with its source, value by value",
     .request = &shape_verify_request, .response = &shape_verify_result,
     PARAMETERS(verify_parameters)},
    {"GET", "/ingest/watch", route_watch, .scope = SCOPE_READ, .status = 200, .tag = "ingest",
     .summary = "Watched folders: files taken, failed, pending", .response = &shape_watch_report},
    {"POST", "/query/sql", route_query_sql, .scope = SCOPE_READ, .body = BODY_JSON, .status = 200,
     .tag = "query", .summary = "Run one read-only statement", .request = &shape_sql_request,
     .response = &shape_sql_result},

    /* vector indexes */
    {"POST", "/vectors/refresh/{dataset}", route_index_refresh, .scope = SCOPE_WRITE,
     .body = BODY_JSON, .status = 200, .may_be_async = true, .tag = "vectors",
     .summary = "Make an index, or bring it up to date with its dataset",
     .request = &shape_refresh_request, .response = &shape_refresh_result},
    {"POST", "/vectors/upsert/{index}", route_index_upsert, .scope = SCOPE_WRITE, .body = BODY_JSON,
     .status = 200, .tag = "vectors", .summary = "Put documents into an index directly",
     .request = &shape_upsert_request, .response = &shape_feed_result},
    {"POST", "/vectors/delete/{index}", route_index_delete_docs, .scope = SCOPE_WRITE,
     .body = BODY_JSON, .status = 200, .tag = "vectors",
     .summary = "Take documents out of an index", .request = &shape_delete_docs_request,
     .response = &shape_feed_result},
    {"GET", "/vectors/indexes", route_index_list, .scope = SCOPE_READ, .status = 200,
     .tag = "vectors", .summary = "All indexes", .response = &shape_index_list},
    {"GET", "/vectors/indexes/{index}", route_index_get, .scope = SCOPE_READ, .status = 200,
     .tag = "vectors", .summary = "One index", .response = &shape_index},
    {"PATCH", "/vectors/indexes/{index}", route_index_patch, .scope = SCOPE_WRITE,
     .body = BODY_JSON, .status = 200, .tag = "vectors", .summary = "Move an index (not yet)",
     .request = &shape_index_patch, .response = &shape_index},
    {"DELETE", "/vectors/indexes/{index}", route_index_delete, .scope = SCOPE_WRITE, .status = 204,
     .tag = "vectors", .summary = "Drop an index"},
    {"POST", "/vectors/search/{index}", route_search, .scope = SCOPE_READ, .body = BODY_JSON,
     .status = 200, .tag = "vectors", .summary = "The rows nearest to a text or a vector",
     .request = &shape_search_request, .response = &shape_search_result},
    {"GET", "/vectors/doc/{index}/{doc_id}", route_document, .scope = SCOPE_READ, .status = 200,
     .tag = "vectors", .summary = "All chunks of a document", .response = &shape_document},
    {"POST", "/vectors/hnsw/build/{index}", route_index_build, .scope = SCOPE_WRITE,
     .body = BODY_JSON, .status = 200, .may_be_async = true, .tag = "vectors",
     .summary = "Build the graph anew", .request = &shape_build_request,
     .response = &shape_build_result},

    /* models */
    {"POST", "/ai/embed", route_embed, .scope = SCOPE_READ, .body = BODY_JSON, .status = 200,
     .tag = "models", .summary = "Vectors of texts", .request = &shape_embed_request,
     .response = &shape_embed_result},
    {"POST", "/v1/embeddings", route_openai_embeddings, .scope = SCOPE_READ, .body = BODY_JSON,
     .status = 200, .tag = "models", .summary = "The same in OpenAI's shape",
     .request = &shape_openai_request, .response = &shape_openai_result},
};
const size_t route_count = ARRAY_LEN(routes);
