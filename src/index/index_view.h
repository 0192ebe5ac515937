/* index_view.h - one published state of an index: what a search holds on to.
 *
 * A view is made whole, then never changes; a writer publishes another one by a pointer swap
 * (index_registry.h), and whoever still reads the old one keeps it. Rows are numbered by position:
 * the segments of the head laid end to end, dead rows included, so a graph made for a prefix stays
 * right while rows are added or die.
 *
 *     position  0 .............. graph_rows ............ row_count
 *               [ graph, if any ][ tail: searched exactly ]
 *
 * Ownership: reference counted; everything in it lives in its arena or in mappings that it holds.
 * Threads: immutable once made; the count is atomic. */
#ifndef INDEX_INDEX_VIEW_H
#define INDEX_INDEX_VIEW_H

#include <stdatomic.h>

#include "index/row_segment.h"
#include "index/tombstones.h"

/* Something to search: an index over the positions from `first` on. */
typedef struct SearchPart {
    VectorIndex *index; /* NULL = no rows there */
    uint32_t first;
    const uint64_t *allowed; /* its living rows, or NULL: all of them */
    uint32_t allowed_count;
} SearchPart;

typedef struct ViewSegment {
    SegmentRef ref;
    RowCache *rows;
    uint32_t first; /* position of its first row */
    uint32_t dead_rows;
} ViewSegment;

/* A graph outlives the view it was opened for: views that follow use it until it is replaced. It
 * holds the row caches whose vectors it was made over, merged away or not. */
typedef struct SharedGraph {
    atomic_uint references;
    VectorIndex *index;
    Segment *segments; /* only their rows */
    size_t segment_count;
} SharedGraph;

typedef struct IndexView {
    atomic_uint references;
    Arena *arena;
    SegmentHome home;
    IndexHead head;
    Str etag; /* of the head */
    ViewSegment *segments;
    size_t segment_count;
    uint32_t row_count, live_count;
    RowIds dead;
    const uint64_t *live; /* bitmap over positions, or NULL: all live */
    SearchPart exact, graph, tail;
    SharedGraph *shared_graph;
    Err graph_error; /* why there is a graph in the head but none here; else FAIL_NONE */
} IndexView;

/* A document where it lies now. */
typedef struct DocPlace {
    uint32_t segment, doc;
} DocPlace;

typedef struct ViewPlan {
    const SegmentHome *home; /* its texts are copied; its store must be found again by the view */
    BucketRegistry *buckets;
    const IndexHead *head; /* copied */
    Str etag;
} ViewPlan;

/* Makes a view of rows that the caller has open (their references are taken over) and ids of dead
 * rows (copied), which must all be there: FAIL_CORRUPT. Without a graph. */
IndexView *index_view_make(const ViewPlan *plan, const Segment *segments, size_t segment_count,
                           RowIds dead, Err *err);
/* Loads all that the head names; segments that `previous` (may be NULL) has open are shared. */
IndexView *index_view_load(const ViewPlan *plan, const IndexView *previous, Err *err);
/* Takes over the graph, which covers the first rows; only before the view is published. */
void index_view_set_graph(IndexView *view, VectorIndex *graph);
/* The same graph for the view after: positions of the rows that it covers have not changed. */
void index_view_share_graph(IndexView *view, const IndexView *other);
/* The first `rows` rows as a set to build or open a graph over; lives as long as the view. */
VectorSet index_view_rows_set(IndexView *view, uint32_t rows);

IndexView *index_view_retain(IndexView *view);
void index_view_release(IndexView *view);  /* NULL is fine */
void index_view_release_defer(void *view); /* for arena_defer */

bool index_view_is_live(const IndexView *view, uint32_t position);
IndexRow index_view_row(const IndexView *view, uint32_t position);
/* The living version of a document. */
bool index_view_find_doc(const IndexView *view, Str doc_id, DocPlace *out);
RowDoc index_view_doc(const IndexView *view, DocPlace place);
bool index_view_doc_is_live(const IndexView *view, DocPlace place);
uint64_t index_view_live_docs(const IndexView *view);
/* Row ids of a document, appended to a growing array. */
typedef struct RowIdList {
    uint64_t *items;
    size_t count, capacity;
} RowIdList;
void index_view_doc_row_ids(const IndexView *view, DocPlace place, RowIdList *list, Arena *arena);

/* The chunks counted in the head are those that are there. */
MUST_CHECK bool index_view_check_counts(const IndexView *view, Err *err);
/* Every invariant between head, segments and tombstones; for tests and doctor. */
MUST_CHECK bool index_view_check(const IndexView *view, Err *err);

#endif
