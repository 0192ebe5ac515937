/* index_state.h - what an index service is made of; for the files of this module only.
 *
 * Ownership: index_service_create makes it, index_service_destroy ends it.   Threads: the parts
 * look after themselves. */
#ifndef INDEX_INDEX_STATE_H
#define INDEX_INDEX_STATE_H

#include "index/index_registry.h"
#include "index/query_cache.h"

struct IndexService {
    IndexConfig config; /* texts live in the arena */
    IndexDeps deps;
    IndexRegistry *registry;
    QueryCache *query_cache;
    Arena *arena;
};

/* Does the index reflect the newest state of its dataset? An index fed directly always does; one
 * whose dataset is gone does not. */
MUST_CHECK bool index_freshness(IndexService *service, const IndexRecord *record, bool *out_fresh,
                                Err *err);

/* Name, version, fingerprint and dimensions of the model, into a new record; borrowed from it. */
void index_record_set_model(IndexRecord *record, const Embedder *embedder);
/* FAIL_UNPROCESSABLE unless `embedder` makes vectors that belong into this index. */
MUST_CHECK bool index_model_check(const IndexRecord *record, const Embedder *embedder, Err *err);

#endif
