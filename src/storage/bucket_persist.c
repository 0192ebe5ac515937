/* bucket_persist.c - reads and swaps registry/buckets.json.
 *
 * A change is made to the JSON as it was read, so what a newer version wrote there stays. When the
 * answer to a swap is lost, the head is read again and tells what happened.
 *
 * Tested by: tests/unit/storage/test_bucket_registry.c, tests/data/formats/v1/buckets.json. */
#include "storage/bucket_persist.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/vec.h"

enum { FORMAT = 1, BUCKETS_MAX = 1000, SWAPS_MAX = 16 };

static const Str head_key = {"registry/buckets.json", sizeof "registry/buckets.json" - 1};

typedef struct Head {
    json_t *value;
    json_t *buckets; /* the array inside */
    Str etag;        /* empty: there is no head yet */
} Head;

static bool corrupt(Err *err) {
    Err cause = *err;
    err_fail(err, FAIL_CORRUPT, "object '%.*s' is damaged: %s", STR_ARG(head_key), cause.message);
    err_detail(err, "%s", cause.detail);
    return err_hint(err, "restore it, or remove it and add the buckets again");
}

static Head new_head(Arena *arena) {
    json_t *value = json_keep(arena, json_object());
    json_t *buckets = json_array();
    json_object_set_new(value, "format", json_integer(FORMAT));
    json_object_set_new(value, "buckets", buckets);
    return (Head){value, buckets, STR_EMPTY};
}

static bool parse_head(Str bytes, Arena *arena, Head *out, Err *err) {
    out->value = json_parse(bytes, arena, err);
    uint64_t format;
    if (out->value == NULL || !json_read_u64(out->value, "format", JSON_REQUIRED, &format, err))
        return corrupt(err);
    if (format != FORMAT)
        return err_fail(err, FAIL_CORRUPT, "object '%.*s' has format %llu, which is not known here",
                        STR_ARG(head_key), (unsigned long long)format);
    out->buckets = json_object_get(out->value, "buckets");
    if (!json_is_array(out->buckets) || json_array_size(out->buckets) > BUCKETS_MAX) {
        err_fail(err, FAIL_INVALID, "field 'buckets' is not a list of at most %d", BUCKETS_MAX);
        return corrupt(err);
    }
    return true;
}

static bool read_head(ObjectStore *primary, Arena *arena, Head *out, Err *err) {
    Str bytes;
    ObjectInfo info;
    if (!store_get(primary, head_key, arena, &bytes, &info, err)) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
        err_clear(err);
        *out = new_head(arena);
        return true;
    }
    out->etag = info.etag;
    return parse_head(bytes, arena, out, err);
}

static bool write_head(ObjectStore *primary, const Head *head, Arena *arena, Err *err) {
    Str bytes = json_print_pretty(head->value, arena);
    return head->etag.length == 0
               ? store_put_if_absent(primary, head_key, bytes, arena, NULL, err)
               : store_put_if_match(primary, head_key, bytes, head->etag, arena, NULL, err);
}

static bool parse_role(Str text, BucketRole *out, Err *err) {
    for (BucketRole role = BUCKET_PROFILE; role <= BUCKET_USER; role++)
        if (str_eq_c(text, bucket_role_name(role))) {
            *out = role;
            return true;
        }
    return err_fail(err, FAIL_INVALID, "no added bucket has the role '%.*s'", STR_ARG(text));
}

static bool parse_bucket(const json_t *item, StoredBucket *out, Err *err) {
    Str role = STR_EMPTY, at = STR_EMPTY;
    *out = (StoredBucket){.spec = {.root = STR_EMPTY}};
    if (!json_is_object(item))
        return err_fail(err, FAIL_INVALID, "a bucket is not an object");
    return json_read_str(item, "name", JSON_REQUIRED, &out->spec.name, err) &&
           json_read_str(item, "backend", JSON_REQUIRED, &out->spec.backend, err) &&
           json_read_str(item, "root", JSON_OPTIONAL, &out->spec.root, err) &&
           json_read_str(item, "role", JSON_REQUIRED, &role, err) &&
           json_read_str(item, "created_at", JSON_REQUIRED, &at, err) &&
           parse_role(role, &out->spec.role, err) &&
           (clock_parse(at, &out->created_at_us) ||
            err_fail(err, FAIL_INVALID, "'created_at' is not a time"));
}

