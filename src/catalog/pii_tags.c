/* pii_tags.c - prints, reads and joins tags; says which are shown.
 *
 * Tested by: tests/unit/catalog/test_pii_tags.c, test_snapshot_json.c. */
#include "catalog/pii_tags.h"

#include "catalog/lineage_json.h"

static const Str by_person = {"person", 6};

json_t *pii_tags_to_json(const PiiTag *tags, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        json_set_str(item, "column", tags[i].column);
        json_set_str(item, "kind", tags[i].kind);
        json_object_set_new(item, "score", json_real(tags[i].score));
        json_set_str(item, "basis", tags[i].basis);
        json_array_append_new(list, item);
    }
    return list;
}

static bool read_tag(const json_t *item, Arena *arena, PiiTag *out, Err *err) {
    if (!record_read_text(item, "column", JSON_REQUIRED, arena, &out->column, err) ||
        !record_read_text(item, "kind", JSON_REQUIRED, arena, &out->kind, err) ||
        !json_read_f64(item, "score", JSON_REQUIRED, &out->score, err) ||
        !record_read_text(item, "basis", JSON_REQUIRED, arena, &out->basis, err))
        return false;
    if (out->kind.length == 0)
        return err_fail(err, FAIL_INVALID, "a finding has no kind");
    return (out->score >= 0 && out->score <= 1) ||
           err_fail(err, FAIL_INVALID, "a score is not between 0 and 1");
}

bool pii_tags_from_json(const json_t *list, const Schema *schema, Arena *arena, PiiTags *out,
                        Err *err) {
    PiiTags tags = {.count = json_array_size(list)};
    tags.items = ARENA_ARRAY(arena, PiiTag, tags.count);
    for (size_t i = 0; i < tags.count; i++) {
        if (!read_tag(json_array_get(list, i), arena, &tags.items[i], err))
            return false;
        if (schema_find(schema, tags.items[i].column) == NULL)
            return err_fail(err, FAIL_INVALID, "it tags column '%.*s', which it does not have",
                            STR_ARG(tags.items[i].column));
    }
    *out = tags;
    return true;
}

json_t *person_tags_to_json(const PiiTag *tags, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        json_set_str(item, "column", tags[i].column);
        json_set_str(item, "kind", tags[i].kind);
        json_array_append_new(list, item);
    }
    return list;
}

bool person_tags_from_json(const json_t *list, Arena *arena, PiiTags *out, Err *err) {
    PiiTags tags = {.count = json_array_size(list)};
    tags.items = ARENA_ARRAY(arena, PiiTag, tags.count);
    for (size_t i = 0; i < tags.count; i++) {
        const json_t *item = json_array_get(list, i);
        tags.items[i] = (PiiTag){.score = 1, .basis = by_person};
        if (!record_read_text(item, "column", JSON_REQUIRED, arena, &tags.items[i].column, err) ||
            !record_read_text(item, "kind", JSON_REQUIRED, arena, &tags.items[i].kind, err))
            return false;
    }
    *out = tags;
    return true;
}

static PiiTag *find(const PiiTags *tags, const PiiTag *like) {
    for (size_t i = 0; i < tags->count; i++)
        if (str_eq(tags->items[i].column, like->column) && str_eq(tags->items[i].kind, like->kind))
            return &tags->items[i];
    return NULL;
}

static void join(PiiTags *into, PiiTags from, const Schema *schema) {
    for (size_t i = 0; i < from.count; i++) {
        const PiiTag *tag = &from.items[i];
        if (schema_find(schema, tag->column) == NULL)
            continue;
        PiiTag *same = find(into, tag);
        if (same == NULL)
            into->items[into->count++] = *tag;
        else if (tag->score > same->score)
            *same = *tag;
    }
}

PiiTags pii_tags_merge(PiiTags old, PiiTags found, const Schema *schema, Arena *arena) {
    PiiTags merged = {ARENA_ARRAY(arena, PiiTag, old.count + found.count), 0};
    join(&merged, old, schema);
    join(&merged, found, schema);
    return merged;
}

/* Did a person say anything about the column? */
static bool is_settled(const DatasetInfo *info, Str column) {
    for (size_t i = 0; i < info->pii_tag_count; i++)
        if (str_eq(info->pii_tags[i].column, column))
            return true;
    return false;
}

void catalog_pii_shown(const DatasetInfo *info, const Snapshot *snapshot, Arena *arena,
                       PiiTag **out, size_t *out_count) {
    PiiTags shown = {ARENA_ARRAY(arena, PiiTag, info->pii_tag_count + snapshot->pii_count), 0};
    for (size_t c = 0; c < snapshot->schema.count; c++) {
        Str column = snapshot->schema.columns[c].name;
        for (size_t i = 0; i < info->pii_tag_count; i++)
            if (str_eq(info->pii_tags[i].column, column) && info->pii_tags[i].kind.length > 0)
                shown.items[shown.count++] = info->pii_tags[i];
        for (size_t i = 0; i < snapshot->pii_count && !is_settled(info, column); i++)
            if (str_eq(snapshot->pii[i].column, column))
                shown.items[shown.count++] = snapshot->pii[i];
    }
    *out = shown.items;
    *out_count = shown.count;
}
