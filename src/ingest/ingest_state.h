/* ingest_state.h - inside of ingest: what every load may use. */
#ifndef INGEST_INGEST_STATE_H
#define INGEST_INGEST_STATE_H

#include <pthread.h>

#include "ingest/ingest.h"

typedef struct TableInUse TableInUse;

struct Ingest {
    Arena *arena;
    IngestConfig config;
    Duck *duck;
    Catalog *catalog;
    BucketRegistry *buckets;
    ObjectCache *cache;
    Budget *budget;
    pthread_mutex_t tables_lock;
    TableInUse *tables_in_use; /* loads of databases under way: protected by tables_lock */
};

#endif
