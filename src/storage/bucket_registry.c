/* bucket_registry.c - the table of buckets: finding, listing, adding, removing.
 *
 * A Bucket is counted: the table holds one reference, every arena that found it another, so that a
 * removal never pulls a store away from a request in flight. The table's lock is held for pointer
 * work only; opening, probing and remembering happen outside it, one change at a time.
 *
 * A bucket whose root cannot be opened (a disk that is not mounted) stays in the table without a
 * store: it is listed as not healthy and tried again when somebody looks for it. A remembered root
 * is never made anew, so that an empty mount point is not taken for the bucket.
 *
 * Lock order: change, lock; a bucket's probe lock on its own.
 *
 * Tested by: tests/unit/storage/test_bucket_registry.c. */
#include "storage/bucket_registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"
#include "storage/bucket.h"
#include "storage/bucket_persist.h"
#include "storage/bucket_roots.h"

enum { SUBSCRIBERS_MAX = 8, PROBE_FRESH_NS = 1000000000 };

struct BucketRegistry {
    pthread_mutex_t change; /* one bucket_create or bucket_remove at a time */
    pthread_mutex_t lock;   /* protects buckets, count, capacity, and each bucket's store */
    Bucket **buckets;       /* primary, rescue, then by name */
    size_t count, capacity;
    struct {
        BucketsChangedFn fn;
        void *context;
    } subscribers[SUBSCRIBERS_MAX];
    size_t subscriber_count;
};

/* --- the table --------------------------------------------------------------------------- */

static int compare_buckets(const Bucket *a, const Bucket *b) {
    BucketRole rank_a = a->info.role <= BUCKET_RESCUE ? a->info.role : BUCKET_USER;
    BucketRole rank_b = b->info.role <= BUCKET_RESCUE ? b->info.role : BUCKET_USER;
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    return str_compare(a->info.name, b->info.name);
}

static void insert_locked(BucketRegistry *registry, Bucket *bucket) {
    if (registry->count == registry->capacity) {
        registry->capacity = registry->capacity == 0 ? 8 : registry->capacity * 2;
        registry->buckets = realloc(registry->buckets, registry->capacity * sizeof(Bucket *));
        if (registry->buckets == NULL)
            abort();
    }
    size_t at = registry->count++;
    for (; at > 0 && compare_buckets(registry->buckets[at - 1], bucket) > 0; at--)
        registry->buckets[at] = registry->buckets[at - 1];
    registry->buckets[at] = bucket;
}

static Bucket *find_locked(BucketRegistry *registry, Str name) {
    for (size_t i = 0; i < registry->count; i++)
        if (str_eq(registry->buckets[i]->info.name, name))
            return registry->buckets[i];
    return NULL;
}

/* The bucket, kept for the arena, and its store (NULL: not open). */
static Bucket *find_kept(BucketRegistry *registry, Str name, Arena *arena,
                         ObjectStore **out_store) {
    pthread_mutex_lock(&registry->lock);
    Bucket *bucket = find_locked(registry, name);
    if (bucket != NULL) {
        bucket_keep(bucket, arena);
        *out_store = bucket->store;
    }
    pthread_mutex_unlock(&registry->lock);
    return bucket;
}

/* All of them, kept for the arena. */
static Bucket **all_kept(BucketRegistry *registry, Arena *arena, size_t *out_count) {
    pthread_mutex_lock(&registry->lock);
    Bucket **all = ARENA_ARRAY(arena, Bucket *, registry->count);
    for (size_t i = 0; i < registry->count; i++) {
        all[i] = registry->buckets[i];
        bucket_keep(all[i], arena);
    }
    *out_count = registry->count;
    pthread_mutex_unlock(&registry->lock);
    return all;
}

static void tell_subscribers(BucketRegistry *registry) {
    for (size_t i = 0; i < registry->subscriber_count; i++)
        registry->subscribers[i].fn(registry->subscribers[i].context);
}

/* --- opening stores ---------------------------------------------------------------------- */

/* FAIL_UNPROCESSABLE when `root` shares files with the root of a bucket other than `name`. */
static bool check_overlap(BucketRegistry *registry, Str name, Str root, Err *err) {
    Arena *scratch = arena_create();
    size_t count;
    Bucket **all = all_kept(registry, scratch, &count);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        const BucketInfo *other = &all[i]->info;
        if (str_eq(other->name, name) || !bucket_roots_overlap(root, other->root))
            continue;
        err_fail(err, FAIL_UNPROCESSABLE, "the root shares files with that of bucket '%.*s'",
                 STR_ARG(other->name));
        ok = err_field(err, "root");
    }
    arena_destroy(scratch);
    return ok;
}

