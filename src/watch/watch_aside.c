/* watch_aside.c - rename(2) that never replaces anything, and a report that tells no values.
 *
 * Between our last look at a file and its move another one may have come under its name. So a file
 * is looked at again where it was moved to, under a name that only we use; one that is not the
 * right one goes back. A file is removed only after that.
 *
 * Messages of a load name columns and types, and quote a value where that explains most; in a
 * report, which may travel further than the file, everything between single quotes in the detail
 * becomes '...'.
 *
 * Tested by: test_watch_aside.c. */
#include "watch/watch_aside.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

enum { NAMES_MAX = 10000, NAME_BYTES_MAX = 230 };

static Str in_folder(const WatchPattern *pattern, Str path, const char *ending, Arena *arena) {
    return str_format(arena, "%.*s/%.*s%s", STR_ARG(pattern->folder), STR_ARG(path), ending);
}

/* "a.tar.gz", 2 -> "a-2.tar.gz"; long names lose their middle. */
static Str numbered(Str name, int number, Arena *arena) {
    size_t dot = str_find_char(name, '.', 1);
    if (dot == SIZE_MAX || name.length - dot > 32)
        dot = name.length;
    Str stem = utf8_clip(str_slice(name, 0, dot), NAME_BYTES_MAX - 48);
    Str ending = str_slice(name, dot, name.length);
    if (number == 1)
        return str_format(arena, "%.*s%.*s", STR_ARG(stem), STR_ARG(ending));
    return str_format(arena, "%.*s-%d%.*s", STR_ARG(stem), number, STR_ARG(ending));
}

/* Fails with EEXIST rather than replace; a file system that cannot promise it is asked first. */
static int rename_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    struct stat info;
    if (lstat(to, &info) == 0)
        return EEXIST;
    return rename(from, to) == 0 ? 0 : errno;
}

static Str last_part(Str path) {
    size_t from = path.length;
    while (from > 0 && path.data[from - 1] != '/')
        from--;
    return str_slice(path, from, path.length);
}

static void move_marker(const WatchPattern *pattern, Str path, Str moved, Arena *arena) {
    if (pattern->done_marker) /* a marker that stays does no harm: its file is gone */
        (void)rename_new(in_folder(pattern, path, ".done", arena).data,
                         in_folder(pattern, moved, ".done", arena).data);
}

/* Is what lies there now the file that was meant, and nobody writes to it? */
static bool is_meant(const WatchPattern *pattern, Str path, const FileStamp *stamp) {
    FileStamp now; /* its time of change is that of the move */
    return watch_stamp(pattern, path, &now) && now.device == stamp->device &&
           now.inode == stamp->inode && now.size_bytes == stamp->size_bytes &&
           now.modified_ns == stamp->modified_ns && watch_writer(pattern, path) != WRITER_SOME;
}

static bool put_back(const WatchPattern *pattern, Str moved, Str path, Arena *arena, Err *err) {
    int failure = rename_new(in_folder(pattern, moved, "", arena).data,
                             in_folder(pattern, path, "", arena).data);
    if (failure != 0)
        return err_fail_errno(err, failure, "a file came while another was set aside; it is '%.*s'",
                              STR_ARG(moved));
    return err_fail(err, FAIL_PRECONDITION, "another file has come under its name");
}

/* Under the first free name. */
static bool move_to(const WatchPattern *pattern, Str path, const char *place, Arena *arena,
                    Str *out_moved, Err *err) {
    const char *from = in_folder(pattern, path, "", arena).data;
    for (int number = 1; number <= NAMES_MAX; number++) {
        Str name = numbered(last_part(path), number, arena);
        Str moved = str_format(arena, "%s/%.*s", place, STR_ARG(name));
        int failure = rename_new(from, in_folder(pattern, moved, "", arena).data);
        if (failure == 0) {
            *out_moved = moved;
            return true;
        }
        if (failure != EEXIST)
            return err_fail_errno(err, failure, "cannot move the file to %s", place);
    }
    return err_fail(err, FAIL_EXISTS, "no free name for '%.*s' in %s", STR_ARG(path), place);
}

bool watch_set_aside(const WatchPattern *pattern, Str path, const FileStamp *stamp,
                     const char *place, Arena *arena, Str *out_moved, Err *err) {
    Str folder = in_folder(pattern, str_c(place), "", arena), moved;
    if (mkdir(folder.data, 0777) != 0 && errno != EEXIST)
        return err_fail_errno(err, errno, "cannot make the folder %s", place);
    if (!move_to(pattern, path, place, arena, &moved, err))
        return false;
    if (!is_meant(pattern, moved, stamp))
        return put_back(pattern, moved, path, arena, err);
    move_marker(pattern, path, moved, arena);
    *out_moved = moved;
    return true;
}

