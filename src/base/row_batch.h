/* row_batch.h - some rows, column by column: the one shape in which modules hand each other data.
 *
 * The layout is that of Arrow's C data interface (arrow.apache.org/docs/format/Columnar.html):
 * a validity bitmap, least significant bit first, NULL meaning all valid; fixed-width values as
 * plain arrays; strings as int32 offsets (row_count + 1 of them) into bytes; vectors as
 * row_count * list_size floats.
 *
 * Ownership: everything is borrowed from whoever filled it; a batch handed to a callback is valid
 * until the callback returns.   Threads: immutable once filled. */
#ifndef BASE_ROW_BATCH_H
#define BASE_ROW_BATCH_H

#include "base/err.h"
#include "base/str.h"

__extension__ typedef __int128 Int128; /* a value of COLUMN_DECIMAL */

typedef enum ColumnType {
    COLUMN_BOOL = 1, /* uint8_t 0 or 1 a row (departs from Arrow's bits, as DuckDB does) */
    COLUMN_INT8,
    COLUMN_INT16,
    COLUMN_INT32,
    COLUMN_INT64,
    COLUMN_UINT8,
    COLUMN_UINT16,
    COLUMN_UINT32,
    COLUMN_UINT64,
    COLUMN_FLOAT32,
    COLUMN_FLOAT64,
    COLUMN_UTF8,         /* offsets + bytes, valid UTF-8 */
    COLUMN_BINARY,       /* offsets + bytes */
    COLUMN_DATE32,       /* int32_t days since 1970-01-01 */
    COLUMN_TIME_US,      /* int64_t microseconds since midnight */
    COLUMN_TIMESTAMP_US, /* int64_t microseconds since 1970-01-01, no zone */
    COLUMN_TIMESTAMPTZ_US,
    COLUMN_DECIMAL,     /* __int128 (16 bytes, little-endian); `width` and `scale` */
    COLUMN_FLOAT32_LIST /* list_size floats a row */
} ColumnType;

typedef struct RowColumn {
    Str name;
    ColumnType type;
    uint8_t width, scale;    /* COLUMN_DECIMAL */
    uint32_t list_size;      /* COLUMN_FLOAT32_LIST */
    const uint8_t *validity; /* bitmap, or NULL: no nulls */
    const void *values;      /* fixed-width values, or the floats of lists */
    const int32_t *offsets;  /* UTF8, BINARY */
    const char *bytes;       /* UTF8, BINARY */
} RowColumn;

typedef struct RowBatch {
    size_t row_count;
    size_t column_count;
    RowColumn *columns;
} RowBatch;

/* A stream of batches that all have the columns of `schema` (names and types; no data). */
typedef struct RowStream RowStream;
struct RowStream {
    RowBatch schema; /* row_count is 0 */
    /* Fills *out with the next rows, valid until the next call; row_count 0 is the end. */
    bool (*next)(RowStream *stream, RowBatch *out, Err *err);
    void (*close)(RowStream *stream);
};

/* Bytes of one value in RowColumn.values; 0 where values are not of one width. */
static inline size_t column_value_bytes(ColumnType type) {
    switch (type) {
    case COLUMN_BOOL:
    case COLUMN_INT8:
    case COLUMN_UINT8:
        return 1;
    case COLUMN_INT16:
    case COLUMN_UINT16:
        return 2;
    case COLUMN_INT32:
    case COLUMN_UINT32:
    case COLUMN_FLOAT32:
    case COLUMN_DATE32:
        return 4;
    case COLUMN_INT64:
    case COLUMN_UINT64:
    case COLUMN_FLOAT64:
    case COLUMN_TIME_US:
    case COLUMN_TIMESTAMP_US:
    case COLUMN_TIMESTAMPTZ_US:
        return 8;
    case COLUMN_DECIMAL:
        return 16;
    case COLUMN_UTF8:
    case COLUMN_BINARY:
    case COLUMN_FLOAT32_LIST:
        break;
    }
    return 0;
}

static inline bool row_is_null(const RowColumn *column, size_t row) {
    return column->validity != NULL && (column->validity[row >> 3] >> (row & 7) & 1) == 0;
}

static inline Str row_text(const RowColumn *column, size_t row) {
    int32_t from = column->offsets[row];
    return (Str){column->bytes + from, (size_t)(column->offsets[row + 1] - from)};
}

#endif
