/* cmd_refresh.c - make an index over a dataset's texts, or bring it up to date.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_commands.h"
#include "cli/cli_job.h"
#include "cli/cli_json.h"

static json_t *make_body(const Cli *cli, const CliArgs *args) {
    static const struct {
        const char *option, *field;
    } texts[] = {{"index", "index_name"},        {"id-column", "id_column"},
                 {"text-column", "text_column"}, {"model", "model"},
                 {"backend", "backend"},         {"bucket", "bucket"}},
      counts[] = {{"chunk-size", "chunk_size"}, {"overlap", "overlap"}, {"docs-max", "docs_max"}};
    json_t *body = json_keep(cli->arena, json_object());
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (cli_has(args, texts[i].option))
            json_set_str(body, texts[i].field, cli_text(args, texts[i].option));
    uint64_t number;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (cli_count(args, counts[i].option, &number))
            json_set_u64(body, counts[i].field, number);
    return body;
}

/* --- the summary ----------------------------------------------------------------------------- */

static void print_count(const Cli *cli, uint64_t count, const char *what) {
    if (count > 0)
        screen_print(&cli->out, ", %.*s %s", STR_ARG(screen_count(count, cli->arena)), what);
}

/* Rows that are not in the index, and why: nothing is left out in silence. */
static void print_left_out(const Cli *cli, const json_t *result) {
    const json_t *skipped = json_object_get(result, "skipped_rows");
    const struct {
        uint64_t count;
        const char *what;
    } reasons[] = {
        {field_u64(skipped, "null_id"), "rows without an id, skipped"},
        {field_u64(skipped, "null_text"), "rows without a text, skipped"},
        {field_u64(skipped, "blank_text"), "rows with a blank text, skipped"},
        {field_u64(result, "duplicate_ids"), "rows that repeat an id (the last one counts)"},
        {field_u64(result, "truncated_chunks"), "chunks longer than the model reads, cut"},
        {field_u64(result, "resumed"), "chunks kept from a refresh that was stopped"},
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].count > 0)
            screen_print(&cli->out, "  %s: %.*s\n", reasons[i].what,
                         STR_ARG(screen_count(reasons[i].count, cli->arena)));
}

static void print_result(const Cli *cli, const json_t *result) {
    Arena *arena = cli->arena;
    uint64_t chunks = field_u64(result, "new_chunks_embedded");
    double seconds = field_f64(result, "duration_secs");
    screen_styled(&cli->out, STYLE_BOLD, field_text(result, "index_name"));
    screen_print(
        &cli->out, ": %.*s",
        STR_ARG(screen_things(field_u64(result, "new_docs_embedded"), "new document", arena)));
    print_count(cli, field_u64(result, "changed_docs_embedded"), "changed");
    print_count(cli, field_u64(result, "deleted_docs"), "deleted");
    screen_print(&cli->out, ", %.*s chunks embedded in %.*s", STR_ARG(screen_count(chunks, arena)),
                 STR_ARG(screen_seconds(seconds, arena)));
    if (chunks > 0 && seconds > 0)
        screen_print(&cli->out, " (%.0f chunks/s)", (double)chunks / seconds);
    screen_print(&cli->out, "\n");
    print_left_out(cli, result);
    uint64_t pending = field_u64(result, "pending_docs");
    screen_print(
        &cli->out, "  it holds %.*s now",
        STR_ARG(screen_things(field_u64(result, "total_embeddings_after"), "chunk", arena)));
    if (pending > 0)
        screen_print(&cli->out, "; left for the next refresh: %.*s",
                     STR_ARG(screen_things(pending, "document", arena)));
    screen_print(&cli->out, "\n");
}

static CliExit run_refresh(Cli *cli, const CliArgs *args, Err *err) {
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    HttpField fields[] = {JOB_PREFER_ASYNC, {STR("Content-Type"), STR("application/json")}};
    HttpCall call = {.method = "POST",
                     .url = client_url(&client, "/vectors/refresh", cli_rest(args, 0)),
                     .fields = fields,
                     .field_count = ARRAY_LEN(fields),
                     .body = json_print(make_body(cli, args), cli->arena)};
    bool detach = cli_has(args, "detach");
    Str bytes;
    if (!job_run(&client, &call, detach, &bytes, err))
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    const json_t *result = json_parse(bytes, cli->arena, err);
    if (result == NULL)
        return CLI_FAILED;
    if (detach)
        screen_print(&cli->out, "job %.*s\n", STR_ARG(field_text(result, "job_id")));
    else
        print_result(cli, result);
    return CLI_OK;
}

static const CliOption refresh_options[] = {
    {"index", CLI_TEXT, CLI_REQUIRED, "NAME", "made when there is none"},
    {"id-column", CLI_TEXT, CLI_REQUIRED, "COLUMN", "what tells documents apart"},
    {"text-column", CLI_TEXT, CLI_REQUIRED, "COLUMN", "what is embedded"},
    {"chunk-size", CLI_COUNT, CLI_ONCE, "CHARACTERS", "of a new index; 500 when absent"},
    {"overlap", CLI_COUNT, CLI_ONCE, "CHARACTERS", "that neighbours share; 50 when absent"},
    {"model", CLI_TEXT, CLI_ONCE, "NAME", "of a new index; the default model when absent"},
    {"backend", CLI_CHOICE, CLI_ONCE, "parquet|lance", "of a new index; parquet when absent"},
    {"bucket", CLI_TEXT, CLI_ONCE, "NAME", "home of a new index; primary when absent"},
    {"docs-max", CLI_COUNT, CLI_ONCE, "N", "embed at most so many documents now"},
    {"detach", CLI_FLAG, CLI_ONCE, NULL, "print the job's id and do not wait for its end"},
};

const CliCommand command_refresh = {
    .name = "refresh",
    .group = "Search",
    .arguments = "DATASET",
    .summary = "Make a vector index over a dataset's texts, or bring it up to date",
    .rest_min = 1,
    .rest_max = 1,
    .options = refresh_options,
    .option_count = ARRAY_LEN(refresh_options),
    .notes =
        "Only new and changed documents are embedded. Ctrl-C cancels; searches go on with the\n"
        "index as it was, and the next refresh takes over what was embedded.\n"
        "\n"
        "  lakehouse refresh resumes --index resumes_v1 --id-column id --text-column text\n",
    .run = run_refresh,
};
