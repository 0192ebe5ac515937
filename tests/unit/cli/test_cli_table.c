/* test_cli_table.c - tables on terminals of several widths, and in pipes. */
#include "unit.h"

#include "cli/cli_table.h"
#include "cli/printed.h"

static Table fruit(Arena *arena) {
    Table table = table_begin(arena);
    table_column(&table, STR("name"), TABLE_LEFT);
    table_column(&table, STR("price"), TABLE_RIGHT);
    table_column(&table, STR("note"), TABLE_LEFT);
    table_cell(&table, STR("apple"));
    table_cell(&table, STR("12"));
    table_cell(&table, STR("green, and rather sour when it is fresh"));
    table_cell(&table, STR("梨"));
    table_cell(&table, STR("3.5"));
    table_cell_dim(&table, STR("NULL"));
    return table;
}

static void assert_printed(const Table *table, size_t width, const char *expected) {
    Printed printed;
    printed_begin(&printed, width, false);
    table_print(table, &printed.screen);
    assert_str_equal(printed_text(&printed), expected);
    printed_end(&printed);
}

static void a_pipe_gets_everything(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = fruit(arena);
    assert_int_equal(table_rows(&table), 2);
    assert_printed(&table, 0,
                   "name   price  note\n"
                   "-----  -----  ---------------------------------------\n"
                   "apple     12  green, and rather sour when it is fresh\n"
                   "梨       3.5  NULL\n");
    arena_destroy(arena);
}

static void a_terminal_cuts_texts_only(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = fruit(arena);
    assert_printed(&table, 30,
                   "name   price  note\n"
                   "─────  ─────  ────────────────\n"
                   "apple     12  green, and rath…\n"
                   "梨       3.5  NULL\n");
    arena_destroy(arena);
}

static void every_line_fits_its_terminal(void **state) {
    (void)state;
    Arena *arena = arena_create();
    for (size_t width = 22; width < 80; width++) {
        Table table = fruit(arena);
        Printed printed;
        printed_begin(&printed, width, false);
        table_print(&table, &printed.screen);
        for (Str rest = printed_text(&printed); rest.length > 0;) {
            Str line;
            rest = str_cut(rest, '\n', &line);
            assert_true(screen_width(line) <= width);
            assert_false(str_ends(line, STR(" ")));
        }
        printed_end(&printed);
    }
    arena_destroy(arena);
}

static void too_narrow_for_a_table_becomes_blocks(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = fruit(arena);
    assert_printed(&table, 20,
                   "── row 1 ──\n"
                   "name   apple\n"
                   "price  12\n"
                   "note   green, and rather sour when it is fresh\n"
                   "── row 2 ──\n"
                   "name   梨\n"
                   "price  3.5\n"
                   "note   NULL\n");
    arena_destroy(arena);
}

static void many_numbers_are_never_cut(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = table_begin(arena);
    for (int c = 0; c < 10; c++)
        table_column(&table, str_format(arena, "c%d", c), TABLE_RIGHT);
    for (int c = 0; c < 10; c++)
        table_cell(&table, STR("1234567890"));
    Printed printed;
    printed_begin(&printed, 60, false);
    table_print(&table, &printed.screen);
    size_t found = 0;
    for (size_t at = 0; (at = str_find(printed_text(&printed), STR("1234567890"), at)) != SIZE_MAX;
         at++)
        found++;
    assert_int_equal(found, 10);
    printed_end(&printed);
    arena_destroy(arena);
}

static void one_long_text_does_not_push_the_others_away(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = table_begin(arena);
    table_column(&table, STR("text"), TABLE_LEFT);
    table_column(&table, STR("n"), TABLE_RIGHT);
    char endless[500];
    memset(endless, 'x', sizeof endless);
    table_cell(&table, str_make(endless, sizeof endless));
    table_cell(&table, STR("1"));
    table_cell(&table, STR("short"));
    table_cell(&table, STR("2"));
    Printed printed;
    printed_begin(&printed, 0, false);
    table_print(&table, &printed.screen);
    Str text = printed_text(&printed);
    size_t last = str_find(text, STR("short"), 0);
    assert_true(str_find(text, str_make(endless, sizeof endless), 0) != SIZE_MAX);
    assert_true(last != SIZE_MAX && text.length - last < 80);
    printed_end(&printed);
    arena_destroy(arena);
}

static void cells_are_harmless_and_heads_are_bold(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = table_begin(arena);
    table_column(&table, STR("a"), TABLE_LEFT);
    table_cell(&table, STR("x\033[31m\ny"));
    table_cell_dim(&table, STR("NULL"));
    Printed printed;
    printed_begin(&printed, 40, true);
    table_print(&table, &printed.screen);
    Str text = printed_text(&printed);
    assert_true(str_starts(text, STR("\033[1ma\033[0m\n")));
    assert_true(str_find(text, STR("\nx\\x1b[31m\\ny\n"), 0) != SIZE_MAX);
    assert_true(str_find(text, STR("\033[2mNULL\033[0m\n"), 0) != SIZE_MAX);
    printed_end(&printed);
    arena_destroy(arena);
}

static void no_rows_is_a_head_alone(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Table table = table_begin(arena);
    table_column(&table, STR("a"), TABLE_LEFT);
    table_column(&table, STR("bb"), TABLE_RIGHT);
    assert_printed(&table, 0, "a  bb\n-  --\n");
    assert_printed(&table, 20, "a  bb\n─  ──\n");
    arena_destroy(arena);
}

int suite_test_cli_table(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_everything),
        cmocka_unit_test(a_terminal_cuts_texts_only),
        cmocka_unit_test(every_line_fits_its_terminal),
        cmocka_unit_test(too_narrow_for_a_table_becomes_blocks),
        cmocka_unit_test(many_numbers_are_never_cut),
        cmocka_unit_test(one_long_text_does_not_push_the_others_away),
        cmocka_unit_test(cells_are_harmless_and_heads_are_bold),
        cmocka_unit_test(no_rows_is_a_head_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
