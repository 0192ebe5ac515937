/* cmd_buckets.c - the named object stores: list, register, unregister.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

static const char buckets_path[] = "/storage/buckets";

static Str place_of(const json_t *bucket, Arena *arena) {
    Str root = field_text(bucket, "root");
    if (root.length > 0)
        return root;
    return str_format(arena, "%.*s %.*s/%.*s", STR_ARG(field_text(bucket, "endpoint")),
                      STR_ARG(field_text(bucket, "bucket")), STR_ARG(field_text(bucket, "prefix")));
}

static CliExit list(CliClient *client, Err *err) {
    Cli *cli = client->cli;
    Str bytes;
    const json_t *answer =
        client_json(client, "GET", client_url(client, buckets_path, STR_EMPTY), NULL, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    Table table = table_begin(cli->arena);
    table_column(&table, STR("bucket"), TABLE_LEFT);
    table_column(&table, STR("role"), TABLE_LEFT);
    table_column(&table, STR("backend"), TABLE_LEFT);
    table_column(&table, STR("state"), TABLE_LEFT);
    table_column(&table, STR("place"), TABLE_LEFT);
    size_t at;
    const json_t *bucket;
    json_array_foreach ((json_t *)field_array(answer, "buckets"), at, bucket) {
        table_cell(&table, field_text(bucket, "name"));
        table_cell(&table, field_text(bucket, "role"));
        table_cell(&table, field_text(bucket, "backend"));
        table_cell(&table, field_bool(bucket, "healthy") ? STR("healthy") : STR("UNREACHABLE"));
        table_cell(&table, place_of(bucket, cli->arena));
    }
    if (table.cells.count > 0)
        table_print(&table, &cli->out);
    return CLI_OK;
}

static CliExit create(CliClient *client, const CliArgs *args, Str name, Err *err) {
    Cli *cli = client->cli;
    static const struct {
        const char *option, *field;
    } fields[] = {{"root", "root"},
                  {"endpoint", "endpoint"},
                  {"region", "region"},
                  {"s3-bucket", "bucket"},
                  {"prefix", "prefix"},
                  {"access-key-env", "access_key_env"},
                  {"secret-key-env", "secret_key_env"}};
    bool local = cli_has(args, "root");
    if (!local && !cli_has(args, "s3-bucket"))
        return cli_misuse(err, "where? --root DIR for a local bucket, --s3-bucket for one on S3");
    json_t *body = json_keep(cli->arena, json_object());
    json_set_str(body, "name", name);
    json_set_str(body, "backend", local ? STR("local") : STR("s3"));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (cli_has(args, fields[i].option))
            json_set_str(body, fields[i].field, cli_text(args, fields[i].option));
    Str bytes;
    const json_t *answer =
        client_json(client, "POST", client_url(client, buckets_path, STR_EMPTY), body, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    screen_print(&cli->out, "bucket %.*s is at %.*s\n", STR_ARG(name),
                 STR_ARG(place_of(answer, cli->arena)));
    return CLI_OK;
}

static CliExit drop(CliClient *client, const CliArgs *args, Str name, Err *err) {
    UrlBuf url = url_begin(client->cli->arena, client->base);
    url_path(&url, buckets_path);
    url_segment(&url, name);
    if (cli_has(args, "force"))
        url_param(&url, "force", STR("true"));
    Str answer;
    if (!client_ask(client, "DELETE", url_str(&url), NULL, &answer, err))
        return CLI_FAILED;
    if (client->cli->json)
        return cli_print_json(client->cli, STR("{}"));
    screen_print(&client->cli->out, "bucket %.*s is unregistered; its data stays\n", STR_ARG(name));
    return CLI_OK;
}

static CliExit run_buckets(Cli *cli, const CliArgs *args, Err *err) {
    Str action = args->rest.count > 0 ? cli_rest(args, 0) : STR("list");
    Str name = cli_rest(args, 1);
    bool listing = str_eq_c(action, "list");
    bool creating = str_eq_c(action, "create");
    if (!listing && !creating && !str_eq_c(action, "delete"))
        return cli_misuse(err, "'buckets %.*s' is not known: list, create NAME or delete NAME",
                          STR_ARG(action));
    if (listing != (name.length == 0))
        return cli_misuse(err, listing ? "'buckets list' takes no NAME"
                                       : "which bucket? Its NAME is missing");
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    if (listing)
        return list(&client, err);
    return creating ? create(&client, args, name, err) : drop(&client, args, name, err);
}

static const CliOption buckets_options[] = {
    {"root", CLI_TEXT, CLI_ONCE, "DIR", "create: a folder of the server's machine"},
    {"s3-bucket", CLI_TEXT, CLI_ONCE, "NAME", "create: on S3"},
    {"endpoint", CLI_TEXT, CLI_ONCE, "URL", "create, S3: where it is served"},
    {"region", CLI_TEXT, CLI_ONCE, "NAME", "create, S3"},
    {"prefix", CLI_TEXT, CLI_ONCE, "PREFIX", "create, S3: put before every key"},
    {"access-key-env", CLI_TEXT, CLI_ONCE, "VARIABLE", "create, S3: of the server's environment"},
    {"secret-key-env", CLI_TEXT, CLI_ONCE, "VARIABLE", "create, S3: of the server's environment"},
    {"force", CLI_FLAG, CLI_ONCE, NULL, "delete: even if something lives in it"},
};

const CliCommand command_buckets = {
    .name = "buckets",
    .group = "Server",
    .arguments = "[list | create NAME | delete NAME]",
    .summary = "List, register and unregister the stores that data lives in",
    .rest_max = 2,
    .options = buckets_options,
    .option_count = ARRAY_LEN(buckets_options),
    .notes = "  lakehouse buckets create archive --root /mnt/archive\n",
    .run = run_buckets,
};
