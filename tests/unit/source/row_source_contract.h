/* row_source_contract.h - what every RowSource promises, as one suite of cases over a few small
 * tables.
 *
 * Whoever writes a source gives a function that opens it over one of the tables, and says what the
 * source can do; contract_cells gives the tables' content, for building them anywhere:
 *
 *   in memory, as a file     in a test of its own: fill the tables from contract_cells, then
 *                            row_source_contract_run (test_row_source_contract.c is the example)
 *   in a database            the runner makes and drops nothing. Its caller runs
 *                              LAKEHOUSE_CONTRACT_PRINT=postgresql unit_source
 * server_row_source gives the output (statements of SQL) to psql, or with `mysql` to
 * mariadb, and then runs LAKEHOUSE_CONTRACT_DSN=postgresql://... unit_source
 * server_row_source
 *
 * Threads: one. */
#ifndef TESTS_UNIT_SOURCE_ROW_SOURCE_CONTRACT_H
#define TESTS_UNIT_SOURCE_ROW_SOURCE_CONTRACT_H

#include "source/row_source.h"

typedef enum ContractTable {
    CONTRACT_ROWS,     /* id name price born seen ratio flag; 40 rows, shuffled; key: id */
    CONTRACT_EMPTY,    /* the same without rows */
    CONTRACT_MISFIT,   /* id value; the value of id 2 does not fit its column's first type */
    CONTRACT_BAD_TEXT, /* id value; the value of id 2 is not UTF-8 */
    CONTRACT_COERCED,  /* id value; three values, one of them NULL, of a type that is not stored */
    CONTRACT_TABLE_COUNT
} ContractTable;

enum { CONTRACT_COLUMNS = 7, CONTRACT_ROW_COUNT = 40 };

extern const char *const contract_table_names[CONTRACT_TABLE_COUNT];
extern const char *const contract_columns[CONTRACT_COLUMNS];
/* CONTRACT_ROW_COUNT rows of CONTRACT_COLUMNS canonical texts, NULL for NULL, in the order in which
 * they are to be inserted. They live in the arena. */
const char *const *contract_cells(Arena *arena);

typedef struct SourceContract {
    bool (*open)(void *context, ContractTable table, Progress *progress, RowSource **out, Err *err);
    void *context;
    bool has_key;             /* vouches for `id` */
    bool has_cursor;          /* cursor, cursor_end */
    const char *misfit_value; /* of id 2, as the widest type prints it; NULL: no such table */
    bool has_bad_text, has_coercion;
} SourceContract;

/* The number of cases that failed. */
int row_source_contract_run(const SourceContract *contract);

#endif
