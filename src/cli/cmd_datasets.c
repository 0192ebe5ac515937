/* cmd_datasets.c - what is there, what one of them holds, and how it came to be.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

static const char datasets_path[] = "/catalog/datasets";

/* --- all of them ----------------------------------------------------------------------------- */

static Str index_names(const json_t *dataset, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    size_t at;
    const json_t *index;
    json_array_foreach ((json_t *)field_array(dataset, "indexes"), at, index) {
        strbuf_append_format(&out, "%s%.*s%s", at > 0 ? ", " : "",
                             STR_ARG(field_text(index, "index_name")),
                             field_bool(index, "fresh") ? "" : " (stale)");
    }
    return strbuf_str(&out);
}

static void print_list(const Cli *cli, const json_t *answer) {
    Arena *arena = cli->arena;
    const json_t *datasets = field_array(answer, "datasets");
    if (json_array_size(datasets) == 0) {
        screen_print(&cli->out, "no datasets yet: 'lakehouse ingest FILE --dataset NAME' makes "
                                "one\n");
        return;
    }
    Table table = table_begin(arena);
    table_column(&table, STR("dataset"), TABLE_LEFT);
    table_column(&table, STR("rows"), TABLE_RIGHT);
    table_column(&table, STR("size"), TABLE_RIGHT);
    table_column(&table, STR("columns"), TABLE_RIGHT);
    table_column(&table, STR("updated"), TABLE_LEFT);
    table_column(&table, STR("indexes"), TABLE_LEFT);
    size_t at;
    const json_t *dataset;
    json_array_foreach ((json_t *)datasets, at, dataset) {
        table_cell(&table, field_text(dataset, "name"));
        table_cell(&table, screen_count(field_u64(dataset, "rows"), arena));
        table_cell(&table, screen_bytes(field_u64(dataset, "bytes"), arena));
        table_cell(&table, screen_count(json_array_size(field_array(dataset, "columns")), arena));
        table_cell(&table, value_time(field_text(dataset, "updated_at"), arena));
        table_cell(&table, index_names(dataset, arena));
    }
    table_print(&table, &cli->out);
}

/* --- one ------------------------------------------------------------------------------------- */

static void print_columns(const Cli *cli, const json_t *dataset) {
    Table table = table_begin(cli->arena);
    table_column(&table, STR("column"), TABLE_LEFT);
    table_column(&table, STR("type"), TABLE_LEFT);
    table_column(&table, STR("null"), TABLE_LEFT);
    table_column(&table, STR("personal data"), TABLE_LEFT);
    size_t at, p;
    const json_t *column, *tag;
    json_array_foreach ((json_t *)field_array(dataset, "columns"), at, column) {
        table_cell(&table, field_text(column, "name"));
        table_cell(&table, field_text(column, "type"));
        table_cell(&table, field_bool(column, "nullable") ? STR("yes") : STR("no"));
        StrBuf kinds = strbuf_make(cli->arena);
        json_array_foreach ((json_t *)field_array(column, "pii"), p, tag) {
            bool by_name_alone = str_eq_c(field_text(tag, "basis"), "name");
            strbuf_append_format(&kinds, "%s%.*s%s", p > 0 ? ", " : "",
                                 STR_ARG(field_text(tag, "kind")),
                                 by_name_alone ? " (suspected)" : "");
        }
        table_cell(&table, strbuf_str(&kinds));
    }
    if (table.cells.count > 0)
        table_print(&table, &cli->out);
}

static void print_one(const Cli *cli, const json_t *dataset) {
    Arena *arena = cli->arena;
    size_t files = json_array_size(field_array(dataset, "objects"));
    screen_styled(&cli->out, STYLE_BOLD, field_text(dataset, "name"));
    screen_print(&cli->out,
                 ": %.*s, %.*s in %.*s, snapshot %llu, bucket %.*s, updated "
                 "%.*s\n",
                 STR_ARG(screen_things(field_u64(dataset, "rows"), "row", arena)),
                 STR_ARG(screen_bytes(field_u64(dataset, "bytes"), arena)),
                 STR_ARG(screen_things(files, "file", arena)),
                 (unsigned long long)field_u64(dataset, "snapshot_id"),
                 STR_ARG(field_text(dataset, "bucket")),
                 STR_ARG(value_time(field_text(dataset, "updated_at"), arena)));
    Str description = screen_clean(field_text(dataset, "description"), arena);
    if (description.length > 0)
        screen_print(&cli->out, "description: %.*s\n", STR_ARG(description));
    Str indexes = index_names(dataset, arena);
    screen_print(&cli->out, "indexes: %.*s\n\n",
                 STR_ARG(indexes.length > 0 ? indexes : STR("none")));
    print_columns(cli, dataset);
}

/* --- history --------------------------------------------------------------------------------- */

/* Values that are stored in another form than the source had them in. */
static Str coerced_values(const json_t *entry, Arena *arena) {
    uint64_t count = 0;
    size_t at;
    const json_t *coercion;
    json_array_foreach ((json_t *)field_array(entry, "coercions"), at, coercion) {
        count += field_u64(coercion, "count");
    }
    return screen_count(count, arena);
}

