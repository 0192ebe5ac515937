/* duck_error.c - DuckDB's error texts become errors that may be shown to users.
 *
 * A text comes as `Binder Error: message\n\nLINE 1: ...excerpt...\n  ^`, or as JSON with a byte
 * position (json_serialize_sql, and errors_as_json, which a locked instance cannot have: it is set
 * per connection). Either way we keep the sentence, find the line and column in the user's own
 * statement, move suggestions ("Did you mean") to the hint and further lines to the detail. A
 * prepared statement gives no error type, only its text: there the prefix tells it.
 *
 * Nothing of an internal or fatal error is passed on: its text is a stack trace.
 *
 * Tested by: test_duck_error.c. */
#include "query/duck_error.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/vec.h"

typedef struct KindRow {
    duckdb_error_type type;
    FailKind kind;
    const char *prefix; /* as DuckDB prints it, before " Error: " */
} KindRow;

/* Types that are not listed are bugs of DuckDB or of ours. */
static const KindRow kinds[] = {
    {DUCKDB_ERROR_OUT_OF_RANGE, FAIL_UNPROCESSABLE, "Out of Range"},
    {DUCKDB_ERROR_CONVERSION, FAIL_UNPROCESSABLE, "Conversion"},
    {DUCKDB_ERROR_UNKNOWN_TYPE, FAIL_UNPROCESSABLE, "Unknown Type"},
    {DUCKDB_ERROR_DECIMAL, FAIL_UNPROCESSABLE, "Decimal"},
    {DUCKDB_ERROR_MISMATCH_TYPE, FAIL_UNPROCESSABLE, "Mismatch Type"},
    {DUCKDB_ERROR_DIVIDE_BY_ZERO, FAIL_UNPROCESSABLE, "Divide by Zero"},
    {DUCKDB_ERROR_OBJECT_SIZE, FAIL_UNPROCESSABLE, "Object Size"},
    {DUCKDB_ERROR_INVALID_TYPE, FAIL_UNPROCESSABLE, "Invalid type"},
    {DUCKDB_ERROR_NOT_IMPLEMENTED, FAIL_UNPROCESSABLE, "Not implemented"},
    {DUCKDB_ERROR_EXPRESSION, FAIL_UNPROCESSABLE, "Expression"},
    {DUCKDB_ERROR_CATALOG, FAIL_UNPROCESSABLE, "Catalog"},
    {DUCKDB_ERROR_PARSER, FAIL_INVALID, "Parser"},
    {DUCKDB_ERROR_CONSTRAINT, FAIL_UNPROCESSABLE, "Constraint"},
    {DUCKDB_ERROR_SYNTAX, FAIL_INVALID, "Syntax"},
    {DUCKDB_ERROR_SETTINGS, FAIL_DENIED, "Settings"},
    {DUCKDB_ERROR_BINDER, FAIL_UNPROCESSABLE, "Binder"},
    {DUCKDB_ERROR_NETWORK, FAIL_DENIED, "Network"},
    {DUCKDB_ERROR_IO, FAIL_IO, "IO"},
    {DUCKDB_ERROR_INTERRUPT, FAIL_CANCELLED, "INTERRUPT"},
    {DUCKDB_ERROR_FATAL, FAIL_INTERNAL, "FATAL"},
    {DUCKDB_ERROR_INTERNAL, FAIL_INTERNAL, "INTERNAL"},
    {DUCKDB_ERROR_INVALID_INPUT, FAIL_UNPROCESSABLE, "Invalid Input"},
    {DUCKDB_ERROR_OUT_OF_MEMORY, FAIL_NO_MEMORY, "Out of Memory"},
    {DUCKDB_ERROR_PERMISSION, FAIL_DENIED, "Permission"},
    {DUCKDB_ERROR_PARAMETER_NOT_RESOLVED, FAIL_INVALID, "Parameter Not Resolved"},
    {DUCKDB_ERROR_PARAMETER_NOT_ALLOWED, FAIL_INVALID, "Parameter Not Allowed"},
    {DUCKDB_ERROR_DEPENDENCY, FAIL_UNPROCESSABLE, "Dependency"},
    {DUCKDB_ERROR_HTTP, FAIL_DENIED, "HTTP"},
    {DUCKDB_ERROR_MISSING_EXTENSION, FAIL_DENIED, "Missing Extension"},
    {DUCKDB_ERROR_AUTOLOAD, FAIL_DENIED, "Extension Autoloading"},
    {DUCKDB_ERROR_SEQUENCE, FAIL_UNPROCESSABLE, "Sequence"},
    {DUCKDB_INVALID_CONFIGURATION, FAIL_DENIED, "Invalid Configuration"},
};

/* A failure taken apart. */
typedef struct Parts {
    duckdb_error_type type;
    Str message;
    Str hint;
    Str rest;
    size_t line, column; /* from 1; 0 = unknown */
} Parts;

FailKind duck_error_kind(duckdb_error_type type) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].type == type)
            return kinds[i].kind;
    return FAIL_INTERNAL;
}

bool duck_error_spoils(duckdb_error_type type) {
    return type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL;
}

