/* store_local.c - a bucket that is a directory: every object a plain file under its key.
 *
 * A put stages and syncs its bytes (local_stage.c), takes the key's lock, decides, and publishes
 * with one link or rename; then it syncs the folder. Readers take no lock: what they open is whole.
 *
 * The etag is the XXH3-128 of the content, so it survives a copy or a restore. Files below
 * ETAG_CACHE_BYTES_MIN are hashed whenever it is asked for; larger ones are remembered by their
 * identity (etag_cache.h), but not while they are so young that a change could hide in one tick.
 *
 * Tested by: tests/unit/storage/test_store_local.c (contract suite, links, clashes, leftovers),
 * test_store_processes.c (several processes). */
#include "storage/object_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/etag_cache.h"
#include "storage/local_list.h"
#include "storage/local_place.h"
#include "storage/local_stage.h"

enum { ETAG_CACHE_BYTES_MIN = 1 << 16, ETAG_SETTLED_S = 2, PUBLISH_ROUNDS_MAX = 64 };

typedef struct LocalStore {
    ObjectStore base;
    char *root; /* absolute, links resolved */
    int root_fd;
    LocalStage stage;
    EtagCache *etags;
} LocalStore;

static LocalStore *self(ObjectStore *store) {
    return (LocalStore *)store;
}

static bool not_found(Str key, Err *err) {
    return err_fail(err, FAIL_NOT_FOUND, "no object '%.*s'", STR_ARG(key));
}

static bool find_object(LocalStore *local, Str key, int *out_fd, struct stat *out_file, Err *err) {
    LocalPlace place;
    if (!local_place_open(local->root_fd, key, PLACE_FIND, &place, err))
        return false;
    bool ok = local_object_open(&place, key, out_fd, out_file, err);
    local_place_close(&place);
    return ok;
}

static bool is_settled(const struct stat *file) {
    return clock_now_us() / 1000000 - (int64_t)file->st_ctim.tv_sec >= ETAG_SETTLED_S;
}

static bool file_hash(LocalStore *local, int fd, const struct stat *file, Hash128 *out, Err *err) {
    bool remembers = file->st_size >= ETAG_CACHE_BYTES_MIN;
    if (remembers && etag_cache_get(local->etags, file, out))
        return true;
    if (!local_hash_file(fd, out, err))
        return false;
    if (remembers && is_settled(file))
        etag_cache_put(local->etags, file, *out);
    return true;
}

static ObjectInfo describe(Str key, const struct stat *file, Hash128 hash, Arena *arena) {
    return (ObjectInfo){.key = str_dup(arena, key),
                        .etag = hash128_hex(hash, arena),
                        .size_bytes = (uint64_t)file->st_size,
                        .modified_us = (int64_t)file->st_mtim.tv_sec * 1000000 +
                                       (int64_t)file->st_mtim.tv_nsec / 1000};
}

/* --- reading ----------------------------------------------------------------------------- */

static bool read_exactly(int fd, uint64_t offset, uint64_t length, Str key, Arena *arena,
                         Str *out_bytes, Err *err) {
    if (length > STORE_GET_BYTES_MAX)
        return err_fail(err, FAIL_LIMIT, "object '%.*s' is too large to be read at once",
                        STR_ARG(key));
    char *data = arena_alloc(arena, length + 1);
    uint64_t done = 0;
    while (done < length) {
        ssize_t got = pread(fd, data + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_fail_errno(err, errno, "read object '%.*s'", STR_ARG(key));
        if (got == 0)
            return err_fail(err, FAIL_IO, "object '%.*s' became shorter while it was read",
                            STR_ARG(key));
        done += (uint64_t)got;
    }
    data[length] = '\0';
    *out_bytes = (Str){data, length};
    return true;
}

static bool local_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes,
                      ObjectInfo *out_info, Err *err) {
    LocalStore *local = self(store);
    int fd;
    struct stat file;
    if (!find_object(local, key, &fd, &file, err))
        return false;
    bool ok = read_exactly(fd, 0, (uint64_t)file.st_size, key, arena, out_bytes, err);
    close(fd);
    if (ok && out_info != NULL)
        *out_info = describe(key, &file, hash128(*out_bytes), arena);
    return ok;
}

static bool local_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length,
                            Arena *arena, Str *out_bytes, Err *err) {
    int fd;
    struct stat file;
    if (!find_object(self(store), key, &fd, &file, err))
        return false;
    uint64_t size = (uint64_t)file.st_size;
    bool ok = offset == 0 || offset < size;
    if (!ok)
        err_fail(err, FAIL_RANGE, "offset %llu is beyond the end of '%.*s'",
                 (unsigned long long)offset, STR_ARG(key));
    uint64_t left = ok ? size - offset : 0;
    ok = ok && read_exactly(fd, offset, length < left ? length : left, key, arena, out_bytes, err);
    close(fd);
    return ok;
}

