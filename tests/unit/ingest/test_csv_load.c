/* test_csv_load.c - the checked table of a CSV file: which files DuckDB may read itself, and that
 * its reading and ours are the same. */
#include "ingest_case.h"

#include "base/rng.h"
#include "files/csv_load.h"

typedef struct Loaded {
    TextFile file;
    TextTable *table;
    RejectList rejects;
} Loaded;

static Loaded *load(IngestCase *c, Str bytes) {
    Loaded *loaded = ARENA_NEW(c->arena, Loaded);
    CsvDialect any = {.header = -1};
    loaded->file = (TextFile){.path = ingest_case_file(c, "load.csv", bytes).data,
                              .name = STR("load.csv"),
                              .size_bytes = bytes.length,
                              .budget = c->budget};
    reject_list_init(&loaded->rejects, 10, c->arena);
    assert_ok(csv_load(&loaded->file, &any, &loaded->rejects, c->arena, &loaded->table, &c->err),
              &c->err);
    return loaded;
}

static void test_who_reads(void **state) {
    IngestCase *c = *state;
    static const struct {
        const char *bytes;
        bool direct;
    } cases[] = {
        {"a,b\n1,2\n", true},
        {"a,b\r\n1,2\r\n", true},
        {"a,b\r\n1,2\r\n3,4", true},
        {"\xEF\xBB\xBF"
         "a,b\n1,\"x\ny\"\n",
         true},
        {"a;b\n\"1\";\"x\"\"y\"\n", true},
        {"a,b\n1,2\r\n3,4\n5,6\n", false}, /* line ends differ */
        {"a,b\n1,x\"y\n", false},          /* a stray quote */
        {"a,b\n1,2,\n", false},            /* a delimiter too many */
        {"a,b\n1,2\n3\n", false},          /* a reject */
        {"a,b\n", false},                  /* nothing to read */
        {"a\n1\n2\n", false},              /* empty lines would be ambiguous */
        {"a, b\n1, \"2\"\n", false},       /* blanks before quotes */
        {"a,b\r1,2\r", false},             /* CR alone */
        {"a,b\n1,x\ry\n", false},          /* CR inside */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if ((load(c, str_c(cases[i].bytes))->table->direct_from.length > 0) != cases[i].direct)
            fail_msg("'%s'", cases[i].bytes);
}

static bool print_row(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    for (size_t row = 0; row < batch->row_count; row++)
        for (size_t i = 0; i < batch->column_count; i++) {
            const RowColumn *column = &batch->columns[i];
            strbuf_append(context, row_is_null(column, row) ? STR("NULL") : row_text(column, row));
            strbuf_append_c(context, i + 1 < batch->column_count ? "|" : "\n");
        }
    return true;
}

static Str read_directly(IngestCase *c, const TextTable *table) {
    StrBuf text = strbuf_make(c->arena);
    Str sql = str_format(c->arena, "SELECT * FROM %.*s", STR_ARG(table->direct_from));
    assert_ok(duck_query(c->session, sql, NULL, print_row, &text, &c->err), &c->err);
    return strbuf_str(&text);
}

static Str read_stream(IngestCase *c, TextTable *table) {
    StrBuf text = strbuf_make(c->arena);
    RowStream *rows;
    RowBatch batch;
    assert_ok(table->open_rows(table, NULL, &rows, &c->err), &c->err);
    do {
        assert_ok(rows->next(rows, &batch, &c->err), &c->err);
        batch.column_count--; /* the line */
        assert_true(print_row(&text, &batch, &c->err));
    } while (batch.row_count > 0);
    rows->close(rows);
    return strbuf_str(&text);
}

static Str random_csv(Rng *rng, Arena *arena) {
    static const char *const fields[] = {
        "1",          "",         "\"\"",     "word",  "\"a,b\"", "\"two\nlines\"",
        "\"q\"\"q\"", "\"\"\"\"", "\xC3\xA9", "-5.25", "a b",     "\"x\r\ny\"",
        "'",          "\\",       "#"};
    StrBuf text = strbuf_make(arena);
    const char *line_end = rng_below(rng, 2) == 0 ? "\n" : "\r\n";
    strbuf_append_format(&text, "a,b,c%s", line_end);
    for (uint64_t rows = 1 + rng_below(rng, 200); rows > 0; rows--)
        for (int i = 0; i < 3; i++)
            strbuf_append_format(&text, "%s%s",
                                 fields[rng_below(rng, sizeof fields / sizeof *fields)],
                                 i < 2 ? "," : line_end);
    return strbuf_str(&text);
}

static void test_both_readers_agree(void **state) {
    IngestCase *c = *state;
    size_t direct = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Rng rng = rng_seeded(seed);
        Str bytes = random_csv(&rng, c->arena);
        Loaded *loaded = load(c, bytes);
        if (loaded->table->direct_from.length == 0)
            continue;
        direct++;
        Str theirs = read_directly(c, loaded->table), ours = read_stream(c, loaded->table);
        if (!str_eq(theirs, ours))
            fail_msg("seed %llu:\n%.*s\n--- theirs\n%.*s--- ours\n%.*s", (unsigned long long)seed,
                     STR_ARG(bytes), STR_ARG(theirs), STR_ARG(ours));
    }
    assert_true(direct > 100);
}

int suite_test_csv_load(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_reads),
        cmocka_unit_test(test_both_readers_agree),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
