/* test_http_client.c - requests as they go over the wire, answers whole and broken. */
#include "unit.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/vec.h"
#include "net/http_client.h"
#include "net/tiny_server.h"

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id: abc\r\n\r\nhello"

typedef struct Talk {
    Arena *arena;
    HttpClient *client;
    TinyServer *server;
    Err err;
} Talk;

static Talk talk_begin(const char *const *replies, size_t count) {
    Talk talk = {.arena = arena_create()};
    talk.client = http_client_create(&talk.err);
    assert_non_null(talk.client);
    talk.server = tiny_server_start(replies, count);
    return talk;
}

static void talk_end(Talk *talk) {
    http_client_destroy(talk->client);
    arena_destroy(talk->arena);
}

static bool holds(Str text, const char *part) {
    return str_find(text, str_c(part), 0) != SIZE_MAX;
}

static void an_answer_comes_whole(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){OK_HELLO}, 1);
    HttpCall call = {.method = "GET", .url = tiny_server_url(talk.server, "/a?b=c", talk.arena)};
    HttpAnswer answer;
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    assert_int_equal(answer.status, 200);
    assert_str_equal(answer.body, "hello");
    assert_str_equal(http_answer_field(&answer, "x-request-id"), "abc");
    assert_str_equal(http_answer_field(&answer, "absent"), "");
    Str seen = tiny_server_finish(talk.server, talk.arena);
    assert_true(str_starts(seen, STR("GET /a?b=c HTTP/1.1\r\n")));
    assert_true(holds(seen, "User-Agent: lakehouse/"));
    talk_end(&talk);
}

static void a_refusal_is_an_answer_too(void **state) {
    (void)state;
    Talk talk =
        talk_begin((const char *[]){"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"}, 1);
    HttpCall call = {.method = "DELETE", .url = tiny_server_url(talk.server, "/x", talk.arena)};
    HttpAnswer answer;
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    assert_int_equal(answer.status, 404);
    assert_str_equal(answer.body, "nope");
    assert_true(str_starts(tiny_server_finish(talk.server, talk.arena), STR("DELETE /x ")));
    talk_end(&talk);
}

static void a_redirect_is_not_followed(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){"HTTP/1.1 302 Found\r\nLocation: "
                                            "file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"},
                           1);
    HttpCall call = {.method = "GET", .url = tiny_server_url(talk.server, "/", talk.arena)};
    HttpAnswer answer;
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    assert_int_equal(answer.status, 302);
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static void body_and_fields_are_sent_as_given(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){OK_HELLO, OK_HELLO}, 2);
    HttpField field = {STR("Content-Type"), STR("application/json")};
    HttpCall call = {.method = "PATCH",
                     .url = tiny_server_url(talk.server, "/p", talk.arena),
                     .fields = &field,
                     .field_count = 1,
                     .body = STR("{\"a\":1}")};
    HttpAnswer answer;
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    HttpCall bare = {.method = "POST", .url = call.url};
    assert_ok(http_client_run(talk.client, &bare, talk.arena, &answer, &talk.err), &talk.err);
    Str seen = tiny_server_finish(talk.server, talk.arena);
    assert_true(holds(seen, "PATCH /p "));
    assert_true(holds(seen, "Content-Type: application/json\r\n"));
    assert_true(holds(seen, "\r\n\r\n{\"a\":1}POST /p "));
    assert_true(holds(seen, "Content-Length: 0\r\n"));
    talk_end(&talk);
}

typedef struct Looks {
    uint64_t sent_bytes;
    bool stop;
} Looks;

static bool look(void *context, uint64_t sent_bytes, Err *err) {
    Looks *looks = context;
    looks->sent_bytes = sent_bytes;
    return !looks->stop || err_fail(err, FAIL_CANCELLED, "enough");
}

static void a_file_is_streamed_with_its_size_or_in_chunks(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){OK_HELLO, OK_HELLO}, 2);
    enum { BYTES = 100000 };
    FILE *file = tmpfile();
    for (int i = 0; i < BYTES; i++)
        fputc('a' + i % 26, file);
    Looks looks = {0};
    for (int round = 0; round < 2; round++) {
        rewind(file);
        HttpCall call = {.method = "POST",
                         .url = tiny_server_url(talk.server, "/up", talk.arena),
                         .upload = {file, round == 0 ? BYTES : HTTP_SIZE_UNKNOWN},
                         .watch = {&looks, look, -1}};
        HttpAnswer answer;
        assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
        assert_int_equal(answer.status, 200);
        assert_true(looks.sent_bytes >= BYTES);
    }
    Str seen = tiny_server_finish(talk.server, talk.arena);
    assert_true(holds(seen, "Content-Length: 100000\r\n"));
    assert_true(holds(seen, "Transfer-Encoding: chunked\r\n"));
    assert_true(seen.length > 2 * BYTES);
    fclose(file);
    talk_end(&talk);
}

typedef struct Taken {
    StrBuf text;
    bool refuse;
} Taken;

static bool take(void *context, Str bytes, Err *err) {
    Taken *taken = context;
    if (taken->refuse)
        return err_fail(err, FAIL_IO, "the disk is full");
    strbuf_append(&taken->text, bytes);
    return true;
}

