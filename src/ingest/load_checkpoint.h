/* load_checkpoint.h - what a load of a table has stored so far:
 * journal/loads/<dataset>/<load id>.json.
 *
 *     none -> save after each data file ... -> remove behind the commit
 *               ^ take up after a stop: goes on behind `position`
 *
 * The load id is a hash of what makes two loads the same: source, dataset, mode, key, types,
 * cursor. Saved by compare-and-swap, so that of two processes one gives up. The data files that it
 * names are nobody's until the commit; docs/formats.md gives every field.
 *
 * Ownership: everything in the caller's arena.   Threads: one at a time. */
#ifndef INGEST_LOAD_CHECKPOINT_H
#define INGEST_LOAD_CHECKPOINT_H

#include "catalog/catalog.h"

typedef struct CheckpointColumn {
    Str name, source_type, type;
} CheckpointColumn;

typedef struct LoadCheckpoint {
    Str key;  /* of the object */
    Str etag; /* as read or saved; "" = there is none */
    Str dataset;
    uint64_t base_snapshot_id; /* newest snapshot when the load began; 0 = none */
    int64_t updated_at_us;
    CheckpointColumn *columns; /* of the source */
    size_t column_count;
    Str *key_columns, *position; /* position_count 0: nothing to go on behind */
    size_t position_count;
    uint64_t rows, rejected; /* so far; rows are the sum over the files */
    bool has_cursor, has_cursor_from;
    Str cursor_from, cursor_end;
    Schema schema; /* that the files were written with */
    DataFile *files;
    size_t file_count;
} LoadCheckpoint;

Str load_checkpoint_key(Str dataset, Str load_id, Arena *arena);
/* Absent is no failure: *out_found. A damaged one is FAIL_CORRUPT. */
MUST_CHECK bool load_checkpoint_read(ObjectStore *store, Str key, Arena *arena, bool *out_found,
                                     LoadCheckpoint *out, Err *err);
/* FAIL_CONFLICT: another process has taken the load over. */
MUST_CHECK bool load_checkpoint_save(ObjectStore *store, LoadCheckpoint *checkpoint, Arena *arena,
                                     Err *err);
/* Too old to be gone on from. */
bool load_checkpoint_is_expired(const LoadCheckpoint *checkpoint, int64_t now_us);
/* All of a bucket; one that cannot be read has an empty `dataset`. */
MUST_CHECK bool load_checkpoint_list(ObjectStore *store, Arena *arena, LoadCheckpoint **out,
                                     size_t *out_count, Err *err);

#endif
