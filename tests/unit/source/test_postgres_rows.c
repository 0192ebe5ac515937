/* test_postgres_rows.c - the PostgreSQL source over a scripted connection: what it asks, in which
 * order, and what it makes of the answers. */
#include "unit.h"

#include "postgres_wire.h"
#include "source/postgres_rows.h"

enum { PIECES_MAX = 16, CELLS_MAX = 40 };

/* What the server would answer to a statement that holds `part`. */
typedef struct Answer {
    const char *part;
    size_t rows, columns;
    const char *cells[CELLS_MAX];
    FailKind fails;
} Answer;

typedef struct Script {
    PgClient base;
    Arena *arena;
    const Answer *answers; /* ended by part == NULL */
    PgField fields[4];
    size_t field_count;
    Str pieces[PIECES_MAX];
    size_t piece_count, next_piece;
    bool late_error;
    StrBuf log; /* statements, one a line */
    int closed, stopped;
} Script;

static Script *script_of(PgClient *client) {
    return (Script *)client;
}

static void note(Script *script, const char *sql) {
    strbuf_append_format(&script->log, "%s\n", sql);
}

static bool was_asked(const Script *script, const char *part) {
    return str_find(strbuf_str(&script->log), str_c(part), 0) != SIZE_MAX;
}

static const Answer *find_answer(const Script *script, const char *sql) {
    for (const Answer *answer = script->answers; answer->part != NULL; answer++)
        if (strstr(sql, answer->part) != NULL)
            return answer;
    return NULL;
}

static bool fake_run(PgClient *client, const char *sql, Err *err) {
    (void)err;
    note(script_of(client), sql);
    return true;
}

static bool fake_query(PgClient *client, const char *sql, const Str *params, size_t param_count,
                       Arena *arena, PgTable *out, Err *err) {
    Script *script = script_of(client);
    (void)params, (void)param_count;
    note(script, sql);
    const Answer *answer = find_answer(script, sql);
    if (answer == NULL) {
        *out = (PgTable){0};
        return true;
    }
    if (answer->fails != FAIL_NONE)
        return err_fail(err, answer->fails, "scripted");
    Str *cells = ARENA_ARRAY(arena, Str, answer->rows * answer->columns);
    for (size_t i = 0; i < answer->rows * answer->columns; i++)
        if (answer->cells[i] != NULL)
            cells[i] = str_dup(arena, str_c(answer->cells[i]));
    *out = (PgTable){answer->rows, answer->columns, cells};
    return true;
}

static bool fake_describe(PgClient *client, const char *sql, Arena *arena, PgField **out,
                          size_t *out_count, Err *err) {
    Script *script = script_of(client);
    note(script, sql);
    const Answer *answer = find_answer(script, sql);
    if (answer != NULL && answer->fails != FAIL_NONE)
        return err_fail(err, answer->fails, "scripted");
    *out = ARENA_ARRAY(arena, PgField, script->field_count);
    memcpy(*out, script->fields, script->field_count * sizeof **out);
    *out_count = script->field_count;
    return true;
}

static bool fake_copy_begin(PgClient *client, const char *sql, Err *err) {
    (void)err;
    note(script_of(client), sql);
    script_of(client)->next_piece = 0;
    return true;
}

static bool fake_copy_read(PgClient *client, Str *out_chunk, Err *err) {
    Script *script = script_of(client);
    if (script->next_piece < script->piece_count) {
        *out_chunk = script->pieces[script->next_piece++];
        return true;
    }
    if (script->late_error)
        return err_fail(err, FAIL_UPSTREAM, "scripted late error");
    *out_chunk = STR_EMPTY;
    return true;
}

static void fake_copy_stop(PgClient *client) {
    script_of(client)->stopped++;
}

static void fake_close(PgClient *client) {
    script_of(client)->closed++;
}

static const PgClientOps fake_ops = {.run = fake_run,
                                     .query = fake_query,
                                     .describe = fake_describe,
                                     .copy_begin = fake_copy_begin,
                                     .copy_read = fake_copy_read,
                                     .copy_stop = fake_copy_stop,
                                     .close = fake_close};

