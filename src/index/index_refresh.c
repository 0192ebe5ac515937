/* index_refresh.c - bring an index up to date with its dataset.
 *
 *     become the writer -> pin the newest snapshot -> settle the terms (or refuse) -> compare
 *     -> take over what a stopped refresh left -> embed the rest in checkpointed batches
 *     -> publish: one swap to the pinned snapshot -> say what was done
 *
 * Nothing of the old index is touched before the swap; a failure anywhere leaves it as it was, and
 * the batches embedded so far to the next refresh. Rows added to the dataset meanwhile belong to
 * the next refresh too: the index then reflects the pinned snapshot, and is not fresh.
 *
 * With docs_max, the documents beyond it are left out, the index keeps its old snapshot id, and so
 * stays stale until a later refresh has taken them in.
 *
 * Tested by: test_index_refresh.c, test_index_crash.c, test_index_twin.c. */
#include "index/index_refresh.h"

#include <assert.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"

/* --- terms: what the request says, against what the index is -------------------------------- */

static bool refuse_change(const char *field, Str have, Str wanted, Err *err) {
    err_fail(err, FAIL_UNPROCESSABLE, "the index was made with %s '%.*s', not '%.*s'", field,
             STR_ARG(have), STR_ARG(utf8_clip(wanted, 64)));
    err_hint(err, "refresh into a new index, or delete this one first");
    return err_field(err, field);
}

static bool keep_text(const char *field, Str have, Str wanted, Err *err) {
    return str_is_empty(wanted) || str_eq(have, wanted) || refuse_change(field, have, wanted, err);
}

static bool keep_number(const char *field, uint32_t have, uint32_t wanted, uint32_t none,
                        Arena *arena, Err *err) {
    if (wanted == none || wanted == have)
        return true;
    return refuse_change(field, str_format(arena, "%u", have), str_format(arena, "%u", wanted),
                         err);
}

static bool settle_existing(Refresh *refresh, Err *err) {
    const RefreshRequest *request = refresh->request;
    const IndexRecord *record = &refresh->writer.base->head.record;
    if (str_is_empty(record->source)) {
        err_fail(err, FAIL_UNPROCESSABLE, "index '%.*s' is fed by upserts, not from a dataset",
                 STR_ARG(record->index_name));
        return err_hint(err, "refresh into an index of another name");
    }
    refresh->head = index_head_copy(&refresh->writer.base->head, refresh->arena);
    return keep_text("source", record->source, refresh->snapshot.dataset, err) &&
           keep_text("id_column", record->id_column, request->id_column, err) &&
           keep_text("text_column", record->text_column, request->text_column, err) &&
           keep_text("model", record->model_name, request->model, err) &&
           keep_text("backend", record->vector_backend, request->backend, err) &&
           keep_text("bucket", record->bucket, request->bucket, err) &&
           keep_number("chunk_size", record->chunk_size, request->chunk_size, 0, refresh->arena,
                       err) &&
           keep_number("overlap", record->overlap, request->overlap, UINT32_MAX, refresh->arena,
                       err);
}

static bool settle_new(Refresh *refresh, Err *err) {
    const RefreshRequest *request = refresh->request;
    const IndexConfig *config = &refresh->service->config;
    if (refresh->snapshot.file_count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "dataset '%.*s' has no objects",
                        STR_ARG(refresh->snapshot.dataset));
    const RowStoreOps *backend = row_store_find(request->backend, err);
    if (backend == NULL)
        return false;
    IndexRecord *record = &refresh->head.record;
    *record = (IndexRecord){
        .index_name = request->index_name,
        .source = refresh->snapshot.dataset,
        .id_column = request->id_column,
        .text_column = request->text_column,
        .metric = METRIC_COSINE,
        .chunk_size = request->chunk_size == 0 ? config->chunk_size : request->chunk_size,
        .overlap = request->overlap == UINT32_MAX ? config->overlap : request->overlap,
        .bucket = refresh->writer.bucket,
        .vector_backend = str_c(backend->name),
        .storage_key = str_format(refresh->arena, "vectors/%.*s", STR_ARG(request->index_name)),
        .created_at_us = clock_now_us(),
    };
    ChunkOptions options = {record->chunk_size, record->overlap};
    return chunk_options_check(&options, err);
}

