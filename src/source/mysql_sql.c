/* mysql_sql.c - statements, put together.
 *
 * Keys of several columns are compared as (a > x OR (a = x AND b > y)): the optimizer finds the
 * range of an index in this, and not in (a, b) > (x, y). Comparison and order are the column's own
 * collation's, on the server, so a key that ignores case is walked as its index is; two keys that
 * differ only in case cannot exist in it.
 *
 * Columns are always qualified by the alias of their table: with SOURCE_PRINTED the printed text
 * has the column's name, and ORDER BY would otherwise sort by the text.
 *
 * A float is printed as c + 0e0: a float's own text has six digits.
 *
 * Tested by: test_mysql_sql.c. */
#include "source/mysql_sql.h"

#include "base/vec.h"
#include "source/sql_name.h"

/* White space and comments. An executable comment is a statement's own text, so it is not one of
 * them. */
static size_t skip_blanks(Str text, size_t at) {
    while (at < text.length) {
        char c = text.data[at];
        Str rest = str_slice(text, at, text.length);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
            at++;
        } else if (c == '#' || (str_starts(rest, STR("--")) &&
                                (rest.length == 2 || (unsigned char)rest.data[2] <= ' '))) {
            size_t end = str_find_char(text, '\n', at);
            at = end == SIZE_MAX ? text.length : end + 1;
        } else if (str_starts(rest, STR("/*")) && !str_starts(rest, STR("/*!")) &&
                   !str_starts(rest, STR("/*M!"))) {
            size_t end = str_find(text, STR("*/"), at + 2);
            at = end == SIZE_MAX ? text.length : end + 2;
        } else {
            break;
        }
    }
    return at;
}

static bool is_word(Str text, size_t at, Str word) {
    if (!str_eq_nocase(str_slice(text, at, at + word.length), word))
        return false;
    if (at + word.length >= text.length)
        return true;
    char next = text.data[at + word.length];
    return !((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_' ||
             (next >= '0' && next <= '9'));
}

bool mysql_sql_query(Str text, Str *out) {
    Str query = str_trim(text);
    while (str_ends(query, STR(";")))
        query = str_trim(str_slice(query, 0, query.length - 1));
    size_t at = skip_blanks(query, 0);
    while (at < query.length && query.data[at] == '(')
        at = skip_blanks(query, at + 1);
    if (!is_word(query, at, STR("SELECT")) && !is_word(query, at, STR("WITH")) &&
        !is_word(query, at, STR("VALUES")) && !is_word(query, at, STR("TABLE")))
        return false;
    *out = query;
    return true;
}

static void append_text(StrBuf *sql, Str text) {
    strbuf_append_c(sql, "_utf8mb4 X'");
    sql_append_hex(sql, text);
    strbuf_append_char(sql, '\'');
}

static void append_table(StrBuf *sql, Str database, Str table) {
    sql_append_name(sql, '`', database);
    strbuf_append_char(sql, '.');
    sql_append_name(sql, '`', table);
}

static void append_column(StrBuf *sql, Str name) {
    strbuf_append_c(sql, "r.");
    sql_append_name(sql, '`', name);
}

static void append_from(StrBuf *sql, const MysqlSelect *select) {
    strbuf_append_c(sql, " FROM ");
    if (select->query.length == 0) {
        append_table(sql, select->database, select->table);
    } else { /* on lines of its own: it may end in a comment */
        strbuf_append_c(sql, "(\n");
        strbuf_append(sql, select->query);
        strbuf_append_c(sql, "\n)");
    }
    strbuf_append_c(sql, " AS r");
}

static void append_around(StrBuf *sql, const char *before, Str name, const char *after) {
    strbuf_append_c(sql, before);
    append_column(sql, name);
    strbuf_append_c(sql, after);
}

static void append_printed(StrBuf *sql, const MysqlColumn *column) {
    switch (column->print) {
    case MYSQL_PRINTS_ITSELF:
        append_column(sql, column->name);
        break;
    case MYSQL_PRINTS_CAST:
        append_around(sql, "CAST(", column->name, " AS CHAR)");
        break;
    case MYSQL_PRINTS_FLOAT:
        append_around(sql, "CAST(", column->name, " + 0e0 AS CHAR)");
        break;
    case MYSQL_PRINTS_BITS:
        append_around(sql, "CAST(", column->name, " + 0 AS CHAR)");
        break;
    case MYSQL_PRINTS_HEX:
        append_around(sql, "CONCAT(_utf8mb4 X'5c78', LOWER(HEX(", column->name, ")))");
        break;
    }
    strbuf_append_c(sql, " AS ");
    sql_append_name(sql, '`', column->name);
}

static bool bad_value(const MysqlColumn *column, Err *err) {
    err_fail(err, FAIL_INVALID, "the value to go on from is none of column '%.*s'",
             STR_ARG(column->name));
    return err_field(err, "cursor");
}

static bool append_float(StrBuf *sql, const MysqlColumn *column, Str value, Err *err) {
    double number;
    if (!str_to_f64(value, &number))
        return bad_value(column, err);
    strbuf_append_format(sql, "%.17e", number);
    return true;
}

static bool append_bytes(StrBuf *sql, const MysqlColumn *column, Str value, Err *err) {
    Str digits = str_starts(value, STR("\\x")) ? str_slice(value, 2, value.length) : value;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return bad_value(column, err);
    }
    if (digits.length % 2 != 0)
        return bad_value(column, err);
    strbuf_append_c(sql, "X'");
    strbuf_append(sql, digits);
    strbuf_append_char(sql, '\'');
    return true;
}

