/* watch_folder.c - what to do next for one folder.
 *
 * Scans and events meet in one place, admit(): both only say "look at this path", and the file
 * itself says the rest. So an event that is lost, doubled or late costs time and nothing else.
 *
 * Tested by: test_watch_folder.c. */
#include "watch/watch_folder.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

enum { PENDING_MAX = 100000, BACK_OFF_MS = 1000, BACK_OFF_MS_MAX = 60000 };

/* ---- small things ---- */

int64_t watch_now_ms(const WatchFolder *folder) {
    const WatchClock *clock = &folder->deps->clock;
    return clock->now_ms(clock->context);
}

void watch_tell(WatchFolder *folder, const WatchEvent *event) {
    WatchEvent full = *event;
    full.watch = folder->spec->name;
    full.dataset = folder->spec->dataset;
    if (folder->deps->on_event != NULL)
        folder->deps->on_event(folder->deps->event_context, &full);
}

static void copy_text(char out[WATCH_TEXT_MAX], Str text) {
    Str clipped = utf8_clip(text, WATCH_TEXT_MAX - 1);
    memcpy(out, clipped.data, clipped.length);
    out[clipped.length] = '\0';
}

void watch_show_error(WatchFolder *folder, Str path, const Err *failure) {
    Arena *scratch = arena_create();
    Str text = path.length > 0 ? str_format(scratch, "%.*s: %s", STR_ARG(path), failure->message)
                               : str_c(failure->message);
    pthread_mutex_lock(&folder->status.lock);
    copy_text(folder->status.view.last_error, text);
    pthread_mutex_unlock(&folder->status.lock);
    arena_destroy(scratch);
}

void watch_remember(WatchFolder *folder, WatchFileState state, const LedgerFile *file,
                    uint64_t snapshot_id) {
    static const MetricId metrics[] = {[WATCH_TAKEN] = METRIC_WATCH_TAKEN,
                                       [WATCH_FAILED] = METRIC_WATCH_FAILED,
                                       [WATCH_DUPLICATE] = METRIC_WATCH_DUPLICATES};
    metric_add(metrics[state], 1);
    WatchStatus *status = &folder->status;
    pthread_mutex_lock(&status->lock);
    WatchRecent *recent = &status->recent[status->recent_total++ % WATCH_RECENT_MAX];
    *recent = (WatchRecent){.at_us = clock_now_us(),
                            .state = state,
                            .rows = file->rows,
                            .rejected = file->rejected,
                            .snapshot_id = snapshot_id};
    copy_text(recent->file, file->path);
    if (state == WATCH_FAILED)
        copy_text(recent->error, file->error);
    if (state == WATCH_TAKEN)
        copy_text(status->view.last_file, file->path);
    pthread_mutex_unlock(&status->lock);
}

void watch_show_totals(WatchFolder *folder) {
    const LedgerTotals *totals = &folder->ledger.totals;
    WatchView *view = &folder->status.view;
    pthread_mutex_lock(&folder->status.lock);
    view->running = folder->ledger_open && folder->failures == 0;
    view->notified = folder->notify != NULL;
    view->files_taken = totals->taken;
    view->files_failed = totals->failed;
    view->duplicates = totals->duplicates;
    view->rows = totals->rows;
    view->rejected = totals->rejected;
    view->files_pending = settle_count(&folder->settle);
    pthread_mutex_unlock(&folder->status.lock);
}

void watch_backs_off(WatchFolder *folder, const Err *failure) {
    unsigned shift = folder->failures < 6 ? folder->failures : 6;
    int64_t wait_ms = (int64_t)BACK_OFF_MS << shift;
    folder->failures++;
    folder->retry_at_ms =
        watch_now_ms(folder) + (wait_ms < BACK_OFF_MS_MAX ? wait_ms : BACK_OFF_MS_MAX);
    watch_show_error(folder, STR_EMPTY, failure);
    watch_tell(folder, &(WatchEvent){.kind = WATCH_RETRIES, .failure = failure});
}

void watch_went_well(WatchFolder *folder) {
    if (folder->failures == 0)
        return;
    folder->failures = 0;
    pthread_mutex_lock(&folder->status.lock);
    folder->status.view.last_error[0] = '\0';
    pthread_mutex_unlock(&folder->status.lock);
}

/* ---- life ---- */

