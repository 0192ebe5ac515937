/* cmd_version.c - which build this is; no server is asked.
 *
 * Tested by: tests/e2e/test_cli.py, tests/e2e/test_serve.py. */
#include "cli/cli_commands.h"
#include "cli/cli_json.h"

static CliExit run_version(Cli *cli, const CliArgs *args, Err *err) {
    (void)args, (void)err;
    json_t *version = app_version(cli->arena);
    if (cli->json)
        return cli_print_json(cli, json_print(version, cli->arena));
    screen_print(&cli->out, "lakehouse %.*s", STR_ARG(field_text(version, "version")));
    Str commit = field_text(version, "commit");
    if (commit.length > 0 && !str_eq_c(commit, "unknown"))
        screen_print(&cli->out, " (%.*s)", STR_ARG(commit));
    screen_print(&cli->out, "\n");
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)json_object_get(version, "libraries"), name, value) {
        Str text = value_text(value, cli->arena);
        screen_print(&cli->out, "  %-10s %.*s\n", name, STR_ARG(text));
    }
    Str kernels = field_text(version, "kernels");
    if (kernels.length > 0)
        screen_print(&cli->out, "  %-10s %.*s\n", "kernels", STR_ARG(kernels));
    return CLI_OK;
}

const CliCommand command_version = {
    .name = "version",
    .group = "About",
    .arguments = "",
    .summary = "Version, commit and libraries of this program",
    .run = run_version,
};
