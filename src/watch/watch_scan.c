/* watch_scan.c - a walk without recursion, a few rules for names, and two questions to the kernel.
 *
 * Whether somebody writes to a file is asked by taking a read lease (fcntl(2), F_SETLEASE), which
 * the kernel grants only when nobody has the file open for writing; it is given back at once. It
 * works for our own files, or with CAP_LEASE, on file systems of this machine; elsewhere the answer
 * is "unknown" and the caller goes by the clock. A writer who comes in just between waits for
 * microseconds; we are told by SIGURG, which nobody listens to.
 *
 * Tested by: test_watch_scan.c. */
#include "watch/watch_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

enum { DEPTH_MAX = 32 };

/* ---- stamps ---- */

static FileStamp stamp_of(const struct stat *info) {
    return (FileStamp){
        .device = info->st_dev,
        .inode = info->st_ino,
        .size_bytes = (uint64_t)info->st_size,
        .modified_ns = (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec,
        .changed_ns = (int64_t)info->st_ctim.tv_sec * 1000000000 + info->st_ctim.tv_nsec};
}

bool file_stamp_eq(const FileStamp *a, const FileStamp *b) {
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

static Str full_path(const WatchPattern *pattern, Str path, const char *ending, Arena *arena) {
    return str_format(arena, "%.*s/%.*s%s", STR_ARG(pattern->folder), STR_ARG(path), ending);
}

bool watch_stamp(const WatchPattern *pattern, Str path, FileStamp *out) {
    Arena *scratch = arena_create();
    struct stat info;
    bool found =
        lstat(full_path(pattern, path, "", scratch).data, &info) == 0 && S_ISREG(info.st_mode);
    arena_destroy(scratch);
    if (found)
        *out = stamp_of(&info);
    return found;
}

bool watch_has_marker(const WatchPattern *pattern, Str path) {
    Arena *scratch = arena_create();
    struct stat info;
    bool found = lstat(full_path(pattern, path, ".done", scratch).data, &info) == 0;
    arena_destroy(scratch);
    return found;
}

FileWriter watch_writer(const WatchPattern *pattern, Str path) {
    Arena *scratch = arena_create();
    int file = open(full_path(pattern, path, "", scratch).data,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    arena_destroy(scratch);
    if (file < 0)
        return WRITER_UNKNOWN;
    FileWriter writer = WRITER_UNKNOWN;
    if (fcntl(file, F_SETSIG, SIGURG) == 0) {
        if (fcntl(file, F_SETLEASE, F_RDLCK) == 0)
            writer = WRITER_NONE;
        else if (errno == EAGAIN)
            writer = WRITER_SOME;
    }
    close(file); /* and with it the lease */
    return writer;
}

/* ---- names ---- */

static Str last_part(Str path) {
    size_t from = path.length;
    while (from > 0 && path.data[from - 1] != '/')
        from--;
    return str_slice(path, from, path.length);
}

bool watch_folder_wanted(Str path) {
    Str part;
    while (path.length > 0) {
        path = str_cut(path, '/', &part);
        if (part.length == 0 || part.data[0] == '.')
            return false;
    }
    return true;
}

Str watch_marked_path(const WatchPattern *pattern, Str path) {
    static const Str ending = {".done", 5};
    if (!pattern->done_marker || !str_ends(path, ending))
        return STR_EMPTY;
    return str_slice(path, 0, path.length - ending.length);
}

bool watch_path_wanted(const WatchPattern *pattern, Str path) {
    static const char *const unfinished[] = {"~", ".tmp", ".part", ".crdownload", ".swp"};
    Str name = last_part(path);
    if (name.length == 0 || !utf8_valid(path) || !watch_folder_wanted(path) ||
        watch_marked_path(pattern, path).length > 0 ||
        (!pattern->recursive && name.length != path.length))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(unfinished); i++)
        if (str_ends(name, str_c(unfinished[i])))
            return false;
    bool whole = str_find_char(pattern->glob, '/', 0) != SIZE_MAX;
    Arena *scratch = arena_create();
    bool matches = fnmatch(str_to_c(scratch, pattern->glob), str_to_c(scratch, whole ? path : name),
                           whole ? FNM_PATHNAME : 0) == 0;
    arena_destroy(scratch);
    return matches;
}

/* ---- the walk ---- */

typedef struct Walk {
    const WatchPattern *pattern;
    const ScanVisitor *visitor;
    Arena *arena;
    StrVec open; /* folders to visit */
} Walk;

static size_t depth_of(Str path) {
    size_t depth = 0;
    for (size_t i = 0; i < path.length; i++)
        depth += path.data[i] == '/';
    return depth;
}

static void visit_entry(Walk *walk, int folder, Str below, const char *name) {
    struct stat info;
    ArenaMark mark = arena_mark(walk->arena);
    Str path = below.length > 0 ? str_format(walk->arena, "%.*s/%s", STR_ARG(below), name)
                                : str_dup(walk->arena, str_c(name));
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return; /* gone again */
    if (S_ISDIR(info.st_mode) && walk->pattern->recursive && depth_of(path) < DEPTH_MAX &&
        utf8_valid(path)) {
        *vec_push(&walk->open, walk->arena) = path;
        return;
    }
    if (S_ISREG(info.st_mode) && watch_path_wanted(walk->pattern, path)) {
        FileStamp stamp = stamp_of(&info);
        walk->visitor->file(walk->visitor->context, path, &stamp);
    }
    arena_rewind(walk->arena, mark);
}

static bool visit_folder(Walk *walk, Str path, const Progress *progress, Err *err) {
    walk->visitor->folder(walk->visitor->context, path);
    Str full = full_path(walk->pattern, path, "", walk->arena);
    int fd = open(full.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        int failure = errno;
        if (fd >= 0)
            close(fd);
        bool gone = failure == ENOENT || failure == ENOTDIR || failure == ELOOP;
        if (gone && path.length > 0)
            return true;
        return err_fail_errno(err, failure, "cannot read the watched folder%s%.*s",
                              path.length > 0 ? " " : "", STR_ARG(path));
    }
    bool ok = true;
    errno = 0;
    for (struct dirent *entry; ok && (entry = readdir(folder)) != NULL; errno = 0) {
        ok = progress_check(progress, err);
        if (ok && entry->d_name[0] != '.')
            visit_entry(walk, fd, path, entry->d_name);
    }
    if (ok && errno != 0)
        ok = err_fail_errno(err, errno, "cannot read the watched folder");
    closedir(folder);
    return ok;
}

bool watch_scan(const WatchPattern *pattern, Str below, const ScanVisitor *visitor,
                const Progress *progress, Err *err) {
    Walk walk = {.pattern = pattern, .visitor = visitor, .arena = arena_create()};
    bool ok = true;
    *vec_push(&walk.open, walk.arena) = str_dup(walk.arena, below);
    while (ok && walk.open.count > 0) {
        Str path = walk.open.items[--walk.open.count];
        ok = visit_folder(&walk, path, progress, err);
    }
    arena_destroy(walk.arena);
    return ok;
}
