/* cmd_verify.c - is a dataset what its source holds? Column by column, and the first rows that
 * differ.
 *
 * The source is given again, a file as for ingest, a database by its DSN; the server compares.
 * Equal is exit code 0, different is 1: a script needs no more.
 *
 * Tested by: tests/e2e/test_verify.py. */
#include "cli/cli_commands.h"
#include "cli/cli_job.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"
#include "cli/dsn_input.h"
#include "cli/file_upload.h"
#include "cli/ingest_database.h"

enum { DIFFERENCES_MAX = 1000 };

/* --- the request ----------------------------------------------------------------------------- */

static CliExit check_options(const CliArgs *args, bool database, Err *err) {
    static const char *const of_files[] = {"format", "delimiter", "header",
                                           "quote",  "escape",    "null"};
    static const char *const of_databases[] = {"table", "query", "password-env", "password-file"};
    const char *const *foreign = database ? of_files : of_databases;
    size_t count = database ? ARRAY_LEN(of_files) : ARRAY_LEN(of_databases);
    for (size_t i = 0; i < count; i++)
        if (cli_has(args, foreign[i]))
            return cli_misuse(err, "--%s is for %s", foreign[i],
                              database ? "files; this is a database" : "databases; this is a file");
    uint64_t most;
    if (cli_count(args, "differences", &most) && most > DIFFERENCES_MAX)
        return cli_misuse(err, "--differences is %d at most", DIFFERENCES_MAX);
    if (cli_has(args, "table") && cli_has(args, "query"))
        return cli_misuse(err, "--table or --query, not both");
    return CLI_OK;
}

static CliExit verify_database(CliClient *client, const CliArgs *args, Str *out_result, Err *err) {
    static const char *const same[] = {"table", "query", "key"};
    const Cli *cli = client->cli;
    DsnInput dsn;
    if (!dsn_input_read(cli, args, cli_text(args, "source"), &dsn, err))
        return err_is(err, FAIL_INVALID) ? CLI_USAGE : CLI_FAILED;
    json_t *body = json_keep(cli->arena, json_object());
    json_set_str(body, "dsn", dsn.text);
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (cli_has(args, same[i]))
            json_set_str(body, same[i], cli_text(args, same[i]));
    uint64_t most;
    if (cli_count(args, "differences", &most))
        json_set_u64(body, "differences_max", most);
    HttpField fields[] = {JOB_PREFER_ASYNC, {STR("Content-Type"), STR("application/json")}};
    HttpCall call = {.method = "POST",
                     .url = client_url(client, "/ingest/verify", cli_rest(args, 0)),
                     .fields = fields,
                     .field_count = ARRAY_LEN(fields),
                     .body = json_print(body, cli->arena)};
    return job_run(client, &call, false, out_result, err) ? CLI_OK : CLI_FAILED;
}

static Str file_url(const CliClient *client, const CliArgs *args, Str name) {
    static const char *const same[] = {"key",   "format", "delimiter", "header",
                                       "quote", "escape", "null"};
    UrlBuf url = url_begin(client->cli->arena, client->base);
    url_path(&url, "/ingest/verify");
    url_segment(&url, cli_rest(args, 0));
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (cli_has(args, same[i]))
            url_param(&url, same[i], cli_text(args, same[i]));
    if (cli_has(args, "differences"))
        url_param(&url, "differences_max", cli_text(args, "differences"));
    url_param(&url, "source", name);
    return url_str(&url);
}

static CliExit verify_file(CliClient *client, const CliArgs *args, Str *out_result, Err *err) {
    FileUpload file;
    if (!file_upload_open(cli_text(args, "source"), client->cli->arena, &file, err))
        return CLI_FAILED;
    JobAnswer answer;
    bool fine = file_upload_send(client, file_url(client, args, file.name), &file, &answer, err) &&
                (answer.job_id.length == 0 ||
                 job_follow(client, answer.job_id, JOB_CTRL_C_CANCELS, &answer.result, err));
    file_upload_close(&file);
    *out_result = answer.result;
    return fine ? CLI_OK : CLI_FAILED;
}

/* --- the answer ------------------------------------------------------------------------------ */

static Str clean(const Cli *cli, const json_t *object, const char *field) {
    return screen_clean(field_text(object, field), cli->arena);
}

/* "12" where both agree, else "12 / 13". */
static Str pair(const Cli *cli, const json_t *counts) {
    uint64_t source = field_u64(counts, "source"), dataset = field_u64(counts, "dataset");
    if (source == dataset)
        return screen_count(source, cli->arena);
    return str_format(cli->arena, "%.*s / %.*s", STR_ARG(screen_count(source, cli->arena)),
                      STR_ARG(screen_count(dataset, cli->arena)));
}

static const char *verdict(const json_t *column) {
    if (!json_is_true(json_object_get(column, "in_source")))
        return "in the dataset only";
    if (!json_is_true(json_object_get(column, "in_dataset")))
        return "in the source only";
    return json_is_true(json_object_get(column, "equal")) ? "equal" : "different";
}

