/* http_client.c - libcurl's easy handle, driven through a multi handle of one.
 *
 * The multi interface is what lets us wait for the network and for a descriptor of the caller's at
 * once (curl_multi_poll): Ctrl-C is heard at once, not at the next tick. Everything else is plain:
 * handles are reused, so that connections are; NOSIGNAL, since we may run beside other threads;
 * callbacks put their errors into the run, so that the caller hears his own words and not
 * "failed writing received data".
 *
 * Tested by: tests/unit/net/test_http_client.c (a server on a socket pair of threads),
 * tests/e2e/test_cli.py. */
#include "net/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>

#include "base/redact.h"
#include "base/vec.h"

enum { LOOK_MS = 200, FIELDS_MAX = 100, CONNECT_TIMEOUT_MS = 10000 };
#define ANSWER_BYTES_MAX (UINT64_C(64) << 20)

struct HttpClient {
    CURL *easy;
    CURLM *multi;
    char curl_text[CURL_ERROR_SIZE];
};

typedef VEC(HttpField) HttpFields;

/* One call under way. */
typedef struct Run {
    HttpClient *client;
    const HttpCall *call;
    Arena *arena;
    struct curl_slist *sent_fields;
    StrBuf body;
    HttpFields fields;
    bool stopped; /* a callback failed; err says why */
    Err *err;
} Run;

HttpClient *http_client_create(Err *err) {
    HttpClient *client = calloc(1, sizeof *client);
    if (client != NULL) {
        client->easy = curl_easy_init();
        client->multi = curl_multi_init();
    }
    if (client == NULL || client->easy == NULL || client->multi == NULL) {
        http_client_destroy(client);
        err_fail(err, FAIL_NO_MEMORY, "cannot start an HTTP client");
        return NULL;
    }
    return client;
}

void http_client_destroy(HttpClient *client) {
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    free(client);
}

/* --- callbacks ------------------------------------------------------------------------------- */

static bool take_bytes(Run *run, Str bytes) {
    const HttpCall *call = run->call;
    long status = 0;
    curl_easy_getinfo(run->client->easy, CURLINFO_RESPONSE_CODE, &status);
    if (call->sink.write != NULL && status >= 200 && status < 300)
        return call->sink.write(call->sink.context, bytes, run->err);
    uint64_t most = call->answer_bytes_max > 0 ? call->answer_bytes_max : ANSWER_BYTES_MAX;
    if (bytes.length > most - run->body.length)
        return err_fail(run->err, FAIL_LIMIT, "the answer is larger than %llu MiB",
                        (unsigned long long)(most >> 20));
    strbuf_append(&run->body, bytes);
    return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    Run *run = context;
    if (take_bytes(run, str_make(data, size * count)))
        return size * count;
    run->stopped = true;
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_field(char *data, size_t size, size_t count, void *context) {
    Run *run = context;
    Str line = str_trim(str_make(data, size * count));
    if (str_starts(line, STR("HTTP/"))) /* a new head: the one before was "100 Continue" */
        run->fields.count = 0;
    else if (line.length > 0 && run->fields.count < FIELDS_MAX) {
        Str name;
        Str value = str_trim(str_cut(line, ':', &name));
        *vec_push(&run->fields, run->arena) =
            (HttpField){str_dup(run->arena, name), str_dup(run->arena, value)};
    }
    return size * count;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *context) {
    Run *run = context;
    FILE *file = run->call->upload.file;
    errno = 0;
    size_t read = fread(buffer, 1, size * count, file);
    if (read > 0 || !ferror(file))
        return read;
    err_fail_errno(run->err, errno, "cannot read the file to send");
    run->stopped = true;
    return CURL_READFUNC_ABORT;
}

/* --- setting up ------------------------------------------------------------------------------ */

static void set_method(Run *run) {
    CURL *easy = run->client->easy;
    const HttpCall *call = run->call;
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (call->upload.file != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, run);
        curl_off_t size =
            call->upload.size_bytes == HTTP_SIZE_UNKNOWN ? -1 : (curl_off_t)call->upload.size_bytes;
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
    } else if (call->body.length > 0 || strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.length > 0 ? call->body.data : "");
    }
}

static void set_fields(Run *run) {
    const HttpCall *call = run->call;
    for (size_t i = 0; i < call->field_count; i++) {
        Str line = str_format(run->arena, "%.*s: %.*s", STR_ARG(call->fields[i].name),
                              STR_ARG(call->fields[i].value));
        struct curl_slist *longer = curl_slist_append(run->sent_fields, line.data);
        if (longer == NULL)
            abort(); /* a few bytes: memory is gone */
        run->sent_fields = longer;
    }
    curl_easy_setopt(run->client->easy, CURLOPT_HTTPHEADER, run->sent_fields);
}

