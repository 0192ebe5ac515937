/* postgres_error.c - SQLSTATE classes, and what of a message is safe to show.
 *
 * Codes: www.postgresql.org/docs/15/errcodes-appendix.html.
 *
 * Tested by: test_postgres_error.c. */
#include "source/postgres_error.h"

#include "base/redact.h"

static bool is_class(Str sqlstate, const char *two) {
    return sqlstate.length == 5 && sqlstate.data[0] == two[0] && sqlstate.data[1] == two[1];
}

FailKind pg_error_kind(Str sqlstate) {
    static const char *const refused[] = {"0A", "20", "21", "22", "23", "25", "26", "2F",
                                          "38", "39", "42", "44", "54", "55", "P0", "HV"};
    if (is_class(sqlstate, "28") || str_eq(sqlstate, STR("42501")))
        return FAIL_DENIED;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (is_class(sqlstate, refused[i]))
            return FAIL_UNPROCESSABLE;
    return FAIL_UPSTREAM;
}

static Str first_line(Str text) {
    Str line = STR_EMPTY;
    (void)str_cut(text, '\n', &line);
    return str_trim(line);
}

/* invalid input syntax for type integer: "4111..." -> invalid input syntax for type integer */
static Str without_values(Str message, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    bool quoted = false;
    for (size_t i = 0; i < message.length && (quoted || message.data[i] != ':'); i++) {
        char c = message.data[i];
        if (c == '"') {
            quoted = !quoted;
            strbuf_append_c(&out, quoted ? "" : "...");
        } else if (!quoted) {
            strbuf_append_char(&out, c);
        }
    }
    return str_trim(strbuf_str(&out));
}

bool pg_error_statement(Str sqlstate, Str message, Err *err) {
    Arena *arena = arena_create();
    Str shown = first_line(message);
    if (is_class(sqlstate, "P0"))
        shown = STR("a function raised an exception");
    else if (is_class(sqlstate, "22") || is_class(sqlstate, "23"))
        shown = without_values(shown, arena);
    shown = redact(REDACT_SERVER, shown, arena);
    if (sqlstate.length > 0)
        err_fail(err, pg_error_kind(sqlstate), "PostgreSQL: %.*s (SQLSTATE %.*s)", STR_ARG(shown),
                 STR_ARG(sqlstate));
    else
        err_fail(err, FAIL_UPSTREAM, "PostgreSQL: %.*s", STR_ARG(shown));
    arena_destroy(arena);
    return false;
}

/* Finds "  28P01: " and what follows it. */
static bool find_sqlstate(Str line, Str *out_state, Str *out_message) {
    size_t at = str_find(line, STR(":  "), 0);
    if (at == SIZE_MAX || at + 10 > line.length || line.data[at + 8] != ':')
        return false;
    Str state = str_slice(line, at + 3, at + 8);
    for (size_t i = 0; i < state.length; i++)
        if (!((state.data[i] >= '0' && state.data[i] <= '9') ||
              (state.data[i] >= 'A' && state.data[i] <= 'Z')))
            return false;
    *out_state = state;
    *out_message = str_trim(str_slice(line, at + 9, line.length));
    return true;
}

/* connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused
 * -> Connection refused; the DSN that is shown says the rest. */
static Str without_place(Str line) {
    Str end = STR(" failed: ");
    size_t at = str_find(line, end, 0);
    if (at == SIZE_MAX || !str_starts(line, STR("connection to server ")))
        return line;
    return str_trim(str_slice(line, at + end.length, line.length));
}

/* libpq tells of every address that it tried, and of TLS and then none. The server's first word is
 * the one that counts; without any, the last attempt. */
static Str choose_line(Str text, Str *out_state) {
    Str chosen = STR_EMPTY;
    for (Str rest = text; rest.length > 0;) {
        Str line = STR_EMPTY;
        Str message = STR_EMPTY;
        rest = str_cut(rest, '\n', &line);
        if (find_sqlstate(line, out_state, &message))
            return message;
        if (chosen.length == 0 || str_starts(line, STR("connection to server ")))
            chosen = without_place(str_trim(line));
    }
    return chosen;
}

bool pg_error_connect(Str text, Err *err) {
    Arena *arena = arena_create();
    Str state = STR_EMPTY;
    FailKind kind = FAIL_UPSTREAM;
    Str message = choose_line(text, &state);
    if (is_class(state, "28") || str_eq(state, STR("42501")))
        kind = FAIL_DENIED;
    else if (str_eq(state, STR("3D000")))
        kind = FAIL_NOT_FOUND;
    /* Both names are in quotes, and what lies between two hidden texts is hidden, too. */
    if (str_find(message, STR("does not match host name"), 0) != SIZE_MAX)
        message = STR("the server's certificate is for another host name");
    Str shown = redact(REDACT_SERVER, message, arena);
    if (state.length > 0)
        err_fail(err, kind, "PostgreSQL: %.*s (SQLSTATE %.*s)", STR_ARG(shown), STR_ARG(state));
    else
        err_fail(err, kind, "cannot connect to PostgreSQL: %.*s", STR_ARG(shown));
    if (kind != FAIL_UPSTREAM)
        err_field(err, "dsn");
    arena_destroy(arena);
    return false;
}
