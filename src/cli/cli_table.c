/* cli_table.c - measure, fit, print.
 *
 * Fitting shares a terminal's width the way water fills a vessel: narrow columns get all they want,
 * the wide ones what is left, in equal parts. Columns of numbers are never cut, since a cut number
 * is a wrong number.
 *
 * Without a terminal every value is printed whole; a column pads to at most PAD_MOST, so that one
 * long text does not push the rest of all rows out of sight.
 *
 * Tested by: tests/unit/cli/test_cli_table.c. */
#include "cli/cli_table.h"

#include <assert.h>

enum { GAP = 2, TEXT_LEAST = 8, PAD_MOST = 60 };

Table table_begin(Arena *arena) {
    return (Table){.arena = arena};
}

void table_column(Table *table, Str title, TableAlign align) {
    assert(table->cells.count == 0);
    *vec_push(&table->columns, table->arena) =
        (TableColumn){screen_clean(title, table->arena), align};
}

void table_cell(Table *table, Str text) {
    *vec_push(&table->cells, table->arena) = (TableCell){screen_clean(text, table->arena), false};
}

void table_cell_dim(Table *table, Str text) {
    *vec_push(&table->cells, table->arena) = (TableCell){screen_clean(text, table->arena), true};
}

size_t table_rows(const Table *table) {
    assert(table->columns.count > 0 && table->cells.count % table->columns.count == 0);
    return table->cells.count / table->columns.count;
}

/* --- fitting --------------------------------------------------------------------------------- */

static size_t *measure(const Table *table) {
    size_t count = table->columns.count;
    assert(count > 0);
    size_t *widths = ARENA_ARRAY(table->arena, size_t, count);
    for (size_t c = 0; c < count; c++)
        widths[c] = screen_width(table->columns.items[c].title);
    for (size_t i = 0; i < table->cells.count; i++) {
        size_t width = screen_width(table->cells.items[i].text);
        if (width > widths[i % count])
            widths[i % count] = width;
    }
    return widths;
}

/* Cuts the widths of texts so that a line fits; false when there is no room even so. */
static bool fit(const Table *table, size_t *widths, size_t line) {
    size_t count = table->columns.count;
    size_t fixed = GAP * (count - 1), texts = 0, wanted = 0, widest = 0;
    for (size_t c = 0; c < count; c++) {
        if (table->columns.items[c].align == TABLE_RIGHT) {
            fixed += widths[c];
            continue;
        }
        texts++;
        wanted += widths[c];
        widest = widths[c] > widest ? widths[c] : widest;
    }
    if (fixed + wanted <= line)
        return true;
    if (texts == 0 || fixed >= line)
        return false;
    size_t room = line - fixed, most = 0;
    for (size_t cap = 1; cap <= widest && cap <= room;
         cap++) { /* the highest level that the room can hold */
        size_t used = 0;
        for (size_t c = 0; c < count; c++)
            if (table->columns.items[c].align == TABLE_LEFT)
                used += widths[c] < cap ? widths[c] : cap;
        if (used > room)
            break;
        most = cap;
    }
    if (most < TEXT_LEAST)
        return false;
    for (size_t c = 0; c < count; c++)
        if (table->columns.items[c].align == TABLE_LEFT && widths[c] > most)
            widths[c] = most;
    return true;
}

/* --- printing -------------------------------------------------------------------------------- */

/* A line being printed. Spaces wait until something follows them: no line ends in spaces. */
typedef struct Line {
    const Screen *screen;
    size_t spaces;
} Line;

static void print_text(Line *line, Str text, const ScreenStyle *style) {
    if (text.length == 0)
        return;
    for (; line->spaces > 0; line->spaces--)
        screen_text(line->screen, STR(" "));
    if (style != NULL)
        screen_styled(line->screen, *style, text);
    else
        screen_text(line->screen, text);
}

static void end_line(Line *line) {
    screen_text(line->screen, STR("\n"));
    line->spaces = 0;
}

static void print_slot(Line *line, Str text, const ScreenStyle *style, size_t width,
                       TableAlign align) {
    size_t taken = screen_width(text);
    size_t padding = width > taken ? width - taken : 0;
    if (align == TABLE_RIGHT)
        line->spaces += padding;
    print_text(line, text, style);
    line->spaces += GAP + (align == TABLE_LEFT ? padding : 0);
}

static void print_heads(const Table *table, const Screen *screen, const size_t *widths) {
    static const ScreenStyle bold = STYLE_BOLD, dim = STYLE_DIM;
    size_t count = table->columns.count;
    Line line = {screen, 0};
    for (size_t c = 0; c < count; c++) {
        TableColumn column = table->columns.items[c];
        Str title =
            screen->width > 0 ? screen_cut(column.title, widths[c], table->arena) : column.title;
        print_slot(&line, title, &bold, widths[c], column.align);
    }
    end_line(&line);
    for (size_t c = 0; c < count; c++) {
        StrBuf rule = strbuf_make(table->arena);
        for (size_t i = 0; i < widths[c]; i++)
            strbuf_append_c(&rule, screen->width > 0 ? "─" : "-");
        print_slot(&line, strbuf_str(&rule), &dim, widths[c], TABLE_LEFT);
    }
    end_line(&line);
}

static void print_lines(const Table *table, const Screen *screen, const size_t *widths) {
    static const ScreenStyle dim = STYLE_DIM;
    size_t count = table->columns.count;
    assert(count > 0);
    Line line = {screen, 0};
    print_heads(table, screen, widths);
    for (size_t i = 0; i < table->cells.count; i++) {
        size_t c = i % count;
        TableCell cell = table->cells.items[i];
        Str text = screen->width > 0 ? screen_cut(cell.text, widths[c], table->arena) : cell.text;
        print_slot(&line, text, cell.dim ? &dim : NULL, widths[c], table->columns.items[c].align);
        if (c + 1 == count)
            end_line(&line);
    }
}

/* Row by row, a line for each column, nothing cut. */
static void print_blocks(const Table *table, const Screen *screen) {
    static const ScreenStyle bold = STYLE_BOLD, dim = STYLE_DIM;
    size_t count = table->columns.count, widest = 0;
    assert(count > 0);
    for (size_t c = 0; c < count; c++) {
        size_t width = screen_width(table->columns.items[c].title);
        widest = width > widest ? width : widest;
    }
    Line line = {screen, 0};
    for (size_t i = 0; i < table->cells.count; i++) {
        size_t c = i % count;
        if (c == 0)
            screen_styled(screen, STYLE_DIM,
                          str_format(table->arena, "── row %zu ──\n", i / count + 1));
        print_slot(&line, table->columns.items[c].title, &bold, widest, TABLE_LEFT);
        print_text(&line, table->cells.items[i].text, table->cells.items[i].dim ? &dim : NULL);
        end_line(&line);
    }
}

void table_print(const Table *table, const Screen *screen) {
    size_t *widths = measure(table);
    if (screen->width > 0 && table_rows(table) > 0 && !fit(table, widths, screen->width)) {
        print_blocks(table, screen);
        return;
    }
    for (size_t c = 0; screen->width == 0 && c < table->columns.count; c++)
        if (widths[c] > PAD_MOST)
            widths[c] = PAD_MOST;
    print_lines(table, screen, widths);
}
