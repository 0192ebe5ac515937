/* object_cache.c - fetched objects in one folder, dropped in order of last use.
 *
 * A file is named by the hash of bucket, key and etag: a changed object has another name, so what
 * is here is never out of date, only unused. It is fetched in pieces under a name of its own,
 * looked at again (same etag still?), synced and renamed; two threads that want the same object may
 * both fetch it, and one copy stays. A file in use by an arena is pinned and never dropped; when
 * all is pinned and nothing more fits, the call fails rather than filling the disk.
 *
 * The folder belongs to one process. What an earlier one left is taken over at open, but for the
 * pieces of unfinished fetches.
 *
 * Tested by: tests/unit/storage/test_object_cache.c. */
#include "storage/object_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"

enum { PIECE_BYTES = 8 << 20, FETCH_ROUNDS_MAX = 3, NAME_BYTES = 64, EXTENSION_BYTES_MAX = 12 };

typedef struct CachedFile {
    char name[NAME_BYTES];
    uint64_t size_bytes;
    uint64_t used_at;
    size_t pins;
    struct CachedFile *next;
} CachedFile;

struct ObjectCache {
    char *folder;
    uint64_t bytes_max;
    pthread_mutex_t lock; /* protects everything below */
    CachedFile *files;
    uint64_t bytes; /* of files, and of fetches under way */
    uint64_t clock;
};

typedef struct Pin {
    ObjectCache *cache;
    CachedFile *file;
} Pin;

static void unpin(void *handle) {
    const Pin *pin = handle;
    pthread_mutex_lock(&pin->cache->lock);
    pin->file->pins--;
    pthread_mutex_unlock(&pin->cache->lock);
}

static void path_of(const ObjectCache *cache, const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s", cache->folder, name);
}

/* --- life -------------------------------------------------------------------------------- */

static void adopt_file(ObjectCache *cache, const char *name) {
    char path[PATH_MAX];
    struct stat info;
    path_of(cache, name, path);
    size_t length = strlen(name);
    bool finished = length >= 32 && length < NAME_BYTES && strstr(name, ".part") == NULL;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return;
    if (!finished) {
        unlink(path);
        return;
    }
    CachedFile *file = calloc(1, sizeof *file);
    if (file == NULL)
        abort();
    memcpy(file->name, name, length + 1);
    file->size_bytes = (uint64_t)info.st_size;
    file->next = cache->files;
    cache->files = file;
    cache->bytes += file->size_bytes;
}

static bool adopt_folder(ObjectCache *cache, Err *err) {
    DIR *folder = opendir(cache->folder);
    if (folder == NULL)
        return err_fail_errno(err, errno, "the folder of the object cache cannot be opened");
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            adopt_file(cache, entry->d_name);
    closedir(folder);
    return true;
}

ObjectCache *object_cache_open(Str folder, uint64_t bytes_max, Err *err) {
    if (folder.length == 0 || folder.length > PATH_MAX - 2 * NAME_BYTES) {
        err_fail(err, FAIL_INVALID, "the folder of the object cache is not a path");
        return NULL;
    }
    ObjectCache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        abort();
    cache->folder = strndup(folder.data, folder.length);
    cache->bytes_max = bytes_max;
    pthread_mutex_init(&cache->lock, NULL);
    bool made = mkdir(cache->folder, 0777) == 0 || errno == EEXIST;
    int error = errno;
    if (!made)
        err_fail_errno(err, error, "the folder of the object cache cannot be made");
    if (made && adopt_folder(cache, err))
        return cache;
    object_cache_close(cache);
    return NULL;
}

void object_cache_close(ObjectCache *cache) {
    if (cache == NULL)
        return;
    while (cache->files != NULL) {
        CachedFile *file = cache->files;
        cache->files = file->next;
        free(file);
    }
    pthread_mutex_destroy(&cache->lock);
    free(cache->folder);
    free(cache);
}

Str object_cache_folder(const ObjectCache *cache) {
    return str_c(cache->folder);
}

/* --- keeping within the limit ------------------------------------------------------------ */

