/* index_feed.c - indexes fed directly: upsert and delete documents, without a dataset.
 *
 *     become a short writer -> check the rows -> the index, or make it -> what each replaces
 *     -> chunk and embed what has no vector -> publish
 *
 * Of several rows with one id in a request the last one counts. A document that is the same as the
 * one in the index (content and source) is left alone and counted as updated. An index with a
 * source dataset is refused: its next refresh would undo what was fed.
 *
 * Vectors given for a cosine index are normalised. An index made without any text to embed and
 * without a model named has no model, and is searched by vector.
 *
 * Tested by: test_index_feed.c. */
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "index/embed_batch.h"
#include "index/index_publish.h"

typedef struct Feed {
    IndexService *service;
    Progress *progress;
    Arena *arena;
    IndexWriter writer;
    IndexHead head; /* as it will be */
    EmbedTerms terms;
    SegmentHome home;
    RowIdList dead;
    struct {
        Segment *items;
        size_t count, capacity;
    } added;
    uint64_t next_row_id;
    FeedResult result;
} Feed;

/* --- the index ------------------------------------------------------------------------------ */

static bool check_fed_directly(const IndexRecord *record, Err *err) {
    if (str_is_empty(record->source))
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "index '%.*s' is made from dataset '%.*s'",
             STR_ARG(record->index_name), STR_ARG(record->source));
    return err_hint(err, "change the dataset and refresh, or feed an index of another name");
}

static bool has_texts(const UpsertRequest *request) {
    for (size_t i = 0; i < request->row_count; i++)
        if (request->rows[i].vector == NULL)
            return true;
    return false;
}

/* Vectors alone, and no model asked for: the index has none, and the vectors say how long they
 * are unless the request does. */
static void describe_vectors(const UpsertRequest *request, IndexRecord *record) {
    record->dimensions = request->dimensions;
    if (record->dimensions == 0 && request->row_count > 0)
        record->dimensions = (uint32_t)request->rows[0].dimension;
}

static bool describe_model(Feed *feed, const UpsertRequest *request, IndexRecord *record,
                           Err *err) {
    Embedder *embedder = NULL;
    if (!model_set_get(feed->service->deps.models, request->model, &embedder, err))
        return false;
    index_record_set_model(record, embedder);
    if (request->dimensions == 0 || request->dimensions == record->dimensions)
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "model '%.*s' makes %u dimensions, not %u",
             STR_ARG(record->model_name), record->dimensions, request->dimensions);
    return err_field(err, "dimensions");
}

static bool describe_new(Feed *feed, const UpsertRequest *request, Err *err) {
    const IndexConfig *config = &feed->service->config;
    const RowStoreOps *backend = row_store_find(request->backend, err);
    if (backend == NULL)
        return false;
    IndexRecord *record = &feed->head.record;
    *record = (IndexRecord){
        .index_name = request->index_name,
        .source = STR_EMPTY,
        .metric = request->metric,
        .chunk_size = config->chunk_size,
        .overlap = config->overlap,
        .bucket = feed->writer.bucket,
        .vector_backend = str_c(backend->name),
        .storage_key = str_format(feed->arena, "vectors/%.*s", STR_ARG(request->index_name)),
        .created_at_us = clock_now_us(),
    };
    if (has_texts(request) || !str_is_empty(request->model))
        return describe_model(feed, request, record, err);
    describe_vectors(request, record);
    if (record->dimensions > 0)
        return true;
    err_fail(err, FAIL_INVALID, "'dimensions' of a new index without texts must be given");
    return err_field(err, "dimensions");
}

static bool find_or_describe(Feed *feed, const UpsertRequest *request, Err *err) {
    if (feed->writer.base != NULL) {
        feed->head = index_head_copy(&feed->writer.base->head, feed->arena);
        return check_fed_directly(&feed->head.record, err);
    }
    if (!request->create) {
        err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(request->index_name));
        return err_hint(err, "give `create` to make it");
    }
    return describe_new(feed, request, err);
}

static bool find_model(Feed *feed, const UpsertRequest *request, Err *err) {
    IndexRecord *record = &feed->head.record;
    if (!has_texts(request))
        return true;
    if (str_is_empty(record->model_name)) {
        err_fail(err, FAIL_UNPROCESSABLE, "index '%.*s' has no model to embed a text with",
                 STR_ARG(record->index_name));
        return err_hint(err, "give the vector with each row");
    }
    return model_set_get(feed->service->deps.models, record->model_name, &feed->terms.embedder,
                         err) &&
           index_model_check(record, feed->terms.embedder, err);
}

