/* index_registry.h - the view of each index that is current, and who may write.
 *
 *     reader   index_registry_view -> search -> index_view_release
 *     writer   index_writer_begin -> ... index_publish ... -> index_writer_end
 *
 * A view that was looked at less than a second ago is taken as current; after that one reader
 * compares the head's etag, so what another process published is seen soon, at the price of one
 * small request a second. Readers never wait for writers.
 *
 * Ownership: a view that was handed out is the caller's to release.
 * Threads: any. One lock, held only to look at and swap pointers. */
#ifndef INDEX_INDEX_REGISTRY_H
#define INDEX_INDEX_REGISTRY_H

#include "index/index_find.h"
#include "index/index_view.h"

typedef struct IndexRegistry IndexRegistry;

IndexRegistry *index_registry_create(const IndexDeps *deps, Str cache_directory);
void index_registry_destroy(IndexRegistry *registry);

MUST_CHECK bool index_registry_view(IndexRegistry *registry, Str name, IndexView **out_view,
                                    Err *err);
/* Forgets the current view: the next reader loads it again. */
void index_registry_evict(IndexRegistry *registry, Str name);
/* The next reader compares with what is stored, however recent the last look was. */
void index_registry_expire(IndexRegistry *registry, Str name);

/* Short writers (upserts, deletions) wait for each other, up to half a minute; a long one (a
 * refresh, a build) is refused while another writes, and others while it does: FAIL_CONFLICT. */
typedef enum WriterKind { WRITER_SHORT, WRITER_LONG } WriterKind;

/* The right to write an index, whatever state it is in. */
typedef struct IndexEntry IndexEntry;
typedef struct IndexClaim {
    IndexRegistry *registry;
    IndexEntry *entry;
} IndexClaim;

MUST_CHECK bool index_claim_begin(IndexRegistry *registry, Str name, WriterKind kind,
                                  IndexClaim *out, Err *err);
void index_claim_end(IndexClaim *claim);

typedef struct IndexWriter {
    IndexClaim claim;
    Str name, bucket;
    ObjectStore *store;
    IndexView *base; /* as stored when the writer began; NULL = no such index yet */
} IndexWriter;

/* `bucket` is where a new index goes ("" = primary). The arena outlives the writer. */
MUST_CHECK bool index_writer_begin(IndexRegistry *registry, Str name, WriterKind kind, Str bucket,
                                   Arena *arena, IndexWriter *out, Err *err);
void index_writer_end(IndexWriter *writer);
/* The writer's new view is current from now on; takes a reference of its own. */
void index_writer_install(const IndexWriter *writer, IndexView *view);

/* What it takes to read and write the segments of an index. */
MUST_CHECK bool index_registry_home(IndexRegistry *registry, const IndexRecord *record,
                                    ObjectStore *store, SegmentHome *out, Err *err);
const IndexDeps *index_registry_deps(const IndexRegistry *registry);

#endif
