/* watch_settle.c - a table of files and the times at which to look at them again.
 *
 * We never trust one sign alone. What inotify says (`open`) can be missed, the kernel's word on
 * writers is not to be had everywhere, and a size that stands still may be a slow network: a file
 * is complete when no sign speaks against it for settle_ms. Whether it stayed so while it was read
 * is asked again by whoever reads it.
 *
 * Tested by: test_watch_settle.c. */
#include "watch/watch_settle.h"

#include <stdlib.h>

enum { GARBAGE_MIN = 1024, LOOK_MS_MIN = 100 };

void settle_init(WatchSettle *settle, const WatchPattern *pattern, int64_t settle_ms,
                 size_t files_max) {
    Arena *arena = arena_create();
    *settle = (WatchSettle){.pattern = pattern,
                            .settle_ms = settle_ms,
                            .files_max = files_max,
                            .arena = arena,
                            .files = map_make(arena)};
}

void settle_deinit(WatchSettle *settle) {
    arena_destroy(settle->arena);
}

/* Entries that were removed leave their memory behind: once they are the most, move out. */
static void collect_garbage(WatchSettle *settle) {
    if (settle->files.entry_count < GARBAGE_MIN ||
        settle->files.entry_count < 2 * settle->files.live_count)
        return;
    Arena *arena = arena_create();
    Map files = map_make(arena);
    const MapEntry *entry;
    for (size_t i = 0; map_next(&settle->files, &i, &entry);) {
        PendingFile *file = ARENA_NEW(arena, PendingFile);
        *file = *(const PendingFile *)entry->value;
        file->path = str_dup(arena, file->path);
        map_put(&files, file->path, file);
    }
    arena_destroy(settle->arena);
    settle->arena = arena;
    settle->files = files;
}

static PendingFile *find_or_add(WatchSettle *settle, Str path, const FileStamp *stamp) {
    PendingFile *file = map_get(&settle->files, path);
    if (file != NULL)
        return file;
    if (settle->files.live_count >= settle->files_max) {
        settle->overfull = true;
        return NULL;
    }
    collect_garbage(settle);
    file = ARENA_NEW(settle->arena, PendingFile);
    *file =
        (PendingFile){.path = str_dup(settle->arena, path), .stamp = *stamp, .due_ms = INT64_MAX};
    map_put(&settle->files, file->path, file);
    return file;
}

static void wait_from(PendingFile *file, const WatchSettle *settle, int64_t now_ms) {
    file->ready = false;
    file->due_ms = now_ms + (settle->pattern->done_marker ? 0 : settle->settle_ms);
}

void settle_notice(WatchSettle *settle, Str path, const FileStamp *stamp, WatchNotice notice,
                   int64_t now_ms) {
    bool known = map_get(&settle->files, path) != NULL;
    PendingFile *file = find_or_add(settle, path, stamp);
    if (file == NULL)
        return;
    bool changed = !file_stamp_eq(&file->stamp, stamp);
    file->stamp = *stamp;
    switch (notice) {
    case NOTICE_SEEN: /* a scan tells nothing new of a file that is as it was */
        if (!known || changed || (file->due_ms == INT64_MAX && settle->pattern->done_marker))
            wait_from(file, settle, now_ms);
        return;
    case NOTICE_WRITTEN:
        file->open = true;
        wait_from(file, settle, now_ms);
        return;
    case NOTICE_CLOSED:
        file->open = false;
        wait_from(file, settle, now_ms);
        return;
    case NOTICE_MOVED_IN:
        file->open = false;
        file->ready = false;
        file->due_ms = now_ms;
        return;
    }
}

void settle_forget(WatchSettle *settle, Str path) {
    map_remove(&settle->files, path);
}

/* A file that is looked at in vain is not looked at all the time. */
static int64_t look_again(const WatchSettle *settle, int64_t now_ms) {
    return now_ms + (settle->settle_ms > LOOK_MS_MIN ? settle->settle_ms : LOOK_MS_MIN);
}

void settle_postpone(WatchSettle *settle, Str path, int64_t now_ms) {
    PendingFile *file = map_get(&settle->files, path);
    if (file != NULL) {
        file->ready = false;
        file->due_ms = look_again(settle, now_ms);
    }
}

void settle_doubt_all(WatchSettle *settle, int64_t now_ms) {
    const MapEntry *entry;
    for (size_t i = 0; map_next(&settle->files, &i, &entry);) {
        PendingFile *file = entry->value;
        file->open = false;
        wait_from(file, settle, now_ms);
    }
}

static void look_at(WatchSettle *settle, PendingFile *file, int64_t now_ms) {
    FileStamp stamp;
    if (!watch_stamp(settle->pattern, file->path, &stamp)) {
        settle_forget(settle, file->path);
        return;
    }
    bool changed = !file_stamp_eq(&stamp, &file->stamp);
    bool marked = settle->pattern->done_marker;
    file->stamp = stamp;
    file->due_ms = look_again(settle, now_ms);
    if (changed && !marked)
        return;
    if (stamp.size_bytes == 0 || (marked && !watch_has_marker(settle->pattern, file->path))) {
        file->due_ms = INT64_MAX;
        return;
    }
    FileWriter writer = watch_writer(settle->pattern, file->path);
    if (writer == WRITER_SOME || (writer == WRITER_UNKNOWN && file->open && !marked))
        return;
    file->ready = true;
    file->due_ms = INT64_MAX;
}

void settle_look(WatchSettle *settle, int64_t now_ms) {
    const MapEntry *entry;
    for (size_t i = 0; map_next(&settle->files, &i, &entry);) {
        PendingFile *file = entry->value;
        if (!file->ready && file->due_ms <= now_ms)
            look_at(settle, file, now_ms);
    }
}

static int by_age(const void *left, const void *right) {
    const PendingFile *a = *(PendingFile *const *)left, *b = *(PendingFile *const *)right;
    if (a->stamp.modified_ns != b->stamp.modified_ns)
        return a->stamp.modified_ns < b->stamp.modified_ns ? -1 : 1;
    return str_compare(a->path, b->path);
}

size_t settle_ready(const WatchSettle *settle, Arena *arena, PendingFile ***out) {
    VEC(PendingFile *) ready = {0};
    const MapEntry *entry;
    for (size_t i = 0; map_next(&settle->files, &i, &entry);)
        if (((PendingFile *)entry->value)->ready)
            *vec_push(&ready, arena) = entry->value;
    if (ready.count > 0)
        qsort(ready.items, ready.count, sizeof *ready.items, by_age);
    *out = ready.items;
    return ready.count;
}

int64_t settle_next_ms(const WatchSettle *settle) {
    int64_t next = INT64_MAX;
    const MapEntry *entry;
    for (size_t i = 0; map_next(&settle->files, &i, &entry);) {
        const PendingFile *file = entry->value;
        if (!file->ready && file->due_ms < next)
            next = file->due_ms;
    }
    return next;
}

size_t settle_count(const WatchSettle *settle) {
    return settle->files.live_count;
}
