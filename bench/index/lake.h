/* lake.h - buckets, catalog, DuckDB, a stand-in model and an index service in one folder. */
#ifndef BENCH_INDEX_LAKE_H
#define BENCH_INDEX_LAKE_H

#include "index/index_service.h"

typedef struct Lake {
    Arena *arena;
    Str folder;
    BucketRegistry *buckets;
    Catalog *catalog;
    Duck *duck;
    ObjectCache *cache;
    ModelSet *models;
    ThreadPool *pool;
    IndexConfig config;
    IndexService *service;
} Lake;

_Noreturn void lake_stop(const Err *err); /* prints it and exits */
Lake *lake_open(const char *folder, uint32_t dimension);
void lake_restart(Lake *lake);
void lake_close(Lake *lake);
/* Replaces the dataset "docs" by the rows of a SELECT of id and text. */
void lake_load(Lake *lake, Str select);

#endif
