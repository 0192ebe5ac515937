/* ingest_summary.c - what became of every row, for a person to read.
 *
 * Nothing that was refused, changed or guessed is left out: the first rejects, every coercion, the
 * columns that look personal, and the types that were taken, since now is the moment to see that a
 * number became a text.
 *
 * Tested by: tests/e2e/test_cli.py, tests/e2e/test_ingest_table.py. */
#include "cli/ingest_summary.h"

#include "cli/cli_json.h"

enum { REJECTS_SHOWN = 5 };

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

/* "personal data: email (EMAIL), name (PERSON, suspected)" */
static void print_personal(const Cli *cli, const json_t *result) {
    size_t at;
    const json_t *finding;
    StrBuf line = strbuf_make(cli->arena);
    json_array_foreach ((json_t *)field_array(result, "pii"), at, finding) {
        Str column = screen_clean(field_text(finding, "column"), cli->arena);
        bool by_name_alone = str_eq_c(field_text(finding, "basis"), "name");
        strbuf_append_format(&line, "%s%.*s (%.*s%s)", at > 0 ? ", " : "", STR_ARG(column),
                             STR_ARG(field_text(finding, "kind")),
                             by_name_alone ? ", suspected" : "");
    }
    if (line.length > 0)
        screen_print(&cli->out, "  personal data: %.*s\n", STR_ARG(strbuf_str(&line)));
}

/* What a load of a database has to say besides. */
static void print_notes(const Cli *cli, const json_t *result) {
    uint64_t resumed = field_u64(result, "resumed_rows");
    if (resumed > 0)
        screen_print(&cli->out, "  taken over from a load that was stopped: %.*s\n",
                     STR_ARG(screen_things(resumed, "row", cli->arena)));
    Str cursor = field_text(result, "cursor_value");
    if (cursor.length > 0)
        screen_print(&cli->out, "  the next load goes on behind %.*s\n",
                     STR_ARG(screen_clean(cursor, cli->arena)));
    size_t at;
    const json_t *note;
    json_array_foreach ((json_t *)field_array(result, "notes"), at, note)
        screen_print(&cli->out, "  note: %.*s\n",
                     STR_ARG(screen_clean(value_text(note, cli->arena), cli->arena)));
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
    print_personal(cli, result);
    print_notes(cli, result);
}

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

bool ingest_summary_print(CliClient *client, Str result_json, Err *err) {
    const json_t *result = json_parse(result_json, client->cli->arena, err);
    if (result == NULL)
        return false;
    print_result(client->cli, result);
    return print_columns(client, field_text(result, "dataset"), err);
}
