/* embed_batch.h - documents on their way to become one segment: chunked, embedded, checked, stored.
 *
 * Refreshes and upserts fill one, batch by batch; a document is never split over two segments. A
 * call to the model carries `texts_per_call` texts, after which its documents count as done; when a
 * remote model fails a call (wrong count, wrong order shows as wrong dimensions, not a number), its
 * texts are tried one by one, and the document that still fails is named.
 *
 * Memory: the texts of the batch and its vectors, the latter from the budget.
 * Ownership: texts are copied in; embed_batch_deinit frees.   Threads: one at a time. */
#ifndef INDEX_EMBED_BATCH_H
#define INDEX_EMBED_BATCH_H

#include "embed/chunker.h"
#include "embed/embedder.h"
#include "index/row_segment.h"

typedef struct EmbedTerms {
    Embedder *embedder; /* NULL: only documents with vectors */
    ChunkOptions chunking;
    uint32_t texts_per_call;
    uint32_t dimensions;
    Metric metric; /* given vectors are normalised for cosine */
    Budget *budget;
} EmbedTerms;

typedef struct BatchChunk {
    Str doc_id, source, text;
    Hash128 content;
    int32_t chunk_idx;
    const float *given; /* a vector that came with the document, or NULL */
} BatchChunk;

typedef struct EmbedBatch {
    const EmbedTerms *terms;
    Arena *arena;
    struct {
        BatchChunk *items;
        size_t count, capacity;
    } chunks;
} EmbedBatch;

typedef struct BatchDoc {
    Str id, source, text;
    Hash128 content;
} BatchDoc;

typedef struct BatchStored {
    Segment segment; /* a reference for the caller */
    uint64_t embedded_chunks, truncated_chunks;
    double embed_seconds;
} BatchStored;

void embed_batch_init(EmbedBatch *batch, const EmbedTerms *terms);
void embed_batch_deinit(EmbedBatch *batch);

/* Chunks the text; *out_chunks may be 0 (nothing but white space). The text is valid UTF-8, or
 * FAIL_UNPROCESSABLE names the document. */
MUST_CHECK bool embed_batch_add_text(EmbedBatch *batch, const BatchDoc *doc, size_t *out_chunks,
                                     Err *err);
/* One row with this vector; FAIL_UNPROCESSABLE for another dimension, FAIL_INVALID for numbers
 * that are not finite or, for cosine, all zero. */
MUST_CHECK bool embed_batch_add_vector(EmbedBatch *batch, const BatchDoc *doc, const float *vector,
                                       size_t dimension, Err *err);
/* Makes the chunks (at least one) into a stored segment and empties the batch. */
MUST_CHECK bool embed_batch_store(EmbedBatch *batch, const SegmentHome *home, uint64_t first_row_id,
                                  Progress *progress, Arena *arena, BatchStored *out, Err *err);

/* Scales to length 1; false for a vector that is zero or not finite. */
bool vector_scale_to_unit(const float *vector, size_t dimension, float *out);

#endif
