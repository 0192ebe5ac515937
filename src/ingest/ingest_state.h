/* ingest_state.h - inside of ingest: what every load may use. */
#ifndef INGEST_INGEST_STATE_H
#define INGEST_INGEST_STATE_H

#include "ingest/ingest.h"

struct Ingest {
    Arena *arena;
    IngestConfig config;
    Duck *duck;
    Catalog *catalog;
    BucketRegistry *buckets;
    ObjectCache *cache;
    Budget *budget;
};

#endif
