/* refresh_checkpoint.c - one small JSON object a refresh under way, swapped after each batch.
 *
 * Tested by: test_refresh_checkpoint.c, test_index_crash.c. */
#include "index/refresh_checkpoint.h"

#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/vec.h"

enum { FORMAT = 1 };

static Str staging_folder(Str index_name, Arena *arena) {
    return str_format(arena, "vectors/%.*s/staging/", STR_ARG(index_name));
}

static void begin_new(Checkpoint *checkpoint, const SegmentHome *home) {
    Arena *arena = checkpoint->arena;
    Str id = random_id(arena);
    Str folder = staging_folder(home->index_name, arena);
    checkpoint->key = str_format(arena, "%.*s%.*s/checkpoint.json", STR_ARG(folder), STR_ARG(id));
    checkpoint->etag = STR_EMPTY;
    checkpoint->owner = random_id(arena);
    checkpoint->segment_count = 0;
}

void checkpoint_restart(Checkpoint *checkpoint, const SegmentHome *home) {
    begin_new(checkpoint, home);
}

uint64_t checkpoint_next_row_id(const Checkpoint *checkpoint) {
    if (checkpoint->segment_count == 0)
        return checkpoint->terms.first_row_id;
    return checkpoint->segments[checkpoint->segment_count - 1].ref.last_row_id + 1;
}

/* --- as JSON ------------------------------------------------------------------------------ */

static Str print(const Checkpoint *checkpoint, Arena *arena) {
    json_t *object = json_keep(arena, json_object());
    const CheckpointTerms *terms = &checkpoint->terms;
    json_set_u64(object, "format", FORMAT);
    json_set_str(object, "owner", checkpoint->owner);
    json_set_str(object, "model_fingerprint", terms->model_fingerprint);
    json_set_u64(object, "dimensions", terms->dimensions);
    json_set_u64(object, "chunk_size", terms->chunk_size);
    json_set_u64(object, "overlap", terms->overlap);
    json_set_u64(object, "first_row_id", terms->first_row_id);
    json_t *list = json_array();
    for (size_t i = 0; i < checkpoint->segment_count; i++) {
        const StagedSegment *segment = &checkpoint->segments[i];
        json_t *item = json_object();
        json_set_str(item, "key", segment->ref.key);
        json_set_u64(item, "rows", segment->ref.rows);
        json_set_u64(item, "bytes", segment->ref.size_bytes);
        json_set_u64(item, "first_row_id", segment->ref.first_row_id);
        json_set_u64(item, "last_row_id", segment->ref.last_row_id);
        json_set_str(item, "checksum", segment->ref.checksum);
        json_set_u64(item, "truncated_chunks", segment->truncated_chunks);
        json_array_append_new(list, item);
    }
    json_object_set_new(object, "segments", list);
    return json_print(object, arena);
}

static bool parse_segment(const json_t *item, StagedSegment *out, Err *err) {
    return json_read_str(item, "key", JSON_REQUIRED, &out->ref.key, err) &&
           json_read_u64(item, "rows", JSON_REQUIRED, &out->ref.rows, err) &&
           json_read_u64(item, "bytes", JSON_REQUIRED, &out->ref.size_bytes, err) &&
           json_read_u64(item, "first_row_id", JSON_REQUIRED, &out->ref.first_row_id, err) &&
           json_read_u64(item, "last_row_id", JSON_REQUIRED, &out->ref.last_row_id, err) &&
           json_read_str(item, "checksum", JSON_REQUIRED, &out->ref.checksum, err) &&
           json_read_u64(item, "truncated_chunks", JSON_OPTIONAL, &out->truncated_chunks, err) &&
           (segment_ref_is_sound(&out->ref) ||
            err_fail(err, FAIL_INVALID, "a segment of it is not sound"));
}

static bool parse_u32(const json_t *object, const char *field, uint32_t *out, Err *err) {
    uint64_t value = 0;
    if (!json_read_u64(object, field, JSON_REQUIRED, &value, err))
        return false;
    *out = (uint32_t)value;
    return value <= UINT32_MAX || err_fail(err, FAIL_INVALID, "'%s' is out of range", field);
}

static bool parse(Str bytes, Arena *arena, Checkpoint *out, Err *err) {
    json_t *object = json_parse(bytes, arena, err);
    uint64_t format = 0;
    const json_t *list = NULL;
    CheckpointTerms *terms = &out->terms;
    if (object == NULL || !json_read_u64(object, "format", JSON_REQUIRED, &format, err) ||
        !json_read_str(object, "owner", JSON_REQUIRED, &out->owner, err) ||
        !json_read_str(object, "model_fingerprint", JSON_REQUIRED, &terms->model_fingerprint,
                       err) ||
        !parse_u32(object, "dimensions", &terms->dimensions, err) ||
        !parse_u32(object, "chunk_size", &terms->chunk_size, err) ||
        !parse_u32(object, "overlap", &terms->overlap, err) ||
        !json_read_u64(object, "first_row_id", JSON_REQUIRED, &terms->first_row_id, err) ||
        !json_read_array(object, "segments", JSON_REQUIRED, &list, err))
        return false;
    if (format != FORMAT)
        return err_fail(err, FAIL_INVALID, "its format is not one that we know");
    out->segment_count = out->segment_capacity = json_array_size(list);
    out->segments = ARENA_ARRAY(arena, StagedSegment, out->segment_count);
    uint64_t next = terms->first_row_id;
    for (size_t i = 0; i < out->segment_count; i++) {
        if (!parse_segment(json_array_get(list, i), &out->segments[i], err))
            return false;
        if (out->segments[i].ref.first_row_id < next)
            return err_fail(err, FAIL_INVALID, "its row ids do not rise");
        next = out->segments[i].ref.last_row_id + 1;
    }
    return true;
}

