/* cmd_indexes.c - vector indexes: how large, of which model, fresh or not.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

static const char indexes_path[] = "/vectors/indexes";

static void print_list(const Cli *cli, const json_t *answer) {
    Arena *arena = cli->arena;
    const json_t *indexes = field_array(answer, "indexes");
    if (json_array_size(indexes) == 0) {
        screen_print(&cli->out, "no indexes yet: 'lakehouse refresh DATASET ...' makes one\n");
        return;
    }
    Table table = table_begin(arena);
    table_column(&table, STR("index"), TABLE_LEFT);
    table_column(&table, STR("dataset"), TABLE_LEFT);
    table_column(&table, STR("documents"), TABLE_RIGHT);
    table_column(&table, STR("chunks"), TABLE_RIGHT);
    table_column(&table, STR("dimensions"), TABLE_RIGHT);
    table_column(&table, STR("model"), TABLE_LEFT);
    table_column(&table, STR("state"), TABLE_LEFT);
    size_t at;
    const json_t *index;
    json_array_foreach ((json_t *)indexes, at, index) {
        table_cell(&table, field_text(index, "index_name"));
        table_cell(&table, field_text(index, "source"));
        table_cell(&table, screen_count(field_u64(index, "doc_count"), arena));
        table_cell(&table, screen_count(field_u64(index, "chunk_count"), arena));
        table_cell(&table, screen_count(field_u64(index, "dimensions"), arena));
        table_cell(&table, field_text(index, "model_name"));
        table_cell(&table, field_bool(index, "fresh") ? STR("fresh") : STR("stale"));
    }
    table_print(&table, &cli->out);
}

/* Every field of the record, in the server's order, as it has them. */
static void print_one(const Cli *cli, const json_t *index) {
    Table table = table_begin(cli->arena);
    table_column(&table, STR("field"), TABLE_LEFT);
    table_column(&table, STR("value"), TABLE_LEFT);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)index, name, value) {
        table_cell(&table, str_c(name));
        table_cell(&table, value_text(value, cli->arena));
    }
    table_print(&table, &cli->out);
}

static CliExit drop(CliClient *client, Str name, Err *err) {
    Str answer;
    if (!client_ask(client, "DELETE", client_url(client, indexes_path, name), NULL, &answer, err))
        return CLI_FAILED;
    if (client->cli->json)
        return cli_print_json(client->cli, STR("{}"));
    screen_print(&client->cli->out, "index %.*s is dropped\n", STR_ARG(name));
    return CLI_OK;
}

static CliExit run_indexes(Cli *cli, const CliArgs *args, Err *err) {
    Str name = cli_rest(args, 0);
    if (cli_has(args, "delete") && name.length == 0)
        return cli_misuse(err, "which index? Its NAME is missing");
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    if (cli_has(args, "delete"))
        return drop(&client, name, err);
    Str bytes;
    const json_t *answer =
        client_json(&client, "GET", client_url(&client, indexes_path, name), NULL, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    if (name.length > 0)
        print_one(cli, answer);
    else
        print_list(cli, answer);
    return CLI_OK;
}

static const CliOption indexes_options[] = {
    {"delete", CLI_FLAG, CLI_ONCE, NULL, "drop it; its dataset stays"},
};

const CliCommand command_indexes = {
    .name = "indexes",
    .group = "Search",
    .arguments = "[NAME]",
    .summary = "List the vector indexes, or show one",
    .rest_max = 1,
    .options = indexes_options,
    .option_count = ARRAY_LEN(indexes_options),
    .run = run_indexes,
};
