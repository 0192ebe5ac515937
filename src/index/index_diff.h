/* index_diff.h - which documents of a snapshot are new, changed or gone, against an index.
 *
 * One pass over the ids and texts; of each document 48 bytes are kept, whatever its length: hashes
 * of id and text, where its last row stands, and where the index has it. Two documents are the
 * same when XXH3-128 of their ids are; contents likewise.
 *
 * Rows with a null id, a null text or a text of white space only are counted and passed over. Of
 * several usable rows with one id the last one is the document; the others are counted.
 *
 * Ownership: index_diff_deinit frees; row ids live in the arena given.
 * Threads: one at a time. */
#ifndef INDEX_INDEX_DIFF_H
#define INDEX_INDEX_DIFF_H

#include "index/dataset_rows.h"
#include "index/index_view.h"

#define DOC_UNKNOWN UINT32_MAX

typedef struct DiffDoc {
    Hash128 id, content;
    RowOrdinal ordinal;
    DocPlace known; /* in the index; .segment is DOC_UNKNOWN when it is not there */
} DiffDoc;

typedef struct DiffTable {
    DiffDoc *docs;
    uint32_t count, capacity;
    uint32_t *slots; /* doc + 1, 0 = free */
    uint64_t slot_count;
    uint64_t budget_bytes;
    Budget *budget;
} DiffTable;

typedef struct IndexDiff {
    DiffTable table;
    SourceCounts counts;
    uint32_t *wanted; /* documents to embed, in the order of their rows */
    size_t wanted_count;
    RowIdList gone_rows;
    uint64_t gone_docs;
} IndexDiff;

typedef struct DiffRequest {
    const DatasetRows *rows;
    const IndexView *view; /* NULL = nothing is indexed */
    Budget *budget;
    Progress *progress;
} DiffRequest;

MUST_CHECK bool index_diff_run(const DiffRequest *request, Arena *arena, IndexDiff *out, Err *err);
void index_diff_deinit(IndexDiff *diff);

/* The document with this id, or NULL. */
const DiffDoc *index_diff_find(const IndexDiff *diff, Hash128 id);
static inline bool diff_doc_is_known(const DiffDoc *doc) {
    return doc->known.segment != DOC_UNKNOWN;
}

/* White space only (or nothing): such a text makes no chunks. */
bool text_is_blank(Str text);

#endif