static bool local_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    LocalStore *local = self(store);
    int fd;
    struct stat file;
    if (!find_object(local, key, &fd, &file, err))
        return false;
    Hash128 hash;
    bool ok = file_hash(local, fd, &file, &hash, err);
    close(fd);
    if (ok)
        *out_info = describe(key, &file, hash, arena);
    return ok;
}

static bool local_local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err) {
    LocalStore *local = self(store);
    int fd;
    struct stat file;
    if (!find_object(local, key, &fd, &file, err))
        return false;
    close(fd);
    *out_path = str_format(arena, "%s/%.*s", local->root, STR_ARG(key));
    return true;
}

/* --- writing ----------------------------------------------------------------------------- */

typedef struct Publication {
    Str key;
    const PutCondition *condition;
    StagedFile file;
} Publication;

/* The name may be that of a folder without objects: then it makes room. */
static bool make_room(const LocalPlace *place) {
    return unlinkat(place->folder_fd, place->name, AT_REMOVEDIR) == 0;
}

static bool is_folder(const LocalPlace *place) {
    struct stat info;
    return fstatat(place->folder_fd, place->name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(info.st_mode);
}

static bool clash(Str key, Err *err) {
    return err_fail(err, FAIL_CONFLICT, "key '%.*s' is already a folder of other objects",
                    STR_ARG(key));
}

static bool changed(Str key, Err *err) {
    return err_fail(err, FAIL_CONFLICT, "object '%.*s' has been changed meanwhile", STR_ARG(key));
}

/* 0, or the errno of the one system call that publishes. */
static int link_in(LocalStore *local, const LocalPlace *place, const StagedFile *file) {
    int staging_fd = local->stage.folder_fd;
    if (linkat(staging_fd, file->name, place->folder_fd, place->name, 0) == 0)
        return 0;
    if (errno != EPERM && errno != EOPNOTSUPP)
        return errno;
    /* A file system without hard links. */
    if (renameat2(staging_fd, file->name, place->folder_fd, place->name, RENAME_NOREPLACE) == 0)
        return 0;
    return errno;
}

static int rename_in(LocalStore *local, const LocalPlace *place, const StagedFile *file) {
    if (renameat(local->stage.folder_fd, file->name, place->folder_fd, place->name) == 0)
        return 0;
    return errno;
}

static bool check_seen(LocalStore *local, const LocalPlace *place, const Publication *put,
                       Err *err) {
    int fd;
    struct stat file;
    if (!local_object_open(place, put->key, &fd, &file, err))
        return err_is(err, FAIL_NOT_FOUND) ? changed(put->key, err) : false;
    Hash128 hash;
    bool ok = file_hash(local, fd, &file, &hash, err);
    close(fd);
    if (!ok)
        return false;
    Arena *scratch = arena_create();
    ok = str_eq(hash128_hex(hash, scratch), put->condition->seen_etag);
    arena_destroy(scratch);
    return ok || changed(put->key, err);
}

typedef enum PublishResult { PUBLISHED, PUBLISH_FAILED, PUBLISH_AGAIN } PublishResult;

/* Caller holds the key's lock. */
static PublishResult publish_locked(LocalStore *local, const LocalPlace *place,
                                    const Publication *put, Err *err) {
    PutRule rule = put->condition->rule;
    if (rule == PUT_IF_MATCH && !check_seen(local, place, put, err))
        return PUBLISH_FAILED;
    int error = rule == PUT_IF_ABSENT ? link_in(local, place, &put->file)
                                      : rename_in(local, place, &put->file);
    if (error == 0)
        return PUBLISHED;
    if (error == ENOENT) /* an empty folder was cleaned up under us */
        return PUBLISH_AGAIN;
    if ((error == EEXIST || error == EISDIR || error == ENOTEMPTY) && is_folder(place)) {
        if (make_room(place))
            return PUBLISH_AGAIN;
        clash(put->key, err);
    } else if (error == EEXIST) {
        err_fail(err, FAIL_EXISTS, "object '%.*s' exists already", STR_ARG(put->key));
    } else {
        err_fail_errno(err, error, "publish object '%.*s'", STR_ARG(put->key));
    }
    return PUBLISH_FAILED;
}

/* The folder's sync is outside the lock: whoever builds on the object syncs the same folder. */
static PublishResult publish_once(LocalStore *local, const Publication *put, Err *err) {
    PlaceRule place_rule = put->condition->rule == PUT_IF_MATCH ? PLACE_FIND : PLACE_MAKE;
    LocalPlace place;
    if (!local_place_open(local->root_fd, put->key, place_rule, &place, err)) {
        if (!err_is(err, FAIL_NOT_FOUND))
            return PUBLISH_FAILED;
        if (place_rule == PLACE_MAKE) {
            err_clear(err);
            return PUBLISH_AGAIN;
        }
        changed(put->key, err);
        return PUBLISH_FAILED;
    }
    size_t stripe;
    PublishResult result = PUBLISH_FAILED;
    if (local_stage_lock(&local->stage, put->key, &stripe, err)) {
        result = publish_locked(local, &place, put, err);
        local_stage_unlock(&local->stage, stripe);
    }
    if (result == PUBLISHED && fsync(place.folder_fd) != 0) {
        err_fail_errno(err, errno, "sync the folder of '%.*s'", STR_ARG(put->key));
        result = PUBLISH_FAILED;
    }
    local_place_close(&place);
    return result;
}

static bool publish(LocalStore *local, const Publication *put, Err *err) {
    for (int round = 0; round < PUBLISH_ROUNDS_MAX; round++) {
        PublishResult result = publish_once(local, put, err);
        if (result != PUBLISH_AGAIN)
            return result == PUBLISHED;
    }
    return err_fail(err, FAIL_IO, "the folder of '%.*s' keeps disappearing", STR_ARG(put->key));
}

static bool local_put(ObjectStore *store, Str key, const PutSource *source,
                      const PutCondition *condition, Arena *arena, Str *out_etag, Err *err) {
    LocalStore *local = self(store);
    Publication put = {.key = key, .condition = condition};
    if (!local_stage_write(&local->stage, source, &put.file, err))
        return false;
    bool ok = publish(local, &put, err);
    if (ok && source->path != NULL && unlink(source->path) != 0)
        ok = err_fail_errno(err, errno, "remove the file that was stored");
    struct stat info;
    local_stage_finish(&local->stage, &put.file, &info);
    if (ok && info.st_size >= ETAG_CACHE_BYTES_MIN)
        etag_cache_put(local->etags, &info, put.file.hash);
    if (ok && out_etag != NULL)
        *out_etag = hash128_hex(put.file.hash, arena);
    return ok;
}

/* Folders that the key leaves empty go too, innermost first. */
static void prune_folders(const LocalStore *local, Str key) {
    for (size_t length = key.length; length > 0; length--) {
        if (key.data[length - 1] != '/')
            continue;
        LocalPlace place;
        Err ignored;
        Str folder = str_slice(key, 0, length - 1);
        if (!local_place_open(local->root_fd, folder, PLACE_FIND, &place, &ignored))
            return;
        bool removed = unlinkat(place.folder_fd, place.name, AT_REMOVEDIR) == 0;
        local_place_close(&place);
        if (!removed)
            return;
    }
}

static bool remove_locked(const LocalPlace *place, Str key, Err *err) {
    struct stat info;
    if (fstatat(place->folder_fd, place->name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        int error = errno;
        return error == ENOENT ? not_found(key, err)
                               : err_fail_errno(err, error, "remove '%.*s'", STR_ARG(key));
    }
    if (S_ISLNK(info.st_mode))
        return err_fail(err, FAIL_DENIED, "key '%.*s' is a symbolic link", STR_ARG(key));
    if (!S_ISREG(info.st_mode))
        return not_found(key, err);
    if (unlinkat(place->folder_fd, place->name, 0) != 0)
        return err_fail_errno(err, errno, "remove '%.*s'", STR_ARG(key));
    return true;
}

static bool local_remove(ObjectStore *store, Str key, Err *err) {
    LocalStore *local = self(store);
    LocalPlace place;
    if (!local_place_open(local->root_fd, key, PLACE_FIND, &place, err))
        return false;
    size_t stripe;
    bool ok = local_stage_lock(&local->stage, key, &stripe, err);
    if (ok) {
        ok = remove_locked(&place, key, err);
        local_stage_unlock(&local->stage, stripe);
    }
    if (ok && fsync(place.folder_fd) != 0)
        ok = err_fail_errno(err, errno, "sync the folder of '%.*s'", STR_ARG(key));
    local_place_close(&place);
    if (ok)
        prune_folders(local, key);
    return ok;
}

/* --- listing ----------------------------------------------------------------------------- */

typedef struct PageBuilder {
    LocalStore *local;
    Arena *arena;
    size_t limit;
    ObjectPage page;
} PageBuilder;

static bool take_any(void *context, Str key, bool *out_taken, Err *err) {
    (void)context, (void)key, (void)err;
    *out_taken = true;
    return true;
}

/* Folders are listed only if an object lies somewhere below. */
static bool take_folder(PageBuilder *builder, Str folder, bool *out_taken, Err *err) {
    ListRequest request = {.prefix = folder, .cursor = STR_EMPTY, .limit = 0};
    LocalListing listing = {builder->local->root_fd, &request, take_any, NULL};
    if (!local_list_run(&listing, out_taken, err))
        return false;
    if (*out_taken && builder->page.count < builder->limit)
        builder->page.items[builder->page.count++] =
            (ObjectInfo){.key = str_dup(builder->arena, folder), .etag = STR_EMPTY};
    return true;
}

static bool take_item(void *context, Str key, bool *out_taken, Err *err) {
    PageBuilder *builder = context;
    if (key.data[key.length - 1] == '/')
        return take_folder(builder, key, out_taken, err);
    bool beyond = builder->page.count == builder->limit;
    ObjectInfo unused;
    ObjectInfo *item = beyond ? &unused : &builder->page.items[builder->page.count];
    *out_taken = local_head(&builder->local->base, key, builder->arena, item, err);
    if (*out_taken) {
        builder->page.count += beyond ? 0 : 1;
        return true;
    }
    bool gone = err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_DENIED); /* meanwhile */
    if (gone)
        err_clear(err);
    return gone;
}

static bool local_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                       ObjectPage *out_page, Err *err) {
    PageBuilder builder = {.local = self(store), .arena = arena, .limit = request->limit};
    builder.page.items = ARENA_ARRAY(arena, ObjectInfo, request->limit);
    builder.page.next_cursor = STR_EMPTY;
    LocalListing listing = {self(store)->root_fd, request, take_item, &builder};
    bool more;
    if (!local_list_run(&listing, &more, err))
        return false;
    if (more && builder.page.count > 0)
        builder.page.next_cursor = builder.page.items[builder.page.count - 1].key;
    *out_page = builder.page;
    return true;
}

