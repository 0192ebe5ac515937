/* row_source_contract.c - see row_source_contract.h. */
#include "row_source_contract.h"

#include "base/vec.h"
#include "source/canonical_text.h"
#include "unit.h"

enum { BATCH_ROWS = 7 };

/* Of the run under way: cmocka hands a state to each case, and no more. */
typedef struct Case {
    const SourceContract *contract;
    Arena *arena;
    const char *const *cells;
    Progress progress;
    Err err;
} Case;

/* Rows as they came: canonical texts, data NULL for NULL. */
typedef struct Rows {
    VEC(Str) cells;
    size_t row_count, columns;
    VEC(Str) positions; /* of the last row of each batch: the key's texts */
    VEC(size_t) ends;   /* rows up to and with each batch */
} Rows;

static RowSource *open_table(Case *c, ContractTable table) {
    RowSource *source = NULL;
    assert_ok(c->contract->open(c->contract->context, table, &c->progress, &source, &c->err),
              &c->err);
    assert_non_null(source);
    return source;
}

static void take_batch(Case *c, const RowBatch *batch, Rows *out) {
    for (size_t row = 0; row < batch->row_count; row++)
        for (size_t i = 0; i < batch->column_count; i++) {
            StrBuf text = strbuf_make(c->arena);
            bool is_null = row_is_null(&batch->columns[i], row);
            if (!is_null)
                canonical_from_row(&batch->columns[i], row, &text);
            Str value = str_dup(c->arena, strbuf_str(&text));
            *vec_push(&out->cells, c->arena) = is_null ? (Str){NULL, 0} : value;
        }
    out->row_count += batch->row_count;
    out->columns = batch->column_count;
}

static bool read_rows(Case *c, RowSource *source, const SourceRange *range, Rows *out) {
    RowBatch schema = row_source_schema(source);
    RowBuilder *rows = row_builder_create(&schema, BATCH_ROWS);
    *out = (Rows){0};
    bool ok = row_source_start(source, range, &c->err), more = ok;
    while (more) {
        ok = row_source_next(source, rows, &c->err);
        RowBatch batch = ok ? row_builder_batch(rows) : (RowBatch){0};
        more = ok && batch.row_count > 0;
        if (!more)
            break;
        assert_true(batch.row_count <= BATCH_ROWS);
        take_batch(c, &batch, out);
        *vec_push(&out->ends, c->arena) = out->row_count;
        if (source->key_count == 1) {
            Str position;
            assert_ok(row_source_position(source, &batch, c->arena, &position, &c->err), &c->err);
            *vec_push(&out->positions, c->arena) = position;
        }
    }
    row_builder_destroy(rows);
    return ok;
}

static Rows must_read(Case *c, RowSource *source, const SourceRange *range) {
    Rows rows;
    assert_ok(read_rows(c, source, range, &rows), &c->err);
    return rows;
}

/* ids may be SQL's int, bigint or a file's text: they print the same. */
static uint64_t id_of(const Rows *rows, size_t row) {
    uint64_t id = 0;
    assert_true(str_to_u64(rows->cells.items[row * rows->columns], &id));
    return id;
}

/* Row `row` of what came is the one of the table with its id, cell by cell. */
static void expect_row(Case *c, const Rows *rows, size_t row) {
    uint64_t id = id_of(rows, row);
    size_t at = 0;
    while (at < CONTRACT_ROW_COUNT &&
           !str_eq_c(rows->cells.items[row * rows->columns], c->cells[at * CONTRACT_COLUMNS]))
        at++;
    assert_in_range(at, 0, CONTRACT_ROW_COUNT - 1);
    for (size_t i = 0; i < CONTRACT_COLUMNS; i++) {
        const char *expected = c->cells[at * CONTRACT_COLUMNS + i];
        Str found = rows->cells.items[row * CONTRACT_COLUMNS + i];
        bool same =
            expected == NULL ? found.data == NULL : found.data != NULL && str_eq_c(found, expected);
        if (!same)
            fail_msg("id %d, column %s: '%.*s', not '%s'", (int)id, contract_columns[i],
                     STR_ARG(found), expected == NULL ? "NULL" : expected);
    }
}

/* Exactly the ids from..40, each once; in order when by key. */
static void expect_ids(Case *c, const Rows *rows, uint64_t from, bool by_key) {
    assert_int_equal(rows->row_count, CONTRACT_ROW_COUNT + 1 - from);
    bool seen[CONTRACT_ROW_COUNT + 1] = {false};
    for (size_t row = 0; row < rows->row_count; row++) {
        uint64_t id = id_of(rows, row);
        assert_in_range(id, from, CONTRACT_ROW_COUNT);
        assert_false(seen[id]);
        seen[id] = true;
        assert_true(!by_key || id == from + row);
        expect_row(c, rows, row);
    }
}

