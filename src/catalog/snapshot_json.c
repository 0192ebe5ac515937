/* snapshot_json.c - prints and reads snapshot records.
 *
 * The reader trusts nothing that it can check: keys must be data keys, sums must agree with the
 * files, ids must be in range, so that a damaged or forged record never sends a query elsewhere.
 *
 * Tested by: tests/unit/catalog/test_snapshot_json.c, tests/data/formats/v1/snapshot.json. */
#include "catalog/snapshot_json.h"

#include "base/clock.h"
#include "catalog/lineage_json.h"
#include "catalog/pii_tags.h"

enum { FORMAT = 1 };

Str snapshot_key(Str dataset, uint64_t id, Arena *arena) {
    return str_format(arena, "catalog/%.*s/snapshots/%llu.json", STR_ARG(dataset),
                      (unsigned long long)id);
}

bool record_corrupt(Str key, Err *err) {
    Err cause = *err;
    err_fail(err, FAIL_CORRUPT, "object '%.*s' is damaged: %s", STR_ARG(key), cause.message);
    return err_detail(err, "%s", cause.detail);
}

/* --- printing ---------------------------------------------------------------------------- */

static void add(json_t *array, json_t *item) {
    json_array_append_new(array, item);
}

static json_t *print_stats(const ColumnStats *stats) {
    json_t *value = json_object();
    json_set_u64(value, "field_id", stats->field_id);
    json_set_u64(value, "nulls", stats->null_count);
    json_set_u64(value, "size_bytes", stats->size_bytes);
    bool printable = stats->has_bounds && utf8_valid(stats->min_text) &&
                     utf8_valid(stats->max_text) &&
                     str_find_char(stats->min_text, '\0', 0) == SIZE_MAX &&
                     str_find_char(stats->max_text, '\0', 0) == SIZE_MAX;
    if (printable) { /* without bounds a file is merely never skipped */
        json_set_str(value, "min", stats->min_text);
        json_set_str(value, "max", stats->max_text);
    }
    return value;
}

json_t *data_file_to_json(const DataFile *file) {
    json_t *value = json_object();
    json_set_str(value, "key", file->key);
    json_set_u64(value, "rows", file->rows);
    json_set_u64(value, "size_bytes", file->size_bytes);
    json_set_str(value, "etag", file->etag);
    json_t *columns = json_array();
    for (size_t i = 0; i < file->stats_count; i++)
        add(columns, print_stats(&file->stats[i]));
    json_object_set_new(value, "columns", columns);
    return value;
}

static json_t *print_cursors(const Snapshot *snapshot) {
    json_t *cursors = json_array();
    for (size_t i = 0; i < snapshot->cursor_count; i++) {
        json_t *item = json_object();
        json_set_str(item, "source_id", snapshot->cursors[i].source_id);
        json_set_str(item, "column", snapshot->cursors[i].column);
        json_set_str(item, "value", snapshot->cursors[i].value);
        add(cursors, item);
    }
    return cursors;
}

Str snapshot_print(const Snapshot *snapshot, Arena *arena) {
    json_t *value = json_keep(arena, json_object());
    json_set_u64(value, "format", FORMAT);
    json_set_str(value, "dataset", snapshot->dataset);
    json_set_u64(value, "snapshot_id", snapshot->id);
    json_set_u64(value, "parent_id", snapshot->parent_id);
    json_set_str(value, "created_at", clock_format(snapshot->created_at_us, arena));
    json_set_u64(value, "rows", snapshot->rows);
    json_set_u64(value, "size_bytes", snapshot->size_bytes);
    json_object_set_new(value, "schema", schema_to_json(&snapshot->schema));
    json_object_set_new(value, "lineage", lineage_to_json(&snapshot->lineage, arena));
    if (snapshot->pii_count > 0)
        json_object_set_new(value, "pii", pii_tags_to_json(snapshot->pii, snapshot->pii_count));
    if (snapshot->cursor_count > 0)
        json_object_set_new(value, "cursors", print_cursors(snapshot));
    json_t *files = json_array();
    for (size_t i = 0; i < snapshot->file_count; i++)
        add(files, data_file_to_json(&snapshot->files[i]));
    json_object_set_new(value, "files", files);
    return json_print(value, arena);
}

/* --- reading ----------------------------------------------------------------------------- */

static bool read_stats(const json_t *item, Arena *arena, ColumnStats *out, Err *err) {
    uint64_t field_id;
    if (!json_read_u64(item, "field_id", JSON_REQUIRED, &field_id, err) ||
        !json_read_u64(item, "nulls", JSON_REQUIRED, &out->null_count, err) ||
        !json_read_u64(item, "size_bytes", JSON_REQUIRED, &out->size_bytes, err) ||
        !record_read_text(item, "min", JSON_OPTIONAL, arena, &out->min_text, err) ||
        !record_read_text(item, "max", JSON_OPTIONAL, arena, &out->max_text, err))
        return false;
    if (field_id > UINT32_MAX)
        return err_fail(err, FAIL_INVALID, "a field id is out of range");
    out->field_id = (uint32_t)field_id;
    out->has_bounds = json_is_string(json_object_get(item, "min")) &&
                      json_is_string(json_object_get(item, "max"));
    return true;
}