static bool drop_oldest_locked(ObjectCache *cache) {
    CachedFile **oldest = NULL;
    for (CachedFile **at = &cache->files; *at != NULL; at = &(*at)->next)
        if ((*at)->pins == 0 && (oldest == NULL || (*at)->used_at < (*oldest)->used_at))
            oldest = at;
    if (oldest == NULL)
        return false;
    CachedFile *file = *oldest;
    char path[PATH_MAX];
    path_of(cache, file->name, path);
    unlink(path);
    *oldest = file->next;
    cache->bytes -= file->size_bytes;
    free(file);
    return true;
}

/* Room for one more file, counted as taken. */
static bool reserve(ObjectCache *cache, Str key, uint64_t size_bytes, Err *err) {
    if (size_bytes > cache->bytes_max) {
        err_fail(err, FAIL_LIMIT, "object '%.*s' is larger than the object cache", STR_ARG(key));
        return err_hint(err, "raise the limit of the object cache");
    }
    pthread_mutex_lock(&cache->lock);
    bool fits = true;
    while (fits && cache->bytes > cache->bytes_max - size_bytes)
        fits = drop_oldest_locked(cache);
    if (fits)
        cache->bytes += size_bytes;
    pthread_mutex_unlock(&cache->lock);
    if (fits)
        return true;
    err_fail(err, FAIL_BUSY, "the object cache is full of files in use");
    return err_hint(err, "try again, or raise the limit of the object cache");
}

static void give_back(ObjectCache *cache, uint64_t size_bytes) {
    pthread_mutex_lock(&cache->lock);
    cache->bytes -= size_bytes;
    pthread_mutex_unlock(&cache->lock);
}

/* --- fetching ---------------------------------------------------------------------------- */

/* "<32 hex digits>.parquet": some readers look at the extension. */
static void name_file(Str bucket, const ObjectInfo *object, Arena *arena, char name[NAME_BYTES]) {
    Str identity = str_format(arena, "%.*s\n%.*s\n%.*s", STR_ARG(bucket), STR_ARG(object->key),
                              STR_ARG(object->etag));
    Str hex = hash128_hex(hash128(identity), arena);
    size_t dot = object->key.length;
    while (dot > 0 && object->key.data[dot - 1] != '.' && object->key.data[dot - 1] != '/')
        dot--;
    Str extension = STR_EMPTY;
    if (dot > 0 && object->key.data[dot - 1] == '.' &&
        object->key.length - dot <= EXTENSION_BYTES_MAX)
        extension = str_slice(object->key, dot - 1, object->key.length);
    snprintf(name, NAME_BYTES, "%.*s%.*s", STR_ARG(hex), STR_ARG(extension));
}