/* orders (id integer primary key, price numeric(6,2), token uuid) */
static const Answer orders_answers[] = {
    {"to_regclass", 1, 4, {"16385", "r", "public.orders", "f"}, FAIL_NONE},
    {"format_type",
     3,
     5,
     {"integer", "integer", "f", "f", "t", "numeric(6,2)", "numeric", "f", "f", "f", "uuid", "uuid",
      "f", "f", "t"},
     FAIL_NONE},
    {"pg_index", 3, 3, {"7", "2", "t", "7", "1", "f", "9", "1", "t"}, FAIL_NONE},
    {"EXPLAIN", 1, 1, {"Seq Scan on orders q  (cost=0.00..155.00 rows=12345 width=4)"}, FAIL_NONE},
    {"ORDER BY q.c1 DESC", 1, 2, {"41", "2"}, FAIL_NONE},
    {NULL, 0, 0, {NULL}, FAIL_NONE}};

static void open_script(Script *script, const Answer *answers) {
    *script = (Script){.base = {&fake_ops, 150000, STR("15.0")},
                       .arena = arena_create(),
                       .answers = answers,
                       .fields = {{STR("id"), 23, -1, 1},
                                  {STR("price"), 1700, (6 << 16 | 2) + 4, 2},
                                  {STR("token"), 2950, -1, 3}},
                       .field_count = 3};
    script->log = strbuf_make(script->arena);
}

static RowSource *open_orders(Script *script) {
    Err err = {0};
    RowSource *source = NULL;
    SourceSpec spec = {.table = STR("orders")};
    open_script(script, orders_answers);
    assert_ok(postgres_rows_open(&script->base, &spec, STR("postgresql://h/db"), &source, &err),
              &err);
    return source;
}

static RowBuilder *make_builder(const RowSource *source, size_t capacity) {
    RowBatch schema = row_source_schema(source);
    return row_builder_create(&schema, capacity);
}

/* One COPY stream of `count` rows, one row a piece; price[i] NULL: NaN. */
static void script_rows(Script *script, const char *const *prices, size_t count) {
    StrBuf out = strbuf_make(script->arena);
    wire_header(&out);
    script->piece_count = 0;
    for (size_t i = 0; i < count; i++) {
        wire_row(&out, 3);
        wire_number(&out, i + 1, 4);
        wire_value(&out, prices[i] != NULL ? wire_numeric(str_c(prices[i]), script->arena)
                                           : (Str){"\0\0\0\0\xC0\0\0\0", 8});
        if (i % 2 == 0)
            wire_value(&out, STR("0123456789abcdef"));
        else
            wire_null(&out);
        script->pieces[script->piece_count++] = str_dup(script->arena, strbuf_str(&out));
        strbuf_clear(&out);
    }
    wire_trailer(&out);
    script->pieces[script->piece_count++] = str_dup(script->arena, strbuf_str(&out));
}

static void test_open_describes_the_table(void **state) {
    (void)state;
    Script script;
    RowSource *source = open_orders(&script);
    assert_str_equal(source->relation, "public.orders");
    assert_str_equal(source->shown, "postgresql://h/db");
    assert_str_equal(source->system_version, "15.0");
    assert_int_equal(source->rows_estimated, 12345);
    assert_true(source->consistent);
    assert_int_equal(source->column_count, 3);
    assert_str_equal(source->columns[1].source_type, "numeric(6,2)");
    assert_str_equal(source->columns[1].type, "DECIMAL(6,2)");
    assert_false(source->columns[0].nullable);
    assert_true(source->columns[1].nullable);
    /* Index 7 has a nullable column; 9 will do. */
    assert_int_equal(source->key_count, 1);
    assert_int_equal(source->key_columns[0], 0);
    assert_true(was_asked(&script, "SELECT * FROM public.orders AS q(c1, c2, c3) LIMIT 0"));
    row_source_close(source);
    assert_int_equal(script.closed, 1);
    arena_destroy(script.arena);
}