static void it_describes_its_table(void **state) {
    Case *c = *state;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    assert_int_equal(source->column_count, CONTRACT_COLUMNS);
    for (size_t i = 0; i < CONTRACT_COLUMNS; i++) {
        assert_str_equal(source->columns[i].name, contract_columns[i]);
        assert_str_equal(source->shapes[i].name, contract_columns[i]);
        assert_true(source->columns[i].type.length > 0);
        assert_true(source->columns[i].source_type.length > 0);
    }
    assert_true(source->ops->system[0] != '\0');
    assert_true(source->shown.length > 0);
    if (c->contract->has_key) {
        assert_int_equal(source->key_count, 1);
        assert_int_equal(source->key_columns[0], 0);
    }
    row_source_close(source);
}

static void every_row_comes_once(void **state) {
    Case *c = *state;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    Rows rows = must_read(c, source, &(SourceRange){0});
    expect_ids(c, &rows, 1, false);
    assert_false(source->misfit.found);
    row_source_close(source);
}

static void a_start_shows_the_same_again(void **state) {
    Case *c = *state;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    for (int round = 0; round < 3; round++) {
        Rows rows = must_read(c, source, &(SourceRange){0});
        expect_ids(c, &rows, 1, false);
    }
    /* one that was not read to its end, too */
    RowBatch schema = row_source_schema(source);
    RowBuilder *first = row_builder_create(&schema, BATCH_ROWS);
    for (int round = 0; round < 2; round++) {
        assert_ok(row_source_start(source, &(SourceRange){0}, &c->err), &c->err);
        assert_ok(row_source_next(source, first, &c->err), &c->err);
        assert_in_range(first->row_count, 1, BATCH_ROWS);
    }
    row_builder_destroy(first);
    Rows rows = must_read(c, source, &(SourceRange){.by_key = c->contract->has_key});
    expect_ids(c, &rows, 1, c->contract->has_key);
    row_source_close(source);
}

static void an_empty_table_ends_at_once(void **state) {
    Case *c = *state;
    RowSource *source = open_table(c, CONTRACT_EMPTY);
    assert_int_equal(source->column_count, CONTRACT_COLUMNS);
    Rows rows = must_read(c, source, &(SourceRange){0});
    assert_int_equal(rows.row_count, 0);
    if (c->contract->has_key) {
        rows = must_read(c, source, &(SourceRange){.by_key = true});
        assert_int_equal(rows.row_count, 0);
    }
    row_source_close(source);
}

static void by_key_it_goes_on_behind_any_batch(void **state) {
    Case *c = *state;
    if (!c->contract->has_key)
        return;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    Rows all = must_read(c, source, &(SourceRange){.by_key = true});
    expect_ids(c, &all, 1, true);
    for (size_t i = 0; i < all.positions.count; i++) {
        SourceRange range = {.by_key = true, .after = &all.positions.items[i]};
        Rows rest = must_read(c, source, &range);
        expect_ids(c, &rest, all.ends.items[i] + 1, true);
    }
    /* positions of a source opened anew are the same texts */
    row_source_close(source);
    source = open_table(c, CONTRACT_ROWS);
    SourceRange range = {.by_key = true, .after = &all.positions.items[1]};
    Rows rest = must_read(c, source, &range);
    expect_ids(c, &rest, all.ends.items[1] + 1, true);
    row_source_close(source);
}

static void a_cursor_leaves_out_what_was_there(void **state) {
    Case *c = *state;
    if (!c->contract->has_cursor)
        return;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    SourceRange range = {.cursor = STR("id"), .cursor_from = STR("20"), .has_cursor_from = true};
    Rows rows = must_read(c, source, &range);
    expect_ids(c, &rows, 21, false);
    range.cursor_inclusive = true;
    rows = must_read(c, source, &range);
    expect_ids(c, &rows, 20, false);
    range.has_cursor_from = false; /* the first load of an increment: all */
    rows = must_read(c, source, &range);
    expect_ids(c, &rows, 1, false);
    if (c->contract->has_key) {
        Str after = STR("30");
        SourceRange both = {.by_key = true,
                            .after = &after,
                            .cursor = STR("id"),
                            .cursor_from = STR("20"),
                            .has_cursor_from = true};
        rows = must_read(c, source, &both);
        expect_ids(c, &rows, 31, true);
    }
    row_source_close(source);
}

