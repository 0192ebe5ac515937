/* gateway.h - the product over HTTP: every route of the API, over the modules handed in here.
 *
 * Ownership: borrows every service; they outlive the gateway.   Threads: start, drain and stop from
 * one thread; requests are answered on threads of their own in between. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "catalog/catalog.h"
#include "embed/model_set.h"
#include "index/index_service.h"
#include "ingest/ingest.h"
#include "watch/watch.h"
#include "jobs/jobs.h"
#include "query/query_engine.h"
#include "storage/bucket_registry.h"

typedef struct Gateway Gateway;

typedef struct GatewayServices {
    BucketRegistry *buckets;
    Catalog *catalog;
    QueryEngine *query;
    Ingest *ingest;
    IndexService *indexes;
    ModelSet *models;
    JobRunner *jobs;
    Watcher *watcher;
    const json_t *version;        /* the answer of GET /version */
    bool (*ready)(void *context); /* are the indexes loaded */
    void *ready_context;
} GatewayServices;

typedef struct GatewayConfig {
    Str host;
    uint16_t port; /* 0 picks a free one */
    uint32_t connections_max, connections_per_ip_max;
    uint32_t idle_timeout_ms, head_timeout_ms, body_timeout_ms;
    uint64_t body_bytes_max;      /* uploads and objects */
    uint64_t json_body_bytes_max; /* every other body */
    uint64_t rows_max;            /* of a JSON query answer that names no limit */
    Str upload_directory;         /* absolute; bodies are streamed to files here */
} GatewayConfig;

Gateway *gateway_start(const GatewayConfig *config, const GatewayServices *services, Err *err);
Str gateway_url(const Gateway *gateway, Arena *arena); /* "http://127.0.0.1:3100" */
/* Refuses new requests and waits for the running ones, at most so long. */
void gateway_drain(Gateway *gateway, uint32_t timeout_ms);
void gateway_stop(Gateway *gateway); /* NULL is fine */

/* The OpenAPI 3.1 document of the route table; needs no running gateway. */
json_t *gateway_openapi(const char *version, Arena *arena);

#endif
