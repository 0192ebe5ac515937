/* watch_ledger.h - which files a watch has taken, and which content: each is loaded once.
 *
 * Stored as an append log under journal/watch-<name>/ (docs/formats.md). A load is two records:
 * what is about to be committed, then the snapshot that has it. The lineage of that snapshot
 * carries `content`, so a crash between commit and second record is repaired when the ledger is
 * opened (ledger_unanswered).
 *
 * In memory: some 200 bytes a file, asked of the budget: FAIL_NO_MEMORY stops the watch rather than
 * have it forget.
 *
 * Ownership: the ledger's arena.   Threads: one. */
#ifndef WATCH_WATCH_LEDGER_H
#define WATCH_WATCH_LEDGER_H

#include "base/budget.h"
#include "base/map.h"
#include "base/vec.h"
#include "watch/watch_scan.h"
#include "storage/append_log.h"
#include "storage/bucket_registry.h"

typedef enum LedgerState {
    LEDGER_TAKEN,
    LEDGER_FAILED,
    LEDGER_DUPLICATE,
    LEDGER_AGAIN
} LedgerState;

typedef struct LedgerFile {
    Str path;
    FileStamp stamp; /* device and time of change are not stored */
    uint8_t sha256[32];
    uint64_t rows, rejected; /* LEDGER_TAKEN */
    Str error_kind, error;   /* LEDGER_FAILED */
    Str moved_to;            /* where it lies now; "" = where it was */
} LedgerFile;

/* A load that was announced. */
typedef struct LedgerIntent {
    uint64_t sequence;
    uint64_t base_id; /* newest snapshot of the dataset at that time; 0 = there was none */
    Str content;      /* 64 hex digits */
    const LedgerFile *files;
    size_t file_count;
} LedgerIntent;

typedef struct LedgerTotals {
    uint64_t taken, failed, duplicates, rows, rejected;
} LedgerTotals;

typedef struct Ledger {
    BucketRegistry *buckets;
    Str bucket, prefix;
    Budget *budget;
    uint64_t held_bytes;
    Arena *arena;
    Map paths;    /* hash of the path -> LedgerEntry */
    Map contents; /* SHA-256 -> itself */
    LedgerTotals totals;
    Str last_path; /* of the last file taken */
    uint8_t last_sha256[32];
    Arena *open_arena; /* of `unanswered` */
    VEC(LedgerIntent) unanswered;
} Ledger;

/* Reads the whole log of the watch (`progress` can call it off): from the bucket that has one, else
 * it will begin in `bucket`.
 */
MUST_CHECK bool ledger_open(Ledger *ledger, BucketRegistry *buckets, Str watch, Str bucket,
                            Budget *budget, const Progress *progress, Err *err);
void ledger_close(Ledger *ledger); /* a zeroed one is fine */

/* Is this file, as it stands, dealt with? */
bool ledger_knows(const Ledger *ledger, Str path, const FileStamp *stamp, LedgerState *out_state);
bool ledger_has_content(const Ledger *ledger, const uint8_t sha256[32]);
bool ledger_ends_with(const Ledger *ledger, const uint8_t sha256[32]); /* the last one taken */
bool ledger_has_path(const Ledger *ledger, Str path);                  /* whatever was in it */

/* A name for the content of these files together: the SHA-256 of one file is its own. */
Str ledger_content(const LedgerFile *files, size_t count, Arena *arena);
/* Announces a load, and says later that it is in a snapshot, or that there will be none. */
MUST_CHECK bool ledger_intend(Ledger *ledger, const LedgerFile *files, size_t count, Str content,
                              uint64_t base_id, Err *err);
/* If it fails, the intent stays unanswered. */
MUST_CHECK bool ledger_taken(Ledger *ledger, uint64_t sequence, uint64_t snapshot_id, Err *err);
void ledger_give_up(Ledger *ledger); /* forgets the intents: nothing was committed */
/* Loads that were announced and not answered, newest last: was one committed? */
size_t ledger_unanswered(const Ledger *ledger, const LedgerIntent **out);

/* Files that were dealt with in another way. */
MUST_CHECK bool ledger_note(Ledger *ledger, LedgerState state, const LedgerFile *files,
                            size_t count, Err *err);

#endif