WatchFolder *watch_folder_create(const WatchSpec *spec, const WatchDeps *deps) {
    WatchFolder *folder = calloc(1, sizeof *folder);
    if (folder == NULL)
        abort();
    folder->spec = spec;
    folder->deps = deps;
    folder->pattern = (WatchPattern){.folder = spec->folder,
                                     .glob = spec->glob,
                                     .recursive = spec->recursive,
                                     .done_marker = spec->done_marker};
    folder->group_max = spec->mode == INGEST_REPLACE ? 1 : WATCH_GROUP_FILES;
    folder->scan_at_ms = INT64_MIN;
    folder->retry_at_ms = INT64_MIN;
    folder->status.view.spec = spec;
    pthread_mutex_init(&folder->status.lock, NULL);
    settle_init(&folder->settle, &folder->pattern, spec->settle_ms, PENDING_MAX);
    return folder;
}

void watch_folder_destroy(WatchFolder *folder) {
    if (folder == NULL)
        return;
    watch_notify_close(folder->notify);
    ledger_close(&folder->ledger);
    settle_deinit(&folder->settle);
    pthread_mutex_destroy(&folder->status.lock);
    free(folder);
}

int watch_folder_fd(const WatchFolder *folder) {
    return folder->notify != NULL ? watch_notify_fd(folder->notify) : -1;
}

/* ---- hearing of files ---- */

static void admit(WatchFolder *folder, Str path, const FileStamp *stamp, WatchNotice notice) {
    LedgerState state;
    if (ledger_knows(&folder->ledger, path, stamp, &state)) {
        settle_forget(&folder->settle, path);
        watch_tidy_known(folder, path, stamp, state);
        return;
    }
    settle_notice(&folder->settle, path, stamp, notice, watch_now_ms(folder));
}

static void hear_file(void *context, Str path, WatchNotice notice) {
    WatchFolder *folder = context;
    Str marked = watch_marked_path(&folder->pattern, path);
    if (marked.length > 0) {
        path = marked;
        notice = NOTICE_SEEN;
    }
    FileStamp stamp;
    if (watch_path_wanted(&folder->pattern, path) && watch_stamp(&folder->pattern, path, &stamp))
        admit(folder, path, &stamp, notice);
}

static void hear_gone(void *context, Str path) {
    WatchFolder *folder = context;
    settle_forget(&folder->settle, path);
}

/* The kernel's picture of the folder is not to be trusted: begin anew with a scan. */
static void hear_lost(void *context) {
    WatchFolder *folder = context;
    metric_add(METRIC_WATCH_OVERFLOWS, 1);
    settle_doubt_all(&folder->settle, watch_now_ms(folder));
    folder->scan_at_ms = INT64_MIN;
    watch_tell(folder, &(WatchEvent){.kind = WATCH_OVERFLOW});
}

static void seen_by_scan(void *context, Str path, const FileStamp *stamp) {
    admit(context, path, stamp, NOTICE_SEEN);
}

static void scans_only(WatchFolder *folder, const Err *why) {
    watch_notify_close(folder->notify);
    folder->notify = NULL;
    folder->scans_only = true;
    watch_tell(folder, &(WatchEvent){.kind = WATCH_LESS, .failure = why});
}

static void add_folder(void *context, Str path) {
    WatchFolder *folder = context;
    Err err;
    err_clear(&err);
    if (folder->notify != NULL && !watch_notify_add(folder->notify, path, &err))
        scans_only(folder, &err);
}

static bool scan_below(WatchFolder *folder, Str path, Err *err) {
    ScanVisitor visitor = {.context = folder, .folder = add_folder, .file = seen_by_scan};
    metric_add(METRIC_WATCH_SCANS, 1);
    return watch_scan(&folder->pattern, path, &visitor, &folder->progress, err);
}

static void hear_folder(void *context, Str path) {
    WatchFolder *folder = context;
    Err err;
    err_clear(&err);
    if (folder->pattern.recursive && !scan_below(folder, path, &err))
        folder->scan_at_ms = INT64_MIN; /* the whole scan says what is wrong */
}

NotifyListener watch_folder_listener(WatchFolder *folder) {
    return (NotifyListener){.context = folder,
                            .file = hear_file,
                            .gone = hear_gone,
                            .folder = hear_folder,
                            .lost = hear_lost};
}

/* ---- the steps ---- */

