/* data_dir.c - make the folders, take the lock, empty what a crash left in tmp/.
 *
 * The lock is taken before anything is removed, so a second server started by mistake cannot pull
 * the staged files from under the first. flock dies with the process: kill -9 leaves no stale lock.
 *
 * Tested by: tests/unit/app/test_data_dir.c. */
#include "app/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_folder(Str path, Err *err) {
    char name[PATH_MAX];
    if (path.length >= sizeof name)
        return err_fail(err, FAIL_INVALID, "a path of %zu bytes is too long", path.length);
    for (size_t i = 1; i <= path.length; i++) {
        if (i < path.length && path.data[i] != '/')
            continue;
        snprintf(name, sizeof name, "%.*s", (int)i, path.data);
        if (mkdir(name, 0755) != 0 && errno != EEXIST)
            return err_fail_errno(err, errno, "cannot make the folder '%s'", name);
    }
    return true;
}

static Str absolute(Str path, Arena *arena) {
    char here[PATH_MAX];
    if (path.length > 0 && path.data[0] == '/')
        return str_dup(arena, path);
    if (getcwd(here, sizeof here) == NULL)
        return str_dup(arena, path);
    while (str_starts(path, STR("./")))
        path = str_slice(path, 2, path.length);
    return str_format(arena, "%s/%.*s", here, STR_ARG(path));
}

static bool take_lock(DataDir *dir, Arena *arena, Err *err) {
    Str path = str_format(arena, "%.*s/lock", STR_ARG(dir->root));
    int fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_fail_errno(err, errno, "cannot open '%s'", path.data);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int reason = errno;
        close(fd);
        if (reason != EWOULDBLOCK)
            return err_fail_errno(err, reason, "cannot lock '%s'", path.data);
        err_fail(err, FAIL_CONFLICT, "another process uses the data directory '%.*s'",
                 STR_ARG(dir->root));
        return err_hint(err, "stop that server, or choose another directory with --data");
    }
    dir->lock_fd = fd;
    return true;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    if (place->level > 0)
        remove(path); /* what cannot be removed stays; tmp/ is never read back */
    return 0;
}

bool data_dir_open(Str path, Str profile_root, Arena *arena, DataDir *out, Err *err) {
    DataDir dir = {.root = absolute(path, arena), .lock_fd = -1};
    while (dir.root.length > 1 && dir.root.data[dir.root.length - 1] == '/')
        dir.root = str_dup(arena, str_slice(dir.root, 0, dir.root.length - 1));
    dir.primary = str_format(arena, "%.*s/primary", STR_ARG(dir.root));
    dir.rescue = str_format(arena, "%.*s/rescue", STR_ARG(dir.root));
    dir.row_cache = str_format(arena, "%.*s/cache/rows", STR_ARG(dir.root));
    dir.object_cache = str_format(arena, "%.*s/cache/objects", STR_ARG(dir.root));
    dir.staging = str_format(arena, "%.*s/tmp/staging", STR_ARG(dir.root));
    dir.uploads = str_format(arena, "%.*s/tmp/uploads", STR_ARG(dir.root));
    dir.spill = str_format(arena, "%.*s/tmp/spill", STR_ARG(dir.root));
    dir.profiles = profile_root.length > 0 ? absolute(profile_root, arena)
                                           : str_format(arena, "%.*s/profiles", STR_ARG(dir.root));
    if (!make_folder(dir.root, err) || !take_lock(&dir, arena, err))
        return err_wrap(err, "open the data directory");
    Str tmp = str_format(arena, "%.*s/tmp", STR_ARG(dir.root));
    nftw(tmp.data, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    const Str folders[] = {dir.primary, dir.rescue,  dir.row_cache, dir.object_cache,
                           dir.staging, dir.uploads, dir.spill};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!make_folder(folders[i], err)) {
            data_dir_close(&dir);
            return err_wrap(err, "open the data directory");
        }
    }
    *out = dir;
    return true;
}

void data_dir_close(DataDir *dir) {
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    dir->lock_fd = -1;
}
