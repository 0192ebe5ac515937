/* mysql_values.h - one row of the binary protocol, put into columns.
 *
 * A row is what the server sends (protocol "Binary Protocol Resultset Row"):
 *
 *     offset 0               byte 0
 *     1                      null bitmap, (columns + 9) / 8 bytes; column i is bit i + 2
 *     behind it              the values that are not NULL, one after the other:
 *       tiny 1, short and year 2, int24 and long 4, longlong 8, float 4, double 8 bytes
 *       (little-endian, IEEE 754)
 *       date, datetime, timestamp   length byte 0, 4 (y2 m1 d1), 7 (+ h1 m1 s1) or 11 (+ us4)
 *       time                        length byte 0, 8 (negative1 days4 h1 m1 s1) or 12 (+ us4)
 *       everything else             length-encoded bytes; decimals are text
 *
 * The end of the row is not always known exactly: `end` bounds what may be read, and nothing is
 * read beyond it.
 *
 * Ownership: everything is borrowed.   Threads: pure functions. */
#ifndef SOURCE_MYSQL_VALUES_H
#define SOURCE_MYSQL_VALUES_H

#include "base/row_builder.h"
#include "source/mysql_types.h"

typedef enum MysqlRowEnd {
    MYSQL_ROW_PUT,    /* and ended */
    MYSQL_ROW_MISFIT, /* `column` cannot hold its value; the row is unfinished */
    MYSQL_ROW_REJECT, /* `column` is not UTF-8; the row is unfinished */
    MYSQL_ROW_BROKEN, /* these bytes are no row of these columns */
    MYSQL_ROW_FAILED  /* `err` says why */
} MysqlRowEnd;

typedef struct MysqlRowTrouble {
    size_t column;
    const char *reason; /* "zero date"; never the value */
} MysqlRowTrouble;

/* `rows` has the columns' shapes, in order. */
MysqlRowEnd mysql_row_put(const MysqlColumn *columns, size_t column_count, const uint8_t *row,
                          const uint8_t *end, RowBuilder *rows, MysqlRowTrouble *out_trouble,
                          Err *err);

#endif
