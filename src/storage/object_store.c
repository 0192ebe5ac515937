/* object_store.c - what all backends have in common: checks of keys and arguments, and counting.
 *
 * Callers go through these wrappers, so that a backend may trust its arguments and a key that one
 * backend takes is taken by every other. An expected answer (not found, exists, conflict) is not
 * counted as a failure of the store.
 *
 * Tested by: tests/unit/storage/store_contract.c, test_object_store.c. */
#include "storage/object_store.h"

#include <assert.h>
#include <sys/stat.h>

#include "base/metrics.h"

enum { KEY_BYTES_MAX = 1024, PART_BYTES_MAX = 255, LIST_LIMIT_MAX = 10000, LIST_LIMIT = 1000 };

static bool bad_key(Err *err, const char *reason) {
    err_fail(err, FAIL_INVALID, "the key %s", reason);
    return err_field(err, "key");
}

/* C0 and C1 controls and DEL; the text is valid UTF-8. */
static bool has_control(Str text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7F)
            return true;
        if (c == 0xC2 && (unsigned char)text.data[i + 1] < 0xA0)
            return true;
    }
    return false;
}

bool store_key_check(Str key, Err *err) {
    if (key.length == 0)
        return bad_key(err, "is empty");
    if (key.length > KEY_BYTES_MAX)
        return bad_key(err, "is longer than 1024 bytes");
    if (!utf8_valid(key))
        return bad_key(err, "is not valid UTF-8");
    if (has_control(key))
        return bad_key(err, "holds a control character");
    if (key.data[0] == '/' || key.data[key.length - 1] == '/')
        return bad_key(err, "begins or ends with '/'");
    Str rest = key;
    for (bool first = true; rest.length > 0; first = false) {
        Str part;
        rest = str_cut(rest, '/', &part);
        if (part.length == 0)
            return bad_key(err, "has an empty part");
        if (str_eq_c(part, ".") || str_eq_c(part, ".."))
            return bad_key(err, "has a part '.' or '..'");
        if (part.length > PART_BYTES_MAX)
            return bad_key(err, "has a part longer than 255 bytes");
        if (first && str_eq_c(part, ".staging"))
            return bad_key(err, "begins with '.staging', which is reserved");
    }
    return true;
}

/* Counts a failure that is the store's own, and passes the result on. */
static bool counted(bool ok, const Err *err) {
    bool expected = err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_EXISTS) ||
                    err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_RANGE) ||
                    err_is(err, FAIL_LIMIT) || err_is(err, FAIL_UNSUPPORTED);
    if (!ok && !expected)
        metric_add(METRIC_STORE_FAILURES, 1);
    return ok;
}

bool store_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes, ObjectInfo *out_info,
               Err *err) {
    if (!store_key_check(key, err))
        return false;
    if (!counted(store->ops->get(store, key, arena, out_bytes, out_info, err), err))
        return false;
    metric_add(METRIC_STORE_GETS, 1);
    metric_add(METRIC_STORE_GET_BYTES, out_bytes->length);
    return true;
}

bool store_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length, Arena *arena,
                     Str *out_bytes, Err *err) {
    if (!store_key_check(key, err))
        return false;
    bool ok = store->ops->get_range(store, key, offset, length, arena, out_bytes, err);
    if (!counted(ok, err))
        return false;
    metric_add(METRIC_STORE_GETS, 1);
    metric_add(METRIC_STORE_GET_BYTES, out_bytes->length);
    return true;
}

/* Asked before the put: a file is moved away by it. */
static uint64_t source_bytes(const PutSource *source) {
    struct stat info;
    if (source->path == NULL)
        return source->bytes.length;
    return stat(source->path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

bool store_put_source(ObjectStore *store, Str key, const PutSource *source,
                      const PutCondition *condition, Arena *arena, Str *out_etag, Err *err) {
    assert(condition->rule == PUT_IF_MATCH || condition->seen_etag.length == 0);
    if (!store_key_check(key, err))
        return false;
    uint64_t size_bytes = source_bytes(source);
    if (!counted(store->ops->put(store, key, source, condition, arena, out_etag, err), err))
        return false;
    metric_add(METRIC_STORE_PUTS, 1);
    metric_add(METRIC_STORE_PUT_BYTES, size_bytes);
    return true;
}

bool store_put(ObjectStore *store, Str key, Str bytes, Arena *arena, Str *out_etag, Err *err) {
    PutSource source = {.bytes = bytes};
    PutCondition condition = {.rule = PUT_ALWAYS};
    return store_put_source(store, key, &source, &condition, arena, out_etag, err);
}

bool store_put_if_absent(ObjectStore *store, Str key, Str bytes, Arena *arena, Str *out_etag,
                         Err *err) {
    PutSource source = {.bytes = bytes};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    return store_put_source(store, key, &source, &condition, arena, out_etag, err);
}

bool store_put_if_match(ObjectStore *store, Str key, Str bytes, Str seen_etag, Arena *arena,
                        Str *out_etag, Err *err) {
    PutSource source = {.bytes = bytes};
    PutCondition condition = {.rule = PUT_IF_MATCH, .seen_etag = seen_etag};
    return store_put_source(store, key, &source, &condition, arena, out_etag, err);
}

bool store_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    return store_key_check(key, err) &&
           counted(store->ops->head(store, key, arena, out_info, err), err);
}

bool store_list(ObjectStore *store, const ListRequest *request, Arena *arena, ObjectPage *out_page,
                Err *err) {
    if (request->limit > LIST_LIMIT_MAX) {
        err_fail(err, FAIL_INVALID, "at most %d objects can be listed at once", LIST_LIMIT_MAX);
        return err_field(err, "limit");
    }
    ListRequest exact = *request;
    if (exact.limit == 0)
        exact.limit = LIST_LIMIT;
    return counted(store->ops->list(store, &exact, arena, out_page, err), err);
}

bool store_remove(ObjectStore *store, Str key, Err *err) {
    return store_key_check(key, err) && counted(store->ops->remove(store, key, err), err);
}

bool store_local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err) {
    return store_key_check(key, err) &&
           counted(store->ops->local_path(store, key, arena, out_path, err), err);
}

bool store_healthy(ObjectStore *store, Err *err) {
    return counted(store->ops->healthy(store, err), err);
}

void store_close(ObjectStore *store) {
    if (store != NULL)
        store->ops->destroy(store);
}
