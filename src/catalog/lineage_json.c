/* lineage_json.c - prints and reads lineage entries.
 *
 * Tested by: tests/unit/catalog/test_snapshot_json.c, fuzz/fuzz_snapshot_json.c. */
#include "catalog/lineage_json.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/vec.h"

/* Texts that an entry may lack; in the order in which they are stored. */
static const struct {
    const char *name;
    size_t offset;
} optional_texts[] = {
    {"relation", offsetof(LineageEntry, relation)},
    {"query", offsetof(LineageEntry, query)},
    {"query_sha256", offsetof(LineageEntry, query_sha256)},
    {"content_sha256", offsetof(LineageEntry, content_sha256)},
    {"types", offsetof(LineageEntry, types)},
    {"key", offsetof(LineageEntry, key)},
};

static Str *text_at(LineageEntry *entry, size_t offset) {
    return (Str *)(void *)((char *)entry + offset);
}

static void set_number(json_t *object, const char *field, uint64_t number) {
    if (number > 0)
        json_set_u64(object, field, number);
}

static json_t *print_coercions(const LineageEntry *entry) {
    json_t *coercions = json_array();
    for (size_t i = 0; i < entry->coercion_count; i++) {
        json_t *item = json_object();
        json_set_str(item, "column", entry->coercions[i].column);
        json_set_str(item, "rule", entry->coercions[i].rule);
        json_set_u64(item, "count", entry->coercions[i].count);
        json_array_append_new(coercions, item);
    }
    return coercions;
}

json_t *lineage_to_json(const LineageEntry *entry, Arena *arena) {
    LineageEntry copy = *entry;
    json_t *value = json_object();
    json_set_str(value, "source_system", entry->source_system);
    json_set_str(value, "source", entry->source);
    for (size_t i = 0; i < ARRAY_LEN(optional_texts); i++) {
        Str text = *text_at(&copy, optional_texts[i].offset);
        if (text.length > 0)
            json_set_str(value, optional_texts[i].name, text);
    }
    json_set_str(value, "mode", entry->mode);
    json_set_u64(value, "rows", entry->rows);
    json_set_u64(value, "rejected", entry->rejected);
    set_number(value, "resumed_rows", entry->resumed_rows);
    set_number(value, "duration_ms", entry->duration_ms);
    json_object_set_new(value, "coercions", print_coercions(entry));
    json_set_str(value, "at", clock_format(entry->at_us, arena));
    return value;
}

bool record_read_text(const json_t *object, const char *field, JsonNeed need, Arena *arena,
                      Str *out, Err *err) {
    Str text = STR_EMPTY;
    if (!json_read_str(object, field, need, &text, err))
        return false;
    *out = str_dup(arena, text);
    return true;
}

bool record_read_time(const json_t *object, const char *field, int64_t *out_us, Err *err) {
    Str text = STR_EMPTY;
    if (!json_read_str(object, field, JSON_REQUIRED, &text, err))
        return false;
    return clock_parse(text, out_us) || err_fail(err, FAIL_INVALID, "'%s' is not a time", field);
}

static bool read_coercions(const json_t *list, Arena *arena, LineageEntry *out, Err *err) {
    out->coercion_count = json_array_size(list);
    out->coercions = ARENA_ARRAY(arena, Coercion, out->coercion_count);
    for (size_t i = 0; i < out->coercion_count; i++) {
        const json_t *item = json_array_get(list, i);
        Coercion *coercion = &out->coercions[i];
        if (!record_read_text(item, "column", JSON_REQUIRED, arena, &coercion->column, err) ||
            !record_read_text(item, "rule", JSON_REQUIRED, arena, &coercion->rule, err) ||
            !json_read_u64(item, "count", JSON_REQUIRED, &coercion->count, err))
            return false;
    }
    return true;
}

bool lineage_from_json(const json_t *value, Arena *arena, LineageEntry *out, Err *err) {
    LineageEntry entry = {0};
    const json_t *coercions;
    for (size_t i = 0; i < ARRAY_LEN(optional_texts); i++)
        if (!record_read_text(value, optional_texts[i].name, JSON_OPTIONAL, arena,
                              text_at(&entry, optional_texts[i].offset), err))
            return false;
    if (!record_read_text(value, "source_system", JSON_REQUIRED, arena, &entry.source_system,
                          err) ||
        !record_read_text(value, "source", JSON_REQUIRED, arena, &entry.source, err) ||
        !record_read_text(value, "mode", JSON_REQUIRED, arena, &entry.mode, err) ||
        !json_read_u64(value, "rows", JSON_REQUIRED, &entry.rows, err) ||
        !json_read_u64(value, "rejected", JSON_REQUIRED, &entry.rejected, err) ||
        !json_read_u64(value, "resumed_rows", JSON_OPTIONAL, &entry.resumed_rows, err) ||
        !json_read_u64(value, "duration_ms", JSON_OPTIONAL, &entry.duration_ms, err) ||
        !json_read_array(value, "coercions", JSON_REQUIRED, &coercions, err) ||
        !record_read_time(value, "at", &entry.at_us, err) ||
        !read_coercions(coercions, arena, &entry, err))
        return false;
    *out = entry;
    return true;
}
