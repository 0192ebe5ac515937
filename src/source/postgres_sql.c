/* postgres_sql.c - names, literals, and the four statements.
 *
 * Ordering and comparing say q.c1, never c1: a bare name in ORDER BY means the output column of
 * that name, and (q.c1)::text would be sorted as text.
 *
 * Tested by: test_postgres_sql.c. */
#include "source/postgres_sql.h"

#include "base/vec.h"

/* ---- names ---- */

static bool is_name_char(unsigned char c, bool first) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    return letter || (!first && ((c >= '0' && c <= '9') || c == '$'));
}

static bool bad_table(Err *err, const char *what) {
    err_fail(err, FAIL_INVALID, "%s", what);
    err_hint(err, "write name, schema.name or \"Schema\".\"any name\"");
    return err_field(err, "table");
}

/* "..." with doubled quotes inside; *at stands on the first quote. */
static bool parse_quoted(Str text, size_t *at, StrBuf *out, Err *err) {
    for (size_t i = *at + 1; i < text.length; i++) {
        if (text.data[i] == '"' && (i + 1 == text.length || text.data[i + 1] != '"')) {
            *at = i + 1;
            return true;
        }
        i += text.data[i] == '"';
        strbuf_append_char(out, text.data[i]);
    }
    return bad_table(err, "the table's name has a quote without its end");
}

static bool parse_part(Str text, size_t *at, PgName *name, Arena *arena, Str *out, Err *err) {
    StrBuf part = strbuf_make(arena);
    if (*at < text.length && text.data[*at] == '"') {
        if (!parse_quoted(text, at, &part, err))
            return false;
    } else {
        size_t from = *at;
        for (; *at < text.length && is_name_char((unsigned char)text.data[*at], *at == from);
             (*at)++) {
            char c = text.data[*at];
            bool capital = c >= 'A' && c <= 'Z';
            name->folded |= capital;
            strbuf_append_char(&part, capital ? (char)(c + 'a' - 'A') : c);
        }
    }
    if (part.length == 0)
        return bad_table(err, "the table's name is not one of SQL");
    *out = str_dup(arena, strbuf_str(&part));
    return true;
}

bool pg_name_parse(Str text, Arena *arena, PgName *out, Err *err) {
    PgName name = {.schema = STR_EMPTY};
    Str rest = str_trim(text);
    size_t at = 0;
    if (str_find_char(rest, '\0', 0) != SIZE_MAX)
        return bad_table(err, "the table's name has a NUL character");
    if (!parse_part(rest, &at, &name, arena, &name.name, err))
        return false;
    if (at < rest.length && rest.data[at] == '.') {
        at++;
        name.schema = name.name;
        if (!parse_part(rest, &at, &name, arena, &name.name, err))
            return false;
    }
    if (at != rest.length)
        return bad_table(err, "the table's name is not one of SQL");
    *out = name;
    return true;
}

Str pg_quote_name(Str name, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_char(&out, '"');
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '"')
            strbuf_append_char(&out, '"');
        strbuf_append_char(&out, name.data[i]);
    }
    strbuf_append_char(&out, '"');
    return str_dup(arena, strbuf_str(&out));
}

Str pg_quote_text(Str value, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    bool escapes = str_find_char(value, '\\', 0) != SIZE_MAX;
    strbuf_append_c(&out, escapes ? " E'" : "'");
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        if (c == '\'' || c == '\\')
            strbuf_append_char(&out, c);
        strbuf_append_char(&out, c);
    }
    strbuf_append_char(&out, '\'');
    return str_dup(arena, strbuf_str(&out));
}

Str pg_name_sql(const PgName *name, Arena *arena) {
    Str own = pg_quote_name(name->name, arena);
    if (name->schema.length == 0)
        return own;
    Str schema = pg_quote_name(name->schema, arena);
    return str_format(arena, "%.*s.%.*s", STR_ARG(schema), STR_ARG(own));
}

/* ---- FROM ---- */

Str pg_query_trim(Str query) {
    Str text = str_trim(query);
    while (text.length > 0 && text.data[text.length - 1] == ';')
        text = str_trim(str_slice(text, 0, text.length - 1));
    return text;
}

static void append_columns(StrBuf *out, size_t column_count) {
    strbuf_append_c(out, " AS q(");
    for (size_t i = 0; i < column_count; i++)
        strbuf_append_format(out, "%sc%zu", i == 0 ? "" : ", ", i + 1);
    strbuf_append_c(out, ")");
}

Str pg_from_table(Str table_sql, size_t column_count, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append(&out, table_sql);
    append_columns(&out, column_count);
    return str_dup(arena, strbuf_str(&out));
}

Str pg_from_query(Str query, size_t column_count, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_c(&out, "(");
    strbuf_append(&out, query);
    strbuf_append_c(&out, "\n)"); /* its last line may be a comment */
    append_columns(&out, column_count);
    return str_dup(arena, strbuf_str(&out));
}

/* ---- statements ---- */

static void append_output(StrBuf *out, size_t column) {
    /* concat() calls the type's output function, but makes '' of NULL; IS NULL would be true for a
     * row of NULLs. */
    strbuf_append_format(out,
                         "CASE WHEN q.c%zu IS DISTINCT FROM NULL THEN pg_catalog.concat(q.c%zu) "
                         "END",
                         column + 1, column + 1);
}

