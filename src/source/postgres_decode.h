/* postgres_decode.h - the bytes of COPY ... (FORMAT binary), row by row into a RowBuilder.
 *
 *     "PGCOPY\n\377\r\n\0", int32 flags, int32 length + extension
 *     rows: int16 field count, then for each field int32 length (-1: NULL) and the bytes
 *     int16 -1                                                        (all big-endian)
 *
 * Pieces may be cut anywhere; a row that lies whole in one piece is read in place. A row is looked
 * at whole (every length against the bytes that are there) before the first of its values is put.
 *
 *     feed -> step ... step (MORE) -> feed ... -> step (END) -> finish
 *
 * Errors: FAIL_UPSTREAM for bytes that are no such stream, FAIL_LIMIT for a value that is too long.
 * Ownership: the decoder in the caller's arena, what it keeps of a cut row on the heap until
 * pg_decoder_close; a piece is borrowed until step answers MORE.   Threads: one at a time. */
#ifndef SOURCE_POSTGRES_DECODE_H
#define SOURCE_POSTGRES_DECODE_H

#include "base/row_builder.h"
#include "source/postgres_types.h"

typedef enum PgStep {
    PG_STEP_ROW,      /* one row more is in the builder */
    PG_STEP_MORE,     /* feed me */
    PG_STEP_END,      /* the trailer was there */
    PG_STEP_MISFIT,   /* `column` cannot hold a value: `reason`; the row is not in the builder */
    PG_STEP_BAD_TEXT, /* the row was left out: text in `column` that is not UTF-8, or has a NUL */
    PG_STEP_FAILED
} PgStep;

typedef struct PgDecoder PgDecoder;

PgDecoder *pg_decoder_create(Arena *arena, const PgPlan *plans, size_t count);
void pg_decoder_close(PgDecoder *decoder); /* NULL is fine */
/* A new stream; plans may have changed, the counts begin anew. */
void pg_decoder_restart(PgDecoder *decoder, const PgPlan *plans);
/* Only after MORE, or at the beginning. */
MUST_CHECK bool pg_decoder_feed(PgDecoder *decoder, Str piece, Err *err);
PgStep pg_decoder_step(PgDecoder *decoder, RowBuilder *rows, Err *err);
/* The stream ended: FAIL_UPSTREAM unless the trailer was seen. */
MUST_CHECK bool pg_decoder_finish(const PgDecoder *decoder, Err *err);

uint64_t pg_decoder_rows(const PgDecoder *decoder); /* read so far, left out ones included */
size_t pg_decoder_column(const PgDecoder *decoder); /* of the last misfit or bad text */
const char *pg_decoder_reason(const PgDecoder *decoder);
uint64_t pg_decoder_special(const PgDecoder *decoder, size_t column); /* values of plan.special */

#endif
