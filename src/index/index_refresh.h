/* index_refresh.h - a refresh under way: its state, shared by the files that carry it out.
 *
 * index_refresh.c compares, decides and publishes; refresh_embed.c reads the wanted texts again and
 * turns them into checkpointed segments.
 *
 * Ownership: everything in the refresh's own arena but what is reference counted.
 * Threads: the writer's. */
#ifndef INDEX_INDEX_REFRESH_H
#define INDEX_INDEX_REFRESH_H

#include "index/embed_batch.h"
#include "index/index_diff.h"
#include "index/index_publish.h"
#include "index/refresh_checkpoint.h"

typedef struct Refresh {
    IndexService *service;
    const RefreshRequest *request;
    Progress *progress;
    Arena *arena;
    uint64_t started_ns;

    /* settled */
    IndexWriter writer;
    Snapshot snapshot;
    IndexHead head; /* as it will be */
    Embedder *embedder;
    EmbedTerms terms;
    SegmentHome home;
    DatasetRows rows;

    /* compared */
    IndexDiff diff;
    bool has_diff;
    bool *wanted; /* by document of the diff's table: to embed, not yet taken over */

    /* staged */
    Checkpoint checkpoint;
    struct {
        Segment *items;
        size_t count, capacity;
    } added;
    RowIdList dead; /* rows of the base or of `added` that leave */
    uint64_t next_row_id;
    double embed_seconds;

    IndexView *published;
    RefreshResult result;
} Refresh;

/* Embeds diff.wanted, segment by segment, each followed by a checkpoint. */
MUST_CHECK bool refresh_embed(Refresh *refresh, Err *err);
/* Counts a document as new or changed; the rows of its old version, if there is one, die. */
void refresh_replaces(Refresh *refresh, const DiffDoc *doc);

#endif
