/* cli_table.h - rows and columns as people read them.
 *
 *     Table table = table_begin(arena);
 *     table_column(&table, STR("name"), TABLE_LEFT);
 *     table_column(&table, STR("rows"), TABLE_RIGHT);
 *     table_cell(&table, name);                        row after row
 *     table_cell(&table, screen_count(rows, arena));
 *     table_print(&table, &cli->out);
 *
 * On a terminal a table fits its width: long texts are cut with "…", numbers never; when there is
 * no room for that, each row becomes a block of "column  value" lines. Anywhere else nothing is cut
 * and nothing is coloured. Programs are better served by --json and --format.
 *
 * Ownership: texts are borrowed; the rest lives in the arena.   Threads: one at a time. */
#ifndef CLI_CLI_TABLE_H
#define CLI_CLI_TABLE_H

#include "base/vec.h"
#include "cli/screen.h"

typedef enum TableAlign { TABLE_LEFT, TABLE_RIGHT } TableAlign;

typedef struct TableColumn {
    Str title;
    TableAlign align;
} TableColumn;

typedef struct TableCell {
    Str text; /* clean */
    bool dim;
} TableCell;

typedef struct Table {
    Arena *arena;
    VEC(TableColumn) columns;
    VEC(TableCell) cells;
} Table;

Table table_begin(Arena *arena);
void table_column(Table *table, Str title, TableAlign align); /* all columns before any cell */
void table_cell(Table *table, Str text);
void table_cell_dim(Table *table, Str text); /* what is not a value: NULL */
size_t table_rows(const Table *table);
void table_print(const Table *table, const Screen *screen);

#endif
