/* index_head_json.c - a head as JSON, and back.
 *
 * Reading is one table walk per object: every number is checked for what the rest of the module
 * relies on (rows add up, ids ascend, no more rows than an index can have), so that nobody after us
 * has to ask again. Writing keeps the order of docs/formats.md, because people open these files.
 *
 * Tested by: tests/unit/index/test_index_head.c. */
#include "base/clock.h"
#include "base/vec.h"
#include "index/index_head.h"

static const char *const known_fields[] = {
    "format",      "index_name",     "source",        "id_column",   "text_column",
    "model_name",  "model_version",  "dimensions",    "metric",      "model_fingerprint",
    "chunk_count", "doc_count",      "chunk_size",    "overlap",     "bucket",
    "storage_key", "vector_backend", "created_at",    "updated_at",  "build_time_secs",
    "snapshot_id", "chunks_per_sec", "write_id",      "next_row_id", "segments",
    "tombstones",  "graph",          "source_counts", "retired",
};

/* --- writing ------------------------------------------------------------------------------ */

static json_t *segments_json(const IndexHead *head) {
    json_t *list = json_array();
    for (size_t i = 0; i < head->segment_count; i++) {
        const SegmentRef *segment = &head->segments[i];
        json_t *item = json_object();
        json_set_str(item, "key", segment->key);
        json_set_u64(item, "rows", segment->rows);
        json_set_u64(item, "bytes", segment->size_bytes);
        json_set_u64(item, "first_row_id", segment->first_row_id);
        json_set_u64(item, "last_row_id", segment->last_row_id);
        json_set_str(item, "checksum", segment->checksum);
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *tombstones_json(const TombstoneRef *tombstones) {
    if (str_is_empty(tombstones->key))
        return json_null();
    json_t *item = json_object();
    json_set_str(item, "key", tombstones->key);
    json_set_u64(item, "count", tombstones->count);
    json_set_str(item, "checksum", tombstones->checksum);
    return item;
}

static json_t *graph_json(const GraphRef *graph) {
    if (str_is_empty(graph->key))
        return json_null();
    json_t *item = json_object();
    json_set_str(item, "key", graph->key);
    json_set_u64(item, "rows", graph->rows);
    json_set_u64(item, "bytes", graph->size_bytes);
    json_set_u64(item, "m", graph->params.m);
    json_set_u64(item, "ef_construction", graph->params.ef_construction);
    json_set_u64(item, "ef_search", graph->params.ef_search);
    json_set_u64(item, "seed", graph->params.seed);
    return item;
}

static json_t *source_counts_json(const SourceCounts *counts) {
    json_t *item = json_object();
    json_set_u64(item, "docs", counts->docs);
    json_set_u64(item, "null_id", counts->null_id);
    json_set_u64(item, "null_text", counts->null_text);
    json_set_u64(item, "blank_text", counts->blank_text);
    json_set_u64(item, "duplicate_ids", counts->duplicate_ids);
    return item;
}

static void set_record(json_t *object, const IndexRecord *record, Arena *arena) {
    json_set_str(object, "index_name", record->index_name);
    json_set_str(object, "source", record->source);
    json_set_str(object, "id_column", record->id_column);
    json_set_str(object, "text_column", record->text_column);
    json_set_str(object, "model_name", record->model_name);
    json_set_str(object, "model_version", record->model_version);
    json_set_str(object, "model_fingerprint", record->model_fingerprint);
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
}

Str index_head_print(const IndexHead *head, Arena *arena) {
    json_t *object = json_keep(arena, json_object());
    json_set_u64(object, "format", INDEX_HEAD_FORMAT);
    set_record(object, &head->record, arena);
    json_set_str(object, "write_id", head->write_id);
    json_set_u64(object, "next_row_id", head->next_row_id);
    json_object_set_new(object, "segments", segments_json(head));
    json_object_set_new(object, "tombstones", tombstones_json(&head->tombstones));
    json_object_set_new(object, "graph", graph_json(&head->graph));
    json_object_set_new(object, "source_counts", source_counts_json(&head->source_counts));
    json_t *retired = json_array();
    for (size_t i = 0; i < head->retired_count; i++)
        json_array_append_new(retired, json_str(head->retired[i]));
    json_object_set_new(object, "retired", retired);
    if (!str_is_empty(head->extra)) {
        Err ignored = {0}; /* it was printed by us from parsed JSON */
        json_t *extra = json_parse(head->extra, arena, &ignored);
        if (extra != NULL)
            json_object_update_missing(object, extra);
    }
    return json_print_pretty(object, arena);
}

/* --- reading ------------------------------------------------------------------------------ */

static bool read_u32(const json_t *object, const char *field, JsonNeed need, uint32_t *out,
                     Err *err) {
    uint64_t value = *out;
    if (!json_read_u64(object, field, need, &value, err))
        return false;
    if (value > UINT32_MAX)
        return err_fail(err, FAIL_INVALID, "'%s' is out of range", field);
    *out = (uint32_t)value;
    return true;
}

static bool read_time(const json_t *object, const char *field, int64_t *out, Err *err) {
    Str text = STR_EMPTY;
    if (!json_read_str(object, field, JSON_OPTIONAL, &text, err))
        return false;
    if (!str_is_empty(text) && !clock_parse(text, out))
        return err_fail(err, FAIL_INVALID, "'%s' is not a time", field);
    return true;
}

static bool read_texts(const json_t *object, IndexRecord *record, Err *err) {
    const struct {
        const char *field;
        Str *place;
    } texts[] = {
        {"source", &record->source},
        {"id_column", &record->id_column},
        {"text_column", &record->text_column},
        {"model_name", &record->model_name},
        {"model_version", &record->model_version},
        {"model_fingerprint", &record->model_fingerprint},
        {"bucket", &record->bucket},
        {"vector_backend", &record->vector_backend},
        {"storage_key", &record->storage_key},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!json_read_str(object, texts[i].field, JSON_OPTIONAL, texts[i].place, err))
            return false;
    return true;
}

static bool read_record(const json_t *object, IndexRecord *record, Err *err) {
    Str metric = STR("cosine");
    return json_read_str(object, "index_name", JSON_REQUIRED, &record->index_name, err) &&
           read_texts(object, record, err) &&
           read_u32(object, "dimensions", JSON_REQUIRED, &record->dimensions, err) &&
           json_read_u64(object, "chunk_count", JSON_OPTIONAL, &record->chunk_count, err) &&
           json_read_u64(object, "doc_count", JSON_OPTIONAL, &record->doc_count, err) &&
           read_u32(object, "chunk_size", JSON_OPTIONAL, &record->chunk_size, err) &&
           read_u32(object, "overlap", JSON_OPTIONAL, &record->overlap, err) &&
           json_read_f64(object, "build_time_secs", JSON_OPTIONAL, &record->build_time_secs, err) &&
           json_read_f64(object, "chunks_per_sec", JSON_OPTIONAL, &record->chunks_per_sec, err) &&
           json_read_u64(object, "snapshot_id", JSON_OPTIONAL, &record->snapshot_id, err) &&
           read_time(object, "created_at", &record->created_at_us, err) &&
           read_time(object, "updated_at", &record->updated_at_us, err) &&
           json_read_str(object, "metric", JSON_OPTIONAL, &metric, err) &&
           (metric_parse(metric, &record->metric) ||
            err_fail(err, FAIL_INVALID, "unknown metric '%.*s'", STR_ARG(metric)));
}

static bool read_segment(const json_t *item, SegmentRef *out, Err *err) {
    return json_read_str(item, "key", JSON_REQUIRED, &out->key, err) &&
           json_read_u64(item, "rows", JSON_REQUIRED, &out->rows, err) &&
           json_read_u64(item, "bytes", JSON_REQUIRED, &out->size_bytes, err) &&
           json_read_u64(item, "first_row_id", JSON_REQUIRED, &out->first_row_id, err) &&
           json_read_u64(item, "last_row_id", JSON_REQUIRED, &out->last_row_id, err) &&
           json_read_str(item, "checksum", JSON_REQUIRED, &out->checksum, err);
}

static bool read_segments(const json_t *object, IndexHead *head, Arena *arena, Err *err) {
    const json_t *list = NULL;
    if (!json_read_array(object, "segments", JSON_OPTIONAL, &list, err))
        return false;
    head->segment_count = list == NULL ? 0 : json_array_size(list);
    head->segments = ARENA_ARRAY(arena, SegmentRef, head->segment_count);
    uint64_t next_id = 0;
    uint64_t rows = 0;
    for (size_t i = 0; i < head->segment_count; i++) {
        SegmentRef *segment = &head->segments[i];
        if (!read_segment(json_array_get(list, i), segment, err))
            return err_wrap(err, "segment %zu", i);
        bool sound = segment_ref_is_sound(segment) && segment->rows <= INT32_MAX - rows &&
                     segment->first_row_id >= next_id && segment->last_row_id < head->next_row_id;
        if (!sound)
            return err_fail(err, FAIL_INVALID, "segment %zu does not fit the others", i);
        rows += segment->rows;
        next_id = segment->last_row_id + 1;
    }
    return true;
}

static bool read_tombstones(const json_t *object, TombstoneRef *out, Err *err) {
    const json_t *item = NULL;
    if (!json_read_object(object, "tombstones", JSON_OPTIONAL, &item, err))
        return false;
    if (item == NULL)
        return true;
    return json_read_str(item, "key", JSON_REQUIRED, &out->key, err) &&
           json_read_u64(item, "count", JSON_REQUIRED, &out->count, err) &&
           json_read_str(item, "checksum", JSON_REQUIRED, &out->checksum, err);
}

static bool read_graph(const json_t *object, GraphRef *out, Err *err) {
    const json_t *item = NULL;
    if (!json_read_object(object, "graph", JSON_OPTIONAL, &item, err))
        return false;
    if (item == NULL)
        return true;
    return json_read_str(item, "key", JSON_REQUIRED, &out->key, err) &&
           json_read_u64(item, "rows", JSON_REQUIRED, &out->rows, err) &&
           json_read_u64(item, "bytes", JSON_REQUIRED, &out->size_bytes, err) &&
           read_u32(item, "m", JSON_REQUIRED, &out->params.m, err) &&
           read_u32(item, "ef_construction", JSON_REQUIRED, &out->params.ef_construction, err) &&
           read_u32(item, "ef_search", JSON_REQUIRED, &out->params.ef_search, err) &&
           json_read_u64(item, "seed", JSON_OPTIONAL, &out->params.seed, err);
}

static bool read_retired(const json_t *object, IndexHead *head, Arena *arena, Err *err) {
    const json_t *list = NULL;
    if (!json_read_array(object, "retired", JSON_OPTIONAL, &list, err))
        return false;
    size_t count = list == NULL ? 0 : json_array_size(list);
    head->retired = ARENA_ARRAY(arena, Str, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item))
            return err_fail(err, FAIL_INVALID, "'retired' is not a list of keys");
        head->retired[i] = str_make(json_string_value(item), json_string_length(item));
    }
    head->retired_count = count;
    return true;
}