static void a_sink_takes_a_success_and_never_a_refusal(void **state) {
    (void)state;
    Talk talk = talk_begin(
        (const char *[]){OK_HELLO, "HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad", OK_HELLO},
        3);
    Taken taken = {.text = strbuf_make(talk.arena)};
    HttpCall call = {.method = "GET",
                     .url = tiny_server_url(talk.server, "/", talk.arena),
                     .sink = {&taken, take}};
    HttpAnswer answer;
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    assert_str_equal(strbuf_str(&taken.text), "hello");
    assert_int_equal(answer.body.length, 0);
    assert_ok(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err);
    assert_str_equal(answer.body, "bad");
    assert_str_equal(strbuf_str(&taken.text), "hello");
    taken.refuse = true;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_IO);
    assert_string_equal(talk.err.message, "the disk is full");
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static void an_answer_beyond_its_limit_is_refused(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){OK_HELLO}, 1);
    HttpCall call = {.method = "GET",
                     .url = tiny_server_url(talk.server, "/", talk.arena),
                     .answer_bytes_max = 4};
    HttpAnswer answer;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_LIMIT);
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static void a_broken_connection_is_said(void **state) {
    (void)state;
    Talk talk = talk_begin(
        (const char *[]){"", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly a part"}, 2);
    HttpCall call = {.method = "GET", .url = tiny_server_url(talk.server, "/", talk.arena)};
    HttpAnswer answer;
    for (int i = 0; i < 2; i++) {
        assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                     FAIL_UPSTREAM);
        assert_non_null(strstr(talk.err.message, "broke"));
    }
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static void nobody_there_is_said_with_the_address(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){NULL}, 0);
    Str url = tiny_server_url(talk.server, "/x", talk.arena);
    tiny_server_finish(talk.server, talk.arena);
    HttpCall call = {.method = "GET", .url = url, .direct = true};
    HttpAnswer answer;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_UPSTREAM);
    assert_true(str_starts(str_c(talk.err.message), STR("no server answers at http://127.0.0.1:")));
    talk_end(&talk);
}

static void what_went_wrong_is_said_without_secrets(void **state) {
    (void)state;
    static const char *const urls[] = {
        "http://bob:s3cret@127.0.0.1:1/x?token=s3cret",
        "http://bob:s3cret@[::bad]/",
        "http://bob:s3/s3cret@h/",
        "ftp://bob:s3cret@127.0.0.1/x",
        "http://bob:s3cret@nosuchhost.invalid?s3cret",
        "http://bob:s3 s3cret@h/",
    };
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        Talk talk = talk_begin((const char *[]){NULL}, 0);
        tiny_server_finish(talk.server, talk.arena);
        HttpCall call = {.method = "GET", .url = str_c(urls[i]), .direct = true};
        HttpAnswer answer;
        assert_false(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err));
        if (strstr(talk.err.message, "s3cret") != NULL || strstr(talk.err.detail, "s3cret") != NULL)
            fail_msg("%s: %s (%s)", urls[i], talk.err.message, talk.err.detail);
        talk_end(&talk);
    }
}

static void other_schemes_are_not_spoken(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){NULL}, 0);
    HttpCall call = {.method = "GET", .url = STR("file:///etc/passwd")};
    HttpAnswer answer;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_INVALID);
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static void silence_ends_at_the_time_limit(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){NULL}, 1);
    HttpCall call = {.method = "GET",
                     .url = tiny_server_url(talk.server, "/", talk.arena),
                     .total_timeout_ms = 100};
    HttpAnswer answer;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_TIMEOUT);
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

static bool stop_when_woken(void *context, uint64_t sent_bytes, Err *err) {
    (void)sent_bytes;
    uint64_t count;
    const int *fd = context;
    return read(*fd, &count, sizeof count) != (ssize_t)sizeof count ||
           err_fail(err, FAIL_CANCELLED, "woken");
}

static void a_watch_stops_a_call_that_waits(void **state) {
    (void)state;
    Talk talk = talk_begin((const char *[]){NULL}, 1);
    int fd = eventfd(1, EFD_NONBLOCK);
    HttpCall call = {.method = "GET",
                     .url = tiny_server_url(talk.server, "/", talk.arena),
                     .watch = {&fd, stop_when_woken, fd}};
    HttpAnswer answer;
    assert_fails(http_client_run(talk.client, &call, talk.arena, &answer, &talk.err), &talk.err,
                 FAIL_CANCELLED);
    assert_string_equal(talk.err.message, "woken");
    close(fd);
    tiny_server_finish(talk.server, talk.arena);
    talk_end(&talk);
}

int suite_test_http_client(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_whole),
        cmocka_unit_test(a_refusal_is_an_answer_too),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(body_and_fields_are_sent_as_given),
        cmocka_unit_test(a_file_is_streamed_with_its_size_or_in_chunks),
        cmocka_unit_test(a_sink_takes_a_success_and_never_a_refusal),
        cmocka_unit_test(an_answer_beyond_its_limit_is_refused),
        cmocka_unit_test(a_broken_connection_is_said),
        cmocka_unit_test(nobody_there_is_said_with_the_address),
        cmocka_unit_test(what_went_wrong_is_said_without_secrets),
        cmocka_unit_test(other_schemes_are_not_spoken),
        cmocka_unit_test(silence_ends_at_the_time_limit),
        cmocka_unit_test(a_watch_stops_a_call_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
