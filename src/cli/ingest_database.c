/* ingest_database.c - name a database and a table to the server, and follow the load.
 *
 * The DSN is parsed here only to choose the route and to refuse a bad one before it travels.
 *
 * Tested by: tests/e2e/test_ingest_table.py. */
#include "cli/ingest_database.h"

#include "cli/cli_job.h"
#include "cli/dsn_input.h"

bool ingest_is_database(const CliArgs *args, Str source) {
    if (str_eq_c(source, "-"))
        return cli_has(args, "table") || cli_has(args, "query");
    return dsn_looks_like(source);
}

static json_t *make_body(const Cli *cli, const CliArgs *args, Str dsn) {
    static const char *const same[] = {"dataset", "table", "query",  "mode",
                                       "key",     "types", "cursor", "bucket"};
    json_t *body = json_keep(cli->arena, json_object());
    json_set_str(body, "dsn", dsn);
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (cli_has(args, same[i]))
            json_set_str(body, same[i], cli_text(args, same[i]));
    uint64_t batch_rows;
    if (cli_count(args, "batch-rows", &batch_rows))
        json_set_u64(body, "batch_rows", batch_rows);
    if (cli_has(args, "restart"))
        json_object_set_new(body, "restart", json_true());
    return body;
}

CliExit ingest_database(CliClient *client, const CliArgs *args, Str *out_result, Err *err) {
    const Cli *cli = client->cli;
    DsnInput dsn;
    if (!dsn_input_read(cli, args, cli_rest(args, 0), &dsn, err))
        return err_is(err, FAIL_INVALID) ? CLI_USAGE : CLI_FAILED;
    HttpField fields[] = {JOB_PREFER_ASYNC, {STR("Content-Type"), STR("application/json")}};
    const char *route = dsn.kind == DSN_MYSQL ? "/ingest/mysql" : "/ingest/db";
    HttpCall call = {.method = "POST",
                     .url = client_url(client, route, STR_EMPTY),
                     .fields = fields,
                     .field_count = ARRAY_LEN(fields),
                     .body = json_print(make_body(cli, args, dsn.text), cli->arena)};
    return job_run(client, &call, cli_has(args, "detach"), out_result, err) ? CLI_OK : CLI_FAILED;
}
