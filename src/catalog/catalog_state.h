/* catalog_state.h - what the files of this module share: the Catalog and its inner verbs.
 *
 * Lock order: a name's stripe, then the cache's own lock. Subscribers are called under neither. */
#ifndef CATALOG_CATALOG_STATE_H
#define CATALOG_CATALOG_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalog/catalog.h"
#include "catalog/dataset_head.h"
#include "catalog/snapshot_cache.h"

enum { CATALOG_STRIPES = 64, CATALOG_SUBSCRIBERS_MAX = 16, CATALOG_SWAPS_MAX = 16 };

struct Catalog {
    BucketRegistry *buckets;
    SnapshotCache *cache;
    _Atomic uint64_t last_id; /* highest snapshot id that this process has given out */
    /* One writer at a time for a name, whatever its case: two datasets "a" and "A" cannot come up
     * at once, and writers of one process queue instead of losing swaps to each other. */
    pthread_mutex_t stripes[CATALOG_STRIPES];
    struct {
        DatasetChangedFn fn;
        void *context;
    } subscribers[CATALOG_SUBSCRIBERS_MAX];
    size_t subscriber_count;
};

/* A dataset that was found: its head, and the store it lives in. */
typedef struct DatasetPlace {
    DatasetHead head;
    ObjectStore *store;
} DatasetPlace;

/* FAIL_NOT_FOUND when no bucket has it; another failure when a bucket that might have it could not
 * be read. */
MUST_CHECK bool catalog_locate(Catalog *catalog, Str dataset, Arena *arena, DatasetPlace *out,
                               Err *err);
/* A snapshot of the place, by id, whether or not it was ever published. */
MUST_CHECK bool catalog_load(Catalog *catalog, const DatasetPlace *place, uint64_t id, Arena *arena,
                             Snapshot *out, Err *err);
/* Remembers what was just written; `own` is taken over. */
void catalog_remember(Catalog *catalog, const DatasetPlace *place, Arena *own,
                      const Snapshot *snapshot, Arena *arena);

/* Swaps the head of a live dataset after `edit` has changed it, again on a newer one when another
 * writer won (bounded); *out_before is what it was. */
typedef bool (*HeadEditFn)(Catalog *catalog, const DatasetPlace *place, DatasetHead *head,
                           void *context, Arena *arena, Err *err);
MUST_CHECK bool catalog_edit_head(Catalog *catalog, Str dataset, HeadEditFn edit, void *context,
                                  Arena *arena, DatasetPlace *out_before, Err *err);

pthread_mutex_t *catalog_stripe(Catalog *catalog, Str dataset);
void catalog_publish(Catalog *catalog, Str dataset, uint64_t snapshot_id);

#endif
