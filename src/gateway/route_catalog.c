/* route_catalog.c - datasets: what they hold now, held before, and where it came from.
 *
 * Which indexes use a dataset, and whether they are fresh, is asked of the index service: nobody
 * stores it twice.
 *
 * Tested by: tests/e2e/test_routes_catalog.py. */
#include "gateway/route_handlers.h"

#include "pii/pii.h"

enum { HISTORY_DEFAULT = 100, HISTORY_MAX = 1000 };

/* --- one dataset as JSON --------------------------------------------------------------------- */

/* What is to be shown of one column; what a person said of it has no score. */
static json_t *pii_json(Str column, const PiiTag *tags, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(tags[i].column, column) || tags[i].kind.length == 0)
            continue;
        json_t *tag = json_object();
        json_set_str(tag, "kind", tags[i].kind);
        json_object_set_new(tag, "score", json_real(tags[i].score));
        json_set_str(tag, "basis", tags[i].basis);
        json_array_append_new(list, tag);
    }
    return list;
}

static json_t *columns_json(const Schema *schema, const PiiTag *tags, size_t tag_count) {
    json_t *list = json_array();
    for (size_t i = 0; i < schema->count; i++) {
        json_t *column = json_object();
        json_set_str(column, "name", schema->columns[i].name);
        json_set_str(column, "type", schema->columns[i].type);
        json_object_set_new(column, "nullable", json_boolean(schema->columns[i].nullable));
        json_object_set_new(column, "pii", pii_json(schema->columns[i].name, tags, tag_count));
        json_array_append_new(list, column);
    }
    return list;
}

static json_t *files_json(const Snapshot *snapshot) {
    json_t *list = json_array();
    for (size_t i = 0; i < snapshot->file_count; i++) {
        json_t *file = json_object();
        json_set_str(file, "key", snapshot->files[i].key);
        json_set_u64(file, "rows", snapshot->files[i].rows);
        json_set_u64(file, "bytes", snapshot->files[i].size_bytes);
        json_array_append_new(list, file);
    }
    return list;
}

static json_t *indexes_json(Str dataset, const IndexRecord *records, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(records[i].source, dataset))
            continue;
        json_t *index = json_object();
        json_set_str(index, "index_name", records[i].index_name);
        json_object_set_new(index, "fresh", json_boolean(records[i].fresh));
        json_array_append_new(list, index);
    }
    return list;
}

static json_t *dataset_json(const DatasetInfo *info, const Snapshot *snapshot,
                            const IndexRecord *records, size_t record_count, Arena *arena) {
    PiiTag *tags;
    size_t tag_count;
    catalog_pii_shown(info, snapshot, arena, &tags, &tag_count);
    json_t *dataset = json_keep(arena, json_object());
    json_set_str(dataset, "name", info->name);
    json_set_str(dataset, "description", info->description);
    json_set_str(dataset, "bucket", info->bucket);
    json_set_u64(dataset, "snapshot_id", snapshot->id);
    json_set_u64(dataset, "rows", snapshot->rows);
    json_set_u64(dataset, "bytes", snapshot->size_bytes);
    json_object_set_new(dataset, "columns", columns_json(&snapshot->schema, tags, tag_count));
    json_object_set_new(dataset, "objects", files_json(snapshot));
    json_object_set_new(dataset, "indexes", indexes_json(info->name, records, record_count));
    json_set_time(dataset, "created_at", info->created_at_us, arena);
    json_set_time(dataset, "updated_at", info->updated_at_us, arena);
    return dataset;
}

/* --- list, get ------------------------------------------------------------------------------- */

