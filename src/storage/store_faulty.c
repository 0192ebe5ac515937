/* store_faulty.c - a store that goes wrong on purpose, at the call that a plan names.
 *
 * It stands in front of any other store and counts calls over all verbs. With it a test can make
 * each call of an operation fail in turn (fail_nth), happen without an answer (lost_nth), leave
 * half a file behind (tear_nth), or be the last before a crash (fail_after), then look at what is
 * left through the inner store.
 *
 * A torn put leaves `<key>.torn` beside the key: debris that every reader must pass over.
 *
 * Tested by: tests/unit/storage/test_store_faulty.c; used by every fail-the-nth sweep. */
#include "storage/object_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct FaultyStore {
    ObjectStore base;
    ObjectStore *inner;
    pthread_mutex_t lock; /* protects plan and calls */
    FaultPlan plan;
    uint64_t calls;
} FaultyStore;

typedef enum Fault { FAULT_NONE, FAULT_FAIL, FAULT_TEAR, FAULT_LOSE } Fault;

static FaultyStore *self(ObjectStore *store) {
    return (FaultyStore *)store;
}

/* Counts a call and says what is to happen to it. */
static Fault next_fault(FaultyStore *faulty) {
    pthread_mutex_lock(&faulty->lock);
    uint64_t call = ++faulty->calls;
    const FaultPlan *plan = &faulty->plan;
    Fault fault = FAULT_NONE;
    if (call == plan->fail_nth || (plan->fail_after != 0 && call >= plan->fail_after))
        fault = FAULT_FAIL;
    else if (call == plan->tear_nth)
        fault = FAULT_TEAR;
    else if (call == plan->lost_nth)
        fault = FAULT_LOSE;
    pthread_mutex_unlock(&faulty->lock);
    return fault;
}

static bool planned_failure(const char *verb, Err *err) {
    return err_fail(err, FAIL_IO, "planned failure of %s", verb);
}

/* What every verb but put does: fail before, or do it and fail after. */
#define FAULTY_CALL(store, verb, call)                                                             \
    do {                                                                                           \
        Fault fault_ = next_fault(self(store));                                                    \
        if (fault_ == FAULT_FAIL || fault_ == FAULT_TEAR)                                          \
            return planned_failure(verb, err);                                                     \
        bool ok_ = (call);                                                                         \
        if (ok_ && fault_ == FAULT_LOSE)                                                           \
            return planned_failure(verb, err);                                                     \
        return ok_;                                                                                \
    } while (0)

static bool faulty_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes,
                       ObjectInfo *out_info, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "get", inner->ops->get(inner, key, arena, out_bytes, out_info, err));
}

static bool faulty_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length,
                             Arena *arena, Str *out_bytes, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "get_range",
                inner->ops->get_range(inner, key, offset, length, arena, out_bytes, err));
}

static bool faulty_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "head", inner->ops->head(inner, key, arena, out_info, err));
}

static bool faulty_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                        ObjectPage *out_page, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "list", inner->ops->list(inner, request, arena, out_page, err));
}

static bool faulty_remove(ObjectStore *store, Str key, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "remove", inner->ops->remove(inner, key, err));
}

static bool faulty_local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "local_path", inner->ops->local_path(inner, key, arena, out_path, err));
}

static bool faulty_healthy(ObjectStore *store, Err *err) {
    ObjectStore *inner = self(store)->inner;
    FAULTY_CALL(store, "healthy", inner->ops->healthy(inner, err));
}

/* Half of the bytes, under a name that is not the key. A file's content is torn to nothing. */
static void leave_torn(ObjectStore *inner, Str key, const PutSource *source, Arena *arena) {
    Str torn_key = str_format(arena, "%.*s.torn", STR_ARG(key));
    Err ignored;
    if (!store_key_check(torn_key, &ignored))
        return;
    PutSource half = {.bytes = str_slice(source->bytes, 0, source->bytes.length / 2)};
    PutCondition always = {.rule = PUT_ALWAYS};
    if (!inner->ops->put(inner, torn_key, &half, &always, arena, NULL, &ignored))
        return; /* less debris than planned; the put fails all the same */
}

static bool faulty_put(ObjectStore *store, Str key, const PutSource *source,
                       const PutCondition *condition, Arena *arena, Str *out_etag, Err *err) {
    ObjectStore *inner = self(store)->inner;
    Fault fault = next_fault(self(store));
    if (fault == FAULT_TEAR)
        leave_torn(inner, key, source, arena);
    if (fault == FAULT_TEAR || fault == FAULT_FAIL)
        return planned_failure("put", err);
    if (fault == FAULT_NONE)
        return inner->ops->put(inner, key, source, condition, arena, out_etag, err);
    if (!inner->ops->put(inner, key, source, condition, arena, NULL, err))
        return false;
    return planned_failure("put", err);
}

static void faulty_destroy(ObjectStore *store) {
    FaultyStore *faulty = self(store);
    store_close(faulty->inner);
    pthread_mutex_destroy(&faulty->lock);
    free(faulty);
}

static const ObjectStoreOps faulty_ops = {
    .name = "faulty",
    .get = faulty_get,
    .get_range = faulty_get_range,
    .put = faulty_put,
    .head = faulty_head,
    .list = faulty_list,
    .remove = faulty_remove,
    .local_path = faulty_local_path,
    .healthy = faulty_healthy,
    .destroy = faulty_destroy,
};

ObjectStore *store_faulty_create(ObjectStore *inner, const FaultPlan *plan) {
    FaultyStore *faulty = calloc(1, sizeof *faulty);
    if (faulty == NULL)
        abort();
    faulty->base.ops = &faulty_ops;
    faulty->inner = inner;
    faulty->plan = *plan;
    pthread_mutex_init(&faulty->lock, NULL);
    return &faulty->base;
}

void store_faulty_set_plan(ObjectStore *store, const FaultPlan *plan) {
    FaultyStore *faulty = self(store);
    pthread_mutex_lock(&faulty->lock);
    faulty->plan = *plan;
    faulty->calls = 0;
    pthread_mutex_unlock(&faulty->lock);
}

uint64_t store_faulty_calls(const ObjectStore *store) {
    FaultyStore *faulty = (FaultyStore *)(uintptr_t)store;
    pthread_mutex_lock(&faulty->lock);
    uint64_t calls = faulty->calls;
    pthread_mutex_unlock(&faulty->lock);
    return calls;
}
