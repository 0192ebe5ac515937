/* row_builder.c - column buffers that only ever grow.
 *
 * Fixed-width values, offsets and validity are allocated once, for row_capacity rows; the bytes of
 * texts double. Memory of texts is bounded by ROW_BUILDER_BYTES plus the one value that overstepped
 * it.
 *
 * Tested by: test_row_builder.c. */
#include "base/row_builder.h"

#include <assert.h>
#include <stdlib.h>

static void *must_alloc(size_t bytes) {
    void *memory = aligned_alloc(16, (bytes + 15) / 16 * 16);
    assert(memory != NULL);
    memset(memory, 0, bytes);
    return memory;
}

static void open_column(ColumnBuilder *column, const RowColumn *shape, size_t row_capacity) {
    assert(shape->type != COLUMN_FLOAT32_LIST);
    char *name = must_alloc(shape->name.length + 1);
    if (shape->name.length > 0)
        memcpy(name, shape->name.data, shape->name.length);
    column->shape = (RowColumn){.name = {name, shape->name.length},
                                .type = shape->type,
                                .width = shape->width,
                                .scale = shape->scale};
    column->value_bytes = column_value_bytes(shape->type);
    column->validity = must_alloc(row_capacity / 8 + 1);
    if (column->value_bytes > 0)
        column->values = must_alloc(row_capacity * column->value_bytes);
    else
        column->offsets = must_alloc((row_capacity + 1) * sizeof(int32_t));
}

RowBuilder *row_builder_create(const RowBatch *schema, size_t row_capacity) {
    RowBuilder *rows = must_alloc(sizeof *rows);
    *rows = (RowBuilder){.row_capacity = row_capacity, .column_count = schema->column_count};
    rows->columns = must_alloc((schema->column_count + 1) * sizeof *rows->columns);
    rows->shapes = must_alloc((schema->column_count + 1) * sizeof *rows->shapes);
    for (size_t i = 0; i < schema->column_count; i++)
        open_column(&rows->columns[i], &schema->columns[i], row_capacity);
    return rows;
}

void row_builder_destroy(RowBuilder *rows) {
    if (rows == NULL)
        return;
    for (size_t i = 0; i < rows->column_count; i++) {
        ColumnBuilder *column = &rows->columns[i];
        free((void *)(uintptr_t)column->shape.name.data);
        free(column->validity);
        free(column->values);
        free(column->offsets);
        free(column->bytes);
    }
    free(rows->columns);
    free(rows->shapes);
    free(rows);
}

void row_builder_clear(RowBuilder *rows) {
    rows->row_count = 0;
    for (size_t i = 0; i < rows->column_count; i++) {
        ColumnBuilder *column = &rows->columns[i];
        memset(column->validity, 0, rows->row_capacity / 8 + 1);
        column->count = 0;
        column->null_count = 0;
        column->byte_count = 0;
    }
}

bool row_builder_is_full(const RowBuilder *rows) {
    if (rows->row_count == rows->row_capacity)
        return true;
    size_t bytes = 0;
    for (size_t i = 0; i < rows->column_count; i++)
        bytes += rows->columns[i].byte_count;
    return bytes >= ROW_BUILDER_BYTES;
}

void row_builder_drop_row(RowBuilder *rows) {
    for (size_t i = 0; i < rows->column_count; i++) {
        ColumnBuilder *column = &rows->columns[i];
        if (column->count == rows->row_count)
            continue;
        size_t last = --column->count;
        uint8_t bit = (uint8_t)(1u << (last & 7));
        if ((column->validity[last >> 3] & bit) == 0)
            column->null_count--;
        column->validity[last >> 3] &= (uint8_t)~bit;
        if (column->offsets != NULL)
            column->byte_count = (size_t)column->offsets[last];
    }
}

RowBatch row_builder_batch(RowBuilder *rows) {
    for (size_t i = 0; i < rows->column_count; i++) {
        ColumnBuilder *column = &rows->columns[i];
        assert(column->count == rows->row_count);
        rows->shapes[i] = column->shape;
        rows->shapes[i].validity = column->null_count > 0 ? column->validity : NULL;
        rows->shapes[i].values = column->values;
        rows->shapes[i].offsets = column->offsets;
        rows->shapes[i].bytes = column->bytes != NULL ? column->bytes : "";
    }
    return (RowBatch){rows->row_count, rows->column_count, rows->shapes};
}

char *column_put_room(ColumnBuilder *column, size_t length, Err *err) {
    if (length > ROW_VALUE_BYTES_MAX) {
        err_fail(err, FAIL_LIMIT, "a value of column '%.*s' has %zu bytes; %d are the most",
                 STR_ARG(column->shape.name), length, (int)ROW_VALUE_BYTES_MAX);
        return NULL;
    }
    size_t wanted = column->byte_count + length;
    if (wanted > column->byte_capacity || column->bytes == NULL) {
        size_t capacity = column->byte_capacity < 4096 ? 4096 : column->byte_capacity;
        while (capacity < wanted)
            capacity *= 2;
        char *moved = realloc(column->bytes, capacity);
        assert(moved != NULL);
        column->bytes = moved;
        column->byte_capacity = capacity;
    }
    char *room = column->bytes + column->byte_count;
    column_set_valid(column);
    column->byte_count = wanted;
    column->offsets[++column->count] = (int32_t)wanted;
    return room;
}

void column_put_null(ColumnBuilder *column) {
    size_t row = column->count++;
    column->null_count++;
    if (column->offsets != NULL)
        column->offsets[row + 1] = column->offsets[row];
    else
        memset((char *)column->values + row * column->value_bytes, 0, column->value_bytes);
}
