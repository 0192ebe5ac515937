/* cli.h - the command line: verbs in one table, and what each of them is handed.
 *
 * A verb is one cmd_*.c with one CliCommand. Its run prints its answer and returns; when it fails
 * it fills err, and cli_main shows that. Exit codes: 0 it is done, 1 it failed, 2 it was asked for
 * in a way we do not understand.
 *
 * Ownership: everything a verb makes lives in cli->arena, until the process ends.
 * Threads: one. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "app/app.h"
#include "cli/cli_options.h"
#include "cli/screen.h"

typedef enum CliExit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 } CliExit;

/* What a server said when it refused, in full: an Err cuts long texts. */
typedef struct ServerSaid {
    int status; /* 0 = it said nothing */
    Str text, request_id;
} ServerSaid;

typedef struct Cli {
    Arena *arena;
    Screen out, err;
    AppOptions app;
    Str url;          /* as typed; "" = find it */
    bool json;        /* the server's own JSON instead of a table */
    bool quiet;       /* no progress */
    bool reader_gone; /* standard output is closed: no words about it */
    ServerSaid said;
} Cli;

typedef CliExit (*CliRunFn)(Cli *cli, const CliArgs *args, Err *err);

typedef struct CliCommand {
    const char *name;
    const char *group;     /* heading in the help */
    const char *arguments; /* "FILE", "[NAME]", "" */
    const char *summary;
    size_t rest_min, rest_max; /* arguments that are no options */
    const CliOption *options;
    size_t option_count;
    const char *notes; /* examples and what else --help should say; or NULL */
    CliRunFn run;
} CliCommand;

extern const CliCommand *const cli_commands[]; /* in the order of the help; NULL ends it */
extern const CliOption cli_global_options[];
extern const size_t cli_global_option_count;

/* Runs one command line; returns the exit code. */
int cli_main(int argc, char **argv);

const CliCommand *cli_find_command(Str name);
void cli_write_help(StrBuf *out);                                    /* all verbs */
void cli_write_command_help(const CliCommand *command, StrBuf *out); /* one */

/* For verbs: misuse, in words; return it. */
CliExit cli_misuse(Err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes to standard output; false when they cannot be written. */
MUST_CHECK bool cli_write(Cli *cli, Str bytes, Err *err);
/* A server's JSON, as it came, with a line end. */
CliExit cli_print_json(const Cli *cli, Str bytes);

#endif