static bool settle_model(Refresh *refresh, Err *err) {
    IndexRecord *record = &refresh->head.record;
    Str name = refresh->writer.base == NULL ? refresh->request->model : record->model_name;
    if (!model_set_get(refresh->service->deps.models, name, &refresh->embedder, err))
        return false;
    if (refresh->writer.base != NULL)
        return index_model_check(record, refresh->embedder, err);
    index_record_set_model(record, refresh->embedder);
    return true;
}

static bool settle_columns(Refresh *refresh, Err *err) {
    const IndexRecord *record = &refresh->head.record;
    DatasetRows *rows = &refresh->rows;
    const IndexDeps *deps = &refresh->service->deps;
    rows->cache = deps->cache;
    rows->duck = deps->duck;
    return dataset_rows_plan(&refresh->snapshot, record->id_column, record->text_column, rows,
                             err) &&
           bucket_find(deps->buckets, refresh->snapshot.bucket, refresh->arena, &rows->store, err);
}

static bool settle_terms(Refresh *refresh, Err *err) {
    bool settled =
        refresh->writer.base != NULL ? settle_existing(refresh, err) : settle_new(refresh, err);
    if (!settled || !settle_columns(refresh, err) || !settle_model(refresh, err))
        return false;
    const IndexConfig *config = &refresh->service->config;
    const IndexRecord *record = &refresh->head.record;
    uint32_t batch_max = refresh->embedder->info.batch_max;
    refresh->terms = (EmbedTerms){
        .embedder = refresh->embedder,
        .chunking = {record->chunk_size, record->overlap},
        .texts_per_call =
            batch_max > 0 && batch_max < config->embed_batch ? batch_max : config->embed_batch,
        .dimensions = record->dimensions,
        .metric = record->metric,
        .budget = refresh->service->deps.budget,
    };
    return index_registry_home(refresh->service->registry, record, refresh->writer.store,
                               &refresh->home, err);
}

/* --- a stopped refresh ---------------------------------------------------------------------- */

static bool open_staged(Refresh *refresh, Err *err) {
    Checkpoint *checkpoint = &refresh->checkpoint;
    for (size_t i = 0; i < checkpoint->segment_count; i++) {
        RowCache *rows = segment_open(&refresh->home, &checkpoint->segments[i].ref, err);
        if (rows == NULL)
            return false;
        *vec_push(&refresh->added, refresh->arena) = (Segment){checkpoint->segments[i].ref, rows};
        refresh->result.truncated_chunks += checkpoint->segments[i].truncated_chunks;
    }
    return true;
}

static void drop_added(Refresh *refresh) {
    for (size_t i = 0; i < refresh->added.count; i++)
        row_cache_release(refresh->added.items[i].rows);
    refresh->added.count = 0;
}

/* A staged document is taken over when it is still wanted, with the same content. */
static void match_staged(Refresh *refresh, const Segment *segment) {
    for (uint32_t i = 0; i < row_cache_docs(segment->rows); i++) {
        RowDoc doc = row_cache_doc(segment->rows, i);
        const DiffDoc *found = index_diff_find(&refresh->diff, hash128(doc.id));
        size_t at = found == NULL ? 0 : (size_t)(found - refresh->diff.table.docs);
        bool fits = found != NULL && refresh->wanted[at] &&
                    found->content.low == doc.content_hash.low &&
                    found->content.high == doc.content_hash.high;
        if (fits) {
            refresh->wanted[at] = false;
            refresh->result.resumed += doc.row_count;
            refresh_replaces(refresh, found);
            continue;
        }
        for (uint32_t row = doc.first_row; row < doc.first_row + doc.row_count; row++)
            *vec_push(&refresh->dead, refresh->arena) = row_cache_row_id(segment->rows, row);
    }
}

