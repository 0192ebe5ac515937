/* row_segment.h - a segment: one object in the index's bucket, and its decoded copy on this disk.
 *
 * Making one goes through the decoded copy: rows are written into a row cache file, from which the
 * backend writes the object; so a segment that this process made is never decoded here. Opening
 * one maps the copy, or makes it anew from the object, whose checksum is compared with the head's
 * first: a damaged object is FAIL_CORRUPT naming its key, and a damaged copy is replaced.
 *
 * Ownership: results are retained for the caller.   Threads: any; two that decode the same segment
 * at once do the work twice and end with the same file. */
#ifndef INDEX_ROW_SEGMENT_H
#define INDEX_ROW_SEGMENT_H

#include "index/index_head.h"
#include "index/row_store.h"

/* Where the segments of one index live, and what is needed to read and write them. */
typedef struct SegmentHome {
    Str index_name, bucket;
    ObjectStore *store;
    const RowStoreOps *backend;
    uint32_t dimension;
    Str cache_directory;
    Duck *duck;
    ObjectCache *cache;
    Budget *budget;
} SegmentHome;

typedef struct Segment {
    SegmentRef ref;
    RowCache *rows; /* one reference */
} Segment;

/* Rows on their way into a new segment. */
typedef struct SegmentDraft {
    const SegmentHome *home;
    RowCacheWriter *writer;
    Str path; /* temporary */
} SegmentDraft;

MUST_CHECK bool segment_draft_begin(const SegmentHome *home, uint64_t row_count, Arena *arena,
                                    SegmentDraft *out, Err *err);
/* Stores the object under a new key and opens the result; the draft is used up either way. */
MUST_CHECK bool segment_draft_store(SegmentDraft *draft, Progress *progress, Arena *arena,
                                    Segment *out, Err *err);
void segment_draft_abandon(SegmentDraft *draft);

RowCache *segment_open(const SegmentHome *home, const SegmentRef *ref, Err *err);
/* Forgets the decoded copy; whoever has it open keeps it. */
void segment_forget(const SegmentHome *home, Str checksum);

/* XXH3-128 of a file, as 32 hex digits. */
MUST_CHECK bool file_checksum(const char *path, Arena *arena, Str *out, uint64_t *out_bytes,
                              Err *err);

#endif