/* Tries a bucket that could not be opened before. */
static bool reopen(BucketRegistry *registry, Bucket *bucket, ObjectStore **out_store, Err *err) {
    BucketSpec spec = {.name = bucket->info.name, .backend = bucket->info.backend};
    ObjectStore *store = NULL;
    if (check_overlap(registry, spec.name, bucket->info.root, err))
        store = bucket_open_store(&spec, bucket->info.root, BUCKET_ROOT_FIND, err);
    if (store == NULL)
        return err_wrap(err, "bucket '%.*s' cannot be opened", STR_ARG(spec.name));
    pthread_mutex_lock(&registry->lock);
    ObjectStore *ours = bucket->store == NULL ? NULL : store;
    if (ours == NULL)
        bucket->store = store;
    *out_store = bucket->store;
    pthread_mutex_unlock(&registry->lock);
    store_close(ours); /* somebody else was quicker */
    return true;
}

/* --- life -------------------------------------------------------------------------------- */

static BucketRole configured_role(const BucketSpec *spec) {
    if (str_eq_c(spec->name, "primary"))
        return BUCKET_PRIMARY;
    if (str_eq_c(spec->name, "rescue"))
        return BUCKET_RESCUE;
    return spec->role == BUCKET_PROFILE ? BUCKET_PROFILE : BUCKET_USER;
}

static bool open_configured(BucketRegistry *registry, const BucketSpec *spec, Arena *scratch,
                            Err *err) {
    Str root;
    if (!bucket_root_of(spec, scratch, &root, err) ||
        !check_overlap(registry, spec->name, root, err))
        return false;
    ObjectStore *store = bucket_open_store(spec, root, BUCKET_ROOT_MAKE, err);
    if (store == NULL && spec->role == BUCKET_PRIMARY)
        return false;
    int64_t made_us = root.length > 0 ? bucket_root_made_us(root) : clock_now_us();
    insert_locked(registry, bucket_new(spec, root, made_us, store));
    return true;
}

/* A bucket of the configuration. Only primary must open. */
static bool add_configured(BucketRegistry *registry, const BucketSpec *given, Err *err) {
    BucketSpec spec = *given;
    spec.role = configured_role(given);
    if (!bucket_name_check(spec.name, err))
        return false;
    if (find_locked(registry, spec.name) != NULL)
        return err_fail(err, FAIL_INVALID, "bucket '%.*s' is configured twice", STR_ARG(spec.name));
    Arena *scratch = arena_create();
    bool ok = open_configured(registry, &spec, scratch, err);
    arena_destroy(scratch);
    return ok || err_wrap(err, "bucket '%.*s'", STR_ARG(spec.name));
}

/* The buckets of earlier runs. One that cannot be opened now is kept without a store. */
static bool add_remembered(BucketRegistry *registry, Arena *arena, Err *err) {
    ObjectStore *primary = find_locked(registry, STR("primary"))->store;
    StoredBucket *stored;
    size_t count;
    if (!bucket_persist_load(primary, arena, &stored, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const BucketSpec *spec = &stored[i].spec;
        if (find_locked(registry, spec->name) != NULL)
            continue; /* the configuration wins */
        Err ignored;  /* bucket_find says why when the bucket is asked for */
        ObjectStore *store = NULL;
        if (check_overlap(registry, spec->name, spec->root, &ignored))
            store = bucket_open_store(spec, spec->root, BUCKET_ROOT_FIND, &ignored);
        insert_locked(registry, bucket_new(spec, spec->root, stored[i].created_at_us, store));
    }
    return true;
}

BucketRegistry *bucket_registry_open(const BucketRegistryConfig *config, Err *err) {
    BucketRegistry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        abort();
    pthread_mutex_init(&registry->change, NULL);
    pthread_mutex_init(&registry->lock, NULL);
    bool ok = true;
    for (size_t i = 0; i < config->spec_count && ok; i++)
        ok = add_configured(registry, &config->specs[i], err);
    if (ok && (find_locked(registry, STR("primary")) == NULL ||
               find_locked(registry, STR("rescue")) == NULL))
        ok = err_fail(err, FAIL_INVALID, "the buckets 'primary' and 'rescue' must be configured");
    Arena *scratch = arena_create();
    ok = ok && add_remembered(registry, scratch, err);
    arena_destroy(scratch);
    if (ok)
        return registry;
    bucket_registry_close(registry);
    return NULL;
}

void bucket_registry_close(BucketRegistry *registry) {
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->count; i++)
        bucket_release(registry->buckets[i]);
    free(registry->buckets);
    pthread_mutex_destroy(&registry->lock);
    pthread_mutex_destroy(&registry->change);
    free(registry);
}