static bool take_over(Refresh *refresh, Err *err) {
    const IndexView *base = refresh->writer.base;
    CheckpointTerms terms = {
        .model_fingerprint = refresh->head.record.model_fingerprint,
        .dimensions = refresh->head.record.dimensions,
        .chunk_size = refresh->head.record.chunk_size,
        .overlap = refresh->head.record.overlap,
        .first_row_id = base == NULL ? 0 : base->head.next_row_id,
    };
    if (!checkpoint_open(&refresh->home, &terms, refresh->arena, &refresh->checkpoint, err))
        return false;
    if (!open_staged(refresh, err)) {
        bool lost = err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_CORRUPT);
        drop_added(refresh);
        refresh->result.truncated_chunks = 0;
        if (!lost)
            return false;
        err_clear(err); /* it only costs embedding again */
        checkpoint_restart(&refresh->checkpoint, &refresh->home);
    }
    refresh->next_row_id = checkpoint_next_row_id(&refresh->checkpoint);
    for (size_t i = 0; i < refresh->added.count; i++)
        match_staged(refresh, &refresh->added.items[i]);
    return true;
}

/* --- comparing ------------------------------------------------------------------------------ */

static bool compare(Refresh *refresh, Err *err) {
    DiffRequest request = {
        .rows = &refresh->rows,
        .view = refresh->writer.base,
        .budget = refresh->service->deps.budget,
        .progress = refresh->progress,
    };
    if (!index_diff_run(&request, refresh->arena, &refresh->diff, err))
        return false;
    refresh->has_diff = true;
    size_t docs = refresh->diff.table.count;
    if (!budget_hold(refresh->service->deps.budget, docs, "documents to embed", refresh->arena,
                     err))
        return false;
    refresh->wanted = ARENA_ARRAY(refresh->arena, bool, docs);
    for (size_t i = 0; i < refresh->diff.wanted_count; i++)
        refresh->wanted[refresh->diff.wanted[i]] = true;
    for (size_t i = 0; i < refresh->diff.gone_rows.count; i++)
        *vec_push(&refresh->dead, refresh->arena) = refresh->diff.gone_rows.items[i];
    refresh->head.source_counts = refresh->diff.counts;
    return true;
}

/* Keeps of the wanted documents those not taken over, docs_max of them at most. */
static void limit_wanted(Refresh *refresh) {
    uint64_t most = refresh->request->docs_max;
    IndexDiff *diff = &refresh->diff;
    size_t kept = 0;
    for (size_t i = 0; i < diff->wanted_count; i++) {
        if (!refresh->wanted[diff->wanted[i]])
            continue;
        if (most > 0 && kept == most)
            refresh->result.pending_docs++;
        else
            diff->wanted[kept++] = diff->wanted[i];
    }
    diff->wanted_count = kept;
}

/* ------------------------------------------------------------------------------------------ */

static bool pin_snapshot(Refresh *refresh, Err *err) {
    return catalog_snapshot(refresh->service->deps.catalog, refresh->request->dataset, 0,
                            refresh->arena, &refresh->snapshot, err);
}

static bool is_up_to_date(const Refresh *refresh) {
    const IndexView *base = refresh->writer.base;
    return base != NULL && base->head.record.snapshot_id == refresh->snapshot.id;
}

