/* cmd_ingest.c - send a file, or name a database; follow the load; tell what became of every row.
 *
 * A file goes up as it is, streamed from disk; the load then runs as a job, so that a long one
 * shows how far it is and Ctrl-C stops it with the dataset as it was. A database is read by the
 * server itself: ingest_database.c.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/cli_job.h"
#include "cli/cli_json.h"
#include "cli/dsn_input.h"
#include "cli/file_upload.h"
#include "cli/ingest_database.h"
#include "cli/ingest_summary.h"

/* --- the request ----------------------------------------------------------------------------- */

/* --type amount=DECIMAL(10,2) --type ... as one JSON object */
static bool read_types(const CliArgs *args, Arena *arena, Str *out, Err *err) {
    json_t *types = json_keep(arena, json_object());
    for (size_t i = 0; i < args->given.count; i++) {
        const CliGiven *given = &args->given.items[i];
        if (strcmp(given->option->name, "type") != 0)
            continue;
        Str column;
        Str type = str_cut(given->value, '=', &column);
        if (column.length == 0 || type.length == 0)
            return err_fail(err, FAIL_INVALID, "--type wants COLUMN=TYPE, not '%.*s'",
                            STR_ARG(given->value));
        json_set_str(types, str_to_c(arena, column), type);
    }
    *out = json_object_size(types) > 0 ? json_print(types, arena) : STR_EMPTY;
    return true;
}

static bool make_url(const CliClient *client, const CliArgs *args, Str source_name, Str *out,
                     Err *err) {
    static const char *const same[] = {"dataset",   "mode",   "key",   "format", "bucket",
                                       "delimiter", "header", "quote", "escape", "null"};
    UrlBuf url = url_begin(client->cli->arena, client->base);
    url_path(&url, "/ingest/file");
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (cli_has(args, same[i]))
            url_param(&url, same[i], cli_text(args, same[i]));
    Str types;
    if (!read_types(args, client->cli->arena, &types, err))
        return false;
    if (types.length > 0)
        url_param(&url, "types", types);
    url_param(&url, "source", source_name);
    *out = url_str(&url);
    return true;
}

/* --- the verb -------------------------------------------------------------------------------- */

static CliExit send_and_follow(CliClient *client, const CliArgs *args, const FileUpload *file,
                               Str *out_result, Err *err) {
    Str url;
    if (!make_url(client, args, file->name, &url, err))
        return CLI_USAGE;
    JobAnswer answer;
    bool fine = file_upload_send(client, url, file, &answer, err) &&
                (answer.job_id.length == 0 || cli_has(args, "detach") ||
                 job_follow(client, answer.job_id, JOB_CTRL_C_CANCELS, &answer.result, err));
    *out_result = answer.result;
    return fine ? CLI_OK : CLI_FAILED;
}

static CliExit load_file(CliClient *client, const CliArgs *args, Str *out_result, Err *err) {
    FileUpload file;
    if (!file_upload_open(cli_rest(args, 0), client->cli->arena, &file, err))
        return CLI_FAILED;
    CliExit exit_code = send_and_follow(client, args, &file, out_result, err);
    file_upload_close(&file);
    return exit_code;
}

static CliExit show(CliClient *client, const CliArgs *args, Str result, Err *err) {
    Cli *cli = client->cli;
    if (cli->json)
        return cli_print_json(cli, result);
    if (!cli_has(args, "detach"))
        return ingest_summary_print(client, result, err) ? CLI_OK : CLI_FAILED;
    const json_t *started = json_parse(result, cli->arena, err);
    Str job_id = field_text(started, "job_id");
    if (started == NULL || job_id.length == 0) /* a server that answers at once */
        return started != NULL && ingest_summary_print(client, result, err) ? CLI_OK : CLI_FAILED;
    screen_print(&cli->out, "job %.*s\n", STR_ARG(job_id));
    return CLI_OK;
}

/* An option that means nothing to this kind of source would be ignored: a mistake, then. */
static CliExit check_options(const CliArgs *args, bool database, Err *err) {
    static const char *const of_files[] = {"format", "type",   "delimiter", "header",
                                           "quote",  "escape", "null"};
    static const char *const of_databases[] = {"table",        "query",        "types",
                                               "cursor",       "batch-rows",   "restart",
                                               "password-env", "password-file"};
    const char *const *foreign = database ? of_files : of_databases;
    size_t count = database ? ARRAY_LEN(of_files) : ARRAY_LEN(of_databases);
    for (size_t i = 0; i < count; i++)
        if (cli_has(args, foreign[i]))
            return cli_misuse(err, "--%s is for %s", foreign[i],
                              database ? "files; this is a database" : "databases; this is a file");
    if (database && cli_has(args, "table") == cli_has(args, "query"))
        return cli_misuse(err, "a database wants --table NAME or --query SQL");
    if (str_eq_c(cli_text(args, "mode"), "upsert") && !cli_has(args, "key"))
        return cli_misuse(err, "--mode upsert wants --key COLUMN: rows with the same key are "
                               "replaced");
    return CLI_OK;
}