static bool read_source_counts(const json_t *object, SourceCounts *out, Err *err) {
    const json_t *item = NULL;
    if (!json_read_object(object, "source_counts", JSON_OPTIONAL, &item, err))
        return false;
    if (item == NULL)
        return true;
    return json_read_u64(item, "docs", JSON_OPTIONAL, &out->docs, err) &&
           json_read_u64(item, "null_id", JSON_OPTIONAL, &out->null_id, err) &&
           json_read_u64(item, "null_text", JSON_OPTIONAL, &out->null_text, err) &&
           json_read_u64(item, "blank_text", JSON_OPTIONAL, &out->blank_text, err) &&
           json_read_u64(item, "duplicate_ids", JSON_OPTIONAL, &out->duplicate_ids, err);
}

static Str unknown_fields(const json_t *object, Arena *arena) {
    json_t *extra = json_keep(arena, json_deep_copy(object));
    for (size_t i = 0; i < ARRAY_LEN(known_fields); i++)
        json_object_del(extra, known_fields[i]);
    return json_object_size(extra) == 0 ? STR_EMPTY : json_print(extra, arena);
}

static void fill_defaults(IndexHead *head, const json_t *object, Str found_in, Arena *arena) {
    IndexRecord *record = &head->record;
    record->bucket = found_in; /* where it was found is where it lives */
    if (json_object_get(object, "source") == NULL)
        record->source = index_source_of_name(record->index_name);
    if (str_is_empty(record->vector_backend))
        record->vector_backend = STR("parquet");
    if (str_is_empty(record->storage_key))
        record->storage_key = str_format(arena, "vectors/%.*s", STR_ARG(record->index_name));
}

