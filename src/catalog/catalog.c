/* catalog.c - finding datasets and reading their snapshots.
 *
 * There is no index of datasets beside the heads themselves: a name is looked for by its head's key
 * in each bucket, primary first, and only when that fails by the folders' names without regard to
 * case. Should two buckets hold the same name (somebody registered a copy), the first in the order
 * of bucket_names is the dataset and the other is not seen; catalog_hidden tells of it.
 *
 * A bucket that cannot be read never makes a dataset "not found", nor a list shorter: the look-up
 * and the list fail and name the bucket. A damaged head is an entry of the list that says so.
 *
 * Tested by: tests/unit/catalog/test_catalog.c. */
#include "catalog/catalog.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/vec.h"
#include "catalog/catalog_state.h"
#include "catalog/snapshot_json.h"

enum { SNAPSHOT_CACHE_BYTES = 64 << 20, ROUNDS_MAX = 3 };

/* --- life -------------------------------------------------------------------------------- */

Catalog *catalog_open(BucketRegistry *buckets, Err *err) {
    (void)err; /* datasets are read when they are asked for */
    Catalog *catalog = calloc(1, sizeof *catalog);
    if (catalog == NULL)
        abort();
    catalog->buckets = buckets;
    catalog->cache = snapshot_cache_create(SNAPSHOT_CACHE_BYTES);
    for (size_t i = 0; i < CATALOG_STRIPES; i++)
        pthread_mutex_init(&catalog->stripes[i], NULL);
    return catalog;
}

void catalog_close(Catalog *catalog) {
    if (catalog == NULL)
        return;
    snapshot_cache_destroy(catalog->cache);
    for (size_t i = 0; i < CATALOG_STRIPES; i++)
        pthread_mutex_destroy(&catalog->stripes[i]);
    free(catalog);
}

/* --- names ------------------------------------------------------------------------------- */

static bool is_name(Str name) {
    bool good = name.length >= 1 && name.length <= 63;
    for (size_t i = 0; i < name.length && good; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        good = letter || (i > 0 && (c == '-' || c == '_'));
    }
    return good;
}

bool catalog_name_check(Str dataset, Err *err) {
    if (is_name(dataset))
        return true;
    err_fail(err, FAIL_INVALID, "'%.*s' is not a name for a dataset", STR_ARG(dataset));
    err_hint(err, "1 to 63 of a-z A-Z 0-9 '_' '-', beginning with a letter or digit");
    return err_field(err, "dataset");
}

