/* index_graph.h - the graph of an index: when it is made, grown, kept or done without.
 *
 *     fewer than graph_rows_min living rows and no graph so far    none, searches are exact
 *     a graph, few rows after it                                   kept; the tail is searched
 * exactly a graph, a longer tail                                       grown over all rows no
 * usable graph, rows enough; or asked for                   built
 *
 * The tail may hold 1/32 of the graph's rows (at least 2048) before the graph grows: writing it
 * again costs bytes in proportion to all rows, so it must not happen on every append.
 *
 * Threads: the writer of the index; builds use the pool. */
#ifndef INDEX_INDEX_GRAPH_H
#define INDEX_INDEX_GRAPH_H

#include "index/index_state.h"

typedef struct GraphRequest {
    const IndexView *base; /* the state before, or NULL */
    bool renumbered;       /* base's graph does not fit the new positions */
    bool build;            /* build anew whatever there is, with: */
    HnswParams params;     /* otherwise used where one has to be built */
    uint32_t rows_min;
    double *out_seconds; /* time spent building; may be NULL */
    Progress *progress;
} GraphRequest;

/* Gives `view`, which is not yet published, its graph and head.graph; stores a new one. */
MUST_CHECK bool index_graph_provide(IndexService *service, IndexView *view,
                                    const GraphRequest *request, Arena *arena, Err *err);

typedef enum GraphStep { GRAPH_NONE, GRAPH_KEEP, GRAPH_GROW, GRAPH_BUILD } GraphStep;
/* The table above. `usable_rows`: rows that a graph at hand covers, 0 = there is none; `had`: there
 * was one in the head, usable or not. */
GraphStep graph_step(uint64_t living, uint64_t total, uint64_t usable_rows, bool had,
                     uint64_t rows_min);

#endif
