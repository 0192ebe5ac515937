/* cmd_serve.c - run the server in this process, until SIGTERM or SIGINT.
 *
 * Tested by: tests/e2e/test_serve.py. */
#include "cli/cli_commands.h"

static CliExit run_serve(Cli *cli, const CliArgs *args, Err *err) {
    cli->app.listen = cli_text(args, "listen");
    cli->app.ready_file = cli_text(args, "ready-file");
    cli->app.insecure = cli_has(args, "insecure");
    return app_serve(&cli->app, err) ? CLI_OK : CLI_FAILED;
}

static const CliOption serve_options[] = {
    {"listen", CLI_TEXT, CLI_ONCE, "HOST:PORT",
     "else as configured, 127.0.0.1:3100; port 0 picks one"},
    {"ready-file", CLI_TEXT, CLI_ONCE, "FILE", "receives the address once requests are answered"},
    {"insecure", CLI_FLAG, CLI_ONCE, NULL, "listen on an address of the network without keys"},
};

const CliCommand command_serve = {
    .name = "serve",
    .group = "Server",
    .arguments = "",
    .summary = "Run the server until it is told to stop",
    .options = serve_options,
    .option_count = ARRAY_LEN(serve_options),
    .notes = "SIGTERM and Ctrl-C let running requests end, then exit with 0.\n"
             "\n"
             "  lakehouse serve --data ./lakehouse-data --listen 127.0.0.1:3100\n",
    .run = run_serve,
};