static void append_value(StrBuf *out, PgPrint print, size_t column) {
    size_t n = column + 1;
    switch (print) {
    case PG_PRINT_NOT:
        strbuf_append_format(out, "q.c%zu", n);
        return;
    case PG_PRINT_CAST:
        strbuf_append_format(out, "q.c%zu::pg_catalog.text", n);
        return;
    case PG_PRINT_OUTPUT:
        append_output(out, column);
        return;
    case PG_PRINT_MONEY:
        strbuf_append_format(out, "q.c%zu::pg_catalog.numeric::pg_catalog.text", n);
        return;
    case PG_PRINT_ARRAY:
        /* [0:1]={7,8}: JSON has no place for the bounds. */
        strbuf_append_format(
            out,
            "CASE WHEN pg_catalog.replace(pg_catalog.array_dims(q.c%zu), '[1:', '') LIKE '%%[%%' "
            "THEN pg_catalog.concat(q.c%zu) "
            "ELSE pg_catalog.array_to_json(q.c%zu)::pg_catalog.text END",
            n, n, n);
        return;
    case PG_PRINT_ROW:
        strbuf_append_format(out, "pg_catalog.row_to_json(q.c%zu)::pg_catalog.text", n);
        return;
    }
}

static void append_literal(StrBuf *out, Str value, Str cast, Arena *arena) {
    strbuf_append(out, pg_quote_text(value, arena));
    strbuf_append_c(out, "::");
    strbuf_append(out, cast);
}

static void append_key(StrBuf *out, const PgSelect *select) {
    for (size_t i = 0; i < select->key_count; i++)
        strbuf_append_format(out, "%sq.c%zu", i == 0 ? "" : ", ", select->key_columns[i] + 1);
}

static void append_where(StrBuf *out, const PgSelect *select, Arena *arena) {
    bool after = select->after != NULL && select->key_count > 0;
    if (after) {
        strbuf_append_c(out, " WHERE (");
        append_key(out, select);
        strbuf_append_c(out, ") > (");
        for (size_t i = 0; i < select->key_count; i++) {
            strbuf_append_c(out, i == 0 ? "" : ", ");
            append_literal(out, select->after[i], select->casts[select->key_columns[i]], arena);
        }
        strbuf_append_c(out, ")");
    }
    if (select->cursor_column == SIZE_MAX || !select->has_cursor_from)
        return;
    strbuf_append_format(out, " %s q.c%zu %s ", after ? "AND" : "WHERE", select->cursor_column + 1,
                         select->cursor_inclusive ? ">=" : ">");
    append_literal(out, select->cursor_from, select->casts[select->cursor_column], arena);
}

Str pg_sql_copy(const PgSelect *select, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    strbuf_append_c(&out, "COPY (SELECT ");
    for (size_t i = 0; i < select->column_count; i++) {
        strbuf_append_c(&out, i == 0 ? "" : ", ");
        append_value(&out, select->plans[i].print, i);
    }
    strbuf_append_c(&out, " FROM ");
    strbuf_append(&out, select->from);
    append_where(&out, select, arena);
    if (select->key_count > 0) {
        strbuf_append_c(&out, " ORDER BY ");
        append_key(&out, select);
    }
    strbuf_append_c(&out, ") TO STDOUT (FORMAT binary)");
    return str_dup(arena, strbuf_str(&out));
}

Str pg_sql_digits(Str from, const PgPlan *plans, size_t column_count, int server_version,
                  Arena *arena) {
    StrBuf out = strbuf_make(arena);
    const char *needed = server_version >= 130000 ? "min_scale" : "scale";
    for (size_t i = 0; i < column_count; i++) {
        if (!plans[i].needs_digits)
            continue;
        size_t n = i + 1;
        /* scale() is NULL for NaN and the infinities. */
        strbuf_append_c(&out, out.length == 0 ? "SELECT " : ", ");
        strbuf_append_format(
            &out,
            "count(*) FILTER (WHERE q.c%zu IS NOT NULL AND scale(q.c%zu) IS NULL), "
            "coalesce(length(nullif(max(trunc(abs(q.c%zu))) FILTER (WHERE scale(q.c%zu) IS NOT "
            "NULL), 0)::text), 0), coalesce(max(scale(q.c%zu)), 0), coalesce(max(%s(q.c%zu)), 0)",
            n, n, n, n, n, needed, n);
    }
    strbuf_append_c(&out, " FROM ");
    strbuf_append(&out, from);
    return str_dup(arena, strbuf_str(&out));
}

Str pg_sql_cursor_end(Str from, size_t column, bool nullable, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    size_t n = column + 1;
    strbuf_append_c(&out, "SELECT (SELECT ");
    append_output(&out, column);
    strbuf_append_format(&out, " FROM %.*s WHERE q.c%zu IS NOT NULL ORDER BY q.c%zu DESC LIMIT 1)",
                         STR_ARG(from), n, n);
    if (nullable)
        strbuf_append_format(&out, ", (SELECT count(*) FROM %.*s WHERE q.c%zu IS NULL)",
                             STR_ARG(from), n);
    else
        strbuf_append_c(&out, ", 0");
    return str_dup(arena, strbuf_str(&out));
}
