/* postgres_sql.c - names, literals, and the four statements.
 *
 * Ordering and comparing say q.c1, never c1: a bare name in ORDER BY means the output column of
 * that name, and (q.c1)::text would be sorted as text.
 *
 * Tested by: test_postgres_sql.c. */
#include "source/postgres_sql.h"

#include "source/sql_name.h"

/* ---- names ---- */

static Str fold(Str part, bool *folded, Arena *arena) {
    char *bytes = str_to_c(arena, part);
    for (size_t i = 0; i < part.length; i++) {
        if (bytes[i] >= 'A' && bytes[i] <= 'Z') {
            bytes[i] = (char)(bytes[i] + 'a' - 'A');
            *folded = true;
        }
    }
    return (Str){bytes, part.length};
}

bool pg_table_name(Str text, Arena *arena, Str *out_sql, bool *out_folded, Err *err) {
    SqlName name;
    if (!sql_name_parse(text, arena, &name, err))
        return false;
    if (name.count > 2) {
        err_fail(err, FAIL_INVALID, "the table's name has three parts");
        err_hint(err, "write name or schema.name; the DSN names the database");
        return err_field(err, "table");
    }
    StrBuf sql = strbuf_make(arena);
    *out_folded = false;
    for (size_t i = 0; i < name.count; i++) {
        strbuf_append_c(&sql, i == 0 ? "" : ".");
        sql_append_name(&sql, '"',
                        name.quoted[i] ? name.parts[i] : fold(name.parts[i], out_folded, arena));
    }
    *out_sql = str_dup(arena, strbuf_str(&sql));
    return true;
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