static CliExit run_ingest(Cli *cli, const CliArgs *args, Err *err) {
    bool database = ingest_is_database(args, cli_rest(args, 0));
    CliExit exit_code = check_options(args, database, err);
    if (exit_code != CLI_OK)
        return exit_code;
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    Str result;
    exit_code = database ? ingest_database(&client, args, &result, err)
                         : load_file(&client, args, &result, err);
    return exit_code == CLI_OK ? show(&client, args, result, err) : exit_code;
}

static const CliOption ingest_options[] = {
    {"dataset", CLI_TEXT, CLI_REQUIRED, "NAME", "where the rows go; made when there is none"},
    {"mode", CLI_CHOICE, CLI_ONCE, "append|replace|upsert",
     "absent: append; of a database without a cursor: replace"},
    {"key", CLI_TEXT, CLI_ONCE, "COLUMN[,COLUMN]", "upsert: what tells rows apart"},
    {"format", CLI_CHOICE, CLI_ONCE, "auto|csv|json|ndjson|parquet",
     "else told by its first bytes"},
    {"type", CLI_TEXT, CLI_REPEATS, "COLUMN=TYPE", "instead of the type that is detected"},
    {"bucket", CLI_TEXT, CLI_ONCE, "NAME", "home of a new dataset; primary when absent"},
    {"delimiter", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected; \\t is a tab"},
    {"header", CLI_CHOICE, CLI_ONCE, "true|false", "CSV: is the first line a header"},
    {"quote", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected"},
    {"escape", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected"},
    {"null", CLI_TEXT, CLI_ONCE, "TEXT", "CSV: what means NULL"},
    {"table", CLI_TEXT, CLI_ONCE, "NAME", "database: as in its SQL, sales.orders"},
    {"query", CLI_TEXT, CLI_ONCE, "SQL", "database: one SELECT instead of a table"},
    {"types", CLI_CHOICE, CLI_ONCE, "exact|reference",
     "database: exact when absent; nothing is lost"},
    {"cursor", CLI_TEXT, CLI_ONCE, "COLUMN", "database: only rows beyond the last load's greatest"},
    {"batch-rows", CLI_COUNT, CLI_ONCE, "N", "database: rows to a file; 1000000 when absent"},
    {"restart", CLI_FLAG, CLI_ONCE, NULL, "database: forget what a stopped load left"},
    DSN_PASSWORD_OPTIONS,
    {"detach", CLI_FLAG, CLI_ONCE, NULL, "print the job's id and do not wait for its end"},
};

const CliCommand command_ingest = {
    .name = "ingest",
    .group = "Data",
    .arguments = "FILE|DSN|-",
    .summary = "Load a file (CSV, JSON, NDJSON, Parquet) or a database's table into a dataset",
    .rest_min = 1,
    .rest_max = 1,
    .options = ingest_options,
    .option_count = ARRAY_LEN(ingest_options),
    .notes =
        "A load happens as a whole or not at all. Rows that do not fit are rejected, counted\n"
        "and shown. Ctrl-C cancels; the dataset stays as it was. Files may be compressed.\n"
        "\n"
        "A DSN is postgresql://USER@HOST/DATABASE?sslmode=verify-full or mysql://... It is used\n"
        "by the server, from where the server runs. A password on a command line can be seen by\n"
        "everybody on this machine: give it with --password-env or --password-file, or the whole\n"
        "DSN on standard input (-). The same command after a stop goes on where it was.\n"
        "\n"
        "  lakehouse ingest resumes.csv --dataset resumes\n"
        "  lakehouse ingest orders.parquet --dataset orders --mode upsert --key order_id\n"
        "  zcat log.ndjson.gz | lakehouse ingest - --dataset log --format ndjson\n"
        "  lakehouse ingest postgresql://bob@db/shop --password-file ~/.shop --table orders "
        "--dataset orders\n"
        "  lakehouse ingest - --table orders --cursor id --dataset orders < dsn.txt\n",
    .run = run_ingest,
};
