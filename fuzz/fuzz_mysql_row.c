/* fuzz_mysql_row.c - hostile rows of MySQL's binary protocol, over any columns that a server may
 * describe: never read beyond the end, and what is put can be taken back.
 *
 * Input: how many columns, the mode; per column five bytes (wire, flags, length, decimals, length
 * 2); the row. */
#include <stdint.h>
#include <stdlib.h>

#include "source/mysql_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 12, COLUMN_BYTES = 5, WIDEN_MAX = 4 };

static MysqlField describe(const uint8_t *bytes) {
    const Str extended[4] = {STR(""), STR("uuid"), STR("json"), STR("inet4")};
    return (MysqlField){.name = STR("c"),
                        .extended = extended[bytes[1] >> 6],
                        .wire = (MysqlWire)bytes[0],
                        .is_unsigned = (bytes[1] & 1) != 0,
                        .is_enum = (bytes[1] & 4) != 0,
                        .is_set = (bytes[1] & 8) != 0,
                        .is_binary = (bytes[1] & 16) != 0,
                        .length = (uint32_t)bytes[2] | (uint32_t)bytes[4] << 8,
                        .decimals = bytes[3]};
}

/* Puts the row; false after a misfit that was widened, with the column to widen in *out_column. */
static bool put(const MysqlColumn *columns, size_t count, const uint8_t *row, const uint8_t *end,
                size_t *out_column) {
    RowColumn shapes[COLUMNS_MAX];
    for (size_t i = 0; i < count; i++)
        shapes[i] = (RowColumn){.name = STR("c"),
                                .type = columns[i].type,
                                .width = columns[i].width,
                                .scale = columns[i].scale};
    RowBatch schema = {0, count, shapes};
    RowBuilder *rows = row_builder_create(&schema, 2);
    MysqlRowTrouble trouble = {0};
    Err err = {0};
    MysqlRowEnd result = mysql_row_put(columns, count, row, end, rows, &trouble, &err);
    if (result != MYSQL_ROW_PUT)
        row_builder_drop_row(rows);
    RowBatch batch = row_builder_batch(rows);
    if (batch.row_count != (result == MYSQL_ROW_PUT))
        abort();
    for (size_t i = 0; i < count && batch.row_count == 1; i++)
        if (columns[i].type == COLUMN_UTF8 && !row_is_null(&batch.columns[i], 0) &&
            !utf8_valid(row_text(&batch.columns[i], 0)))
            abort();
    row_builder_destroy(rows);
    *out_column = trouble.column;
    return result != MYSQL_ROW_MISFIT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    size_t count = data[0] % COLUMNS_MAX + 1;
    SourceTypes types = data[1] % 2 == 0 ? SOURCE_EXACT : SOURCE_REFERENCE;
    if (size < 2 + count * COLUMN_BYTES)
        return 0;
    MysqlColumn columns[COLUMNS_MAX];
    Arena *arena = arena_create();
    for (size_t i = 0; i < count; i++) {
        MysqlField field = describe(data + 2 + i * COLUMN_BYTES);
        columns[i] = mysql_plan(&field, types);
        if (mysql_field_type(&field, arena).length == 0 ||
            mysql_stored_type(&columns[i], arena).length == 0)
            abort();
    }
    const uint8_t *row = data + 2 + count * COLUMN_BYTES;
    size_t misfit;
    for (size_t tries = 0; !put(columns, count, row, data + size, &misfit); tries++)
        if (tries == COLUMNS_MAX * WIDEN_MAX || !mysql_plan_wider(&columns[misfit]))
            abort();
    arena_destroy(arena);
    return 0;
}