bool data_file_from_json(const json_t *item, Arena *arena, DataFile *out, Err *err) {
    const json_t *columns;
    if (!record_read_text(item, "key", JSON_REQUIRED, arena, &out->key, err) ||
        !json_read_u64(item, "rows", JSON_REQUIRED, &out->rows, err) ||
        !json_read_u64(item, "size_bytes", JSON_REQUIRED, &out->size_bytes, err) ||
        !record_read_text(item, "etag", JSON_REQUIRED, arena, &out->etag, err) ||
        !json_read_array(item, "columns", JSON_REQUIRED, &columns, err) ||
        !store_key_check(out->key, err))
        return false;
    if (!str_starts(out->key, STR("data/")))
        return err_fail(err, FAIL_INVALID, "'%.*s' is not the key of a data file",
                        STR_ARG(out->key));
    out->stats_count = json_array_size(columns);
    out->stats = ARENA_ARRAY(arena, ColumnStats, out->stats_count);
    for (size_t i = 0; i < out->stats_count; i++)
        if (!read_stats(json_array_get(columns, i), arena, &out->stats[i], err))
            return false;
    return true;
}

static bool read_files(const json_t *value, Arena *arena, Snapshot *out, Err *err) {
    const json_t *files;
    if (!json_read_array(value, "files", JSON_REQUIRED, &files, err))
        return false;
    out->file_count = json_array_size(files);
    out->files = ARENA_ARRAY(arena, DataFile, out->file_count);
    uint64_t rows = 0, size_bytes = 0;
    for (size_t i = 0; i < out->file_count; i++) {
        if (!data_file_from_json(json_array_get(files, i), arena, &out->files[i], err))
            return false;
        rows += out->files[i].rows;
        size_bytes += out->files[i].size_bytes;
    }
    if (rows != out->rows || size_bytes != out->size_bytes)
        return err_fail(err, FAIL_INVALID, "its sums do not agree with its files");
    return true;
}

static bool read_cursors(const json_t *list, Arena *arena, Snapshot *out, Err *err) {
    out->cursor_count = json_array_size(list);
    out->cursors = ARENA_ARRAY(arena, SourceCursor, out->cursor_count);
    for (size_t i = 0; i < out->cursor_count; i++) {
        const json_t *item = json_array_get(list, i);
        SourceCursor *cursor = &out->cursors[i];
        if (!record_read_text(item, "source_id", JSON_REQUIRED, arena, &cursor->source_id, err) ||
            !record_read_text(item, "column", JSON_REQUIRED, arena, &cursor->column, err) ||
            !record_read_text(item, "value", JSON_REQUIRED, arena, &cursor->value, err))
            return false;
    }
    return true;
}

/* What a snapshot need not have. */
static bool read_additions(const json_t *value, Arena *arena, Snapshot *out, Err *err) {
    const json_t *pii, *cursors;
    PiiTags tags;
    if (!json_read_array(value, "pii", JSON_OPTIONAL, &pii, err) ||
        !json_read_array(value, "cursors", JSON_OPTIONAL, &cursors, err) ||
        !pii_tags_from_json(pii, &out->schema, arena, &tags, err) ||
        !read_cursors(cursors, arena, out, err))
        return false;
    out->pii = tags.items;
    out->pii_count = tags.count;
    return true;
}

static bool read_snapshot(const json_t *value, Arena *arena, Snapshot *out, Err *err) {
    uint64_t format;
    const json_t *schema, *lineage;
    if (!json_read_u64(value, "format", JSON_REQUIRED, &format, err))
        return false;
    if (format != FORMAT)
        return err_fail(err, FAIL_INVALID, "format %llu is not known here",
                        (unsigned long long)format);
    if (!record_read_text(value, "dataset", JSON_REQUIRED, arena, &out->dataset, err) ||
        !json_read_u64(value, "snapshot_id", JSON_REQUIRED, &out->id, err) ||
        !json_read_u64(value, "parent_id", JSON_REQUIRED, &out->parent_id, err) ||
        !record_read_time(value, "created_at", &out->created_at_us, err) ||
        !json_read_u64(value, "rows", JSON_REQUIRED, &out->rows, err) ||
        !json_read_u64(value, "size_bytes", JSON_REQUIRED, &out->size_bytes, err) ||
        !json_read_object(value, "schema", JSON_REQUIRED, &schema, err) ||
        !schema_from_json(schema, arena, &out->schema, err) ||
        !json_read_object(value, "lineage", JSON_REQUIRED, &lineage, err) ||
        !lineage_from_json(lineage, arena, &out->lineage, err) ||
        !read_files(value, arena, out, err) || !read_additions(value, arena, out, err))
        return false;
    if (out->id == 0 || out->parent_id >= out->id)
        return err_fail(err, FAIL_INVALID, "its ids do not grow");
    out->lineage.snapshot_id = out->id;
    out->lineage.predecessor_id = out->parent_id;
    return true;
}

bool snapshot_parse(Str bytes, Str key, Str bucket, Arena *arena, Snapshot *out, Err *err) {
    Arena *scratch = arena_create();
    Snapshot snapshot = {.bucket = str_dup(arena, bucket)};
    const json_t *value = json_parse(bytes, scratch, err);
    bool ok = value != NULL && read_snapshot(value, arena, &snapshot, err);
    arena_destroy(scratch);
    if (!ok)
        return record_corrupt(key, err);
    *out = snapshot;
    return true;
}