void bucket_registry_on_change(BucketRegistry *registry, BucketsChangedFn fn, void *context) {
    assert(registry->subscriber_count < SUBSCRIBERS_MAX);
    registry->subscribers[registry->subscriber_count].fn = fn;
    registry->subscribers[registry->subscriber_count++].context = context;
}

/* --- looking ----------------------------------------------------------------------------- */

bool bucket_find(BucketRegistry *registry, Str name, Arena *arena, ObjectStore **out_store,
                 Err *err) {
    if (name.length == 0)
        name = STR("primary");
    ObjectStore *store = NULL;
    Bucket *bucket = find_kept(registry, name, arena, &store);
    if (bucket == NULL)
        return err_fail(err, FAIL_NOT_FOUND, "no bucket '%.*s'", STR_ARG(name));
    if (store == NULL && !reopen(registry, bucket, &store, err))
        return false;
    *out_store = store;
    return true;
}

static bool probe(BucketRegistry *registry, Bucket *bucket) {
    pthread_mutex_lock(&bucket->probe_lock);
    uint64_t now = clock_monotonic_ns();
    if (bucket->probed_at_ns == 0 || now - bucket->probed_at_ns > PROBE_FRESH_NS) {
        Err ignored; /* the answer is a flag */
        pthread_mutex_lock(&registry->lock);
        ObjectStore *store = bucket->store;
        pthread_mutex_unlock(&registry->lock);
        bucket->healthy = (store != NULL || reopen(registry, bucket, &store, &ignored)) &&
                          store_healthy(store, &ignored);
        bucket->probed_at_ns = now;
    }
    bool healthy = bucket->healthy;
    pthread_mutex_unlock(&bucket->probe_lock);
    return healthy;
}

static BucketInfo copy_info(const BucketInfo *info, Arena *arena) {
    BucketInfo copy = *info;
    copy.name = str_dup(arena, info->name);
    copy.backend = str_dup(arena, info->backend);
    copy.root = str_dup(arena, info->root);
    return copy;
}

bool bucket_list(BucketRegistry *registry, Arena *arena, BucketInfo **out_infos, size_t *out_count,
                 Err *err) {
    (void)err; /* an unhealthy bucket is an answer */
    Arena *scratch = arena_create();
    size_t count;
    Bucket **all = all_kept(registry, scratch, &count);
    BucketInfo *infos = ARENA_ARRAY(arena, BucketInfo, count);
    for (size_t i = 0; i < count; i++) {
        infos[i] = copy_info(&all[i]->info, arena);
        infos[i].healthy = probe(registry, all[i]);
    }
    arena_destroy(scratch);
    *out_infos = infos;
    *out_count = count;
    return true;
}

size_t bucket_names(BucketRegistry *registry, Arena *arena, Str **out_names) {
    pthread_mutex_lock(&registry->lock);
    size_t count = registry->count;
    Str *names = ARENA_ARRAY(arena, Str, count);
    for (size_t i = 0; i < count; i++)
        names[i] = str_dup(arena, registry->buckets[i]->info.name);
    pthread_mutex_unlock(&registry->lock);
    *out_names = names;
    return count;
}

/* --- changing ---------------------------------------------------------------------------- */

static bool is_known(BucketRegistry *registry, Str name) {
    pthread_mutex_lock(&registry->lock);
    bool known = find_locked(registry, name) != NULL;
    pthread_mutex_unlock(&registry->lock);
    return known;
}

