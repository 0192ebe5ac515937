/* type_override.c - check, canonicalise and guard a user's column type.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c. */
#include "ingest/type_override.h"

#include "catalog/schema.h"

enum { TYPE_CHARS_MAX = 80 };

static bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* word { ' ' word } [ '(' digits [ ',' digits ] ')' ] { '[' [digits] ']' } */
static bool is_type_text(Str text) {
    size_t at = 0;
    while (at < text.length && (is_word_char(text.data[at]) || (at > 0 && text.data[at] == ' ')))
        at++;
    if (at == 0 || text.length > TYPE_CHARS_MAX)
        return false;
    if (at < text.length && text.data[at] == '(') {
        size_t close = str_find_char(text, ')', at);
        if (close == SIZE_MAX)
            return false;
        for (size_t i = at + 1; i < close; i++)
            if (!((text.data[i] >= '0' && text.data[i] <= '9') || text.data[i] == ',' ||
                  text.data[i] == ' '))
                return false;
        at = close + 1;
    }
    while (at < text.length && text.data[at] == '[') {
        at++;
        while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9')
            at++;
        if (at == text.length || text.data[at] != ']')
            return false;
        at++;
    }
    return at == text.length;
}

static bool refuse(Str column, Str wanted, Err *err) {
    err_fail(err, FAIL_INVALID, "'%.*s', given for column '%.*s', is not a type", STR_ARG(wanted),
             STR_ARG(column));
    err_hint(err, "for example BIGINT, DOUBLE, DECIMAL(18,2), VARCHAR, DATE, TIMESTAMP, FLOAT[]");
    return err_field(err, "types");
}

bool type_override_read(DuckSession *session, Str column, Str wanted, Arena *arena,
                        TypeOverride *out, Err *err) {
    DuckColumn *described;
    size_t count;
    Err ignored = {0}; /* DuckDB's text speaks of our statement */
    Str text = str_trim(wanted);
    if (!is_type_text(text))
        return refuse(column, wanted, err);
    Str sql = str_format(arena, "SELECT CAST(NULL AS %.*s) AS v", STR_ARG(text));
    if (!duck_describe(session, sql, arena, &described, &count, &ignored) || count != 1)
        return refuse(column, wanted, err);
    out->type = described[0].type;
    return schema_storage_type(column, out->type, arena, &out->stored, err);
}

static bool is_integer_type(Str type) {
    static const char *const names[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq_c(type, names[i]))
            return true;
    return false;
}

Str type_override_exact(const TypeOverride *type, Str text, Arena *arena) {
    Str head, scale;
    if (is_integer_type(type->type))
        return str_format(arena, "regexp_full_match(%.*s, '[+-]?[0-9]+')", STR_ARG(text));
    if (str_eq_c(type->type, "DOUBLE") || str_eq_c(type->type, "FLOAT"))
        return str_format(arena,
                          "(NOT isinf(TRY_CAST(%.*s AS %.*s)) OR contains(lower(%.*s), 'inf'))",
                          STR_ARG(text), STR_ARG(type->type), STR_ARG(text));
    if (str_ends(type->type, STR("[]")) && !str_eq_c(type->type, "VARCHAR[]")) {
        /* An element that does not cast becomes NULL; only a null that is written may be one. */
        Str list = str_format(arena, "TRY_CAST(%.*s AS %.*s)", STR_ARG(text), STR_ARG(type->type));
        return str_format(arena,
                          "(len(%.*s) - list_count(%.*s) = "
                          "len(regexp_extract_all(lower(%.*s), '\\bnull\\b')))",
                          STR_ARG(list), STR_ARG(list), STR_ARG(text));
    }
    if (!str_starts(type->type, STR("DECIMAL(")))
        return STR_EMPTY;
    scale = str_cut(str_slice(type->type, 0, type->type.length - 1), ',', &head);
    return str_format(arena, "regexp_full_match(%.*s, '[+-]?[0-9]*([.][0-9]{0,%.*s}0*)?')",
                      STR_ARG(text), STR_ARG(scale));
}
