/* append_log.c - one object a record, numbered without gaps.
 *
 * The end of the log is found by looking for record numbers, doubling and then halving the step: a
 * few dozen small look-ups whatever its length, and no state that could go out of date. One listing
 * after the end makes sure that it is the end: records only vanish by somebody's hand, and then
 * reading says which one is missing, while appending goes on after the last.
 *
 * The checksum is over the bytes of `data` as they stand in the object, so nothing depends on how
 * a later version prints JSON.
 *
 * Tested by: tests/unit/storage/test_append_log.c, tests/data/formats/v1/journal. */
#include "storage/append_log.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"

enum { RECORD_BYTES_MAX = 1 << 20, READ_LIMIT_MAX = 100000, ADDS_MAX = 64 };

static const uint64_t SEQUENCE_MAX = UINT64_C(1) << 50; /* a name beyond it is not ours */

static const Str data_mark = {",\"data\":", 8};

/* --- records ----------------------------------------------------------------------------- */

static Str record_key(const AppendLog *log, uint64_t sequence, Arena *arena) {
    return str_format(arena, "%.*s/%020" PRIu64 ".json", STR_ARG(log->prefix), sequence);
}

static Str print_record(uint64_t sequence, Str data, Arena *arena) {
    Str at = clock_format(clock_now_us(), arena);
    return str_format(arena, "{\"seq\":%" PRIu64 ",\"at\":\"%.*s\",\"crc32c\":\"%08x\"%.*s%.*s}\n",
                      sequence, STR_ARG(at), crc32c(0, data), STR_ARG(data_mark), STR_ARG(data));
}

/* The bytes of `data` in a record: from behind the first mark to the last brace. */
static Str data_of(Str bytes) {
    Str line = str_trim(bytes);
    size_t mark = str_find(line, data_mark, 0);
    if (mark == SIZE_MAX || !str_ends(line, STR("}")))
        return STR_EMPTY;
    return str_slice(line, mark + data_mark.length, line.length - 1);
}

static bool check_record(Str bytes, uint64_t sequence, Arena *arena, LogRecord *out, Err *err) {
    Str data = data_of(bytes);
    const json_t *value = json_parse(bytes, arena, err);
    if (value == NULL)
        return false;
    Str at = STR_EMPTY, checksum = STR_EMPTY;
    uint64_t number;
    if (!json_read_u64(value, "seq", JSON_REQUIRED, &number, err) ||
        !json_read_str(value, "at", JSON_REQUIRED, &at, err) ||
        !json_read_str(value, "crc32c", JSON_REQUIRED, &checksum, err))
        return false;
    Str expected = str_format(arena, "%08x", crc32c(0, data));
    if (!str_eq(checksum, expected))
        return err_fail(err, FAIL_INVALID, "its checksum is %.*s, not %.*s", STR_ARG(checksum),
                        STR_ARG(expected));
    if (number != sequence || !clock_parse(at, &out->at_us))
        return err_fail(err, FAIL_INVALID, "its number or time is not as written");
    out->sequence = sequence;
    out->data = json_object_get(value, "data");
    return out->data != NULL || err_fail(err, FAIL_INVALID, "it holds no data");
}

/* FAIL_NOT_FOUND when there is none of that number. */
static bool read_record(const AppendLog *log, uint64_t sequence, Arena *arena, LogRecord *out,
                        Err *err) {
    Str key = record_key(log, sequence, arena);
    Str bytes;
    if (!store_get(log->store, key, arena, &bytes, NULL, err))
        return false;
    if (check_record(bytes, sequence, arena, out, err))
        return true;
    Err cause = *err;
    err_fail(err, FAIL_CORRUPT, "object '%.*s' is damaged: %s", STR_ARG(key), cause.message);
    return err_detail(err, "%s", cause.detail);
}

/* --- the end of the log ------------------------------------------------------------------ */

static bool exists(const AppendLog *log, uint64_t sequence, bool *out_exists, Err *err) {
    Arena *scratch = arena_create();
    ObjectInfo info;
    bool found = store_head(log->store, record_key(log, sequence, scratch), scratch, &info, err);
    arena_destroy(scratch);
    if (!found && !err_is(err, FAIL_NOT_FOUND))
        return false;
    err_clear(err);
    *out_exists = found;
    return true;
}

/* The number before the first absent one after `from`, which exists or is 0. */
static bool find_end(const AppendLog *log, uint64_t from, uint64_t *out_last, Err *err) {
    uint64_t low = from, high = from + 1;
    bool found = false;
    for (uint64_t step = 1;; step *= 2) {
        if (!exists(log, high, &found, err))
            return false;
        if (!found)
            break;
        low = high;
        high += step;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (!exists(log, middle, &found, err))
            return false;
        *(found ? &low : &high) = middle;
    }
    *out_last = low;
    return true;
}

