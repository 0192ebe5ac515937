/* cmd_ingest.c - send a file, follow its load, tell what became of every row.
 *
 * The file goes up as it is, streamed from disk; the load then runs as a job, so that a long one
 * shows how far it is and Ctrl-C stops it with the dataset as it was.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/cli_commands.h"
#include "cli/cli_job.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"
#include "cli/progress_bar.h"

enum { REJECTS_SHOWN = 5 };

/* --- the file -------------------------------------------------------------------------------- */

typedef struct Source {
    HttpUploadFile upload;
    Str name; /* for the lineage */
} Source;

static Str base_name(Str path) {
    size_t from = path.length;
    while (from > 0 && path.data[from - 1] != '/')
        from--;
    return str_slice(path, from, path.length);
}

static bool is_database(Str source) {
    return str_starts(source, STR("postgres://")) || str_starts(source, STR("postgresql://")) ||
           str_starts(source, STR("mysql://")) || str_starts(source, STR("mariadb://"));
}

static bool open_source(Str path, Arena *arena, Source *out, Err *err) {
    if (is_database(path)) {
        err_fail(err, FAIL_UNSUPPORTED, "loading from a database is not built yet");
        return err_hint(err, "export the table as CSV or Parquet and load that");
    }
    if (str_eq_c(path, "-")) {
        *out = (Source){{stdin, HTTP_SIZE_UNKNOWN}, STR("stdin")};
        return true;
    }
    FILE *file = fopen(str_to_c(arena, path), "rb");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot read '%.*s'", STR_ARG(path));
    struct stat info;
    bool plain = fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode);
    if (!plain && S_ISDIR(info.st_mode)) {
        fclose(file);
        err_fail(err, FAIL_INVALID, "'%.*s' is a folder", STR_ARG(path));
        return err_hint(err, "load its files one by one with --mode append");
    }
    *out = (Source){{file, plain ? (uint64_t)info.st_size : HTTP_SIZE_UNKNOWN}, base_name(path)};
    return true;
}

static void close_source(const Source *source) {
    if (source->upload.file != stdin)
        fclose(source->upload.file);
}

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

typedef struct Upload {
    ProgressBar bar;
    uint64_t total;
} Upload;

static bool show_upload(void *context, uint64_t sent_bytes, Err *err) {
    (void)err;
    Upload *upload = context;
    ProgressStep step = {STR("uploading"), STR("bytes"), sent_bytes, upload->total};
    bar_show(&upload->bar, &step, clock_monotonic_ns());
    return true;
}

static bool send_file(CliClient *client, Str url, const Source *source, JobAnswer *out, Err *err) {
    Cli *cli = client->cli;
    bool sized = source->upload.size_bytes != HTTP_SIZE_UNKNOWN;
    Upload upload = {.bar = bar_begin(&cli->err, cli->quiet, clock_monotonic_ns()),
                     .total = sized ? source->upload.size_bytes : 0};
    HttpField fields[] = {JOB_PREFER_ASYNC, {STR("Content-Type"), STR("application/octet-stream")}};
    HttpCall call = {.method = "POST",
                     .url = url,
                     .fields = fields,
                     .field_count = ARRAY_LEN(fields),
                     .upload = source->upload,
                     .watch = {&upload, show_upload, -1}};
    HttpAnswer answer;
    bool sent = client_send(client, &call, &answer, err);
    bar_end(&upload.bar);
    return sent && job_started(&answer, cli->arena, out, err);
}

/* --- the answer ------------------------------------------------------------------------------ */

static void print_rejects(const Cli *cli, const json_t *result) {
    const json_t *rejects = field_array(result, "rejects");
    uint64_t all = field_u64(result, "rows_rejected");
    size_t shown = 0, at;
    const json_t *reject;
    json_array_foreach ((json_t *)rejects, at, reject) {
        if (shown == REJECTS_SHOWN)
            break;
        const char *place = json_object_get(reject, "line") != NULL ? "line" : "row";
        Str column = screen_clean(field_text(reject, "column"), cli->arena);
        Str reason = screen_clean(field_text(reject, "reason"), cli->arena);
        screen_print(&cli->out, "  %s %llu%s%.*s: %.*s\n", place,
                     (unsigned long long)field_u64(reject, place), column.length > 0 ? ", " : "",
                     STR_ARG(column), STR_ARG(reason));
        shown++;
    }
    if (all > shown)
        screen_print(&cli->out, "  ... and %.*s more (--json lists the first %zu)\n",
                     STR_ARG(screen_count(all - shown, cli->arena)), json_array_size(rejects));
}

static void print_coercions(const Cli *cli, const json_t *result) {
    size_t at;
    const json_t *coercion;
    json_array_foreach ((json_t *)field_array(result, "coercions"), at, coercion) {
        Str column = screen_clean(field_text(coercion, "column"), cli->arena);
        screen_print(&cli->out, "  %.*s: %.*s (%.*s)\n", STR_ARG(column),
                     STR_ARG(field_text(coercion, "rule")),
                     STR_ARG(screen_things(field_u64(coercion, "count"), "value", cli->arena)));
    }
}

