/* watch.c - the settings are checked, and every folder gets a thread that sleeps until it is due.
 *
 * A thread waits in poll(2) for events of inotify, for the eventfd that says "stop", or for the
 * time that the folder named; then it lets the folder take a step. What it does there can be
 * cancelled at any time: a load that is cut off leaves nothing behind and comes again.
 *
 * A folder that is missing is made when its parent exists: a new inbox is a word in the settings,
 * but a wrong path or a disk that is not mounted stops the start.
 *
 * Tested by: test_watch.c, tests/e2e/test_watch.py. */
#include "watch/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ingest/upsert.h"
#include "watch/watch_folder.h"

enum { FOLDERS_MAX = 64, SLEEP_MS_MAX = 3600000 };

typedef struct WatchThread {
    pthread_t thread;
    bool started;
    int stop_fd;
    WatchFolder *folder;
    Watcher *watcher;
} WatchThread;

struct Watcher {
    Arena *arena;
    WatchDeps deps;
    WatchSpec *specs;
    WatchThread *threads;
    size_t count;
    atomic_bool stopping;
};

bool watch_after_parse(Str name, WatchAfter *out) {
    static const char *const names[] = {
        [WATCH_KEEP] = "keep", [WATCH_MOVE] = "move", [WATCH_DELETE] = "delete"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i])) {
            *out = (WatchAfter)i;
            return true;
        }
    return false;
}

const char *watch_file_state_name(WatchFileState state) {
    static const char *const names[] = {
        [WATCH_TAKEN] = "taken", [WATCH_FAILED] = "failed", [WATCH_DUPLICATE] = "duplicate"};
    return names[state];
}

static int64_t monotonic_ms(void *context) {
    (void)context;
    return (int64_t)(clock_monotonic_ns() / 1000000);
}

/* ---- the settings ---- */

static bool is_name(Str name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool good =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i > 0 && (c == '-' || c == '_'));
        if (!good)
            return false;
    }
    return name.length >= 1 && name.length <= 63;
}

static bool check_names(const WatchSpec *specs, size_t number, Err *err) {
    const WatchSpec *spec = &specs[number];
    if (!is_name(spec->name)) {
        err_fail(err, FAIL_INVALID, "'%.*s' is not a name for a watch", STR_ARG(spec->name));
        return err_hint(err, "1 to 63 of a-z 0-9 '_' '-', beginning with a letter or digit");
    }
    for (size_t i = 0; i < number; i++)
        if (str_eq(specs[i].name, spec->name))
            return err_fail(err, FAIL_INVALID, "two watches have the name '%.*s'",
                            STR_ARG(spec->name));
    return true;
}

static bool check_load(const WatchSpec *spec, Arena *arena, Err *err) {
    StrVec keys;
    if (!catalog_name_check(spec->dataset, err))
        return false;
    if (spec->mode == INGEST_UPSERT)
        return upsert_keys(spec->key, arena, &keys, err);
    return spec->key.length == 0 ||
           err_fail(err, FAIL_INVALID, "a key is given, but mode is not upsert");
}

/* Is `path` this folder, or below it? */
static bool lies_in(Str path, Str folder) {
    return str_starts(path, folder) && (path.length == folder.length ||
                                        path.data[folder.length] == '/' || str_eq_c(folder, "/"));
}

