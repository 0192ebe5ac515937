/* parts.h - every object of a server, built in order and taken down in reverse.
 *
 * The one struct that knows all modules. No module may hold it: each is handed only what it needs.
 *
 * Ownership: parts_open fills what parts_close frees, also after a failure half-way.
 * Threads: one. */
#ifndef APP_PARTS_H
#define APP_PARTS_H

#include "app/app_config.h"
#include "app/data_dir.h"
#include "base/budget.h"
#include "base/thread_pool.h"
#include "catalog/catalog.h"
#include "embed/model_set.h"
#include "index/index_service.h"
#include "ingest/ingest.h"
#include "watch/watch.h"
#include "jobs/jobs.h"
#include "query/duck_session.h"
#include "query/query_engine.h"
#include "storage/bucket_registry.h"
#include "storage/object_cache.h"

typedef struct Parts {
    Arena *arena; /* process lifetime: paths, settings */
    DataDir dir;
    Budget *budget;
    ThreadPool *pool;
    BucketRegistry *buckets;
    Catalog *catalog;
    ObjectCache *cache;
    Duck *duck; /* trusted: ingest and index rows */
    ModelSet *models;
    LineageEvents *lineage; /* NULL: no events are wanted */
    Ingest *ingest;
    IndexService *indexes;
    QueryEngine *query; /* locked: users' SQL */
    JobRunner *jobs;
    Watcher *watcher;
} Parts;

MUST_CHECK bool parts_open(Parts *parts, const AppConfig *config, Err *err);
void parts_close(Parts *parts); /* a zeroed or half-built one is fine */

#endif
