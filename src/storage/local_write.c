/* local_write.c - putting objects into a directory and taking them out.
 *
 * A put stages and syncs its bytes (local_stage.c), takes the key's lock, decides, and publishes
 * with one link or rename; then it syncs the folder. Readers take no lock: what they open is whole.
 *
 * Removing an object removes the folders that it leaves empty, so a put may find its folder gone
 * between opening and publishing: it then makes it again.
 *
 * Tested by: tests/unit/storage/test_store_local.c, test_store_processes.c. */
#include "storage/store_local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/local_place.h"

enum { PUBLISH_ROUNDS_MAX = 64 };

static bool not_found(Str key, Err *err) {
    return err_fail(err, FAIL_NOT_FOUND, "no object '%.*s'", STR_ARG(key));
}

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
    bool ok = local_file_hash(local, fd, &file, &hash, err);
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

bool local_put(ObjectStore *store, Str key, const PutSource *source, const PutCondition *condition,
               Arena *arena, Str *out_etag, Err *err) {
    LocalStore *local = local_self(store);
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

bool local_remove(ObjectStore *store, Str key, Err *err) {
    LocalStore *local = local_self(store);
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
