/* watch_ledger.c - records in, records out, and two maps over them.
 *
 *   {"state":"loading","content":..,"base":..,"files":[..]}   before the commit
 *   {"state":"taken","intent":<sequence>,"snapshot_id":..}    after it
 *   {"state":"failed"|"duplicate"|"again","files":[..]}
 *
 * An intent that a later one replaced (another writer won, and the load was planned anew) is
 * answered together with it. One log has one writer: a data directory belongs to one server.
 *
 * Tested by: test_watch_ledger.c. */
#include "watch/watch_ledger.h"

#include <string.h>

#include "base/hash.h"

enum { READ_RECORDS = 256, FILE_BYTES = 256 };

typedef struct LedgerEntry {
    uint64_t size_bytes, inode;
    int64_t modified_ns;
    LedgerState state;
} LedgerEntry;

static const char *const state_names[] = {[LEDGER_TAKEN] = "taken",
                                          [LEDGER_FAILED] = "failed",
                                          [LEDGER_DUPLICATE] = "duplicate",
                                          [LEDGER_AGAIN] = "again"};

/* ---- memory ---- */

static Hash128 path_hash(Str path) {
    return hash128(path);
}

/* Asks for the memory of so many more files. */
static bool reserve(Ledger *ledger, size_t count, Err *err) {
    uint64_t needed = (ledger->paths.live_count + count) * FILE_BYTES;
    if (needed <= ledger->held_bytes)
        return true;
    if (!budget_take(ledger->budget, needed - ledger->held_bytes, "what a watch has taken", err))
        return false;
    ledger->held_bytes = needed;
    return true;
}

static void remember(Ledger *ledger, LedgerState state, const LedgerFile *file) {
    Hash128 hash = path_hash(file->path);
    Str key = str_make(&hash, sizeof hash);
    LedgerEntry *entry = map_get(&ledger->paths, key);
    if (entry == NULL) {
        entry = ARENA_NEW(ledger->arena, LedgerEntry);
        map_put(&ledger->paths, key, entry);
    }
    *entry = (LedgerEntry){.size_bytes = file->stamp.size_bytes,
                           .inode = file->stamp.inode & INT64_MAX,
                           .modified_ns = file->stamp.modified_ns,
                           .state = state};
    if (state == LEDGER_TAKEN)
        map_put(&ledger->contents, str_make(file->sha256, 32), entry);
}

/* What a record means for memory and totals; the memory is reserved. */
static void apply(Ledger *ledger, LedgerState state, const LedgerFile *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const LedgerFile *file = &files[i];
        if (state != LEDGER_FAILED || file->moved_to.length == 0)
            remember(ledger, state, file);
        ledger->totals.taken += state == LEDGER_TAKEN;
        ledger->totals.failed += state == LEDGER_FAILED;
        ledger->totals.duplicates += state == LEDGER_DUPLICATE;
        if (state == LEDGER_TAKEN) {
            ledger->totals.rows += file->rows;
            ledger->totals.rejected += file->rejected;
        }
    }
}

bool ledger_knows(const Ledger *ledger, Str path, const FileStamp *stamp, LedgerState *out_state) {
    Hash128 hash = path_hash(path);
    const LedgerEntry *entry = map_get(&ledger->paths, str_make(&hash, sizeof hash));
    if (entry == NULL || entry->size_bytes != stamp->size_bytes ||
        entry->inode != (stamp->inode & INT64_MAX) || entry->modified_ns != stamp->modified_ns)
        return false;
    *out_state = entry->state;
    return true;
}

bool ledger_has_content(const Ledger *ledger, const uint8_t sha256[32]) {
    return map_get(&ledger->contents, str_make(sha256, 32)) != NULL;
}

bool ledger_ends_with(const Ledger *ledger, const uint8_t sha256[32]) {
    return ledger->totals.taken > 0 &&
           memcmp(ledger->last_sha256, sha256, sizeof ledger->last_sha256) == 0;
}

bool ledger_has_path(const Ledger *ledger, Str path) {
    Hash128 hash = path_hash(path);
    return map_get(&ledger->paths, str_make(&hash, sizeof hash)) != NULL;
}

/* ---- records ---- */

