/* duck_cursor.h - one user's statement on the locked instance, from its text to its last row.
 *
 *     open -> parse (for the gate) -> define ... (our views) -> prepare -> bind -> execute -> next
 *
 * A cursor is a connection of its own: what is defined on it is seen by nobody else and ends with
 * it. When DuckDB fails internally, closing the cursor retires the instance.
 *
 * Errors: as duck_error.h maps them; an interrupt is FAIL_CANCELLED.
 * Ownership: columns and chunks live in the cursor.
 * Threads: one at a time, but duck_cursor_interrupt from any. */
#ifndef QUERY_DUCK_CURSOR_H
#define QUERY_DUCK_CURSOR_H

#include "base/json.h"
#include "query/query_result.h"

typedef struct DuckCursor DuckCursor;
struct DuckLocked;

DuckCursor *duck_cursor_open(struct DuckLocked *locked, Err *err);
void duck_cursor_close(DuckCursor *cursor); /* NULL is fine */
void duck_cursor_interrupt(void *cursor);

/* The statement's parse tree as JSON (json_serialize_sql), in the arena. */
MUST_CHECK bool duck_cursor_parse(DuckCursor *cursor, Str sql, Arena *arena, Str *out_tree,
                                  Err *err);
/* A statement of our own, such as CREATE TEMP VIEW. */
MUST_CHECK bool duck_cursor_define(DuckCursor *cursor, Str sql, Err *err);
/* The user's statement: FAIL_INVALID when it is no SELECT after all. */
MUST_CHECK bool duck_cursor_prepare(DuckCursor *cursor, Str sql, Err *err);
/* An array (positional), an object (named), or NULL; FAIL_INVALID, field "params". */
MUST_CHECK bool duck_cursor_bind(DuckCursor *cursor, const json_t *params, Err *err);
MUST_CHECK bool duck_cursor_execute(DuckCursor *cursor, Err *err);
const ResultColumn *duck_cursor_columns(const DuckCursor *cursor, size_t *out_count);
/* Did it fail only because a statement of somebody else had spoiled the instance? Then it may be
 * run again, on a new cursor. */
bool duck_cursor_was_spoiled(const DuckCursor *cursor);
/* *out_chunk is NULL after the last row. */
MUST_CHECK bool duck_cursor_next(DuckCursor *cursor, ResultChunk **out_chunk, Err *err);

#endif
