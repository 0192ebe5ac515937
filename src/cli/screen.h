/* screen.h - where we print: a terminal with a width and perhaps colours, or a file.
 *
 * Texts are UTF-8. Cells may hold anything a database may; screen_clean makes it harmless.
 *
 * Ownership: borrows the FILE.   Threads: one at a time. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdio.h>

#include "base/str.h"

typedef struct Screen {
    FILE *file;
    bool terminal;
    bool colour;  /* a terminal, and NO_COLOR is not set */
    size_t width; /* columns of a terminal; 0 = without end */
} Screen;

typedef enum ScreenStyle { STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARN, STYLE_BAD } ScreenStyle;

/* Looks at the file and at NO_COLOR, TERM and COLUMNS. */
Screen screen_of(FILE *file);

void screen_print(const Screen *screen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void screen_text(const Screen *screen, Str text);
/* The text in a style, where there are colours. */
void screen_styled(const Screen *screen, ScreenStyle style, Str text);
void screen_styled_c(const Screen *screen, ScreenStyle style, const char *text);

/* Columns that the text takes: wide characters count two, marks none. */
size_t screen_width(Str text);
/* Control characters as \n, \t, \x1b: one line, and no escape sequence out of somebody's data
 * reaches the terminal. */
Str screen_clean(Str text, Arena *arena);
/* The text when it fits into so many columns, else its beginning and "…". */
Str screen_cut(Str text, size_t columns, Arena *arena);

/* 1234567 as "1,234,567". */
Str screen_count(uint64_t number, Arena *arena);
/* "1 row", "1,234 rows" */
Str screen_things(uint64_t number, const char *thing, Arena *arena);
/* "3.4 MiB", "812 B" */
Str screen_bytes(uint64_t bytes, Arena *arena);
/* "0.4 ms", "12 ms", "1.23 s", "2 min 05 s" */
Str screen_seconds(double seconds, Arena *arena);
/* The number without the digits that say nothing: 0.1, not 0.10000000000000001; with an exponent
 * only where it is very large or small. */
Str screen_number(double number, Arena *arena);

#endif
