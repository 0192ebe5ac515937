/* bucket_registry.h - the named object stores that this server knows, and the resolver for homes.
 *
 * `primary` and `rescue` always exist. Buckets added at run time are remembered in the head
 * `registry/buckets.json` of `primary`, so they are back after a restart; a bucket from the
 * configuration file wins over a remembered one of the same name. Removing a bucket unregisters
 * it; its data stays. When `primary` cannot be reached the server reads what it can; nothing is
 * written elsewhere behind the user's back (docs/adr/ on rescue).
 *
 * Names: 1 to 63 of a-z 0-9 '-' '_', beginning with a letter or digit.
 *
 * Errors: FAIL_DENIED (primary, rescue), FAIL_NOT_FOUND, FAIL_CONFLICT (name taken, or still
 * referenced), FAIL_UNPROCESSABLE (root unusable: nothing is registered).
 *
 * Ownership: stores stay open until the last arena that found them ends.   Threads: any. */
#ifndef STORAGE_BUCKET_REGISTRY_H
#define STORAGE_BUCKET_REGISTRY_H

#include "storage/object_store.h"

typedef enum BucketRole { BUCKET_PRIMARY, BUCKET_RESCUE, BUCKET_PROFILE, BUCKET_USER } BucketRole;

const char *bucket_role_name(BucketRole role);

typedef struct BucketSpec {
    Str name;
    Str backend;        /* "local" ("memory" in tests) */
    Str root;           /* local: absolute, or relative to the working directory at the call */
    BucketRole role;    /* primary and rescue have theirs by name */
    ObjectStore *store; /* a ready one instead (tests), borrowed: it outlives the registry */
} BucketSpec;

typedef struct BucketInfo {
    Str name, backend, root; /* root: absolute, links resolved */
    BucketRole role;
    int64_t created_at_us;
    bool healthy;
} BucketInfo;

typedef struct BucketRegistry BucketRegistry;

typedef struct BucketRegistryConfig {
    const BucketSpec *specs; /* from the configuration; must hold primary and rescue */
    size_t spec_count;
} BucketRegistryConfig;

/* Fails when primary cannot be opened or its memory of buckets is damaged. Any other bucket that
 * cannot be opened is listed as not healthy, and is tried again whenever it is looked for. */
BucketRegistry *bucket_registry_open(const BucketRegistryConfig *config, Err *err);
void bucket_registry_close(BucketRegistry *registry);

/* The store stays usable until `arena` ends, even if the bucket is removed meanwhile. "" is
 * primary. FAIL_NOT_FOUND names the bucket. */
MUST_CHECK bool bucket_find(BucketRegistry *registry, Str name, Arena *arena,
                            ObjectStore **out_store, Err *err);
/* Health of each is probed now, or taken from a probe not older than a second. */
MUST_CHECK bool bucket_list(BucketRegistry *registry, Arena *arena, BucketInfo **out_infos,
                            size_t *out_count, Err *err);
/* Names only, primary first, without touching any store. */
size_t bucket_names(BucketRegistry *registry, Arena *arena, Str **out_names);

MUST_CHECK bool bucket_create(BucketRegistry *registry, const BucketSpec *spec, Arena *arena,
                              BucketInfo *out_info, Err *err);
/* One that the configuration file names is back at the next start. */
MUST_CHECK bool bucket_remove(BucketRegistry *registry, Str name, Err *err);

/* Called after every change, outside the registry's lock: the SQL sandbox follows the roots. At
 * most 8 subscribers, all of them before the first change. */
typedef void (*BucketsChangedFn)(void *context);
void bucket_registry_on_change(BucketRegistry *registry, BucketsChangedFn fn, void *context);

/* May objects under this key be written by users? False for the system prefixes (catalog/, data/,
 * vectors/, journal/, evals/, profiles/, registry/) and for their bare names. */
bool bucket_key_is_writable(Str key);

#endif
