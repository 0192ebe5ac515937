/* cmd_sql.c - one statement, its rows as a table or as a file of the format asked for.
 *
 * A table comes from the JSON answer, so that types and exact numbers are known; the other formats
 * stream from the server to the output as they are, however large. A binary format is not poured
 * over a terminal.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_client.h"
#include "cli/cli_commands.h"
#include "cli/cli_json.h"
#include "cli/cli_table.h"

enum { SQL_BYTES_MAX = 4 << 20 };

/* --- the statement --------------------------------------------------------------------------- */

static bool read_stdin(Arena *arena, Str *out, Err *err) {
    StrBuf text = strbuf_make(arena);
    for (;;) {
        char *room = strbuf_reserve(&text, 65536);
        size_t got = fread(room, 1, 65536, stdin);
        text.length += got;
        if (got == 0)
            break;
        if (text.length > SQL_BYTES_MAX)
            return err_fail(err, FAIL_LIMIT, "a statement of more than 4 MiB");
    }
    if (ferror(stdin))
        return err_fail_errno(err, errno, "cannot read standard input");
    *out = strbuf_str(&text);
    return true;
}

/* "3" and "true" are what they look like; quotes make a text of them: '"3"'. */
static json_t *param_value(Str text) {
    json_t *value = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
    return value != NULL ? value : json_str(text);
}

static bool is_name(Str text) {
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return text.length > 0;
}

/* --param VALUE for ? and $1, --param NAME=VALUE for $name; not both in one statement. */
static bool read_params(const CliArgs *args, json_t *body, Err *err) {
    json_t *list = json_array(), *named = json_object();
    for (size_t i = 0; i < args->given.count; i++) {
        const CliGiven *given = &args->given.items[i];
        if (strcmp(given->option->name, "param") != 0)
            continue;
        Str name;
        Str value = str_cut(given->value, '=', &name);
        if (name.length < given->value.length && is_name(name)) {
            char field[128];
            snprintf(field, sizeof field, "%.*s", STR_ARG(name));
            json_object_set_new(named, field, param_value(value));
        } else
            json_array_append_new(list, param_value(given->value));
    }
    bool mixed = json_array_size(list) > 0 && json_object_size(named) > 0;
    if (json_object_size(named) > 0)
        json_object_set(body, "params", named);
    else if (json_array_size(list) > 0)
        json_object_set(body, "params", list);
    json_decref(list);
    json_decref(named);
    return !mixed || err_fail(err, FAIL_INVALID, "--param with names and without in one statement");
}

/* --- a table --------------------------------------------------------------------------------- */

static bool is_numeric(Str type) {
    static const char *const types[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
                                        "FLOAT",    "DOUBLE",    "REAL"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq_c(type, types[i]))
            return true;
    return str_starts(type, STR("DECIMAL")) && !str_ends(type, STR("]"));
}

/* A decimal shows all the decimals of its type: 20.50. */
static Str cell_text(const json_t *value, const json_t *column, Arena *arena) {
    unsigned precision, scale;
    Str type = column != NULL ? field_text(column, "type") : STR_EMPTY;
    if (json_is_real(value) &&
        sscanf(str_to_c(arena, type), "DECIMAL(%2u,%2u)", &precision, &scale) == 2)
        return str_format(arena, "%.*f", (int)scale, json_real_value(value));
    return value_text(value, arena);
}

static void print_rows(const Cli *cli, const json_t *answer) {
    Table table = table_begin(cli->arena);
    const json_t *columns = field_array(answer, "columns");
    size_t at, c;
    const json_t *item, *value;
    json_array_foreach ((json_t *)columns, at, item) {
        bool numeric = is_numeric(field_text(item, "type"));
        table_column(&table, field_text(item, "name"), numeric ? TABLE_RIGHT : TABLE_LEFT);
    }
    json_array_foreach ((json_t *)field_array(answer, "rows"), at, item) {
        json_array_foreach (item, c, value) {
            if (json_is_null(value))
                table_cell_dim(&table, STR("NULL"));
            else
                table_cell(&table, cell_text(value, json_array_get(columns, c), cli->arena));
        }
    }
    if (table.columns.count > 0)
        table_print(&table, &cli->out);
    uint64_t rows = field_u64(answer, "row_count");
    StrBuf line = strbuf_make(cli->arena);
    strbuf_append_format(
        &line, "%.*s, %.*s\n", STR_ARG(screen_things(rows, "row", cli->arena)),
        STR_ARG(screen_seconds(field_f64(answer, "duration_ms") / 1000, cli->arena)));
    screen_styled(&cli->out, STYLE_DIM, strbuf_str(&line));
    if (field_bool(answer, "truncated"))
        screen_styled_c(&cli->out, STYLE_WARN,
                        "there are more rows: --limit N takes more, --format csv --output FILE "
                        "takes all\n");
}

/* --- a stream -------------------------------------------------------------------------------- */

static bool write_out(void *context, Str bytes, Err *err) {
    return cli_write(context, bytes, err);
}

static bool write_file(void *context, Str bytes, Err *err) {
    FILE *file = context;
    errno = 0;
    return fwrite(bytes.data, 1, bytes.length, file) == bytes.length ||
           err_fail_errno(err, errno, "cannot write the answer");
}