static void cursor_end_is_where_the_next_begins(void **state) {
    Case *c = *state;
    if (!c->contract->has_cursor)
        return;
    Str greatest;
    bool any;
    uint64_t nulls;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    assert_ok(row_source_cursor_end(source, STR("id"), c->arena, &greatest, &any, &nulls, &c->err),
              &c->err);
    assert_true(any);
    assert_str_equal(greatest, "40");
    assert_int_equal(nulls, 0);
    static const char *const with_nulls[] = {"seen", "born", "price"};
    static const uint64_t null_counts[] = {6, 3, 5};
    for (size_t i = 0; i < ARRAY_LEN(with_nulls); i++) {
        Str column = str_c(with_nulls[i]);
        assert_ok(row_source_cursor_end(source, column, c->arena, &greatest, &any, &nulls, &c->err),
                  &c->err);
        assert_true(any);
        assert_int_equal(nulls, null_counts[i]);
        SourceRange range = {.cursor = column, .cursor_from = greatest, .has_cursor_from = true};
        Rows rows = must_read(c, source, &range);
        assert_int_equal(rows.row_count, 0);
        range.cursor_inclusive = true;
        rows = must_read(c, source, &range);
        assert_int_equal(rows.row_count, 1);
    }
    assert_false(
        row_source_cursor_end(source, STR("nope"), c->arena, &greatest, &any, &nulls, &c->err));
    assert_true(c->err.message[0] != '\0');
    row_source_close(source);
    source = open_table(c, CONTRACT_EMPTY);
    assert_ok(row_source_cursor_end(source, STR("id"), c->arena, &greatest, &any, &nulls, &c->err),
              &c->err);
    assert_false(any);
    row_source_close(source);
}

/* Of the tables with columns id, value: the value of that id. */
static Str value_of(const Rows *rows, uint64_t id) {
    for (size_t row = 0; row < rows->row_count; row++)
        if (id_of(rows, row) == id)
            return rows->cells.items[row * 2 + 1];
    fail_msg("no row with id %d", (int)id);
    return STR_EMPTY;
}

static void a_misfit_is_widened_until_it_fits(void **state) {
    Case *c = *state;
    if (c->contract->misfit_value == NULL)
        return;
    RowSource *source = open_table(c, CONTRACT_MISFIT);
    Rows rows;
    int widenings = 0;
    for (; !read_rows(c, source, &(SourceRange){0}, &rows); widenings++) {
        assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
        assert_true(source->misfit.found);
        assert_int_equal(source->misfit.column, 1);
        assert_true(source->misfit.reason.length > 0);
        assert_in_range(widenings, 0, 5);
        assert_ok(row_source_widen(source, 1, &c->err), &c->err);
    }
    assert_in_range(widenings, 1, 5);
    assert_int_equal(rows.row_count, 3);
    assert_str_equal(value_of(&rows, 2), c->contract->misfit_value);
    while (row_source_widen(source, 1, &c->err)) /* the chain ends */
        assert_in_range(++widenings, 0, 9);
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    row_source_close(source);
}

static bool count_reject(void *context, uint64_t row, Str column, Str reason) {
    assert_true(row > 0);
    assert_str_equal(column, "value");
    assert_true(reason.length > 0);
    ++*(size_t *)context;
    return true;
}

static void what_no_type_helps_is_rejected(void **state) {
    Case *c = *state;
    if (!c->contract->has_bad_text)
        return;
    RowSource *source = open_table(c, CONTRACT_BAD_TEXT);
    Rows rows;
    assert_false(read_rows(c, source, &(SourceRange){0}, &rows)); /* nobody to tell: an error */
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    size_t rejects = 0;
    source->on_reject = count_reject;
    source->reject_context = &rejects;
    rows = must_read(c, source, &(SourceRange){0});
    assert_int_equal(rows.row_count, 2);
    assert_int_equal(rejects, 1);
    row_source_close(source);
}

static void coercions_are_counted(void **state) {
    Case *c = *state;
    if (!c->contract->has_coercion)
        return;
    RowSource *source = open_table(c, CONTRACT_COERCED);
    for (int round = 0; round < 2; round++) { /* of the last start, not of all */
        Rows rows = must_read(c, source, &(SourceRange){0});
        assert_int_equal(rows.row_count, 3);
        assert_int_equal(source->coercion_count, 1);
        assert_str_equal(source->coercions[0].column, "value");
        assert_true(source->coercions[0].rule.length > 0);
        assert_int_equal(source->coercions[0].count, 2);
    }
    row_source_close(source);
}

static void it_stops_when_told(void **state) {
    Case *c = *state;
    RowSource *source = open_table(c, CONTRACT_ROWS);
    atomic_store(&c->progress.cancel, true);
    Rows rows;
    assert_false(read_rows(c, source, &(SourceRange){0}, &rows));
    assert_int_equal(c->err.kind, FAIL_CANCELLED);
    row_source_close(source);
}

static const SourceContract *contract_of_run; /* set by row_source_contract_run, read by set_up */

static int set_up(void **state) {
    Arena *arena = arena_create();
    Case *c = ARENA_NEW(arena, Case);
    c->contract = contract_of_run;
    c->arena = arena;
    c->cells = contract_cells(arena);
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    arena_destroy(c->arena);
    return 0;
}

int row_source_contract_run(const SourceContract *contract) {
    contract_of_run = contract;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_describes_its_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_row_comes_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_shows_the_same_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_table_ends_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(by_key_it_goes_on_behind_any_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cursor_leaves_out_what_was_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cursor_end_is_where_the_next_begins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_misfit_is_widened_until_it_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_no_type_helps_is_rejected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(coercions_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_stops_when_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
