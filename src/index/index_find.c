/* index_find.c - look for heads, bucket by bucket.
 *
 * Tested by: test_index_service.c. */
#include "index/index_find.h"

#include <stdlib.h>

#include "base/vec.h"

static bool read_head(BucketRegistry *buckets, Str name, Str bucket, Arena *arena, FoundHead *out,
                      Err *err) {
    FoundHead found = {.bucket = bucket};
    Str bytes;
    ObjectInfo info;
    if (!bucket_find(buckets, bucket, arena, &found.store, err) ||
        !store_get(found.store, index_head_key(name, arena), arena, &bytes, &info, err) ||
        !index_head_parse(bytes, name, bucket, arena, &found.head, err))
        return false;
    found.etag = info.etag;
    *out = found;
    return true;
}

bool index_head_find(BucketRegistry *buckets, Str name, Arena *arena, FoundHead *out, Err *err) {
    Str *homes;
    size_t count = bucket_names(buckets, arena, &homes);
    Err trouble = {0};
    for (size_t i = 0; i < count; i++) {
        Err here = {0};
        if (read_head(buckets, name, homes[i], arena, out, &here))
            return true;
        if (!err_is(&here, FAIL_NOT_FOUND) && trouble.kind == FAIL_NONE) {
            trouble = here;
            if (!err_is(&here, FAIL_CORRUPT))
                err_wrap(&trouble, "look for index '%.*s' in bucket '%.*s'", STR_ARG(name),
                         STR_ARG(homes[i]));
        }
    }
    if (trouble.kind != FAIL_NONE) {
        *err = trouble; /* it may well be there: that is not "no index" */
        return false;
    }
    return err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(name));
}

/* Names of the indexes in one bucket. A folder without a head is none: a first refresh is under way
 * there, or a deletion stopped half-way. */
static bool list_names(BucketRegistry *buckets, Str bucket, Arena *arena, StrVec *out, Err *err) {
    ObjectStore *store = NULL;
    if (!bucket_find(buckets, bucket, arena, &store, err))
        return false;
    Str prefix = STR("vectors/");
    ListRequest request = {.prefix = prefix, .folders = true, .without_etags = true};
    do {
        ObjectPage page;
        if (!store_list(store, &request, arena, &page, err))
            return err_wrap(err, "list the indexes of bucket '%.*s'", STR_ARG(bucket));
        for (size_t i = 0; i < page.count; i++) {
            Str key = page.items[i].key;
            Str name = str_slice(key, prefix.length, key.length - 1);
            Err absent = {0};
            ObjectInfo info;
            if (!str_ends(key, STR("/")))
                continue; /* an object of before there were folders */
            if (store_head(store, index_head_key(name, arena), arena, &info, &absent))
                *vec_push(out, arena) = name;
            else if (!err_is(&absent, FAIL_NOT_FOUND)) {
                *err = absent;
                return false;
            }
        }
        request.cursor = page.next_cursor;
    } while (!str_is_empty(request.cursor));
    return true;
}

static int compare_strs(const void *a, const void *b) {
    return str_compare(*(const Str *)a, *(const Str *)b);
}

bool index_head_names(BucketRegistry *buckets, Str bucket, Arena *arena, Str **out_names,
                      size_t *out_count, Err *err) {
    Str *homes = &bucket;
    size_t count = 1;
    if (str_is_empty(bucket))
        count = bucket_names(buckets, arena, &homes);
    StrVec names = {0};
    for (size_t i = 0; i < count; i++) {
        Err trouble = {0};
        if (list_names(buckets, homes[i], arena, &names, &trouble))
            continue;
        bool removed = err_is(&trouble, FAIL_NOT_FOUND) && str_is_empty(bucket);
        if (!removed) { /* since its name was read */
            *err = trouble;
            return false;
        }
    }
    if (names.count > 1)
        qsort(names.items, names.count, sizeof *names.items, compare_strs);
    size_t kept = 0;
    for (size_t i = 0; i < names.count; i++)
        if (kept == 0 || !str_eq(names.items[kept - 1], names.items[i]))
            names.items[kept++] = names.items[i];
    *out_names = names.items;
    *out_count = kept;
    return true;
}

bool index_head_list(BucketRegistry *buckets, Arena *arena, FoundHead **out_heads,
                     size_t *out_count, Err *err) {
    Str *names;
    size_t count;
    if (!index_head_names(buckets, STR_EMPTY, arena, &names, &count, err))
        return false;
    FoundHead *heads = ARENA_ARRAY(arena, FoundHead, count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        Err trouble = {0};
        if (index_head_find(buckets, names[i], arena, &heads[used], &trouble)) {
            used++;
        } else if (!err_is(&trouble, FAIL_NOT_FOUND)) { /* not: dropped since it was listed */
            *err = trouble;
            return false;
        }
    }
    *out_heads = heads;
    *out_count = used;
    return true;
}