bool route_dataset_list(RouteCall *call, HttpResponse *response, Err *err) {
    Catalog *catalog = call->services->catalog;
    DatasetInfo *infos;
    size_t count;
    IndexRecord *records;
    size_t record_count;
    if (!catalog_list(catalog, call->arena, &infos, &count, err) ||
        !index_list(call->services->indexes, call->arena, &records, &record_count, err))
        return false;
    json_t *list = json_keep(call->arena, json_array());
    for (size_t i = 0; i < count; i++) {
        Snapshot snapshot;
        if (catalog_snapshot(catalog, infos[i].name, infos[i].snapshot_id, call->arena, &snapshot,
                             err))
            json_array_append(
                list, dataset_json(&infos[i], &snapshot, records, record_count, call->arena));
        else if (!err_is(err, FAIL_NOT_FOUND)) /* dropped since it was listed */
            return false;
    }
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set(answer, "datasets", list);
    return respond_json(call, response, answer);
}

bool route_dataset_get(RouteCall *call, HttpResponse *response, Err *err) {
    DatasetInfo info;
    Snapshot snapshot;
    IndexRecord *records;
    size_t count;
    if (!catalog_find(call->services->catalog, call_param(call, "name"), call->arena, &info, err) ||
        !catalog_snapshot(call->services->catalog, info.name, info.snapshot_id, call->arena,
                          &snapshot, err) ||
        !index_list(call->services->indexes, call->arena, &records, &count, err))
        return false;
    return respond_json(call, response,
                        dataset_json(&info, &snapshot, records, count, call->arena));
}

/* --- history --------------------------------------------------------------------------------- */

static bool read_history(RouteCall *call, Snapshot **out_snapshots, size_t *out_count, Err *err) {
    uint64_t limit = call_query_u64(call, "limit", HISTORY_DEFAULT);
    if (limit == 0 || limit > HISTORY_MAX) {
        err_fail(err, FAIL_INVALID, "'limit' must be 1 to %d", HISTORY_MAX);
        return err_field(err, "limit");
    }
    return catalog_history(call->services->catalog, call_param(call, "name"), (size_t)limit,
                           call->arena, out_snapshots, out_count, err);
}

bool route_dataset_snapshots(RouteCall *call, HttpResponse *response, Err *err) {
    Snapshot *snapshots;
    size_t count;
    if (!read_history(call, &snapshots, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const Snapshot *snapshot = &snapshots[i];
        json_t *item = json_object();
        json_set_u64(item, "snapshot_id", snapshot->id);
        if (snapshot->parent_id == 0)
            json_object_set_new(item, "parent_id", json_null());
        else
            json_set_u64(item, "parent_id", snapshot->parent_id);
        json_set_str(item, "mode", snapshot->lineage.mode);
        json_set_u64(item, "rows", snapshot->rows);
        json_set_u64(item, "bytes", snapshot->size_bytes);
        json_set_u64(item, "objects", snapshot->file_count);
        json_set_time(item, "created_at", snapshot->created_at_us, call->arena);
        json_array_append_new(list, item);
    }
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "snapshots", list);
    return respond_json(call, response, answer);
}

static void set_text_or_null(json_t *object, const char *field, Str text) {
    if (text.length == 0)
        json_object_set_new(object, field, json_null());
    else
        json_set_str(object, field, text);
}

static json_t *lineage_json(const LineageEntry *entry, Arena *arena) {
    json_t *item = json_object();
    json_set_u64(item, "snapshot_id", entry->snapshot_id);
    json_set_str(item, "source_system", entry->source_system);
    json_set_str(item, "source", entry->source);
    set_text_or_null(item, "relation", entry->relation);
    set_text_or_null(item, "query", entry->query);
    set_text_or_null(item, "types", entry->types);
    json_set_str(item, "mode", entry->mode);
    set_text_or_null(item, "key", entry->key);
    json_set_u64(item, "rows", entry->rows);
    json_set_u64(item, "rejected", entry->rejected);
    json_set_u64(item, "resumed_rows", entry->resumed_rows);
    json_t *coercions = json_array();
    for (size_t i = 0; i < entry->coercion_count; i++)
        json_array_append(coercions, coercion_to_json(&entry->coercions[i], arena));
    json_object_set_new(item, "coercions", coercions);
    json_object_set_new(item, "duration_secs", json_real((double)entry->duration_ms / 1000));
    if (entry->predecessor_id == 0)
        json_object_set_new(item, "predecessor", json_null());
    else
        json_set_u64(item, "predecessor", entry->predecessor_id);
    json_set_time(item, "at", entry->at_us, arena);
    return item;
}