static void print_columns(const Cli *cli, const json_t *result) {
    Table table = table_begin(cli->arena);
    table_column(&table, STR("column"), TABLE_LEFT);
    table_column(&table, STR("values"), TABLE_LEFT);
    table_column(&table, STR("nulls"), TABLE_RIGHT);
    table_column(&table, STR("checksum"), TABLE_LEFT);
    size_t at;
    const json_t *column;
    json_array_foreach ((json_t *)field_array(result, "columns"), at, column) {
        table_cell(&table, clean(cli, column, "name"));
        table_cell(&table, str_c(verdict(column)));
        table_cell(&table, pair(cli, json_object_get(column, "nulls")));
        table_cell(&table, field_text(json_object_get(column, "checksum"), "dataset"));
    }
    table_print(&table, &cli->out);
}

static void print_differences(const Cli *cli, const json_t *result) {
    size_t at, place;
    const json_t *difference, *column;
    json_array_foreach ((json_t *)field_array(result, "differences"), at, difference) {
        Str side = field_text(difference, "side");
        screen_print(&cli->out, "  %.*s: ", STR_ARG(clean(cli, difference, "key")));
        if (!str_eq_c(side, "both")) {
            screen_print(&cli->out, "in the %.*s only\n", STR_ARG(side));
            continue;
        }
        json_array_foreach ((json_t *)field_array(difference, "columns"), place, column) {
            Str name = str_make(json_string_value(column), json_string_length(column));
            screen_print(&cli->out, "%s%.*s", place == 0 ? "other values in " : ", ",
                         STR_ARG(screen_clean(name, cli->arena)));
        }
        screen_print(&cli->out, "\n");
    }
}

static void print_notes(const Cli *cli, const json_t *result) {
    size_t at;
    const json_t *note;
    json_array_foreach ((json_t *)field_array(result, "notes"), at, note) {
        Str text = str_make(json_string_value(note), json_string_length(note));
        screen_print(&cli->out, "  note: %.*s\n", STR_ARG(screen_clean(text, cli->arena)));
    }
}

static void print_result(const Cli *cli, const json_t *result, bool equal) {
    Arena *arena = cli->arena;
    print_columns(cli, result);
    screen_styled(&cli->out, STYLE_BOLD, clean(cli, result, "dataset"));
    screen_text(&cli->out, STR(" is "));
    if (equal)
        screen_text(&cli->out, STR("equal to "));
    else
        screen_styled(&cli->out, STYLE_WARN, STR("different from "));
    screen_print(&cli->out, "%.*s: rows %.*s, in %.*s\n", STR_ARG(clean(cli, result, "source")),
                 STR_ARG(pair(cli, json_object_get(result, "rows"))),
                 STR_ARG(screen_seconds(field_f64(result, "duration_secs"), arena)));
    print_differences(cli, result);
    print_notes(cli, result);
}

static CliExit show(Cli *cli, Str text, Err *err) {
    const json_t *result = json_parse(text, cli->arena, err);
    if (result == NULL)
        return CLI_FAILED;
    bool equal = json_is_true(json_object_get(result, "equal"));
    if (cli->json)
        cli_print_json(cli, text);
    else
        print_result(cli, result, equal);
    return equal ? CLI_OK : CLI_FAILED;
}

/* --- the verb -------------------------------------------------------------------------------- */

static CliExit run_verify(Cli *cli, const CliArgs *args, Err *err) {
    bool database = ingest_is_database(args, cli_text(args, "source"));
    CliExit exit_code = check_options(args, database, err);
    if (exit_code != CLI_OK)
        return exit_code;
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    Str result;
    exit_code = database ? verify_database(&client, args, &result, err)
                         : verify_file(&client, args, &result, err);
    return exit_code == CLI_OK ? show(cli, result, err) : exit_code;
}

static const CliOption verify_options[] = {
    {"source", CLI_TEXT, CLI_REQUIRED, "FILE|DSN|-", "what the dataset was loaded from"},
    {"table", CLI_TEXT, CLI_ONCE, "NAME", "database: else that of the last load"},
    {"query", CLI_TEXT, CLI_ONCE, "SQL", "database: the text that was loaded"},
    {"key", CLI_TEXT, CLI_ONCE, "COLUMN[,COLUMN]", "names rows that differ; else the source's key"},
    {"differences", CLI_COUNT, CLI_ONCE, "N", "rows named; 10 when absent"},
    {"format", CLI_CHOICE, CLI_ONCE, "auto|csv|json|ndjson|parquet",
     "file: else told by its first bytes"},
    {"delimiter", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected; \\t is a tab"},
    {"header", CLI_CHOICE, CLI_ONCE, "true|false", "CSV: is the first line a header"},
    {"quote", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected"},
    {"escape", CLI_TEXT, CLI_ONCE, "CHARACTER", "CSV: else detected"},
    {"null", CLI_TEXT, CLI_ONCE, "TEXT", "CSV: what means NULL"},
    DSN_PASSWORD_OPTIONS,
};

const CliCommand command_verify = {
    .name = "verify",
    .group = "Data",
    .arguments = "DATASET",
    .summary = "Compare a dataset with its source, value by value",
    .rest_min = 1,
    .rest_max = 1,
    .options = verify_options,
    .option_count = ARRAY_LEN(verify_options),
    .notes = "Exit code 0: equal; 1: different, or it could not be compared. Nothing is changed.\n"
             "\n"
             "  lakehouse verify resumes --source resumes.csv\n"
             "  lakehouse verify orders --source postgresql://bob@db/shop --password-file ~/.shop\n"
             "  lakehouse verify orders --source - --table orders --key id < dsn.txt\n",
    .run = run_verify,
};
