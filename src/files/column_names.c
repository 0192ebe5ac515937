/* column_names.c - unique, non-empty, readable column names.
 *
 * Names are compared in lower case as far as ASCII goes, as DuckDB does.
 *
 * Tested by: test_csv_dialect.c, test_ingest_json.c. */
#include "files/column_names.h"

#include <assert.h>

#include "files/utf8_scan.h"

static Str lower_ascii(Str text, Arena *arena) {
    char *copy = str_to_c(arena, text);
    for (size_t i = 0; i < text.length; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] + ('a' - 'A'));
    return str_make(copy, text.length);
}

void column_names_init(ColumnNames *names, Arena *arena) {
    *names = (ColumnNames){.arena = arena, .taken = map_make(arena)};
}

static bool name_check(Str name, size_t column, Err *err) {
    size_t at;
    if (!utf8_scan(name, &at)) {
        err_fail(err, FAIL_UNPROCESSABLE, "the name of column %zu is not UTF-8", column);
        return err_hint(err, "only UTF-8 is read; for Latin-1: iconv -f WINDOWS-1252 -t UTF-8");
    }
    if (name.length > COLUMN_NAME_BYTES_MAX) {
        err_fail(err, FAIL_UNPROCESSABLE, "the name of column %zu is %zu bytes long; %d at most",
                 column, name.length, COLUMN_NAME_BYTES_MAX);
        return err_hint(err, "has this file a header?");
    }
    return true;
}

bool column_names_add(ColumnNames *names, Str given, Str *out_name, Err *err) {
    Arena *arena = names->arena;
    size_t column = names->names.count + 1;
    given = str_trim(given);
    if (!name_check(given, column, err))
        return false;
    Str base = given.length > 0 ? str_dup(arena, given) : str_format(arena, "column%zu", column);
    Str name = base;
    const char *rule = given.length > 0 ? NULL : "empty name";
    for (size_t i = 2; map_get(&names->taken, lower_ascii(name, arena)) != NULL; i++) {
        name = str_format(arena, "%.*s_%zu", STR_ARG(base), i);
        rule = "repeated name";
    }
    map_put(&names->taken, lower_ascii(name, arena), names);
    *vec_push(&names->names, arena) = name;
    if (rule != NULL)
        *vec_push(&names->renamed, arena) = (Coercion){name, str_c(rule), 1};
    *out_name = name;
    return true;
}

void column_names_drop_last(ColumnNames *names) {
    assert(names->names.count > 0);
    Str last = names->names.items[--names->names.count];
    map_remove(&names->taken, lower_ascii(last, names->arena));
    size_t renamed = names->renamed.count;
    if (renamed > 0 && str_eq(names->renamed.items[renamed - 1].column, last))
        names->renamed.count--;
}