bool route_dataset_lineage(RouteCall *call, HttpResponse *response, Err *err) {
    Snapshot *snapshots;
    size_t count;
    if (!read_history(call, &snapshots, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, lineage_json(&snapshots[i].lineage, call->arena));
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "entries", list);
    return respond_json(call, response, answer);
}

/* --- change ---------------------------------------------------------------------------------- */

static bool is_kind(Str kind) {
    for (const char *const *known = pii_kinds(); *known != NULL; known++)
        if (str_eq_c(kind, *known))
            return true;
    return false;
}

/* {"email": "EMAIL", "notes": null}: a kind, or nothing personal. */
static bool read_decisions(const json_t *pii, Arena *arena, PiiDecision **out, size_t *out_count,
                           Err *err) {
    size_t count = 0;
    PiiDecision *decisions = ARENA_ARRAY(arena, PiiDecision, json_object_size(pii));
    const char *column;
    json_t *kind;
    json_object_foreach ((json_t *)pii, column, kind) {
        PiiDecision *decision = &decisions[count++];
        *decision = (PiiDecision){.column = str_c(column), .kind = STR_EMPTY};
        if (json_is_null(kind))
            continue;
        if (json_is_string(kind))
            decision->kind = str_make(json_string_value(kind), json_string_length(kind));
        if (!is_kind(decision->kind)) {
            err_fail(err, FAIL_UNPROCESSABLE, "'%s' must be a kind of personal data, or null",
                     column);
            err_hint(err, "kinds are EMAIL, PHONE, PERSON, ...: docs/pii.md lists them");
            return err_field(err, "pii");
        }
    }
    *out = decisions;
    *out_count = count;
    return true;
}

bool route_dataset_patch(RouteCall *call, HttpResponse *response, Err *err) {
    Str name = call_param(call, "name");
    Str description = {NULL, 0};
    const json_t *pii = NULL;
    if (!json_read_object(call->body, "pii", JSON_OPTIONAL, &pii, err) ||
        !json_read_str(call->body, "description", JSON_OPTIONAL, &description, err))
        return false;
    PiiDecision *decisions = NULL;
    size_t count = 0;
    if (pii != NULL && !read_decisions(pii, call->arena, &decisions, &count, err))
        return false;
    if (count > 0 && !catalog_tag_pii(call->services->catalog, name, decisions, count, err))
        return false;
    if (description.data != NULL &&
        !catalog_describe(call->services->catalog, name, description, err))
        return false;
    return route_dataset_get(call, response, err);
}

bool route_dataset_delete(RouteCall *call, HttpResponse *response, Err *err) {
    Str name = call_param(call, "name");
    DatasetInfo info;
    Str *indexes;
    size_t count = 0;
    if (!catalog_find(call->services->catalog, name, call->arena, &info, err))
        return false;
    if (!call_query_flag(call, "force") &&
        !index_references(call->services->indexes, info.name, STR_EMPTY, call->arena, &indexes,
                          &count, err))
        return false;
    if (count > 0) {
        json_t *references = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(
                references, json_str(str_format(call->arena, "index %.*s", STR_ARG(indexes[i]))));
        call->problem_extra = json_keep(call->arena, json_object());
        json_object_set_new(call->problem_extra, "references", references);
        err_fail(err, FAIL_CONFLICT, "dataset '%.*s' is used by indexes", STR_ARG(info.name));
        return err_hint(err, "delete the indexes first, or pass ?force=true");
    }
    return catalog_drop(call->services->catalog, info.name, err) && respond_nothing(response);
}
