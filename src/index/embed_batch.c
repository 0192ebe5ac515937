/* embed_batch.c - chunk, embed and store a batch of documents.
 *
 * Tested by: test_embed_batch.c, and by the tests of refresh and feed. */
#include "index/embed_batch.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"

enum { ID_BYTES_SHOWN = 64 };

void embed_batch_init(EmbedBatch *batch, const EmbedTerms *terms) {
    *batch = (EmbedBatch){.terms = terms, .arena = arena_create()};
}

void embed_batch_deinit(EmbedBatch *batch) {
    arena_destroy(batch->arena);
    *batch = (EmbedBatch){0};
}

static void empty(EmbedBatch *batch) {
    arena_reset(batch->arena);
    memset(&batch->chunks, 0, sizeof batch->chunks);
}

bool vector_scale_to_unit(const float *vector, size_t dimension, float *out) {
    double square = 0.0;
    for (size_t i = 0; i < dimension; i++) {
        if (!isfinite(vector[i]))
            return false;
        square += (double)vector[i] * (double)vector[i];
    }
    if (square <= 0.0)
        return false;
    double scale = 1.0 / sqrt(square);
    for (size_t i = 0; i < dimension; i++)
        out[i] = (float)((double)vector[i] * scale);
    return true;
}

/* --- adding ------------------------------------------------------------------------------- */

static BatchChunk doc_chunk(EmbedBatch *batch, const BatchDoc *doc) {
    return (BatchChunk){
        .doc_id = str_dup(batch->arena, doc->id),
        .source = str_dup(batch->arena, doc->source),
        .content = doc->content,
    };
}

bool embed_batch_add_text(EmbedBatch *batch, const BatchDoc *doc, size_t *out_chunks, Err *err) {
    if (!utf8_valid(doc->text))
        return err_fail(err, FAIL_UNPROCESSABLE, "the text of document '%.*s' is not valid UTF-8",
                        STR_ARG(utf8_clip(doc->id, ID_BYTES_SHOWN)));
    Str text = str_dup(batch->arena, doc->text);
    Chunk *chunks;
    size_t count;
    if (!chunk_text(text, &batch->terms->chunking, batch->arena, &chunks, &count, err))
        return false;
    BatchChunk first = doc_chunk(batch, doc);
    for (size_t i = 0; i < count; i++) {
        BatchChunk *chunk = vec_push(&batch->chunks, batch->arena);
        *chunk = first;
        chunk->text = chunks[i].text;
        chunk->chunk_idx = (int32_t)i;
    }
    *out_chunks = count;
    return true;
}

bool embed_batch_add_vector(EmbedBatch *batch, const BatchDoc *doc, const float *vector,
                            size_t dimension, Err *err) {
    Str id = utf8_clip(doc->id, ID_BYTES_SHOWN);
    if (dimension != batch->terms->dimensions) {
        err_fail(err, FAIL_UNPROCESSABLE,
                 "the vector of document '%.*s' has %zu dimensions, the index %u", STR_ARG(id),
                 dimension, batch->terms->dimensions);
        return err_field(err, "vector");
    }
    float *copy = ARENA_ARRAY(batch->arena, float, dimension);
    bool usable = true;
    if (batch->terms->metric == METRIC_COSINE)
        usable = vector_scale_to_unit(vector, dimension, copy);
    for (size_t i = 0; i < dimension && batch->terms->metric != METRIC_COSINE; i++) {
        copy[i] = vector[i];
        usable = usable && isfinite(vector[i]);
    }
    if (!usable) {
        err_fail(err, FAIL_INVALID, "the vector of document '%.*s' is zero or not finite",
                 STR_ARG(id));
        return err_field(err, "vector");
    }
    BatchChunk *chunk = vec_push(&batch->chunks, batch->arena);
    *chunk = doc_chunk(batch, doc);
    chunk->text = str_dup(batch->arena, doc->text);
    chunk->given = copy;
    return true;
}

/* --- embedding ---------------------------------------------------------------------------- */

/* Up to texts_per_call chunks that need the model. */
typedef struct Call {
    Str *texts;
    size_t *chunks; /* which chunk each text is of */
    size_t count;
    size_t docs; /* documents that begin since the last call, for the progress */
    float *vectors;
    bool *truncated;
} Call;

static bool embed_texts(const EmbedBatch *batch, const Call *call, size_t from, size_t count,
                        Err *err) {
    EmbedRequest request = {.role = EMBED_DOCUMENT, .texts = call->texts + from, .count = count};
    return embedder_embed(batch->terms->embedder, &request,
                          call->vectors + from * batch->terms->dimensions, call->truncated + from,
                          err);
}

