/* cmd_help.c - what there is to be said, from the same tables that are parsed.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include <string.h>

#include "app/app_config.h"
#include "cli/cli_commands.h"

enum { NAME_COLUMN = 12 };

static void write_name(const char *name, StrBuf *out) {
    size_t began = out->length;
    strbuf_append_format(out, "  %s", name);
    while (out->length - began < NAME_COLUMN)
        strbuf_append_char(out, ' ');
}

void cli_write_help(StrBuf *out) {
    strbuf_append_c(out, "usage: lakehouse COMMAND [ARGUMENTS] [--options]\n");
    const char *group = "";
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        const CliCommand *command = cli_commands[i];
        if (strcmp(group, command->group) != 0)
            strbuf_append_format(out, "\n%s\n", command->group);
        group = command->group;
        write_name(command->name, out);
        strbuf_append_format(out, "%s\n", command->summary);
    }
    strbuf_append_c(out, "\nFor every command\n");
    cli_options_help(cli_global_options, cli_global_option_count, out);
    strbuf_append_c(out,
                    "\n'lakehouse help COMMAND' tells all about one, 'lakehouse help settings' "
                    "about lakehouse.toml.\n");
}

void cli_write_command_help(const CliCommand *command, StrBuf *out) {
    strbuf_append_format(out, "%s\n\nusage: lakehouse %s%s%s%s\n", command->summary, command->name,
                         command->arguments[0] != '\0' ? " " : "", command->arguments,
                         command->option_count > 0 ? " [--options]" : "");
    if (command->option_count > 0) {
        strbuf_append_c(out, "\nOptions\n");
        cli_options_help(command->options, command->option_count, out);
    }
    strbuf_append_c(out, "\nFor every command\n");
    cli_options_help(cli_global_options, cli_global_option_count, out);
    if (command->notes != NULL)
        strbuf_append_format(out, "\n%s", command->notes);
}

static CliExit run_help(Cli *cli, const CliArgs *args, Err *err) {
    StrBuf text = strbuf_make(cli->arena);
    if (str_eq_c(cli_rest(args, 0), "settings")) {
        app_config_write_docs(&text);
    } else if (args->rest.count == 0) {
        cli_write_help(&text);
    } else {
        const CliCommand *command = cli_find_command(cli_rest(args, 0));
        if (command == NULL)
            return cli_misuse(err, "there is no command '%.*s'", STR_ARG(cli_rest(args, 0)));
        cli_write_command_help(command, &text);
    }
    screen_text(&cli->out, strbuf_str(&text));
    return CLI_OK;
}

const CliCommand command_help = {
    .name = "help",
    .group = "About",
    .arguments = "[COMMAND|settings]",
    .summary = "Tell about the commands, about one, or about the settings",
    .rest_max = 1,
    .run = run_help,
};