static void print_result(const Cli *cli, const json_t *result) {
    Arena *arena = cli->arena;
    uint64_t rejected = field_u64(result, "rows_rejected");
    double seconds = field_f64(result, "duration_secs");
    uint64_t written = field_u64(result, "rows_written");
    Str name = field_text(result, "dataset");
    screen_styled(&cli->out, STYLE_BOLD, name);
    screen_print(&cli->out, ": %.*s read, %.*s written, ",
                 STR_ARG(screen_things(field_u64(result, "rows_read"), "row", arena)),
                 STR_ARG(screen_count(written, arena)));
    Str refused = str_format(arena, "%.*s rejected", STR_ARG(screen_count(rejected, arena)));
    if (rejected > 0)
        screen_styled(&cli->out, STYLE_WARN, refused);
    else
        screen_text(&cli->out, refused);
    screen_print(&cli->out, " in %.*s", STR_ARG(screen_seconds(seconds, arena)));
    if (seconds > 0.001)
        screen_print(&cli->out, " (%.*s rows/s)",
                     STR_ARG(screen_count((uint64_t)((double)written / seconds), arena)));
    screen_print(&cli->out, ", snapshot %llu\n",
                 (unsigned long long)field_u64(result, "snapshot_id"));
    print_rejects(cli, result);
    print_coercions(cli, result);
}

/* What we took the columns for: the moment to see that a number became a text. */
static bool print_columns(CliClient *client, Str dataset, Err *err) {
    const json_t *info = client_json(
        client, "GET", client_url(client, "/catalog/datasets", dataset), NULL, NULL, err);
    if (info == NULL)
        return false;
    Arena *arena = client->cli->arena;
    StrBuf line = strbuf_make(arena);
    size_t at;
    const json_t *column;
    json_array_foreach ((json_t *)field_array(info, "columns"), at, column) {
        strbuf_append_format(&line, "%s%.*s ", at > 0 ? ", " : "  columns: ",
                             STR_ARG(screen_clean(field_text(column, "name"), arena)));
        strbuf_append(&line, field_text(column, "type"));
    }
    screen_print(&client->cli->out, "%.*s\n", STR_ARG(strbuf_str(&line)));
    return true;
}

/* --- the verb -------------------------------------------------------------------------------- */

static CliExit load(CliClient *client, const CliArgs *args, const Source *source, Err *err) {
    Cli *cli = client->cli;
    Str url;
    if (!make_url(client, args, source->name, &url, err))
        return CLI_USAGE;
    JobAnswer answer;
    if (!send_file(client, url, source, &answer, err))
        return CLI_FAILED;
    bool detach = cli_has(args, "detach");
    if (answer.job_id.length > 0 && !detach &&
        !job_follow(client, answer.job_id, JOB_CTRL_C_CANCELS, &answer.result, err))
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, answer.result);
    if (answer.job_id.length > 0 && detach) {
        screen_print(&cli->out, "job %.*s\n", STR_ARG(answer.job_id));
        return CLI_OK;
    }
    const json_t *result = json_parse(answer.result, cli->arena, err);
    if (result == NULL)
        return CLI_FAILED;
    print_result(cli, result);
    return print_columns(client, field_text(result, "dataset"), err) ? CLI_OK : CLI_FAILED;
}

static CliExit run_ingest(Cli *cli, const CliArgs *args, Err *err) {
    if (str_eq_c(cli_text(args, "mode"), "upsert") && !cli_has(args, "key"))
        return cli_misuse(err, "--mode upsert wants --key COLUMN: rows with the same key are "
                               "replaced");
    CliClient client;
    Source source;
    if (!client_open(cli, &client, err) ||
        !open_source(cli_rest(args, 0), cli->arena, &source, err))
        return CLI_FAILED;
    CliExit exit_code = load(&client, args, &source, err);
    close_source(&source);
    return exit_code;
}

static const CliOption ingest_options[] = {
    {"dataset", CLI_TEXT, CLI_REQUIRED, "NAME", "where the rows go; made when there is none"},
    {"mode", CLI_CHOICE, CLI_ONCE, "append|replace|upsert", "append when absent"},
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
    {"detach", CLI_FLAG, CLI_ONCE, NULL, "print the job's id and do not wait for its end"},
};

const CliCommand command_ingest = {
    .name = "ingest",
    .group = "Data",
    .arguments = "FILE|-",
    .summary = "Load a CSV, JSON, NDJSON or Parquet file, compressed or not, into a dataset",
    .rest_min = 1,
    .rest_max = 1,
    .options = ingest_options,
    .option_count = ARRAY_LEN(ingest_options),
    .notes = "A load happens as a whole or not at all. Rows that do not fit are rejected, counted\n"
             "and shown. Ctrl-C cancels; the dataset stays as it was.\n"
             "\n"
             "  lakehouse ingest resumes.csv --dataset resumes\n"
             "  lakehouse ingest orders.parquet --dataset orders --mode upsert --key order_id\n"
             "  zcat log.ndjson.gz | lakehouse ingest - --dataset log --format ndjson\n",
    .run = run_ingest,
};
