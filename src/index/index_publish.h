/* index_publish.h - the one way in which an index changes: everything staged, then one swap.
 *
 *     rows of the base + new segments - dead rows -> compact -> tombstones -> view -> graph
 *     -> swap head (compare-and-swap) -> install the view -> remove what nobody names
 *
 * Until the swap the index is what it was; a failure leaves objects that no head names. They are
 * removed by the next publication of the same index: it lists the folder before its swap, and what
 * was listed and is not named afterwards belongs to writers who started from an older head and can
 * never publish. What the replaced head named is spared once (`retired`), for readers under way.
 *
 * A swap whose answer was lost is recognised by the head's write_id.
 *
 * Errors: FAIL_CONFLICT when another process published in between: nothing changed.
 * Ownership: see fields.   Threads: the writer's. */
#ifndef INDEX_INDEX_PUBLISH_H
#define INDEX_INDEX_PUBLISH_H

#include "index/index_graph.h"

typedef struct IndexChange {
    IndexHead head;       /* record and source counts as they shall be; the rest is filled in */
    const Segment *added; /* the caller's references are taken over, on failure too */
    size_t added_count;
    RowIds dead; /* rows of the base or of the added that are no longer part of the index */
    bool build_graph;
    HnswParams graph_params;
    /* Checkpoints of stopped refreshes are used up: they and their segments may go. */
    bool staging_done;
    double *out_graph_seconds; /* may be NULL */
    Progress *progress;
} IndexChange;

/* *out_view (may be NULL) is retained for the caller. */
MUST_CHECK bool index_publish(IndexService *service, const IndexWriter *writer, IndexChange *change,
                              Arena *arena, IndexView **out_view, Err *err);

#endif