static json_t *print_file(const LedgerFile *file, LedgerState state, Arena *arena) {
    json_t *value = json_object();
    json_set_str(value, "path", file->path);
    json_set_u64(value, "size_bytes", file->stamp.size_bytes);
    json_object_set_new(value, "modified_ns", json_integer(file->stamp.modified_ns));
    json_set_u64(value, "inode", file->stamp.inode & INT64_MAX);
    json_set_str(value, "sha256", sha256_print(file->sha256, arena));
    if (state == LEDGER_TAKEN) {
        json_set_u64(value, "rows", file->rows);
        json_set_u64(value, "rejected", file->rejected);
    }
    if (state == LEDGER_FAILED) {
        json_set_str(value, "error_kind", file->error_kind);
        json_set_str(value, "error", file->error);
        if (file->moved_to.length > 0)
            json_set_str(value, "moved_to", file->moved_to);
    }
    return value;
}

static json_t *print_files(const LedgerFile *files, size_t count, LedgerState state, Arena *arena) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, print_file(&files[i], state, arena));
    return list;
}

static bool read_file(const json_t *value, Arena *arena, LedgerFile *out, Err *err) {
    LedgerFile file = {.path = STR_EMPTY, .error = STR_EMPTY, .moved_to = STR_EMPTY};
    Str sha256 = STR_EMPTY;
    if (!json_read_str(value, "path", JSON_REQUIRED, &file.path, err) ||
        !json_read_u64(value, "size_bytes", JSON_REQUIRED, &file.stamp.size_bytes, err) ||
        !json_read_i64(value, "modified_ns", JSON_REQUIRED, &file.stamp.modified_ns, err) ||
        !json_read_u64(value, "inode", JSON_REQUIRED, &file.stamp.inode, err) ||
        !json_read_str(value, "sha256", JSON_REQUIRED, &sha256, err) ||
        !json_read_u64(value, "rows", JSON_OPTIONAL, &file.rows, err) ||
        !json_read_u64(value, "rejected", JSON_OPTIONAL, &file.rejected, err) ||
        !json_read_str(value, "moved_to", JSON_OPTIONAL, &file.moved_to, err))
        return false;
    if (!sha256_scan(sha256, file.sha256))
        return err_fail(err, FAIL_CORRUPT, "'sha256' is not 64 hex digits");
    file.path = str_dup(arena, file.path);
    file.moved_to = str_dup(arena, file.moved_to);
    *out = file;
    return true;
}

static bool read_files(const json_t *record, Arena *arena, LedgerFile **out, size_t *out_count,
                       Err *err) {
    const json_t *list = NULL;
    if (!json_read_array(record, "files", JSON_REQUIRED, &list, err))
        return false;
    size_t count = json_array_size(list);
    LedgerFile *files = ARENA_ARRAY(arena, LedgerFile, count);
    for (size_t i = 0; i < count; i++)
        if (!read_file(json_array_get(list, i), arena, &files[i], err))
            return false;
    *out = files;
    *out_count = count;
    return true;
}

static void clear_unanswered(Ledger *ledger) {
    arena_reset(ledger->open_arena);
    ledger->unanswered.items = NULL;
    ledger->unanswered.count = ledger->unanswered.capacity = 0;
}

static void apply_intent(Ledger *ledger, const LedgerIntent *intent) {
    apply(ledger, LEDGER_TAKEN, intent->files, intent->file_count);
    if (intent->file_count > 0) {
        const LedgerFile *last = &intent->files[intent->file_count - 1];
        ledger->last_path = str_dup(ledger->arena, last->path);
        memcpy(ledger->last_sha256, last->sha256, sizeof ledger->last_sha256);
    }
    clear_unanswered(ledger);
}

static bool read_loading(Ledger *ledger, const LogRecord *record, Err *err) {
    Arena *arena = ledger->open_arena;
    LedgerIntent intent = {.sequence = record->sequence};
    LedgerFile *files;
    if (!json_read_str(record->data, "content", JSON_REQUIRED, &intent.content, err) ||
        !json_read_u64(record->data, "base", JSON_REQUIRED, &intent.base_id, err) ||
        !read_files(record->data, arena, &files, &intent.file_count, err))
        return false;
    intent.files = files;
    intent.content = str_dup(arena, intent.content);
    *vec_push(&ledger->unanswered, arena) = intent;
    return true;
}

