/* source_file.h - reads a file of the source tree: golden files, pages that show code. */
#ifndef TESTS_UNIT_SOURCE_FILE_H
#define TESTS_UNIT_SOURCE_FILE_H

#include "unit.h"

#include <stdlib.h>

/* `name` is relative to the repository. Skips the test when the runner was not told where it is
 * (LAKEHOUSE_SOURCE, which ctest sets). */
static inline Str source_file_read(const char *name, Arena *arena) {
    const char *folder = getenv("LAKEHOUSE_SOURCE");
    if (folder == NULL)
        skip();
    FILE *file = fopen(str_format(arena, "%s/%s", folder, name).data, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", name);
    StrBuf text = strbuf_make(arena);
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        strbuf_append(&text, str_make(piece, got));
    fclose(file);
    return strbuf_str(&text);
}

#endif
