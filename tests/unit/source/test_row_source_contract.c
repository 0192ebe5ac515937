/* test_row_source_contract.c - the contract over the in-memory source. */
#include "row_source_contract.h"
#include "source/source_memory.h"
#include "unit.h"

static const MemoryColumn row_columns[CONTRACT_COLUMNS] = {
    {"id", "int", {"INTEGER"}, NULL},
    {"name", "text", {"VARCHAR"}, NULL},
    {"price", "decimal(10,2)", {"DECIMAL(10,2)", "VARCHAR"}, NULL},
    {"born", "date", {"DATE"}, NULL},
    {"seen", "timestamp", {"TIMESTAMP"}, NULL},
    {"ratio", "double", {"DOUBLE"}, NULL},
    {"flag", "bool", {"BOOLEAN"}, NULL}};

static const MemoryColumn misfit_columns[] = {
    {"id", "int", {"INTEGER"}, NULL},
    {"value", "numeric", {"INTEGER", "DECIMAL(6,2)", "VARCHAR"}, NULL}};
static const MemoryColumn text_columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                            {"value", "text", {"VARCHAR"}, NULL}};
static const MemoryColumn coerced_columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                               {"value", "uuid", {"VARCHAR"}, "uuid to VARCHAR"}};

static const char *const misfit_cells[] = {"1", "7", "2", "NaN", "3", "1.5"};
static const char *const bad_cells[] = {"1", "good", "2", "bad \xff", "3", NULL};
static const char *const coerced_cells[] = {"1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "2", NULL,
                                            "3", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"};

static const size_t key_of_id[] = {0};

static MemoryTable small_table(const MemoryColumn *columns, const char *const *cells) {
    return (MemoryTable){.columns = columns, .column_count = 2, .cells = cells, .row_count = 3};
}

static bool open_memory(void *context, ContractTable which, Progress *progress, RowSource **out,
                        Err *err) {
    (void)err;
    MemoryTable *tables = context;
    *out = source_memory_open(&tables[which], progress);
    return true;
}

int suite_test_row_source_contract(void) {
    Arena *arena = arena_create();
    MemoryTable rows = {.columns = row_columns,
                        .column_count = CONTRACT_COLUMNS,
                        .cells = contract_cells(arena),
                        .row_count = CONTRACT_ROW_COUNT,
                        .key_columns = key_of_id,
                        .key_count = 1};
    MemoryTable empty = rows;
    empty.row_count = 0;
    MemoryTable tables[CONTRACT_TABLE_COUNT] = {
        rows, empty, small_table(misfit_columns, misfit_cells),
        small_table(text_columns, bad_cells), small_table(coerced_columns, coerced_cells)};
    SourceContract contract = {.open = open_memory,
                               .context = tables,
                               .has_key = true,
                               .has_cursor = true,
                               .misfit_value = "NaN",
                               .has_bad_text = true,
                               .has_coercion = true};
    int failures = row_source_contract_run(&contract);
    arena_destroy(arena);
    return failures;
}