static void print_history(const Cli *cli, const json_t *answer) {
    Arena *arena = cli->arena;
    Table table = table_begin(arena);
    table_column(&table, STR("snapshot"), TABLE_RIGHT);
    table_column(&table, STR("at"), TABLE_LEFT);
    table_column(&table, STR("mode"), TABLE_LEFT);
    table_column(&table, STR("rows"), TABLE_RIGHT);
    table_column(&table, STR("rejected"), TABLE_RIGHT);
    table_column(&table, STR("changed"), TABLE_RIGHT);
    table_column(&table, STR("seconds"), TABLE_RIGHT);
    table_column(&table, STR("from"), TABLE_LEFT);
    table_column(&table, STR("source"), TABLE_LEFT);
    table_column(&table, STR("table or query"), TABLE_LEFT);
    size_t at;
    const json_t *entry;
    json_array_foreach ((json_t *)field_array(answer, "entries"), at, entry) {
        table_cell(&table, value_text(json_object_get(entry, "snapshot_id"), arena));
        table_cell(&table, value_time(field_text(entry, "at"), arena));
        table_cell(&table, field_text(entry, "mode"));
        table_cell(&table, screen_count(field_u64(entry, "rows"), arena));
        table_cell(&table, screen_count(field_u64(entry, "rejected"), arena));
        table_cell(&table, coerced_values(entry, arena));
        table_cell(&table, str_format(arena, "%.1f", field_f64(entry, "duration_secs")));
        table_cell(&table, field_text(entry, "source_system"));
        table_cell(&table, field_text(entry, "source"));
        Str relation = field_text(entry, "relation");
        table_cell(&table, relation.length > 0 ? relation : field_text(entry, "query"));
    }
    table_print(&table, &cli->out);
}

/* --- the verb -------------------------------------------------------------------------------- */

static CliExit drop(CliClient *client, Str name, bool force, Err *err) {
    UrlBuf url = url_begin(client->cli->arena, client->base);
    url_path(&url, datasets_path);
    url_segment(&url, name);
    if (force)
        url_param(&url, "force", STR("true"));
    Str answer;
    if (!client_ask(client, "DELETE", url_str(&url), NULL, &answer, err))
        return CLI_FAILED;
    if (client->cli->json)
        return cli_print_json(client->cli, STR("{}"));
    screen_print(&client->cli->out, "dataset %.*s is dropped\n", STR_ARG(name));
    return CLI_OK;
}

static CliExit describe(CliClient *client, Str name, Str text, Err *err) {
    json_t *body = json_keep(client->cli->arena, json_object());
    json_set_str(body, "description", text);
    Str answer;
    if (!client_ask(client, "PATCH", client_url(client, datasets_path, name), body, &answer, err))
        return CLI_FAILED;
    if (client->cli->json)
        return cli_print_json(client->cli, answer);
    screen_print(&client->cli->out, "dataset %.*s is described\n", STR_ARG(name));
    return CLI_OK;
}

static CliExit show(CliClient *client, Str name, bool history, Err *err) {
    Cli *cli = client->cli;
    Str url = client_url(client, datasets_path, name);
    if (history)
        url = str_format(cli->arena, "%.*s/lineage", STR_ARG(url));
    Str bytes;
    const json_t *answer = client_json(client, "GET", url, NULL, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    if (history)
        print_history(cli, answer);
    else if (name.length > 0)
        print_one(cli, answer);
    else
        print_list(cli, answer);
    return CLI_OK;
}

static CliExit run_datasets(Cli *cli, const CliArgs *args, Err *err) {
    Str name = cli_rest(args, 0);
    bool history = cli_has(args, "history") || cli_has(args, "lineage");
    int asked = history + cli_has(args, "describe") + cli_has(args, "delete");
    if (asked > 1 || (asked == 1 && name.length == 0))
        return cli_misuse(err, asked > 1 ? "one of --history, --describe and --delete at a time"
                                         : "which dataset? Its NAME is missing");
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    if (cli_has(args, "delete"))
        return drop(&client, name, cli_has(args, "force"), err);
    if (cli_has(args, "describe"))
        return describe(&client, name, cli_text(args, "describe"), err);
    return show(&client, name, history, err);
}

static const CliOption datasets_options[] = {
    {"history", CLI_FLAG, CLI_ONCE, NULL, "what was loaded into it, newest first"},
    {"lineage", CLI_FLAG, CLI_ONCE, NULL, "the same as --history"},
    {"describe", CLI_TEXT, CLI_ONCE, "TEXT", "note what it is"},
    {"delete", CLI_FLAG, CLI_ONCE, NULL, "drop it"},
    {"force", CLI_FLAG, CLI_ONCE, NULL, "with --delete: even if indexes use it"},
};

const CliCommand command_datasets = {
    .name = "datasets",
    .group = "Data",
    .arguments = "[NAME]",
    .summary = "List the datasets, or show one: columns, rows, files, indexes",
    .rest_max = 1,
    .options = datasets_options,
    .option_count = ARRAY_LEN(datasets_options),
    .run = run_datasets,
};
