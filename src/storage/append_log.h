/* append_log.h - an ordered log of records on any object store: journals, decisions.
 *
 * Each append makes one immutable object `<prefix>/<20-digit sequence>.json` by put_if_absent, so
 * two writers never share a number and order is total. Its text is one line that a person can
 * read: {"seq":n,"at":"...","crc32c":"8 hex digits of `data` as printed","data":{...}}. A record
 * is either whole or absent, after a crash too; a damaged one is FAIL_CORRUPT naming its key.
 *
 * Ownership: the log borrows its store.   Threads: any. */
#ifndef STORAGE_APPEND_LOG_H
#define STORAGE_APPEND_LOG_H

#include "base/json.h"
#include "storage/object_store.h"

typedef struct AppendLog {
    ObjectStore *store;
    Str prefix; /* "journal/resumes" */
} AppendLog;

typedef struct LogRecord {
    uint64_t sequence; /* 1, 2, ... */
    int64_t at_us;
    json_t *data; /* lives in the reader's arena */
} LogRecord;

MUST_CHECK bool append_log_add(const AppendLog *log, const json_t *data, uint64_t *out_sequence,
                               Err *err);
/* Records from `from_sequence` on, at most `limit`, in order. */
MUST_CHECK bool append_log_read(const AppendLog *log, uint64_t from_sequence, size_t limit,
                                Arena *arena, LogRecord **out_records, size_t *out_count, Err *err);
MUST_CHECK bool append_log_last(const AppendLog *log, Arena *arena, uint64_t *out_sequence,
                                Err *err); /* 0 = empty */

#endif
