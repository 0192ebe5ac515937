/* snapshot_json.c - writers and strict readers of catalog/<dataset>/head.json and
 * snapshots/<id>.json.
 *
 * A reader never trusts a count: sums are made again from the files listed.
 *
 * Tested by: tests/unit/catalog/test_snapshot_json.c (round trips, golden files, damaged records).
 */
#include "catalog/snapshot_json.h"

#include "base/clock.h"

static void set_time(json_t *object, const char *field, int64_t time_us, Arena *arena) {
    json_set_str(object, field, clock_format(time_us, arena));
}

static bool read_time(const json_t *object, const char *field, int64_t *out_us, Err *err) {
    Str text;
    if (!json_read_str(object, field, JSON_REQUIRED, &text, err))
        return false;
    if (!clock_parse(text, out_us))
        return err_fail(err, FAIL_CORRUPT, "'%s' is not a time", field);
    return true;
}

static bool read_text(const json_t *object, const char *field, JsonNeed need, Arena *arena,
                      Str *out, Err *err) {
    Str text = STR_EMPTY;
    if (!json_read_str(object, field, need, &text, err))
        return false;
    *out = str_dup(arena, text);
    return true;
}

static bool check_format(const json_t *record, Err *err) {
    uint64_t format;
    if (!json_read_u64(record, "format", JSON_REQUIRED, &format, err))
        return false;
    if (format != CATALOG_FORMAT)
        return err_fail(err, FAIL_UNSUPPORTED, "it has format %llu; this program reads %d",
                        (unsigned long long)format, CATALOG_FORMAT);
    return true;
}

/* A record of ours that lacks a field is damage, not a caller's mistake. */
static bool as_corrupt(Err *err) {
    if (err->kind == FAIL_INVALID)
        err->kind = FAIL_CORRUPT;
    err->field[0] = '\0';
    return false;
}

/* --- data files ------------------------------------------------------------------------- */

static json_t *stats_to_json(const ColumnStats *stats) {
    json_t *value = json_object();
    json_set_u64(value, "field_id", stats->field_id);
    json_set_u64(value, "null_count", stats->null_count);
    json_set_u64(value, "bytes", stats->size_bytes);
    if (stats->has_bounds) {
        json_set_str(value, "min", stats->min_text);
        json_set_str(value, "max", stats->max_text);
    }
    return value;
}

static bool stats_from_json(const json_t *value, Arena *arena, ColumnStats *out, Err *err) {
    uint64_t id;
    if (!json_read_u64(value, "field_id", JSON_REQUIRED, &id, err) ||
        !json_read_u64(value, "null_count", JSON_REQUIRED, &out->null_count, err) ||
        !json_read_u64(value, "bytes", JSON_REQUIRED, &out->size_bytes, err) ||
        !read_text(value, "min", JSON_OPTIONAL, arena, &out->min_text, err) ||
        !read_text(value, "max", JSON_OPTIONAL, arena, &out->max_text, err))
        return false;
    out->field_id = (uint32_t)id;
    out->has_bounds =
        json_object_get(value, "min") != NULL && json_object_get(value, "max") != NULL;
    return true;
}

static json_t *file_to_json(const DataFile *file) {
    json_t *value = json_object();
    json_set_str(value, "key", file->key);
    json_set_u64(value, "rows", file->rows);
    json_set_u64(value, "bytes", file->size_bytes);
    json_set_str(value, "etag", file->etag);
    json_t *columns = json_array();
    for (size_t i = 0; i < file->stats_count; i++)
        json_array_append_new(columns, stats_to_json(&file->stats[i]));
    json_object_set_new(value, "columns", columns);
    return value;
}