bool bucket_persist_load(ObjectStore *primary, Arena *arena, StoredBucket **out_buckets,
                         size_t *out_count, Err *err) {
    Head head;
    if (!read_head(primary, arena, &head, err))
        return false;
    size_t count = json_array_size(head.buckets);
    StoredBucket *buckets = ARENA_ARRAY(arena, StoredBucket, count);
    for (size_t i = 0; i < count; i++)
        if (!parse_bucket(json_array_get(head.buckets, i), &buckets[i], err))
            return corrupt(err);
    *out_buckets = buckets;
    *out_count = count;
    return true;
}

/* Place of a name in the array, or its size. */
static size_t find_name(const Head *head, Str name) {
    size_t count = json_array_size(head->buckets);
    for (size_t i = 0; i < count; i++) {
        const char *found =
            json_string_value(json_object_get(json_array_get(head->buckets, i), "name"));
        if (found != NULL && str_eq_c(name, found))
            return i;
    }
    return count;
}

static json_t *print_bucket(const StoredBucket *bucket, Arena *arena) {
    json_t *item = json_object();
    json_set_str(item, "name", bucket->spec.name);
    json_set_str(item, "backend", bucket->spec.backend);
    json_set_str(item, "root", bucket->spec.root);
    json_set_str(item, "role", str_c(bucket_role_name(bucket->spec.role)));
    json_set_str(item, "created_at", clock_format(bucket->created_at_us, arena));
    return item;
}

typedef enum EditResult { EDIT_DONE, EDIT_FAILED, EDIT_AGAIN } EditResult;

static EditResult swap_head(ObjectStore *primary, const Head *head, Arena *arena, Err *err) {
    if (write_head(primary, head, arena, err))
        return EDIT_DONE;
    return err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_EXISTS) ? EDIT_AGAIN : EDIT_FAILED;
}

/* After a failed swap whose outcome is not known: is the name there now? The error stays as it is
 * when that cannot be told. */
static bool is_now(ObjectStore *primary, Str name, bool wanted, Arena *arena) {
    Head head;
    Err ignored;
    if (!read_head(primary, arena, &head, &ignored))
        return false;
    return (find_name(&head, name) < json_array_size(head.buckets)) == wanted;
}

static EditResult add_once(ObjectStore *primary, const StoredBucket *bucket, Arena *arena,
                           Err *err) {
    Head head;
    if (!read_head(primary, arena, &head, err))
        return EDIT_FAILED;
    size_t count = json_array_size(head.buckets);
    Str name = bucket->spec.name;
    if (find_name(&head, name) < count) {
        err_fail(err, FAIL_CONFLICT, "there is a bucket '%.*s' already", STR_ARG(name));
        return EDIT_FAILED;
    }
    if (count == BUCKETS_MAX) {
        err_fail(err, FAIL_LIMIT, "there cannot be more than %d buckets", BUCKETS_MAX);
        return EDIT_FAILED;
    }
    json_array_append_new(head.buckets, print_bucket(bucket, arena));
    EditResult result = swap_head(primary, &head, arena, err);
    bool lost = result == EDIT_FAILED && is_now(primary, name, true, arena);
    return lost ? EDIT_DONE : result;
}

static EditResult remove_once(ObjectStore *primary, Str name, Arena *arena, Err *err) {
    Head head;
    if (!read_head(primary, arena, &head, err))
        return EDIT_FAILED;
    size_t at = find_name(&head, name);
    if (at == json_array_size(head.buckets))
        return EDIT_DONE;
    json_array_remove(head.buckets, at);
    EditResult result = swap_head(primary, &head, arena, err);
    bool lost = result == EDIT_FAILED && is_now(primary, name, false, arena);
    return lost ? EDIT_DONE : result;
}

/* One change, tried again while other writers win. `bucket` is NULL to remove `name`. */
static bool edit(ObjectStore *primary, const StoredBucket *bucket, Str name, Err *err) {
    Arena *scratch = arena_create();
    EditResult result = EDIT_AGAIN;
    for (int swap = 0; swap < SWAPS_MAX && result == EDIT_AGAIN; swap++)
        result = bucket != NULL ? add_once(primary, bucket, scratch, err)
                                : remove_once(primary, name, scratch, err);
    arena_destroy(scratch);
    if (result == EDIT_AGAIN)
        err_fail(err, FAIL_BUSY, "object '%.*s' keeps being changed by others", STR_ARG(head_key));
    return result == EDIT_DONE;
}

bool bucket_persist_add(ObjectStore *primary, const StoredBucket *bucket, Err *err) {
    return edit(primary, bucket, bucket->spec.name, err);
}

bool bucket_persist_remove(ObjectStore *primary, Str name, Err *err) {
    return edit(primary, NULL, name, err);
}