/* Our own files are not to come in again. */
static bool check_apart(const WatchDeps *deps, Str folder, Arena *arena, Err *err) {
    BucketInfo *buckets;
    size_t count;
    if (deps->data_root.length > 0 &&
        (lies_in(folder, deps->data_root) || lies_in(deps->data_root, folder)))
        return err_fail(err, FAIL_INVALID,
                        "the folder and the server's data directory lie in each other");
    if (!bucket_list(deps->buckets, arena, &buckets, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (buckets[i].root.length > 0 &&
            (lies_in(folder, buckets[i].root) || lies_in(buckets[i].root, folder)))
            return err_fail(err, FAIL_INVALID, "the folder and bucket '%.*s' lie in each other",
                            STR_ARG(buckets[i].name));
    return true;
}

/* The folder's real path; made when only its last part is missing. */
static bool find_folder(Str given, Arena *arena, Str *out, Err *err) {
    const char *path = str_to_c(arena, given);
    struct stat info;
    bool made = mkdir(path, 0777) == 0;
    int failure = made ? 0 : errno;
    if (!made && failure != EEXIST)
        return err_fail_errno(err, failure, "there is no folder '%s', and it cannot be made", path);
    char *real = realpath(path, NULL);
    if (real == NULL || stat(real, &info) != 0) {
        failure = errno;
        free(real);
        return err_fail_errno(err, failure, "cannot find the folder '%s'", path);
    }
    *out = str_dup(arena, str_c(real));
    free(real);
    return S_ISDIR(info.st_mode) || err_fail(err, FAIL_INVALID, "'%s' is not a folder", path);
}

static WatchSpec copy_spec(const WatchSpec *from, Arena *arena) {
    WatchSpec spec = *from;
    spec.name = str_dup(arena, from->name);
    spec.folder = str_dup(arena, from->folder);
    spec.dataset = str_dup(arena, from->dataset);
    spec.bucket = str_dup(arena, from->bucket);
    spec.glob = from->glob.length > 0 ? str_dup(arena, from->glob) : STR("*");
    spec.key = str_dup(arena, from->key);
    return spec;
}

static bool check_spec(Watcher *watcher, size_t number, Err *err) {
    WatchSpec *spec = &watcher->specs[number];
    ObjectStore *store;
    Arena *scratch = arena_create();
    bool ok = check_names(watcher->specs, number, err) && check_load(spec, scratch, err) &&
              (spec->bucket.length == 0 ||
               bucket_find(watcher->deps.buckets, spec->bucket, scratch, &store, err)) &&
              find_folder(spec->folder, watcher->arena, &spec->folder, err) &&
              check_apart(&watcher->deps, spec->folder, scratch, err);
    arena_destroy(scratch);
    return ok || err_wrap(err, "watch '%.*s'", STR_ARG(spec->name));
}

/* ---- life ---- */

Watcher *watcher_create(const WatchSpec *specs, size_t count, const WatchDeps *deps, Err *err) {
    if (count > FOLDERS_MAX) {
        err_fail(err, FAIL_INVALID, "at most %d folders can be watched", FOLDERS_MAX);
        return NULL;
    }
    Arena *arena = arena_create();
    Watcher *watcher = ARENA_NEW(arena, Watcher);
    watcher->arena = arena;
    watcher->deps = *deps;
    watcher->deps.data_root = str_dup(arena, deps->data_root);
    if (watcher->deps.clock.now_ms == NULL)
        watcher->deps.clock.now_ms = monotonic_ms;
    watcher->specs = ARENA_ARRAY(arena, WatchSpec, count);
    watcher->threads = ARENA_ARRAY(arena, WatchThread, count);
    for (size_t i = 0; i < count; i++) {
        watcher->specs[i] = copy_spec(&specs[i], arena);
        if (!check_spec(watcher, i, err)) {
            watcher_destroy(watcher);
            return NULL;
        }
        watcher->threads[i] =
            (WatchThread){.stop_fd = -1,
                          .folder = watch_folder_create(&watcher->specs[i], &watcher->deps),
                          .watcher = watcher};
        watcher->count++;
    }
    return watcher;
}

void watcher_destroy(Watcher *watcher) {
    if (watcher == NULL)
        return;
    watcher_stop(watcher);
    for (size_t i = 0; i < watcher->count; i++)
        watch_folder_destroy(watcher->threads[i].folder);
    arena_destroy(watcher->arena);
}

static void sleep_until(const WatchThread *self, int64_t due_ms) {
    const WatchClock *clock = &self->watcher->deps.clock;
    int64_t wait_ms = due_ms - clock->now_ms(clock->context);
    wait_ms = wait_ms < 0 ? 0 : wait_ms > SLEEP_MS_MAX ? SLEEP_MS_MAX : wait_ms;
    struct pollfd fds[] = {{.fd = self->stop_fd, .events = POLLIN},
                           {.fd = watch_folder_fd(self->folder), .events = POLLIN}};
    /* Woken early, or not waited at all: the next step finds out what there is to do. */
    (void)poll(fds, ARRAY_LEN(fds), (int)wait_ms);
}

static void *run(void *context) {
    WatchThread *self = context;
    while (!atomic_load(&self->watcher->stopping))
        sleep_until(self, watch_folder_step(self->folder));
    return NULL;
}

bool watcher_start(Watcher *watcher, Err *err) {
    for (size_t i = 0; i < watcher->count; i++) {
        WatchThread *self = &watcher->threads[i];
        self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (self->stop_fd < 0)
            return err_fail_errno(err, errno, "cannot make an eventfd");
        int failure = pthread_create(&self->thread, NULL, run, self);
        if (failure != 0)
            return err_fail_errno(err, failure, "cannot start the thread of a watch");
        self->started = true;
    }
    return true;
}

void watcher_stop(Watcher *watcher) {
    if (watcher == NULL)
        return;
    atomic_store(&watcher->stopping, true);
    for (size_t i = 0; i < watcher->count; i++) {
        atomic_store(&watcher->threads[i].folder->progress.cancel, true);
        if (watcher->threads[i].stop_fd >= 0)
            (void)eventfd_write(watcher->threads[i].stop_fd, 1); /* a full one wakes as well */
    }
    for (size_t i = 0; i < watcher->count; i++) {
        WatchThread *self = &watcher->threads[i];
        if (self->started)
            pthread_join(self->thread, NULL);
        self->started = false;
        if (self->stop_fd >= 0)
            close(self->stop_fd);
        self->stop_fd = -1;
    }
}

void watcher_view(Watcher *watcher, Arena *arena, WatchView **out, size_t *out_count) {
    WatchView *views = ARENA_ARRAY(arena, WatchView, watcher->count);
    for (size_t i = 0; i < watcher->count; i++)
        watch_folder_view(watcher->threads[i].folder, arena, &views[i]);
    *out = views;
    *out_count = watcher->count;
}
