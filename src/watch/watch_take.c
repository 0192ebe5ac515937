/* watch_take.c - complete files become rows, a group at a time.
 *
 *   the ready files, oldest first -> hash -> leave out known content -> ingest_files
 *        (before the commit: are they still what was hashed? -> announce in the ledger)
 *   -> answer the announcement -> set aside what failed -> tidy
 *
 * A load that fails as a whole through the fault of some file is tried with half as many, down to
 * one: then it is known whose fault it is. A load that fails otherwise changes nothing and is tried
 * again. A commit whose answer was lost is looked for in the dataset's history, as after a crash.
 *
 * In mode replace each file is a load of its own, and only the content that was loaded last counts
 * as a duplicate: going back to an earlier file is a change, too.
 *
 * Tested by: test_watch_folder.c, tests/e2e/test_watch.py. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/metrics.h"
#include "ingest/load_group.h"
#include "watch/watch_aside.h"
#include "watch/watch_folder.h"

enum {
    GROUP_PATH_BYTES = 128 << 10,
    READ_BYTES = 256 << 10,
    HISTORY_STEP = 64,
    INTERNAL_TRIES_MAX = 3,
    UNREADABLE_WAIT_MS = 60000
};

/* The files of one load. */
typedef struct Group {
    WatchFolder *folder;
    Arena *arena;
    VEC(LedgerFile) files;
    VEC(LedgerFile) duplicates, touched, refused; /* to be noted */
    IngestInput *inputs;
    InputOutcome *outcomes;
    bool *changed; /* since they were hashed */
    uint64_t intent;
} Group;

/* ---- choosing and hashing ---- */

