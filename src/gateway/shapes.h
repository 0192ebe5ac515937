/* shapes.h - the JSON objects of the API by name; see shape.h.
 *
 * Threads: constant tables. */
#ifndef GATEWAY_SHAPES_H
#define GATEWAY_SHAPES_H

#include "gateway/shape.h"

extern const Shape shape_problem;
extern const Shape shape_health, shape_readiness, shape_version;
extern const Shape shape_job, shape_job_list;
extern const Shape shape_bucket, shape_bucket_list, shape_bucket_create, shape_object_list,
    shape_object_put;
extern const Shape shape_dataset, shape_dataset_list, shape_dataset_patch, shape_snapshot_list,
    shape_lineage_list;
extern const Shape shape_ingest_table_request, shape_ingest_result;
extern const Shape shape_verify_request, shape_verify_result;
extern const Shape shape_watch_report;
extern const Shape shape_sql_request, shape_sql_result;
extern const Shape shape_refresh_request, shape_refresh_result;
extern const Shape shape_upsert_request, shape_delete_docs_request, shape_feed_result;
extern const Shape shape_index, shape_index_list, shape_index_patch;
extern const Shape shape_search_request, shape_search_result, shape_document;
extern const Shape shape_build_request, shape_build_result;
extern const Shape shape_embed_request, shape_embed_result;
extern const Shape shape_openai_request, shape_openai_result;

/* All of them, and those that only others mention, for /openapi.json; NULL at the end. */
extern const Shape *const shapes[];

#endif