/* --- life -------------------------------------------------------------------------------- */

/* The folder may have been replaced or unmounted since we opened it. */
static bool local_healthy(ObjectStore *store, Err *err) {
    LocalStore *local = self(store);
    struct stat opened, now;
    if (fstat(local->root_fd, &opened) != 0 || stat(local->root, &now) != 0)
        return err_fail_errno(err, errno, "the bucket's root cannot be reached");
    if (opened.st_dev != now.st_dev || opened.st_ino != now.st_ino)
        return err_fail(err, FAIL_IO, "the bucket's root has been replaced by another folder");
    return local_stage_probe(&local->stage, err);
}

static void local_destroy(ObjectStore *store) {
    LocalStore *local = self(store);
    local_stage_close(&local->stage);
    close(local->root_fd);
    etag_cache_destroy(local->etags);
    free(local->root);
    free(local);
}

static const ObjectStoreOps local_ops = {
    .name = "local",
    .get = local_get,
    .get_range = local_get_range,
    .put = local_put,
    .head = local_head,
    .list = local_list,
    .remove = local_remove,
    .local_path = local_local_path,
    .healthy = local_healthy,
    .destroy = local_destroy,
};

/* mkdir -p. 0 or an errno. */
static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        int result = mkdir(path, 0777);
        if (result != 0 && errno != EEXIST)
            return errno;
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}

static bool open_root(LocalStore *local, const LocalStoreConfig *config, Err *err) {
    if (config->root.length == 0 || config->root.length >= PATH_MAX ||
        memchr(config->root.data, '\0', config->root.length) != NULL)
        return err_fail(err, FAIL_INVALID, "the root of a bucket is a path");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", STR_ARG(config->root));
    int error = config->create_root ? make_folders(path) : 0;
    local->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (local->root_fd < 0)
        return err_fail_errno(err, error != 0 ? error : errno,
                              "the bucket's root cannot be opened");
    local->root = realpath(path, NULL);
    if (local->root != NULL)
        return true;
    error = errno;
    close(local->root_fd);
    return err_fail_errno(err, error, "the bucket's root cannot be opened");
}

ObjectStore *store_local_open(const LocalStoreConfig *config, Err *err) {
    LocalStore *local = calloc(1, sizeof *local);
    if (local == NULL)
        abort();
    local->base.ops = &local_ops;
    if (!open_root(local, config, err)) {
        free(local);
        return NULL;
    }
    if (!local_stage_open(&local->stage, local->root_fd, err)) {
        close(local->root_fd);
        free(local->root);
        free(local);
        return NULL;
    }
    local->etags = etag_cache_create();
    return &local->base;
}