/* ---- taking the text apart ---- */

/* "Binder Error: x" -> "x", and the type when the caller knew none. */
static Str strip_prefix(Str text, duckdb_error_type *type) {
    static const Str mark = {" Error: ", 8};
    size_t at = str_find(text, mark, 0);
    if (at == SIZE_MAX)
        return text;
    Str prefix = str_slice(text, 0, at);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eq_nocase(prefix, str_c(kinds[i].prefix)))
            continue;
        if (*type == DUCKDB_ERROR_INVALID)
            *type = kinds[i].type;
        return str_slice(text, at + mark.length, text.length);
    }
    return text;
}

static bool is_suggestion(Str line) {
    return str_starts(line, STR("Did you mean")) || str_starts(line, STR("Candidate bindings"));
}

/* The nth line of the statement, from 1. */
static Str statement_line(Str sql, size_t number) {
    Str line = STR_EMPTY;
    for (size_t i = 0; i < number; i++)
        sql = str_cut(sql, '\n', &line);
    return line;
}

/* "LINE 2: ...b, nope FROM t..." and "            ^" -> line and column. The excerpt of a long line
 * is cut at both ends, so it is looked for in the line. */
static void read_excerpt(Str line, Str caret, Str sql, Parts *parts) {
    Str head;
    Str excerpt = str_cut(line, ':', &head);
    size_t shown_at = head.length + 2;
    uint64_t number;
    size_t caret_at = str_find_char(caret, '^', 0);
    if (!str_to_u64(str_trim(str_slice(head, STR("LINE").length, head.length)), &number) ||
        number == 0 || number > sql.length + 1 || caret_at == SIZE_MAX || caret_at < shown_at)
        return;
    excerpt = str_slice(excerpt, 1, excerpt.length);
    size_t within = caret_at - shown_at;
    if (str_starts(excerpt, STR("...")) && within >= 3) {
        excerpt = str_slice(excerpt, 3, excerpt.length);
        within -= 3;
    }
    if (str_ends(excerpt, STR("...")))
        excerpt = str_slice(excerpt, 0, excerpt.length - 3);
    Str whole = statement_line(sql, (size_t)number);
    size_t at = str_find(whole, excerpt, 0);
    if (at == SIZE_MAX)
        return;
    parts->line = (size_t)number;
    parts->column = utf8_count(str_slice(whole, 0, at)) + within + 1;
}

static void read_position(uint64_t position, Str sql, Parts *parts) {
    if (position > sql.length)
        return;
    Str before = str_slice(sql, 0, (size_t)position);
    Str line;
    parts->line = 0;
    do {
        before = str_cut(before, '\n', &line);
        parts->line++;
    } while (!str_is_empty(before));
    if (position > 0 && sql.data[position - 1] == '\n') {
        parts->line++;
        line = STR_EMPTY;
    }
    parts->column = utf8_count(line) + 1;
}

/* First line is the message; suggestions go to the hint; the excerpt ("LINE 1:") ends the text. */
static void split_lines(Str text, Str sql, Arena *arena, Parts *parts) {
    StrBuf rest = strbuf_make(arena);
    Str line;
    text = str_cut(str_trim(text), '\n', &parts->message);
    while (!str_is_empty(text)) {
        text = str_cut(text, '\n', &line);
        if (str_starts(line, STR("Stack Trace")))
            break;
        if (str_starts(line, STR("LINE "))) {
            read_excerpt(line, text, sql, parts);
            break;
        }
        line = str_trim(line);
        if (str_is_empty(line))
            continue;
        if (is_suggestion(line) && str_is_empty(parts->hint)) {
            parts->hint = line;
            continue;
        }
        if (rest.length > 0)
            strbuf_append_c(&rest, " ");
        strbuf_append(&rest, line);
    }
    parts->rest = strbuf_str(&rest);
}

static void read_json(const json_t *value, Str sql, Arena *arena, Parts *parts) {
    const char *message = json_string_value(json_object_get(value, "exception_message"));
    split_lines(str_dup(arena, str_c(message)), STR_EMPTY, arena, parts);
    uint64_t position;
    if (str_to_u64(str_c(json_string_value(json_object_get(value, "position"))), &position))
        read_position(position, sql, parts);
}

static Parts take_apart(duckdb_error_type type, const char *text, Str sql, Arena *arena) {
    Parts parts = {.type = type};
    Str body = strip_prefix(str_c(text), &parts.type);
    json_t *value = str_starts(body, STR("{"))
                        ? json_loadb(body.data, body.length, JSON_DISABLE_EOF_CHECK, NULL)
                        : NULL;
    if (value != NULL && json_object_get(value, "exception_message") != NULL)
        read_json(value, sql, arena, &parts);
    else
        split_lines(body, sql, arena, &parts);
    json_decref(value);
    return parts;
}

bool duck_error_text_spoils(duckdb_error_type type, const char *text) {
    if (text != NULL)
        strip_prefix(str_c(text), &type);
    return duck_error_spoils(type);
}

/* ---- cleaning ---- */

