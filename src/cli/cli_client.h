/* cli_client.h - talk to the server: find it, ask it, turn its refusals into errors.
 *
 *     CliClient client;
 *     if (!client_open(cli, &client, err)) ...
 *     UrlBuf url = url_begin(cli->arena, client.base);
 *     ...
 *     Str answer;
 *     if (!client_ask(&client, "GET", url_str(&url), NULL, &answer, err)) ...
 *
 * An answer with a status of 400 or more is an error: its problem+json fills err, and in full
 * cli->said.
 *
 * Ownership: the connection ends with cli->arena.   Threads: one. */
#ifndef CLI_CLI_CLIENT_H
#define CLI_CLI_CLIENT_H

#include "base/json.h"
#include "cli/cli.h"
#include "net/http_client.h"
#include "net/url.h"

typedef struct CliClient {
    Cli *cli;
    HttpClient *http;
    Str base; /* "http://127.0.0.1:3100" */
} CliClient;

/* --url, else app_client_url. Nothing is sent yet. */
MUST_CHECK bool client_open(Cli *cli, CliClient *out, Err *err);

/* One call of a shape that the caller chose; sets what is the same for all. */
MUST_CHECK bool client_send(CliClient *client, const HttpCall *call, HttpAnswer *out, Err *err);
/* JSON (or NULL: no body) there, the answer's body back. */
MUST_CHECK bool client_ask(CliClient *client, const char *method, Str url, const json_t *body,
                           Str *out_answer, Err *err);
/* client_ask and json_parse; *out_answer too when it is not NULL. */
json_t *client_json(CliClient *client, const char *method, Str url, const json_t *body,
                    Str *out_answer, Err *err);

/* base + path + "/" + name, the name encoded; no name: base + path. */
Str client_url(const CliClient *client, const char *path, Str name);

#endif
