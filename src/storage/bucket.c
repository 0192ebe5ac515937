/* bucket.c - making, counting and opening one bucket.
 *
 * A backend becomes known here, by one line in bucket_open_store.
 *
 * Tested by: tests/unit/storage/test_bucket_registry.c. */
#include "storage/bucket.h"

#include "storage/bucket_roots.h"

const char *bucket_role_name(BucketRole role) {
    static const char *const names[] = {"primary", "rescue", "profile", "user"};
    return names[role];
}

Bucket *bucket_new(const BucketSpec *spec, Str root, int64_t created_at_us, ObjectStore *store) {
    Arena *arena = arena_create();
    Bucket *bucket = ARENA_NEW(arena, Bucket);
    bucket->arena = arena;
    Str backend = spec->store != NULL ? str_c(spec->store->ops->name) : spec->backend;
    bucket->info = (BucketInfo){.name = str_dup(arena, spec->name),
                                .backend = str_dup(arena, backend),
                                .root = str_dup(arena, root),
                                .role = spec->role,
                                .created_at_us = created_at_us};
    bucket->store = store;
    bucket->borrowed = spec->store != NULL;
    atomic_init(&bucket->references, 1);
    pthread_mutex_init(&bucket->probe_lock, NULL);
    return bucket;
}

void bucket_release(void *handle) {
    Bucket *bucket = handle;
    if (atomic_fetch_sub(&bucket->references, 1) != 1)
        return;
    if (!bucket->borrowed)
        store_close(bucket->store);
    pthread_mutex_destroy(&bucket->probe_lock);
    arena_destroy(bucket->arena);
}

void bucket_keep(Bucket *bucket, Arena *arena) {
    atomic_fetch_add(&bucket->references, 1);
    arena_defer(arena, bucket_release, bucket);
}

bool bucket_name_check(Str name, Err *err) {
    bool good = name.length >= 1 && name.length <= 63;
    for (size_t i = 0; i < name.length && good; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        good = letter || (i > 0 && (c == '-' || c == '_'));
    }
    if (good)
        return true;
    err_fail(err, FAIL_INVALID, "'%.*s' is not a name for a bucket", STR_ARG(name));
    err_hint(err, "1 to 63 of a-z 0-9 '-' '_', beginning with a letter or digit");
    return err_field(err, "name");
}

bool bucket_root_of(const BucketSpec *spec, Arena *arena, Str *out_root, Err *err) {
    *out_root = STR_EMPTY;
    if (spec->store != NULL || !str_eq_c(spec->backend, "local"))
        return true;
    return bucket_root_resolve(spec->root, arena, out_root, err);
}

ObjectStore *bucket_open_store(const BucketSpec *spec, Str root, BucketRootRule rule, Err *err) {
    if (spec->store != NULL)
        return spec->store;
    if (str_eq_c(spec->backend, "memory"))
        return store_memory_create();
    if (str_eq_c(spec->backend, "local")) {
        LocalStoreConfig config = {.root = root, .create_root = rule == BUCKET_ROOT_MAKE};
        return store_local_open(&config, err);
    }
    bool later = str_eq_c(spec->backend, "s3");
    err_fail(err, later ? FAIL_UNSUPPORTED : FAIL_INVALID, "no bucket with the backend '%.*s'",
             STR_ARG(spec->backend));
    err_field(err, "backend");
    return NULL;
}
