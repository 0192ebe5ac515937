/* dataset_heads.c - the resolver: a name to its head, whichever bucket is its home.
 *
 * The name as given is tried in every bucket, primary first; only when no bucket has it are the
 * names listed and compared without regard to case. So the common look-up is one small read, and
 * nothing is remembered that could go out of date.
 *
 * Tested by: tests/unit/catalog/test_catalog.c. */
#include "catalog/dataset_heads.h"

#include "base/vec.h"
#include "catalog/snapshot_json.h"

Str head_key(Str dataset, Arena *arena) {
    return str_format(arena, "catalog/%.*s/head.json", STR_ARG(dataset));
}

Str snapshot_key(Str dataset, uint64_t snapshot_id, Arena *arena) {
    return str_format(arena, "catalog/%.*s/snapshots/%llu.json", STR_ARG(dataset),
                      (unsigned long long)snapshot_id);
}

static bool read_head(ObjectStore *store, Str bucket, Str dataset, Arena *arena, DatasetHead *out,
                      Err *err) {
    Str key = head_key(dataset, arena);
    Str bytes;
    ObjectInfo object;
    DatasetHead head = {.store = store};
    if (!store_get(store, key, arena, &bytes, &object, err))
        return false;
    if (!head_parse(bytes, arena, &head.info, err))
        return err_wrap(err, "%.*s in bucket '%.*s'", STR_ARG(key), STR_ARG(bucket));
    head.info.bucket = str_dup(arena, bucket);
    head.etag = object.etag;
    *out = head;
    return true;
}

/* "catalog/<name>/head.json" -> name; empty for any other key. */
static Str dataset_of_key(Str key) {
    Str prefix = STR("catalog/");
    Str suffix = STR("/head.json");
    if (!str_starts(key, prefix) || !str_ends(key, suffix) ||
        key.length <= prefix.length + suffix.length)
        return STR_EMPTY;
    Str name = str_slice(key, prefix.length, key.length - suffix.length);
    return str_find_char(name, '/', 0) == SIZE_MAX ? name : STR_EMPTY;
}

static bool names_in_bucket(ObjectStore *store, Arena *arena, StrVec *out_names, Err *err) {
    ListRequest request = {.prefix = STR("catalog/"), .limit = 10000};
    do {
        ObjectPage page;
        if (!store_list(store, &request, arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            Str name = dataset_of_key(page.items[i].key);
            if (name.length > 0)
                *vec_push(out_names, arena) = name;
        }
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
    return true;
}

static bool find_exact(Catalog *catalog, const Str *buckets, size_t count, Str dataset,
                       Arena *arena, DatasetHead *out, Err *err) {
    for (size_t i = 0; i < count; i++) {
        ObjectStore *store;
        if (bucket_find(catalog->buckets, buckets[i], arena, &store, err) &&
            read_head(store, buckets[i], dataset, arena, out, err))
            return true;
        if (!err_is(err, FAIL_NOT_FOUND))
            return false;
    }
    return err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(dataset));
}

static bool find_nocase(Catalog *catalog, const Str *buckets, size_t count, Str dataset,
                        Arena *arena, DatasetHead *out, Err *err) {
    for (size_t i = 0; i < count; i++) {
        ObjectStore *store;
        StrVec names = {0};
        if (!bucket_find(catalog->buckets, buckets[i], arena, &store, err) ||
            !names_in_bucket(store, arena, &names, err)) {
            if (err_is(err, FAIL_NOT_FOUND)) /* removed since its name was read */
                continue;
            return err_wrap(err, "look for dataset '%.*s' in bucket '%.*s'", STR_ARG(dataset),
                            STR_ARG(buckets[i]));
        }
        for (size_t n = 0; n < names.count; n++)
            if (str_eq_nocase(names.items[n], dataset))
                return read_head(store, buckets[i], names.items[n], arena, out, err);
    }
    return err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(dataset));
}

bool head_find(Catalog *catalog, Str dataset, Arena *arena, DatasetHead *out, Err *err) {
    Str *buckets;
    size_t count = bucket_names(catalog->buckets, arena, &buckets);
    if (!catalog_name_check(dataset, err)) /* no such name can exist */
        return err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(dataset));
    if (find_exact(catalog, buckets, count, dataset, arena, out, err))
        return true;
    return err_is(err, FAIL_NOT_FOUND) &&
           find_nocase(catalog, buckets, count, dataset, arena, out, err);
}

bool heads_in_bucket(Catalog *catalog, Str bucket, Arena *arena, DatasetHead **out_heads,
                     size_t *out_count, Err *err) {
    ObjectStore *store;
    StrVec names = {0};
    VEC(DatasetHead) heads = {0};
    if (!bucket_find(catalog->buckets, bucket, arena, &store, err) ||
        !names_in_bucket(store, arena, &names, err))
        return err_wrap(err, "list the datasets of bucket '%.*s'", STR_ARG(bucket));
    for (size_t i = 0; i < names.count; i++) {
        DatasetHead head;
        if (read_head(store, bucket, names.items[i], arena, &head, err))
            *vec_push(&heads, arena) = head;
        else if (!err_is(err, FAIL_NOT_FOUND)) /* dropped since it was listed */
            return false;
    }
    *out_heads = heads.items;
    *out_count = heads.count;
    return true;
}
