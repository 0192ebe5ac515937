/* row_builder.h - a RowBatch being filled, row by row or column by column.
 *
 * For whoever decodes rows: buffers are kept from batch to batch, so filling allocates nothing once
 * it is warm. A row is finished by row_builder_end_row after each of its columns got one value.
 *
 *     while (!row_builder_is_full(rows)) {
 *         column_put_i64(&rows->columns[0], 7);
 *         if (!column_put_text(&rows->columns[1], name, err)) return false;
 *         row_builder_end_row(rows);
 *     }
 *     RowBatch batch = row_builder_batch(rows);
 *
 * Full: at row_capacity rows, or once the texts hold ROW_BUILDER_BYTES. One value may be larger
 * than that, up to ROW_VALUE_BYTES_MAX (FAIL_LIMIT).
 *
 * Ownership: the batch is borrowed from the builder until it is cleared or destroyed.
 * Threads: one at a time; a builder may be handed from thread to thread. */
#ifndef BASE_ROW_BUILDER_H
#define BASE_ROW_BUILDER_H

#include <string.h>

#include "base/arena.h"
#include "base/row_batch.h"

enum { ROW_BUILDER_ROWS = 8192, ROW_BUILDER_BYTES = 8 << 20, ROW_VALUE_BYTES_MAX = 256 << 20 };

typedef struct ColumnBuilder {
    RowColumn shape;    /* name, type, width, scale */
    size_t count;       /* values put since the last clear */
    size_t value_bytes; /* of one fixed-width value; 0: UTF8 and BINARY */
    uint8_t *validity;
    uint64_t null_count;
    void *values;
    int32_t *offsets;
    char *bytes;
    size_t byte_count, byte_capacity;
} ColumnBuilder;

typedef struct RowBuilder {
    size_t row_count, row_capacity, column_count;
    ColumnBuilder *columns;
    RowColumn *shapes; /* the batch's columns */
} RowBuilder;

/* Columns as in `schema` (names, types, width, scale; not FLOAT32_LIST); names are copied. */
RowBuilder *row_builder_create(const RowBatch *schema, size_t row_capacity);
void row_builder_destroy(RowBuilder *rows); /* NULL is fine */
void row_builder_clear(RowBuilder *rows);
bool row_builder_is_full(const RowBuilder *rows);
/* Takes back what the unfinished row already holds: a row that turned out bad. */
void row_builder_drop_row(RowBuilder *rows);
RowBatch row_builder_batch(RowBuilder *rows); /* of the finished rows */

/* Room for `length` bytes of the next value of a UTF8 or BINARY column, to be written by the
 * caller; NULL (FAIL_LIMIT) when that is too much. The value is put. */
char *column_put_room(ColumnBuilder *column, size_t length, Err *err);

static inline void row_builder_end_row(RowBuilder *rows) {
    rows->row_count++;
}

static inline void column_set_valid(ColumnBuilder *column) {
    column->validity[column->count >> 3] |= (uint8_t)(1u << (column->count & 7));
}

static inline void column_put_i64(ColumnBuilder *column, int64_t value) {
    column_set_valid(column);
    ((int64_t *)column->values)[column->count++] = value;
}

static inline void column_put_i32(ColumnBuilder *column, int32_t value) {
    column_set_valid(column);
    ((int32_t *)column->values)[column->count++] = value;
}

static inline void column_put_bool(ColumnBuilder *column, bool value) {
    column_set_valid(column);
    ((uint8_t *)column->values)[column->count++] = value;
}

static inline void column_put_f32(ColumnBuilder *column, float value) {
    column_set_valid(column);
    ((float *)column->values)[column->count++] = value;
}

static inline void column_put_f64(ColumnBuilder *column, double value) {
    column_set_valid(column);
    ((double *)column->values)[column->count++] = value;
}

static inline void column_put_i128(ColumnBuilder *column, Int128 value) {
    column_set_valid(column);
    ((Int128 *)column->values)[column->count++] = value;
}

MUST_CHECK static inline bool column_put_text(ColumnBuilder *column, Str value, Err *err) {
    char *room = column_put_room(column, value.length, err);
    if (room == NULL)
        return false;
    if (value.length > 0)
        memcpy(room, value.data, value.length);
    return true;
}

/* Any type. */
void column_put_null(ColumnBuilder *column);

#endif
