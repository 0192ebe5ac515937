/* dsn_input.c - read the DSN and its password from where they were put, and join them.
 *
 * The server takes one text, so the password is added as an option of the DSN: percent-encoded
 * behind a URL, in quotes behind libpq's key=value form. A DSN that has a password already is
 * refused then: of two, nobody can say which one was meant.
 *
 * Tested by: tests/unit/cli/test_dsn_input.c, tests/e2e/test_ingest_table.py. */
#include "cli/dsn_input.h"

#include <errno.h>
#include <stdlib.h>

#include "base/percent.h"

enum { SECRET_BYTES_MAX = 64 << 10 };

/* The first line of it. */
static bool read_line(FILE *file, Str name, Arena *arena, Str *out, Err *err) {
    char *bytes = arena_alloc(arena, SECRET_BYTES_MAX);
    size_t length = fread(bytes, 1, SECRET_BYTES_MAX, file);
    if (ferror(file))
        return err_fail_errno(err, errno, "cannot read '%.*s'", STR_ARG(name));
    if (length == SECRET_BYTES_MAX)
        return err_fail(err, FAIL_INVALID, "'%.*s' is too long", STR_ARG(name));
    Str line = {bytes, length};
    size_t end = str_find_char(line, '\n', 0);
    line = str_slice(line, 0, end);
    if (str_ends(line, STR("\r")))
        line.length--;
    *out = line;
    return true;
}

static bool read_file(Str path, Arena *arena, Str *out, Err *err) {
    FILE *file = fopen(str_to_c(arena, path), "rb");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot read '%.*s'", STR_ARG(path));
    bool fine = read_line(file, path, arena, out, err);
    fclose(file);
    return fine;
}

static bool read_password(const CliArgs *args, Arena *arena, Str *out, Err *err) {
    if (cli_has(args, "password-file"))
        return read_file(cli_text(args, "password-file"), arena, out, err);
    Str name = cli_text(args, "password-env");
    const char *value = getenv(str_to_c(arena, name));
    if (value == NULL)
        return err_fail(err, FAIL_INVALID, "there is no environment variable '%.*s'",
                        STR_ARG(name));
    *out = str_c(value);
    return true;
}

static Str with_password(Str dsn, Str password, Arena *arena) {
    if (str_find(dsn, STR("://"), 0) != SIZE_MAX) {
        const char *sign = str_find_char(dsn, '?', 0) == SIZE_MAX ? "?" : "&";
        Str encoded = percent_encode(password, PERCENT_KEEP_UNRESERVED, arena);
        return str_format(arena, "%.*s%spassword=%.*s", STR_ARG(dsn), sign, STR_ARG(encoded));
    }
    StrBuf out = strbuf_make(arena);
    strbuf_append(&out, dsn);
    strbuf_append_c(&out, " password='");
    for (size_t i = 0; i < password.length; i++) {
        if (password.data[i] == '\'' || password.data[i] == '\\')
            strbuf_append_char(&out, '\\');
        strbuf_append_char(&out, password.data[i]);
    }
    strbuf_append_char(&out, '\'');
    return strbuf_str(&out);
}

static bool add_password(const CliArgs *args, Arena *arena, Str *dsn, Err *err) {
    Dsn parts;
    Str password;
    if (!dsn_parse(*dsn, arena, &parts, err) || !read_password(args, arena, &password, err))
        return false;
    if (parts.has_password)
        return err_fail(err, FAIL_INVALID, "the DSN has a password already");
    *dsn = with_password(*dsn, password, arena);
    return true;
}

bool dsn_input_read(const Cli *cli, const CliArgs *args, Str argument, DsnInput *out, Err *err) {
    Arena *arena = cli->arena;
    bool from_file = cli_has(args, "password-file"), from_env = cli_has(args, "password-env");
    Str dsn = argument;
    if (str_eq_c(argument, "-") && !read_line(stdin, STR("standard input"), arena, &dsn, err))
        return false;
    dsn = str_trim(dsn);
    if (from_file && from_env)
        return err_fail(err, FAIL_INVALID, "give --password-env or --password-file, not both");
    Dsn parts;
    if ((from_file || from_env) && !add_password(args, arena, &dsn, err))
        return false;
    if (!dsn_parse(dsn, arena, &parts, err))
        return false;
    *out = (DsnInput){dsn, parts.kind};
    return true;
}