static bool publish(Refresh *refresh, Err *err) {
    IndexRecord *record = &refresh->head.record;
    if (refresh->result.pending_docs == 0)
        record->snapshot_id = refresh->snapshot.id;
    double graph_seconds = 0.0;
    IndexChange change = {
        .head = refresh->head,
        .added = refresh->added.items,
        .added_count = refresh->added.count,
        .dead = row_ids_make(refresh->dead.items, refresh->dead.count),
        .graph_params = refresh->service->config.hnsw,
        .staging_done = true,
        .out_graph_seconds = &graph_seconds,
        .progress = refresh->progress,
    };
    if (refresh->embed_seconds > 0.0) {
        change.head.record.chunks_per_sec =
            (double)refresh->result.new_chunks_embedded / refresh->embed_seconds;
        change.head.record.build_time_secs = clock_seconds_since(refresh->started_ns);
    }
    refresh->added.count = 0; /* taken over */
    progress_start(refresh->progress, "publishing", "chunks", 0);
    return index_publish(refresh->service, &refresh->writer, &change, refresh->arena,
                         &refresh->published, err);
}

static bool bring_up_to_date(Refresh *refresh, Err *err) {
    if (is_up_to_date(refresh))
        return true;
    if (!compare(refresh, err) || !take_over(refresh, err))
        return false;
    limit_wanted(refresh);
    return refresh_embed(refresh, err) && publish(refresh, err);
}

static bool complete_result(Refresh *refresh, Err *err) {
    const IndexView *now = refresh->published != NULL ? refresh->published : refresh->writer.base;
    assert(now != NULL); /* nothing was published: then there was a base */
    const SourceCounts *counts = &now->head.source_counts;
    RefreshResult *result = &refresh->result;
    result->dataset_name = refresh->snapshot.dataset;
    result->pre_existing_docs =
        refresh->writer.base == NULL ? 0 : refresh->writer.base->head.record.doc_count;
    result->dataset_docs = counts->docs;
    result->deleted_docs = refresh->has_diff ? refresh->diff.gone_docs : 0;
    result->total_embeddings_after = now->head.record.chunk_count;
    result->skipped_null_id = counts->null_id;
    result->skipped_null_text = counts->null_text;
    result->skipped_blank_text = counts->blank_text;
    result->duplicate_ids = counts->duplicate_ids;
    result->snapshot_id = refresh->snapshot.id;
    result->duration_secs = clock_seconds_since(refresh->started_ns);
    return index_freshness(refresh->service, &now->head.record, &result->stale_cleared, err);
}

static bool run(Refresh *refresh, Err *err) {
    return pin_snapshot(refresh, err) && settle_terms(refresh, err) &&
           bring_up_to_date(refresh, err) && complete_result(refresh, err);
}

static bool check_request(const RefreshRequest *request, Err *err) {
    if (str_is_empty(request->id_column)) {
        err_fail(err, FAIL_INVALID, "'id_column' is missing");
        return err_field(err, "id_column");
    }
    if (str_is_empty(request->text_column)) {
        err_fail(err, FAIL_INVALID, "'text_column' is missing");
        return err_field(err, "text_column");
    }
    return index_name_check(request->index_name, err) && catalog_name_check(request->dataset, err);
}

bool index_refresh(IndexService *service, const RefreshRequest *request, Progress *progress,
                   Arena *arena, RefreshResult *out, Err *err) {
    if (!check_request(request, err))
        return false;
    Refresh refresh = {
        .service = service,
        .request = request,
        .progress = progress,
        .arena = arena_create(),
        .started_ns = clock_monotonic_ns(),
    };
    if (!index_writer_begin(service->registry, request->index_name, WRITER_LONG, request->bucket,
                            refresh.arena, &refresh.writer, err)) {
        arena_destroy(refresh.arena);
        return false;
    }
    bool ok = run(&refresh, err);
    refresh.result.index_name = str_dup(arena, request->index_name);
    refresh.result.dataset_name = str_dup(arena, refresh.result.dataset_name);
    drop_added(&refresh);
    if (refresh.has_diff)
        index_diff_deinit(&refresh.diff);
    index_view_release(refresh.published);
    index_writer_end(&refresh.writer);
    arena_destroy(refresh.arena);
    if (ok)
        *out = refresh.result;
    return ok;
}