static bool ends_path(char c) {
    return c == '"' || c == '\'' || c == ' ' || c == ')' || c == ']' || c == ',' || c == '\n';
}

/* Absolute paths become <file>. A path begins with '/' after a quote, blank or bracket and holds
 * another '/': the operators / and // stay. */
static Str hide_paths(Str text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < text.length; i++) {
        char before = i == 0 ? ' ' : text.data[i - 1];
        bool may_begin = ends_path(before) || before == '(' || before == '[' || before == '=';
        if (text.data[i] != '/' || !may_begin) {
            strbuf_append_char(&out, text.data[i]);
            continue;
        }
        char quote = before == '"' || before == '\'' ? before : '\0';
        size_t end = i;
        while (end < text.length &&
               (quote != '\0' ? text.data[end] != quote : !ends_path(text.data[end])))
            end++;
        bool is_path = end - i > 2 && memchr(text.data + i + 1, '/', end - i - 1) != NULL &&
                       text.data[i + 1] != '/';
        if (!is_path) {
            strbuf_append_char(&out, '/');
            continue;
        }
        strbuf_append_c(&out, "<file>");
        i = end - 1;
    }
    return strbuf_str(&out);
}

/* House style: a message begins in lower case, unless its first word is a name. */
static Str lower_first(Str text, Arena *arena) {
    bool sentence = text.length >= 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' &&
                    ((text.data[1] >= 'a' && text.data[1] <= 'z') || text.data[1] == ' ');
    if (!sentence)
        return text;
    Str out = str_dup(arena, text);
    ((char *)out.data)[0] = (char)(out.data[0] - 'A' + 'a');
    return out;
}

/* ---- putting it together ---- */

static void set_detail(Err *err, const Parts *parts, Arena *arena) {
    StrBuf detail = strbuf_make(arena);
    if (parts->line > 0)
        strbuf_append_format(&detail, "line %zu, column %zu", parts->line, parts->column);
    if (!str_is_empty(parts->rest)) {
        if (detail.length > 0)
            strbuf_append_c(&detail, ": ");
        strbuf_append(&detail, hide_paths(parts->rest, arena));
    }
    Str text = strbuf_str(&detail);
    if (!str_is_empty(text))
        err_detail(err, "%.*s", STR_ARG(text));
}

/* "[lakehouse not_found] no index 'x'" -> FAIL_NOT_FOUND, "no index 'x'". */
static bool decode_own(Str *message, FailKind *kind) {
    static const Str mark = {"[lakehouse ", 11};
    size_t end = str_find_char(*message, ']', 0);
    if (!str_starts(*message, mark) || end == SIZE_MAX)
        return false;
    Str name = str_slice(*message, mark.length, end);
    for (int i = FAIL_NONE + 1; i < FAIL_KIND_COUNT; i++) {
        if (!str_eq_c(name, err_kind_name((FailKind)i)))
            continue;
        *kind = (FailKind)i;
        *message = str_trim(str_slice(*message, end + 1, message->length));
        return true;
    }
    return false;
}

static bool set_spoiled(Err *err) {
    err_fail(err, FAIL_INTERNAL, "the SQL engine failed internally");
    return err_hint(err, "this is a bug: the statement was stopped and the engine restarted");
}

bool duck_error_set(Err *err, duckdb_error_type type, const char *text, Str sql) {
    Arena *arena = arena_create();
    Parts parts = take_apart(type, text == NULL ? "" : text, sql, arena);
    FailKind kind = duck_error_kind(parts.type);
    bool own = decode_own(&parts.message, &kind);
    if (duck_error_spoils(parts.type)) {
        set_spoiled(err);
    } else if (parts.type == DUCKDB_ERROR_OUT_OF_MEMORY) {
        err_fail(err, kind, "not enough memory for this statement");
        err_hint(err, "select fewer rows or columns, or raise the memory of queries");
    } else if (parts.type == DUCKDB_ERROR_INTERRUPT) {
        err_fail(err, kind, "the statement was interrupted");
    } else if (str_is_empty(parts.message)) {
        err_fail(err, kind, "the SQL engine failed without saying why");
    } else {
        Str shown = own ? parts.message : lower_first(parts.message, arena);
        shown = hide_paths(shown, arena);
        err_fail(err, kind, "%.*s", STR_ARG(shown));
        set_detail(err, &parts, arena);
        if (!str_is_empty(parts.hint)) {
            Str hint = hide_paths(lower_first(parts.hint, arena), arena);
            err_hint(err, "%.*s", STR_ARG(hint));
        }
    }
    arena_destroy(arena);
    return false;
}

bool duck_error_result(Err *err, duckdb_result *result, Str sql) {
    return duck_error_set(err, duckdb_result_error_type(result), duckdb_result_error(result), sql);
}

bool duck_error_prepared(Err *err, duckdb_prepared_statement statement, Str sql) {
    return duck_error_set(err, DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement), sql);
}

const char *duck_error_encode(const Err *err, Arena *arena) {
    return str_format(arena, "[lakehouse %s] %s", err_kind_name(err->kind), err->message).data;
}