static bool file_from_json(const json_t *value, Arena *arena, DataFile *out, Err *err) {
    const json_t *columns;
    if (!read_text(value, "key", JSON_REQUIRED, arena, &out->key, err) ||
        !json_read_u64(value, "rows", JSON_REQUIRED, &out->rows, err) ||
        !json_read_u64(value, "bytes", JSON_REQUIRED, &out->size_bytes, err) ||
        !read_text(value, "etag", JSON_OPTIONAL, arena, &out->etag, err) ||
        !json_read_array(value, "columns", JSON_REQUIRED, &columns, err))
        return false;
    if (!store_key_check(out->key, err) || !str_starts(out->key, STR("data/")))
        return err_fail(err, FAIL_CORRUPT, "'%.*s' is not the key of a data file",
                        STR_ARG(out->key));
    out->stats_count = json_array_size(columns);
    out->stats = ARENA_ARRAY(arena, ColumnStats, out->stats_count);
    for (size_t i = 0; i < out->stats_count; i++)
        if (!stats_from_json(json_array_get(columns, i), arena, &out->stats[i], err))
            return false;
    return true;
}

static bool files_from_json(const json_t *record, Arena *arena, Snapshot *out, Err *err) {
    const json_t *files;
    if (!json_read_array(record, "files", JSON_REQUIRED, &files, err))
        return false;
    out->file_count = json_array_size(files);
    out->files = ARENA_ARRAY(arena, DataFile, out->file_count);
    for (size_t i = 0; i < out->file_count; i++) {
        if (!file_from_json(json_array_get(files, i), arena, &out->files[i], err))
            return false;
        out->rows += out->files[i].rows;
        out->size_bytes += out->files[i].size_bytes;
    }
    return true;
}

/* --- lineage ---------------------------------------------------------------------------- */

static json_t *lineage_to_json(const LineageEntry *entry, Arena *arena) {
    json_t *coercions = json_array();
    for (size_t i = 0; i < entry->coercion_count; i++) {
        json_t *coercion = json_object();
        json_set_str(coercion, "column", entry->coercions[i].column);
        json_set_str(coercion, "rule", entry->coercions[i].rule);
        json_set_u64(coercion, "count", entry->coercions[i].count);
        json_array_append_new(coercions, coercion);
    }
    json_t *value = json_object();
    json_set_str(value, "source_system", entry->source_system);
    json_set_str(value, "source", entry->source);
    json_set_str(value, "mode", entry->mode);
    json_set_u64(value, "rows", entry->rows);
    json_set_u64(value, "rejected", entry->rejected);
    json_object_set_new(value, "coercions", coercions);
    set_time(value, "at", entry->at_us, arena);
    return value;
}

static bool lineage_from_json(const json_t *value, Arena *arena, LineageEntry *out, Err *err) {
    const json_t *coercions;
    if (!read_text(value, "source_system", JSON_REQUIRED, arena, &out->source_system, err) ||
        !read_text(value, "source", JSON_REQUIRED, arena, &out->source, err) ||
        !read_text(value, "mode", JSON_REQUIRED, arena, &out->mode, err) ||
        !json_read_u64(value, "rows", JSON_REQUIRED, &out->rows, err) ||
        !json_read_u64(value, "rejected", JSON_REQUIRED, &out->rejected, err) ||
        !json_read_array(value, "coercions", JSON_REQUIRED, &coercions, err) ||
        !read_time(value, "at", &out->at_us, err))
        return false;
    out->coercion_count = json_array_size(coercions);
    out->coercions = ARENA_ARRAY(arena, Coercion, out->coercion_count);
    for (size_t i = 0; i < out->coercion_count; i++) {
        const json_t *item = json_array_get(coercions, i);
        Coercion *coercion = &out->coercions[i];
        if (!read_text(item, "column", JSON_REQUIRED, arena, &coercion->column, err) ||
            !read_text(item, "rule", JSON_REQUIRED, arena, &coercion->rule, err) ||
            !json_read_u64(item, "count", JSON_REQUIRED, &coercion->count, err))
            return false;
    }
    return true;
}

/* --- snapshots -------------------------------------------------------------------------- */

