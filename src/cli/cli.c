/* cli.c - from argv to a verb and back to an exit code.
 *
 *   split off the verb -> parse its options and the global ones -> run -> flush -> show what failed
 *
 * The verb is the first word that is no option nor an option's value; since options may come before
 * it, the global table says which of them take one. SIGPIPE is ignored: `lakehouse sql ... | head`
 * ends with exit code 1 and no message, and a server that hangs up is an error we can word.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/redact.h"
#include "cli/cli_commands.h"

const CliCommand *const cli_commands[] = {
    &command_ingest,  &command_watch,  &command_sql,     &command_verify, &command_datasets,
    &command_refresh, &command_search, &command_indexes, &command_serve,  &command_buckets,
    &command_jobs,    &command_doctor, &command_version, &command_help,   NULL,
};

const CliOption cli_global_options[] = {
    {"url", CLI_TEXT, CLI_ONCE, "URL",
     "the server; else as the data directory or the configuration say"},
    {"config", CLI_TEXT, CLI_ONCE, "FILE",
     "configuration; else lakehouse.toml in this folder, if any"},
    {"data", CLI_TEXT, CLI_ONCE, "DIR", "data directory; else as configured"},
    {"json", CLI_FLAG, CLI_ONCE, NULL, "print JSON, for programs"},
    {"quiet", CLI_FLAG, CLI_ONCE, NULL, "no progress"},
    {"help", CLI_FLAG, CLI_ONCE, NULL, "what a command does and takes"},
};
const size_t cli_global_option_count = ARRAY_LEN(cli_global_options);

const CliCommand *cli_find_command(Str name) {
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (str_eq_c(name, cli_commands[i]->name))
            return cli_commands[i];
    return NULL;
}

CliExit cli_misuse(Err *err, const char *format, ...) {
    char text[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_fail(err, FAIL_INVALID, "%s", text);
    return CLI_USAGE;
}

bool cli_write(Cli *cli, Str bytes, Err *err) {
    errno = 0;
    if (fwrite(bytes.data, 1, bytes.length, cli->out.file) == bytes.length)
        return true;
    int failed = errno;
    cli->reader_gone = failed == EPIPE;
    return err_fail_errno(err, failed, "cannot write the answer");
}

CliExit cli_print_json(const Cli *cli, Str bytes) {
    screen_text(&cli->out, bytes);
    if (!str_ends(bytes, STR("\n")))
        screen_text(&cli->out, STR("\n"));
    return CLI_OK;
}

/* --- showing what failed --------------------------------------------------------------------- */

/* Line by line, the later ones indented; nothing in it may steer the terminal. */
static void show_lines(const Screen *screen, Str text, Arena *arena) {
    bool first = true;
    while (text.length > 0) {
        Str line;
        text = str_cut(text, '\n', &line);
        screen_print(screen, "%s%.*s\n", first ? "" : "  ", STR_ARG(screen_clean(line, arena)));
        first = false;
    }
}

static void show_failure(Cli *cli, const Err *err, const CliCommand *command, CliExit exit_code) {
    const Screen *screen = &cli->err;
    fflush(cli->out.file);
    if (err->kind == FAIL_NONE || cli->reader_gone)
        return;
    Err shown = *err;
    redact_err(&shown);
    err = &shown;
    screen_styled_c(screen, STYLE_BAD, "lakehouse: ");
    bool in_full = cli->said.text.length > 0;
    show_lines(screen, in_full ? cli->said.text : str_c(err->message), cli->arena);
    if (!in_full && err->detail[0] != '\0') {
        screen_print(screen, "  ");
        show_lines(screen, str_c(err->detail), cli->arena);
    }
    if (err->field[0] != '\0')
        screen_print(screen, "  field: %s\n", err->field);
    if (err->hint[0] != '\0')
        screen_print(screen, "  hint: %s\n", err->hint);
    if (cli->said.status == 500)
        screen_print(screen, "  hint: the server's log tells more\n");
    if (cli->said.status > 0)
        screen_print(screen, "  the server answered %d, request %.*s\n", cli->said.status,
                     STR_ARG(cli->said.request_id));
    if (exit_code == CLI_USAGE)
        screen_print(screen, "  try 'lakehouse %s%s'\n", command != NULL ? command->name : "help",
                     command != NULL ? " --help" : "");
}

/* --- finding the verb ------------------------------------------------------------------------ */

static const CliOption *global_option(Str word) {
    Str name;
    str_cut(str_slice(word, 2, word.length), '=', &name);
    for (size_t i = 0; i < cli_global_option_count; i++)
        if (str_eq_c(name, cli_global_options[i].name))
            return &cli_global_options[i];
    return NULL;
}

/* Index of the first word that is neither an option nor the value of one, or count. */
static size_t find_verb(const Str *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (words[i].length == 0 || words[i].data[0] != '-')
            return i;
        const CliOption *option = global_option(words[i]);
        bool has_value = option != NULL && option->kind != CLI_FLAG &&
                         str_find_char(words[i], '=', 0) == SIZE_MAX;
        i += has_value;
    }
    return count;
}