static void set_limits(Run *run) {
    CURL *easy = run->client->easy;
    const HttpCall *call = run->call;
    uint32_t connect_ms =
        call->connect_timeout_ms > 0 ? call->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->total_timeout_ms);
    if (call->idle_timeout_s > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)call->idle_timeout_s);
    }
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (call->direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void set_up(Run *run) {
    CURL *easy = run->client->easy;
    curl_easy_reset(easy);
    run->client->curl_text[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, run->client->curl_text);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, str_to_c(run->arena, run->call->url));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "lakehouse/" LAKEHOUSE_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, run);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_field);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, run);
    set_limits(run);
    set_method(run);
    set_fields(run);
}

/* --- running --------------------------------------------------------------------------------- */

static Str server_of(Str url, Arena *arena) {
    size_t scheme = str_find(url, STR("://"), 0);
    size_t end = scheme == SIZE_MAX ? SIZE_MAX : str_find_char(url, '/', scheme + 3);
    return redact(REDACT_URL, str_slice(url, 0, end), arena);
}

static bool explain(Run *run, CURLcode code) {
    if (run->stopped)
        return false;
    Str server = server_of(run->call->url, run->arena);
    const char *text =
        run->client->curl_text[0] != '\0' ? run->client->curl_text : curl_easy_strerror(code);
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_COULDNT_RESOLVE_PROXY)
        err_fail(run->err, FAIL_UPSTREAM, "no server answers at %.*s", STR_ARG(server));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        err_fail(run->err, FAIL_TIMEOUT, "%.*s did not answer in time", STR_ARG(server));
    else if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        err_fail(run->err, FAIL_INVALID, "'%.*s' is not an address we can call",
                 STR_ARG(redact(REDACT_URL, run->call->url, run->arena)));
    else if (code == CURLE_OUT_OF_MEMORY)
        err_fail(run->err, FAIL_NO_MEMORY, "no memory for an HTTP request");
    else
        err_fail(run->err, FAIL_UPSTREAM, "the connection to %.*s broke", STR_ARG(server));
    return err_detail(run->err, "%s", text);
}

static bool look(Run *run) {
    const HttpWatch *watch = &run->call->watch;
    if (watch->look == NULL)
        return true;
    curl_off_t sent = 0;
    curl_easy_getinfo(run->client->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (watch->look(watch->context, (uint64_t)sent, run->err))
        return true;
    run->stopped = true;
    return false;
}

/* Until the transfer ends or somebody stops it. */
static CURLcode drive(Run *run) {
    CURLM *multi = run->client->multi;
    const HttpWatch *watch = &run->call->watch;
    struct curl_waitfd wake = {.fd = watch->wake_fd, .events = CURL_WAIT_POLLIN};
    unsigned wake_count = watch->look != NULL && watch->wake_fd >= 0 ? 1 : 0;
    for (int running = 1; running > 0;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        if (!look(run))
            return CURLE_ABORTED_BY_CALLBACK;
        if (running > 0 && curl_multi_poll(multi, &wake, wake_count, LOOK_MS, NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
    }
    int left;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result
                                                           : CURLE_GOT_NOTHING;
}

bool http_client_run(HttpClient *client, const HttpCall *call, Arena *arena, HttpAnswer *out,
                     Err *err) {
    assert(call->method != NULL && call->method[0] != '\0');
    Run run = {
        .client = client, .call = call, .arena = arena, .body = strbuf_make(arena), .err = err};
    set_up(&run);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl_multi_add_handle(client->multi, client->easy) == CURLM_OK) {
        code = drive(&run);
        curl_multi_remove_handle(client->multi, client->easy);
    }
    long status = 0;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(run.sent_fields);
    if (code != CURLE_OK)
        return explain(&run, code);
    *out = (HttpAnswer){.status = (int)status,
                        .body = strbuf_str(&run.body),
                        .fields = run.fields.items,
                        .field_count = run.fields.count};
    return true;
}

Str http_answer_field(const HttpAnswer *answer, const char *name) {
    for (size_t i = 0; i < answer->field_count; i++)
        if (str_eq_nocase(answer->fields[i].name, str_c(name)))
            return answer->fields[i].value;
    return STR_EMPTY;
}
