/* cmd_watch.c - watched folders: what they have brought, and what went wrong lately.
 *
 * Tested by: tests/e2e/test_watch.py. */
#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

static void count_cell(Table *table, const json_t *object, const char *field) {
    table_cell(table, screen_count(field_u64(object, field), table->arena));
}

static void print_watches(const Cli *cli, const json_t *watches) {
    Table table = table_begin(cli->arena);
    table_column(&table, STR("watch"), TABLE_LEFT);
    table_column(&table, STR("dataset"), TABLE_LEFT);
    table_column(&table, STR("taken"), TABLE_RIGHT);
    table_column(&table, STR("failed"), TABLE_RIGHT);
    table_column(&table, STR("pending"), TABLE_RIGHT);
    table_column(&table, STR("duplicates"), TABLE_RIGHT);
    table_column(&table, STR("rows"), TABLE_RIGHT);
    table_column(&table, STR("by"), TABLE_LEFT);
    table_column(&table, STR("folder"), TABLE_LEFT);
    size_t at;
    const json_t *watch;
    json_array_foreach ((json_t *)(uintptr_t)watches, at, watch) {
        table_cell(&table, field_text(watch, "name"));
        table_cell(&table, field_text(watch, "dataset"));
        count_cell(&table, watch, "files_taken");
        count_cell(&table, watch, "files_failed");
        count_cell(&table, watch, "files_pending");
        count_cell(&table, watch, "duplicates");
        count_cell(&table, watch, "rows");
        table_cell(&table, field_text(watch, "mode_of_watching"));
        table_cell(&table, field_text(watch, "folder"));
    }
    table_print(&table, &cli->out);
}

static void print_errors(const Cli *cli, const json_t *watches) {
    size_t at;
    const json_t *watch;
    json_array_foreach ((json_t *)(uintptr_t)watches, at, watch) {
        Str error = field_text(watch, "last_error");
        if (error.length > 0)
            screen_print(&cli->out, "%.*s: %.*s\n", STR_ARG(field_text(watch, "name")),
                         STR_ARG(screen_clean(error, cli->arena)));
    }
}

static CliExit run_watch(Cli *cli, const CliArgs *args, Err *err) {
    (void)args;
    CliClient client;
    Str bytes;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    const json_t *answer = client_json(
        &client, "GET", client_url(&client, "/ingest/watch", STR_EMPTY), NULL, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    const json_t *watches = field_array(answer, "watches");
    if (json_array_size(watches) == 0) {
        screen_print(&cli->out,
                     "no watched folders: [[ingest.watch]] in lakehouse.toml names them\n");
        return CLI_OK;
    }
    print_watches(cli, watches);
    print_errors(cli, watches);
    return CLI_OK;
}

const CliCommand command_watch = {
    .name = "watch",
    .group = "Data",
    .arguments = "",
    .summary = "Show watched folders: files taken, failed, pending",
    .run = run_watch,
};