static bool embed_singly(const EmbedBatch *batch, const Call *call, Err *err) {
    for (size_t i = 0; i < call->count; i++) {
        if (embed_texts(batch, call, i, 1, err))
            continue;
        const BatchChunk *chunk = &batch->chunks.items[call->chunks[i]];
        return err_wrap(err, "embed chunk %d of document '%.*s'", chunk->chunk_idx,
                        STR_ARG(utf8_clip(chunk->doc_id, ID_BYTES_SHOWN)));
    }
    return true;
}

static bool run_call(const EmbedBatch *batch, Call *call, float *vectors, Progress *progress,
                     BatchStored *stored, Err *err) {
    if (!progress_check(progress, err))
        return false;
    if (call->count > 0 && !embed_texts(batch, call, 0, call->count, err)) {
        if (!err_is(err, FAIL_UPSTREAM) || call->count == 1)
            return false;
        err_clear(err);
        if (!embed_singly(batch, call, err))
            return false;
    }
    size_t dimension = batch->terms->dimensions;
    for (size_t i = 0; i < call->count; i++) {
        memcpy(vectors + call->chunks[i] * dimension, call->vectors + i * dimension,
               dimension * sizeof *vectors);
        stored->truncated_chunks += call->truncated[i];
    }
    stored->embedded_chunks += call->count;
    progress_add(progress, call->docs);
    call->count = 0;
    call->docs = 0;
    return true;
}

static bool embed_all(const EmbedBatch *batch, float *vectors, Progress *progress,
                      BatchStored *stored, Err *err) {
    size_t dimension = batch->terms->dimensions;
    size_t most = batch->terms->texts_per_call == 0 ? 1 : batch->terms->texts_per_call;
    Call call = {
        .texts = ARENA_ARRAY(batch->arena, Str, most),
        .chunks = ARENA_ARRAY(batch->arena, size_t, most),
        .vectors = ARENA_ARRAY(batch->arena, float, most *dimension),
        .truncated = ARENA_ARRAY(batch->arena, bool, most),
    };
    for (size_t i = 0; i < batch->chunks.count; i++) {
        const BatchChunk *chunk = &batch->chunks.items[i];
        call.docs += chunk->chunk_idx == 0;
        if (chunk->given != NULL) {
            memcpy(vectors + i * dimension, chunk->given, dimension * sizeof *vectors);
            continue;
        }
        call.texts[call.count] = chunk->text;
        call.chunks[call.count++] = i;
        if (call.count == most && !run_call(batch, &call, vectors, progress, stored, err))
            return false;
    }
    return run_call(batch, &call, vectors, progress, stored, err);
}

/* --- storing ------------------------------------------------------------------------------ */

static bool write_rows(const EmbedBatch *batch, const float *vectors, uint64_t first_row_id,
                       SegmentDraft *draft, Err *err) {
    for (size_t i = 0; i < batch->chunks.count; i++) {
        const BatchChunk *chunk = &batch->chunks.items[i];
        IndexRow row = {
            .row_id = first_row_id + i,
            .doc_id = chunk->doc_id,
            .chunk_idx = chunk->chunk_idx,
            .chunk_text = chunk->text,
            .source = chunk->source,
            .content_hash = chunk->content,
            .vector = vectors + i * batch->terms->dimensions,
        };
        if (!row_cache_writer_add(draft->writer, &row, err))
            return false;
    }
    return true;
}

static bool store_rows(const EmbedBatch *batch, const SegmentHome *home, const float *vectors,
                       uint64_t first_row_id, Arena *arena, Segment *out, Err *err) {
    SegmentDraft draft;
    if (!segment_draft_begin(home, batch->chunks.count, arena, &draft, err))
        return false;
    if (!write_rows(batch, vectors, first_row_id, &draft, err)) {
        segment_draft_abandon(&draft);
        return false;
    }
    /* Not cancelled half-way: what is embedded shall be found by the next refresh. */
    return segment_draft_store(&draft, NULL, arena, out, err);
}

bool embed_batch_store(EmbedBatch *batch, const SegmentHome *home, uint64_t first_row_id,
                       Progress *progress, Arena *arena, BatchStored *out, Err *err) {
    BatchStored stored = {0};
    uint64_t bytes = (uint64_t)batch->chunks.count * batch->terms->dimensions * sizeof(float);
    ArenaMark mark = arena_mark(batch->arena);
    if (!budget_hold(batch->terms->budget, bytes, "embedding a batch", batch->arena, err))
        return false;
    float *vectors = arena_alloc(batch->arena, bytes);
    uint64_t start = clock_monotonic_ns();
    bool ok = embed_all(batch, vectors, progress, &stored, err);
    stored.embed_seconds = clock_seconds_since(start);
    ok = ok && store_rows(batch, home, vectors, first_row_id, arena, &stored.segment, err);
    arena_rewind(batch->arena, mark);
    if (!ok)
        return false;
    empty(batch);
    *out = stored;
    return true;
}