/* ---- the report ---- */

Str watch_without_values(const char *text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (const char *at = text; *at != '\0'; at++) {
        strbuf_append_char(&out, *at);
        if (*at != '\'')
            continue;
        /* to the last quote that ends a word: a value may hold quotes */
        const char *end = strrchr(at + 1, '\'');
        if (end == NULL)
            end = at + strlen(at) - 1;
        strbuf_append_c(&out, "...'");
        at = end;
    }
    return strbuf_str(&out);
}

/* The number behind the word, or 0. */
static uint64_t number_after(const char *text, const char *word) {
    const char *at = strstr(text, word);
    uint64_t number = 0;
    if (at == NULL)
        return 0;
    for (at += strlen(word); isdigit((unsigned char)*at) && number < UINT64_MAX / 100; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

static void set_place(json_t *error, const Err *failure) {
    uint64_t line = number_after(failure->detail, "line ");
    if (line == 0)
        line = number_after(failure->message, "line ");
    uint64_t column = number_after(failure->detail, "column ");
    if (line > 0)
        json_set_u64(error, "line", line);
    if (column > 0)
        json_set_u64(error, "column", column);
}

static json_t *print_report(const WatchSpec *spec, const LedgerFile *file, const Err *failure,
                            Arena *arena) {
    json_t *report = json_keep(arena, json_object());
    json_set_str(report, "file", file->path);
    json_set_str(report, "watch", spec->name);
    json_set_str(report, "dataset", spec->dataset);
    json_set_str(report, "at", clock_format(clock_now_us(), arena));
    json_set_u64(report, "size_bytes", file->stamp.size_bytes);
    json_set_str(report, "sha256", sha256_print(file->sha256, arena));
    json_t *error = json_object();
    json_set_str(error, "kind", str_c(err_kind_name(failure->kind)));
    json_set_str(error, "message", str_c(failure->message));
    if (failure->detail[0] != '\0')
        json_set_str(error, "detail", watch_without_values(failure->detail, arena));
    if (failure->hint[0] != '\0')
        json_set_str(error, "hint", str_c(failure->hint));
    if (failure->field[0] != '\0')
        json_set_str(error, "field", str_c(failure->field));
    set_place(error, failure);
    json_object_set_new(report, "error", error);
    json_set_str(report, "what_now",
                 STR("correct the file and move it back into the folder: it is tried again"));
    return report;
}

bool watch_report(const WatchPattern *pattern, const WatchSpec *spec, const LedgerFile *file,
                  const Err *failure, Arena *arena, Err *err) {
    Str text = json_print_pretty(print_report(spec, file, failure, arena), arena);
    Str path = in_folder(pattern, file->moved_to, ".report.json", arena);
    FILE *out = fopen(path.data, "wx");
    if (out == NULL)
        return err_fail_errno(err, errno, "cannot write a report");
    bool written = fwrite(text.data, 1, text.length, out) == text.length && fputc('\n', out) != EOF;
    return (fclose(out) == 0 && written) || err_fail_errno(err, errno, "cannot write a report");
}

/* ---- taken files ---- */

static bool remove_file(const WatchPattern *pattern, Str path, const FileStamp *stamp, Arena *arena,
                        Err *err) {
    Str moved;
    if (!watch_set_aside(pattern, path, stamp, ".done", arena, &moved, err))
        return false;
    if (pattern->done_marker)
        unlink(in_folder(pattern, moved, ".done", arena).data);
    if (unlink(in_folder(pattern, moved, "", arena).data) == 0)
        return true;
    return err_fail_errno(err, errno, "cannot remove a file that was taken");
}

bool watch_tidy(const WatchPattern *pattern, WatchAfter after, Str path, const FileStamp *stamp,
                Arena *arena, Err *err) {
    Str moved;
    bool ok =
        after == WATCH_KEEP ||
        (after == WATCH_MOVE ? watch_set_aside(pattern, path, stamp, ".done", arena, &moved, err)
                             : remove_file(pattern, path, stamp, arena, err));
    FileStamp now;
    if (ok || (!err_is(err, FAIL_PRECONDITION) && watch_stamp(pattern, path, &now)))
        return ok;
    err_clear(err); /* it is gone already, or another one that is still to come */
    return true;
}
