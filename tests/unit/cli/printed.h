/* printed.h - a screen whose text a test can read. */
#ifndef TESTS_UNIT_CLI_PRINTED_H
#define TESTS_UNIT_CLI_PRINTED_H

#include <stdlib.h>

#include "cli/screen.h"

typedef struct Printed {
    Screen screen;
    char *data;
    size_t length;
} Printed;

/* width 0: a pipe; else a terminal. */
static inline void printed_begin(Printed *printed, size_t width, bool colour) {
    *printed = (Printed){.data = NULL};
    printed->screen = (Screen){.file = open_memstream(&printed->data, &printed->length),
                               .terminal = width > 0,
                               .colour = colour,
                               .width = width};
}

static inline Str printed_text(Printed *printed) {
    fflush(printed->screen.file);
    return str_make(printed->data, printed->length);
}

static inline void printed_end(Printed *printed) {
    fclose(printed->screen.file);
    free(printed->data);
}

#endif
