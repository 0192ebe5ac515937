/* contract_tables.c - the content of the contract's tables: values of every plain type, NULLs in
 * every column but the key, in no order. */
#include "row_source_contract.h"

#include "base/str.h"

const char *const contract_table_names[CONTRACT_TABLE_COUNT] = {
    "contract_rows", "contract_empty", "contract_misfit", "contract_bad_text", "contract_coerced"};

const char *const contract_columns[CONTRACT_COLUMNS] = {"id",   "name",  "price", "born",
                                                        "seen", "ratio", "flag"};

/* Texts that a careless writer or reader would spoil; every fifth is empty. */
static const char *name_of(int id, Arena *arena) {
    static const char *const texts[] = {"", "it's", "n\xc3\xa4me \"q\"", "a,b;c", "two\nlines"};
    return id % 5 == 0 ? "" : str_format(arena, "%s %d", texts[id % 5], id).data;
}

/* Row by row; a column is NULL where the id is a multiple of the column's number. */
static void fill_row(int id, const char **cells, Arena *arena) {
    static const int null_every[CONTRACT_COLUMNS] = {1000, 8, 7, 11, 6, 9, 13};
    cells[0] = str_format(arena, "%d", id).data;
    cells[1] = name_of(id, arena);
    cells[2] = str_format(arena, "%d.%d", id * 31 - 500, 1 + id % 9).data;
    cells[3] = str_format(arena, "%04d-%02d-%02d", 1900 + id * 3, 1 + id % 12, 1 + id % 28).data;
    cells[4] =
        str_format(arena, "2024-%02d-%02d 23:%02d:59.%d", 1 + id % 12, 1 + id % 28, id, 5).data;
    cells[5] = str_format(arena, "%d.25", id - 20).data;
    cells[6] = id % 2 == 0 ? "true" : "false";
    for (int i = 0; i < CONTRACT_COLUMNS; i++)
        if (id % null_every[i] == 0)
            cells[i] = NULL;
}

const char *const *contract_cells(Arena *arena) {
    const char **cells = ARENA_ARRAY(arena, const char *, CONTRACT_ROW_COUNT *CONTRACT_COLUMNS);
    for (int row = 0; row < CONTRACT_ROW_COUNT; row++) /* 17 is a generator modulo 41 */
        fill_row((row + 1) * 17 % 41, cells + row * CONTRACT_COLUMNS, arena);
    return cells;
}