static bool append_number(StrBuf *sql, const MysqlColumn *column, Str value, Err *err) {
    if (str_eq(value, STR("true")) || str_eq(value, STR("false"))) {
        strbuf_append_char(sql, value.data[0] == 't' ? '1' : '0');
        return true;
    }
    if (!sql_is_number(value))
        return bad_value(column, err);
    strbuf_append(sql, value);
    return true;
}

/* A value as row_source_position and cursor_end print it. */
static bool append_literal(StrBuf *sql, const MysqlColumn *column, Str value, Err *err) {
    switch ((int)column->wire) {
    case MYSQL_WIRE_TINY:
    case MYSQL_WIRE_SHORT:
    case MYSQL_WIRE_INT24:
    case MYSQL_WIRE_LONG:
    case MYSQL_WIRE_LONGLONG:
    case MYSQL_WIRE_YEAR:
    case MYSQL_WIRE_BIT:
    case MYSQL_WIRE_DECIMAL:
    case MYSQL_WIRE_NEWDECIMAL:
        return append_number(sql, column, value, err);
    case MYSQL_WIRE_FLOAT:
    case MYSQL_WIRE_DOUBLE:
        return append_float(sql, column, value, err);
    case MYSQL_WIRE_GEOMETRY:
        return bad_value(column, err);
    default:
        break;
    }
    if (column->print == MYSQL_PRINTS_HEX)
        return append_bytes(sql, column, value, err);
    if (!utf8_valid(value))
        return bad_value(column, err);
    if (column->zoned && str_ends(value, STR("+00"))) /* the session is in UTC */
        value = str_slice(value, 0, value.length - 3);
    append_text(sql, value);
    return true;
}

static bool append_compared(StrBuf *sql, const MysqlColumn *column, const char *operator, Str value,
                            Err *err) {
    append_column(sql, column->name);
    strbuf_append_c(sql, operator);
    return append_literal(sql, column, value, err);
}

/* (a > x OR (a = x AND (b > y OR (b = y AND c > z)))) */
static bool append_behind(StrBuf *sql, const MysqlSelect *select, const Str *after, Err *err) {
    for (size_t i = 0; i < select->key_count; i++) {
        const MysqlColumn *column = &select->columns[select->key_columns[i]];
        strbuf_append_char(sql, '(');
        if (!append_compared(sql, column, " > ", after[i], err))
            return false;
        if (i + 1 == select->key_count)
            break;
        strbuf_append_c(sql, " OR (");
        if (!append_compared(sql, column, " = ", after[i], err))
            return false;
        strbuf_append_c(sql, " AND ");
    }
    for (size_t i = 0; i < select->key_count; i++)
        strbuf_append_c(sql, i == 0 ? ")" : "))");
    return true;
}

static const MysqlColumn *find_column(const MysqlSelect *select, Str name) {
    for (size_t i = 0; i < select->column_count; i++)
        if (str_eq(select->columns[i].name, name))
            return &select->columns[i];
    return NULL;
}

static bool append_where(StrBuf *sql, const MysqlSelect *select, const SourceRange *range,
                         Err *err) {
    bool behind = range->by_key && range->after != NULL;
    if (range->has_cursor_from) {
        const MysqlColumn *column = find_column(select, range->cursor);
        if (column == NULL) {
            err_fail(err, FAIL_UNPROCESSABLE, "there is no column '%.*s' to go on by",
                     STR_ARG(range->cursor));
            return err_field(err, "cursor");
        }
        strbuf_append_c(sql, " WHERE ");
        if (!append_compared(sql, column, range->cursor_inclusive ? " >= " : " > ",
                             range->cursor_from, err))
            return false;
    }
    if (behind) {
        strbuf_append_c(sql, range->has_cursor_from ? " AND " : " WHERE ");
        return append_behind(sql, select, range->after, err);
    }
    return true;
}

static void append_order(StrBuf *sql, const MysqlSelect *select) {
    for (size_t i = 0; i < select->key_count; i++) {
        strbuf_append_c(sql, i == 0 ? " ORDER BY " : ", ");
        append_column(sql, select->columns[select->key_columns[i]].name);
    }
}

