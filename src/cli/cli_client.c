/* cli_client.c - one connection, JSON over it, and problems in words.
 *
 * Tested by: tests/e2e/test_cli.py. */
#include "cli/cli_client.h"

#include "cli/cli_json.h"

#define ANSWER_BYTES_MAX (UINT64_C(256) << 20)
enum { CONNECT_TIMEOUT_MS = 5000 };

static void close_http(void *handle) {
    http_client_destroy(handle);
}

bool client_open(Cli *cli, CliClient *out, Err *err) {
    Str base = cli->url;
    if (base.length == 0 && !app_client_url(&cli->app, cli->arena, &base, err))
        return false;
    CliClient client = {.cli = cli};
    if (!url_base(base, cli->arena, &client.base, err))
        return false;
    client.http = http_client_create(err);
    if (client.http == NULL)
        return false;
    arena_defer(cli->arena, close_http, client.http);
    *out = client;
    return true;
}

Str client_url(const CliClient *client, const char *path, Str name) {
    UrlBuf url = url_begin(client->cli->arena, client->base);
    url_path(&url, path);
    if (name.length > 0)
        url_segment(&url, name);
    return url_str(&url);
}

/* --- problems -------------------------------------------------------------------------------- */

static FailKind kind_of_status(int status) {
    for (int kind = FAIL_NONE + 1; kind < FAIL_KIND_COUNT; kind++)
        if (err_kind_status((FailKind)kind) == status)
            return (FailKind)kind;
    return status >= 500 ? FAIL_UPSTREAM : FAIL_INVALID;
}

/* Something else listens there: a proxy, or a server of another kind. */
static bool fail_strangely(const HttpAnswer *answer, Str base, Err *err) {
    err_fail(err, kind_of_status(answer->status), "%.*s answered with status %d", STR_ARG(base),
             answer->status);
    return err_hint(err, "is this a lakehouse server? See %.*s/version", STR_ARG(base));
}

static bool fail_by_problem(CliClient *client, const HttpAnswer *answer, Err *err) {
    Cli *cli = client->cli;
    Err unread = {0};
    const json_t *problem =
        answer->body.length > 0 ? json_parse(answer->body, cli->arena, &unread) : NULL;
    Str text = field_text(problem, "detail");
    if (text.length == 0)
        text = field_text(problem, "title");
    if (text.length == 0)
        return fail_strangely(answer, client->base, err);
    cli->said = (ServerSaid){answer->status, text, field_text(problem, "request_id")};
    err_fail(err, kind_of_status(answer->status), "%.*s", STR_ARG(text));
    err_hint(err, "%.*s", STR_ARG(field_text(problem, "hint")));
    const json_t *references = field_array(problem, "references");
    if (references != NULL)
        cli->said.text = str_format(cli->arena, "%.*s\nused by: %.*s", STR_ARG(text),
                                    STR_ARG(json_print(references, cli->arena)));
    return err_field(err, str_to_c(cli->arena, field_text(problem, "field")));
}

/* --- calls ----------------------------------------------------------------------------------- */

bool client_send(CliClient *client, const HttpCall *call, HttpAnswer *out, Err *err) {
    HttpCall whole = *call;
    whole.direct = true;
    whole.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (whole.answer_bytes_max == 0)
        whole.answer_bytes_max = ANSWER_BYTES_MAX;
    if (!http_client_run(client->http, &whole, client->cli->arena, out, err)) {
        if (err_is(err, FAIL_UPSTREAM))
            err_hint(err, "start one with 'lakehouse serve', or name another with --url");
        return false;
    }
    return out->status < 400 || fail_by_problem(client, out, err);
}

bool client_ask(CliClient *client, const char *method, Str url, const json_t *body, Str *out_answer,
                Err *err) {
    HttpField type = {STR("Content-Type"), STR("application/json")};
    HttpCall call = {.method = method, .url = url};
    if (body != NULL) {
        call.body = json_print(body, client->cli->arena);
        call.fields = &type;
        call.field_count = 1;
    }
    HttpAnswer answer;
    if (!client_send(client, &call, &answer, err))
        return false;
    *out_answer = answer.body;
    return true;
}

json_t *client_json(CliClient *client, const char *method, Str url, const json_t *body,
                    Str *out_answer, Err *err) {
    Str answer;
    if (!client_ask(client, method, url, body, &answer, err))
        return NULL;
    json_t *value = json_parse(answer, client->cli->arena, err);
    if (value == NULL) {
        err_wrap(err, "the server's answer is not JSON");
        return NULL;
    }
    if (out_answer != NULL)
        *out_answer = answer;
    return value;
}
