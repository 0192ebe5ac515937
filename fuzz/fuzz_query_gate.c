/* fuzz_query_gate.c - 'L' and a statement for the word counter, or 'T' and a parse tree for the
 * gate. Nothing may crash or run on; what passes the gate names only what it may name. */
#include <assert.h>
#include <string.h>

#include "query/query_gate.h"
#include "query/query_lex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_words(Str sql) {
    Err err = {0};
    LexCounts counts = query_lex_count(sql);
    assert(counts.words <= sql.length);
    assert(counts.withs <= counts.words && counts.window_uses <= counts.words);
    assert(counts.case_operands <= counts.words);
    if (query_lex_check(sql, &err))
        assert(utf8_valid(sql) && sql.length <= SQL_BYTES_MAX);
    else
        assert(strcmp(err.field, "sql") == 0);
}

static void try_tree(Str tree) {
    Arena *arena = arena_create();
    GateNames names;
    Err err = {0};
    if (query_gate_check(STR("SELECT 1\nFROM t"), tree, arena, &names, &err)) {
        for (size_t i = 0; i < names.datasets.count; i++)
            assert(str_find_char(names.datasets.items[i], '/', 0) == SIZE_MAX &&
                   str_find_char(names.datasets.items[i], '.', 0) == SIZE_MAX);
        for (size_t i = 0; i < names.pins.count; i++)
            assert(names.pins.items[i].snapshot_id > 0);
    } else {
        assert(strcmp(err.field, "sql") == 0);
        assert(err.kind == FAIL_INVALID || err.kind == FAIL_DENIED ||
               err.kind == FAIL_UNPROCESSABLE);
    }
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    Str rest = str_make(data + 1, size - 1);
    if (data[0] == 'L')
        try_words(rest);
    else if (data[0] == 'T')
        try_tree(rest);
    return 0;
}
