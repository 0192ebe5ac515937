/* fuzz_pii.c - any bytes as a column's name (the first line) and as values (one a line, and all as
 * one): every detector, the candidates of texts, and a scan; lines in reverse order find the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "pii/pii.h"
#include "pii/pii_name.h"
#include "pii/pii_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_all(void *context, const PiiValue *value) {
    (void)context;
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++)
        if (pii_kind_rows[kind].detect != NULL)
            (void)pii_kind_rows[kind].detect(value);
    (void)pii_person_given_name(value);
}

/* Each on a piece of memory of its own, so that a byte read too much is seen. */
static void try_value(Str text) {
    char *copy = malloc(text.length + 1);
    memcpy(copy, text.data, text.length);
    char *exact = realloc(copy, text.length > 0 ? text.length : 1);
    Str own = {exact, text.length};
    PiiValue value = pii_value_make(own);
    try_all(NULL, &value);
    pii_text_candidates(own, try_all, NULL);
    free(exact);
}

static size_t scan(Str name, const StrVec *lines, bool reversed, Arena *arena, PiiFinding **out) {
    Str type = STR("VARCHAR");
    PiiScanner *scanner = pii_scanner_create(name, &name, &type, 1);
    for (size_t i = 0; i < lines->count; i++) {
        Str line = lines->items[reversed ? lines->count - 1 - i : i];
        int32_t offsets[2] = {0, (int32_t)line.length};
        RowColumn column = {.type = COLUMN_UTF8, .offsets = offsets, .bytes = line.data};
        RowBatch batch = {.row_count = 1, .column_count = 1, .columns = &column};
        pii_scanner_add(scanner, &batch);
    }
    size_t count;
    pii_scanner_finish(scanner, arena, out, &count);
    pii_scanner_destroy(scanner);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    Str name, line, rest = str_cut(str_make(data, size), '\n', &name);
    StrVec lines = {0};
    try_value(str_make(data, size));
    while (rest.length > 0) {
        rest = str_cut(rest, '\n', &line);
        try_value(line);
        *vec_push(&lines, arena) = line;
    }
    PiiFinding *forwards, *backwards;
    size_t count = scan(name, &lines, false, arena, &forwards);
    if (scan(name, &lines, true, arena, &backwards) != count)
        abort();
    for (size_t i = 0; i < count; i++)
        if (!str_eq(forwards[i].kind, backwards[i].kind) ||
            forwards[i].score != backwards[i].score || forwards[i].score < 0 ||
            forwards[i].score > 1 || forwards[i].matched > forwards[i].sampled)
            abort();
    arena_destroy(arena);
    return 0;
}
