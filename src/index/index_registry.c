/* index_registry.c - one entry a known index: its current view, who loads it, who writes it.
 *
 *     no entry --first use--> loading --ok--> current --a second later--> checking --same-->
 * current |                                           `--other--> loading
 *                                `--not found, error--> no entry, and the error for whoever asked
 *
 * Loading and checking happen outside the lock, by one thread an entry; others wait when there is
 * nothing to show yet, and otherwise go on with the view at hand. When a writer installs a view
 * while a reader loads an older one, the reader's is dropped (`installs` has moved on).
 *
 * Loading reads the head, then what it names. Between the two a writer elsewhere may have replaced
 * and removed a segment; then the head has changed as well, and loading starts over, a bounded
 * number of times.
 *
 * Tested by: test_index_registry.c, test_index_service.c. */
#include "index/index_registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/metrics.h"

enum { LOAD_TRIES = 5, WRITER_WAIT_SECS = 30 };
static const uint64_t RECHECK_NS = 1000000000;

struct IndexEntry {
    IndexEntry *next;
    char *name;
    size_t users; /* threads inside; an idle entry without a view is freed */
    IndexView *view;
    uint64_t checked_ns;
    uint64_t installs; /* how often `view` was replaced */
    bool loading, writing;
    WriterKind writer_kind;
};

struct IndexRegistry {
    IndexDeps deps;
    char *cache_directory;
    pthread_mutex_t lock; /* protects the list and all fields of its entries */
    pthread_cond_t changed;
    IndexEntry *entries;
};