static bool settle(Feed *feed, const UpsertRequest *request, Err *err) {
    if (!find_or_describe(feed, request, err) || !find_model(feed, request, err))
        return false;
    const IndexRecord *record = &feed->head.record;
    feed->terms.chunking = (ChunkOptions){record->chunk_size, record->overlap};
    feed->terms.texts_per_call = feed->service->config.embed_batch;
    feed->terms.dimensions = record->dimensions;
    feed->terms.metric = record->metric;
    feed->terms.budget = feed->service->deps.budget;
    feed->next_row_id = feed->writer.base == NULL ? 0 : feed->head.next_row_id;
    return index_registry_home(feed->service->registry, record, feed->writer.store, &feed->home,
                               err);
}

/* --- documents ------------------------------------------------------------------------------ */

static bool check_row(const UpsertRow *row, size_t at, Err *err) {
    if (str_is_empty(row->doc_id) || !utf8_valid(row->doc_id)) {
        err_fail(err, FAIL_INVALID, "row %zu has no usable 'doc_id'", at);
        return err_field(err, "doc_id");
    }
    if (row->vector == NULL && (!row->has_text || str_is_empty(row->text))) {
        err_fail(err, FAIL_INVALID, "row %zu has neither 'text' nor 'vector'", at);
        return err_field(err, "rows");
    }
    return true;
}

/* Of what is stored: the text, and the vector where one came with it. */
static Hash128 content_of(const UpsertRow *row) {
    if (row->vector == NULL)
        return hash128(row->text);
    HashStream *stream = hash_stream_create();
    hash_stream_add(stream, str_make(row->vector, row->dimension * sizeof *row->vector));
    if (row->has_text)
        hash_stream_add(stream, row->text);
    Hash128 hash = hash_stream_value(stream);
    hash_stream_destroy(stream);
    return hash;
}

/* Counts the document, kills the rows it replaces; false when it is there already. */
static bool replaces(Feed *feed, const BatchDoc *doc) {
    DocPlace place;
    const IndexView *base = feed->writer.base;
    if (base == NULL || !index_view_find_doc(base, doc->id, &place)) {
        feed->result.inserted++;
        return true;
    }
    feed->result.updated++;
    RowDoc have = index_view_doc(base, place);
    if (have.content_hash.low == doc->content.low && have.content_hash.high == doc->content.high &&
        str_eq(have.source, doc->source))
        return false;
    index_view_doc_row_ids(base, place, &feed->dead, feed->arena);
    return true;
}

static bool store_batch(Feed *feed, EmbedBatch *batch, Err *err) {
    if (batch->chunks.count == 0)
        return true;
    BatchStored stored;
    if (!embed_batch_store(batch, &feed->home, feed->next_row_id, feed->progress, feed->arena,
                           &stored, err))
        return false;
    *vec_push(&feed->added, feed->arena) = stored.segment;
    feed->next_row_id = stored.segment.ref.last_row_id + 1;
    return true;
}

static bool add_row(Feed *feed, EmbedBatch *batch, const UpsertRow *row, Err *err) {
    BatchDoc doc = {row->doc_id, row->source, row->has_text ? row->text : STR_EMPTY,
                    content_of(row)};
    if (!replaces(feed, &doc))
        return true;
    size_t chunks = 1;
    bool added = row->vector != NULL
                     ? embed_batch_add_vector(batch, &doc, row->vector, row->dimension, err)
                     : embed_batch_add_text(batch, &doc, &chunks, err);
    if (!added)
        return false;
    if (chunks == 0) {
        err_fail(err, FAIL_INVALID, "the text of document '%.*s' is blank",
                 STR_ARG(utf8_clip(row->doc_id, 64)));
        return err_field(err, "text");
    }
    bool full = batch->chunks.count >= feed->service->config.checkpoint_texts;
    return !full || store_batch(feed, batch, err);
}