static void test_reads_to_the_end(void **state) {
    (void)state;
    Script script;
    Err err = {0};
    RowSource *source = open_orders(&script);
    RowBuilder *rows = make_builder(source, 2);
    static const char *const prices[] = {"1.50", "-9999.99", "0"};
    script_rows(&script, prices, 3);
    for (int pass = 0; pass < 2; pass++) { /* a second start shows the same */
        assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
        assert_ok(row_source_next(source, rows, &err), &err);
        assert_int_equal(row_builder_batch(rows).row_count, 2);
        assert_ok(row_source_next(source, rows, &err), &err);
        RowBatch batch = row_builder_batch(rows);
        assert_int_equal(batch.row_count, 1);
        assert_int_equal(((const int32_t *)batch.columns[0].values)[0], 3);
        assert_ok(row_source_next(source, rows, &err), &err);
        assert_int_equal(row_builder_batch(rows).row_count, 0);
        assert_int_equal(source->coercion_count, 1);
        assert_str_equal(source->coercions[0].rule, "uuid to VARCHAR");
        assert_int_equal(source->coercions[0].count, 2);
    }
    row_builder_destroy(rows);
    row_source_close(source);
    arena_destroy(script.arena);
}

static void test_late_errors_are_seen(void **state) {
    (void)state;
    Script script;
    Err err = {0};
    RowSource *source = open_orders(&script);
    RowBuilder *rows = make_builder(source, 8);
    static const char *const prices[] = {"1"};
    script_rows(&script, prices, 1);
    script.late_error = true;
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_UPSTREAM);
    script.late_error = false;
    script.piece_count--; /* the trailer never comes */
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_UPSTREAM);
    row_builder_destroy(rows);
    row_source_close(source);
    arena_destroy(script.arena);
}

static void test_misfit_widens_in_the_same_snapshot(void **state) {
    (void)state;
    Script script;
    Err err = {0};
    RowSource *source = open_orders(&script);
    RowBuilder *rows = make_builder(source, 8);
    static const char *const prices[] = {"1.50", NULL};
    script_rows(&script, prices, 2);
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_UNPROCESSABLE);
    assert_true(source->misfit.found);
    assert_int_equal(source->misfit.column, 1);
    assert_str_equal(source->misfit.reason, "NaN");
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_INTERNAL); /* start again first */
    assert_ok(row_source_widen(source, 1, &err), &err);
    assert_str_equal(source->columns[1].type, "VARCHAR");
    assert_int_equal(source->shapes[1].type, COLUMN_UTF8);
    strbuf_clear(&script.log);
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_false(source->misfit.found);
    assert_true(str_starts(strbuf_str(&script.log), STR("ROLLBACK TO SAVEPOINT")));
    assert_true(was_asked(&script, "q.c2::pg_catalog.text"));
    assert_false(was_asked(&script, "BEGIN"));
    assert_fails(row_source_widen(source, 1, &err), &err, FAIL_UNPROCESSABLE);
    row_builder_destroy(rows);
    row_source_close(source);
    arena_destroy(script.arena);
}

static void test_ranges(void **state) {
    (void)state;
    Script script;
    Err err = {0};
    RowSource *source = open_orders(&script);
    Str after[] = {STR("17")};
    SourceRange range = {.by_key = true, .after = after, .cursor = STR("price")};
    assert_ok(row_source_start(source, &range, &err), &err);
    assert_true(was_asked(&script, "WHERE (q.c1) > ('17'::integer) ORDER BY q.c1)"));
    range.cursor = STR("nothing");
    assert_fails(row_source_start(source, &range, &err), &err, FAIL_UNPROCESSABLE);
    assert_string_equal(err.field, "cursor");
    Str max = STR_EMPTY;
    bool any = false;
    uint64_t nulls = 0;
    assert_ok(row_source_cursor_end(source, STR("id"), script.arena, &max, &any, &nulls, &err),
              &err);
    assert_str_equal(max, "41");
    assert_true(any);
    assert_int_equal(nulls, 2);
    row_source_close(source);
    arena_destroy(script.arena);
}

typedef struct Rejects {
    uint64_t rows[4];
    size_t count, allowed;
} Rejects;

static bool take_reject(void *context, uint64_t row, Str column, Str reason) {
    Rejects *rejects = context;
    assert_str_equal(column, "note");
    assert_str_equal(reason, "text that is not valid UTF-8");
    rejects->rows[rejects->count++] = row;
    return rejects->count <= rejects->allowed;
}

static const Answer notes_answers[] = {
    {"format_type", 1, 5, {"text", "text", "f", "f", "f"}, FAIL_NONE},
    {NULL, 0, 0, {NULL}, FAIL_NONE}};