static const LedgerIntent *find_intent(const Ledger *ledger, uint64_t sequence) {
    for (size_t i = 0; i < ledger->unanswered.count; i++)
        if (ledger->unanswered.items[i].sequence == sequence)
            return &ledger->unanswered.items[i];
    return NULL;
}

static bool read_taken(Ledger *ledger, const LogRecord *record, Err *err) {
    uint64_t sequence;
    if (!json_read_u64(record->data, "intent", JSON_REQUIRED, &sequence, err))
        return false;
    const LedgerIntent *intent = find_intent(ledger, sequence);
    if (intent == NULL)
        return true; /* answered twice: the first answer seemed lost */
    if (!reserve(ledger, intent->file_count, err))
        return false;
    apply_intent(ledger, intent);
    return true;
}

static bool read_record(Ledger *ledger, const LogRecord *record, Arena *scratch, Err *err) {
    Str state = STR_EMPTY;
    if (!json_read_str(record->data, "state", JSON_REQUIRED, &state, err))
        return false;
    if (str_eq_c(state, "loading"))
        return read_loading(ledger, record, err);
    if (str_eq_c(state, "taken"))
        return read_taken(ledger, record, err);
    for (size_t i = LEDGER_FAILED; i < ARRAY_LEN(state_names); i++) {
        LedgerFile *files;
        size_t count;
        if (!str_eq_c(state, state_names[i]))
            continue;
        if (!read_files(record->data, scratch, &files, &count, err) || !reserve(ledger, count, err))
            return false;
        apply(ledger, (LedgerState)i, files, count);
        return true;
    }
    return err_fail(err, FAIL_CORRUPT, "its state is not known");
}

/* ---- life ---- */

static bool read_log(Ledger *ledger, const AppendLog *log, const Progress *progress, Err *err) {
    uint64_t from = 1;
    for (bool more = true; more;) {
        Arena *scratch = arena_create();
        LogRecord *records = NULL;
        size_t count = 0;
        bool ok = progress_check(progress, err) &&
                  append_log_read(log, from, READ_RECORDS, scratch, &records, &count, err);
        for (size_t i = 0; ok && i < count; i++) {
            ok = read_record(ledger, &records[i], scratch, err);
            if (!ok && !err_is(err, FAIL_NO_MEMORY)) {
                err->kind = FAIL_CORRUPT;
                err_wrap(err, "record %llu of %.*s", (unsigned long long)records[i].sequence,
                         STR_ARG(ledger->prefix));
            }
        }
        arena_destroy(scratch);
        if (!ok)
            return false;
        from += count;
        more = count == READ_RECORDS;
    }
    return true;
}

/* Reads the log if this bucket has it. */
static bool try_bucket(Ledger *ledger, Str bucket, const Progress *progress, Arena *scratch,
                       bool *out_found, Err *err) {
    ObjectStore *store;
    uint64_t last;
    if (!bucket_find(ledger->buckets, bucket, scratch, &store, err))
        return false;
    AppendLog log = {store, ledger->prefix};
    if (!append_log_last(&log, scratch, &last, err))
        return err_wrap(err, "look for the ledger in bucket '%.*s'", STR_ARG(bucket));
    *out_found = last > 0;
    if (last == 0)
        return true;
    ledger->bucket = str_dup(ledger->arena, bucket);
    return read_log(ledger, &log, progress, err);
}

/* The bucket in which the log was begun, wherever the dataset lives today. */
static bool find_bucket(Ledger *ledger, Str wanted, const Progress *progress, Arena *scratch,
                        Err *err) {
    Str *names;
    size_t count = bucket_names(ledger->buckets, scratch, &names);
    ledger->bucket = str_dup(ledger->arena, wanted.length > 0 ? wanted : STR("primary"));
    bool found;
    if (!try_bucket(ledger, ledger->bucket, progress, scratch, &found, err))
        return false;
    for (size_t i = 0; i < count && !found; i++)
        if (!str_eq(names[i], wanted) &&
            !try_bucket(ledger, names[i], progress, scratch, &found, err))
            return false;
    return true;
}