Str snapshot_print(const Snapshot *snapshot, Arena *arena) {
    json_t *record = json_keep(arena, json_object());
    json_set_u64(record, "format", CATALOG_FORMAT);
    json_set_str(record, "dataset", snapshot->dataset);
    json_set_u64(record, "snapshot_id", snapshot->id);
    json_set_u64(record, "parent_id", snapshot->parent_id);
    set_time(record, "created_at", snapshot->created_at_us, arena);
    json_set_u64(record, "rows", snapshot->rows);
    json_set_u64(record, "bytes", snapshot->size_bytes);
    json_object_set_new(record, "schema", schema_to_json(&snapshot->schema));
    json_t *files = json_array();
    for (size_t i = 0; i < snapshot->file_count; i++)
        json_array_append_new(files, file_to_json(&snapshot->files[i]));
    json_object_set_new(record, "files", files);
    json_object_set_new(record, "lineage", lineage_to_json(&snapshot->lineage, arena));
    return json_print(record, arena);
}

bool snapshot_parse(Str bytes, Arena *arena, Snapshot *out, Err *err) {
    Snapshot snapshot = {0};
    const json_t *schema;
    const json_t *lineage;
    json_t *record = json_parse(bytes, arena, err);
    if (record == NULL)
        return as_corrupt(err);
    if (!check_format(record, err) ||
        !read_text(record, "dataset", JSON_REQUIRED, arena, &snapshot.dataset, err) ||
        !json_read_u64(record, "snapshot_id", JSON_REQUIRED, &snapshot.id, err) ||
        !json_read_u64(record, "parent_id", JSON_REQUIRED, &snapshot.parent_id, err) ||
        !read_time(record, "created_at", &snapshot.created_at_us, err) ||
        !json_read_object(record, "schema", JSON_REQUIRED, &schema, err) ||
        !json_read_object(record, "lineage", JSON_REQUIRED, &lineage, err) ||
        !schema_from_json(schema, arena, &snapshot.schema, err) ||
        !files_from_json(record, arena, &snapshot, err) ||
        !lineage_from_json(lineage, arena, &snapshot.lineage, err))
        return as_corrupt(err);
    if (snapshot.parent_id >= snapshot.id)
        return err_fail(err, FAIL_CORRUPT, "snapshot %llu has the later parent %llu",
                        (unsigned long long)snapshot.id, (unsigned long long)snapshot.parent_id);
    snapshot.lineage.snapshot_id = snapshot.id;
    *out = snapshot;
    return true;
}

/* --- heads ------------------------------------------------------------------------------ */

Str head_print(const DatasetInfo *info, Arena *arena) {
    json_t *record = json_keep(arena, json_object());
    json_set_u64(record, "format", CATALOG_FORMAT);
    json_set_str(record, "dataset", info->name);
    json_set_str(record, "bucket", info->bucket);
    json_set_u64(record, "snapshot_id", info->snapshot_id);
    json_set_str(record, "description", info->description);
    set_time(record, "created_at", info->created_at_us, arena);
    set_time(record, "updated_at", info->updated_at_us, arena);
    return json_print_pretty(record, arena);
}

bool head_parse(Str bytes, Arena *arena, DatasetInfo *out, Err *err) {
    DatasetInfo info = {.bucket = STR("primary")};
    json_t *record = json_parse(bytes, arena, err);
    if (record == NULL)
        return as_corrupt(err);
    if (!check_format(record, err) ||
        !read_text(record, "dataset", JSON_REQUIRED, arena, &info.name, err) ||
        !json_read_u64(record, "snapshot_id", JSON_REQUIRED, &info.snapshot_id, err) ||
        !read_text(record, "description", JSON_OPTIONAL, arena, &info.description, err) ||
        !read_time(record, "created_at", &info.created_at_us, err) ||
        !read_time(record, "updated_at", &info.updated_at_us, err))
        return as_corrupt(err);
    *out = info;
    return true;
}