/* The last row of each id, by index of the request's rows. */
static bool choose_rows(const UpsertRequest *request, Arena *arena, bool **out_chosen, Err *err) {
    bool *chosen = ARENA_ARRAY(arena, bool, request->row_count);
    Map last = map_make(arena);
    for (size_t i = request->row_count; i-- > 0;) {
        if (!check_row(&request->rows[i], i, err))
            return false;
        chosen[i] = map_put(&last, request->rows[i].doc_id, chosen) == NULL;
    }
    *out_chosen = chosen;
    return true;
}

static bool add_rows(Feed *feed, const UpsertRequest *request, const bool *chosen, Err *err) {
    EmbedBatch batch;
    embed_batch_init(&batch, &feed->terms);
    progress_start(feed->progress, "embedding", "documents", request->row_count);
    bool ok = true;
    for (size_t i = 0; ok && i < request->row_count; i++)
        ok = !chosen[i] || add_row(feed, &batch, &request->rows[i], err);
    ok = ok && store_batch(feed, &batch, err);
    embed_batch_deinit(&batch);
    return ok;
}

/* ------------------------------------------------------------------------------------------ */

static bool publish(Feed *feed, Err *err) {
    if (feed->writer.base != NULL && feed->added.count == 0 && feed->dead.count == 0) {
        feed->result.rows = feed->writer.base->live_count; /* nothing to change */
        return true;
    }
    IndexChange change = {
        .head = feed->head,
        .added = feed->added.items,
        .added_count = feed->added.count,
        .dead = row_ids_make(feed->dead.items, feed->dead.count),
        .graph_params = feed->service->config.hnsw,
        .staging_done = true, /* an index fed directly has no refreshes */
        .progress = feed->progress,
    };
    feed->added.count = 0; /* taken over */
    IndexView *view = NULL;
    if (!index_publish(feed->service, &feed->writer, &change, feed->arena, &view, err))
        return false;
    feed->result.rows = view->live_count;
    index_view_release(view);
    return true;
}

static bool begin(Feed *feed, IndexService *service, Str name, Str bucket, Err *err) {
    *feed = (Feed){.service = service, .arena = arena_create()};
    if (index_writer_begin(service->registry, name, WRITER_SHORT, bucket, feed->arena,
                           &feed->writer, err))
        return true;
    arena_destroy(feed->arena);
    return false;
}

static bool finish(Feed *feed, bool ok, FeedResult *out) {
    for (size_t i = 0; i < feed->added.count; i++)
        row_cache_release(feed->added.items[i].rows);
    index_writer_end(&feed->writer);
    arena_destroy(feed->arena);
    if (ok)
        *out = feed->result;
    return ok;
}

bool index_upsert(IndexService *service, const UpsertRequest *request, Progress *progress,
                  Arena *arena, FeedResult *out, Err *err) {
    (void)arena; /* the result holds no texts */
    if (!index_name_check(request->index_name, err))
        return false;
    Feed feed;
    if (!begin(&feed, service, request->index_name, request->bucket, err))
        return false;
    feed.progress = progress;
    bool *chosen;
    bool ok = choose_rows(request, feed.arena, &chosen, err) && settle(&feed, request, err) &&
              add_rows(&feed, request, chosen, err) && publish(&feed, err);
    return finish(&feed, ok, out);
}

static void delete_one(Feed *feed, Map *seen, Str doc_id) {
    DocPlace place;
    if (map_put(seen, doc_id, seen) != NULL ||
        !index_view_find_doc(feed->writer.base, doc_id, &place))
        return;
    feed->result.deleted++;
    index_view_doc_row_ids(feed->writer.base, place, &feed->dead, feed->arena);
}

bool index_delete_docs(IndexService *service, Str name, const Str *doc_ids, size_t count,
                       Arena *arena, FeedResult *out, Err *err) {
    (void)arena; /* the result holds no texts */
    if (!index_name_check(name, err))
        return false;
    Feed feed;
    if (!begin(&feed, service, name, STR_EMPTY, err))
        return false;
    bool ok =
        feed.writer.base != NULL || err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(name));
    if (ok) {
        feed.head = index_head_copy(&feed.writer.base->head, feed.arena);
        ok = check_fed_directly(&feed.head.record, err);
    }
    Map seen = map_make(feed.arena);
    for (size_t i = 0; ok && i < count; i++)
        delete_one(&feed, &seen, doc_ids[i]);
    ok = ok && publish(&feed, err);
    return finish(&feed, ok, out);
}