static bool read_all(int file, Sha256Stream *stream, char *buffer, const Progress *progress,
                     Err *err) {
    for (;;) {
        if (!progress_check(progress, err))
            return false;
        ssize_t got = read(file, buffer, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_fail_errno(err, errno, "cannot read the file");
        if (got == 0)
            return true;
        sha256_stream_add(stream, str_make(buffer, (size_t)got));
    }
}

static bool hash_file(const WatchFolder *folder, Str path, char *buffer, uint8_t out[32],
                      Err *err) {
    Arena *scratch = arena_create();
    Str full = str_format(scratch, "%.*s/%.*s", STR_ARG(folder->pattern.folder), STR_ARG(path));
    int file = open(full.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int failure = errno;
    arena_destroy(scratch);
    if (file < 0)
        return err_fail_errno(err, failure, "cannot open the file");
    Sha256Stream *stream = sha256_stream_create();
    bool ok = read_all(file, stream, buffer, &folder->progress, err);
    sha256_stream_end(stream, out);
    close(file);
    return ok;
}

static bool still_as(const WatchFolder *folder, Str path, const FileStamp *stamp) {
    FileStamp now;
    return watch_stamp(&folder->pattern, path, &now) && file_stamp_eq(&now, stamp);
}

static bool is_duplicate(const Group *group, const LedgerFile *file) {
    const Ledger *ledger = &group->folder->ledger;
    if (group->folder->spec->mode == INGEST_REPLACE)
        return ledger_ends_with(ledger, file->sha256);
    for (size_t i = 0; i < group->files.count; i++)
        if (memcmp(group->files.items[i].sha256, file->sha256, 32) == 0)
            return true;
    return ledger_has_content(ledger, file->sha256);
}

/* The same content again: under its own name the file was merely touched. */
static void add_duplicate(Group *group, const LedgerFile *file) {
    if (ledger_has_path(&group->folder->ledger, file->path))
        *vec_push(&group->touched, group->arena) = *file;
    else
        *vec_push(&group->duplicates, group->arena) = *file;
    settle_forget(&group->folder->settle, file->path);
}

static bool note_duplicates(Group *group, Err *err) {
    WatchFolder *folder = group->folder;
    if ((group->touched.count > 0 &&
         !ledger_note(&folder->ledger, LEDGER_AGAIN, group->touched.items, group->touched.count,
                      err)) ||
        (group->duplicates.count > 0 &&
         !ledger_note(&folder->ledger, LEDGER_DUPLICATE, group->duplicates.items,
                      group->duplicates.count, err)))
        return false;
    for (size_t i = 0; i < group->touched.count; i++)
        watch_tidy_known(folder, group->touched.items[i].path, &group->touched.items[i].stamp,
                         LEDGER_AGAIN);
    for (size_t i = 0; i < group->duplicates.count; i++) {
        watch_remember(folder, WATCH_DUPLICATE, &group->duplicates.items[i], 0);
        watch_tidy_known(folder, group->duplicates.items[i].path, &group->duplicates.items[i].stamp,
                         LEDGER_DUPLICATE);
    }
    return true;
}

/* One ready file: into the group, or out of the way. */
static bool consider(Group *group, const PendingFile *pending, char *buffer, Err *err) {
    WatchFolder *folder = group->folder;
    LedgerFile file = {.path = str_dup(group->arena, pending->path),
                       .stamp = pending->stamp,
                       .error_kind = STR_EMPTY,
                       .error = STR_EMPTY,
                       .moved_to = STR_EMPTY};
    LedgerState state;
    if (ledger_knows(&folder->ledger, file.path, &file.stamp, &state)) {
        settle_forget(&folder->settle, file.path);
        watch_tidy_known(folder, file.path, &file.stamp, state);
        return true;
    }
    if (!hash_file(folder, file.path, buffer, file.sha256, err)) {
        if (err_is(err, FAIL_CANCELLED))
            return false;
        watch_show_error(folder, file.path, err); /* or it is gone: then its turn never comes */
        err_clear(err);
        settle_postpone(&folder->settle, file.path, watch_now_ms(folder) + UNREADABLE_WAIT_MS);
        return true;
    }
    if (!still_as(folder, file.path, &file.stamp)) {
        settle_postpone(&folder->settle, file.path, watch_now_ms(folder));
        return true;
    }
    if (is_duplicate(group, &file))
        add_duplicate(group, &file);
    else
        *vec_push(&group->files, group->arena) = file;
    return true;
}

static bool gather(Group *group, Err *err) {
    WatchFolder *folder = group->folder;
    PendingFile **ready;
    size_t count = settle_ready(&folder->settle, group->arena, &ready);
    uint64_t bytes = 0, path_bytes = 0;
    char *buffer = count > 0 ? arena_alloc(group->arena, READ_BYTES) : NULL;
    for (size_t i = 0; i < count && i < WATCH_GROUP_FILES && group->files.count < folder->group_max;
         i++) {
        bytes += ready[i]->stamp.size_bytes;
        path_bytes += ready[i]->path.length;
        bool full = bytes > WATCH_GROUP_BYTES || path_bytes > GROUP_PATH_BYTES;
        if (full && group->files.count > 0)
            break;
        if (!consider(group, ready[i], buffer, err))
            return false;
    }
    return note_duplicates(group, err);
}

/* ---- before the commit ---- */

static bool newest_snapshot(const WatchFolder *folder, Arena *arena, uint64_t *out_id, Err *err) {
    DatasetInfo info;
    *out_id = 0;
    if (catalog_find(folder->deps->catalog, folder->spec->dataset, arena, &info, err)) {
        *out_id = info.snapshot_id;
        return true;
    }
    bool absent = err_is(err, FAIL_NOT_FOUND);
    if (absent)
        err_clear(err);
    return absent;
}

static bool check_unchanged(Group *group, const InputOutcome *outcomes, Err *err) {
    const WatchFolder *folder = group->folder;
    bool all = true;
    for (size_t i = 0; i < group->files.count; i++) {
        const LedgerFile *file = &group->files.items[i];
        group->changed[i] = outcomes[i].state == INPUT_TAKEN &&
                            (!still_as(folder, file->path, &file->stamp) ||
                             watch_writer(&folder->pattern, file->path) == WRITER_SOME);
        all = all && !group->changed[i];
    }
    return all || err_fail(err, FAIL_PRECONDITION, "a file was changed while it was read");
}

static bool before_commit(void *context, const InputOutcome *outcomes, Arena *arena,
                          Str *out_content, Err *err) {
    Group *group = context;
    if (!check_unchanged(group, outcomes, err))
        return false;
    VEC(LedgerFile) taken = {0};
    for (size_t i = 0; i < group->files.count; i++) {
        if (outcomes[i].state != INPUT_TAKEN)
            continue;
        LedgerFile *file = vec_push(&taken, arena);
        *file = group->files.items[i];
        file->rows = outcomes[i].rows_read - outcomes[i].rows_rejected;
        file->rejected = outcomes[i].rows_rejected;
    }
    uint64_t base;
    Ledger *ledger = &group->folder->ledger;
    *out_content = ledger_content(taken.items, taken.count, arena);
    if (!newest_snapshot(group->folder, arena, &base, err) ||
        !ledger_intend(ledger, taken.items, taken.count, *out_content, base, err))
        return false;
    group->intent = ledger->unanswered.items[ledger->unanswered.count - 1].sequence;
    return true;
}

/* ---- after it ---- */

void watch_tidy_known(WatchFolder *folder, Str path, const FileStamp *stamp, LedgerState state) {
    if (state == LEDGER_FAILED || folder->spec->after == WATCH_KEEP)
        return;
    Err err;
    err_clear(&err);
    Arena *scratch = arena_create();
    if (!watch_tidy(&folder->pattern, folder->spec->after, path, stamp, scratch, &err))
        watch_show_error(folder, path, &err);
    arena_destroy(scratch);
}

/* Moves the file aside, with a report; where that is not possible it is only noted. */
static void refuse(Group *group, LedgerFile *file, const Err *failure) {
    WatchFolder *folder = group->folder;
    Err unmoved;
    err_clear(&unmoved);
    if (!still_as(folder, file->path, &file->stamp)) { /* judged too early */
        settle_postpone(&folder->settle, file->path, watch_now_ms(folder));
        return;
    }
    bool moved = watch_set_aside(&folder->pattern, file->path, &file->stamp, ".failed",
                                 group->arena, &file->moved_to, &unmoved);
    if (!moved && err_is(&unmoved, FAIL_PRECONDITION)) {
        settle_postpone(&folder->settle, file->path, watch_now_ms(folder));
        return;
    }
    file->error_kind = str_c(err_kind_name(failure->kind));
    file->error = str_dup(group->arena, str_c(failure->message));
    watch_show_error(folder, file->path, failure);
    if (moved &&
        !watch_report(&folder->pattern, folder->spec, file, failure, group->arena, &unmoved))
        watch_show_error(folder, file->path, &unmoved);
    settle_forget(&folder->settle, file->path);
    watch_remember(folder, WATCH_FAILED, file, 0);
    watch_tell(
        folder,
        &(WatchEvent){.kind = WATCH_REFUSED, .path = file->path, .files = 1, .failure = failure});
    *vec_push(&group->refused, group->arena) = *file;
}

static bool note_refused(Group *group, Err *err) {
    return group->refused.count == 0 ||
           ledger_note(&group->folder->ledger, LEDGER_FAILED, group->refused.items,
                       group->refused.count, err);
}

static bool settle_outcomes(Group *group, const IngestResult *result, Err *err) {
    WatchFolder *folder = group->folder;
    uint64_t taken = 0;
    if (result->snapshot_id != 0 &&
        !ledger_taken(&folder->ledger, group->intent, result->snapshot_id, err))
        return false; /* it is looked for, and found, before anything else is taken */
    for (size_t i = 0; i < group->files.count; i++) {
        LedgerFile *file = &group->files.items[i];
        const InputOutcome *outcome = &group->outcomes[i];
        if (outcome->state == INPUT_FAILED)
            refuse(group, file, &outcome->failure);
        if (outcome->state != INPUT_TAKEN)
            continue;
        taken++;
        file->rows = outcome->rows_read - outcome->rows_rejected;
        file->rejected = outcome->rows_rejected;
        settle_forget(&folder->settle, file->path);
        watch_remember(folder, WATCH_TAKEN, file, result->snapshot_id);
        watch_tidy_known(folder, file->path, &file->stamp, LEDGER_TAKEN);
    }
    if (taken > 0)
        watch_tell(folder, &(WatchEvent){.kind = WATCH_LOADED,
                                         .path = group->files.items[0].path,
                                         .files = taken,
                                         .rows = result->rows_written,
                                         .rejected = result->rows_rejected,
                                         .snapshot_id = result->snapshot_id,
                                         .seconds = result->duration_secs});
    if (folder->spec->mode != INGEST_REPLACE)
        folder->group_max =
            folder->group_max * 2 < WATCH_GROUP_FILES ? folder->group_max * 2 : WATCH_GROUP_FILES;
    return note_refused(group, err);
}

/* The load as a whole failed: whose fault is it? */
static bool settle_failure(Group *group, const Err *failure, Err *err) {
    WatchFolder *folder = group->folder;
    bool changed = false;
    for (size_t i = 0; i < group->files.count; i++) {
        const LedgerFile *file = &group->files.items[i];
        if (group->changed[i] || !still_as(folder, file->path, &file->stamp)) {
            settle_postpone(&folder->settle, file->path, watch_now_ms(folder));
            changed = true;
        }
    }
    if (changed)
        return true;
    bool internal = err_is(failure, FAIL_INTERNAL);
    bool of_file = load_fault_is_of_file(failure) ||
                   (internal && (group->files.count > 1 || folder->failures >= INTERNAL_TRIES_MAX));
    if (!of_file) {
        *err = *failure;
        return false;
    }
    if (group->files.count == 1) {
        refuse(group, &group->files.items[0], failure);
        return note_refused(group, err);
    }
    folder->group_max = (group->files.count + 1) / 2;
    return true;
}

static Str source_text(const Group *group) {
    Str name = group->folder->spec->name;
    if (group->files.count == 1)
        return str_format(group->arena, "%.*s: %.*s", STR_ARG(name),
                          STR_ARG(group->files.items[0].path));
    return str_format(group->arena, "%.*s: %zu files", STR_ARG(name), group->files.count);
}

static bool load(Group *group, Err *err) {
    WatchFolder *folder = group->folder;
    const WatchSpec *spec = folder->spec;
    Arena *arena = group->arena;
    size_t count = group->files.count;
    group->inputs = ARENA_ARRAY(arena, IngestInput, count);
    group->outcomes = ARENA_ARRAY(arena, InputOutcome, count);
    group->changed = ARENA_ARRAY(arena, bool, count);
    for (size_t i = 0; i < count; i++) {
        Str path = group->files.items[i].path;
        group->inputs[i] = (IngestInput){
            str_format(arena, "%.*s/%.*s", STR_ARG(folder->pattern.folder), STR_ARG(path)), path};
    }
    IngestFilesRequest request = {.common = {.dataset = spec->dataset,
                                             .bucket = spec->bucket,
                                             .mode = spec->mode,
                                             .key = spec->key,
                                             .format = spec->format,
                                             .csv = {.header = -1}},
                                  .inputs = group->inputs,
                                  .input_count = count,
                                  .source_system = STR("watch"),
                                  .source = source_text(group),
                                  .before_commit = before_commit,
                                  .context = group};
    IngestResult result;
    Err failure;
    err_clear(&failure);
    if (ingest_files(folder->deps->ingest, &request, &folder->progress, arena, group->outcomes,
                     &result, &failure))
        return settle_outcomes(group, &result, err);
    if (err_is(&failure, FAIL_CANCELLED)) {
        *err = failure;
        return false;
    }
    return settle_failure(group, &failure, err);
}

bool watch_take(WatchFolder *folder, Err *err) {
    Group group = {.folder = folder, .arena = arena_create()};
    bool ok = gather(&group, err) && (group.files.count == 0 || load(&group, err));
    arena_destroy(group.arena);
    return ok;
}

/* ---- loads without an answer ---- */

/* The snapshot whose lineage carries this content, of those after `base`; 0 = none. */
static bool find_load(const WatchFolder *folder, const LedgerIntent *intent, Arena *arena,
                      uint64_t *out_id, Err *err) {
    *out_id = 0;
    for (size_t limit = HISTORY_STEP;; limit *= 8) {
        Snapshot *history;
        size_t count;
        if (!catalog_history(folder->deps->catalog, folder->spec->dataset, limit, arena, &history,
                             &count, err)) {
            bool absent = err_is(err, FAIL_NOT_FOUND);
            if (absent)
                err_clear(err);
            return absent;
        }
        for (size_t i = 0; i < count && history[i].id > intent->base_id; i++)
            if (str_eq_c(history[i].lineage.source_system, "watch") &&
                str_eq(history[i].lineage.content_sha256, intent->content)) {
                *out_id = history[i].id;
                return true;
            }
        if (count < limit || history[count - 1].id <= intent->base_id)
            return true;
    }
}

bool watch_answer_loads(WatchFolder *folder, Err *err) {
    const LedgerIntent *intents;
    size_t count = ledger_unanswered(&folder->ledger, &intents);
    Arena *scratch = arena_create();
    bool ok = true;
    uint64_t id = 0;
    for (size_t i = count; ok && id == 0 && i-- > 0;) {
        ok = find_load(folder, &intents[i], scratch, &id, err);
        if (!ok || id == 0)
            continue;
        WatchEvent event = {
            .kind = WATCH_REPAIRED, .files = intents[i].file_count, .snapshot_id = id};
        ok = ledger_taken(&folder->ledger, intents[i].sequence, id, err);
        if (ok)
            watch_tell(folder, &event);
    }
    if (ok && id == 0)
        ledger_give_up(&folder->ledger);
    arena_destroy(scratch);
    return ok;
}
