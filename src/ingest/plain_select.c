/* plain_select.c - what DuckDB is to make of a nested value so that it can be looked at as text.
 *
 * JSON rather than DuckDB's own printing for lists, since that quotes a text only sometimes: in
 * JSON a list of the one text "a, b" and a list of "a" and "b" differ.
 *
 * Tested by: test_source_file.c, test_verify.c. */
#include "ingest/plain_select.h"

#include "source/canonical_text.h"

bool plain_type(Str type) {
    return canonical_kind(type) != CANONICAL_TEXT || str_eq_c(type, "VARCHAR");
}

bool plain_list_element(Str type, Str *out_element) {
    if (!str_ends(type, STR("[]")))
        return false;
    *out_element = str_slice(type, 0, type.length - 2);
    return plain_type(*out_element);
}

Str plain_value_sql(Str value, Str type, Arena *arena) {
    Str element;
    if (plain_type(type))
        return str_format(arena, "CAST(%.*s AS %.*s)", STR_ARG(value), STR_ARG(type));
    if (plain_list_element(type, &element))
        return str_format(arena, "CAST(to_json(CAST(%.*s AS %.*s)) AS VARCHAR)", STR_ARG(value),
                          STR_ARG(type));
    return str_format(arena, "CAST(CAST(%.*s AS %.*s) AS VARCHAR)", STR_ARG(value), STR_ARG(type));
}