static bool read_head(const json_t *object, Str index_name, Str found_in, Arena *arena,
                      IndexHead *head, Err *err) {
    uint64_t format = INDEX_HEAD_FORMAT;
    if (!json_read_u64(object, "format", JSON_OPTIONAL, &format, err))
        return false;
    if (format == 0 || format > INDEX_HEAD_FORMAT)
        return err_fail(err, FAIL_INVALID, "format %llu is not one that we know (1)",
                        (unsigned long long)format);
    if (!read_record(object, &head->record, err) ||
        !json_read_str(object, "write_id", JSON_OPTIONAL, &head->write_id, err) ||
        !json_read_u64(object, "next_row_id", JSON_OPTIONAL, &head->next_row_id, err) ||
        !read_segments(object, head, arena, err) ||
        !read_tombstones(object, &head->tombstones, err) ||
        !read_graph(object, &head->graph, err) || !read_retired(object, head, arena, err) ||
        !read_source_counts(object, &head->source_counts, err))
        return false;
    if (!str_eq(head->record.index_name, index_name))
        return err_fail(err, FAIL_INVALID, "it is the record of index '%.*s'",
                        STR_ARG(head->record.index_name));
    if (head->record.dimensions == 0)
        return err_fail(err, FAIL_INVALID, "'dimensions' is 0");
    fill_defaults(head, object, found_in, arena);
    index_head_derive(head);
    head->extra = unknown_fields(object, arena);
    return true;
}

bool index_head_parse(Str bytes, Str index_name, Str found_in, Arena *arena, IndexHead *out,
                      Err *err) {
    IndexHead head = {0};
    json_t *object = json_parse(bytes, arena, err);
    if (object == NULL || !read_head(object, index_name, found_in, arena, &head, err)) {
        err->kind = FAIL_CORRUPT; /* not the caller's input: what we stored is damaged */
        err->field[0] = '\0';
        return err_wrap(err, "object 'vectors/%.*s/head.json' of bucket '%.*s'",
                        STR_ARG(index_name), STR_ARG(found_in));
    }
    *out = head;
    return true;
}
