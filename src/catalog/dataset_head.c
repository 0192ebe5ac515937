/* dataset_head.c - reads and swaps heads.
 *
 * Tested by: tests/unit/catalog/test_catalog.c, test_catalog_faults.c,
 * tests/data/formats/v1/head.json. */
#include "catalog/dataset_head.h"

#include "base/clock.h"
#include "catalog/lineage_json.h"
#include "catalog/pii_tags.h"
#include "catalog/snapshot_json.h"

enum { FORMAT = 1 };

Str dataset_head_key(Str dataset, Arena *arena) {
    return str_format(arena, "catalog/%.*s/head.json", STR_ARG(dataset));
}

bool dataset_head_is_live(const DatasetHead *head) {
    return head->etag.length > 0 && !head->dropped;
}

static bool read_fields(const json_t *value, Str dataset, Arena *arena, DatasetHead *out,
                        Err *err) {
    uint64_t format;
    DatasetInfo *info = &out->info;
    const json_t *tags;
    PiiTags pii_tags;
    if (!json_read_u64(value, "format", JSON_REQUIRED, &format, err))
        return false;
    if (format != FORMAT)
        return err_fail(err, FAIL_INVALID, "format %llu is not known here",
                        (unsigned long long)format);
    Str name = STR_EMPTY;
    if (!json_read_str(value, "dataset", JSON_REQUIRED, &name, err) ||
        !json_read_u64(value, "snapshot_id", JSON_REQUIRED, &info->snapshot_id, err) ||
        !json_read_str(value, "description", JSON_OPTIONAL, &info->description, err) ||
        !json_read_bool(value, "dropped", JSON_OPTIONAL, &out->dropped, err) ||
        !record_read_time(value, "created_at", &info->created_at_us, err) ||
        !record_read_time(value, "updated_at", &info->updated_at_us, err) ||
        !json_read_array(value, "pii_tags", JSON_OPTIONAL, &tags, err) ||
        !person_tags_from_json(tags, arena, &pii_tags, err))
        return false;
    info->pii_tags = pii_tags.items;
    info->pii_tag_count = pii_tags.count;
    if (!str_eq(name, dataset))
        return err_fail(err, FAIL_INVALID, "it belongs to dataset '%.*s'", STR_ARG(name));
    return info->snapshot_id > 0 || err_fail(err, FAIL_INVALID, "it names no snapshot");
}

bool dataset_head_read(ObjectStore *store, Str bucket, Str dataset, Arena *arena, DatasetHead *out,
                       Err *err) {
    Str key = dataset_head_key(dataset, arena);
    DatasetHead head = {.info = {.name = str_dup(arena, dataset),
                                 .bucket = str_dup(arena, bucket),
                                 .description = STR_EMPTY},
                        .etag = STR_EMPTY};
    Str bytes;
    ObjectInfo object;
    if (!store_get(store, key, arena, &bytes, &object, err)) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
        err_clear(err);
        *out = head;
        return true;
    }
    head.etag = object.etag;
    const json_t *value = json_parse(bytes, arena, err);
    if (value == NULL || !read_fields(value, dataset, arena, &head, err))
        return record_corrupt(key, err);
    *out = head;
    return true;
}

static Str print_head(const DatasetHead *head, Arena *arena) {
    const DatasetInfo *info = &head->info;
    json_t *value = json_keep(arena, json_object());
    json_set_u64(value, "format", FORMAT);
    json_set_str(value, "dataset", info->name);
    json_set_str(value, "bucket", info->bucket);
    json_set_u64(value, "snapshot_id", info->snapshot_id);
    json_set_str(value, "description", info->description);
    json_set_str(value, "created_at", clock_format(info->created_at_us, arena));
    json_set_str(value, "updated_at", clock_format(info->updated_at_us, arena));
    if (info->pii_tag_count > 0)
        json_object_set_new(value, "pii_tags",
                            person_tags_to_json(info->pii_tags, info->pii_tag_count));
    if (head->dropped)
        json_object_set_new(value, "dropped", json_true());
    return json_print_pretty(value, arena);
}

/* After a swap without an answer: does the head hold what we wrote? */
static bool is_written(ObjectStore *store, Str key, Str bytes, Arena *arena) {
    Err ignored; /* not known is not written: the first error stands */
    Str seen;
    return store_get(store, key, arena, &seen, NULL, &ignored) && str_eq(seen, bytes);
}

bool dataset_head_swap(ObjectStore *store, const DatasetHead *head, Arena *arena, Err *err) {
    Str key = dataset_head_key(head->info.name, arena);
    Str bytes = print_head(head, arena);
    bool ok = head->etag.length == 0
                  ? store_put_if_absent(store, key, bytes, arena, NULL, err)
                  : store_put_if_match(store, key, bytes, head->etag, arena, NULL, err);
    if (ok)
        return true;
    bool lost = err_is(err, FAIL_EXISTS) || err_is(err, FAIL_CONFLICT);
    if (lost)
        return err_fail(err, FAIL_CONFLICT, "dataset '%.*s' has been changed meanwhile",
                        STR_ARG(head->info.name));
    return is_written(store, key, bytes, arena);
}
