/* source_cursors.c - one cursor a source.
 *
 * Tested by: tests/unit/catalog/test_source_cursors.c. */
#include "catalog/source_cursors.h"

const SourceCursor *source_cursor_find(const Snapshot *snapshot, Str source_id) {
    for (size_t i = 0; i < snapshot->cursor_count; i++)
        if (str_eq(snapshot->cursors[i].source_id, source_id))
            return &snapshot->cursors[i];
    return NULL;
}

bool source_cursor_same(const Snapshot *a, const Snapshot *b, Str source_id) {
    const SourceCursor *left = source_cursor_find(a, source_id);
    const SourceCursor *right = source_cursor_find(b, source_id);
    if (left == NULL || right == NULL)
        return left == right;
    return str_eq(left->column, right->column) && str_eq(left->value, right->value);
}

bool source_cursors_next(const Snapshot *old, const SourceCursor *set, Arena *arena,
                         SourceCursor **out, size_t *out_count, Err *err) {
    size_t old_count = old != NULL ? old->cursor_count : 0, count = 0;
    SourceCursor *cursors = ARENA_ARRAY(arena, SourceCursor, old_count + 1);
    for (size_t i = 0; i < old_count; i++)
        if (set == NULL || !str_eq(old->cursors[i].source_id, set->source_id))
            cursors[count++] = old->cursors[i];
    if (set != NULL)
        cursors[count++] = *set;
    if (count > SOURCE_CURSORS_MAX)
        return err_fail(err, FAIL_LIMIT, "a dataset keeps the cursors of at most %d sources",
                        SOURCE_CURSORS_MAX);
    *out = cursors;
    *out_count = count;
    return true;
}