IndexRegistry *index_registry_create(const IndexDeps *deps, Str cache_directory) {
    IndexRegistry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        abort();
    registry->deps = *deps;
    registry->cache_directory = strndup(cache_directory.data, cache_directory.length);
    pthread_mutex_init(&registry->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&registry->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return registry;
}

void index_registry_destroy(IndexRegistry *registry) {
    if (registry == NULL)
        return;
    while (registry->entries != NULL) {
        IndexEntry *entry = registry->entries;
        registry->entries = entry->next;
        index_view_release(entry->view);
        free(entry->name);
        free(entry);
    }
    pthread_cond_destroy(&registry->changed);
    pthread_mutex_destroy(&registry->lock);
    free(registry->cache_directory);
    free(registry);
}

const IndexDeps *index_registry_deps(const IndexRegistry *registry) {
    return &registry->deps;
}

bool index_registry_home(IndexRegistry *registry, const IndexRecord *record, ObjectStore *store,
                         SegmentHome *out, Err *err) {
    const RowStoreOps *backend = row_store_find(record->vector_backend, err);
    if (backend == NULL)
        return false;
    *out = (SegmentHome){
        .index_name = record->index_name,
        .bucket = record->bucket,
        .store = store,
        .backend = backend,
        .dimension = record->dimensions,
        .cache_directory = str_c(registry->cache_directory),
        .duck = registry->deps.duck,
        .cache = registry->deps.cache,
        .budget = registry->deps.budget,
    };
    return true;
}

/* --- loading ------------------------------------------------------------------------------ */

static IndexView *load_found(IndexRegistry *registry, const FoundHead *found,
                             const IndexView *previous, Err *err) {
    SegmentHome home;
    if (!index_registry_home(registry, &found->head.record, found->store, &home, err))
        return NULL;
    ViewPlan plan = {&home, registry->deps.buckets, &found->head, found->etag};
    IndexView *view = index_view_load(&plan, previous, err);
    if (view != NULL)
        metric_add(METRIC_INDEX_LOADS, 1);
    return view;
}

/* Is the head of this view still the stored one, in a bucket that we still know? False also when
 * that cannot be told. */
static bool still_current(IndexRegistry *registry, const IndexView *view, Arena *arena) {
    ObjectInfo info;
    ObjectStore *store;
    Err ignored = {0}; /* a real trouble shows again when the head is looked for */
    Str key = index_head_key(view->head.record.index_name, arena);
    return bucket_find(registry->deps.buckets, view->home.bucket, arena, &store, &ignored) &&
           store_head(store, key, arena, &info, &ignored) && str_eq(info.etag, view->etag);
}

/* The stored state: `previous` retained when it has not changed, else a new view. */
static IndexView *load_current(IndexRegistry *registry, Str name, IndexView *previous, Err *err) {
    Arena *arena = arena_create();
    IndexView *view = NULL;
    if (previous != NULL && still_current(registry, previous, arena))
        view = index_view_retain(previous);
    Str seen = STR_EMPTY;
    for (int i = 0; view == NULL && i < LOAD_TRIES; i++) {
        FoundHead found;
        Err trouble = {0};
        bool there = index_head_find(registry->deps.buckets, name, arena, &found, &trouble);
        if (there && str_eq(found.etag, seen))
            break; /* nothing moved: what failed, fails, for the reason that we have */
        if (there)
            view = load_found(registry, &found, previous, &trouble);
        *err = trouble;
        if (!there)
            break;
        seen = found.etag;
        if (view == NULL && err_is(err, FAIL_NOT_FOUND)) {
            err->kind = FAIL_CORRUPT; /* the head names what is not there */
            err_wrap(err, "index '%.*s'", STR_ARG(name));
        }
    }
    arena_destroy(arena);
    return view;
}

/* --- entries ------------------------------------------------------------------------------ */

static IndexEntry *enter_locked(IndexRegistry *registry, Str name) {
    IndexEntry *entry = registry->entries;
    while (entry != NULL && !str_eq_c(name, entry->name))
        entry = entry->next;
    if (entry == NULL) {
        entry = calloc(1, sizeof *entry);
        if (entry == NULL)
            abort();
        entry->name = strndup(name.data, name.length);
        entry->next = registry->entries;
        registry->entries = entry;
    }
    entry->users++;
    return entry;
}

static void leave_locked(IndexRegistry *registry, IndexEntry *entry) {
    if (--entry->users > 0 || entry->view != NULL)
        return;
    IndexEntry **link = &registry->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    free(entry->name);
    free(entry);
}

/* Puts `view` (or nothing) in the entry's place; returns what it replaces, to be released outside
 * the lock. */
static IndexView *replace_locked(IndexEntry *entry, IndexView *view) {
    IndexView *old = entry->view;
    entry->view = view;
    entry->checked_ns = clock_monotonic_ns();
    entry->installs++;
    return old;
}

/* Loads outside the lock, which is held before and after. Returns a reference for the caller. */
static IndexView *load_locked(IndexRegistry *registry, IndexEntry *entry, Err *err) {
    entry->loading = true;
    IndexView *previous = entry->view == NULL ? NULL : index_view_retain(entry->view);
    uint64_t installs = entry->installs;
    pthread_mutex_unlock(&registry->lock);
    IndexView *view = load_current(registry, str_c(entry->name), previous, err);
    index_view_release(previous);
    pthread_mutex_lock(&registry->lock);
    entry->loading = false;
    IndexView *old = NULL;
    if (entry->installs != installs && entry->view != NULL) {
        old = view; /* a writer was faster: his is newer */
        view = index_view_retain(entry->view);
    } else if (view != NULL && view == entry->view) {
        entry->checked_ns = clock_monotonic_ns();
    } else if (view != NULL) {
        old = replace_locked(entry, index_view_retain(view));
    } else {
        old = replace_locked(entry, NULL);
    }
    pthread_cond_broadcast(&registry->changed);
    if (old != NULL) {
        pthread_mutex_unlock(&registry->lock);
        index_view_release(old);
        pthread_mutex_lock(&registry->lock);
    }
    return view;
}

bool index_registry_view(IndexRegistry *registry, Str name, IndexView **out_view, Err *err) {
    pthread_mutex_lock(&registry->lock);
    IndexEntry *entry = enter_locked(registry, name);
    while (entry->loading && entry->view == NULL)
        pthread_cond_wait(&registry->changed, &registry->lock);
    bool recent = entry->view != NULL &&
                  (entry->loading || clock_monotonic_ns() - entry->checked_ns < RECHECK_NS);
    IndexView *view = recent ? index_view_retain(entry->view) : load_locked(registry, entry, err);
    leave_locked(registry, entry);
    pthread_mutex_unlock(&registry->lock);
    if (view == NULL)
        return false;
    *out_view = view;
    return true;
}

void index_registry_evict(IndexRegistry *registry, Str name) {
    pthread_mutex_lock(&registry->lock);
    IndexEntry *entry = enter_locked(registry, name);
    IndexView *old = replace_locked(entry, NULL);
    leave_locked(registry, entry);
    pthread_mutex_unlock(&registry->lock);
    index_view_release(old);
}

void index_registry_expire(IndexRegistry *registry, Str name) {
    pthread_mutex_lock(&registry->lock);
    IndexEntry *entry = enter_locked(registry, name);
    entry->checked_ns = 0;
    leave_locked(registry, entry);
    pthread_mutex_unlock(&registry->lock);
}

/* --- writers ------------------------------------------------------------------------------ */

static bool claim_locked(IndexRegistry *registry, IndexEntry *entry, WriterKind kind, Err *err) {
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += WRITER_WAIT_SECS;
    while (entry->writing) {
        bool may_wait = kind == WRITER_SHORT && entry->writer_kind == WRITER_SHORT;
        if (!may_wait ||
            pthread_cond_timedwait(&registry->changed, &registry->lock, &deadline) != 0) {
            err_fail(err, FAIL_CONFLICT, "index '%s' is being written already", entry->name);
            return err_hint(err, "wait for the refresh or build that is under way");
        }
    }
    entry->writing = true;
    entry->writer_kind = kind;
    return true;
}

bool index_claim_begin(IndexRegistry *registry, Str name, WriterKind kind, IndexClaim *out,
                       Err *err) {
    pthread_mutex_lock(&registry->lock);
    IndexEntry *entry = enter_locked(registry, name);
    bool ok = claim_locked(registry, entry, kind, err);
    if (!ok)
        leave_locked(registry, entry);
    pthread_mutex_unlock(&registry->lock);
    if (ok)
        *out = (IndexClaim){registry, entry};
    return ok;
}

void index_claim_end(IndexClaim *claim) {
    IndexRegistry *registry = claim->registry;
    pthread_mutex_lock(&registry->lock);
    claim->entry->writing = false;
    pthread_cond_broadcast(&registry->changed);
    leave_locked(registry, claim->entry);
    pthread_mutex_unlock(&registry->lock);
}

/* What is stored now, not what was a second ago: the writer's swap is compared against it. */
static bool load_base(IndexWriter *writer, Str bucket_if_new, Arena *arena, Err *err) {
    IndexRegistry *registry = writer->claim.registry;
    IndexEntry *entry = writer->claim.entry;
    pthread_mutex_lock(&registry->lock);
    while (entry->loading)
        pthread_cond_wait(&registry->changed, &registry->lock);
    Err trouble = {0};
    writer->base = load_locked(registry, entry, &trouble);
    pthread_mutex_unlock(&registry->lock);
    if (writer->base != NULL) {
        writer->bucket = writer->base->home.bucket;
    } else if (err_is(&trouble, FAIL_NOT_FOUND)) {
        writer->bucket =
            str_is_empty(bucket_if_new) ? STR("primary") : str_dup(arena, bucket_if_new);
    } else {
        *err = trouble;
        return false;
    }
    return bucket_find(registry->deps.buckets, writer->bucket, arena, &writer->store, err);
}

bool index_writer_begin(IndexRegistry *registry, Str name, WriterKind kind, Str bucket,
                        Arena *arena, IndexWriter *out, Err *err) {
    IndexWriter writer = {.name = str_dup(arena, name)};
    if (!index_claim_begin(registry, name, kind, &writer.claim, err))
        return false;
    if (!load_base(&writer, bucket, arena, err)) {
        index_writer_end(&writer);
        return false;
    }
    *out = writer;
    return true;
}

void index_writer_end(IndexWriter *writer) {
    index_view_release(writer->base);
    writer->base = NULL;
    index_claim_end(&writer->claim);
}

void index_writer_install(const IndexWriter *writer, IndexView *view) {
    IndexRegistry *registry = writer->claim.registry;
    pthread_mutex_lock(&registry->lock);
    IndexView *old = replace_locked(writer->claim.entry, index_view_retain(view));
    pthread_mutex_unlock(&registry->lock);
    index_view_release(old);
}
