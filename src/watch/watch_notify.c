/* watch_notify.c - from watch descriptors to paths.
 *
 * The kernel names a watch by number; we remember the path of each. A folder that is renamed inside
 * the tree keeps its number: the notice of its new place adds it again, and its path with it.
 *
 * Tested by: test_watch_notify.c. */
#include "watch/watch_notify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 << 10, READS_MAX = 64 };

struct WatchNotify {
    Arena *arena;
    int fd;
    Str folder;
    Map paths; /* watch descriptor, 4 bytes -> Str* */
    char *buffer;
};

/* File systems whose changes may come from another machine, or from a program that tells nobody. */
static bool tells_all(Str folder, Arena *arena, Err *err) {
    static const unsigned long distant[] = {0x6969 /* NFS */,        0x517B /* SMB */,
                                            0xFF534D42 /* CIFS */,   0xFE534D42 /* SMB2 */,
                                            0x00C36400 /* Ceph */,   0x65735546 /* FUSE */,
                                            0x01021997 /* 9P */,     0x5346414F /* AFS */,
                                            0x73757245 /* Coda */,   0x0BD00BD0 /* Lustre */,
                                            0x01161970 /* GFS2 */,   0x7461636F /* OCFS2 */,
                                            0x786F4256 /* vboxsf */, 0xAAD7AAEA /* Panasas */};
    struct statfs info;
    if (statfs(str_to_c(arena, folder), &info) != 0)
        return err_fail_errno(err, errno, "cannot ask for the file system");
    for (size_t i = 0; i < ARRAY_LEN(distant); i++)
        if ((unsigned long)info.f_type == distant[i])
            return err_fail(err, FAIL_UNSUPPORTED,
                            "the folder is on a file system that tells of no changes");
    return true;
}

WatchNotify *watch_notify_open(Str folder, Err *err) {
    Arena *arena = arena_create();
    int fd = -1;
    if (tells_all(folder, arena, err)) {
        fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0 && errno == EMFILE)
            err_fail(err, FAIL_LIMIT, "fs.inotify.max_user_instances is reached");
        else if (fd < 0)
            err_fail_errno(err, errno, "cannot use inotify");
    }
    if (fd < 0) {
        arena_destroy(arena);
        return NULL;
    }
    WatchNotify *notify = ARENA_NEW(arena, WatchNotify);
    *notify = (WatchNotify){.arena = arena,
                            .fd = fd,
                            .folder = str_dup(arena, folder),
                            .paths = map_make(arena),
                            .buffer = arena_alloc(arena, BUFFER_BYTES)};
    return notify;
}

void watch_notify_close(WatchNotify *notify) {
    if (notify == NULL)
        return;
    close(notify->fd);
    arena_destroy(notify->arena);
}

int watch_notify_fd(const WatchNotify *notify) {
    return notify->fd;
}

static Str watch_key(const int *descriptor) {
    return str_make(descriptor, sizeof *descriptor);
}

bool watch_notify_add(WatchNotify *notify, Str path, Err *err) {
    enum {
        EVENTS = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK
    };
    Arena *scratch = arena_create();
    Str full = str_format(scratch, "%.*s/%.*s", STR_ARG(notify->folder), STR_ARG(path));
    int descriptor = inotify_add_watch(notify->fd, full.data, EVENTS);
    int failure = errno;
    arena_destroy(scratch);
    if (descriptor < 0 && failure == ENOSPC)
        return err_fail(err, FAIL_LIMIT, "fs.inotify.max_user_watches is reached");
    if (descriptor < 0)
        return failure == ENOENT || failure == ENOTDIR || failure == ELOOP ||
               err_fail_errno(err, failure, "cannot watch a folder");
    Str *known = map_get(&notify->paths, watch_key(&descriptor));
    if (known != NULL && str_eq(*known, path))
        return true;
    Str *kept = ARENA_NEW(notify->arena, Str);
    *kept = str_dup(notify->arena, path);
    map_put(&notify->paths, watch_key(&descriptor), kept);
    return true;
}

static void deliver(const WatchNotify *notify, const struct inotify_event *event, Arena *scratch,
                    const NotifyListener *listener) {
    const Str *below = map_get(&notify->paths, watch_key(&event->wd));
    bool moved_root = (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
    if ((event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) != 0 ||
        (moved_root && below != NULL && below->length == 0)) {
        listener->lost(listener->context);
        return;
    }
    if (below == NULL || event->len == 0)
        return;
    Str name = str_c(event->name);
    Str path =
        below->length > 0 ? str_format(scratch, "%.*s/%.*s", STR_ARG(*below), STR_ARG(name)) : name;
    bool came = (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0;
    if ((event->mask & IN_ISDIR) != 0) {
        if (came && watch_folder_wanted(path))
            listener->folder(listener->context, path);
        else if ((event->mask & IN_MOVED_FROM) != 0)
            listener->lost(listener->context); /* files below it are elsewhere now */
    } else if ((event->mask & IN_MOVED_TO) != 0)
        listener->file(listener->context, path, NOTICE_MOVED_IN);
    else if ((event->mask & IN_CLOSE_WRITE) != 0)
        listener->file(listener->context, path, NOTICE_CLOSED);
    else if ((event->mask & IN_MODIFY) != 0)
        listener->file(listener->context, path, NOTICE_WRITTEN);
    else if ((event->mask & IN_CREATE) != 0)
        listener->file(listener->context, path, NOTICE_SEEN);
    else if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
        listener->gone(listener->context, path);
}

void watch_notify_deliver(const WatchNotify *notify, const void *events, size_t size_bytes,
                          const NotifyListener *listener) {
    Arena *scratch = arena_create();
    size_t at = 0;
    while (at + sizeof(struct inotify_event) <= size_bytes) {
        const struct inotify_event *event =
            (const struct inotify_event *)(const void *)((const char *)events + at);
        at += sizeof *event + event->len;
        if (at > size_bytes)
            break;
        deliver(notify, event, scratch, listener);
        arena_reset(scratch);
    }
    arena_destroy(scratch);
}

bool watch_notify_read(WatchNotify *notify, const NotifyListener *listener, Err *err) {
    for (int reads = 0; reads < READS_MAX; reads++) {
        ssize_t got = read(notify->fd, notify->buffer, BUFFER_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0)
            return err_fail_errno(err, errno, "cannot read from inotify");
        watch_notify_deliver(notify, notify->buffer, (size_t)got, listener);
    }
    return true;
}
