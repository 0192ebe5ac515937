/* load_checkpoint.c - prints, reads and swaps checkpoints of loads.
 *
 * A reader trusts nothing that it can check: a checkpoint that is not as written is not used, which
 * costs a load its head start and nothing else.
 *
 * Tested by: test_table_resume.c, test_table_faults.c. */
#include "ingest/load_checkpoint.h"

#include "base/clock.h"
#include "base/vec.h"
#include "catalog/lineage_json.h"
#include "catalog/snapshot_json.h"

enum { FORMAT = 1 };
#define KEPT_US (INT64_C(7) * 24 * 3600 * 1000000)

static const Str folder = {"journal/loads/", 14};

Str load_checkpoint_key(Str dataset, Str load_id, Arena *arena) {
    return str_format(arena, "%.*s%.*s/%.*s.json", STR_ARG(folder), STR_ARG(dataset),
                      STR_ARG(load_id));
}

/* --- printing ---------------------------------------------------------------------------- */

static json_t *print_texts(const Str *texts, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_str(texts[i]));
    return list;
}

static json_t *print_columns(const LoadCheckpoint *checkpoint) {
    json_t *list = json_array();
    for (size_t i = 0; i < checkpoint->column_count; i++) {
        json_t *item = json_object();
        json_set_str(item, "name", checkpoint->columns[i].name);
        json_set_str(item, "source_type", checkpoint->columns[i].source_type);
        json_set_str(item, "type", checkpoint->columns[i].type);
        json_array_append_new(list, item);
    }
    return list;
}

/* Without bounds: they are values, and which columns are personal is known at the end only. */
static json_t *print_files(const LoadCheckpoint *checkpoint, Arena *arena) {
    json_t *list = json_array();
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        DataFile file = checkpoint->files[i];
        file.stats = ARENA_ARRAY(arena, ColumnStats, file.stats_count);
        for (size_t s = 0; s < file.stats_count; s++) {
            file.stats[s] = checkpoint->files[i].stats[s];
            file.stats[s].has_bounds = false;
        }
        json_array_append_new(list, data_file_to_json(&file));
    }
    return list;
}

static Str print(const LoadCheckpoint *checkpoint, Arena *arena) {
    json_t *value = json_keep(arena, json_object());
    json_set_u64(value, "format", FORMAT);
    json_set_str(value, "dataset", checkpoint->dataset);
    json_set_u64(value, "base_snapshot_id", checkpoint->base_snapshot_id);
    json_set_str(value, "updated_at", clock_format(checkpoint->updated_at_us, arena));
    json_object_set_new(value, "columns", print_columns(checkpoint));
    json_object_set_new(value, "key",
                        print_texts(checkpoint->key_columns, checkpoint->position_count));
    json_object_set_new(value, "position",
                        print_texts(checkpoint->position, checkpoint->position_count));
    json_set_u64(value, "rows", checkpoint->rows);
    json_set_u64(value, "rejected", checkpoint->rejected);
    if (checkpoint->has_cursor_from)
        json_set_str(value, "cursor_from", checkpoint->cursor_from);
    if (checkpoint->has_cursor)
        json_set_str(value, "cursor_end", checkpoint->cursor_end);
    json_object_set_new(value, "schema", schema_to_json(&checkpoint->schema));
    json_object_set_new(value, "files", print_files(checkpoint, arena));
    return json_print(value, arena);
}

/* --- reading ----------------------------------------------------------------------------- */

static bool read_texts(const json_t *object, const char *field, Arena *arena, Str **out,
                       size_t *out_count, Err *err) {
    const json_t *list;
    if (!json_read_array(object, field, JSON_REQUIRED, &list, err))
        return false;
    *out_count = json_array_size(list);
    *out = ARENA_ARRAY(arena, Str, *out_count);
    for (size_t i = 0; i < *out_count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item))
            return err_fail(err, FAIL_INVALID, "'%s' holds something else than text", field);
        (*out)[i] = str_dup(arena, str_make(json_string_value(item), json_string_length(item)));
    }
    return true;
}

static bool read_columns(const json_t *value, Arena *arena, LoadCheckpoint *out, Err *err) {
    const json_t *list;
    if (!json_read_array(value, "columns", JSON_REQUIRED, &list, err))
        return false;
    out->column_count = json_array_size(list);
    out->columns = ARENA_ARRAY(arena, CheckpointColumn, out->column_count);
    for (size_t i = 0; i < out->column_count; i++) {
        const json_t *item = json_array_get(list, i);
        CheckpointColumn *column = &out->columns[i];
        if (!record_read_text(item, "name", JSON_REQUIRED, arena, &column->name, err) ||
            !record_read_text(item, "source_type", JSON_REQUIRED, arena, &column->source_type,
                              err) ||
            !record_read_text(item, "type", JSON_REQUIRED, arena, &column->type, err))
            return false;
    }
    return true;
}

