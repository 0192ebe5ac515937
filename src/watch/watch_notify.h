/* watch_notify.h - inotify(7) over a tree of folders, as notices about paths.
 *
 * One watch a folder. The caller adds each folder before he reads its entries (watch_scan's visitor
 * does), so that nothing falls between. When the kernel has dropped events, or a folder that is not
 * watched may have come, the listener is told to look at all of it himself.
 *
 * Where inotify says nothing (network file systems), or its limits are reached, there is no
 * WatchNotify: a scan now and then carries the watch alone.
 *
 * Ownership: paths are valid until the listener returns.   Threads: one. */
#ifndef WATCH_WATCH_NOTIFY_H
#define WATCH_WATCH_NOTIFY_H

#include "watch/watch_settle.h"

typedef struct WatchNotify WatchNotify;

typedef struct NotifyListener {
    void *context;
    void (*file)(void *context, Str path, WatchNotice notice);
    void (*gone)(void *context, Str path);   /* a file is removed, or was moved away */
    void (*folder)(void *context, Str path); /* is new: add it and look into it */
    void (*lost)(void *context);             /* events were dropped */
} NotifyListener;

/* NULL with an error that says why only scans are possible. */
WatchNotify *watch_notify_open(Str folder, Err *err);
void watch_notify_close(WatchNotify *notify); /* NULL is fine */
int watch_notify_fd(const WatchNotify *notify);

/* Again for a folder that is watched already: its path may be a new one. A folder that is gone is
 * no error; FAIL_LIMIT names the kernel's limit. */
MUST_CHECK bool watch_notify_add(WatchNotify *notify, Str path, Err *err);
/* Delivers what has happened since the last call; never waits. */
MUST_CHECK bool watch_notify_read(WatchNotify *notify, const NotifyListener *listener, Err *err);
/* One buffer of events as read(2) gives them. */
void watch_notify_deliver(const WatchNotify *notify, const void *events, size_t size_bytes,
                          const NotifyListener *listener);

#endif
