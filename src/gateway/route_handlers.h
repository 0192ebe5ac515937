/* route_handlers.h - the handlers that the table in routes.c names, by the file that holds them.
 *
 * Threads: any; see router.h. */
#ifndef GATEWAY_ROUTE_HANDLERS_H
#define GATEWAY_ROUTE_HANDLERS_H

#include "gateway/route_call.h"

#define HANDLER(name) bool name(RouteCall *call, HttpResponse *response, Err *err)

/* route_service.c */
HANDLER(route_health);
HANDLER(route_ready);
HANDLER(route_version);
HANDLER(route_metrics);
HANDLER(route_openapi);

/* route_jobs.c */
HANDLER(route_job_list);
HANDLER(route_job_get);
HANDLER(route_job_cancel);
HANDLER(route_job_events);

/* route_buckets.c */
HANDLER(route_bucket_list);
HANDLER(route_bucket_create);
HANDLER(route_bucket_delete);

/* route_objects.c */
HANDLER(route_object_list);
HANDLER(route_object_get);
HANDLER(route_object_put);
bool route_object_put_check(RouteCall *call, Err *err);
HANDLER(route_object_delete);

/* route_catalog.c */
HANDLER(route_dataset_list);
HANDLER(route_dataset_get);
HANDLER(route_dataset_snapshots);
HANDLER(route_dataset_lineage);
HANDLER(route_dataset_patch);
HANDLER(route_dataset_delete);

/* route_ingest.c */
HANDLER(route_ingest_file);

/* route_ingest_table.c */
HANDLER(route_ingest_postgres);
HANDLER(route_ingest_mysql);

/* route_verify.c */
HANDLER(route_verify);

/* route_watch.c */
HANDLER(route_watch);

/* route_query.c */
HANDLER(route_query_sql);

/* route_indexes.c */
HANDLER(route_index_list);
HANDLER(route_index_get);
HANDLER(route_index_delete);
HANDLER(route_index_patch);
HANDLER(route_index_refresh);
HANDLER(route_index_build);

/* route_feed.c */
HANDLER(route_index_upsert);
HANDLER(route_index_delete_docs);

/* route_search.c */
HANDLER(route_search);
HANDLER(route_document);

/* route_embed.c */
HANDLER(route_embed);
HANDLER(route_openai_embeddings);

#undef HANDLER

#endif