static bool write_all(int fd, Str bytes) {
    while (bytes.length > 0) {
        ssize_t written = write(fd, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes = str_slice(bytes, (size_t)written, bytes.length);
    }
    return true;
}

static bool copy_pieces(ObjectStore *store, const ObjectInfo *object, int fd, Err *err) {
    Arena *scratch = arena_create();
    bool ok = true;
    for (uint64_t done = 0; ok && done < object->size_bytes; done += PIECE_BYTES) {
        Str piece;
        arena_reset(scratch);
        ok = store_get_range(store, object->key, done, PIECE_BYTES, scratch, &piece, err);
        if (ok && !write_all(fd, piece))
            ok = err_fail_errno(err, errno, "write to the object cache");
    }
    arena_destroy(scratch);
    if (ok && fsync(fd) != 0)
        ok = err_fail_errno(err, errno, "write to the object cache");
    return ok;
}

typedef struct Fetch {
    ObjectCache *cache;
    Str bucket;
    ObjectStore *store;
    Str key;
    Arena *arena;
    ObjectInfo object;
    char name[NAME_BYTES];
} Fetch;

/* Fetches the object under a name of its own; *out_same says whether it stayed what it was. */
static bool fetch_part(Fetch *fetch, const char *part, bool *out_same, Err *err) {
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_fail_errno(err, errno, "write to the object cache");
    bool ok = copy_pieces(fetch->store, &fetch->object, fd, err);
    struct stat written;
    if (ok && fstat(fd, &written) != 0)
        ok = err_fail_errno(err, errno, "write to the object cache");
    close(fd);
    ObjectInfo now;
    if (!ok || !store_head(fetch->store, fetch->key, fetch->arena, &now, err))
        return false;
    *out_same = str_eq(now.etag, fetch->object.etag) &&
                (uint64_t)written.st_size == fetch->object.size_bytes;
    return true;
}

static CachedFile *find_locked(ObjectCache *cache, const char *name) {
    CachedFile *file = cache->files;
    while (file != NULL && strcmp(file->name, name) != 0)
        file = file->next;
    return file;
}

static void pin_locked(ObjectCache *cache, CachedFile *file) {
    file->pins++;
    file->used_at = ++cache->clock;
}

static void unpin_with(Arena *arena, ObjectCache *cache, CachedFile *file) {
    Pin *pin = ARENA_NEW(arena, Pin);
    *pin = (Pin){cache, file};
    arena_defer(arena, unpin, pin);
}

/* Pins the file for the arena if it is here. */
static bool pin_cached(Fetch *fetch) {
    char path[PATH_MAX];
    path_of(fetch->cache, fetch->name, path);
    pthread_mutex_lock(&fetch->cache->lock);
    CachedFile *file = find_locked(fetch->cache, fetch->name);
    if (file != NULL && access(path, R_OK) != 0) /* somebody cleaned the folder */
        file = NULL;
    if (file != NULL)
        pin_locked(fetch->cache, file);
    pthread_mutex_unlock(&fetch->cache->lock);
    if (file != NULL)
        unpin_with(fetch->arena, fetch->cache, file);
    return file != NULL;
}

/* Enters the fetched file, whose room is reserved, and pins it; another thread may have been
 * quicker, then its entry counts. */
static void enter(Fetch *fetch) {
    ObjectCache *cache = fetch->cache;
    CachedFile *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        abort();
    memcpy(fresh->name, fetch->name, NAME_BYTES);
    fresh->size_bytes = fetch->object.size_bytes;
    pthread_mutex_lock(&cache->lock);
    CachedFile *file = find_locked(cache, fetch->name);
    if (file == NULL) {
        file = fresh;
        file->next = cache->files;
        cache->files = file;
    } else {
        cache->bytes -= fresh->size_bytes;
        free(fresh);
    }
    pin_locked(cache, file);
    pthread_mutex_unlock(&cache->lock);
    unpin_with(fetch->arena, cache, file);
}

static bool fetch_once(Fetch *fetch, bool *out_same, Err *err) {
    if (!reserve(fetch->cache, fetch->key, fetch->object.size_bytes, err))
        return false;
    char path[PATH_MAX];
    path_of(fetch->cache, fetch->name, path);
    Str id = random_id(fetch->arena);
    const char *part = str_format(fetch->arena, "%s.%.*s.part", path, STR_ARG(id)).data;
    bool ok = fetch_part(fetch, part, out_same, err);
    if (ok && *out_same && rename(part, path) != 0)
        ok = err_fail_errno(err, errno, "write to the object cache");
    if (ok && *out_same) {
        enter(fetch);
        return true;
    }
    unlink(part);
    give_back(fetch->cache, fetch->object.size_bytes);
    return ok;
}

static bool fetch_path(Fetch *fetch, Str *out_path, Err *err) {
    for (int round = 0; round < FETCH_ROUNDS_MAX; round++) {
        if (!store_head(fetch->store, fetch->key, fetch->arena, &fetch->object, err))
            return false;
        name_file(fetch->bucket, &fetch->object, fetch->arena, fetch->name);
        bool here = pin_cached(fetch);
        if (!here && !fetch_once(fetch, &here, err))
            return false;
        if (here) {
            *out_path = str_format(fetch->arena, "%s/%s", fetch->cache->folder, fetch->name);
            return true;
        }
    }
    return err_fail(err, FAIL_CONFLICT, "object '%.*s' keeps changing while it is fetched",
                    STR_ARG(fetch->key));
}

bool object_cache_path(ObjectCache *cache, Str bucket, ObjectStore *store, Str key, Arena *arena,
                       Str *out_path, Err *err) {
    if (store_local_path(store, key, arena, out_path, err))
        return true;
    if (!err_is(err, FAIL_UNSUPPORTED))
        return false;
    err_clear(err);
    Fetch fetch = {.cache = cache, .bucket = bucket, .store = store, .key = key, .arena = arena};
    return fetch_path(&fetch, out_path, err);
}
