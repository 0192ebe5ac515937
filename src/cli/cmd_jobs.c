/* cmd_jobs.c - long work on the server: look at it, follow it, call it off.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_commands.h"
#include "cli/cli_job.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

static const char jobs_path[] = "/jobs";

static Str progress_text(const json_t *job, Arena *arena) {
    const json_t *progress = json_object_get(job, "progress");
    uint64_t done = field_u64(progress, "done"), total = field_u64(progress, "total");
    if (done == 0 && total == 0)
        return STR_EMPTY;
    Str unit = field_text(progress, "unit");
    if (total == 0)
        return str_format(arena, "%.*s %.*s", STR_ARG(screen_count(done, arena)), STR_ARG(unit));
    return str_format(arena, "%.*s of %.*s %.*s", STR_ARG(screen_count(done, arena)),
                      STR_ARG(screen_count(total, arena)), STR_ARG(unit));
}

static CliExit list(CliClient *client, Err *err) {
    Cli *cli = client->cli;
    Str bytes;
    const json_t *answer =
        client_json(client, "GET", client_url(client, jobs_path, STR_EMPTY), NULL, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    Table table = table_begin(cli->arena);
    table_column(&table, STR("job"), TABLE_LEFT);
    table_column(&table, STR("kind"), TABLE_LEFT);
    table_column(&table, STR("state"), TABLE_LEFT);
    table_column(&table, STR("started"), TABLE_LEFT);
    table_column(&table, STR("progress"), TABLE_LEFT);
    table_column(&table, STR("error"), TABLE_LEFT);
    size_t at;
    const json_t *job;
    json_array_foreach ((json_t *)field_array(answer, "jobs"), at, job) {
        table_cell(&table, field_text(job, "job_id"));
        table_cell(&table, field_text(job, "kind"));
        table_cell(&table, field_text(job, "state"));
        table_cell(&table, value_time(field_text(job, "started_at"), cli->arena));
        table_cell(&table, progress_text(job, cli->arena));
        table_cell(&table, field_text(json_object_get(job, "error"), "message"));
    }
    if (table.cells.count > 0)
        table_print(&table, &cli->out);
    else
        screen_print(&cli->out, "no jobs\n");
    return CLI_OK;
}

static void print_job(const Cli *cli, const json_t *job) {
    Arena *arena = cli->arena;
    Str progress = progress_text(job, arena);
    const json_t *error = json_object_get(job, "error");
    screen_print(&cli->out, "job %.*s: %.*s, %.*s%s%.*s\n", STR_ARG(field_text(job, "job_id")),
                 STR_ARG(field_text(job, "kind")), STR_ARG(field_text(job, "state")),
                 progress.length > 0 ? ", " : "", STR_ARG(progress));
    if (json_is_object(error))
        screen_print(&cli->out, "  %.*s\n",
                     STR_ARG(screen_clean(field_text(error, "message"), arena)));
    const json_t *result = json_object_get(job, "result");
    if (json_is_object(result))
        screen_print(&cli->out, "%.*s\n", STR_ARG(json_print_pretty(result, arena)));
}

/* GET shows, DELETE cancels; both answer with the job. */
static CliExit act(CliClient *client, const char *method, Str id, Err *err) {
    Str bytes;
    const json_t *job =
        client_json(client, method, client_url(client, jobs_path, id), NULL, &bytes, err);
    if (job == NULL)
        return CLI_FAILED;
    if (client->cli->json)
        return cli_print_json(client->cli, bytes);
    print_job(client->cli, job);
    return CLI_OK;
}

static CliExit watch(CliClient *client, Str id, Err *err) {
    Str result;
    if (!job_follow(client, id, JOB_CTRL_C_LEAVES, &result, err))
        return CLI_FAILED;
    return act(client, "GET", id, err);
}

static CliExit run_jobs(Cli *cli, const CliArgs *args, Err *err) {
    Str action = args->rest.count > 0 ? cli_rest(args, 0) : STR("list");
    Str id = cli_rest(args, 1);
    bool listing = str_eq_c(action, "list");
    bool known = listing || str_eq_c(action, "get") || str_eq_c(action, "watch") ||
                 str_eq_c(action, "cancel");
    if (!known)
        return cli_misuse(err, "'jobs %.*s' is not known: list, get ID, watch ID or cancel ID",
                          STR_ARG(action));
    if (listing != (id.length == 0))
        return cli_misuse(err,
                          listing ? "'jobs list' takes no ID" : "which job? Its ID is missing");
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    if (listing)
        return list(&client, err);
    if (str_eq_c(action, "watch"))
        return watch(&client, id, err);
    return act(&client, str_eq_c(action, "cancel") ? "DELETE" : "GET", id, err);
}

const CliCommand command_jobs = {
    .name = "jobs",
    .group = "Server",
    .arguments = "[list | get ID | watch ID | cancel ID]",
    .summary = "Look at long work, follow it, cancel it",
    .rest_max = 2,
    .notes = "Ctrl-C during 'watch' ends the watching; the job goes on.\n",
    .run = run_jobs,
};