/* The name in lower case, NUL-ended. */
static Str fold_name(Str name, char buffer[64]) {
    size_t length = name.length < 63 ? name.length : 63;
    for (size_t i = 0; i < length; i++) {
        char c = name.data[i];
        buffer[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    buffer[length] = '\0';
    return (Str){buffer, length};
}

pthread_mutex_t *catalog_stripe(Catalog *catalog, Str dataset) {
    char folded[64];
    return &catalog->stripes[hash64(fold_name(dataset, folded)) % CATALOG_STRIPES];
}

Str catalog_new_file_key(Str dataset, Arena *arena) {
    Str id = random_id(arena);
    return str_format(arena, "data/%.*s/%.*s.parquet", STR_ARG(dataset), STR_ARG(id));
}

/* --- walking over heads ------------------------------------------------------------------ */

/* Calls `visit` with every dataset name of a bucket, in order; false from it ends the walk. */
typedef bool (*VisitNameFn)(void *context, ObjectStore *store, Str bucket, Str name, Err *err);

static bool visit_names(ObjectStore *store, Str bucket, Arena *arena, VisitNameFn visit,
                        void *context, Err *err) {
    static const Str prefix = {"catalog/", 8};
    ListRequest request = {.prefix = prefix, .cursor = STR_EMPTY, .folders = true};
    do {
        ObjectPage page;
        if (!store_list(store, &request, arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            Str key = page.items[i].key;
            Str name = str_slice(key, prefix.length, key.length - 1);
            if (key.data[key.length - 1] == '/' && is_name(name) &&
                !visit(context, store, bucket, name, err))
                return false;
        }
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
    return true;
}

/* --- finding ----------------------------------------------------------------------------- */

typedef struct Search {
    Str wanted;
    Arena *arena;
    DatasetPlace *out;
    bool found;
} Search;

static bool try_name(Search *search, ObjectStore *store, Str bucket, Str name, Err *err) {
    DatasetHead head;
    if (!dataset_head_read(store, bucket, name, search->arena, &head, err))
        return false;
    search->found = dataset_head_is_live(&head);
    if (search->found)
        *search->out = (DatasetPlace){head, store};
    return true;
}

static bool try_folded_name(void *context, ObjectStore *store, Str bucket, Str name, Err *err) {
    Search *search = context;
    if (search->found || !str_eq_nocase(name, search->wanted) || str_eq(name, search->wanted))
        return true;
    return try_name(search, store, bucket, name, err);
}

static bool search_exact(Search *search, ObjectStore *store, Str bucket, Err *err) {
    return try_name(search, store, bucket, search->wanted, err);
}

static bool search_folded(Search *search, ObjectStore *store, Str bucket, Err *err) {
    return visit_names(store, bucket, search->arena, try_folded_name, search, err);
}

/* Runs a way of searching over the buckets until one has it. The first bucket that fails is
 * reported only if none has. */
static bool search_buckets(Catalog *catalog, Search *search,
                           bool (*way)(Search *, ObjectStore *, Str, Err *), Err *err) {
    Str *buckets;
    size_t count = bucket_names(catalog->buckets, search->arena, &buckets);
    bool all_read = true;
    for (size_t i = 0; i < count && !search->found; i++) {
        ObjectStore *store;
        Err problem;
        if (bucket_find(catalog->buckets, buckets[i], search->arena, &store, &problem) &&
            way(search, store, buckets[i], &problem))
            continue;
        if (err_is(&problem, FAIL_CORRUPT)) {
            *err = problem;
            return false;
        }
        if (err_is(&problem, FAIL_NOT_FOUND)) /* the bucket was removed just now */
            continue;
        if (all_read)
            *err = problem;
        all_read = false;
    }
    return search->found || all_read ||
           err_wrap(err, "look for dataset '%.*s'", STR_ARG(search->wanted));
}

bool catalog_locate(Catalog *catalog, Str dataset, Arena *arena, DatasetPlace *out, Err *err) {
    Search search = {.wanted = dataset, .arena = arena, .out = out};
    if (!is_name(dataset))
        return err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(dataset));
    if (!search_buckets(catalog, &search, search_exact, err))
        return false;
    if (!search.found && !search_buckets(catalog, &search, search_folded, err))
        return false;
    return search.found || err_fail(err, FAIL_NOT_FOUND, "no dataset '%.*s'", STR_ARG(dataset));
}

bool catalog_find(Catalog *catalog, Str dataset, Arena *arena, DatasetInfo *out_info, Err *err) {
    DatasetPlace place;
    if (!catalog_locate(catalog, dataset, arena, &place, err))
        return false;
    *out_info = place.head.info;
    return true;
}

/* --- listing ----------------------------------------------------------------------------- */

typedef VEC(DatasetInfo) DatasetInfos;

typedef struct Listing {
    Arena *arena;
    Map seen; /* folded names */
    DatasetInfos shown, hidden;
} Listing;

/* An entry for a head that cannot be read. */
static DatasetInfo damaged(Str bucket, Str name, Arena *arena, const Err *err) {
    return (DatasetInfo){.name = str_dup(arena, name),
                         .bucket = str_dup(arena, bucket),
                         .description = STR_EMPTY,
                         .damage = str_dup(arena, str_c(err->message))};
}

static bool list_name(void *context, ObjectStore *store, Str bucket, Str name, Err *err) {
    Listing *listing = context;
    DatasetHead head;
    if (!dataset_head_read(store, bucket, name, listing->arena, &head, err)) {
        if (!err_is(err, FAIL_CORRUPT))
            return false;
        head.info = damaged(bucket, name, listing->arena, err);
        err_clear(err);
    } else if (!dataset_head_is_live(&head)) {
        return true;
    }
    char folded[64];
    bool hidden = map_put(&listing->seen, fold_name(name, folded), listing) != NULL;
    *vec_push(hidden ? &listing->hidden : &listing->shown, listing->arena) = head.info;
    return true;
}

static int by_name(const void *left, const void *right) {
    return str_compare(((const DatasetInfo *)left)->name, ((const DatasetInfo *)right)->name);
}

static bool list_all(Catalog *catalog, Arena *arena, Listing *out, Err *err) {
    Arena *scratch = arena_create();
    *out = (Listing){.arena = arena, .seen = map_make(scratch)};
    Str *buckets;
    size_t count = bucket_names(catalog->buckets, scratch, &buckets);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        ObjectStore *store;
        ok = bucket_find(catalog->buckets, buckets[i], scratch, &store, err) &&
             visit_names(store, buckets[i], scratch, list_name, out, err);
        if (!ok && err_is(err, FAIL_NOT_FOUND)) /* the bucket was removed just now */
            ok = true;
        else if (!ok)
            err_wrap(err, "list the datasets of bucket '%.*s'", STR_ARG(buckets[i]));
    }
    arena_destroy(scratch);
    return ok || err_hint(err, "bring the bucket back, or remove it from the server");
}

bool catalog_list(Catalog *catalog, Arena *arena, DatasetInfo **out_infos, size_t *out_count,
                  Err *err) {
    Listing listing;
    if (!list_all(catalog, arena, &listing, err))
        return false;
    if (listing.shown.count > 0)
        qsort(listing.shown.items, listing.shown.count, sizeof(DatasetInfo), by_name);
    *out_infos = listing.shown.items;
    *out_count = listing.shown.count;
    return true;
}

bool catalog_hidden(Catalog *catalog, Arena *arena, DatasetInfo **out_infos, size_t *out_count,
                    Err *err) {
    Listing listing;
    if (!list_all(catalog, arena, &listing, err))
        return false;
    *out_infos = listing.hidden.items;
    *out_count = listing.hidden.count;
    return true;
}

/* --- snapshots --------------------------------------------------------------------------- */

static Str cache_name(const DatasetPlace *place, uint64_t id, Arena *arena) {
    const DatasetInfo *info = &place->head.info;
    return str_format(arena, "%.*s/%.*s/%lld/%llu", STR_ARG(info->bucket), STR_ARG(info->name),
                      (long long)info->created_at_us, (unsigned long long)id);
}

void catalog_remember(Catalog *catalog, const DatasetPlace *place, Arena *own,
                      const Snapshot *snapshot, Arena *arena) {
    snapshot_cache_put(catalog->cache, cache_name(place, snapshot->id, arena), own, snapshot,
                       arena);
}

static bool read_snapshot(const DatasetPlace *place, uint64_t id, Arena *arena, Snapshot *out,
                          Err *err) {
    const DatasetInfo *info = &place->head.info;
    Arena *scratch = arena_create();
    Str key = snapshot_key(info->name, id, scratch);
    Str bytes;
    bool ok = store_get(place->store, key, scratch, &bytes, NULL, err);
    if (!ok && err_is(err, FAIL_NOT_FOUND))
        err_fail(err, FAIL_CORRUPT, "object '%.*s' is missing", STR_ARG(key));
    ok = ok && snapshot_parse(bytes, key, info->bucket, arena, out, err);
    if (ok && (out->id != id || !str_eq(out->dataset, info->name))) {
        ok = err_fail(err, FAIL_INVALID, "it is snapshot %llu of '%.*s'",
                      (unsigned long long)out->id, STR_ARG(out->dataset));
        record_corrupt(key, err);
    }
    arena_destroy(scratch);
    return ok;
}

bool catalog_load(Catalog *catalog, const DatasetPlace *place, uint64_t id, Arena *arena,
                  Snapshot *out, Err *err) {
    if (snapshot_cache_get(catalog->cache, cache_name(place, id, arena), arena, out))
        return true;
    Arena *own = arena_create();
    if (!read_snapshot(place, id, own, out, err)) {
        arena_destroy(own);
        return false;
    }
    catalog_remember(catalog, place, own, out, arena);
    return true;
}

/* Walks from the newest to `id`: only what a head has led to was ever published. */
static bool load_published(Catalog *catalog, const DatasetPlace *place, uint64_t id, Arena *arena,
                           Snapshot *out, Err *err) {
    uint64_t at = place->head.info.snapshot_id;
    while (at > id) {
        Arena *scratch = arena_create();
        Snapshot step;
        bool ok = catalog_load(catalog, place, at, scratch, &step, err);
        if (ok)
            at = step.parent_id;
        arena_destroy(scratch);
        if (!ok)
            return false;
    }
    if (at != id)
        return err_fail(err, FAIL_NOT_FOUND, "dataset '%.*s' has no snapshot %llu",
                        STR_ARG(place->head.info.name), (unsigned long long)id);
    return catalog_load(catalog, place, id, arena, out, err);
}

/* A drop may remove what the head has just led us to: then look again. */
static bool has_moved(Catalog *catalog, const DatasetPlace *place, Arena *arena) {
    DatasetPlace now;
    Err ignored;
    return !catalog_locate(catalog, place->head.info.name, arena, &now, &ignored) ||
           !str_eq(now.head.etag, place->head.etag);
}

bool catalog_snapshot(Catalog *catalog, Str dataset, uint64_t snapshot_id, Arena *arena,
                      Snapshot *out_snapshot, Err *err) {
    for (int round = 0;; round++) {
        DatasetPlace place;
        if (!catalog_locate(catalog, dataset, arena, &place, err))
            return false;
        uint64_t id = snapshot_id == 0 ? place.head.info.snapshot_id : snapshot_id;
        if (load_published(catalog, &place, id, arena, out_snapshot, err))
            return true;
        if (!err_is(err, FAIL_CORRUPT) || round == ROUNDS_MAX || !has_moved(catalog, &place, arena))
            return false;
    }
}

bool catalog_history(Catalog *catalog, Str dataset, size_t limit, Arena *arena,
                     Snapshot **out_snapshots, size_t *out_count, Err *err) {
    DatasetPlace place;
    if (!catalog_locate(catalog, dataset, arena, &place, err))
        return false;
    VEC(Snapshot) found = {0};
    for (uint64_t id = place.head.info.snapshot_id; id != 0 && found.count < limit;) {
        Snapshot snapshot;
        if (!catalog_load(catalog, &place, id, arena, &snapshot, err))
            return false;
        *vec_push(&found, arena) = snapshot;
        id = snapshot.parent_id;
    }
    *out_snapshots = found.items;
    *out_count = found.count;
    return true;
}
