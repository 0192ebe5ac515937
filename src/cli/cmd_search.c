/* cmd_search.c - the passages nearest in meaning, and how they were found.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

enum { SNIPPET_COLUMNS = 160 };

/* White space of any kind as one space: a passage on one line. */
static Str on_one_line(Str text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    bool gap = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space && gap && out.length > 0)
            strbuf_append_char(&out, ' ');
        if (!space)
            strbuf_append_char(&out, c);
        gap = space;
    }
    return strbuf_str(&out);
}

static void print_hits(const Cli *cli, const json_t *answer) {
    Arena *arena = cli->arena;
    Table table = table_begin(arena);
    table_column(&table, STR("#"), TABLE_RIGHT);
    table_column(&table, STR("score"), TABLE_RIGHT);
    table_column(&table, STR("id"), TABLE_LEFT);
    table_column(&table, STR("text"), TABLE_LEFT);
    size_t at;
    const json_t *hit;
    json_array_foreach ((json_t *)field_array(answer, "hits"), at, hit) {
        table_cell(&table, str_format(arena, "%zu", at + 1));
        table_cell(&table, str_format(arena, "%.4f", field_f64(hit, "score")));
        Str id = field_text(hit, "doc_id");
        uint64_t chunk = field_u64(hit, "chunk_idx");
        table_cell(&table, chunk == 0 ? id
                                      : str_format(arena, "%.*s #%llu", STR_ARG(id),
                                                   (unsigned long long)chunk));
        Str text = on_one_line(field_text(hit, "chunk_text"), arena);
        table_cell(&table, screen_cut(text, SNIPPET_COLUMNS, arena));
    }
    if (table.cells.count > 0)
        table_print(&table, &cli->out);
    else
        screen_print(&cli->out, "nothing found\n");
}

/* How it was searched, whether of all there is, and how long it took. */
static void print_foot(const Cli *cli, const json_t *answer) {
    Arena *arena = cli->arena;
    const json_t *index = json_object_get(answer, "index");
    const json_t *timings = json_object_get(answer, "timings");
    uint64_t pending = field_u64(index, "pending_docs");
    screen_styled(&cli->out, STYLE_DIM,
                  str_format(arena, "%.*s · ", STR_ARG(field_text(answer, "plan"))));
    if (field_bool(index, "fresh"))
        screen_styled_c(&cli->out, STYLE_DIM, "fresh");
    else if (pending > 0)
        screen_styled(&cli->out, STYLE_WARN,
                      str_format(arena, "not fresh: %.*s wait for a refresh",
                                 STR_ARG(screen_things(pending, "document", arena))));
    else
        screen_styled_c(&cli->out, STYLE_WARN, "not fresh: a refresh is due");
    Str times = str_format(arena, " · embed %.1f ms, search %.1f ms, fetch %.1f ms\n",
                           field_f64(timings, "embed_ms"), field_f64(timings, "search_ms"),
                           field_f64(timings, "fetch_ms"));
    screen_styled(&cli->out, STYLE_DIM, times);
}

static CliExit run_search(Cli *cli, const CliArgs *args, Err *err) {
    Str index = cli_rest(args, 0);
    json_t *body = json_keep(cli->arena, json_object());
    json_set_str(body, "query", cli_rest_joined(args, 1, cli->arena));
    uint64_t number;
    if (cli_count(args, "top-k", &number))
        json_set_u64(body, "top_k", number);
    if (cli_count(args, "ef-search", &number))
        json_set_u64(body, "ef_search", number);
    if (cli_has(args, "filter"))
        json_set_str(body, "filter", cli_text(args, "filter"));
    if (cli_has(args, "exact"))
        json_object_set_new(body, "exact", json_true());
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    Str bytes;
    const json_t *answer = client_json(
        &client, "POST", client_url(&client, "/vectors/search", index), body, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (cli->json)
        return cli_print_json(cli, bytes);
    print_hits(cli, answer);
    print_foot(cli, answer);
    return CLI_OK;
}

static const CliOption search_options[] = {
    {"top-k", CLI_COUNT, CLI_ONCE, "N", "hits wanted; 10 when absent"},
    {"filter", CLI_TEXT, CLI_ONCE, "PREDICATE", "SQL over the index's dataset"},
    {"ef-search", CLI_COUNT, CLI_ONCE, "N", "effort of the graph search"},
    {"exact", CLI_FLAG, CLI_ONCE, NULL, "compare with every row"},
};

const CliCommand command_search = {
    .name = "search",
    .group = "Search",
    .arguments = "INDEX TEXT",
    .summary = "Find the passages nearest in meaning to a text",
    .rest_min = 2,
    .rest_max = SIZE_MAX,
    .options = search_options,
    .option_count = ARRAY_LEN(search_options),
    .notes = "The last line says how the index was searched and whether it has all of the\n"
             "dataset's newest rows.\n"
             "\n"
             "  lakehouse search resumes_v1 \"distributed storage in C\" --top-k 5\n",
    .run = run_search,
};
