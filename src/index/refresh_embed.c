/* refresh_embed.c - the second pass of a refresh: read the wanted texts, embed, stage.
 *
 * Only files that hold wanted rows are opened, between the first and the last wanted row; rows in
 * between are passed over. The texts stream through: in memory is one batch, at most
 * checkpoint_texts chunks and one document more. Embedding runs inside the scan's callback, so the
 * reader waits while the model works.
 *
 * A text whose hash is not the one seen in the first pass means that an immutable file has changed:
 * FAIL_CORRUPT.
 *
 * Tested by: test_index_refresh.c. */
#include "index/index_refresh.h"

#include "base/hash.h"
#include "base/vec.h"

typedef struct EmbedPass {
    Refresh *refresh;
    EmbedBatch batch;
    size_t from, to; /* of diff.wanted: the rows of the file being read */
    size_t done;     /* of those, handed on */
} EmbedPass;

static const DiffDoc *wanted_doc(const Refresh *refresh, size_t at) {
    return &refresh->diff.table.docs[refresh->diff.wanted[at]];
}

void refresh_replaces(Refresh *refresh, const DiffDoc *doc) {
    if (diff_doc_is_known(doc)) {
        refresh->result.changed_docs_embedded++;
        index_view_doc_row_ids(refresh->writer.base, doc->known, &refresh->dead, refresh->arena);
    } else {
        refresh->result.new_docs_embedded++;
    }
}

static bool stage(EmbedPass *pass, Err *err) {
    Refresh *refresh = pass->refresh;
    if (pass->batch.chunks.count == 0)
        return true;
    BatchStored stored;
    if (!embed_batch_store(&pass->batch, &refresh->home, refresh->next_row_id, refresh->progress,
                           refresh->arena, &stored, err))
        return false;
    *vec_push(&refresh->added, refresh->arena) = stored.segment;
    refresh->next_row_id = stored.segment.ref.last_row_id + 1;
    refresh->embed_seconds += stored.embed_seconds;
    refresh->result.new_chunks_embedded += stored.embedded_chunks;
    refresh->result.truncated_chunks += stored.truncated_chunks;
    StagedSegment segment = {stored.segment.ref, stored.truncated_chunks};
    return checkpoint_add(&refresh->checkpoint, &refresh->home, &segment, err);
}

/* A text that is not blank and yet gives no chunk: counted with the blank ones. */
static void pass_over(Refresh *refresh, const DiffDoc *doc) {
    refresh->head.source_counts.blank_text++;
    refresh->head.source_counts.docs--;
    if (diff_doc_is_known(doc)) {
        refresh->diff.gone_docs++;
        index_view_doc_row_ids(refresh->writer.base, doc->known, &refresh->dead, refresh->arena);
    }
}

static bool add_doc(EmbedPass *pass, const DiffDoc *doc, const DatasetRow *row, Err *err) {
    Refresh *refresh = pass->refresh;
    Hash128 content = hash128(row->text);
    if (content.low != doc->content.low || content.high != doc->content.high)
        return err_fail(err, FAIL_CORRUPT, "object '%.*s' changed while it was read",
                        STR_ARG(refresh->snapshot.files[row_ordinal_file(row->ordinal)].key));
    BatchDoc batch_doc = {row->id, refresh->snapshot.dataset, row->text, content};
    size_t chunks = 0;
    if (!embed_batch_add_text(&pass->batch, &batch_doc, &chunks, err))
        return false;
    if (chunks == 0) {
        pass_over(refresh, doc);
        progress_add(refresh->progress, 1);
    } else
        refresh_replaces(refresh, doc);
    bool full = pass->batch.chunks.count >= refresh->service->config.checkpoint_texts;
    return !full || stage(pass, err);
}

/* The wanted document at this row, or NULL: a search, since rows may come in any order. */
static const DiffDoc *doc_at(const EmbedPass *pass, RowOrdinal ordinal) {
    size_t from = pass->from;
    size_t to = pass->to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (wanted_doc(pass->refresh, middle)->ordinal < ordinal)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == pass->to || wanted_doc(pass->refresh, from)->ordinal != ordinal)
        return NULL;
    return wanted_doc(pass->refresh, from);
}

static bool take_row(void *context, const DatasetRow *row, Err *err) {
    EmbedPass *pass = context;
    const DiffDoc *doc = doc_at(pass, row->ordinal);
    if (doc == NULL)
        return true;
    pass->done++;
    return add_doc(pass, doc, row, err);
}

/* Reads the wanted rows of one file, those from pass->from on. */
static bool read_file(EmbedPass *pass, Err *err) {
    Refresh *refresh = pass->refresh;
    RowOrdinal first = wanted_doc(refresh, pass->from)->ordinal;
    size_t file = row_ordinal_file(first);
    while (pass->to < refresh->diff.wanted_count &&
           row_ordinal_file(wanted_doc(refresh, pass->to)->ordinal) == file)
        pass->to++;
    pass->done = 0;
    RowOrdinal last = wanted_doc(refresh, pass->to - 1)->ordinal;
    if (!dataset_rows_scan(&refresh->rows, file, row_ordinal_row(first), row_ordinal_row(last),
                           refresh->progress, take_row, pass, err))
        return false;
    if (pass->done != pass->to - pass->from)
        return err_fail(err, FAIL_CORRUPT, "object '%.*s' changed while it was read",
                        STR_ARG(refresh->snapshot.files[file].key));
    pass->from = pass->to;
    return true;
}

bool refresh_embed(Refresh *refresh, Err *err) {
    EmbedPass pass = {.refresh = refresh};
    embed_batch_init(&pass.batch, &refresh->terms);
    progress_start(refresh->progress, "embedding", "documents", refresh->diff.wanted_count);
    bool ok = true;
    while (ok && pass.from < refresh->diff.wanted_count)
        ok = read_file(&pass, err);
    ok = ok && stage(&pass, err);
    embed_batch_deinit(&pass.batch);
    return ok;
}