/* --- stored ------------------------------------------------------------------------------- */

static bool store(Checkpoint *checkpoint, const SegmentHome *home, Err *err) {
    Arena *scratch = arena_create();
    Str bytes = print(checkpoint, scratch);
    Str etag = STR_EMPTY;
    bool ok = str_is_empty(checkpoint->etag)
                  ? store_put_if_absent(home->store, checkpoint->key, bytes, scratch, &etag, err)
                  : store_put_if_match(home->store, checkpoint->key, bytes, checkpoint->etag,
                                       scratch, &etag, err);
    if (ok)
        checkpoint->etag = str_dup(checkpoint->arena, etag);
    arena_destroy(scratch);
    if (ok)
        return true;
    if (err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_NOT_FOUND))
        return err_fail(err, FAIL_CONFLICT, "another process took this refresh over");
    return err_wrap(err, "store the refresh's checkpoint");
}

static bool fits(const CheckpointTerms *have, const CheckpointTerms *want) {
    return str_eq(have->model_fingerprint, want->model_fingerprint) &&
           have->dimensions == want->dimensions && have->chunk_size == want->chunk_size &&
           have->overlap == want->overlap && have->first_row_id == want->first_row_id;
}

static bool list_checkpoints(ObjectStore *store_, Str index_name, Arena *arena, StrVec *out,
                             Err *err) {
    ListRequest request = {.prefix = staging_folder(index_name, arena), .without_etags = true};
    do {
        ObjectPage page;
        if (!store_list(store_, &request, arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++)
            if (str_ends(page.items[i].key, STR("/checkpoint.json")))
                *vec_push(out, arena) = page.items[i].key;
        request.cursor = page.next_cursor;
    } while (!str_is_empty(request.cursor));
    return true;
}

/* *out_usable: it could be read. Only trouble with the store is an error. */
static bool read_one(ObjectStore *store_, Str key, Arena *arena, Checkpoint *out, bool *out_usable,
                     Err *err) {
    Str bytes;
    ObjectInfo info;
    *out_usable = false;
    if (!store_get(store_, key, arena, &bytes, &info, err))
        return err_is(err, FAIL_NOT_FOUND);
    Checkpoint checkpoint = {.key = key, .etag = info.etag, .arena = arena};
    Err unreadable = {0};
    if (!parse(bytes, arena, &checkpoint, &unreadable))
        return true;
    *out = checkpoint;
    *out_usable = true;
    return true;
}

bool checkpoint_open(const SegmentHome *home, const CheckpointTerms *terms, Arena *arena,
                     Checkpoint *out, Err *err) {
    StrVec keys = {0};
    if (!list_checkpoints(home->store, home->index_name, arena, &keys, err))
        return err_wrap(err, "look for stopped refreshes");
    for (size_t i = 0; i < keys.count; i++) {
        Checkpoint found;
        bool usable = false;
        if (!read_one(home->store, keys.items[i], arena, &found, &usable, err))
            return err_wrap(err, "read the checkpoint of a stopped refresh");
        if (!usable || found.segment_count == 0 || !fits(&found.terms, terms))
            continue;
        found.owner = random_id(arena);
        if (!store(&found, home, err))
            return false;
        *out = found;
        return true;
    }
    err_clear(err);
    *out = (Checkpoint){.terms = *terms, .arena = arena};
    begin_new(out, home);
    return true;
}

bool checkpoint_add(Checkpoint *checkpoint, const SegmentHome *home, const StagedSegment *segment,
                    Err *err) {
    StagedSegment copy = *segment;
    copy.ref.key = str_dup(checkpoint->arena, segment->ref.key);
    copy.ref.checksum = str_dup(checkpoint->arena, segment->ref.checksum);
    VEC(StagedSegment)
    list = {checkpoint->segments, checkpoint->segment_count, checkpoint->segment_capacity};
    *vec_push(&list, checkpoint->arena) = copy;
    checkpoint->segments = list.items;
    checkpoint->segment_count = list.count;
    checkpoint->segment_capacity = list.capacity;
    return store(checkpoint, home, err);
}

/* Every readable checkpoint of the index. */
static bool read_all(ObjectStore *store_, Str index_name, Arena *arena, StrVec *keys,
                     Checkpoint **out, size_t *out_count, Err *err) {
    if (!list_checkpoints(store_, index_name, arena, keys, err))
        return false;
    Checkpoint *found = ARENA_ARRAY(arena, Checkpoint, keys->count);
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++) {
        bool usable = false;
        if (!read_one(store_, keys->items[i], arena, &found[count], &usable, err))
            return false;
        count += usable;
    }
    err_clear(err);
    *out = found;
    *out_count = count;
    return true;
}

bool checkpoint_keys(ObjectStore *store_, Str index_name, Arena *arena, StrVec *out, Err *err) {
    StrVec keys = {0};
    Checkpoint *found;
    size_t count;
    if (!read_all(store_, index_name, arena, &keys, &found, &count, err))
        return false;
    for (size_t i = 0; i < keys.count; i++)
        *vec_push(out, arena) = keys.items[i];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < found[i].segment_count; k++)
            *vec_push(out, arena) = found[i].segments[k].ref.key;
    return true;
}

bool checkpoint_checksums(ObjectStore *store_, Str index_name, Arena *arena, Map *out, Err *err) {
    StrVec keys = {0};
    Checkpoint *found;
    size_t count;
    if (!read_all(store_, index_name, arena, &keys, &found, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < found[i].segment_count; k++)
            map_put(out, found[i].segments[k].ref.checksum, out);
    return true;
}