bool ledger_open(Ledger *ledger, BucketRegistry *buckets, Str watch, Str bucket, Budget *budget,
                 const Progress *progress, Err *err) {
    Arena *arena = arena_create();
    *ledger = (Ledger){.buckets = buckets,
                       .prefix = str_format(arena, "journal/watch-%.*s", STR_ARG(watch)),
                       .budget = budget,
                       .arena = arena,
                       .paths = map_make(arena),
                       .contents = map_make(arena),
                       .last_path = STR_EMPTY,
                       .open_arena = arena_create()};
    Arena *scratch = arena_create();
    bool ok = find_bucket(ledger, bucket, progress, scratch, err);
    arena_destroy(scratch);
    if (!ok)
        ledger_close(ledger);
    return ok;
}

void ledger_close(Ledger *ledger) {
    if (ledger->arena == NULL)
        return;
    budget_give(ledger->budget, ledger->held_bytes);
    arena_destroy(ledger->open_arena);
    arena_destroy(ledger->arena);
    *ledger = (Ledger){0};
}

/* ---- writing ---- */

static bool add_record(Ledger *ledger, const json_t *data, uint64_t *out_sequence, Err *err) {
    Arena *scratch = arena_create();
    ObjectStore *store;
    bool ok = bucket_find(ledger->buckets, ledger->bucket, scratch, &store, err);
    if (ok) {
        AppendLog log = {store, ledger->prefix};
        ok = append_log_add(&log, data, out_sequence, err);
    }
    arena_destroy(scratch);
    return ok || err_wrap(err, "write the ledger");
}

Str ledger_content(const LedgerFile *files, size_t count, Arena *arena) {
    if (count == 1)
        return sha256_print(files[0].sha256, arena);
    Sha256Stream *stream = sha256_stream_create();
    uint8_t digest[32];
    for (size_t i = 0; i < count; i++)
        sha256_stream_add(stream, str_make(files[i].sha256, 32));
    sha256_stream_end(stream, digest);
    return sha256_print(digest, arena);
}

bool ledger_intend(Ledger *ledger, const LedgerFile *files, size_t count, Str content,
                   uint64_t base_id, Err *err) {
    Arena *arena = ledger->open_arena;
    LedgerFile *kept = ARENA_ARRAY(arena, LedgerFile, count);
    for (size_t i = 0; i < count; i++) {
        kept[i] = files[i];
        kept[i].path = str_dup(arena, files[i].path);
    }
    LedgerIntent intent = {
        .base_id = base_id, .content = str_dup(arena, content), .files = kept, .file_count = count};
    json_t *data = json_keep(arena, json_object());
    json_set_str(data, "state", STR("loading"));
    json_set_str(data, "content", content);
    json_set_u64(data, "base", base_id);
    json_object_set_new(data, "files", print_files(files, count, LEDGER_TAKEN, arena));
    if (!reserve(ledger, count, err) || !add_record(ledger, data, &intent.sequence, err))
        return false;
    *vec_push(&ledger->unanswered, arena) = intent;
    return true;
}

bool ledger_taken(Ledger *ledger, uint64_t sequence, uint64_t snapshot_id, Err *err) {
    const LedgerIntent *intent = find_intent(ledger, sequence);
    if (intent == NULL)
        return err_fail(err, FAIL_INTERNAL, "no load %llu was announced",
                        (unsigned long long)sequence);
    json_t *data = json_object();
    json_set_str(data, "state", STR("taken"));
    json_set_u64(data, "intent", sequence);
    json_set_u64(data, "snapshot_id", snapshot_id);
    uint64_t answer;
    bool ok = add_record(ledger, data, &answer, err);
    json_decref(data);
    if (ok)
        apply_intent(ledger, intent);
    return ok;
}

void ledger_give_up(Ledger *ledger) {
    clear_unanswered(ledger);
}

size_t ledger_unanswered(const Ledger *ledger, const LedgerIntent **out) {
    *out = ledger->unanswered.items;
    return ledger->unanswered.count;
}

bool ledger_note(Ledger *ledger, LedgerState state, const LedgerFile *files, size_t count,
                 Err *err) {
    Arena *scratch = arena_create();
    json_t *data = json_keep(scratch, json_object());
    json_set_str(data, "state", str_c(state_names[state]));
    json_object_set_new(data, "files", print_files(files, count, state, scratch));
    uint64_t sequence;
    bool ok = reserve(ledger, count, err) && add_record(ledger, data, &sequence, err);
    if (ok)
        apply(ledger, state, files, count);
    arena_destroy(scratch);
    return ok;
}