/* Writes beside the file and renames: a failed query leaves no half of an answer behind. */
static bool save_stream(CliClient *client, HttpCall *call, Str path, Err *err) {
    Arena *arena = client->cli->arena;
    Str staged = str_format(arena, "%.*s.part", STR_ARG(path));
    FILE *file = fopen(staged.data, "wb");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot write '%.*s'", STR_ARG(path));
    call->sink = (HttpSink){file, write_file};
    HttpAnswer answer;
    bool fine = client_send(client, call, &answer, err);
    errno = 0;
    if (fclose(file) != 0 && fine)
        fine = err_fail_errno(err, errno, "cannot write '%.*s'", STR_ARG(path));
    if (fine && rename(staged.data, str_to_c(arena, path)) != 0)
        fine = err_fail_errno(err, errno, "cannot write '%.*s'", STR_ARG(path));
    if (!fine)
        unlink(staged.data);
    return fine;
}

static CliExit run_stream(CliClient *client, const json_t *body, Str format, Str output, Err *err) {
    Cli *cli = client->cli;
    bool binary = str_eq_c(format, "parquet") || str_eq_c(format, "arrow");
    if (binary && output.length == 0 && cli->out.terminal)
        return cli_misuse(err, "%.*s is not for a terminal: add --output FILE", STR_ARG(format));
    HttpField type = {STR("Content-Type"), STR("application/json")};
    HttpCall call = {.method = "POST",
                     .url = client_url(client, "/query/sql", STR_EMPTY),
                     .fields = &type,
                     .field_count = 1,
                     .body = json_print(body, cli->arena),
                     .sink = {cli, write_out}};
    HttpAnswer answer;
    if (output.length == 0)
        return client_send(client, &call, &answer, err) ? CLI_OK : CLI_FAILED;
    return save_stream(client, &call, output, err) ? CLI_OK : CLI_FAILED;
}

/* --- the verb -------------------------------------------------------------------------------- */

static bool make_body(Cli *cli, const CliArgs *args, Str format, json_t **out, Err *err) {
    Str sql = cli_rest_joined(args, 0, cli->arena);
    bool from_stdin = args->rest.count == 0 || str_eq_c(sql, "-");
    if (from_stdin && !read_stdin(cli->arena, &sql, err))
        return false;
    json_t *body = json_keep(cli->arena, json_object());
    json_set_str(body, "sql", sql);
    json_set_str(body, "format", format);
    uint64_t number;
    if (cli_count(args, "limit", &number))
        json_set_u64(body, "limit", number);
    if (cli_count(args, "timeout", &number))
        json_set_u64(body, "timeout_ms", number * 1000);
    *out = body;
    return read_params(args, body, err);
}

static CliExit run_sql(Cli *cli, const CliArgs *args, Err *err) {
    Str format = cli_text(args, "format");
    Str output = cli_text(args, "output");
    bool table =
        !cli->json && output.length == 0 && (format.length == 0 || str_eq_c(format, "table"));
    if (str_eq_c(format, "table") && output.length > 0)
        return cli_misuse(err, "--output wants a format of files: json, ndjson, csv, parquet, "
                               "arrow");
    if (args->rest.count == 0 && isatty(STDIN_FILENO))
        return cli_misuse(err, "'sql' wants a statement, or '-' to read it from standard input");
    if (table || format.length == 0 || str_eq_c(format, "table"))
        format = STR("json");
    json_t *body;
    if (!make_body(cli, args, format, &body, err))
        return CLI_USAGE;
    CliClient client;
    if (!client_open(cli, &client, err))
        return CLI_FAILED;
    if (!table && (output.length > 0 || !str_eq_c(format, "json")))
        return run_stream(&client, body, format, output, err);
    Str bytes;
    const json_t *answer = client_json(
        &client, "POST", client_url(&client, "/query/sql", STR_EMPTY), body, &bytes, err);
    if (answer == NULL)
        return CLI_FAILED;
    if (!table)
        return cli_print_json(cli, bytes);
    print_rows(cli, answer);
    return CLI_OK;
}

static const CliOption sql_options[] = {
    {"format", CLI_CHOICE, CLI_ONCE, "table|json|ndjson|csv|parquet|arrow", "table when absent"},
    {"output", CLI_TEXT, CLI_ONCE, "FILE", "write there; complete or not at all"},
    {"limit", CLI_COUNT, CLI_ONCE, "N", "rows at most"},
    {"param", CLI_TEXT, CLI_REPEATS, "[NAME=]VALUE", "for ?, $1 or $NAME in the statement"},
    {"timeout", CLI_COUNT, CLI_ONCE, "SECONDS", "stop the statement after this"},
};

const CliCommand command_sql = {
    .name = "sql",
    .group = "Data",
    .arguments = "STATEMENT|-",
    .summary = "Run one SQL query over the datasets",
    .rest_max = SIZE_MAX,
    .options = sql_options,
    .option_count = ARRAY_LEN(sql_options),
    .notes = "Datasets are tables; queries only read. Numbers in a table are never cut.\n"
             "\n"
             "  lakehouse sql \"SELECT count(*) FROM resumes\"\n"
             "  lakehouse sql \"SELECT * FROM resumes WHERE city = ?\" --param Berlin\n"
             "  lakehouse sql \"SELECT * FROM resumes\" --format parquet --output resumes.parquet\n"
             "  lakehouse sql - < report.sql\n",
    .run = run_sql,
};