/* Opens a new bucket's store, sees that it can be written, and has primary remember it. */
static ObjectStore *open_new(BucketRegistry *registry, const StoredBucket *bucket, Arena *arena,
                             Err *err) {
    const BucketSpec *spec = &bucket->spec;
    ObjectStore *store = bucket_open_store(spec, spec->root, BUCKET_ROOT_MAKE, err);
    if (store == NULL || !store_healthy(store, err)) {
        if (err_is(err, FAIL_IO)) {
            err->kind = FAIL_UNPROCESSABLE;
            err_field(err, "root");
        }
    } else {
        ObjectStore *primary = NULL;
        find_kept(registry, STR("primary"), arena, &primary);
        if (bucket_persist_add(primary, bucket, err))
            return store;
        err_wrap(err, "remember bucket '%.*s'", STR_ARG(spec->name));
    }
    if (store != spec->store)
        store_close(store);
    return NULL;
}

/* Caller holds `change`. */
static bool create_locked(BucketRegistry *registry, const BucketSpec *spec, Arena *arena,
                          BucketInfo *out_info, Err *err) {
    StoredBucket stored = {.spec = *spec, .created_at_us = clock_now_us()};
    if (is_known(registry, spec->name))
        return err_fail(err, FAIL_CONFLICT, "there is a bucket '%.*s' already",
                        STR_ARG(spec->name));
    if (!bucket_root_of(spec, arena, &stored.spec.root, err) ||
        !check_overlap(registry, spec->name, stored.spec.root, err))
        return false;
    bool existed = stored.spec.root.length == 0 || bucket_root_exists(stored.spec.root);
    ObjectStore *store = open_new(registry, &stored, arena, err);
    if (store == NULL) {
        if (!existed)
            bucket_root_unmake(stored.spec.root);
        return false;
    }
    Bucket *bucket = bucket_new(spec, stored.spec.root, stored.created_at_us, store);
    *out_info = copy_info(&bucket->info, arena);
    out_info->healthy = true;
    pthread_mutex_lock(&registry->lock);
    insert_locked(registry, bucket);
    pthread_mutex_unlock(&registry->lock);
    return true;
}

bool bucket_create(BucketRegistry *registry, const BucketSpec *spec, Arena *arena,
                   BucketInfo *out_info, Err *err) {
    if (!bucket_name_check(spec->name, err))
        return false;
    BucketSpec exact = *spec;
    if (exact.role != BUCKET_PROFILE)
        exact.role = BUCKET_USER;
    pthread_mutex_lock(&registry->change);
    bool ok = create_locked(registry, &exact, arena, out_info, err);
    pthread_mutex_unlock(&registry->change);
    if (ok)
        tell_subscribers(registry);
    return ok;
}

/* Caller holds `change`. */
static bool remove_locked(BucketRegistry *registry, Str name, Arena *scratch, Err *err) {
    if (!is_known(registry, name))
        return err_fail(err, FAIL_NOT_FOUND, "no bucket '%.*s'", STR_ARG(name));
    ObjectStore *primary = NULL;
    find_kept(registry, STR("primary"), scratch, &primary);
    if (!bucket_persist_remove(primary, name, err))
        return err_wrap(err, "forget bucket '%.*s'", STR_ARG(name));
    pthread_mutex_lock(&registry->lock);
    size_t at = 0;
    while (!str_eq(registry->buckets[at]->info.name, name))
        at++;
    Bucket *bucket = registry->buckets[at];
    registry->count--;
    memmove(&registry->buckets[at], &registry->buckets[at + 1],
            (registry->count - at) * sizeof(Bucket *));
    pthread_mutex_unlock(&registry->lock);
    bucket_release(bucket);
    return true;
}

bool bucket_remove(BucketRegistry *registry, Str name, Err *err) {
    if (str_eq_c(name, "primary") || str_eq_c(name, "rescue"))
        return err_fail(err, FAIL_DENIED, "bucket '%.*s' cannot be removed: the server needs it",
                        STR_ARG(name));
    Arena *scratch = arena_create();
    pthread_mutex_lock(&registry->change);
    bool ok = remove_locked(registry, name, scratch, err);
    pthread_mutex_unlock(&registry->change);
    arena_destroy(scratch);
    if (ok)
        tell_subscribers(registry);
    return ok;
}

bool bucket_key_is_writable(Str key) {
    static const char *const system[] = {"catalog", "data",     "vectors", "journal",
                                         "evals",   "profiles", "registry"};
    Str first;
    (void)str_cut(key, '/', &first);
    for (size_t i = 0; i < ARRAY_LEN(system); i++)
        if (str_eq_c(first, system[i]))
            return false;
    return true;
}
