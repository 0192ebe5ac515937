/* source_cursors.h - how far incremental loads have come, from snapshot to snapshot.
 *
 * Ownership: results in the caller's arena, texts borrowed.   Threads: pure functions. */
#ifndef CATALOG_SOURCE_CURSORS_H
#define CATALOG_SOURCE_CURSORS_H

#include "catalog/catalog.h"

enum { SOURCE_CURSORS_MAX = 1000 };

/* NULL when the snapshot has none for the source. */
const SourceCursor *source_cursor_find(const Snapshot *snapshot, Str source_id);

/* Whether both have come equally far with a source. */
bool source_cursor_same(const Snapshot *a, const Snapshot *b, Str source_id);

/* The cursors of `old` (NULL: none) with `set` (NULL: nothing new) in the place of its source's.
 * FAIL_LIMIT. */
MUST_CHECK bool source_cursors_next(const Snapshot *old, const SourceCursor *set, Arena *arena,
                                    SourceCursor **out, size_t *out_count, Err *err);

#endif
