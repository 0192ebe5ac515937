/* server_row_source.c - the contract over a real database, when one is named.
 *
 *   LAKEHOUSE_CONTRACT_PRINT=postgresql   prints the statements that make the tables (or: mysql)
 *   LAKEHOUSE_CONTRACT_DSN=...            runs the cases over the tables of that database
 *
 * Without either there is nothing to do; tests/e2e/test_source_contract.py does both. */
#include "row_source_contract.h"

#include <stdlib.h>

#include "base/dsn.h"
#include "unit.h"

typedef struct Dialect {
    const char *name, *timestamp, *real;
    const char *odd_table; /* a value that does not fit its column's type, and how it is printed */
    const char *misfit_value;
    const char *coerced_table; /* NULL: every type has its own */
} Dialect;

static const Dialect dialects[] = {
    {.name = "postgresql",
     .timestamp = "timestamp",
     .real = "double precision",
     .odd_table = "CREATE TABLE contract_misfit (id int PRIMARY KEY, value numeric(10,2));\n"
                  "INSERT INTO contract_misfit VALUES (1, 7), (2, 'NaN'), (3, 1.5);\n",
     .misfit_value = "NaN",
     .coerced_table = "CREATE TABLE contract_coerced (id int PRIMARY KEY, value uuid);\n"
                      "INSERT INTO contract_coerced VALUES\n"
                      "  (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'), (2, NULL),\n"
                      "  (3, '6ba7b811-9dad-11d1-80b4-00c04fd430c8');\n"},
    {.name = "mysql",
     .timestamp = "datetime(6)",
     .real = "double",
     .odd_table = "SET sql_mode = '';\n"
                  "CREATE TABLE contract_misfit (id int PRIMARY KEY, value date);\n"
                  "INSERT INTO contract_misfit VALUES (1, '2024-02-29'), (2, '0000-00-00'),"
                  " (3, '1999-12-31');\n",
     .misfit_value = "0000-00-00"}};

static void print_cell(const char *text) {
    if (text == NULL) {
        printf("NULL");
        return;
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        printf("%s", text);
        return;
    }
    putchar('\'');
    for (; *text != '\0'; text++)
        printf(*text == '\'' ? "''" : "%c", *text);
    putchar('\'');
}

static void print_tables(const Dialect *dialect) {
    Arena *arena = arena_create();
    const char *const *cells = contract_cells(arena);
    for (int table = CONTRACT_ROWS; table <= CONTRACT_EMPTY; table++)
        printf("CREATE TABLE %s (id int PRIMARY KEY, name varchar(60), price decimal(10,2), born "
               "date, seen %s, ratio %s, flag boolean);\n",
               contract_table_names[table], dialect->timestamp, dialect->real);
    for (int row = 0; row < CONTRACT_ROW_COUNT; row++) {
        printf("INSERT INTO %s VALUES (", contract_table_names[CONTRACT_ROWS]);
        for (int i = 0; i < CONTRACT_COLUMNS; i++) {
            printf("%s", i == 0 ? "" : ", ");
            print_cell(cells[row * CONTRACT_COLUMNS + i]);
        }
        printf(");\n");
    }
    printf("%s%s", dialect->odd_table,
           dialect->coerced_table != NULL ? dialect->coerced_table : "");
    arena_destroy(arena);
}

static bool open_database(void *context, ContractTable table, Progress *progress, RowSource **out,
                          Err *err) {
    SourceSpec spec = {.dsn = str_c(context),
                       .table = str_c(contract_table_names[table]),
                       .types = SOURCE_EXACT,
                       .progress = progress};
    return row_source_open(&spec, out, err);
}

static int run_over(char *dsn_text) {
    Arena *arena = arena_create();
    Dsn dsn;
    Err err;
    if (!dsn_parse(str_c(dsn_text), arena, &dsn, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    const Dialect *dialect = &dialects[dsn.kind == DSN_POSTGRES ? 0 : 1];
    SourceContract contract = {.open = open_database,
                               .context = dsn_text,
                               .has_key = true,
                               .has_cursor = true,
                               .misfit_value = dialect->misfit_value,
                               .has_coercion = dialect->coerced_table != NULL};
    int failures = row_source_contract_run(&contract);
    arena_destroy(arena);
    return failures;
}

int suite_server_row_source(void) {
    const char *print = getenv("LAKEHOUSE_CONTRACT_PRINT");
    char *dsn = getenv("LAKEHOUSE_CONTRACT_DSN");
    for (size_t i = 0; print != NULL && i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(print, dialects[i].name) == 0)
            print_tables(&dialects[i]);
    return dsn != NULL ? run_over(dsn) : print == NULL; /* 1: nothing was looked at */
}
