/* bucket_roots.c - paths of local buckets, compared as the file system sees them.
 *
 * A root that does not exist yet is judged before it is made: the part that exists is resolved,
 * the rest is taken literally and so may not hold "..".
 *
 * Tested by: tests/unit/storage/test_bucket_registry.c. */
#include "storage/bucket_roots.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/vec.h"

static bool refuse(Err *err, const char *reason) {
    err_fail(err, FAIL_UNPROCESSABLE, "the root %s", reason);
    return err_field(err, "root");
}

/* Appends the parts of `rest` that do not exist yet. */
static bool append_new_parts(StrBuf *path, Str rest, Err *err) {
    while (rest.length > 0) {
        Str part;
        rest = str_cut(rest, '/', &part);
        if (part.length == 0 || str_eq_c(part, "."))
            continue;
        if (str_eq_c(part, ".."))
            return refuse(err, "leads through '..' of a folder that does not exist");
        if (path->length == 0 || path->data[path->length - 1] != '/')
            strbuf_append_char(path, '/');
        strbuf_append(path, part);
    }
    return true;
}

bool bucket_root_resolve(Str root, Arena *arena, Str *out_path, Err *err) {
    if (root.length == 0)
        return refuse(err, "is missing");
    if (root.length >= PATH_MAX || memchr(root.data, '\0', root.length) != NULL ||
        !utf8_valid(root))
        return refuse(err, "is not a path");
    char *head =
        str_to_c(arena, root.data[0] == '/' ? root : str_format(arena, "./%.*s", STR_ARG(root)));
    size_t length = strlen(head);
    Str whole = str_make(str_dup(arena, str_c(head)).data, length);
    char resolved[PATH_MAX];
    while (realpath(head, resolved) == NULL) {
        if (errno != ENOENT)
            return refuse(err, "cannot be reached");
        while (length > 0 && head[length - 1] == '/')
            length--;
        while (length > 0 && head[length - 1] != '/')
            length--;
        if (length == 0)
            return refuse(err, "cannot be reached");
        head[length] = '\0';
    }
    StrBuf path = strbuf_make(arena);
    strbuf_append_c(&path, resolved);
    if (!append_new_parts(&path, str_slice(whole, length, whole.length), err))
        return false;
    *out_path = strbuf_str(&path);
    return true;
}

static bool holds(Str outer, Str inner) {
    if (!str_starts(inner, outer))
        return false;
    return outer.length == inner.length || inner.data[outer.length] == '/' ||
           outer.data[outer.length - 1] == '/';
}

static bool stat_path(Str path, struct stat *out) {
    char text[PATH_MAX + 1];
    if (path.length > PATH_MAX)
        return false;
    memcpy(text, path.data, path.length);
    text[path.length] = '\0';
    return stat(text, out) == 0;
}

bool bucket_roots_overlap(Str a, Str b) {
    if (a.length == 0 || b.length == 0) /* stores without a root */
        return false;
    if (holds(a, b) || holds(b, a))
        return true;
    struct stat first, second; /* one folder mounted at two places */
    return stat_path(a, &first) && stat_path(b, &second) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

int64_t bucket_root_made_us(Str path) {
    Arena *scratch = arena_create();
    struct statx info;
    int result = statx(AT_FDCWD, str_to_c(scratch, path), 0, STATX_BTIME | STATX_MTIME, &info);
    arena_destroy(scratch);
    if (result != 0)
        return clock_now_us();
    const struct statx_timestamp *made =
        (info.stx_mask & STATX_BTIME) != 0 ? &info.stx_btime : &info.stx_mtime;
    return made->tv_sec * 1000000 + (int64_t)made->tv_nsec / 1000;
}

bool bucket_root_exists(Str path) {
    struct stat info;
    return stat_path(path, &info);
}

void bucket_root_unmake(Str path) {
    Arena *scratch = arena_create();
    unlink(str_format(scratch, "%.*s/.staging/lock", STR_ARG(path)).data);
    rmdir(str_format(scratch, "%.*s/.staging", STR_ARG(path)).data);
    rmdir(str_to_c(scratch, path));
    arena_destroy(scratch);
}