/* Number of a record's key, or 0 for any other object. */
static uint64_t number_of(const AppendLog *log, Str key) {
    uint64_t number;
    Str name = str_slice(key, log->prefix.length + 1, key.length);
    if (name.length != 25 || !str_ends(name, STR(".json")) ||
        !str_to_u64(str_slice(name, 0, 20), &number) || number > SEQUENCE_MAX)
        return 0;
    return number;
}

/* The first record after `sequence` that is there; 0 = none. Debris beside records is passed over.
 */
static bool next_present(const AppendLog *log, uint64_t sequence, uint64_t *out_next, Err *err) {
    Arena *scratch = arena_create();
    ListRequest request = {.prefix = str_format(scratch, "%.*s/", STR_ARG(log->prefix)),
                           .cursor = record_key(log, sequence, scratch),
                           .limit = 100};
    *out_next = 0;
    bool ok = true;
    do {
        ObjectPage page;
        ok = store_list(log->store, &request, scratch, &page, err);
        for (size_t i = 0; ok && i < page.count && *out_next == 0; i++)
            *out_next = number_of(log, page.items[i].key);
        request.cursor = ok ? page.next_cursor : STR_EMPTY;
    } while (*out_next == 0 && request.cursor.length > 0);
    arena_destroy(scratch);
    return ok;
}

/* The last record, over gaps that somebody made. */
static bool find_last(const AppendLog *log, uint64_t *out_last, Err *err) {
    uint64_t last = 0;
    for (uint64_t next = 0;; last = next) {
        if (!find_end(log, next, &last, err) || !next_present(log, last, &next, err))
            return false;
        if (next == 0) {
            *out_last = last;
            return true;
        }
    }
}

bool append_log_last(const AppendLog *log, Arena *arena, uint64_t *out_sequence, Err *err) {
    (void)arena;
    return find_last(log, out_sequence, err);
}

/* --- appending --------------------------------------------------------------------------- */

/* After a put without an answer: is the record that stands there ours? */
static bool is_written(const AppendLog *log, Str key, Str bytes, Arena *scratch) {
    Err ignored; /* not known is not written: the first error stands */
    Str seen;
    return store_get(log->store, key, scratch, &seen, NULL, &ignored) && str_eq(seen, bytes);
}

static bool add_after(const AppendLog *log, Str data, uint64_t last, Arena *scratch,
                      uint64_t *out_sequence, Err *err) {
    for (int add = 0; add < ADDS_MAX; add++) {
        uint64_t sequence = last + 1 + (uint64_t)add;
        Str key = record_key(log, sequence, scratch);
        Str bytes = print_record(sequence, data, scratch);
        if (store_put_if_absent(log->store, key, bytes, scratch, NULL, err) ||
            (!err_is(err, FAIL_EXISTS) && is_written(log, key, bytes, scratch))) {
            *out_sequence = sequence;
            return true;
        }
        if (!err_is(err, FAIL_EXISTS))
            return false;
    }
    return err_fail(err, FAIL_BUSY, "the log '%.*s' is written by too many at once",
                    STR_ARG(log->prefix));
}

bool append_log_add(const AppendLog *log, const json_t *data, uint64_t *out_sequence, Err *err) {
    Arena *scratch = arena_create();
    Str printed = json_print(data, scratch);
    uint64_t last;
    bool ok = printed.length <= RECORD_BYTES_MAX ||
              err_fail(err, FAIL_LIMIT, "a record of the log '%.*s' is larger than 1 MiB",
                       STR_ARG(log->prefix));
    ok = ok && find_last(log, &last, err) &&
         add_after(log, printed, last, scratch, out_sequence, err);
    arena_destroy(scratch);
    return ok;
}

/* --- reading ----------------------------------------------------------------------------- */

/* No record of this number: the end, unless there are later ones. */
static bool check_end(const AppendLog *log, uint64_t sequence, Err *err) {
    uint64_t next;
    err_clear(err);
    if (!next_present(log, sequence, &next, err))
        return false;
    if (next == 0)
        return true;
    Arena *scratch = arena_create();
    Str key = record_key(log, sequence, scratch);
    err_fail(err, FAIL_CORRUPT, "object '%.*s' is missing: the log goes on after it", STR_ARG(key));
    arena_destroy(scratch);
    return false;
}

bool append_log_read(const AppendLog *log, uint64_t from_sequence, size_t limit, Arena *arena,
                     LogRecord **out_records, size_t *out_count, Err *err) {
    if (limit > READ_LIMIT_MAX) {
        err_fail(err, FAIL_INVALID, "at most %d records can be read at once", READ_LIMIT_MAX);
        return err_field(err, "limit");
    }
    VEC(LogRecord) records = {0};
    uint64_t sequence = from_sequence > 0 ? from_sequence : 1;
    for (; records.count < limit; sequence++) {
        LogRecord record;
        if (!read_record(log, sequence, arena, &record, err)) {
            if (!err_is(err, FAIL_NOT_FOUND) || !check_end(log, sequence, err))
                return false;
            break;
        }
        *vec_push(&records, arena) = record;
    }
    *out_records = records.items;
    *out_count = records.count;
    return true;
}
