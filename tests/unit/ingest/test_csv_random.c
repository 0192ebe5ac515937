/* test_csv_random.c - random tables, written as CSV in random ways, must come back cell by cell. */
#include "ingest_case.h"

#include "base/rng.h"
#include "base/vec.h"

typedef struct Cell {
    bool null;
    Str text;
} Cell;

typedef struct Table {
    size_t columns, rows;
    Cell *cells;
} Table;

static Str random_text(Rng *rng, const char *delimiter, Arena *arena) {
    static const char *const pieces[] = {
        "a",  "word", " ", "7", "-3.50", "\"", "\n", "\r\n", "\xC3\xA9", "\xF0\x9F\x98\x80",
        "''", "\\",   ",", ";", "\t",    "|"};
    StrBuf text = strbuf_make(arena);
    for (uint64_t i = rng_below(rng, 7); i > 0; i--) {
        uint64_t which = rng_below(rng, sizeof pieces / sizeof *pieces + 1);
        strbuf_append_c(&text, which == sizeof pieces / sizeof *pieces ? delimiter : pieces[which]);
    }
    return strbuf_str(&text);
}

static Table random_table(Rng *rng, const char *delimiter, Arena *arena) {
    Table table = {.columns = 2 + rng_below(rng, 5), .rows = 1 + rng_below(rng, 60)};
    table.cells = ARENA_ARRAY(arena, Cell, table.columns * table.rows);
    bool tame = rng_below(rng, 2) == 0; /* so that DuckDB's own reader gets its turns */
    for (size_t i = 0; i < table.columns * table.rows; i++) {
        Cell *cell = &table.cells[i];
        cell->null = rng_below(rng, 8) == 0;
        cell->text = cell->null ? STR_EMPTY
                     : tame     ? str_format(arena, "v%llu", (unsigned long long)rng_below(rng, 99))
                                : random_text(rng, delimiter, arena);
    }
    for (size_t i = 0; i < table.columns; i++) /* every column is text */
        table.cells[i] = (Cell){false, STR("text")};
    return table;
}

static bool needs_quotes(Str text, char delimiter) {
    if (text.length == 0 || text.data[0] == ' ')
        return true;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == delimiter || memchr("\"\r\n", text.data[i], 3) != NULL)
            return true;
    return false;
}

static void write_cell(Rng *rng, const Cell *cell, char delimiter, StrBuf *out) {
    if (cell->null)
        return;
    if (!needs_quotes(cell->text, delimiter) && rng_below(rng, 4) != 0) {
        strbuf_append(out, cell->text);
        return;
    }
    strbuf_append_c(out, "\"");
    for (size_t i = 0; i < cell->text.length; i++) {
        if (cell->text.data[i] == '"')
            strbuf_append_c(out, "\"");
        strbuf_append_char(out, cell->text.data[i]);
    }
    strbuf_append_c(out, "\"");
}

/* `rejects`: how many ragged rows to put in between. */
static Str write_table(Rng *rng, const Table *table, char delimiter, size_t *rejects,
                       Arena *arena) {
    StrBuf out = strbuf_make(arena);
    const char *line_end = rng_below(rng, 3) == 0 ? "\r\n" : "\n";
    bool spoil = rng_below(rng, 3) == 0;
    *rejects = 0;
    for (size_t i = 0; i < table->columns; i++)
        strbuf_append_format(&out, "%.*sname%zu", i == 0 ? 0 : 1, &delimiter, i);
    for (size_t row = 0; row < table->rows; row++) {
        strbuf_append_c(&out, line_end);
        if (spoil && rng_below(rng, 10) == 0) {
            strbuf_append_format(&out, "lonely%s", line_end);
            ++*rejects;
        }
        for (size_t i = 0; i < table->columns; i++) {
            if (i > 0)
                strbuf_append_char(&out, delimiter);
            write_cell(rng, &table->cells[row * table->columns + i], delimiter, &out);
        }
    }
    if (rng_below(rng, 2) == 0)
        strbuf_append_c(&out, line_end);
    return strbuf_str(&out);
}

static Str expected_rows(const Table *table, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < table->columns * table->rows; i++) {
        const Cell *cell = &table->cells[i];
        bool last = (i + 1) % table->columns == 0;
        Str text = cell->null ? STR("NULL") : cell->text;
        strbuf_append_format(&out, "%.*s%s", STR_ARG(text), last ? "\n" : "|");
    }
    return strbuf_str(&out);
}

static void test_random_tables(void **state) {
    IngestCase *c = *state;
    static const char *const delimiters[] = {",", ";", "\t", "|"};
    for (uint64_t seed = 1; seed <= 120; seed++) {
        Rng rng = rng_seeded(seed);
        const char *delimiter = delimiters[rng_below(&rng, 4)];
        Table table = random_table(&rng, delimiter, c->arena);
        size_t rejects;
        Str bytes = write_table(&rng, &table, *delimiter, &rejects, c->arena);
        IngestFileRequest wishes = {.mode = INGEST_REPLACE,
                                    .csv = {.delimiter = str_c(delimiter), .header = 1}};
        if (!ingest_case_try(c, "random", "x.csv", bytes, &wishes))
            fail_msg("seed %llu: %s (%s)\n%.*s", (unsigned long long)seed, c->err.message,
                     c->err.detail, STR_ARG(bytes));
        ingest_case_expect(c, table.rows + rejects, table.rows, rejects);
        Str rows = ingest_case_rows(c, "random", "FROM d");
        Str expected = expected_rows(&table, c->arena);
        if (!str_eq(rows, expected))
            fail_msg("seed %llu:\n%.*s\n---\n%.*s\n---\n%.*s", (unsigned long long)seed,
                     STR_ARG(bytes), STR_ARG(rows), STR_ARG(expected));
    }
}

int suite_test_csv_random(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_tables)};
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
