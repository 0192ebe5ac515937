/* index_record_json.c - records and results as the HTTP API shows them.
 *
 * Tested by: test_index_head.c, tests/e2e. */
#include "base/clock.h"
#include "index/index_service.h"

static json_t *text_or_null(Str text) {
    return str_is_empty(text) ? json_null() : json_str(text);
}

static json_t *live_config(const IndexRecord *record) {
    json_t *live = json_object();
    json_set_str(live, "kind", record->live_kind);
    if (str_eq_c(record->live_kind, "hnsw")) {
        json_set_u64(live, "m", record->live_hnsw.m);
        json_set_u64(live, "ef_construction", record->live_hnsw.ef_construction);
        json_set_u64(live, "ef_search", record->live_hnsw.ef_search);
        json_set_u64(live, "bytes", record->live_bytes);
    }
    return live;
}

json_t *index_record_to_json(const IndexRecord *record, Arena *arena) {
    json_t *object = json_keep(arena, json_object());
    json_set_str(object, "index_name", record->index_name);
    json_object_set_new(object, "source", text_or_null(record->source));
    json_object_set_new(object, "id_column", text_or_null(record->id_column));
    json_object_set_new(object, "text_column", text_or_null(record->text_column));
    json_object_set_new(object, "model_name", text_or_null(record->model_name));
    json_object_set_new(object, "model_version", text_or_null(record->model_version));
    json_object_set_new(object, "model_fingerprint", text_or_null(record->model_fingerprint));
    json_set_u64(object, "dimensions", record->dimensions);
    json_set_str(object, "metric", str_c(metric_name(record->metric)));
    json_set_u64(object, "chunk_count", record->chunk_count);
    json_set_u64(object, "doc_count", record->doc_count);
    json_set_u64(object, "chunk_size", record->chunk_size);
    json_set_u64(object, "overlap", record->overlap);
    json_set_str(object, "bucket", record->bucket);
    json_set_str(object, "vector_backend", record->vector_backend);
    json_set_str(object, "storage_key", record->storage_key);
    json_set_str(object, "created_at", clock_format(record->created_at_us, arena));
    json_set_str(object, "updated_at", clock_format(record->updated_at_us, arena));
    json_object_set_new(object, "build_time_secs", json_real(record->build_time_secs));
    json_object_set_new(object, "chunks_per_sec", json_real(record->chunks_per_sec));
    json_set_u64(object, "snapshot_id", record->snapshot_id);
    json_object_set_new(object, "fresh", json_boolean(record->fresh));
    json_object_set_new(object, "live_config", live_config(record));
    json_set_u64(object, "segment_count", record->segment_count);
    json_set_u64(object, "tombstone_count", record->tombstone_count);
    return object;
}

json_t *refresh_result_to_json(const RefreshResult *result) {
    json_t *object = json_object();
    json_set_str(object, "index_name", result->index_name);
    json_set_str(object, "dataset_name", result->dataset_name);
    json_set_u64(object, "pre_existing_docs", result->pre_existing_docs);
    json_set_u64(object, "dataset_docs", result->dataset_docs);
    json_set_u64(object, "new_docs_embedded", result->new_docs_embedded);
    json_set_u64(object, "new_chunks_embedded", result->new_chunks_embedded);
    json_set_u64(object, "total_embeddings_after", result->total_embeddings_after);
    json_object_set_new(object, "duration_secs", json_real(result->duration_secs));
    json_object_set_new(object, "stale_cleared", json_boolean(result->stale_cleared));
    json_set_u64(object, "changed_docs_embedded", result->changed_docs_embedded);
    json_set_u64(object, "deleted_docs", result->deleted_docs);
    json_t *skipped = json_object();
    json_set_u64(skipped, "null_id", result->skipped_null_id);
    json_set_u64(skipped, "null_text", result->skipped_null_text);
    json_set_u64(skipped, "blank_text", result->skipped_blank_text);
    json_object_set_new(object, "skipped_rows", skipped);
    json_set_u64(object, "duplicate_ids", result->duplicate_ids);
    json_set_u64(object, "truncated_chunks", result->truncated_chunks);
    json_set_u64(object, "resumed", result->resumed);
    json_set_u64(object, "pending_docs", result->pending_docs);
    json_set_u64(object, "snapshot_id", result->snapshot_id);
    return object;
}
