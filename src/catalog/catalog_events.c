/* catalog_events.c - telling subscribers that a dataset has changed.
 *
 * Every way of writing ends in catalog_commit, and catalog_commit ends here: no path of ingest can
 * forget to mark what depends on a dataset.
 *
 * Tested by: tests/unit/catalog/test_catalog.c. */
#include "catalog/catalog_state.h"

#include <assert.h>

void catalog_subscribe(Catalog *catalog, DatasetChangedFn fn, void *context) {
    assert(catalog->subscriber_count < CATALOG_SUBSCRIBERS_MAX);
    catalog->subscribers[catalog->subscriber_count].fn = fn;
    catalog->subscribers[catalog->subscriber_count++].context = context;
}

void catalog_publish(Catalog *catalog, Str dataset, uint64_t snapshot_id) {
    for (size_t i = 0; i < catalog->subscriber_count; i++)
        catalog->subscribers[i].fn(catalog->subscribers[i].context, dataset, snapshot_id);
}