static CliExit unknown_verb(Str word, Arena *arena, Err *err) {
    VEC(const char *) names = {0};
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        const char *name = cli_commands[i]->name;
        *vec_push(&names, arena) = name;
    }
    const char *nearest = cli_nearest(word, names.items, names.count);
    cli_misuse(err, "there is no command '%.*s'", STR_ARG(word));
    if (nearest != NULL)
        err_hint(err, "did you mean 'lakehouse %s'?", nearest);
    return CLI_USAGE;
}

/* --- running --------------------------------------------------------------------------------- */

static void take_globals(Cli *cli, const CliArgs *args) {
    cli->app.config_path = cli_text(args, "config");
    cli->app.data_dir = cli_text(args, "data");
    cli->url = cli_text(args, "url");
    cli->json = cli_has(args, "json");
    cli->quiet = cli_has(args, "quiet");
}

static CliExit run_command(Cli *cli, const CliCommand *command, const StrVec *words, Err *err) {
    CliOptionTables tables = {command->options, command->option_count, cli_global_options,
                              cli_global_option_count};
    CliArgs args;
    if (!cli_parse(&tables, words->items, words->count, cli->arena, &args, err))
        return CLI_USAGE;
    if (cli_has(&args, "help")) {
        StrBuf text = strbuf_make(cli->arena);
        cli_write_command_help(command, &text);
        screen_text(&cli->out, strbuf_str(&text));
        return CLI_OK;
    }
    if (args.rest.count > command->rest_max)
        return cli_misuse(err, "'%s' takes %s, '%.*s' is too much", command->name,
                          command->arguments[0] != '\0' ? command->arguments : "no argument",
                          STR_ARG(cli_rest(&args, command->rest_max)));
    if (args.rest.count < command->rest_min)
        return cli_misuse(err, "'%s' wants %s", command->name, command->arguments);
    if (!cli_require(command->options, command->option_count, &args, err))
        return CLI_USAGE;
    take_globals(cli, &args);
    return command->run(cli, &args, err);
}

/* "--help" and "--version" stand for verbs when there is none. */
static CliExit run_without_verb(Cli *cli, const StrVec *words, Err *err) {
    for (size_t i = 0; i < words->count; i++) {
        StrVec none = {0};
        if (str_eq_c(words->items[i], "--version"))
            return run_command(cli, &command_version, &none, err);
        if (str_eq_c(words->items[i], "--help") || str_eq_c(words->items[i], "-h"))
            return run_command(cli, &command_help, &none, err);
    }
    CliOptionTables tables = {NULL, 0, cli_global_options, cli_global_option_count};
    CliArgs args;
    if (!cli_parse(&tables, words->items, words->count, cli->arena, &args, err))
        return CLI_USAGE;
    StrBuf text = strbuf_make(cli->arena);
    cli_write_help(&text);
    screen_text(&cli->err, strbuf_str(&text));
    return CLI_USAGE;
}

static CliExit run_words(Cli *cli, StrVec *words, const CliCommand **out_command, Err *err) {
    size_t verb = find_verb(words->items, words->count);
    if (verb == words->count)
        return run_without_verb(cli, words, err);
    const CliCommand *command = cli_find_command(words->items[verb]);
    if (command == NULL)
        return unknown_verb(words->items[verb], cli->arena, err);
    for (size_t i = verb; i + 1 < words->count; i++)
        words->items[i] = words->items[i + 1];
    words->count--;
    *out_command = command;
    return run_command(cli, command, words, err);
}

/* A full disk must not pass for success; a reader that has seen enough needs no words. */
static CliExit flush_output(Cli *cli, CliExit exit_code, Err *err) {
    errno = 0;
    bool written = fflush(cli->out.file) == 0 && !ferror(cli->out.file);
    if (written)
        return exit_code;
    cli->reader_gone = cli->reader_gone || errno == EPIPE;
    if (err->kind == FAIL_NONE)
        err_fail_errno(err, errno, "cannot write the answer");
    return exit_code == CLI_OK ? CLI_FAILED : exit_code;
}

int cli_main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    Arena *arena = arena_create();
    Cli cli = {.arena = arena, .out = screen_of(stdout), .err = screen_of(stderr)};
    StrVec words = {0};
    for (int i = 1; i < argc; i++)
        *vec_push(&words, arena) = str_c(argv[i]);
    Err err;
    err_clear(&err);
    const CliCommand *command = NULL;
    CliExit exit_code = run_words(&cli, &words, &command, &err);
    exit_code = flush_output(&cli, exit_code, &err);
    if (exit_code != CLI_OK)
        show_failure(&cli, &err, command, exit_code);
    arena_destroy(arena);
    return (int)exit_code;
}