bool mysql_sql_rows(const MysqlSelect *select, const SourceRange *range, Arena *arena, Str *out,
                    Err *err) {
    bool ranged = range != NULL && (range->by_key || range->has_cursor_from);
    if (range != NULL && range->by_key && select->key_count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "there is no key to read by");
    if (select->query.length > 0 && !ranged && !select->printed) {
        *out = select->query;
        return true;
    }
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SELECT ");
    for (size_t i = 0; i < select->column_count; i++) {
        if (i > 0)
            strbuf_append_c(&sql, ", ");
        if (select->printed)
            append_printed(&sql, &select->columns[i]);
        else
            append_column(&sql, select->columns[i].name);
    }
    append_from(&sql, select);
    if (range != NULL) {
        if (!append_where(&sql, select, range, err))
            return false;
        if (range->by_key)
            append_order(&sql, select);
    }
    *out = strbuf_str(&sql);
    return true;
}

bool mysql_sql_cursor_end(const MysqlSelect *select, size_t column, Arena *arena, Str *out,
                          Err *err) {
    const MysqlColumn *cursor = &select->columns[column];
    if (cursor->wire == MYSQL_WIRE_GEOMETRY || cursor->wire == MYSQL_WIRE_JSON) {
        err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' has no order to go on by",
                 STR_ARG(cursor->name));
        return err_field(err, "cursor");
    }
    bool is_float = cursor->print == MYSQL_PRINTS_FLOAT;
    bool is_hex = cursor->print == MYSQL_PRINTS_HEX;
    bool is_bits = cursor->print == MYSQL_PRINTS_BITS;
    StrBuf sql = strbuf_make(arena);
    append_around(&sql, is_hex ? "SELECT LOWER(HEX(MAX(" : "SELECT CAST(MAX(", cursor->name,
                  is_hex     ? ")))"
                  : is_float ? " + 0e0) AS CHAR)"
                  : is_bits  ? " + 0) AS CHAR)"
                             : ") AS CHAR)");
    append_around(&sql, ", COUNT(*) - COUNT(", cursor->name, ")");
    append_from(&sql, select);
    *out = strbuf_str(&sql);
    return true;
}

Str mysql_sql_all(Str database, Str table, const Str *names, size_t count, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    for (size_t i = 0; i < count; i++) {
        strbuf_append_c(&sql, i == 0 ? "SELECT " : ", ");
        append_column(&sql, names[i]);
    }
    strbuf_append_c(&sql, " FROM ");
    append_table(&sql, database, table);
    strbuf_append_c(&sql, " AS r");
    return strbuf_str(&sql);
}

Str mysql_sql_set_mode(Str mode, Arena *arena) {
    static const char *const dropped[] = {"NO_ZERO_IN_DATE",     "NO_ZERO_DATE",
                                          "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES",
                                          "TRADITIONAL",         "PAD_CHAR_TO_FULL_LENGTH",
                                          "ALLOW_INVALID_DATES", ""};
    StrBuf kept = strbuf_make(arena);
    strbuf_append_c(&kept, "ALLOW_INVALID_DATES");
    while (mode.length > 0) {
        Str word;
        mode = str_cut(mode, ',', &word);
        bool drop = false;
        for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
            drop = drop || str_eq_c(word, dropped[i]);
        if (drop)
            continue;
        strbuf_append_char(&kept, ',');
        strbuf_append(&kept, word);
    }
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SET SESSION sql_mode = ");
    append_text(&sql, strbuf_str(&kept));
    return strbuf_str(&sql);
}

static Str describe(const char *what, Str database, Str table, const char *order, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, what);
    strbuf_append_c(&sql, " WHERE table_schema = ");
    append_text(&sql, database);
    strbuf_append_c(&sql, " AND table_name = ");
    append_text(&sql, table);
    strbuf_append_c(&sql, order);
    return strbuf_str(&sql);
}

Str mysql_sql_describe_table(Str database, Str table, Arena *arena) {
    return describe("SELECT engine, table_rows, table_type FROM information_schema.tables",
                    database, table, "", arena);
}

Str mysql_sql_describe_columns(Str database, Str table, Arena *arena) {
    return describe("SELECT column_name, column_type, is_nullable FROM information_schema.columns",
                    database, table, " ORDER BY ordinal_position", arena);
}

Str mysql_sql_describe_keys(Str database, Str table, Arena *arena) {
    return describe("SELECT index_name, column_name, "
                    "sub_part IS NULL AND column_name IS NOT NULL AND nullable <> 'YES' "
                    "FROM information_schema.statistics",
                    database, table,
                    " AND non_unique = 0 "
                    "ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index",
                    arena);
}

Str mysql_sql_describe_engines(const MysqlField *fields, size_t count, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "SELECT DISTINCT engine FROM information_schema.tables WHERE ");
    for (size_t i = 0; i < count; i++) {
        strbuf_append_c(&sql, i == 0 ? "(table_schema = " : " OR (table_schema = ");
        append_text(&sql, fields[i].database);
        strbuf_append_c(&sql, " AND table_name = ");
        append_text(&sql, fields[i].table);
        strbuf_append_char(&sql, ')');
    }
    return strbuf_str(&sql);
}