static void test_rows_are_left_out_one_by_one(void **state) {
    (void)state;
    Script script;
    Err err = {0};
    RowSource *source = NULL;
    open_script(&script, notes_answers);
    script.fields[0] = (PgField){STR("note"), 25, -1, 0};
    script.field_count = 1;
    SourceSpec spec = {.query = STR("SELECT note FROM t; ")};
    assert_ok(postgres_rows_open(&script.base, &spec, STR_EMPTY, &source, &err), &err);
    assert_str_equal(source->relation, "");
    assert_int_equal(source->key_count, 0);
    StrBuf out = strbuf_make(script.arena);
    wire_header(&out);
    static const char *const texts[] = {"a", "\xFF", "b", "\xC3"};
    for (size_t i = 0; i < 4; i++) {
        wire_row(&out, 1);
        wire_value(&out, str_c(texts[i]));
    }
    wire_trailer(&out);
    script.pieces[0] = strbuf_str(&out); /* many rows in one piece */
    script.piece_count = 1;
    RowBuilder *rows = make_builder(source, 8);
    Rejects rejects = {.allowed = 2};
    source->on_reject = take_reject;
    source->reject_context = &rejects;
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_ok(row_source_next(source, rows, &err), &err);
    assert_int_equal(row_builder_batch(rows).row_count, 2);
    assert_int_equal(rejects.count, 2);
    assert_int_equal(rejects.rows[0], 2);
    assert_int_equal(rejects.rows[1], 4);
    rejects = (Rejects){.allowed = 1};
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_UNPROCESSABLE);
    source->on_reject = NULL;
    assert_ok(row_source_start(source, &(SourceRange){0}, &err), &err);
    assert_fails(row_source_next(source, rows, &err), &err, FAIL_UNPROCESSABLE);
    assert_fails(row_source_start(source, &(SourceRange){.by_key = true}, &err), &err,
                 FAIL_INVALID);
    row_builder_destroy(rows);
    row_source_close(source);
    arena_destroy(script.arena);
}

static void expect_refused(const Answer *answers, const SourceSpec *spec, FailKind kind,
                           const char *field) {
    Script script;
    Err err = {0};
    RowSource *source = NULL;
    open_script(&script, answers);
    assert_fails(postgres_rows_open(&script.base, spec, STR_EMPTY, &source, &err), &err, kind);
    assert_string_equal(err.field, field);
    assert_int_equal(script.closed, 1);
    assert_null(source);
    arena_destroy(script.arena);
}

static void test_what_cannot_be_read(void **state) {
    (void)state;
    const SourceSpec table = {.table = STR("Orders")};
    const SourceSpec query = {.query = STR("DELETE FROM t")};
    const SourceSpec empty = {.query = STR(" ; ")};
    static const Answer none[] = {{NULL, 0, 0, {NULL}, FAIL_NONE}};
    static const Answer index[] = {
        {"to_regclass", 1, 4, {"16385", "i", "public.orders", "f"}, FAIL_NONE},
        {NULL, 0, 0, {NULL}, FAIL_NONE}};
    static const Answer denied[] = {
        {"to_regclass", 1, 4, {"16385", "v", "public.orders", "f"}, FAIL_NONE},
        {"LIMIT 0", 0, 0, {NULL}, FAIL_DENIED},
        {NULL, 0, 0, {NULL}, FAIL_NONE}};
    static const Answer syntax[] = {{"DELETE", 0, 0, {NULL}, FAIL_UNPROCESSABLE},
                                    {NULL, 0, 0, {NULL}, FAIL_NONE}};
    expect_refused(none, &table, FAIL_NOT_FOUND, "table");
    expect_refused(index, &table, FAIL_INVALID, "table");
    expect_refused(denied, &table, FAIL_DENIED, "table");
    expect_refused(syntax, &query, FAIL_UNPROCESSABLE, "query");
    expect_refused(none, &empty, FAIL_INVALID, "query");
    expect_refused(none, &query, FAIL_UPSTREAM, ""); /* a catalog without the types */
}

int suite_test_postgres_rows(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_describes_the_table),
        cmocka_unit_test(test_reads_to_the_end),
        cmocka_unit_test(test_late_errors_are_seen),
        cmocka_unit_test(test_misfit_widens_in_the_same_snapshot),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_rows_are_left_out_one_by_one),
        cmocka_unit_test(test_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
