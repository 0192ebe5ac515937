/* text_rows.c - a columnar buffer that is filled row by row and used again for every batch.
 *
 * A batch ends at 2048 rows or 16 MiB of text, so one column's offsets never pass 32 bits even
 * with the longest record behind it.
 *
 * Tested by: test_csv_load.c, through the streams that use it. */
#include "files/text_rows.h"

#include <string.h>

void text_rows_init(TextRows *rows, size_t column_count, Arena *arena) {
    *rows = (TextRows){.columns = ARENA_ARRAY(arena, RowColumn, column_count + 1),
                       .buffers = ARENA_ARRAY(arena, TextBuffer, column_count),
                       .lines = ARENA_ARRAY(arena, int64_t, TEXT_ROWS_MAX),
                       .column_count = column_count};
    for (size_t i = 0; i < column_count; i++) {
        rows->buffers[i] = (TextBuffer){.bytes = strbuf_make(arena),
                                        .offsets = ARENA_ARRAY(arena, int32_t, TEXT_ROWS_MAX + 1),
                                        .validity = ARENA_ARRAY(arena, uint8_t, TEXT_ROWS_MAX / 8)};
        rows->columns[i] = (RowColumn){.name = str_format(arena, "c%zu", i), .type = COLUMN_UTF8};
    }
    rows->columns[column_count] = (RowColumn){.name = STR("line"), .type = COLUMN_INT64};
}

void text_rows_clear(TextRows *rows) {
    for (size_t i = 0; i < rows->column_count; i++) {
        strbuf_clear(&rows->buffers[i].bytes);
        memset(rows->buffers[i].validity, 0, TEXT_ROWS_MAX / 8);
    }
    rows->row_count = 0;
    rows->byte_count = 0;
}

bool text_rows_full(const TextRows *rows) {
    return rows->row_count == TEXT_ROWS_MAX || rows->byte_count >= TEXT_BYTES_MAX;
}

void text_rows_put(TextRows *rows, size_t column, Str text) {
    TextBuffer *buffer = &rows->buffers[column];
    strbuf_append(&buffer->bytes, text);
    buffer->validity[rows->row_count >> 3] |= (uint8_t)(1u << (rows->row_count & 7));
    rows->byte_count += text.length;
}

void text_rows_end(TextRows *rows, uint64_t line) {
    rows->lines[rows->row_count++] = (int64_t)line;
    for (size_t i = 0; i < rows->column_count; i++)
        rows->buffers[i].offsets[rows->row_count] = (int32_t)rows->buffers[i].bytes.length;
}

RowBatch text_rows_batch(TextRows *rows) {
    for (size_t i = 0; i < rows->column_count; i++) {
        rows->columns[i].validity = rows->buffers[i].validity;
        rows->columns[i].offsets = rows->buffers[i].offsets;
        rows->columns[i].bytes = rows->buffers[i].bytes.data;
    }
    rows->columns[rows->column_count].values = rows->lines;
    return (RowBatch){.row_count = rows->row_count,
                      .column_count = rows->column_count + 1,
                      .columns = rows->columns};
}