static bool read_files(const json_t *value, Arena *arena, LoadCheckpoint *out, Err *err) {
    const json_t *list, *schema;
    uint64_t rows = 0;
    if (!json_read_array(value, "files", JSON_REQUIRED, &list, err) ||
        !json_read_object(value, "schema", JSON_REQUIRED, &schema, err) ||
        !schema_from_json(schema, arena, &out->schema, err))
        return false;
    out->file_count = json_array_size(list);
    out->files = ARENA_ARRAY(arena, DataFile, out->file_count);
    for (size_t i = 0; i < out->file_count; i++) {
        if (!data_file_from_json(json_array_get(list, i), arena, &out->files[i], err))
            return false;
        rows += out->files[i].rows;
    }
    return rows == out->rows || err_fail(err, FAIL_INVALID, "its rows are not those of its files");
}

static bool read_fields(const json_t *value, Arena *arena, LoadCheckpoint *out, Err *err) {
    uint64_t format;
    size_t key_count;
    if (!json_read_u64(value, "format", JSON_REQUIRED, &format, err))
        return false;
    if (format != FORMAT)
        return err_fail(err, FAIL_INVALID, "format %llu is not known here",
                        (unsigned long long)format);
    if (!record_read_text(value, "dataset", JSON_REQUIRED, arena, &out->dataset, err) ||
        !json_read_u64(value, "base_snapshot_id", JSON_REQUIRED, &out->base_snapshot_id, err) ||
        !record_read_time(value, "updated_at", &out->updated_at_us, err) ||
        !read_columns(value, arena, out, err) ||
        !read_texts(value, "key", arena, &out->key_columns, &key_count, err) ||
        !read_texts(value, "position", arena, &out->position, &out->position_count, err) ||
        !json_read_u64(value, "rows", JSON_REQUIRED, &out->rows, err) ||
        !json_read_u64(value, "rejected", JSON_REQUIRED, &out->rejected, err) ||
        !record_read_text(value, "cursor_from", JSON_OPTIONAL, arena, &out->cursor_from, err) ||
        !record_read_text(value, "cursor_end", JSON_OPTIONAL, arena, &out->cursor_end, err) ||
        !read_files(value, arena, out, err))
        return false;
    out->has_cursor_from = json_object_get(value, "cursor_from") != NULL;
    out->has_cursor = json_object_get(value, "cursor_end") != NULL;
    return key_count == out->position_count ||
           err_fail(err, FAIL_INVALID, "its position is not one of its key");
}

static bool parse(Str bytes, Str key, Arena *arena, LoadCheckpoint *out, Err *err) {
    Arena *scratch = arena_create();
    const json_t *value = json_parse(bytes, scratch, err);
    bool ok = value != NULL && read_fields(value, arena, out, err);
    arena_destroy(scratch);
    return ok || record_corrupt(key, err);
}

bool load_checkpoint_read(ObjectStore *store, Str key, Arena *arena, bool *out_found,
                          LoadCheckpoint *out, Err *err) {
    LoadCheckpoint checkpoint = {.key = str_dup(arena, key)};
    ObjectInfo object;
    Str bytes;
    *out_found = store_get(store, key, arena, &bytes, &object, err);
    if (!*out_found) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
        err_clear(err);
        return true;
    }
    checkpoint.etag = str_dup(arena, object.etag);
    if (!parse(bytes, key, arena, &checkpoint, err)) {
        out->etag = checkpoint.etag;
        return false;
    }
    *out = checkpoint;
    return true;
}

/* --- stored ------------------------------------------------------------------------------ */

bool load_checkpoint_save(ObjectStore *store, LoadCheckpoint *checkpoint, Arena *arena, Err *err) {
    Arena *scratch = arena_create();
    checkpoint->updated_at_us = clock_now_us();
    Str bytes = print(checkpoint, scratch), etag = STR_EMPTY;
    bool ok = checkpoint->etag.length == 0
                  ? store_put_if_absent(store, checkpoint->key, bytes, scratch, &etag, err)
                  : store_put_if_match(store, checkpoint->key, bytes, checkpoint->etag, scratch,
                                       &etag, err);
    if (ok)
        checkpoint->etag = str_dup(arena, etag);
    arena_destroy(scratch);
    if (ok)
        return true;
    if (err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_EXISTS) || err_is(err, FAIL_NOT_FOUND))
        return err_fail(err, FAIL_CONFLICT, "another process has taken this load over");
    return err_wrap(err, "save the load's checkpoint");
}

bool load_checkpoint_is_expired(const LoadCheckpoint *checkpoint, int64_t now_us) {
    return now_us - checkpoint->updated_at_us > KEPT_US;
}

bool load_checkpoint_list(ObjectStore *store, Arena *arena, LoadCheckpoint **out, size_t *out_count,
                          Err *err) {
    VEC(LoadCheckpoint) found = {0};
    ListRequest request = {.prefix = folder, .cursor = STR_EMPTY, .without_etags = true};
    do {
        ObjectPage page;
        if (!store_list(store, &request, arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            LoadCheckpoint one = {.dataset = STR_EMPTY};
            bool exists;
            if (!str_ends(page.items[i].key, STR(".json"))) /* half of one, of a crash */
                continue;
            if (!load_checkpoint_read(store, page.items[i].key, arena, &exists, &one, err)) {
                if (!err_is(err, FAIL_CORRUPT))
                    return false;
                err_clear(err);
                one = (LoadCheckpoint){.key = page.items[i].key, .dataset = STR_EMPTY};
            } else if (!exists) {
                continue;
            }
            *vec_push(&found, arena) = one;
        }
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
    *out = found.items;
    *out_count = found.count;
    return true;
}
