/* local_place.c - the walk from the root to an object, one openat a part.
 *
 * openat2(RESOLVE_NO_SYMLINKS) would take one call instead of two or three, but seccomp filters
 * of containers still refuse it and the walk would be needed beside it.
 *
 * A made folder is synced into its parent at once: an object is durable only if its path is.
 *
 * Tested by: tests/unit/storage/test_store_local.c (symbolic links, clashes, races with removal).
 */
#include "storage/local_place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static bool is_link(int folder_fd, const char *name) {
    struct stat info;
    return fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

static bool link_refused(Str key, Err *err) {
    return err_fail(err, FAIL_DENIED, "key '%.*s' leads through a symbolic link", STR_ARG(key));
}

static bool not_found(Str key, Err *err) {
    return err_fail(err, FAIL_NOT_FOUND, "no object '%.*s'", STR_ARG(key));
}

static bool name_too_long(Str key, Err *err) {
    err_fail(err, FAIL_INVALID, "a part of key '%.*s' is too long for the file system",
             STR_ARG(key));
    return err_field(err, "key");
}

static bool step_failed(int folder_fd, const char *part, Str key, PlaceRule rule, int error,
                        Err *err) {
    bool blocked = error == ENOTDIR || error == ELOOP;
    if (blocked && is_link(folder_fd, part))
        return link_refused(key, err);
    if (blocked && rule == PLACE_MAKE)
        return err_fail(err, FAIL_CONFLICT, "a part of key '%.*s' is itself an object",
                        STR_ARG(key));
    if (blocked || error == ENOENT)
        return not_found(key, err);
    if (error == ENAMETOOLONG)
        return name_too_long(key, err);
    return err_fail_errno(err, error, "open the folder of '%.*s'", STR_ARG(key));
}

/* The next folder's descriptor, or -1 with errno. Whoever makes it may see it removed again by a
 * concurrent clean-up of empty folders, hence the few rounds. */
static int enter(int folder_fd, const char *part, PlaceRule rule) {
    for (int round = 0; round < 8; round++) {
        int next = openat(folder_fd, part, FOLDER_FLAGS);
        if (next >= 0 || errno != ENOENT || rule == PLACE_FIND)
            return next;
        if (mkdirat(folder_fd, part, 0777) == 0) {
            if (fsync(folder_fd) != 0)
                return -1;
        } else if (errno != EEXIST) {
            return -1;
        }
    }
    errno = ENOENT;
    return -1;
}

bool local_place_open(int root_fd, Str key, PlaceRule rule, LocalPlace *out, Err *err) {
    memcpy(out->path, key.data, key.length);
    out->path[key.length] = '\0';
    int folder_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
    if (folder_fd < 0)
        return err_fail_errno(err, errno, "open the bucket's root");
    char *part = out->path;
    for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(part, '/')) {
        *slash = '\0';
        int next = enter(folder_fd, part, rule);
        int error = errno;
        if (next < 0) {
            step_failed(folder_fd, part, key, rule, error, err);
            close(folder_fd);
            return false;
        }
        close(folder_fd);
        folder_fd = next;
        part = slash + 1;
    }
    out->folder_fd = folder_fd;
    out->name = part;
    return true;
}

void local_place_close(LocalPlace *place) {
    close(place->folder_fd);
}

bool local_object_open(const LocalPlace *place, Str key, int *out_fd, struct stat *out_info,
                       Err *err) {
    /* O_NONBLOCK: a FIFO that somebody left here must not hang us. */
    int fd = openat(place->folder_fd, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        if (error == ELOOP)
            return link_refused(key, err);
        if (error == ENOENT || error == ENXIO)
            return not_found(key, err);
        if (error == ENAMETOOLONG)
            return name_too_long(key, err);
        return err_fail_errno(err, error, "open object '%.*s'", STR_ARG(key));
    }
    if (fstat(fd, out_info) != 0) {
        int error = errno;
        close(fd);
        return err_fail_errno(err, error, "look at object '%.*s'", STR_ARG(key));
    }
    if (!S_ISREG(out_info->st_mode)) {
        close(fd);
        return not_found(key, err);
    }
    *out_fd = fd;
    return true;
}

bool local_folder_open(int root_fd, Str folder, int *out_fd, Err *err) {
    if (folder.length == 0) {
        *out_fd = openat(root_fd, ".", FOLDER_FLAGS); /* of its own: reading moves a position */
        return *out_fd >= 0 || err_fail_errno(err, errno, "open the bucket's root");
    }
    LocalPlace place;
    if (!local_place_open(root_fd, folder, PLACE_FIND, &place, err))
        return false;
    int fd = openat(place.folder_fd, place.name, FOLDER_FLAGS);
    int error = errno;
    bool ok = fd >= 0 || step_failed(place.folder_fd, place.name, folder, PLACE_FIND, error, err);
    local_place_close(&place);
    if (ok)
        *out_fd = fd;
    return ok;
}
