/* local_read.c - reading objects of a directory, and telling what they are.
 *
 * The etag is the XXH3-128 of the content, so it survives a copy or a restore. Small files are
 * hashed whenever it is asked for; larger ones are remembered by their identity (etag_cache.h), but
 * not while they are so young that a change could hide in one tick of the file system's clock.
 *
 * Tested by: tests/unit/storage/test_store_local.c. */
#include "storage/store_local.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/local_place.h"

enum { ETAG_SETTLED_S = 2 };

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

bool local_file_hash(LocalStore *local, int fd, const struct stat *file, Hash128 *out, Err *err) {
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

bool local_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes, ObjectInfo *out_info,
               Err *err) {
    LocalStore *local = local_self(store);
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

bool local_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length, Arena *arena,
                     Str *out_bytes, Err *err) {
    int fd;
    struct stat file;
    if (!find_object(local_self(store), key, &fd, &file, err))
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

bool local_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    LocalStore *local = local_self(store);
    int fd;
    struct stat file;
    if (!find_object(local, key, &fd, &file, err))
        return false;
    Hash128 hash;
    bool ok = local_file_hash(local, fd, &file, &hash, err);
    close(fd);
    if (ok)
        *out_info = describe(key, &file, hash, arena);
    return ok;
}

bool local_look(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    int fd;
    struct stat file;
    if (!find_object(local_self(store), key, &fd, &file, err))
        return false;
    close(fd);
    *out_info = describe(key, &file, (Hash128){0}, arena);
    out_info->etag = STR_EMPTY;
    return true;
}

bool local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err) {
    LocalStore *local = local_self(store);
    int fd;
    struct stat file;
    if (!find_object(local, key, &fd, &file, err))
        return false;
    close(fd);
    *out_path = str_format(arena, "%s/%.*s", local->root, STR_ARG(key));
    return true;
}
