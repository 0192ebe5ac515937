/* text_rows.h - rows of texts put together into a RowBatch: what CSV and JSON are before typing.
 *
 * The batch has the columns c0, c1, ... (UTF8, NULL where nothing was put) and `line` (INT64).
 *
 * Ownership: the batch points into the builder, until the next clear.   Threads: one at a time. */
#ifndef FILES_TEXT_ROWS_H
#define FILES_TEXT_ROWS_H

#include "base/row_batch.h"

enum { TEXT_ROWS_MAX = 2048, TEXT_BYTES_MAX = 16 << 20 };

typedef struct TextBuffer {
    StrBuf bytes;
    int32_t *offsets;
    uint8_t *validity;
} TextBuffer;

typedef struct TextRows {
    RowColumn *columns; /* column_count texts, then the line */
    TextBuffer *buffers;
    int64_t *lines;
    size_t column_count, row_count, byte_count;
} TextRows;

void text_rows_init(TextRows *rows, size_t column_count, Arena *arena);
void text_rows_clear(TextRows *rows);
bool text_rows_full(const TextRows *rows);
void text_rows_put(TextRows *rows, size_t column, Str text);
void text_rows_end(TextRows *rows, uint64_t line);
RowBatch text_rows_batch(TextRows *rows);

#endif
