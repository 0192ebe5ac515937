/* services.h - everything that the routes may call, handed in by whoever builds the program.
 *
 * Ownership: the gateway borrows all of it; it must outlive gateway_stop.   Threads: constant. */
#ifndef GATEWAY_SERVICES_H
#define GATEWAY_SERVICES_H

#include "base/budget.h"
#include "catalog/catalog.h"
#include "embed/model_set.h"
#include "index/index_service.h"
#include "ingest/ingest.h"
#include "jobs/jobs.h"
#include "query/query_engine.h"
#include "storage/bucket_registry.h"

/* What GET /version shows, one row each: {"version", "0.1.0"}, {"duckdb", "1.4.1"}, ... */
typedef struct VersionRow {
    const char *name;
    Str value;
} VersionRow;

typedef struct GatewayServices {
    BucketRegistry *buckets;
    Catalog *catalog;
    QueryEngine *query;
    Ingest *ingest;
    IndexService *indexes;
    ModelSet *models;
    JobRunner *jobs;
    Budget *budget;
    Str temp_directory; /* absolute: uploads on their way */
    const VersionRow *versions;
    size_t version_count;
    /* Have the indexes been opened once since the start? For /readyz. */
    bool (*warm)(void *context);
    void *warm_context;
} GatewayServices;

#endif