static bool open_ledger(WatchFolder *folder, Err *err) {
    const WatchDeps *deps = folder->deps;
    const WatchSpec *spec = folder->spec;
    Arena *scratch = arena_create();
    DatasetInfo info;
    Str bucket = spec->bucket;
    bool ok = true;
    if (bucket.length == 0) {
        ok = catalog_find(deps->catalog, spec->dataset, scratch, &info, err);
        bucket = ok ? info.bucket : STR_EMPTY;
        ok = ok || err_is(err, FAIL_NOT_FOUND);
        if (ok)
            err_clear(err);
    }
    ok = ok && ledger_open(&folder->ledger, deps->buckets, spec->name, bucket, deps->budget,
                           &folder->progress, err);
    arena_destroy(scratch);
    folder->ledger_open = ok;
    if (ok) {
        pthread_mutex_lock(&folder->status.lock);
        copy_text(folder->status.view.last_file, folder->ledger.last_path);
        pthread_mutex_unlock(&folder->status.lock);
    }
    return ok;
}

/* A new inotify instance with every scan that begins anew; a plain one adds what it finds. */
static void open_notify(WatchFolder *folder) {
    bool anew = folder->scan_at_ms == INT64_MIN;
    if (folder->scans_only || (folder->notify != NULL && !anew))
        return;
    Err err;
    err_clear(&err);
    watch_notify_close(folder->notify);
    folder->notify = watch_notify_open(folder->pattern.folder, &err);
    if (folder->notify == NULL)
        scans_only(folder, &err);
}

static bool scan(WatchFolder *folder, Err *err) {
    struct WatchView *view = &folder->status.view;
    open_notify(folder);
    folder->settle.overfull = false;
    folder->scan_at_ms = watch_now_ms(folder) + (int64_t)folder->spec->scan_s * 1000;
    if (!scan_below(folder, STR_EMPTY, err)) {
        watch_notify_close(folder->notify); /* it may hang on a folder that is no longer ours */
        folder->notify = NULL;
        return false;
    }
    pthread_mutex_lock(&folder->status.lock);
    view->last_scan_at_us = clock_now_us();
    pthread_mutex_unlock(&folder->status.lock);
    return true;
}

static bool has_room_again(const WatchFolder *folder) {
    return folder->settle.overfull && settle_count(&folder->settle) < PENDING_MAX / 2;
}

static bool do_what_is_due(WatchFolder *folder, Err *err) {
    if (!folder->ledger_open && !open_ledger(folder, err))
        return err_wrap(err, "open the ledger");
    if (!watch_answer_loads(folder, err))
        return err_wrap(err, "look for a load that was not finished");
    if ((watch_now_ms(folder) >= folder->scan_at_ms || has_room_again(folder)) &&
        !scan(folder, err))
        return false;
    settle_look(&folder->settle, watch_now_ms(folder));
    return watch_take(folder, err);
}

static int64_t next_ms(const WatchFolder *folder) {
    Arena *scratch = arena_create();
    PendingFile **ready;
    bool some_ready = settle_ready(&folder->settle, scratch, &ready) > 0;
    arena_destroy(scratch);
    int64_t next = folder->scan_at_ms, due = settle_next_ms(&folder->settle);
    next = due < next ? due : next;
    if (some_ready)
        next = watch_now_ms(folder);
    return next > folder->retry_at_ms ? next : folder->retry_at_ms;
}

/* Also while nothing is taken: the kernel keeps only so many events. */
static void hear_events(WatchFolder *folder) {
    NotifyListener listener = watch_folder_listener(folder);
    Err err;
    err_clear(&err);
    if (folder->notify != NULL && !watch_notify_read(folder->notify, &listener, &err))
        scans_only(folder, &err);
}

int64_t watch_folder_step(WatchFolder *folder) {
    Err err;
    err_clear(&err);
    hear_events(folder);
    if (watch_now_ms(folder) >= folder->retry_at_ms) {
        if (do_what_is_due(folder, &err))
            watch_went_well(folder);
        else if (!err_is(&err, FAIL_CANCELLED))
            watch_backs_off(folder, &err);
    }
    watch_show_totals(folder);
    return next_ms(folder);
}

/* ---- being looked at ---- */

void watch_folder_view(WatchFolder *folder, Arena *arena, WatchView *out) {
    WatchStatus *status = &folder->status;
    pthread_mutex_lock(&status->lock);
    *out = status->view;
    size_t count =
        status->recent_total < WATCH_RECENT_MAX ? status->recent_total : WATCH_RECENT_MAX;
    out->recent = ARENA_ARRAY(arena, WatchRecent, count);
    out->recent_count = count;
    for (size_t i = 0; i < count; i++)
        out->recent[i] = status->recent[(status->recent_total - 1 - i) % WATCH_RECENT_MAX];
    pthread_mutex_unlock(&status->lock);
}
