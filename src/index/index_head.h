/* index_head.h - the one small object that says what an index is: vectors/<index>/head.json.
 *
 * Readers start here, writers end here: a new head is published by compare-and-swap after all that
 * it names has been stored. The text is JSON, "format": 1; its fields stand in docs/formats.md.
 *
 * What a newer version of the program added to a head survives being rewritten by this one: fields
 * that we do not know are carried along in `extra`. A record without `bucket` lives in the bucket
 * it was found in (primary, for records older than buckets); one without `source` takes it from
 * the name ("resumes_v2" -> "resumes"). What cannot be read is FAIL_CORRUPT naming the object,
 * never an index that is absent.
 *
 * Ownership: everything in the caller's arena.   Threads: pure functions. */
#ifndef INDEX_INDEX_HEAD_H
#define INDEX_INDEX_HEAD_H

#include "index/index_service.h"

enum { INDEX_HEAD_FORMAT = 1 };

/* An immutable block of rows. Rows lie in the order of their ids, and segments in that order too,
 * so a row's place is known from its id. */
typedef struct SegmentRef {
    Str key;
    uint64_t rows, size_bytes;
    uint64_t first_row_id, last_row_id;
    Str checksum; /* XXH3-128 of the object, 32 hex digits; names the decoded copy on disk */
} SegmentRef;

/* Counts, ids and checksum agree with each other. */
bool segment_ref_is_sound(const SegmentRef *ref);

typedef struct TombstoneRef {
    Str key; /* "" = nothing is deleted */
    uint64_t count;
    Str checksum;
} TombstoneRef;

/* A graph over the first `rows` rows, dead ones included. */
typedef struct GraphRef {
    Str key; /* "" = none */
    uint64_t rows, size_bytes;
    HnswParams params;
} GraphRef;

/* What the last refresh found in the dataset, so that a refresh of the same snapshot is free. */
typedef struct SourceCounts {
    uint64_t docs, null_id, null_text, blank_text, duplicate_ids;
} SourceCounts;

typedef struct IndexHead {
    IndexRecord record; /* `fresh` and the live fields are derived, not stored */
    uint64_t next_row_id;
    SegmentRef *segments;
    size_t segment_count;
    TombstoneRef tombstones;
    GraphRef graph;
    SourceCounts source_counts;
    /* Objects that the head before this one named and this one does not: readers of the old head
     * may still be at them. The writer after this one removes them. */
    Str *retired;
    size_t retired_count;
    Str write_id; /* random, another one each time the head is written */
    Str extra;    /* JSON object of the fields that we do not know; "" = none */
} IndexHead;

Str index_head_key(Str index_name, Arena *arena);
Str index_folder(Str index_name, Arena *arena); /* "vectors/<index>/" */
/* The dataset that an index is made from, judging by its name alone. */
Str index_source_of_name(Str index_name);

Str index_head_print(const IndexHead *head, Arena *arena);
/* `found_in` is the bucket that the bytes came from. */
MUST_CHECK bool index_head_parse(Str bytes, Str index_name, Str found_in, Arena *arena,
                                 IndexHead *out, Err *err);
/* Fills the record's live_* fields and counts of segments and tombstones from the rest. */
void index_head_derive(IndexHead *head);
/* Every object that the head names, itself and the retired ones included. */
size_t index_head_keys(const IndexHead *head, Arena *arena, Str **out_keys);
/* A copy whose texts live in `arena`. */
IndexHead index_head_copy(const IndexHead *head, Arena *arena);

#endif
